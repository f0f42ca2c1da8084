"""The way out: one paced line of audio per call, which alone knows what the other side has heard.

Deadlines are absolute: sample `n` is due at `origin + n / rate`, whatever was late before. Audio is sent `lead_ms`
ahead of that, so a stall shorter than the lead is not heard and a longer one is caught up.

Sound that is cut ends with one more frame, which fades to silence, and fades in where it goes on; both are frames of
the answer, so positions stay what they are. The last 20 ms of the lead are kept for that frame.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kit.clock import Clock
from pipeline.acknowledged import Acknowledged
from pipeline.audio.fade import fade_in, fade_out
from pipeline.audio.resample import Resampler
from pipeline.audio.silence import onset_samples
from pipeline.frames.audio import AudioOut
from pipeline.ports import WordTime
from pipeline.speech.spoken import Spoken

FRAME_S = 0.02
_SLOW_SPEECH_S = 0.1  # a character; how long a sentence may become while its audio still comes
_WORDS_APART = 40  # characters; a word found further on is another one
_ROOM_S = 12.0  # a voice that is faster than speech waits when this much is queued
_KEPT_FRAMES = 1500  # 30 s of an answer, in case they were not heard
_NOT_TOLD_S = 2.0  # after what it is owed, a leg with marks that says nothing counts as one without


@dataclass(slots=True)
class _Piece:
    """Audio of one sentence: where its text is on the line.

    Attributes:
        words: Where the voice told it, `(samples from the start, characters said)` at the end of each word.
    """

    text: Spoken
    start_samples: int
    end_samples: int
    whole: bool = False
    words: list[tuple[int, int]] = field(default_factory=list)

    def heard(self, samples: int, rate_hz: int) -> str:
        """Return the words that were heard once the line has been heard up to `samples`."""
        if self.whole and self.start_samples < self.end_samples <= samples:
            return self.text.shown
        played = min(samples, self.end_samples) - self.start_samples
        if played <= 0:
            return ""
        last = len(self.text.said) - 1  # the last word is over with the sentence only
        if self.words:
            return self.text.shown_until(min(last, max((said for end, said in self.words if end <= played), default=0)))
        length = self.end_samples - self.start_samples
        if not self.whole:
            length = max(length, int(len(self.text.said) * _SLOW_SPEECH_S * rate_hz))
        return self.text.shown_until(min(last, len(self.text.said) * played // length))

    def mark(self, words: Sequence[WordTime], rate_hz: int) -> None:
        """Note when words are over; what the voice names otherwise is taken to be as long as it is written."""
        for word in words:
            begin = self.words[-1][1] if self.words else 0
            at = self.text.said.lower().find(word.text.lower(), begin)
            end = (at if 0 <= at <= begin + _WORDS_APART else begin + 1) + len(word.text)
            self.words.append((int(word.end_s * rate_hz), min(end, len(self.text.said))))


class Playout:
    """Plays one answer at a time; a newer generation replaces an older one."""

    def __init__(
        self,
        rate_hz: int,
        lead_ms: int,
        send: Callable[[AudioOut, float], None],
        on_started: Callable[[int, float], None],
        on_finished: Callable[[int], None],
        clock: Clock,
    ) -> None:
        """Send frames through `send(frame, due_s)`.

        Reports each answer's beginning (`on_started(generation, audible_s)`, when its first audible sample is due) and
        that its last sample was heard.
        """
        self.rate_hz = rate_hz
        self.generation = 0
        self._frame_bytes = 2 * int(rate_hz * FRAME_S)
        self._lead_s = lead_ms / 1000
        self._ahead_s = max(0.0, self._lead_s - FRAME_S)
        self._send, self._on_started, self._on_finished, self._clock = send, on_started, on_finished, clock
        self._queue: deque[bytes] = deque()
        self._out: deque[bytes] = deque(maxlen=_KEPT_FRAMES)  # of this answer
        self._held = False
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
        self._faded = False  # the line is silent in mid-answer
        self._acknowledged = Acknowledged(rate_hz)
        self.has_marks = False  # of the leg: `acknowledge` tells what was heard
        self.background_s = 0.0  # until when something else fills the line; the next sample comes after it
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    # --- filling ------------------------------------------------------------------------------------------------
    def begin(self, generation: int, *, paused: bool) -> None:
        """Make room for a new answer; what is left of the old one fades out and is dropped."""
        self._fade_out()
        self._clear()
        self.generation = generation
        self._complete = False
        self._paused = paused

    def open_piece(self, generation: int, text: Spoken, rate_hz: int) -> None:
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

    def mark_words(self, generation: int, words: Sequence[WordTime]) -> None:
        """Say when words of the open piece are heard, from the beginning of its audio."""
        if generation == self.generation and self._pieces:
            self._pieces[-1].mark(words, self.rate_hz)

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
    def pause(self, *, recall: bool = False) -> bool:
        """Fade out behind the frames already out; keep the rest.

        Args:
            recall: The leg can drop what is on its way: keep what has not been heard as well, to be sent again.

        Returns:
            Whether something is to be dropped.
        """
        recalled = recall and self._started and not self._paused and not self._held and self.generation >= 0
        if recalled:
            self._queue_again(self._sent_samples - self._heard_samples())
        else:
            self._fade_out()
        self._paused = True
        return recalled

    def resume(self) -> None:
        """Send on from the next frame, fading in."""
        self._paused = False
        self._wake.set()

    def hold(self, heard_s: float) -> None:
        """Nobody listens since `heard_s`: what they have not heard of this answer will be sent again."""
        if self._held:
            return
        self._held = True
        if self.generation < 0 or not self._started:
            return
        ahead_s = self._origin_s + self._sent_samples / self.rate_hz - heard_s
        self._queue_again(max(0.0, ahead_s) * self.rate_hz)

    def _queue_again(self, samples: float) -> None:
        """Take back the last `samples` that were sent, to the nearest frame."""
        frame_samples = self._frame_bytes // 2
        unheard = min(len(self._out), int(samples / frame_samples + 0.5))
        for _ in range(unheard):
            self._queue.appendleft(self._out.pop())
        self._sent_samples -= unheard * frame_samples
        self._faded = self._faded or unheard > 0

    def release(self) -> None:
        """Somebody listens again."""
        self._held = False
        self._wake.set()

    def flush(self, generation: int) -> None:
        """Fade out and drop the rest of this answer; nothing of it leaves any more, and it does not finish."""
        if generation == self.generation:
            self._fade_out()
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

    @property
    def busy_until_s(self) -> float:
        """When all that was sent, and the background, will have been played."""
        return max(self.background_s, self._origin_s + self._sent_samples / self.rate_hz)

    @property
    def is_held(self) -> bool:
        """Whether nobody listens."""
        return self._held

    # --- playing ------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Play for as long as the call lasts."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._play()
            await self._finish()

    async def _play(self) -> None:
        while self._queue and not self._paused and not self._held:
            now_s = self._clock.now_s()
            due_s = self._origin_s + self._sent_samples / self.rate_hz
            if due_s < max(now_s - self._lead_s, self.background_s) or not self._started:
                # Nothing was playing (or we are later than the lead can hide): the line starts anew, now.
                due_s = max(now_s, self.background_s)
                self._origin_s = due_s - self._sent_samples / self.rate_hz
            if due_s - self._ahead_s > now_s:
                await asyncio.sleep(due_s - self._ahead_s - now_s)
                continue
            pcm = self._queue.popleft()
            self._send_frame(fade_in(pcm) if self._faded else pcm, due_s)
            self._faded = False

    def _fade_out(self) -> None:
        """End softly what is playing; nothing is to be done where all has been heard, or nothing follows yet."""
        due_s = self._origin_s + self._sent_samples / self.rate_hz
        if self._started and self._queue and not self._paused and not self._held and due_s >= self._clock.now_s():
            self._send_frame(fade_out(self._queue.popleft()), due_s)
            self._faded = True

    def _send_frame(self, pcm: bytes, due_s: float) -> None:
        if len(self._queue) * FRAME_S < _ROOM_S:
            self._room.set()
        generation, first = self.generation, not self._started
        self._started = True
        self._out.append(pcm)
        self._send(AudioOut(pcm, self._sent_samples, generation), due_s)
        self._sent_samples += len(pcm) // 2
        if first:
            self._on_started(generation, due_s + onset_samples(pcm) / self.rate_hz)

    async def _finish(self) -> None:
        """Wait until the last sample is heard, unless something changes before."""
        if not self._complete or self._queue or self._paused or self._held or self.generation < 0:
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
            if self._paused or self._held:
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
        self._out.clear()
        self._queued_samples = 0
        self._answer_start = self._sent_samples
        self._acknowledged.begin(self._sent_samples)
        self._started = self._faded = False
        self._resampler = None
        self._room.set()
