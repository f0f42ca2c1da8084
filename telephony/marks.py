"""Marks: how a carrier that buffers our sound tells how much of it has been heard. Pure."""

MARK_EVERY_S = 0.25
_MOST_WAITING = 64  # a carrier that echoes nothing must not fill our memory


class Marks:
    """Names the marks to send, and knows what an echo proves."""

    def __init__(self, rate_hz: int) -> None:
        """Count samples at `rate_hz`."""
        self._step_samples = int(MARK_EVERY_S * rate_hz)
        self._generation: int | None = None
        self._next_samples = 0
        self._waiting: dict[str, int] = {}

    def after(self, end_samples: int, generation: int) -> str | None:
        """Return the name of the mark to send after sound of `generation` that ends at `end_samples`, if one is due."""
        if generation == self._generation and end_samples < self._next_samples:
            return None
        self._generation = generation
        self._next_samples = end_samples + self._step_samples
        name = f"{generation}:{end_samples}"
        self._waiting[name] = end_samples
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        return name

    def echoed(self, name: str) -> int | None:
        """Return the sample up to which all has been heard; None for a mark that is not ours or was overtaken."""
        return self._waiting.pop(name, None)

    @property
    def all_echoed(self) -> bool:
        """Whether all that was marked has been played."""
        return not self._waiting

    def clear(self) -> None:
        """Forget the marks that wait: their echoes will only say that their sound was dropped."""
        self._waiting.clear()
        self._generation = None
