"""What waits to be sent to one caller: bounded, in order, stale sound left out."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MAX_WAITING = 256  # 5 s of sound; a peer that far behind will not catch up


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """One message, as text or bytes.

    Attributes:
        generation: That of its bot turn, if it is sound.
        lasts: Whoever was away when it was sent wants to have it.
    """

    wire: str | bytes
    generation: int | None = None
    lasts: bool = True


class Outbox:
    """Queue encoded messages for one writer.

    Attributes:
        overflowed: A message did not fit: the peer does not read, and counts as gone.
    """

    def __init__(self) -> None:
        self.overflowed = False
        self._waiting: deque[Waiting] = deque()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """Count the messages that wait."""
        return len(self._waiting)

    def put_wire(self, wire: str | bytes, generation: int | None = None, *, lasts: bool = True) -> bool:
        """Queue a message.

        Returns:
            False if there was no room; from then on nothing is taken.
        """
        return self._put(Waiting(wire, generation, lasts), first=False)

    def interrupt(self, wire: str | bytes, generation: int) -> bool:
        """Queue a message that overtakes all and makes the sound of `generation` and older stale; see `put_wire`."""
        self.drop_until(generation)
        return self._put(Waiting(wire), first=True)

    def drop_until(self, generation: int) -> None:
        """Drop the sound of `generation` and older."""
        self._waiting = deque(item for item in self._waiting if item.generation is None or item.generation > generation)

    def put_back(self, items: Sequence[Waiting]) -> None:
        """Let `items`, which were sent once, go first, in their order; they need no room."""
        self._waiting.extendleft(reversed(items))
        self._filled.set()

    def drop_sound(self) -> None:
        """Drop all sound that waits."""
        self._waiting = deque(item for item in self._waiting if item.generation is None)

    def clear(self) -> None:
        """Drop all that waits."""
        self._waiting.clear()

    async def first(self) -> Waiting:
        """Wait for the message to send next; it stays until `sent`, so that a cancelled writer loses nothing."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting[0]

    def sent(self, item: Waiting) -> None:
        """Forget `item`, unless an interruption that came while it was sent has done so."""
        with contextlib.suppress(ValueError):
            self._waiting.remove(item)

    def _put(self, item: Waiting, *, first: bool) -> bool:
        if self.overflowed or len(self._waiting) >= MAX_WAITING:
            self.overflowed = True
            return False
        if first:
            self._waiting.appendleft(item)
        else:
            self._waiting.append(item)
        self._filled.set()
        return True
