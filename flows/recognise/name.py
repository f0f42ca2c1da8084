"""A person's name."""

import re
from typing import Final

from rapidfuzz import fuzz

from flows.recognise.reading import Reading

_INTRO: Final = re.compile(
    r"\b(?:my (?:full |first |last )?name(?: is|'s)|the name(?: is|'s)|name is|you can call me|call me|this is|i'm"
    r"|i am)\s+",
    re.IGNORECASE,
)
_LOOSE_INTRO: Final = re.compile(
    r"^(?:(?:um|uh|er|hi|hello|hey|yes|yeah|sure|okay|ok|well|so|oh|it's|it is|that's|that is|that would be|and"
    r"|of course)\b[\s,.!]*)+",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(
    r"[\s,.]+(?:speaking|here|calling|please|thanks|thank you|and (?:i|my|i'd|i'm|i'll)\b.*)[\s.!]*$", re.IGNORECASE
)
_SPELLED: Final = re.compile(r"\b[A-Za-z](?:[\s.,-]{1,2}[A-Za-z]\b){1,15}")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?", re.UNICODE)
_NOT_NAMES: Final = frozenset((
    "a", "about", "again", "an", "and", "any", "are", "ask", "at", "be", "book", "can", "cancel", "could",
    "did", "do", "does", "don't", "for", "from", "get", "give", "go", "good", "got", "had", "has", "have",
    "haven't", "hello", "help", "hey", "how", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "is", "isn't",
    "it", "just", "know", "like", "look", "make", "maybe", "me", "mean", "my", "need", "never", "no", "nope",
    "not", "nothing", "of", "off", "ok", "okay", "on", "one", "or", "our", "please", "pardon", "question",
    "repeat", "right", "say", "see", "so", "some", "something", "sorry", "speak", "sure", "talk", "tell",
    "thank", "thanks", "that", "the", "their", "them", "there", "they", "thing", "think", "this", "to", "today",
    "tomorrow", "uh", "um", "want", "was", "we", "well", "what", "when", "where", "which", "who", "why", "with",
    "would", "yeah", "yep", "yes", "you", "your",
))  # fmt: skip
MAX_WORDS: Final = 5
MAX_CHARS: Final = 80


def find(text: str, asked: bool = True) -> Reading | None:
    """A name of one to five words; a spelled part corrects the word it spells.

    Args:
        text: What was said.
        asked: Whether the name was asked for; else only `my name is …` and the like count.
    """
    intro = None
    for intro in _INTRO.finditer(text):
        if asked or "name" in intro[0].lower() or "call me" in intro[0].lower():
            break
        intro = None
    if intro is None and not asked:
        return None
    first = intro.end() if intro else 0
    begin = intro.start() if intro else 0
    whole, sentence = text[first:], re.split(r"[,.;!?]|\band\b", text[first:], maxsplit=1)[0]
    for part in (whole, sentence) if asked else (sentence,):
        said = _TAIL.sub("", part) if intro else _LOOSE_INTRO.sub("", _TAIL.sub("", part))
        value = None if "?" in part else _name(said)
        if value is not None:
            return Reading(value, begin, first + len(part))
    return None


def _name(said: str) -> str | None:
    spelled = _SPELLED.search(said)
    letters = re.sub(r"[^A-Za-z]", "", spelled[0]) if spelled else ""
    if spelled is not None:
        said = said[: spelled.start()] + said[spelled.end() :]
    said = re.sub(r"\b(?:that's|that is|spelled|it's|with)\b", " ", said, flags=re.IGNORECASE)
    parts = [match[0].rstrip(".") for match in _WORD.finditer(said)]
    if any(character.isdigit() for character in said) or len(parts) > MAX_WORDS:
        return None
    if any(part.lower().replace("’", "'") in _NOT_NAMES for part in parts):
        return None
    if letters:
        parts = _corrected(parts, letters)
    name = " ".join(_capital(part) for part in parts)
    return name if 0 < len(name) <= MAX_CHARS else None


def _corrected(parts: list[str], letters: str) -> list[str]:
    if not parts:
        return [letters]
    likeness = [fuzz.ratio(part.lower(), letters.lower()) for part in parts]
    best = max(range(len(parts)), key=lambda index: likeness[index])
    if likeness[best] < 50:
        return [*parts, letters] if len(letters) > 2 else parts
    return [*parts[:best], letters, *parts[best + 1 :]]


def _capital(part: str) -> str:
    if part.islower() or (part.isupper() and len(part) > 2):
        return "-".join(piece[:1].upper() + piece[1:].lower() for piece in part.split("-"))
    return part
