"""Text on its way to a voice: cut into sentences as it arrives. Pure."""

import re

_ABBREVIATIONS = frozenset(
    {
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "st.",
        "no.",
        "vs.",
        "etc.",
        "e.g.",
        "i.e.",
        "a.m.",
        "p.m.",
        "inc.",
        "ltd.",
        "jr.",
        "sr.",
    }
)
_END = re.compile(r'[.!?…]+["”’)\]]*(?=\s)|\n+')
_LONGEST = 240  # characters; a voice is not kept waiting for a full stop that does not come
_SPEAKABLE = re.compile(r"\w")


class SentenceSplitter:
    """Collects streamed text and gives out whole sentences."""

    def __init__(self) -> None:
        """Start empty."""
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """Add text; return the sentences that are whole now (the last one only once something follows it)."""
        self._text += text
        sentences: list[str] = []
        start = search_from = 0
        while match := _END.search(self._text, search_from):
            search_from = match.end()
            candidate = self._text[start : match.end()].strip()
            if candidate.rsplit(maxsplit=1)[-1:] and candidate.split()[-1].lower() in _ABBREVIATIONS:
                continue
            sentences.append(candidate)
            start = match.end()
        self._text = self._text[start:]
        while len(self._text) > _LONGEST:
            cut = self._text.rfind(" ", 0, _LONGEST)
            cut = _LONGEST if cut <= 0 else cut
            sentences.append(self._text[:cut].strip())
            self._text = self._text[cut:].lstrip()
        return [sentence for sentence in sentences if _SPEAKABLE.search(sentence)]

    def flush(self) -> list[str]:
        """Return what is left."""
        rest, self._text = self._text.strip(), ""
        return [rest] if _SPEAKABLE.search(rest) else []


def sentences(text: str) -> list[str]:
    """Cut a whole text."""
    splitter = SentenceSplitter()
    return [*splitter.feed(text), *splitter.flush()]
