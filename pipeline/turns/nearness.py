"""Whose voice it is, by loudness: the caller's, or somebody's in the background. Pure."""

from dataclasses import dataclass, replace

FAR_DB = 14.0  # a voice that is so much softer than the caller's is not the caller's
_SURE = 0.5  # of the detector
_RISE_DB = 2.0  # a window: a voice is as loud as its vowels
_FALL_DB = 0.1  # a window: the vowels of a sentence are not all equally loud, and a caller may turn away: 3 dB a second
_LATEST = 4  # windows: within a word, a consonant is far softer than the vowels around it
_QUIETEST_DB = -60.0


@dataclass(frozen=True, slots=True)
class Nearness:
    """How loud the caller is.

    Attributes:
        level_db: Of the caller's vowels; None before the first word.
        latest_db: Of the latest windows.
    """

    level_db: float | None = None
    latest_db: tuple[float, ...] = ()


def step(near: Nearness, probability: float, window_db: float) -> tuple[Nearness, float]:
    """Take one window; return how likely it is the caller's voice.

    Args:
        near: From the window before.
        probability: That it is anybody's.
        window_db: How loud it is; of full scale.
    """
    known = replace(near, latest_db=(*near.latest_db, window_db)[-_LATEST:])
    if probability < _SURE:
        far = near.level_db is not None and max(known.latest_db) < near.level_db - FAR_DB
        return known, 0.0 if far else probability
    if near.level_db is None:
        return replace(known, level_db=max(window_db, _QUIETEST_DB)), probability
    step_db = min(max(window_db - near.level_db, -_FALL_DB), _RISE_DB)
    far = max(known.latest_db) < near.level_db - FAR_DB
    return replace(known, level_db=near.level_db + step_db), 0.0 if far else probability
