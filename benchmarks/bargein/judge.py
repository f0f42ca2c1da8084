"""Reads out of a caller's recording what a sound over the bot did to it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.talk.caller import Played, Recording
from benchmarks.talk.tape import FRAME_SAMPLES, RATE_HZ
from server.caller.measure import Segment

_LOUD = 300
_SAME_SOUND = round(0.1 * RATE_HZ)  # a shorter gap is a stall, not a pause that somebody decided on
_NEXT_S = 2.5  # what the bot does later than that after a sound is not because of it


@dataclass(frozen=True, slots=True)
class Effect:
    """What one sound over the bot did; times in milliseconds from its first voiced sample.

    Attributes:
        duck_ms: The server stopped sending; None if it went on.
        silent_ms: The last sound of the bot was heard.
        stopped: The server said that what it had sent is void.
        resumed_ms: From the end of the sound until the bot was heard again, where it had paused only.
    """

    name: str
    kind: str
    duck_ms: float | None
    silent_ms: float | None
    stopped: bool
    resumed_ms: float | None = None


def effects(recording: Recording) -> list[Effect]:
    """Judge each sound that was played over the bot; those it did not speak at are left out."""
    bot = sounding(recording.bot)
    starts = [played.start_samples for played in recording.played]
    untils = [*starts[1:], recording.end_samples]
    found = (
        _effect(recording, bot, played, until)
        for played, until in zip(recording.played, untils, strict=True)
        if played.step.over_bot_s is not None
    )
    return [effect for effect in found if effect is not None]


def sounding(bot: npt.NDArray[np.int16]) -> list[Segment]:
    """Return where the bot is heard, to the sample; a gap of 100 ms is a pause."""
    loud = np.flatnonzero(np.abs(bot.astype(np.int32)) >= _LOUD)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > _SAME_SOUND)
    firsts, lasts = np.concatenate(([0], breaks + 1)), np.concatenate((breaks, [len(loud) - 1]))
    return [Segment(int(loud[first]), int(loud[last]) + 1) for first, last in zip(firsts, lasts, strict=True)]


def _effect(recording: Recording, bot: Sequence[Segment], played: Played, until: int) -> Effect | None:
    turn = played.step.turn
    onset, end = (played.start_samples + round(at_s * RATE_HZ) for at_s in turn.voiced_s())
    latest = min(until, round(end + _NEXT_S * RATE_HZ))
    index = next((i for i, s in enumerate(bot) if s.start_samples <= onset < s.end_samples), None)
    if index is None:
        return None
    silent = bot[index].end_samples
    stopped = any(onset <= at <= latest for at in recording.interrupted)
    if silent >= latest:
        return Effect(turn.name, turn.kind, None, None, stopped)
    came = max(
        (at for at, plays_until in recording.received if onset < plays_until <= silent + FRAME_SAMPLES), default=onset
    )
    after = bot[index + 1].start_samples if index + 1 < len(bot) else None
    resumed = None if stopped or after is None or after >= until else max(0.0, _ms(after - end))
    return Effect(turn.name, turn.kind, _ms(came + FRAME_SAMPLES - onset), _ms(silent - onset), stopped, resumed)


def _ms(samples: int) -> float:
    return 1000 * samples / RATE_HZ
