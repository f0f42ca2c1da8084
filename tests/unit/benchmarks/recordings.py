"""Recordings whose gaps are known to the sample."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.talk.caller import Played, Recording, Step
from benchmarks.talk.tape import RATE_HZ, Turn
from providers.fake.tts import buzz


def turn(
    name: str = "t",
    *,
    kind: str = "statement",
    text: str = "one two three four",
    speech: tuple[tuple[float, float], ...] = ((0.4, 1.4),),
    true_end_s: float | None = 1.4,
    seconds: float = 2.0,
    seed: int = 1,
) -> Turn:
    """A caller's sound: noise like a voice where there is speech, hiss elsewhere."""
    sound = np.random.default_rng(seed).normal(0, 20, round(seconds * RATE_HZ))
    for first_s, last_s in speech:
        first, last = round(first_s * RATE_HZ), round(last_s * RATE_HZ)
        sound[first:last] += np.random.default_rng(seed + 1).normal(0, 3000, last - first)
    return Turn(name, kind, text, "default", true_end_s, speech, np.clip(sound, -32768, 32767).astype(np.int16))


def bot(seconds: float, *spans_s: tuple[float, float]) -> npt.NDArray[np.int16]:
    """What is heard of a bot that speaks in `spans_s`."""
    track = np.zeros(round(seconds * RATE_HZ), np.int16)
    for first_s, last_s in spans_s:
        first, last = round(first_s * RATE_HZ), round(last_s * RATE_HZ)
        track[first:last] = np.frombuffer(buzz(last - first, RATE_HZ), "<i2")
    return track


def recording(
    turns: Sequence[tuple[Turn, float]], track: npt.NDArray[np.int16], *, over_bot_s: float | None = None
) -> Recording:
    """A call in which `turns` began at these seconds."""
    played = [Played(Step(said, over_bot_s), round(at_s * RATE_HZ)) for said, at_s in turns]
    return Recording(played, track, end_samples=len(track))
