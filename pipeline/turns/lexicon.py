"""What words alone tell about a turn, language by language. Pure."""

import re
from dataclasses import dataclass

from pipeline.turns.languages import WORDS

_ECHO_SHARE = 0.8
_ECHO_WORDS = 2  # one word is too little to know whose it is
_ECHO_SLACK = 4  # words: an echo comes back a moment after it was said
_LETTERS = r"(?:[^\W_]|[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963])+"  # with the marks on them
_WORD = re.compile(f"{_LETTERS}(?:'{_LETTERS})?")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language, in lower case and without punctuation.

    Attributes:
        backchannels: Said to show that one listens.
        short_answers: Complete by themselves, and meant.
        dangling: A turn that ends with one of these goes on.
    """

    backchannels: frozenset[str]
    short_answers: frozenset[str]
    dangling: frozenset[str]


_ENGLISH_BACKCHANNELS = """
mhm, mm, mmm, mm hmm, mm hm, hm, hmm, huh, uh, uh huh, uhhuh, um, ah, ah ha, aha, oh, oh wow, wow, i see, oh i see
"""
_ENGLISH_SHORT_ANSWERS = """
yes, yeah, yep, yup, no, nope, nah, correct, right, that's right, sure, okay, ok, stop, wait, no thanks, no thank you,
yes please
"""
_ENGLISH_DANGLING = "and, but, or, so, because, the, a, an, my, is, to, uh, um, of, with, at, for"


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


ENGLISH = Lexicon(_phrases(_ENGLISH_BACKCHANNELS), _phrases(_ENGLISH_SHORT_ANSWERS), _phrases(_ENGLISH_DANGLING))
LEXICONS = {"en": ENGLISH} | {
    language: Lexicon(_phrases(words.backchannels), _phrases(words.short_answers), _phrases(words.dangling))
    for language, words in WORDS.items()
}


def lexicon_of(language: str) -> Lexicon:
    """Return the words of `language` (`en`, `en-GB`); English where it has none."""
    return LEXICONS.get(language.split("-")[0].lower(), ENGLISH)


def words_of(text: str) -> list[str]:
    """Return the words of a reading, lower case, without punctuation."""
    return _WORD.findall(text.lower().replace("’", "'"))


def is_backchannel(text: str, lexicon: Lexicon = ENGLISH) -> bool:
    """Tell "mhm" from an interruption; also when it is said over and over."""
    words = words_of(text)
    while words:
        size = next((size for size in (3, 2, 1) if " ".join(words[:size]) in lexicon.backchannels), 0)
        if size == 0:
            return False
        del words[:size]
    return bool(text.strip())


def is_short_answer(text: str, lexicon: Lexicon = ENGLISH) -> bool:
    """Tell whether it is complete by itself: "yes", "no thanks"."""
    return " ".join(words_of(text)) in lexicon.short_answers


def trails_off(text: str, lexicon: Lexicon = ENGLISH) -> bool:
    """Tell whether the words call for more."""
    words = words_of(text)
    return text.rstrip().endswith((",", "...", "…")) or bool(words and words[-1] in lexicon.dangling)


def takes_the_floor(text: str, lexicon: Lexicon = ENGLISH) -> bool:
    """Tell whether somebody who says this over the bot wants it to stop: two words, or one that is an answer."""
    if is_backchannel(text, lexicon):
        return False
    return len(words_of(text)) >= 2 or is_short_answer(text, lexicon)


def is_echo(text: str, bot_words: str) -> bool:
    """Tell whether what was heard is what the bot has just been saying.

    Args:
        text: A reading of at least two words, else it is nobody's.
        bot_words: What the bot has said up to now. Only its latest words count: as many as were heard, and a few.
    """
    heard = words_of(text)
    if len(heard) < _ECHO_WORDS:
        return False
    latest = words_of(bot_words)[-len(heard) - _ECHO_SLACK :]
    shared = 0
    for word in heard:
        if word in latest:
            latest.remove(word)
            shared += 1
    return shared >= _ECHO_SHARE * len(heard)
