"""What a carrier does with the sound it is sent: plays it in real time, reaches marks, drops all on a clear. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class CarrierBuffer:
    """A queue of sound and marks, played byte by byte."""

    _queue: deque[bytes | str] = field(default_factory=deque)

    def media(self, payload: bytes) -> None:
        """Queue sound."""
        self._queue.append(payload)

    def mark(self, name: str) -> None:
        """Queue a mark; it is echoed at the next `play` if nothing is before it."""
        self._queue.append(name)

    def clear(self) -> list[str]:
        """Drop everything; return the marks, which most carriers echo at once."""
        marks = [item for item in self._queue if isinstance(item, str)]
        self._queue.clear()
        return marks

    @property
    def waiting_bytes(self) -> int:
        """How much sound waits to be played."""
        return sum(len(item) for item in self._queue if isinstance(item, bytes))

    def play(self, size: int) -> tuple[bytes, list[str]]:
        """Return the next sound to be heard, at most `size` bytes, and the marks that were reached in it."""
        parts: list[bytes] = []
        marks: list[str] = []
        for item in self._take(size):
            (marks if isinstance(item, str) else parts).append(item)  # type: ignore[arg-type]  # one list per type
        return b"".join(parts), marks

    def _take(self, size: int) -> Iterator[bytes | str]:
        left = size
        while self._queue:
            item = self._queue[0]
            if isinstance(item, str):
                yield item
                self._queue.popleft()
                continue
            if left == 0:
                return
            now, later = item[:left], item[left:]
            left -= len(now)
            if later:
                self._queue[0] = later
            else:
                self._queue.popleft()
            yield now
