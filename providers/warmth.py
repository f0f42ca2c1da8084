"""Opens a connection before it is needed, so that the first request after a pause does not pay for it."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator

from kit.clock import Clock

KEPT_S = 120.0  # how long an idle connection is kept; vendors keep theirs about as long
_FRESH_S = 30.0


class Warmth:
    """One place's warmth: asks for nothing in particular, since any answer leaves a connection open."""

    def __init__(self, request: Callable[[], Awaitable[object]], *errors: type[Exception]) -> None:
        """Warm with `request`, whose `errors` do not matter."""
        self._request, self._errors = request, errors
        self._clock = Clock()
        self._warmed_s = float("-inf")

    async def warm(self) -> None:
        """Connect, unless that was done a moment ago."""
        now_s = self._clock.now_s()
        if now_s - self._warmed_s < _FRESH_S:
            return
        self._warmed_s = now_s
        with contextlib.suppress(*self._errors, OSError, RuntimeError, ValueError):
            await self._request()

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Wrap a request: one that is not read to its end costs its connection, and the next `warm` opens another."""
        try:
            yield
        except BaseException:
            self._warmed_s = float("-inf")
            raise
