"""A recogniser that hears what its script says."""

from collections.abc import Sequence

from pipeline.ports import SttCapabilities, SttResult
from providers.fake.pace import INSTANT, Pace

_WORDS_PER_S = 3.0


class FakeStt:
    """Gives each user turn of each call the next reading of `script`; after its end, nothing is intelligible.

    Attributes:
        opened: Streams opened so far.
        live: Streams not closed yet.
    """

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

    async def open(self, language: str) -> "FakeSttStream":
        """Start one call's reading of the script, in any language."""
        await self._open_pace.before(0)
        self.opened += 1
        self.live += 1
        return FakeSttStream(self)


class FakeSttStream:
    """One call's place in the script. A turn that was never finalized does not use up its entry.

    Attributes:
        fed_bytes: Audio taken in the current turn.
        finals: Times `finalize` was called in this call.
    """

    def __init__(self, owner: FakeStt) -> None:
        """Start before the first turn."""
        self.fed_bytes = 0
        self.finals = 0
        self._owner = owner
        self._turn = 0
        self._finalized = False
        self._closed = False

    def begin(self) -> None:
        """Go on to the next entry if the current one was given out."""
        self._turn += self._finalized
        self._finalized = False
        self.fed_bytes = 0

    def feed(self, pcm: bytes) -> None:
        """Count the audio; its content does not matter."""
        self.fed_bytes += len(pcm)

    async def partial(self) -> SttResult:
        """Return as many words of the entry as were said in the audio fed, at three a second."""
        await self._owner.partial_pace.before(0)
        fed_s = self.fed_bytes / 2 / self._owner.capabilities.rate_hz
        words = self._entry().text.split()
        return SttResult(" ".join(words[: int(fed_s * _WORDS_PER_S)]))

    async def finalize(self) -> SttResult:
        """Return the whole entry."""
        self.finals += 1
        self._finalized = True
        await self._owner.pace.before(0)
        return self._entry()

    async def aclose(self) -> None:
        """Leave the script."""
        if not self._closed:
            self._closed = True
            self._owner.live -= 1

    def _entry(self) -> SttResult:
        script = self._owner.script
        return script[self._turn] if self._turn < len(script) else SttResult("", 0.0)
