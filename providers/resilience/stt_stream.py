"""One call's ear behind which the recogniser may change: the sound of the turn is kept and said again to the next."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.incidents import IncidentLog, Remedy
from pipeline.ports import SpeechToText, SttResult, SttSignal, SttStream
from providers.owned_task import OwnedTask
from providers.resilience.member import STT_PATIENCE, Member

_KEPT_S = 90.0
_NEXT_LIMIT_S = 0.5  # to open one in mid-turn while there is another
_LAST_LIMIT_S = 2.0
_QUICK_CODES = frozenset({"provider.failed"})  # the line broke: the same service is back as quickly as any other


class Opener(Protocol):
    """What the stream needs to open another recogniser."""

    members: Sequence[Member[SpeechToText]]
    named: Mapping[str, Member[SpeechToText]]
    incidents: IncidentLog

    async def open(self, member: Member[SpeechToText], language: str, rate_hz: int, limit_s: float) -> SttStream:
        """Open one, or raise `ProviderError`."""

    def failed(self, member: Member[SpeechToText], error: ProviderError) -> None:
        """Hold it against the member."""


class ResilientStream:
    """Fills `pipeline.ports.SttStream`."""

    def __init__(
        self, opener: Opener, member: Member[SpeechToText], inner: SttStream, language: str, rate_hz: int
    ) -> None:
        """Listen through `inner`, which belongs to `member`."""
        self._opener, self._language, self._rate_hz = opener, language, rate_hz
        self._clock = Clock()
        self._turn: deque[bytes] = deque()
        self._turn_bytes = 0
        self._last = SttResult("", 0.0)
        self._signals: asyncio.Queue[SttSignal | None] = asyncio.Queue()
        self._settled = asyncio.Event()
        self._changing: OwnedTask | None = None
        self._pump: OwnedTask | None = None
        self._old: list[SttStream] = []
        self._closed = False
        self._first = opener.members[0]
        self._adopt(member, inner)

    # --- the port -------------------------------------------------------------------------------------------------
    def begin(self, language: str | None = None) -> None:
        """Start a turn; go back to the first member if it has rested."""
        self._language = language or self._language
        self._turn.clear()
        self._turn_bytes = 0
        self._last = SttResult("", 0.0)
        while not self._signals.empty() and not self._closed:
            self._signals.get_nowait()
        self._inner.begin(language)
        self._go_to_first()

    def choose(self, recogniser: str | None) -> None:
        """Prefer the one that is named so; see `pipeline.ports.ChoosingStream`."""
        self._first = self._opener.named.get(recogniser or "", self._opener.members[0])
        if not self._closed:
            self._go_to_first()

    def feed(self, pcm: bytes) -> None:
        """Take audio, and keep it for whoever else may have to read it."""
        self._turn.append(pcm)
        self._turn_bytes += len(pcm)
        while self._turn_bytes > _KEPT_S * 2 * self._rate_hz:
            self._turn_bytes -= len(self._turn.popleft())
        self._inner.feed(pcm)

    async def partial(self) -> SttResult:
        """Return a quick reading; the last one again where it fails, while another recogniser is found."""
        if self._settled.is_set():
            try:
                self._last = await self._inner.partial()
            except ProviderError as error:
                self._replace(error)
        return self._last

    async def finalize(self) -> SttResult:
        """Return the best reading, by whoever can give it.

        Raises:
            ProviderError: Nobody could in 4 s.
        """
        by_s = self._clock.now_s() + max(STT_PATIENCE.total_s, self._member.patience.first_s)
        error = ProviderError("stt", "nobody reads", retryable=True, code="provider.stalled")
        for _ in range(len(self._order) + 1):
            try:
                async with asyncio.timeout_at(by_s):
                    await self._settled.wait()
                return await self._read()
            except TimeoutError:
                break
            except ProviderError as failure:
                error = failure
                self._replace(failure)
        raise error

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield what the recogniser in use says of the turn's end."""
        while (signal := await self._signals.get()) is not None:
            yield signal

    async def aclose(self) -> None:
        """Free everything."""
        if not self._closed:
            self._closed = True
            self._signals.put_nowait(None)
        tasks = [task.aclose() for task in (self._changing, self._pump) if task is not None]
        await asyncio.gather(*tasks, *(stream.aclose() for stream in (*self._old, self._inner)))
        self._old.clear()

    # --- who listens ----------------------------------------------------------------------------------------------
    @property
    def _order(self) -> list[Member[SpeechToText]]:
        return [self._first, *(each for each in self._opener.members if each is not self._first)]

    def _go_to_first(self) -> None:
        """Listen through the preferred one if it is another and has rested; who listens now does so until then."""
        first = self._first
        if self._settled.is_set() and self._member is not first and first.breaker.admit(self._clock.now_s()):
            self._change([first], meanwhile_usable=True)

    async def _read(self) -> SttResult:
        member = self._member
        try:
            async with asyncio.timeout(member.patience.first_s):
                self._last = await self._inner.finalize()
        except TimeoutError as error:
            raise ProviderError(
                member.provider.provider, "read nothing in time", retryable=True, code="provider.timeout"
            ) from error
        member.breaker.succeeded()
        return self._last

    def _replace(self, error: ProviderError) -> None:
        """Let another recogniser read the turn: the same service again if only the line broke, else the next."""
        if not self._settled.is_set() or self._closed:
            return
        member = self._member
        self._opener.failed(member, error)
        others = [each for each in self._order if each is not member and not each.breaker.is_open(self._clock.now_s())]
        again = [member] if error.retryable and not member.breaker.is_open(self._clock.now_s()) else []
        order = [*again, *others] if error.code in _QUICK_CODES else [*others, *again]
        self._opener.incidents.note("stt", error, _remedy(order, member))
        if not order and not member.breaker.is_held(self._clock.now_s()):
            order = [member]
        self._change(order, meanwhile_usable=False)

    def _change(self, order: Sequence[Member[SpeechToText]], *, meanwhile_usable: bool) -> None:
        if self._changing is not None:
            self._changing.cancel()
        if not meanwhile_usable:
            self._settled.clear()
        self._changing = OwnedTask(self._open_next(order, meanwhile_usable))

    async def _open_next(self, order: Sequence[Member[SpeechToText]], meanwhile_usable: bool) -> None:
        try:
            for member in order:
                limit_s = _LAST_LIMIT_S if member is order[-1] else _NEXT_LIMIT_S
                try:
                    inner = await self._opener.open(member, self._language, self._rate_hz, limit_s)
                except ProviderError as error:
                    self._opener.incidents.note("stt", error, "replaced" if meanwhile_usable else "none")
                    continue
                await self._swap(member, inner)
                return
        finally:
            self._settled.set()  # with whom there is: who reads next finds out, and tries again

    async def _swap(self, member: Member[SpeechToText], inner: SttStream) -> None:
        old = self._inner
        self._adopt(member, inner)
        inner.begin(self._language)
        for pcm in self._turn:
            inner.feed(pcm)
        self._old.append(old)
        await old.aclose()
        self._old.remove(old)

    def _adopt(self, member: Member[SpeechToText], inner: SttStream) -> None:
        self._member, self._inner = member, inner
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        if member.provider.capabilities.end_of_turn:
            self._pump = OwnedTask(self._pass_on(inner))
        self._settled.set()

    async def _pass_on(self, inner: SttStream) -> None:
        async for signal in inner.signals():
            self._signals.put_nowait(signal)


def _remedy(order: Sequence[Member[SpeechToText]], member: Member[SpeechToText]) -> Remedy:
    if not order:
        return "none"
    return "reconnected" if order[0] is member else "replaced"
