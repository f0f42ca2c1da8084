"""A client of WebRTC in Python: stock aiortc, as another maker's browser would be."""

import asyncio
import fractions
import json
from collections.abc import Callable
from typing import Any

import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

RATE_HZ = 48_000
_FRAME = 960


class Microphone(MediaStreamTrack):
    """Sends what it is told to say, 16 kHz mono int16, and silence before and after."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._to_say = bytearray()
        self._count = 0
        self._began_s: float | None = None

    def say(self, pcm: bytes) -> None:
        """Queue what is to be said."""
        wide = np.repeat(np.frombuffer(pcm, "<i2"), 3)  # to 48 kHz; what that adds above 8 kHz nobody hears
        self._to_say += wide.astype("<i2").tobytes()

    async def recv(self) -> av.AudioFrame:
        """Return the next 20 ms when they are due."""
        loop = asyncio.get_running_loop()
        if self._began_s is None:
            self._began_s = loop.time()
        await asyncio.sleep(max(0.0, self._began_s + self._count * 0.02 - loop.time()))
        pcm = bytes(self._to_say[: 2 * _FRAME]).ljust(2 * _FRAME, b"\0")
        del self._to_say[: 2 * _FRAME]
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, self._count * _FRAME
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self._count += 1
        return frame


class RtcClient:
    """One connection.

    Attributes:
        heard: All sound that came, 16 kHz mono int16.
        got: All messages that came.
    """

    def __init__(self, server: str) -> None:
        self.heard = bytearray()
        self.got: list[dict[str, Any]] = []
        self.microphone = Microphone()
        self.pc_id = ""
        self._server = server
        self._news = asyncio.Event()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTrack(self.microphone)
        self.channel = self.connection.createDataChannel("bot-messages")
        self.channel.on("message", self._take)
        self.channel.on("open", self._news.set)
        self.connection.on("track", self._listen)
        self._listening: list[asyncio.Future[None]] = []

    async def offer(self) -> str:
        """Return an offer with all candidates."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Take an answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def call(self, query: str) -> None:
        """Connect with `POST /offer?query`."""
        async with httpx.AsyncClient() as client:
            body = {"sdp": await self.offer(), "type": "offer"}
            response = await client.post(f"{self._server}/offer?{query}", json=body)
            response.raise_for_status()
        self.pc_id = response.json()["pc_id"]
        await self.accept(response.json()["sdp"])

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.channel.send(json.dumps(message))

    async def message(self, kind: str, *, count: int = 1, within_s: float = 10.0) -> dict[str, Any]:
        """Wait for the `count`th message of a kind."""
        await self.until(lambda: sum(each["type"] == kind for each in self.got) >= count, within_s)
        return [each for each in self.got if each["type"] == kind][count - 1]

    async def until(self, holds: Callable[[], bool], within_s: float = 10.0) -> None:
        """Wait until something holds of what came."""
        async with asyncio.timeout(within_s):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def close(self) -> None:
        """Hang up."""
        await self.connection.close()
        await asyncio.gather(*self._listening)

    def _take(self, text: str) -> None:
        self.got.append(json.loads(text))
        self._news.set()

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listening.append(asyncio.ensure_future(self._hear(track)))

    async def _hear(self, track: MediaStreamTrack) -> None:
        narrow = av.AudioResampler("s16", "mono", 16_000)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            for each in narrow.resample(frame):  # type: ignore[arg-type]  # of an audio track come audio frames
                self.heard += each.to_ndarray().tobytes()
            self._news.set()
