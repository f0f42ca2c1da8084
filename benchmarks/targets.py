"""What we answer for: a figure beside its limit, met or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must not be over its limit, or not under it; `measured` is None where nothing was measured."""

    measure: str
    measured: float | None
    limit: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Say whether it holds; what was not measured does not."""
        if self.measured is None:
            return False
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def row(self) -> dict[str, Any]:
        """Return a row for a table and for JSON."""
        measured = "not measured" if self.measured is None else f"{self.measured:.{self._digits}f} {self.unit}"
        return {
            "measure": self.measure,
            "target": f"{'≥' if self.at_least else '≤'} {self.limit:g} {self.unit}".strip(),
            "measured": measured.strip(),
            "met": "met" if self.met else "not met",
        }

    @property
    def _digits(self) -> int:
        return 0 if self.limit >= 100 or (self.limit == 0 and not self.unit) else 2 if self.limit < 5 else 1


def rows(targets: Iterable[Target]) -> list[dict[str, Any]]:
    """Return the rows of several."""
    return [target.row() for target in targets]
