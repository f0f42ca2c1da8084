"""Gets the first piece of an answer from whoever is quickest, in order, and no later than the caller can bear."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.incidents import IncidentLog, Remedy
from pipeline.usage import Kind
from providers.resilience.member import Member

Item = TypeVar("Item")
_clock = Clock()


@dataclass(frozen=True, slots=True)
class Won(Generic[Item]):
    """An answer that has begun.

    Attributes:
        first: Its first piece; nothing if the answer is empty.
        rest: What comes after it; to be closed by who takes it.
    """

    member: Member[Any]
    first: tuple[Item, ...]
    rest: AsyncGenerator[Item, None]


def in_order(members: Sequence[Member[Any]]) -> Iterator[Member[Any]]:
    """Yield whom to ask, first to last: the healthy, or everyone if nobody is; a single one may be asked twice.

    Nobody is asked before the time that they named themselves. Whoever asks says so by `Breaker.admit`.
    """
    resting = []
    asked = 0
    for member in members:
        if member.breaker.is_open(_clock.now_s()):
            resting.append(member)
        else:
            asked += 1
            yield member
    again = [*(resting if not asked else ()), *(members if len(members) == 1 else ())]
    for member in again:
        if not member.breaker.is_held(_clock.now_s()):
            yield member


def nobody(kind: Kind) -> ProviderError:
    """Return the error of a request for which all asked to be left in peace."""
    return ProviderError(kind, "nobody can be asked now", retryable=False, code="provider.rate_limited")


class Race(Generic[Item]):
    """Asks one after the other until an answer begins; another is asked while the last one still might answer."""

    def __init__(
        self,
        kind: Kind,
        members: Sequence[Member[Any]],
        start: Callable[[Member[Any]], AsyncGenerator[Item, None]],
        incidents: IncidentLog,
    ) -> None:
        """Ask `members` in their order by `start`."""
        self._kind, self._start, self._incidents = kind, start, incidents
        self._coming = in_order(members)
        self._next: Member[Any] | None = next(self._coming, None)
        self._running: dict[asyncio.Task[Won[Item] | ProviderError], Member[Any]] = {}
        self._error = nobody(kind)

    async def won(self) -> Won[Item]:
        """Return the answer that began first; the others are closed.

        Raises:
            ProviderError: That of the last one who failed.
        """
        winner = None
        try:
            async with asyncio.TaskGroup() as tasks:
                winner = await self._race(tasks)
                for loser in self._running:
                    loser.cancel()
        except asyncio.CancelledError:
            if winner is not None:
                await winner.rest.aclose()
            raise
        finally:
            await self._close_late_winners()
        if winner is None:
            raise self._error
        return winner

    async def _race(self, tasks: asyncio.TaskGroup) -> Won[Item] | None:
        while self._running or self._next is not None:
            if not self._running:
                self._ask(tasks)
            newest = list(self._running.values())[-1]
            limit_s = newest.patience.hedge_s if self._next is not None else None
            done, _ = await asyncio.wait(self._running, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                late = ProviderError(newest.provider.provider, "is late", retryable=True, code="provider.late")
                self._incidents.note(self._kind, late, "hedged")
                self._ask(tasks)
            elif (winner := self._settle(done.pop())) is not None:
                return winner
        return None

    def _ask(self, tasks: asyncio.TaskGroup) -> None:
        member = self._next
        assert member is not None, "asked only while somebody is left"
        member.breaker.admit(_clock.now_s())  # the others wait for what comes of it
        self._running[tasks.create_task(_begin(member, self._start(member)))] = member
        self._next = next(self._coming, None)

    def _settle(self, task: "asyncio.Task[Won[Item] | ProviderError]") -> Won[Item] | None:
        member, outcome = self._running.pop(task), task.result()
        if isinstance(outcome, Won):
            member.breaker.succeeded()
            return outcome
        self._error = outcome
        member.breaker.failed(outcome, _clock.now_s())
        if self._next is member and (not outcome.retryable or member.breaker.is_held(_clock.now_s())):
            self._next = None
        again: Remedy = "retried" if self._next is member else "replaced"
        self._incidents.note(self._kind, outcome, again if self._next is not None or self._running else "none")
        return None

    async def _close_late_winners(self) -> None:
        for task in self._running:
            if task.done() and not task.cancelled() and isinstance(outcome := task.result(), Won):
                await outcome.rest.aclose()


async def _begin(member: Member[Any], items: AsyncGenerator[Item, None]) -> Won[Item] | ProviderError:
    try:
        async with asyncio.timeout(member.patience.first_s):
            while not (item := await anext(items)):
                pass  # an empty piece is none
            return Won(member, (item,), items)
    except StopAsyncIteration:
        return Won(member, (), items)
    except TimeoutError:
        return ProviderError(member.provider.provider, "did not begin", retryable=True, code="provider.timeout")
    except ProviderError as error:
        return error


async def followed(kind: Kind, won: Won[Item], by_s: float, incidents: IncidentLog) -> AsyncGenerator[Item, None]:
    """Yield an answer that has begun; nobody else can go on where it breaks off.

    Raises:
        ProviderError: It broke off, nothing came for too long, or it was not whole at `by_s`.
    """
    member = won.member
    try:
        for item in won.first:
            yield item
        while True:
            try:
                async with asyncio.timeout_at(min(by_s, _clock.now_s() + member.patience.next_s)):
                    item = await anext(won.rest)
            except StopAsyncIteration:
                return
            except TimeoutError:
                late = ProviderError(member.provider.provider, "stopped", retryable=True, code="provider.stalled")
                raise _noted(kind, late, member, incidents) from None
            except ProviderError as error:
                raise _noted(kind, error, member, incidents) from error
            yield item
    finally:
        await won.rest.aclose()


def _noted(kind: Kind, error: ProviderError, member: Member[Any], incidents: IncidentLog) -> ProviderError:
    member.breaker.failed(error, _clock.now_s())
    incidents.note(kind, error, "none")
    return error
