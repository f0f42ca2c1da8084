"""Everything here leans on private parts of aiortc 1.16.0; `tests/e2e/test_aiortc_parts.py` tells when they change.

Stock aiortc decodes each caller in a thread of its own, to 48 kHz stereo, behind a jitter buffer of 80 ms that stalls
for up to 320 ms at a loss. `VoiceReceiver` decodes in place, to 16 kHz mono, without waiting. Each packet also passes
two queues, two parsers and a tree of header extensions that a voice does not need: `VoiceSocket` and `VoiceSender` take
the short way, which halves what a call costs. Stock aiortc also keeps pieces of messages without a bound;
`BoundedSctp` has one.
"""

import asyncio
import random
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import pylibsrtp
import structlog
from aioice.ice import StunProtocol
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSctpTransport
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtcsctptransport import DataChunk
from aiortc.rtp import is_rtcp

from kit.clock import Clock
from kit.errors import ProtocolError
from transports.webrtc.opus import OpusDecoder
from transports.webrtc.rtp_order import Lost, Packet, RtpOrder

CLOCK_HZ = 48_000
MAX_UNREAD_BYTES = 2 * 1024 * 1024  # of messages that have not come in full
_RTP = struct.Struct("!BBHII")  # RFC 3550 §5.1
_VERSION, _PADDING, _EXTENSION, _SOURCES = 0x80, 0x20, 0x10, 0x0F
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_START = 0x8000  # of sequence numbers, below: SRTP takes one that wraps around early for an old one

log = structlog.get_logger(__name__)


class Rtp(NamedTuple):
    """A packet of sound."""

    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data: bytes) -> Rtp:
    """Read a packet, without what its header extensions say.

    Raises:
        ProtocolError: `audio.bad_packet`.
    """
    try:
        flags, kind, sequence_number, timestamp, ssrc = _RTP.unpack_from(data)
        begin = _RTP.size + 4 * (flags & _SOURCES)
        if flags & _EXTENSION:
            begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4])
        end = len(data) - (data[-1] if flags & _PADDING else 0)
    except (struct.error, IndexError):
        begin, end = 1, 0
    if begin > end:
        raise ProtocolError("audio packet: too short", code="audio.bad_packet")
    return Rtp(kind & 0x7F, sequence_number, timestamp, ssrc, data[begin:end])


class VoiceReceiver(RTCRtpReceiver):
    """An audio receiver that gives sound to whoever listens."""

    on_sound: Callable[[bytes], None]
    on_packet: Callable[[], None]
    order: RtpOrder
    decoder: OpusDecoder
    bad_packets: int

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Begin, as the base class does, but without its decoder thread."""
        base: Any = self
        if base._RTCRtpReceiver__started:
            return
        for codec in parameters.codecs:
            base._RTCRtpReceiver__codecs[codec.payloadType] = codec
        base._RTCRtpReceiver__transport._register_rtp_receiver(self, parameters)
        base._RTCRtpReceiver__rtcp_task = asyncio.ensure_future(self._run_rtcp())
        base._RTCRtpReceiver__started = True

    async def _handle_rtp_packet(self, packet: Any, arrival_time_ms: int) -> None:
        self._take(packet)  # what came before the short way was open

    def take_datagram(self, data: bytes) -> bool:
        """Hear a packet as it came from the network; False before its key is known."""
        base: Any = self
        keys = base._RTCRtpReceiver__transport._rx_srtp
        if keys is None or not base._RTCRtpReceiver__started:
            return False
        try:
            self._take(parse(keys.unprotect(data)))
        except (pylibsrtp.Error, ProtocolError):
            self.bad_packets += 1
        return True

    def _take(self, packet: Any) -> None:
        base: Any = self
        codec = base._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec is None or codec.name.lower() != "opus":
            return
        streams = base._RTCRtpReceiver__remote_streams
        if packet.ssrc not in streams:
            streams.clear()  # one speaker: a new source replaces the old one
            self.order.begin_anew()
            streams[packet.ssrc] = StreamStatistics(CLOCK_HZ)
        streams[packet.ssrc].add(packet)
        self.on_packet()
        if not packet.payload:
            return
        for step in self.order.take(packet.sequence_number, packet.payload):
            try:
                match step:
                    case Packet(payload):
                        self.on_sound(self.decoder.decode(payload))
                    case Lost(following):
                        self.on_sound(self.decoder.conceal(following))
            except ProtocolError:
                self.bad_packets += 1

    def jitter_ms(self) -> float | None:
        """Return the interarrival jitter (RFC 3550 §6.4.1); None before the first packet."""
        base: Any = self
        streams = base._RTCRtpReceiver__remote_streams
        if not streams:
            return None
        return float(next(iter(streams.values())).jitter) * 1000 / CLOCK_HZ


class VoiceSocket(StunProtocol):
    """A socket whose sound is heard as it comes; the rest goes its usual way."""

    on_sound: Callable[[bytes], bool]

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """See `asyncio.DatagramProtocol`."""
        if isinstance(data, bytes) and _is_sound(data) and self.on_sound(data):
            return
        super().datagram_received(data, addr)


def _is_sound(data: bytes) -> bool:
    return len(data) > _RTP.size and data[0] & 0xC0 == _VERSION and not is_rtcp(data)


class VoiceSender(RTCRtpSender):
    """An audio sender whose track makes packets already: no header extension, and nothing kept to be sent again."""

    clock: Clock

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        base: Any = self
        base._RTCRtpSender__rtp_started.set()
        track = base._RTCRtpSender__track
        try:
            await self._send_all(track, codec.payloadType)
        except (asyncio.CancelledError, ConnectionError, MediaStreamError):
            pass
        except Exception:  # a call ends here: who stops this sender waits for the flag below
            log.exception("sender_failed")
        finally:
            track.stop()
            base._RTCRtpSender__track = None
            base._RTCRtpSender__rtp_exited.set()

    async def _send_all(self, track: Any, payload_type: int | None) -> None:
        base: Any = self
        sequence, origin = random.randrange(_START), random.getrandbits(32)
        while True:
            packet = await track.recv()
            if not self._enabled:
                continue
            payload = bytes(packet)
            timestamp = (origin + packet.pts) & 0xFFFFFFFF
            await self.transport._send_rtp(_RTP.pack(_VERSION, payload_type, sequence, timestamp, self._ssrc) + payload)
            sequence = (sequence + 1) & 0xFFFF
            base._RTCRtpSender__ntp_timestamp = int((self.clock.utc().timestamp() + _NTP_EPOCH_S) * 2**32)
            base._RTCRtpSender__rtp_timestamp = timestamp
            base._RTCRtpSender__octet_count += len(payload)
            base._RTCRtpSender__packet_count += 1


class BoundedSctp(RTCSctpTransport):
    """Messages whose pieces do not pile up: aiortc tells its peer how much room there is, but does not insist."""

    on_flood: Callable[[], None]

    async def _receive_data_chunk(self, chunk: DataChunk) -> None:
        base: Any = self
        if base._advertised_rwnd < 1024 * 1024 - MAX_UNREAD_BYTES:
            return self.on_flood()
        return await super()._receive_data_chunk(chunk)


def bound_messages(connection: RTCPeerConnection, on_flood: Callable[[], None]) -> None:
    """Bound what the other side of `connection` can make us keep of its messages, once it has offered a channel."""
    sctp: Any = connection.sctp
    if sctp is not None and not isinstance(sctp, BoundedSctp):
        sctp.__class__ = BoundedSctp
        sctp.on_flood = on_flood


def voice_sender(connection: RTCPeerConnection, clock: Clock) -> None:
    """Make the first audio sender of `connection`, which must not have begun, a `VoiceSender`."""
    sender: Any = next(each for each in connection.getTransceivers() if each.kind == "audio").sender
    sender.__class__ = VoiceSender
    sender.clock = clock


def shorten_the_way(receiver: VoiceReceiver) -> None:
    """Let sound go from the sockets of a connection, which has gathered its candidates, straight to `receiver`."""
    base: Any = receiver
    for socket in base._RTCRtpReceiver__transport.transport._connection._protocols:
        if socket.__class__ is StunProtocol:  # a relay has a way of its own
            _listen(socket, receiver)


def _listen(socket: Any, receiver: VoiceReceiver) -> None:
    socket.__class__, socket.on_sound = VoiceSocket, receiver.take_datagram


def voice_receiver(
    connection: RTCPeerConnection, on_sound: Callable[[bytes], None], on_packet: Callable[[], None]
) -> VoiceReceiver:
    """Make the first audio receiver of `connection`, which must not have begun, a `VoiceReceiver`.

    Args:
        connection: With an audio transceiver.
        on_sound: Gets int16 mono at 16 kHz, in order; must not raise.
        on_packet: Called for every packet that comes.
    """
    receiver: Any = next(each for each in connection.getTransceivers() if each.kind == "audio").receiver
    receiver.__class__ = VoiceReceiver
    receiver.on_sound, receiver.on_packet = on_sound, on_packet
    receiver.order, receiver.decoder, receiver.bad_packets = RtpOrder(), OpusDecoder(), 0
    made: VoiceReceiver = receiver
    return made
