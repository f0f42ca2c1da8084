"""When an answer is begun before the turn is over, and when it is dropped. Pure; ADR 0010."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.turns.actions import DropSpeculation, Guess, Speculate
from pipeline.turns.inputs import Heard
from pipeline.turns.lexicon import Lexicon, is_backchannel, is_short_answer, trails_off, words_of

AHEAD_S = 0.5  # before the wait for a turn's end is over: what a model and a voice may need
STILL_S = 0.2  # a quick reading that stands at a full stop for so long
FRESH_S = 0.25  # an older quick reading lacks the last words
MOST_A_TURN = 2
_STOPS = (".", "?", "!", "。", "？", "！", "।")


class Ground(StrEnum):
    """What a guess rests on."""

    QUICK = "quick"  # words that a recogniser may still change
    BEST = "best"  # the best reading of a pause, or the recogniser's own belief


# Turns without a guess after one that was wrong: at most 1/10 + 1/4 of the turns cost a second model call.
RESTS = {Ground.QUICK: 9, Ground.BEST: 3}


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known and done ahead of a turn's end.

    Attributes:
        in_breath: Voice is gone, for now.
        words: The newest quick reading of the turn.
        words_since_s: It has read so since then.
        words_at_s: When it was made.
        answered: What an answer was begun to; None while there is none.
        ground: What that rests on.
        asks_model: Its price is a model call.
        begun: Answers begun in this turn.
        rests: Turns to rest, by ground.
    """

    in_breath: bool = False
    words: Heard | None = None
    words_since_s: float = 0.0
    words_at_s: float = 0.0
    answered: Heard | None = None
    ground: Ground = Ground.QUICK
    asks_model: bool = False
    begun: int = 0
    rest_quick: int = 0
    rest_best: int = 0

    def rest(self, ground: Ground) -> int:
        """Return for how many turns, this one included, nothing is begun on that ground."""
        return self.rest_quick if ground is Ground.QUICK else self.rest_best

    def looks_over(self, now_s: float, lexicon: Lexicon, *, short_answers: bool) -> bool:
        """Tell whether the quick reading may be all that is said: in a breath, or because it stands still."""
        if self.words is None or not is_finished(self.words.text, lexicon):
            return False
        if self.in_breath:
            return now_s - self.words_at_s <= FRESH_S
        ends = self.words.text.rstrip().endswith(_STOPS) or (
            short_answers and is_short_answer(self.words.text, lexicon)
        )
        return ends and now_s - self.words_since_s >= STILL_S

    def with_words(self, words: Heard, now_s: float) -> "Ahead":
        """Take a quick reading."""
        same = self.words is not None and self.words.text == words.text
        return replace(self, words=words, words_since_s=self.words_since_s if same else now_s, words_at_s=now_s)


NOTHING_AHEAD = Ahead()


def is_finished(text: str, lexicon: Lexicon) -> bool:
    """Tell whether `text` may be a whole turn."""
    return bool(words_of(text)) and not trails_off(text, lexicon) and not is_backchannel(text, lexicon)


def begin(ahead: Ahead, heard: Heard, ground: Ground) -> tuple[Ahead, tuple[Guess, ...]]:
    """Begin the answer to `heard`, unless it is under way, or nothing may be begun now."""
    if ahead.answered == heard:
        return ahead, ()
    ahead, dropped = contradict(ahead, heard)
    if ahead.begun >= MOST_A_TURN or ahead.rest(ground):
        return ahead, dropped
    # Words that are under way already are only looked at again: with another confidence the flow may do otherwise.
    known = ahead.answered is not None
    begun = replace(ahead, answered=heard, ground=ground, asks_model=known and ahead.asks_model)
    return begun, (*dropped, Speculate(heard))


def contradict(ahead: Ahead, heard: Heard) -> tuple[Ahead, tuple[Guess, ...]]:
    """Drop what was begun to other words than these."""
    if ahead.answered is None or words_of(ahead.answered.text) == words_of(heard.text):
        return ahead, ()
    return drop(ahead)


def outgrown(ahead: Ahead) -> tuple[Ahead, tuple[Guess, ...]]:
    """Drop what the quick reading proves wrong; only more words prove that a better reading was."""
    if ahead.answered is None or ahead.words is None:
        return ahead, ()
    if ahead.ground is Ground.QUICK:
        return contradict(ahead, ahead.words)
    more = len(words_of(ahead.words.text)) > len(words_of(ahead.answered.text))
    return drop(ahead) if more else (ahead, ())


def drop(ahead: Ahead) -> tuple[Ahead, tuple[Guess, ...]]:
    """Drop what was begun: it was wrong."""
    if ahead.answered is None:
        return ahead, ()
    return _missed(ahead), (DropSpeculation(),)


def closed(ahead: Ahead, heard: Heard | None) -> Ahead:
    """Return what is left when the turn is over; `heard` is what it was, None if it was nothing."""
    if heard is None:
        return Ahead(rest_quick=ahead.rest_quick, rest_best=ahead.rest_best)
    if ahead.answered is not None and words_of(ahead.answered.text) != words_of(heard.text):
        ahead = _missed(ahead)
    return Ahead(rest_quick=max(0, ahead.rest_quick - 1), rest_best=max(0, ahead.rest_best - 1))


def taken_back(ahead: Ahead) -> Ahead:
    """Return what is left when a turn that was over is not: its answer was for nothing."""
    return replace(ahead, rest_quick=RESTS[Ground.QUICK] + 1, rest_best=RESTS[Ground.BEST] + 1)


def _missed(ahead: Ahead) -> Ahead:
    gone = replace(ahead, answered=None, asks_model=False)
    if not ahead.asks_model:
        return gone
    if ahead.ground is Ground.QUICK:
        return replace(gone, rest_quick=RESTS[Ground.QUICK] + 1)
    return replace(gone, rest_best=RESTS[Ground.BEST] + 1)
