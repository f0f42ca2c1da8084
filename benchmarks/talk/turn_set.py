"""The labelled set `benchmarks/data/turns/` as turns of a tape: one rate, a room's hiss mixed in, whole frames."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.talk.tape import FRAME_SAMPLES, Turn
from server.caller.sound import read_wav

TURNS = Path(__file__).parents[1] / "data" / "turns"
DEFAULT = "default"
_HISS_DBFS = -66.0
_LEAD_S = 0.1  # of hiss before the sound
PROFILES = (DEFAULT, "yes_no", "digits", "spelling", "long_answer")
_FLOW_ASKS: dict[str, str] = {
    "digits": "digits",
    "number": "digits",
    "phone": "digits",
    "spelling": "spelling",
    "email": "spelling",
    "yes_no": "yes_no",
    "long": "long_answer",
    "long_answer": "long_answer",
}


def asked_for(kind: str) -> str:
    """Return what a flow would have asked for that gets a turn of this kind (`endpointing` of a state)."""
    return _FLOW_ASKS.get(kind, DEFAULT)


def load_turns(folder: Path = TURNS) -> list[Turn]:
    """Read the labelled set.

    Raises:
        FileNotFoundError: It is not there.
    """
    turns = []
    for number, entry in enumerate(json.loads((folder / "index.json").read_text(encoding="utf-8"))):
        sound = read_wav(folder / entry["file"])
        pauses = tuple((first + _LEAD_S, last + _LEAD_S) for first, last in entry["pauses"])
        end_s = entry["true_end_s"]
        name = Path(entry["file"]).with_suffix("").as_posix().replace("/", "-")
        turns.append(
            Turn(
                name,
                entry["kind"],
                entry["text"] or "",
                None if end_s is None else end_s + _LEAD_S,
                pauses,
                _in_a_room(sound, number),
            )
        )
    return turns


def spread(turns: Sequence[Turn], count: int) -> list[Turn]:
    """Return `count` of `turns`, kinds mixed and the same ones on each run; more than there are come again."""
    order = np.random.default_rng(11).permutation(len(turns))
    return [turns[order[i % len(turns)]] for i in range(count)]


def deal(turns: Sequence[Turn], turns_of_a_call: int, *, hints: bool) -> list[tuple[str, list[Turn]]]:
    """Deal turns out to calls, `(what the flow asks for, turns)`: a call asks for one kind of thing, as a state does.

    Args:
        hints: The flow says what it asks for, as flows do; else all calls are alike.
    """
    by_flow: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        by_flow[asked_for(turn.kind) if hints else DEFAULT].append(turn)
    return [
        (flow, some[first : first + turns_of_a_call])
        for flow, some in by_flow.items()
        for first in range(0, len(some), turns_of_a_call)
    ]


def _in_a_room(sound: npt.NDArray[np.int16], seed: int) -> npt.NDArray[np.int16]:
    """Put hiss before and under a sound: no two frames are alike, so each is known by its bytes."""
    lead = round(_LEAD_S * 16_000)
    samples = -(-(lead + len(sound)) // FRAME_SAMPLES) * FRAME_SAMPLES
    mixed = np.random.default_rng(seed).standard_normal(samples) * 32768 * 10 ** (_HISS_DBFS / 20)
    mixed[lead : lead + len(sound)] += sound
    return np.clip(np.rint(mixed), -32768, 32767).astype(np.int16)
