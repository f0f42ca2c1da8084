"""Keeps hosted services between requests, as others keep connections."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from providers.owned_task import OwnedTask
from providers.pipecat_host.host import Host
from providers.warmth import KEPT_S

_KEPT_HOSTS = 16
_KEPT_ENDINGS = 32

Manner = TypeVar("Manner", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Idle(Generic[Manner]):
    """One that nobody uses, until it expires."""

    manner: Manner
    host: Host
    expiry: asyncio.TimerHandle


class HostPool(Generic[Manner]):
    """Lends a host to one request at a time; one that was interrupted is lent again if it is well."""

    def __init__(self, make: Callable[[Manner], Awaitable[Host]]) -> None:
        """Make hosts with `make`."""
        self._make = make
        self._idle: list[_Idle[Manner]] = []
        self._endings: list[OwnedTask] = []
        self._closed = False

    @contextlib.asynccontextmanager
    async def lend(self, manner: Manner) -> AsyncGenerator[Host, None]:
        """Lend a host that was made in this manner.

        Raises:
            ProviderError: It cannot be reached, or refuses.
        """
        host = self._kept(manner)
        if host is None:
            host = await self._make(manner)
            await host.open()
        try:
            yield host
        finally:
            await self._returned(manner, host)

    async def warm(self, manner: Manner) -> None:
        """Have a host ready.

        Raises:
            ProviderError: See `lend`.
        """
        async with self.lend(manner):
            pass

    async def aclose(self) -> None:
        """Close those that are not lent; the others when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for each in idle:
            each.expiry.cancel()
        await asyncio.gather(*(each.host.aclose() for each in idle))
        await asyncio.gather(*(ending.aclose() for ending in self._endings))
        self._endings.clear()

    def _kept(self, manner: Manner) -> Host | None:
        for place, each in enumerate(self._idle):
            if each.manner == manner and each.host.usable:
                each.expiry.cancel()
                del self._idle[place]
                return each.host
        return None

    async def _returned(self, manner: Manner, host: Host) -> None:
        well = (await host.interrupt()) if host.busy else host.usable
        if not well or self._closed:
            await host.aclose()
            return
        host.listen(lambda _: None)
        expiry = asyncio.get_running_loop().call_later(KEPT_S, self._expire, host)
        self._idle.append(_Idle(manner, host, expiry))
        if len(self._idle) > _KEPT_HOSTS:
            self._idle[0].expiry.cancel()
            self._expire(self._idle[0].host)

    def _expire(self, host: Host) -> None:
        self._idle = [each for each in self._idle if each.host is not host]
        self._endings = [*self._endings[-_KEPT_ENDINGS:], OwnedTask(host.aclose())]
