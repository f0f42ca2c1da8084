"""Keeps hosted services between requests, as others keep connections."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Hashable
from typing import Generic, TypeVar

from providers.owned_task import OwnedTask
from providers.pipecat_host.host import Host
from providers.warmth import KEPT_S

_KEPT_HOSTS = 16
_KEPT_ENDINGS = 32

Manner = TypeVar("Manner", bound=Hashable)


class HostPool(Generic[Manner]):
    """Lends a host to one request at a time; one that was interrupted is lent again if it is well."""

    def __init__(self, make: Callable[[Manner], Host]) -> None:
        """Make hosts with `make`."""
        self._make = make
        self._idle: list[tuple[Manner, Host]] = []
        self._endings: list[OwnedTask] = []

    @contextlib.asynccontextmanager
    async def lend(self, manner: Manner) -> AsyncGenerator[Host, None]:
        """Lend a host that was made in this manner.

        Raises:
            ProviderError: It cannot be reached, or refuses.
        """
        host = self._kept(manner)
        if host is None:
            host = self._make(manner)
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
        """Close those that are not lent."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(host.aclose() for _, host in idle))
        await asyncio.gather(*(ending.aclose() for ending in self._endings))
        self._endings.clear()

    def _kept(self, manner: Manner) -> Host | None:
        for place, (kept, host) in enumerate(self._idle):
            if kept == manner and host.usable:
                del self._idle[place]
                return host
        return None

    async def _returned(self, manner: Manner, host: Host) -> None:
        well = (await host.interrupt()) if host.busy else host.usable
        if not well:
            await host.aclose()
            return
        host.listen(lambda _: None)
        self._idle.append((manner, host))
        asyncio.get_running_loop().call_later(KEPT_S, self._expire, host)
        if len(self._idle) > _KEPT_HOSTS:
            self._expire(self._idle[0][1])

    def _expire(self, host: Host) -> None:
        """End a host that was not lent since it came back."""
        if any(each is host for _, each in self._idle):
            self._idle = [pair for pair in self._idle if pair[1] is not host]
            self._endings = [*self._endings[-_KEPT_ENDINGS:], OwnedTask(host.aclose())]
