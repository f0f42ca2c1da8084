"""What words alone tell about a turn, language by language. Pure."""

import re
from dataclasses import dataclass

from pipeline.turns.languages import WORDS

_ECHO_SHARE = 0.8
_ECHO_WORDS = 2  # one word is too little to know whose it is
_ECHO_SLACK = 4  # words: an echo comes back a moment after it was said
_WORDS_THAT_INTERRUPT = 3
MUMBLED = 0.3  # below this confidence, what was read of a sound over the bot is made up
_LONGEST_PHRASE = 4  # words
_SENTENCE_END = re.compile(r"[.?!]+(?:\s|$)")
_MISHEARD = re.compile(r"\w+ \w+ \w+ too\W*$", re.IGNORECASE)  # of who says "to" and pauses
_LETTERS = r"(?:[^\W_]|[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963])+"  # with the marks on them
_WORD = re.compile(f"{_LETTERS}(?:'{_LETTERS})?")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language, in lower case and without punctuation.

    Attributes:
        backchannels: Said to show that one listens.
        short_answers: Complete by themselves, and meant.
        dangling: A turn that ends with one of these goes on,
        settled: unless it ends with one of these.
        prepositions: The same, but a question may end with one.
        openers: What begins with one of these needs a second half,
        auxiliaries: unless one of these follows: then it is a question.
    """

    backchannels: frozenset[str]
    short_answers: frozenset[str]
    dangling: frozenset[str]
    settled: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()
    auxiliaries: frozenset[str] = frozenset()


_ENGLISH_BACKCHANNELS = """
mhm, mm, mmm, mm hmm, mm hm, hm, hmm, huh, uh, uh huh, uhhuh, um, ah, ah ha, aha, oh, oh wow, wow, i see, oh i see
"""
_ENGLISH_SHORT_ANSWERS = """
yes, yeah, yep, yup, no, nope, nah, maybe, correct, right, that's right, sure, okay, ok, stop, wait, no thanks,
no thank you, yes please, hold on
"""
_ENGLISH_DANGLING = """
and, but, or, so, because, since, although, if, when, while, until, unless, whether, which, than, the, a, an, my, your,
his, our, their, every, i, we, he, she, they, i'm, i'd, i've, i'll, it's, we're, we'd, we've, they're, he's, she's,
there's, is, are, was, were, am, has, had, been, can, could, would, will, should, may, might, must, more, very, really,
just, uh, um, er, erm, hm, hmm, well, like, tell me, let me, give me, let me think, let me see, i mean, you know,
the thing is that, the problem is that, i want, i need, i think, i guess, i would like, looking for, one of, kind of,
sort of, i have a question, i have two questions
"""
_ENGLISH_SETTLED = """
i think so, i hope so, i guess so, any more, no more, one more, once more, log in, sign in, check in, come in, move in,
plug in, hold on, go on, come on, turn on, it on, not really, not very, it is, they are, we are, i am, i was,
i can, i will, i would, i could, i should, it was, as well, very well, all right, how much more
"""
_ENGLISH_PREPOSITIONS = "to, of, with, at, for, from, in, on, by, about, into, between, during, without, around, near"
_ENGLISH_OPENERS = "if, when, because, while, although, whenever, as soon as"
_ENGLISH_AUXILIARIES = """
is, are, am, was, were, do, does, did, can, could, will, would, should, shall, may, might, has, have, had
"""


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


ENGLISH = Lexicon(
    backchannels=_phrases(_ENGLISH_BACKCHANNELS),
    short_answers=_phrases(_ENGLISH_SHORT_ANSWERS),
    dangling=_phrases(_ENGLISH_DANGLING),
    settled=_phrases(_ENGLISH_SETTLED),
    prepositions=_phrases(_ENGLISH_PREPOSITIONS),
    openers=_phrases(_ENGLISH_OPENERS),
    auxiliaries=_phrases(_ENGLISH_AUXILIARIES),
)
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
    """Tell whether the words call for more: they break off, or are the first half of something."""
    if text.rstrip().endswith((",", "...", "…", "-")):
        return True
    words = words_of(text)
    if is_short_answer(text, lexicon) or _ends_with(words, lexicon.settled):
        return False
    if _ends_with(words, lexicon.dangling) or _MISHEARD.search(text):
        return True
    asks = text.rstrip().endswith("?")
    return (not asks and _ends_with(words, lexicon.prepositions)) or _is_first_half(text, lexicon)


def _is_first_half(text: str, lexicon: Lexicon) -> bool:
    """Tell whether it is "when I press the button", and nothing after it."""
    *_, last = [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()] or [""]
    words = words_of(last)
    size = next((size for size in (3, 1) if " ".join(words[:size]) in lexicon.openers), 0)
    if size == 0 or "," in last:
        return False
    return size < len(words) and words[size] not in lexicon.auxiliaries


def _ends_with(words: list[str], phrases: frozenset[str]) -> bool:
    return any(" ".join(words[-size:]) in phrases for size in range(1, min(len(words), _LONGEST_PHRASE) + 1))


def takes_the_floor(text: str, lexicon: Lexicon = ENGLISH) -> bool:
    """Tell whether somebody who says this over the bot wants it to stop: three words, or an answer.

    A quick reading makes up to two words of a murmur ("uh-huh": "I hope"), and the bot is silent meanwhile anyway.
    """
    if is_backchannel(text, lexicon):
        return False
    words = words_of(text)
    answers = any(" ".join(words[:size]) in lexicon.short_answers for size in range(1, _WORDS_THAT_INTERRUPT))
    return answers or len(words) >= _WORDS_THAT_INTERRUPT


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
