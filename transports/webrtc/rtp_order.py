"""What comes of a stream of numbered packets: each once, in order, and a stand-in for each that is lost.

A recogniser listens, not a person: what is in order is passed on at once, without the delay of a jitter buffer.
"""

from dataclasses import dataclass

WAIT_PACKETS = 3  # 60 ms: how many newer packets come before a missing one is given up
_HALF = 1 << 15
_MOST_CONCEALED = 5  # 100 ms; a longer hole is left to the clock
_RESTART = 500  # packets; further off, it is another stream


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that came."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """A packet that did not; `following` is the next one, where it is there."""

    following: bytes | None


class RtpOrder:
    """One stream.

    Attributes:
        received: Packets that came in time.
        lost: Packets that were given up.
    """

    def __init__(self) -> None:
        self.received = self.lost = 0
        self._next: int | None = None
        self._early: dict[int, bytes] = {}

    def begin_anew(self) -> None:
        """Another source begins, with numbers of its own."""
        self._next = None
        self._early.clear()

    def take(self, sequence: int, payload: bytes) -> list[Packet | Lost]:
        """Take the packet numbered `sequence` (16 bits, wrapping); return what can be passed on."""
        if self._next is None:
            self._next = sequence
        ahead = (sequence - self._next + _HALF) % (2 * _HALF) - _HALF
        if abs(ahead) > _RESTART:
            self._early.clear()
            self._next, ahead = sequence, 0
        if ahead < 0 or sequence in self._early:
            return []
        self.received += 1
        if ahead == 0 and not self._early:
            self._next = (sequence + 1) % (2 * _HALF)
            return [Packet(payload)]
        self._early[sequence] = payload
        steps: list[Packet | Lost] = self._in_order()
        while len(self._early) >= WAIT_PACKETS:
            steps += self._give_up()
            steps += self._in_order()
        return steps

    def _in_order(self) -> list[Packet | Lost]:
        assert self._next is not None
        steps: list[Packet | Lost] = []
        while (payload := self._early.pop(self._next, None)) is not None:
            steps.append(Packet(payload))
            self._next = (self._next + 1) % (2 * _HALF)
        return steps

    def _give_up(self) -> list[Packet | Lost]:
        assert self._next is not None
        hole = min((sequence - self._next) % (2 * _HALF) for sequence in self._early)
        self.lost += hole
        after = self._early[(self._next + hole) % (2 * _HALF)]
        self._next = (self._next + hole) % (2 * _HALF)
        filled = min(hole, _MOST_CONCEALED)
        return [Lost(after if i == filled - 1 else None) for i in range(filled)]
