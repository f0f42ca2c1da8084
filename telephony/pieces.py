"""Sound in pieces of the size that a carrier wants. Pure."""

TAIL_S = 0.04  # so much later than it should be full, a piece is the last of its utterance


class Pieces:
    """Joins 20 ms frames of one bot turn into pieces; the last is filled with silence.

    Attributes:
        deadline_s: When a piece that is not full has to leave; None: nothing waits.
    """

    def __init__(self, size: int, piece_s: float, silence: bytes) -> None:
        """Make pieces of `size` bytes, `piece_s` long; `silence` is one sample of it."""
        self.deadline_s: float | None = None
        self.generation = -1
        self._size, self._piece_s, self._silence = size, piece_s, silence
        self._held = bytearray()

    def add(self, sound: bytes, generation: int, now_s: float) -> list[bytes]:
        """Take sound of a bot turn; return the pieces that are now full. What an older turn left is dropped."""
        if generation != self.generation:
            self.drop()
            self.generation = generation
        if not self._held:
            self.deadline_s = now_s + self._piece_s + TAIL_S
        self._held += sound
        full = []
        while len(self._held) >= self._size:
            full.append(bytes(self._held[: self._size]))
            del self._held[: self._size]
            self.deadline_s = now_s + self._piece_s + TAIL_S
        if not self._held:
            self.deadline_s = None
        return full

    def tail(self) -> bytes:
        """Return what waits, filled up with silence; nothing waits any more."""
        held = bytes(self._held)
        self.drop()
        return held + self._silence * ((self._size - len(held)) // len(self._silence))

    def drop(self) -> None:
        """Forget what waits."""
        self._held.clear()
        self.deadline_s = None
