"""How long to wait after the user's last sound: between a floor and a ceiling, by what was said and how. Pure."""

import re
from dataclasses import dataclass

COMPLETE = 0.5  # of the end-of-turn model
_WITHOUT_MODEL_S = 0.6


@dataclass(frozen=True, slots=True)
class Profile:
    """What kind of answer is expected.

    Attributes:
        floor_s: Wait at least this long after the last voiced sample.
        ceiling_s: Wait at most this long.
    """

    floor_s: float
    ceiling_s: float


PROFILES = {
    "default": Profile(0.2, 0.9),
    "yes_no": Profile(0.2, 0.7),
    "digits": Profile(0.6, 1.4),
    "spelling": Profile(0.8, 1.8),
    "long_answer": Profile(0.5, 1.8),
}

_BACKCHANNELS = frozenset({"mhm", "mm", "mmm", "mm hmm", "uh huh", "uhhuh", "hmm", "hm", "ah", "oh", "uh", "um"})
_SHORT_ANSWER = re.compile(
    r"^(yes|yeah|yep|yup|no|nope|nah|correct|right|that's right|sure|okay|ok|no thanks|no thank you|yes please)[.!]?$"
)
_TRAILS_OFF = re.compile(r"(\b(and|but|or|so|because|the|a|an|my|is|to|uh|um|of|with|at|for)|,|\.\.\.)$")


def is_backchannel(text: str) -> bool:
    """Tell "mhm" from an interruption."""
    return re.sub(r"[^a-z ]", " ", text.lower()).strip() in _BACKCHANNELS


def wait_by_words_s(profile: Profile, text: str) -> float | None:
    """Return how long after the last voiced sample the turn ends, where the words alone tell; else None."""
    words = text.lower().strip()
    if profile is PROFILES["yes_no"] and _SHORT_ANSWER.match(words):
        return profile.floor_s
    return profile.ceiling_s if _TRAILS_OFF.search(words) else None


def wait_by_sound_s(profile: Profile, probability: float | None) -> float:
    """Return the same by the end-of-turn model's `probability`; None if there is no model, or it was too slow."""
    if probability is None:
        return min(max(_WITHOUT_MODEL_S, profile.floor_s), profile.ceiling_s)
    return profile.floor_s if probability >= COMPLETE else profile.ceiling_s
