"""How long to wait after the user's last sound: between a floor and a ceiling, by who speaks, what and how. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.turns.lexicon import Lexicon, is_short_answer, trails_off, words_of
from pipeline.turns.spoken_forms import is_whole_email, is_whole_phone_number

COMPLETE = 0.5  # of the end-of-turn model
CERTAIN = 1.0  # of a recogniser that is sure by itself
WITHOUT_MODEL_S = 0.6

KEPT_PAUSES = 8
ENOUGH_PAUSES = 4  # from so many on, what is known of a caller may shorten the wait, not only lengthen it
ENOUGH_TURNS = 3  # without any pause, to believe that there will be none
BRISKEST = 0.7  # of the profile's ceiling
MOST_PATIENT = 1.6
MARGIN = 0.15
LONGEST_PAUSE_S = 3.0  # what is longer was not a pause within a turn
_SHARE = 0.9
MOST_CAUTION_S = 0.3
_CAUTION_MARGIN_S = 0.05
_FORGETTING = 0.95  # a turn: who was cut off once is not waited for all call long


@dataclass(frozen=True, slots=True)
class Profile:
    """What kind of answer is expected.

    Attributes:
        floor_s: Wait at least this long after the last voiced sample.
        ceiling_s: Wait this long where the voice does not sound as if it were done.
        hold_s: Wait this long where the words call for more.
        short_answers: Whether "yes" is all that will come.
        heard_s: No answer is heard sooner after the last voiced sample: until then the turn can be taken back.
        brisk_s: The same for a caller who has not paused so far; None where anybody does.
        sure_s: The same for an answer of so many words that sounds finished; it is not waited for longer either.
        enough_words: From so many on; None where words can never be enough.
        is_whole: Tells by the words whether all that was asked for is there; None where words cannot tell.
    """

    floor_s: float
    ceiling_s: float
    hold_s: float
    short_answers: bool = False
    heard_s: float = 0.0
    brisk_s: float | None = None
    sure_s: float = 0.0
    enough_words: int | None = None
    is_whole: Callable[[str], bool] | None = None

    def scaled(self, factor: float) -> "Profile":
        """Return it with its longer waits multiplied; the floor stays."""
        if factor == 1.0:
            return self
        ceiling_s, hold_s = max(self.floor_s, self.ceiling_s * factor), max(self.floor_s, self.hold_s * factor)
        return replace(self, ceiling_s=ceiling_s, hold_s=hold_s)


# Tuned on one half of the labelled turns and measured on the other (`python -m benchmarks.endpointing`). Where things
# are given piece by piece, a piece sounds finished: there, and between the sentences of a long answer, the floor is
# longer than such pauses are.
PROFILES = {
    "default": Profile(0.2, 0.9, 1.5, heard_s=0.7, brisk_s=0.3, sure_s=0.3, enough_words=7),
    "text": Profile(0.5, 1.8, 1.8, heard_s=0.55),
    "yes_no": Profile(0.2, 0.7, 1.2, short_answers=True, heard_s=0.3, sure_s=0.3),
    "digits": Profile(1.0, 1.4, 1.6, heard_s=1.1),
    "phone": Profile(0.3, 1.4, 1.4, is_whole=is_whole_phone_number),
    "spelling": Profile(1.3, 1.8, 1.8),
    "email": Profile(0.3, 1.4, 1.4, is_whole=is_whole_email),
    "long_answer": Profile(1.2, 1.8, 1.8, heard_s=1.4, sure_s=0.55, enough_words=14),
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How this caller pauses.

    Attributes:
        pauses: The latest pauses that more speech followed, each as a share of the ceiling it was measured against:
            who spells slowly does not therefore say "yes" slowly.
        turns: Turns that were read so far.
        caution: No floor is lower, as a share of the ceiling: this caller went on after what was taken for the end.
    """

    pauses: tuple[float, ...] = ()
    turns: int = 0
    caution: float = 0.0

    def after_pause(self, pause_s: float, profile: Profile) -> "Patience":
        """Learn from a pause that did not end the turn."""
        if not 0 < pause_s <= LONGEST_PAUSE_S:
            return self
        return replace(self, pauses=(*self.pauses, pause_s / profile.ceiling_s)[-KEPT_PAUSES:])

    def after_haste(self, pause_s: float, profile: Profile) -> "Patience":
        """Learn that a turn was ended in a pause."""
        if not 0 < pause_s <= LONGEST_PAUSE_S:
            return self
        return replace(self, caution=max(self.caution, (pause_s + _CAUTION_MARGIN_S) / profile.ceiling_s))

    def after_turn(self) -> "Patience":
        """Learn that one more turn is over."""
        return replace(self, turns=self.turns + 1, caution=self.caution * _FORGETTING)

    @property
    def factor(self) -> float:
        """By what the ceiling of a profile is to be multiplied for this caller."""
        if not self.pauses:
            return BRISKEST if self.turns >= ENOUGH_TURNS else 1.0
        least = BRISKEST if len(self.pauses) >= ENOUGH_PAUSES else 1.0
        return min(max(_quantile(self.pauses, _SHARE) + MARGIN, least), MOST_PATIENT)

    def adapt(self, profile: Profile) -> Profile:
        """Return `profile` with the ceiling that suits this caller; who pauses long is also held longer."""
        ceiling_s = max(profile.floor_s, profile.ceiling_s * self.factor)
        cautious_s = min(self.caution * profile.ceiling_s, profile.floor_s + MOST_CAUTION_S)
        floor_s = min(max(profile.floor_s, cautious_s), ceiling_s)
        heard_s = profile.heard_s
        if profile.brisk_s is not None and not self.pauses and self.turns >= ENOUGH_TURNS:
            heard_s = profile.brisk_s
        hold_s = profile.hold_s * max(1.0, self.factor)
        return replace(
            profile,
            floor_s=floor_s,
            ceiling_s=ceiling_s,
            hold_s=hold_s,
            heard_s=max(heard_s, cautious_s),
            sure_s=max(profile.sure_s, cautious_s),
        )


UNKNOWN_CALLER = Patience()


def wait_by_words_s(profile: Profile, text: str, lexicon: Lexicon) -> float | None:
    """Return how long after the last voiced sample the turn ends, where the words alone tell; else None."""
    if profile.short_answers and is_short_answer(text, lexicon):
        return profile.floor_s
    if profile.short_answers and len(words_of(text)) == 1:
        return profile.ceiling_s  # neither yes nor no: a hesitation that was taken for a word
    if profile.is_whole is not None:
        return profile.floor_s if profile.is_whole(text) else profile.hold_s
    return profile.hold_s if trails_off(text, lexicon) else None


def wait_by_sound_s(profile: Profile, probability: float | None) -> float:
    """Return the same by the end-of-turn model's `probability`; None if there is no model, or it was too slow."""
    if probability is None:
        return min(max(WITHOUT_MODEL_S, profile.floor_s), profile.ceiling_s)
    return profile.floor_s if probability >= COMPLETE else profile.ceiling_s


def is_sure(profile: Profile, text: str, probability: float | None, lexicon: Lexicon) -> bool:
    """Tell whether a turn has all it needs, or sounds finished and has words enough.

    The model takes every whole sentence for an end; most people who pause do so in the first few words.
    """
    told_s = wait_by_words_s(profile, text, lexicon)
    if told_s is not None:
        return told_s <= profile.floor_s
    if probability is None or profile.enough_words is None:
        return False
    enough = len(words_of(text)) >= profile.enough_words or is_short_answer(text, lexicon)
    return probability >= (COMPLETE if enough else CERTAIN)


def waits_s(
    profile: Profile, text: str, probability: float | None, lexicon: Lexicon, *, is_judged: bool
) -> tuple[float, float]:
    """Return how long after the last voiced sample a turn ends, and from when on its answer is heard.

    Args:
        profile: What is asked for, and of whom.
        text: What was said.
        probability: That it is over, by its sound; None if that is not known.
        lexicon: Of the language.
        is_judged: Whether it is known, or never will be.
    """
    told_s = wait_by_words_s(profile, text, lexicon)
    if is_sure(profile, text, probability, lexicon):
        return min(profile.floor_s, profile.sure_s) if told_s is None else told_s, profile.sure_s
    if told_s is None:
        told_s = wait_by_sound_s(profile, probability) if is_judged else profile.ceiling_s
    return told_s, profile.heard_s


def _quantile(values: tuple[float, ...], share: float) -> float:
    """Return the value below which `share` of `values` lie, between two of them if need be."""
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (place - below) * (ranked[above] - ranked[below])
