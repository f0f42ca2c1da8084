"""Everything here leans on private parts of aiortc 1.16.0; `tests/e2e/test_aiortc_parts.py` tells when they change.

Stock aiortc decodes each caller in a thread of its own, to 48 kHz stereo, behind a jitter buffer of 80 ms that stalls
for up to 320 ms at a loss. `VoiceReceiver` decodes in place, to 16 kHz mono, without waiting. Stock
aiortc also keeps pieces of messages without a bound; `BoundedSctp` has one.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCSctpTransport
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtcsctptransport import DataChunk
from aiortc.rtp import RtpPacket

from kit.errors import ProtocolError
from transports.webrtc.opus import OpusDecoder
from transports.webrtc.rtp_order import Lost, Packet, RtpOrder

CLOCK_HZ = 48_000
MAX_UNREAD_BYTES = 2 * 1024 * 1024  # of messages that have not come in full


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

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
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
