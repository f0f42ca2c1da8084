"""What `transports/webrtc/aiortc_parts.py` takes for granted of the aiortc that is pinned."""

import asyncio
import importlib.metadata
from collections import Counter
from typing import Any

import pylibsrtp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.rtcsctptransport import DataChunk
from aiortc.rtp import RtpPacket

from kit.clock import Clock
from transports.webrtc.aiortc_parts import (
    MAX_UNREAD_BYTES,
    VoiceReceiver,
    VoiceSender,
    VoiceSocket,
    bound_messages,
    shorten_the_way,
    voice_receiver,
    voice_sender,
)
from transports.webrtc.opus import silence
from transports.webrtc.voice_track import VoiceTrack

PARTS = ("codecs", "remote_streams", "rtcp_task", "started", "transport", "decoder_thread")
SENDER_PARTS = ("rtp_started", "rtp_exited", "track", "ntp_timestamp", "rtp_timestamp", "octet_count", "packet_count")


def test_it_is_the_version_that_the_parts_were_read_from() -> None:
    assert importlib.metadata.version("aiortc") == "1.16.0"


async def test_a_receiver_has_the_parts_and_no_thread() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio")
    receiver = voice_receiver(connection, lambda _: None, lambda: None)
    assert isinstance(receiver, VoiceReceiver)
    assert [name for name in PARTS if not hasattr(receiver, f"_RTCRtpReceiver__{name}")] == []
    assert receiver.jitter_ms() is None
    await connection.close()


async def test_a_packet_of_a_codec_that_was_not_agreed_is_dropped() -> None:
    heard: list[bytes] = []
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio")
    receiver = voice_receiver(connection, heard.append, lambda: None)
    await receiver._handle_rtp_packet(RtpPacket(payload_type=99), 0)
    assert heard == []
    assert issubclass(VoiceReceiver, RTCRtpReceiver)
    await connection.close()


async def test_a_message_that_never_ends_is_not_kept() -> None:
    floods: list[str] = []
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.createDataChannel("bot-messages")
    bound_messages(connection, lambda: floods.append("flood"))
    sctp: Any = connection.sctp
    sctp._last_received_tsn, piece = 0, bytes(50_000)
    for tsn in range(1, 101):
        chunk = DataChunk(flags=2 if tsn == 1 else 0)  # a first piece, and never a last one
        chunk.tsn, chunk.stream_id, chunk.user_data = tsn, 1, piece
        await sctp._receive_data_chunk(chunk)
    kept = sum(len(chunk.user_data) for stream in sctp._inbound_streams.values() for chunk in stream.reassembly)
    assert floods
    assert kept <= MAX_UNREAD_BYTES + len(piece)
    await connection.close()


async def test_sound_takes_the_short_way_both_ways() -> None:
    ours, theirs = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    heard: dict[str, list[bytes]] = {"ours": [], "theirs": []}
    receivers = {}
    for name, connection in (("ours", ours), ("theirs", theirs)):
        connection.addTransceiver(VoiceTrack(Clock()), direction="sendrecv")
        receivers[name] = voice_receiver(connection, heard[name].append, lambda: None)
    voice_sender(ours, Clock())
    await theirs.setLocalDescription(await theirs.createOffer())
    await ours.setRemoteDescription(theirs.localDescription)
    await ours.setLocalDescription(await ours.createAnswer())
    shorten_the_way(receivers["ours"])
    await theirs.setRemoteDescription(ours.localDescription)
    queued = Counter[str]()
    ice: Any = receivers["ours"].transport.transport._connection
    put = ice.data_received
    ice.data_received = lambda data, component: (queued.update(["rtcp" if data[1] >= 192 else "sound"]), put(data, 1))
    async with asyncio.timeout(10):
        while min(map(len, heard.values())) < 100:  # noqa: ASYNC110  counted in another task
            await asyncio.sleep(0.05)
        sender: Any = ours.getSenders()[0]
        while "remote-inbound-rtp" not in [each.type for each in (await sender.getStats()).values()]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert all(type(each) is VoiceSocket for each in ice._protocols)
    assert queued["sound"] < 10, "only what came before there was a key"
    assert type(sender) is VoiceSender
    assert [name for name in SENDER_PARTS if not hasattr(sender, f"_RTCRtpSender__{name}")] == []
    sent = {name: getattr(sender, f"_RTCRtpSender__{name}") for name in ("octet_count", "packet_count")}
    assert sent["octet_count"] == len(silence()) * sent["packet_count"]
    assert receivers["ours"].bad_packets == 0
    async with asyncio.timeout(5):
        await asyncio.gather(ours.close(), theirs.close())


async def test_a_packet_that_was_not_encrypted_with_the_key_is_counted_and_dropped() -> None:
    heard: list[bytes] = []
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio")
    receiver: Any = voice_receiver(connection, heard.append, lambda: None)
    packet = RtpPacket(payload_type=96, payload=silence()).serialize()
    assert receiver.take_datagram(packet) is False, "no key yet"

    class Keys:
        def unprotect(self, data: bytes) -> bytes:
            raise pylibsrtp.Error("replayed")

    receiver._RTCRtpReceiver__transport._rx_srtp = Keys()
    receiver._RTCRtpReceiver__started = True
    assert receiver.take_datagram(packet) is True
    assert (receiver.bad_packets, heard) == (1, [])
    receiver._RTCRtpReceiver__started = False
    await connection.close()
