"""Where an answer's audio goes: into the playout, or onto a line that is held until the answer is wanted."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from pipeline.playout import Playout
from pipeline.ports import WordTime
from pipeline.speech.spoken import Spoken


class Line(Protocol):
    """Takes the audio of one answer, sentence by sentence.

    Attributes:
        rate_hz: What is played; other rates are converted.
    """

    rate_hz: int

    @property
    def is_held(self) -> bool:
        """Whether nobody wants the answer yet."""

    async def next_piece(self) -> None:
        """Wait until one more sentence may be made."""

    async def room(self) -> None:
        """Wait until more audio may be pushed."""

    def open_piece(self, text: Spoken, rate_hz: int) -> None:
        """Say which words the next audio (at `rate_hz`) speaks."""

    def mark_words(self, words: Sequence[WordTime]) -> None:
        """Say when words of the open piece are heard, from the beginning of its audio."""

    def push(self, pcm: bytes) -> None:
        """Take audio of the open piece."""

    def close_piece(self) -> None:
        """Say that the open piece has all its audio."""

    def complete(self) -> None:
        """Say that the answer is whole."""


class PlayoutLine:
    """One generation's way into the playout."""

    is_held = False

    def __init__(self, playout: Playout, generation: int) -> None:
        """Play as `generation`; what comes once that is stale is dropped."""
        self.rate_hz = playout.rate_hz
        self._playout, self._generation = playout, generation

    async def next_piece(self) -> None:
        """Never wait."""

    async def room(self) -> None:
        """Wait while much is queued."""
        await self._playout.room()

    def open_piece(self, text: Spoken, rate_hz: int) -> None:
        """Pass on."""
        self._playout.open_piece(self._generation, text, rate_hz)

    def mark_words(self, words: Sequence[WordTime]) -> None:
        """Pass on."""
        self._playout.mark_words(self._generation, words)

    def push(self, pcm: bytes) -> None:
        """Pass on."""
        self._playout.push(self._generation, pcm)

    def close_piece(self) -> None:
        """Pass on."""
        self._playout.close_piece(self._generation)

    def complete(self) -> None:
        """Pass on."""
        self._playout.complete(self._generation)


class HeldLine:
    """Keeps the first sentence until it is released; the others are not made before."""

    def __init__(self, rate_hz: int) -> None:
        """Hold."""
        self.rate_hz = rate_hz
        self._deeds: list[Callable[[Line], None]] = []
        self._onto: Line | None = None
        self._released = asyncio.Event()
        self._has_piece = False

    @property
    def is_held(self) -> bool:
        """Whether nobody wants the answer yet."""
        return self._onto is None

    def release(self, onto: Line) -> None:
        """Let what was kept, and all that is to come, go on to `onto`."""
        self._onto = onto
        for deed in self._deeds:
            deed(onto)
        self._deeds.clear()
        self._released.set()

    async def next_piece(self) -> None:
        """Wait, after the first sentence, until it is released."""
        if self._has_piece:
            await self._released.wait()

    async def room(self) -> None:
        """Wait only for what it was released onto: a sentence is short."""
        if self._onto is not None:
            await self._onto.room()

    def open_piece(self, text: Spoken, rate_hz: int) -> None:
        """Keep, or pass on."""
        self._has_piece = True
        self._do(lambda line: line.open_piece(text, rate_hz))

    def mark_words(self, words: Sequence[WordTime]) -> None:
        """Keep, or pass on."""
        self._do(lambda line: line.mark_words(words))

    def push(self, pcm: bytes) -> None:
        """Keep, or pass on."""
        self._do(lambda line: line.push(pcm))

    def close_piece(self) -> None:
        """Keep, or pass on."""
        self._do(lambda line: line.close_piece())

    def complete(self) -> None:
        """Keep, or pass on."""
        self._do(lambda line: line.complete())

    def _do(self, deed: Callable[[Line], None]) -> None:
        if self._onto is None:
            self._deeds.append(deed)
        else:
            deed(self._onto)
