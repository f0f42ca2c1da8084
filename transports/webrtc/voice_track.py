"""The bot's voice on its way to a peer: paced, encoded late, and silent without an encoder while nobody speaks."""

import asyncio
from collections import deque
from fractions import Fraction
from typing import Any

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from kit.clock import Clock
from pipeline.audio.fade import fade_out
from pipeline.frames.audio import AudioOut
from transports.webrtc.opus import FRAME_BYTES, OpusEncoder, silence

FRAME_S = 0.02
MAX_WAITING = 256  # 5 s of sound; a track that nobody reads
_TICKS = 960  # of the RTP clock in 20 ms
_TIME_BASE = Fraction(1, 48_000)
_LAST_FRAMES = 5  # of silence that are encoded, so that the peer's decoder ends where ours does
_QUIET = bytes(FRAME_BYTES)


class VoiceTrack(MediaStreamTrack):
    """Gives `aiortc` one Opus packet every 20 ms.

    The first frame after a silence leaves at once: the line runs up to one frame early while the bot speaks, and falls
    back to its schedule when it is silent again.
    """

    kind = "audio"

    def __init__(self, clock: Clock) -> None:
        """Be silent."""
        super().__init__()
        self._clock = clock
        self._frames: deque[AudioOut] = deque()
        self._encoder: OpusEncoder | None = None
        self._last_frames = 0
        self._sent = 0
        self._origin_s: float | None = None
        self._early_s = 0.0
        self._wake: asyncio.Future[None] | None = None

    def play(self, frame: AudioOut) -> bool:
        """Queue 20 ms at 16 kHz; False if there is no room."""
        if len(self._frames) >= MAX_WAITING:
            return False
        self._frames.append(frame)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
        return True

    def drop(self, generation: int) -> None:
        """Drop what waits of `generation` and older; the first of it fades out."""
        stale = [frame for frame in self._frames if frame.generation <= generation]
        fresh = [frame for frame in self._frames if frame.generation > generation]
        last = [AudioOut(fade_out(frame.pcm), frame.pos_samples, frame.generation) for frame in stale[:1]]
        self._frames = deque(last + fresh)

    def take_back(self) -> list[AudioOut]:
        """Return what has not been sent, and forget it."""
        waiting, self._frames = list(self._frames), deque()
        return waiting

    async def recv(self) -> "av.Packet[Any]":
        """Return the next packet when it is due; see `aiortc`."""
        if self.readyState != "live":
            raise MediaStreamError
        now_s = self._clock.now_s()
        if self._origin_s is None or now_s > self._due_s() + MAX_WAITING * FRAME_S:
            self._origin_s, self._early_s = now_s - self._sent * FRAME_S, 0.0
        if not self._frames:
            await self._await_sound()
        elif self._due_s() > now_s:
            await asyncio.sleep(self._due_s() - now_s)
        packet = av.Packet(self._payload())
        packet.pts, packet.time_base = self._sent * _TICKS, _TIME_BASE
        self._sent += 1
        return packet

    def _due_s(self) -> float:
        assert self._origin_s is not None
        return self._origin_s + self._sent * FRAME_S - self._early_s

    async def _await_sound(self) -> None:
        """Wait until silence is due, or sound comes before."""
        self._early_s = 0.0
        self._wake = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_at(self._due_s(), self._time_out, self._wake)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None
        if self._frames:
            self._early_s = min(FRAME_S, max(0.0, self._due_s() - self._clock.now_s()))

    def _time_out(self, wake: "asyncio.Future[None]") -> None:
        if not wake.done():
            wake.set_result(None)

    def _payload(self) -> bytes:
        if self._frames:
            self._last_frames = _LAST_FRAMES
            return self._encoded(self._frames.popleft().pcm)
        if self._last_frames:
            self._last_frames -= 1
            return self._encoded(_QUIET)
        return silence()

    def _encoded(self, pcm: bytes) -> bytes:
        if self._encoder is None:
            self._encoder = OpusEncoder()
        return self._encoder.encode(pcm)
