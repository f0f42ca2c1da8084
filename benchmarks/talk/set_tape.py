"""The labelled set as a tape: one rate, a hiss mixed in, whole frames; and which turns a call gets."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks import turn_set
from benchmarks.talk.tape import FRAME_SAMPLES, RATE_HZ, Turn
from flows.parse_states import ENDPOINTING

DEFAULT = "default"
PROFILES = ENDPOINTING
_RULES = {None: DEFAULT, "email": "spelling", "phone": "digits"}  # where the flow language has no rule of that name
_HISS_DBFS = -66.0
_VOWELS_DBFS = -24.0  # a call is one caller, at one telephone; in the set they differ by 24 dB
_VOWEL_SHARE = 90  # percentile of a voice's 20 ms
_ROOM_S = 1.5  # the room goes on after the file: someone may answer late


def turns(kinds: Sequence[str] = ()) -> list[Turn]:
    """Read the labelled set, or some kinds of it."""
    return [_turn(number, labelled) for number, labelled in enumerate(turn_set.turns(kinds))]


def true_turns() -> list[Turn]:
    """Read all that is to be answered."""
    return [turn for turn in turns() if turn.true_end_s is not None]


def spread(some: Sequence[Turn], count: int, seed: int = 11) -> list[Turn]:
    """Return `count` of `some`, kinds mixed and the same ones on each run; more than there are come again."""
    order = np.random.default_rng(seed).permutation(len(some))
    return [some[order[i % len(some)]] for i in range(count)]


def deal(some: Sequence[Turn], turns_of_a_call: int, *, hints: bool) -> list[tuple[str, list[Turn]]]:
    """Deal turns out to calls, which ask for one kind of thing each, as a state of a flow does.

    Args:
        some: All turns.
        turns_of_a_call: At most.
        hints: The flow says what it asks for, as flows do; else all calls are alike.

    Returns:
        For each call, what the flow asks for (one of `PROFILES`) and its turns.
    """
    by_flow: dict[str, list[Turn]] = defaultdict(list)
    for turn in some:
        by_flow[turn.asked_for if hints else DEFAULT].append(turn)
    return [
        (flow, dealt[first : first + turns_of_a_call])
        for flow, dealt in by_flow.items()
        for first in range(0, len(dealt), turns_of_a_call)
    ]


def _turn(number: int, labelled: turn_set.Turn) -> Turn:
    sound = _as_loud_as_others(_at_tape_rate(labelled.samples(_ROOM_S), labelled.rate_hz), labelled.speech)
    rule = labelled.state_rule
    return Turn(
        labelled.id,
        labelled.kind,
        labelled.text,
        rule if rule in PROFILES else _RULES[rule],
        labelled.true_end_s,
        labelled.speech,
        _with_hiss(sound, number),
    )


def _at_tape_rate(sound: npt.NDArray[np.int16], rate_hz: int) -> npt.NDArray[np.float64]:
    """Change the rate of a whole sound by its spectrum: upwards nothing is lost, and it is quick."""
    samples = len(sound) * RATE_HZ // rate_hz
    spectrum = np.zeros(samples // 2 + 1, np.complex128)
    heard = np.fft.rfft(sound.astype(np.float64))
    spectrum[: len(heard)] = heard
    return np.fft.irfft(spectrum, samples) * (RATE_HZ / rate_hz)


def _as_loud_as_others(
    sound: npt.NDArray[np.float64], speech: Sequence[tuple[float, float]]
) -> npt.NDArray[np.float64]:
    """Raise or lower a voice, and what is behind it, to the level of all; what is no voice stays."""
    if not speech:
        return sound
    voice = np.concatenate([sound[round(first * RATE_HZ) : round(last * RATE_HZ)] for first, last in speech])
    frames = voice[: len(voice) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    vowels = np.percentile(np.sqrt((frames**2).mean(axis=1)), _VOWEL_SHARE)
    level: npt.NDArray[np.float64] = sound * (32768 * 10 ** (_VOWELS_DBFS / 20) / vowels)
    return level


def _with_hiss(sound: npt.NDArray[np.float64], seed: int) -> npt.NDArray[np.int16]:
    """Put a hiss under a sound: no two frames are alike, so each is known by its bytes."""
    samples = -(-len(sound) // FRAME_SAMPLES) * FRAME_SAMPLES
    mixed = np.random.default_rng(seed).standard_normal(samples) * 32768 * 10 ** (_HISS_DBFS / 20)
    mixed[: len(sound)] += sound
    return np.clip(np.rint(mixed), -32768, 32767).astype(np.int16)
