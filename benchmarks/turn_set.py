"""Reads the labelled turns of `benchmarks/data/turns`: what was said, where, and when it was really over."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

FOLDER = Path(__file__).parent / "data" / "turns"


@dataclass(frozen=True, slots=True)
class Turn:
    """One labelled turn; times in seconds from the start of its file.

    Attributes:
        rate_hz: Of the file: 16000, or 8000 where the telephone is between.
        speech: Where somebody speaks.
        true_end_s: When the last word is over; None where there is nothing to be answered.
        state_rule: What the flow waits for; None for anything.
        over_bot: The bot speaks meanwhile, and must go on.
        bot_text: What the bot says, where this is its echo.
    """

    id: str
    file: str
    rate_hz: int
    band: str
    kind: str
    text: str
    seconds: float
    speech: tuple[tuple[float, float], ...]
    true_end_s: float | None
    state_rule: str | None
    over_bot: bool
    bot_text: str = ""

    @property
    def held_out(self) -> bool:
        """Tell whether nothing may be tuned on it."""
        return int(self.id[1:]) % 2 == 1

    def samples(self, seconds_more: float = 0.0) -> npt.NDArray[np.int16]:
        """Return int16 mono at `rate_hz`; after its end, the last second's room goes on, back and forth."""
        found, rate_hz = soundfile.read(FOLDER / self.file, dtype="int16")
        assert rate_hz == self.rate_hz
        room = found[-rate_hz:]
        ends = [room[:: -1 if turn % 2 == 0 else 1] for turn in range(int(np.ceil(seconds_more)))]
        after = np.concatenate(ends)[: round(seconds_more * rate_hz)] if ends else found[:0]
        joined: npt.NDArray[np.int16] = np.concatenate((found, after)).astype(np.int16)
        return joined


def turns(kinds: Sequence[str] = ()) -> list[Turn]:
    """Return all turns, or those of some kinds, in the order of their numbers."""
    entries = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return [_turn(entry) for entry in entries if not kinds or entry["kind"] in kinds]


def _turn(entry: dict[str, object]) -> Turn:
    fields = {name: value for name, value in entry.items() if name in Turn.__dataclass_fields__}
    speech = tuple((float(start_s), float(end_s)) for start_s, end_s in entry["speech"])  # type: ignore[attr-defined]
    return Turn(**(fields | {"speech": speech}))  # type: ignore[arg-type]
