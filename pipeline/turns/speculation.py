"""When an answer is begun before the turn is over, and when it is dropped. Pure; ADR 0010."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.turns.actions import DropSpeculation, Guess, Speculate
from pipeline.turns.inputs import Heard
from pipeline.turns.lexicon import Lexicon, is_backchannel, is_short_answer, trails_off, words_of

AHEAD_S = 0.5  # before the wait for a turn's end is over: what a model and a voice may need
STILL_S = 0.2  # a quick reading that stands at a full stop for so long
FRESH_S = 0.25  # an older quick reading lacks the last words
MOST_A_TURN = 4
_STOPS = (".", "?", "!", "。", "？", "！", "।")


class Ground(StrEnum):
    """What a guess rests on."""

    QUICK = "quick"  # words that a recogniser may still change
    BEST = "best"  # the best reading of a pause, or the recogniser's own belief
    SURE = "sure"  # that, and what is known of its sound; or half of the wait is over


# Hundredths of model calls that may be for nothing: each turn earns some, a wrong guess costs one, and the less a guess
# rests on, the more must be there: what is sure can be guessed after a quick guess was wrong. So at most a third of the
# turns costs a second call, whatever the caller does.
EARNED_A_TURN = 33
MOST_SPARE = 132
WRONG_GUESS = 100
NEEDED = {Ground.QUICK: 132, Ground.BEST: 99, Ground.SURE: 33}


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known and done ahead of a turn's end.

    Attributes:
        in_breath: Voice is gone, for now.
        read: The best reading of that breath; None while there is none.
        probability: That the turn is over, by the sound of it; None while that is not known.
        words: The newest quick reading of the turn.
        words_since_s: It has read so since then.
        words_at_s: When it was made.
        answered: What an answer was begun to; None while there is none.
        ground: What that rests on.
        asks_model: Its price is a model call.
        begun: Answers begun in this turn.
        spare: What may still be guessed for nothing, in hundredths of model calls.
    """

    in_breath: bool = False
    read: Heard | None = None
    probability: float | None = None
    words: Heard | None = None
    words_since_s: float = 0.0
    words_at_s: float = 0.0
    answered: Heard | None = None
    ground: Ground = Ground.QUICK
    asks_model: bool = False
    begun: int = 0
    spare: int = MOST_SPARE

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

    def paused(self, *, in_breath: bool) -> "Ahead":
        """Begin or end a breath: what was known of the last one counts no more."""
        return replace(self, in_breath=in_breath, read=None, probability=None)

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
    if ahead.begun >= MOST_A_TURN or ahead.spare < NEEDED[ground]:
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
        return Ahead(spare=ahead.spare)
    if ahead.answered is not None and words_of(ahead.answered.text) != words_of(heard.text):
        ahead = _missed(ahead)
    return Ahead(spare=min(MOST_SPARE, ahead.spare + EARNED_A_TURN))


def taken_back(ahead: Ahead) -> Ahead:
    """Return what is left when a turn that was over is not: its answer was for nothing, and it earned nothing."""
    return replace(ahead, spare=max(-MOST_SPARE, ahead.spare - WRONG_GUESS - EARNED_A_TURN))


def _missed(ahead: Ahead) -> Ahead:
    spare = ahead.spare - WRONG_GUESS if ahead.asks_model else ahead.spare
    return replace(ahead, answered=None, asks_model=False, spare=spare)
