"""Reads `plan.yaml`: what each turn is made of."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PLAN = Path(__file__).parent / "plan.yaml"

# No voice is the bot's own. Their number shares no factor with the four combinations of band and half.
VOICES = (
    ("deep", 150), ("bright", 150), ("low", 165), ("deep", 130), ("bright", 170), ("low", 140), ("deep", 170),
    ("bright", 135), ("low", 150),
)  # fmt: skip
_MARK = re.compile(r"\{([a-z0-9.]+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """Said in one breath."""

    text: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """A pause."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Noise:
    """A `cough` or a `door` between the words."""

    name: str


Part = Words | Quiet | Noise


@dataclass(frozen=True, slots=True)
class Planned:
    """One turn to be made.

    Attributes:
        number: From 1; its lowest bit is the half, the next the band.
        extra: What its line says beside words: `recording`, `noise`, `sound`, `bot`, `gain_db`, …
    """

    number: int
    kind: str
    rule: str | None
    over_bot: bool
    say: str
    extra: Mapping[str, Any]

    @property
    def turn_id(self) -> str:
        """Name the turn."""
        return f"t{self.number:03}"

    @property
    def band(self) -> str:
        """`wideband` or `telephone`."""
        return "telephone" if self.number // 2 % 2 else "wideband"

    @property
    def voice(self) -> tuple[str, int]:
        """Who says it, and how many words a minute."""
        return VOICES[self.number % len(VOICES)]

    @property
    def needs_recordings(self) -> bool:
        """Tell whether it cannot be made from nothing."""
        return "recording" in self.extra or str(self.extra.get("noise", "")).startswith("talk")

    def parts(self) -> list[Part]:
        """Split what is said at its marks."""
        parts: list[Part] = []
        for index, piece in enumerate(_MARK.split(self.say)):
            if index % 2 == 0:
                parts.extend([Words(piece.strip())] if any(c.isalnum() for c in piece) else [])
            else:
                parts.append(Quiet(float(piece)) if piece[0].isdigit() else Noise(piece))
        return parts

    @property
    def text(self) -> str:
        """The words alone."""
        return " ".join(_MARK.sub(" ", self.say).split()).replace(" .", ".")


def planned() -> Iterator[Planned]:
    """Yield all turns in the order of the plan."""
    number = 0
    for group in YAML(typ="safe", pure=True).load(PLAN.read_text(encoding="utf-8")):
        for line in group["turns"]:
            number += 1
            extra = line if isinstance(line, dict) else {"say": line}
            say = str(extra.get("say", ""))
            yield Planned(number, group["kind"], group.get("rule"), bool(group.get("over_bot")), say, extra)
