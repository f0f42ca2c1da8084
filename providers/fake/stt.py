"""A recogniser that hears what its script says."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from pipeline.capabilities import SttCapabilities
from pipeline.ports import SttResult, SttSignal
from providers.fake.pace import INSTANT, Pace

_WORDS_PER_S = 3.0


class FakeStt:
    """Gives each user turn of each call the next reading of `script`; after its end, nothing is intelligible.

    Attributes:
        opened: Streams opened so far.
        live: Streams not closed yet.
    """

    provider = "fake"
    model = "script"

    def __init__(
        self,
        script: Sequence[str | SttResult],
        *,
        pace: Pace = INSTANT,
        partial_pace: Pace = INSTANT,
        open_pace: Pace = INSTANT,
        capabilities: SttCapabilities | None = None,
    ) -> None:
        """Take what is said turn by turn and how long final readings, partial readings and opening take."""
        self.capabilities = capabilities or SttCapabilities(partials=True)
        self.script = tuple(entry if isinstance(entry, SttResult) else SttResult(entry) for entry in script)
        self.pace = pace
        self.partial_pace = partial_pace
        self.opened = 0
        self.live = 0
        self._open_pace = open_pace

    async def open(self, language: str, rate_hz: int = 16_000) -> "FakeSttStream":
        """Start one call's reading of the script, in any language."""
        await self._open_pace.before(0)
        self.opened += 1
        self.live += 1
        return FakeSttStream(self, language, rate_hz)

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""


class FakeSttStream:
    """One call's place in the script. A turn that was never finalized does not use up its entry.

    Attributes:
        fed_bytes: Audio taken in the current turn.
        finals: Times `finalize` was called in this call.
        language: Of the current turn.
    """

    def __init__(self, owner: FakeStt, language: str = "en", rate_hz: int = 16_000) -> None:
        """Start before the first turn."""
        self.language = language
        self._rate_hz = rate_hz
        self._signals: asyncio.Queue[SttSignal | None] = asyncio.Queue()
        self.fed_bytes = 0
        self.finals = 0
        self._owner = owner
        self._turn = 0
        self._finalized = False
        self._closed = False

    def begin(self, language: str | None = None) -> None:
        """Go on to the next entry if the current one was given out."""
        self.language = language or self.language
        while not self._signals.empty() and not self._closed:
            self._signals.get_nowait()
        self._turn += self._finalized
        self._finalized = False
        self.fed_bytes = 0

    def feed(self, pcm: bytes) -> None:
        """Count the audio; its content does not matter."""
        self.fed_bytes += len(pcm)

    async def partial(self) -> SttResult:
        """Return as many words of the entry as were said in the audio fed, at three a second."""
        await self._owner.partial_pace.before(0)
        fed_s = self.fed_bytes / 2 / self._rate_hz
        words = self._entry().text.split()
        return SttResult(" ".join(words[: int(fed_s * _WORDS_PER_S)]))

    async def finalize(self) -> SttResult:
        """Return the whole entry."""
        self.finals += 1
        self._finalized = True
        await self._owner.pace.before(0)
        return self._entry()

    def signal(self, signal: SttSignal) -> None:
        """Have heard this of the current turn; tests decide when."""
        self._signals.put_nowait(signal)

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield what `signal` was given."""
        while (signal := await self._signals.get()) is not None:
            yield signal

    async def aclose(self) -> None:
        """Leave the script."""
        if not self._closed:
            self._closed = True
            self._signals.put_nowait(None)
            self._owner.live -= 1

    def _entry(self) -> SttResult:
        script = self._owner.script
        return script[self._turn] if self._turn < len(script) else SttResult("", 0.0)
