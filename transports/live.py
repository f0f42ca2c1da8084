"""The calls of this process that a shutdown has to wait for."""

from typing import Protocol


class Endable(Protocol):
    """Something that can be told to end."""

    def end(self, reason: str) -> None:
        """End now; a second call changes nothing."""


class LiveCalls:
    """Keep count of live calls, and say whether new ones are welcome.

    Attributes:
        draining: No new call is taken; those that live go on.
    """

    def __init__(self) -> None:
        self.draining = False
        self._calls: set[Endable] = set()

    def __len__(self) -> int:
        """Count the calls that live."""
        return len(self._calls)

    def add(self, call: Endable) -> None:
        """Count `call` until it is removed."""
        self._calls.add(call)

    def remove(self, call: Endable) -> None:
        """Count `call` no longer; removing it twice changes nothing."""
        self._calls.discard(call)

    def end_all(self, reason: str) -> None:
        """Tell every live call to end."""
        for call in tuple(self._calls):
            call.end(reason)
