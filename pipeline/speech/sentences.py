"""Text cut, as it arrives, into what is spoken at once: sentences, and for a quick beginning one clause."""

import re
from typing import Final

_LONGEST: Final = 240  # characters; a voice is not kept waiting for a full stop that does not come
_FIRST_WORDS: Final = 4  # a clause of fewer words sounds chopped off, unless it is an opening
_LOOK_BACK: Final = 32
_ZONE_CHARS: Final = 5  # of a time zone's name and what follows it
_UNFINISHED: Final = frozenset(
    ("and", "but", "or", "so", "because", "which", "that", "who", "if", "when", "then", "also")
)
_SPEAKABLE: Final = re.compile(r"[^\W_]")
_CLOSING: Final = "[\"'”’)\\]»」』*_]"
_END: Final = re.compile(
    rf"[.!?…]{{1,40}}+{_CLOSING}{{0,6}}+(?=\s)|[。！？]{{1,40}}+{_CLOSING}{{0,6}}+|[।॥۔؟]{{1,3}}+(?=\s)|\n{{1,40}}+"
)
_CLAUSE: Final = re.compile(
    r"(?:(?<=[^\d\s.])[,;:]|(?<=\d)[;:]|(?<=\s)[-–—]|(?<=\S)[—])(?=\s)|[，；：、]|(?<=\w)—(?=\w)"
)
_BREATHS: Final = (", ", "; ", ": ", " – ", " — ", " - ")
# A full stop behind these belongs to them.
_ABBREVIATIONS: Final = frozenset({
    "mr", "mrs", "ms", "messrs", "dr", "prof", "capt", "lt", "sgt", "col", "rev", "hon", "sen", "gov", "gen",
    "pres", "mt", "ft", "st", "ste", "vs", "e.g", "i.e", "cf", "approx", "ca", "vol", "pp", "tel", "ext", "dept",
    "est", "u.s", "u.k", "u.s.a", "u.n", "e.u", "d.c", "ph.d", "m.d", "b.c", "a.d", "inc", "ltd", "co", "corp",
    "bros", "jr", "sr", "esq", "ave", "rd", "blvd", "apt", "min", "max", "avg", "a.k.a", "z.b", "d.h", "bzw",
    "usw", "str", "sra", "srta", "mme", "mlle",
})  # fmt: skip
_BEFORE_NUMBERS: Final = frozenset({
    "no", "nos", "p", "ch", "sec", "art", "fig", "nr", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept",
    "sep", "oct", "nov", "dec", "mon", "tue", "tues", "wed", "thu", "thurs", "fri", "sat", "sun",
})  # fmt: skip
_MAY_BE_LAST: Final = frozenset(("etc", "a.m", "p.m"))
_OPENINGS: Final = frozenset({
    "sure", "okay", "ok", "yes", "no", "yeah", "yep", "nope", "well", "great", "right", "alright", "all right",
    "certainly", "absolutely", "of course", "perfect", "thanks", "thank you", "good", "good question", "sorry",
    "i see", "got it", "understood", "hello", "hi", "hey", "hi there", "hello there", "good morning",
    "good afternoon", "good evening", "excellent", "wonderful", "no problem", "no worries", "you're welcome",
    "my pleasure", "oh", "ah", "hmm", "so", "actually", "unfortunately", "fortunately", "indeed", "exactly",
    "not at all", "let me see", "let's see", "welcome", "lovely",
})  # fmt: skip


class SentenceSplitter:
    """Collects streamed text and gives out whole sentences."""

    def __init__(self, *, language: str = "en", eager: bool = False) -> None:
        """Start empty.

        Args:
            language: BCP 47.
            eager: Give out the very first piece at the end of a clause already, for someone waits for it in silence.
        """
        self._text = ""
        self._eager = eager
        self._ordinals_have_dots = not language.lower().startswith("en")

    def feed(self, text: str) -> list[str]:
        """Add text; return the sentences that are whole now (the last one only once something follows it)."""
        self._text += text
        pieces: list[str] = []
        start = 0
        while (end := self._next_end(start)) is not None:
            piece = self._text[start:end].strip()
            start = end
            if _SPEAKABLE.search(piece):
                pieces.append(piece)
                self._eager = False
        self._text = self._text[start:]
        return pieces

    def flush(self) -> list[str]:
        """Return what is left."""
        rest, self._text = self._text.strip(), ""
        return [rest] if _SPEAKABLE.search(rest) else []

    def _next_end(self, start: int) -> int | None:
        """Return where the piece that begins at `start` ends, None if that is not known yet."""
        end = self._sentence_end(start)
        if self._eager:
            end = self._clause_end(start, end) or end
        if end is None and len(self._text) - start > _LONGEST:
            return _forced_end(self._text, start)
        return end

    def _sentence_end(self, start: int) -> int | None:
        limit = start + _LONGEST + 1
        search_from = start
        while match := _END.search(self._text, search_from, limit):
            is_end = self._is_end(start, match)
            if is_end:
                return match.end()
            if is_end is None and len(self._text) < limit:
                return None
            search_from = match.end()
        return None

    def _is_end(self, start: int, match: re.Match[str]) -> bool | None:
        """Tell a full stop from the dot of an abbreviation; None while it depends on what follows."""
        mark = match[0].rstrip("\"'”’)]»*_")
        if mark not in (".", "…") and not mark.startswith(".."):
            return True
        words = self._text[max(start, match.start() - _LOOK_BACK) : match.start()].split()
        last = words[-1].lstrip("([\"'“‘*_") if words else ""
        if mark == "." and (last.lower() in _ABBREVIATIONS or _is_initial(last, self._ordinals_have_dots)):
            return False
        if mark == "." and last.isdecimal():
            is_list = match.start() - start < _LOOK_BACK and len(words) == 1
            return not is_list and not (self._ordinals_have_dots and len(last) <= 2)
        depends = mark != "." or last.lower() in _BEFORE_NUMBERS | _MAY_BE_LAST
        if not depends:
            return True
        follows = self._text[match.end() : match.end() + _LOOK_BACK].lstrip()
        return _begins_anew(last.lower(), follows) if follows else None

    def _clause_end(self, start: int, before: int | None) -> int | None:
        stop = start + _LONGEST if before is None else before
        for match in _CLAUSE.finditer(self._text, start, min(stop + 1, len(self._text))):
            head = self._text[start : match.start()]
            if head.count("(") > head.count(")") or head.count('"') % 2:
                continue
            words = head.split()
            opening = " ".join(words).strip("*_ ").lower().replace("’", "'")
            if (len(words) >= _FIRST_WORDS and words[-1] not in _UNFINISHED) or opening in _OPENINGS:
                return match.end()
        return None


def sentences(text: str, language: str = "en") -> list[str]:
    """Cut a whole text."""
    splitter = SentenceSplitter(language=language)
    return [*splitter.feed(text), *splitter.flush()]


def _is_initial(word: str, any_case: bool) -> bool:
    return len(word) == 1 and word != "I" and (word.isupper() or (any_case and word.isalpha()))


def _begins_anew(last: str, follows: str) -> bool | None:
    """Whether `follows` begins a sentence, after a dot behind `last` that may belong to it; None: too short to tell."""
    if follows[0].islower():
        return False
    if last in _BEFORE_NUMBERS:
        return not (follows[0].isdecimal() or follows[0] == "#")
    if last not in _MAY_BE_LAST or len(follows) > _ZONE_CHARS:
        first = follows.split()[0].rstrip(".,")
        return not (last in _MAY_BE_LAST and 1 < len(first) < _ZONE_CHARS and first.isupper())  # 5 p.m. EST
    return None


def _forced_end(text: str, start: int) -> int:
    """Cut what has no end at its last breath, else between words, else anywhere."""
    limit = start + _LONGEST
    breath = max(text.rfind(sign, start + _LONGEST // 3, limit) + 1 for sign in _BREATHS)
    if breath > 0:
        return breath
    space = text.rfind(" ", start + 1, limit)
    return space if space > 0 else limit
