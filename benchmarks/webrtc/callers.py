"""Callers over WebRTC that cost as little as they can: packets made beforehand, nothing decoded."""

import asyncio
import fractions
import time
from collections.abc import Sequence
from typing import Any

import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from kit.clock import Clock
from transports.webrtc.aiortc_parts import shorten_the_way, voice_receiver, voice_sender
from transports.webrtc.opus import FRAME_BYTES, OpusEncoder

FRAME_S = 0.02
_AROUND = 51  # packets
_TIME_BASE = fractions.Fraction(1, 48_000)


def packets_of(pcm: bytes) -> list[bytes]:
    """Encode 16 kHz mono once, for all callers."""
    encoder = OpusEncoder()
    last = len(pcm) - FRAME_BYTES + 1
    return [encoder.encode(pcm[at : at + FRAME_BYTES]) for at in range(0, last, FRAME_BYTES)]


class _Microphone(MediaStreamTrack):
    kind = "audio"

    def __init__(self, packets: Sequence[bytes], start: int) -> None:
        super().__init__()
        self._packets, self._start, self._count = packets, start, 0
        self._began_s: float | None = None

    async def recv(self) -> "av.Packet[Any]":
        loop = asyncio.get_running_loop()
        self._began_s = loop.time() if self._began_s is None else self._began_s
        await asyncio.sleep(max(0.0, self._began_s + self._count * FRAME_S - loop.time()))
        packet = av.Packet(self._packets[(self._start + self._count) % len(self._packets)])
        packet.pts, packet.time_base = self._count * 960, _TIME_BASE
        self._count += 1
        return packet


class _Deaf:
    """Takes a decoder's place."""

    def decode(self, packet: bytes) -> bytes:
        return b""

    def conceal(self, following: bytes | None) -> bytes:
        return b""


class Caller:
    """One call.

    Attributes:
        arrived_s: When each packet came since `listen`.
    """

    def __init__(self, packets: Sequence[bytes], start: int) -> None:
        self.arrived_s: list[float] = []
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTransceiver(_Microphone(packets, start), direction="sendrecv")
        voice_sender(self._connection, Clock())
        self._receiver = voice_receiver(self._connection, lambda _: None, self._note)
        self._receiver.decoder = _Deaf()  # type: ignore[assignment]
        self._connection.createDataChannel("bot-messages")

    async def connect(self, http: httpx.AsyncClient) -> float:
        """Call; return how long it took until sound could flow, in seconds."""
        began_s = time.perf_counter()
        connected = asyncio.Event()

        def change() -> None:
            if self._connection.connectionState == "connected":
                connected.set()

        self._connection.on("connectionstatechange", change)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        shorten_the_way(self._receiver)
        body = {"sdp": self._connection.localDescription.sdp, "type": "offer"}
        response = await http.post("/offer?program_id=chatter", json=body)
        response.raise_for_status()
        await self._connection.setRemoteDescription(RTCSessionDescription(response.json()["sdp"], "answer"))
        async with asyncio.timeout(10):
            await connected.wait()
        return time.perf_counter() - began_s

    def listen(self) -> None:
        """Forget what came so far."""
        self.arrived_s.clear()

    def late_ms(self) -> list[float]:
        """Return by how much each packet came later than most of the second around it.

        A line that runs a little earlier for a whole answer is no jitter to whoever buffers; a stall is.
        """
        late_s = np.array(self.arrived_s) - FRAME_S * np.arange(len(self.arrived_s))
        if len(late_s) < _AROUND:
            return []
        around = np.lib.stride_tricks.sliding_window_view(np.pad(late_s, _AROUND // 2, "edge"), _AROUND)
        return [max(0.0, float(each)) for each in 1000 * (late_s - np.median(around, axis=1))]

    async def hang_up(self) -> None:
        """Close."""
        await self._connection.close()

    def _note(self) -> None:
        self.arrived_s.append(time.perf_counter())
