"""What `transports/webrtc/aiortc_parts.py` takes for granted of the aiortc that is pinned."""

import importlib.metadata
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.rtcsctptransport import DataChunk
from aiortc.rtp import RtpPacket

from transports.webrtc.aiortc_parts import MAX_UNREAD_BYTES, VoiceReceiver, bound_messages, voice_receiver

PARTS = ("codecs", "remote_streams", "rtcp_task", "started", "transport", "decoder_thread")


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
