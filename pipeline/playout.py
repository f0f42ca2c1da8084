"""The way out: one paced line of audio per call, which alone knows what the other side has heard.

Deadlines are absolute: sample `n` is due at `origin + n / rate`, whatever was late before. Audio is sent `lead_ms`
ahead of that, so a stall shorter than the lead is not heard and a longer one is caught up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from kit.clock import Clock
from pipeline.acknowledged import Acknowledged
from pipeline.audio.resample import Resampler
from pipeline.frames.audio import AudioOut

FRAME_S = 0.02
_SLOW_SPEECH_S = 0.1  # a character; how long a sentence may become while its audio still comes
_ROOM_S = 12.0  # a voice that is faster than speech waits when this much is queued
_NOT_TOLD_S = 2.0  # after what it is owed, a leg with marks that says nothing counts as one without


@dataclass(slots=True)
class _Piece:
    """Audio of one sentence: where its text is on the line."""

    text: str
    start_samples: int
    end_samples: int
    whole: bool = False

    def heard(self, samples: int, rate_hz: int) -> str:
        """Return the words that were heard once the line has been heard up to `samples`."""
        if self.whole and self.start_samples < self.end_samples <= samples:
            return self.text
        length = self.end_samples - self.start_samples
        if not self.whole:
            length = max(length, int(len(self.text) * _SLOW_SPEECH_S * rate_hz))
        played = min(samples, self.end_samples) - self.start_samples
        if played <= 0:
            return ""
        spoken = len(self.text) * played // length
        return self.text[: spoken + 1].rpartition(" ")[0].strip()


class Playout:
    """Plays one answer at a time; a newer generation replaces an older one."""

    def __init__(
        self,
        rate_hz: int,
        lead_ms: int,
        send: Callable[[AudioOut, float], None],
        on_started: Callable[[int], None],
        on_finished: Callable[[int], None],
        clock: Clock,
    ) -> None:
        """Send frames through `send(frame, due_s)`; report the first and the last sample of each answer."""
        self.rate_hz = rate_hz
        self.generation = 0
        self._frame_bytes = 2 * int(rate_hz * FRAME_S)
        self._lead_s = lead_ms / 1000
        self._send, self._on_started, self._on_finished, self._clock = send, on_started, on_finished, clock
        self._queue: deque[bytes] = deque()
        self._rest = bytearray()
        self._pieces: list[_Piece] = []
        self._sent_samples = 0
        self._queued_samples = 0  # of this answer: sent and still to send
        self._answer_start = 0
        self._origin_s = 0.0
        self._resampler: Resampler | None = None
        self._complete = True
        self._started = False
        self._paused = False
        self._acknowledged = Acknowledged(rate_hz)
        self.has_marks = False  # of the leg: `acknowledge` tells what was heard
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    # --- filling ------------------------------------------------------------------------------------------------
    def begin(self, generation: int, *, paused: bool) -> None:
        """Make room for a new answer; what is left of the old one is dropped."""
        self._clear()
        self.generation = generation
        self._complete = False
        self._paused = paused

    def open_piece(self, generation: int, text: str, rate_hz: int) -> None:
        """Say which words the next audio (at `rate_hz`) speaks."""
        if generation != self.generation:
            return
        self._pad()
        here = self._answer_start + self._queued_samples
        self._pieces.append(_Piece(text, here, here))
        self._resampler = Resampler(rate_hz, self.rate_hz)

    def push(self, generation: int, pcm: bytes) -> None:
        """Queue audio of the open piece; audio of a stale generation is dropped."""
        if generation != self.generation or self._complete or self._resampler is None:
            return
        self._rest += self._resampler(pcm)
        size = self._frame_bytes
        whole = len(self._rest) // size
        for i in range(whole):
            self._append(bytes(self._rest[i * size : (i + 1) * size]))
        del self._rest[: whole * size]

    def close_piece(self, generation: int) -> None:
        """Say that the open piece has all its audio."""
        if generation == self.generation and self._pieces:
            self._pad()
            self._pieces[-1].whole = True

    def complete(self, generation: int) -> None:
        """Say that the answer is whole: it is finished once it has been heard."""
        if generation != self.generation or self._complete:
            return
        self._pad()
        self._complete = True
        self._wake.set()

    async def room(self) -> None:
        """Wait until less than `_ROOM_S` of audio is queued."""
        await self._room.wait()

    # --- the floor ----------------------------------------------------------------------------------------------
    def pause(self) -> None:
        """Stop sending after the frames already out; keep the rest."""
        self._paused = True

    def resume(self) -> None:
        """Send on from the next frame."""
        self._paused = False
        self._wake.set()

    def flush(self, generation: int) -> None:
        """Drop what has not been sent of this answer; nothing of it leaves any more, and it does not finish."""
        if generation == self.generation:
            self.generation = -1
            self._queue.clear()
            self._rest.clear()
            self._complete = True
            self._started = False
            self._room.set()

    def heard_text(self, ahead_s: float = 0.0) -> str:
        """Return the words of the current or last answer that the other side has heard, cut at a word.

        Args:
            ahead_s: How much further to read: the word that is being said counts as heard only when it is over.
        """
        heard = self._heard_samples() + int(ahead_s * self.rate_hz)
        parts = [piece.heard(heard, self.rate_hz) for piece in self._pieces]
        return " ".join(part for part in parts if part)

    def acknowledge(self, pos_samples: int) -> None:
        """Take the other side's word that it has played all samples before `pos_samples`."""
        self._acknowledged.told(min(pos_samples, self._sent_samples), self._clock.now_s())
        self._wake.set()

    def _heard_samples(self) -> int:
        now_s = self._clock.now_s()
        ahead_s = self._origin_s + self._sent_samples / self.rate_hz - now_s
        by_clock = self._sent_samples - max(0, int(ahead_s * self.rate_hz))
        return min(by_clock, self._acknowledged.heard(self._sent_samples, now_s)) if self.has_marks else by_clock

    def _heard_at_s(self) -> float:
        """Return when all that was sent will have been heard."""
        by_clock_s = self._origin_s + self._sent_samples / self.rate_hz
        if not self.has_marks:
            return by_clock_s
        told_s = self._acknowledged.heard_at_s(self._sent_samples)
        return by_clock_s + _NOT_TOLD_S if told_s is None else max(by_clock_s, told_s)

    # --- playing ------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Play for as long as the call lasts."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._play()
            await self._finish()

    async def _play(self) -> None:
        while self._queue and not self._paused:
            now_s = self._clock.now_s()
            due_s = self._origin_s + self._sent_samples / self.rate_hz
            if due_s < now_s - self._lead_s or not self._started:
                # Nothing was playing (or we are later than the lead can hide): the line starts anew, now.
                self._origin_s = now_s - self._sent_samples / self.rate_hz
                due_s = now_s
            if due_s - self._lead_s > now_s:
                await asyncio.sleep(due_s - self._lead_s - now_s)
                continue
            self._send_next(due_s)

    def _send_next(self, due_s: float) -> None:
        pcm = self._queue.popleft()
        if len(self._queue) * FRAME_S < _ROOM_S:
            self._room.set()
        generation, first = self.generation, not self._started
        self._started = True
        self._send(AudioOut(pcm, self._sent_samples, generation), due_s)
        self._sent_samples += len(pcm) // 2
        if first:
            self._on_started(generation)

    async def _finish(self) -> None:
        """Wait until the last sample is heard, unless something changes before."""
        if not self._complete or self._queue or self._paused or self.generation < 0:
            return
        generation = self.generation
        while generation == self.generation and self._started:
            left_s = self._heard_at_s() - self._clock.now_s()
            if left_s <= 0:
                break
            try:
                async with asyncio.timeout(left_s):
                    await self._wake.wait()
                self._wake.clear()
            except TimeoutError:
                pass
            if self._paused:
                return
        if generation != self.generation:
            self._wake.set()  # whatever replaced it may be waiting already
            return
        self.generation = -1
        self._started = False
        self._on_finished(generation)

    def _append(self, frame: bytes) -> None:
        self._queue.append(frame)
        self._queued_samples += len(frame) // 2
        if self._pieces:
            self._pieces[-1].end_samples = self._answer_start + self._queued_samples
        if len(self._queue) * FRAME_S >= _ROOM_S:
            self._room.clear()
        self._wake.set()

    def _pad(self) -> None:
        if self._rest:
            self._append(bytes(self._rest) + bytes(self._frame_bytes - len(self._rest)))
            self._rest.clear()

    def _clear(self) -> None:
        self._queue.clear()
        self._rest.clear()
        self._pieces.clear()
        self._queued_samples = 0
        self._answer_start = self._sent_samples
        self._acknowledged.begin(self._sent_samples)
        self._started = False
        self._resampler = None
        self._room.set()
