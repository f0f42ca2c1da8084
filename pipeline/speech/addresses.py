"""E-mail and web addresses, in words."""

import re
from typing import Final

from pipeline.speech.numbers import digits
from pipeline.speech.rule import Locale, Rule, before
from pipeline.speech.spelling import letters

# at, dot, dash, underscore, plus, slash
_WORDS: Final = {
    "en": ("at", "dot", "dash", "underscore", "plus", "slash"),
    "de": ("ät", "Punkt", "Bindestrich", "Unterstrich", "plus", "Schrägstrich"),
    "fr": ("arobase", "point", "tiret", "tiret bas", "plus", "barre oblique"),
    "es": ("arroba", "punto", "guion", "guion bajo", "más", "barra"),
    "it": ("chiocciola", "punto", "trattino", "trattino basso", "più", "barra"),
    "pt": ("arroba", "ponto", "hífen", "sublinhado", "mais", "barra"),
    "nl": ("apenstaartje", "punt", "streepje", "laag streepje", "plus", "schuine streep"),
}
_SIGNS: Final = "@.-_+/"
_SAID_ENDINGS: Final = frozenset(
    {"com", "org", "net", "info", "app", "edu", "gov", "dev", "shop", "online", "biz", "name", "me", "co"}
)
_ENDINGS: Final = (
    "com|org|net|info|app|edu|gov|dev|shop|online|biz|io|ai|me|tv|co|eu|us|uk|de|fr|es|it|nl|at|ch|be|pl|pt|se|no|dk|fi|ie"
    "|ca|au|nz|in|jp|br|mx|example|test"
)
_LONGEST_PATH: Final = 40  # characters; nobody remembers more, so only the host is said
_PARTS: Final = re.compile(r"[^\W\d_]+|\d+|[@.\-_+/]")


def spelled_address(text: str, locale: Locale) -> str | None:
    """Say an address part by part; None where the language lacks the words."""
    names = _WORDS.get(locale.language)
    if names is None:
        return None
    said: list[str] = []
    for part in _PARTS.findall(text):
        if part in _SIGNS:
            said.append(names[_SIGNS.index(part)])
        elif part.isdecimal():
            said.append(digits(part, locale))
        else:
            said.append(_part(part))
    return " ".join(said)


def _part(part: str) -> str:
    """A word, or single letters where nobody could say it as a word."""
    if part.lower() in _SAID_ENDINGS or (len(part) > 2 and re.search("[aeiouyäöüéè]", part.lower())):
        return part
    return letters(part)


def _email(match: re.Match[str], locale: Locale) -> str | None:
    return spelled_address(match[1], locale)


def _url(match: re.Match[str], locale: Locale) -> str | None:
    if re.search(r"[@\w]$", before(match)):
        return None
    path = (match["path"] or "").rstrip("/")
    memorable = len(path) <= _LONGEST_PATH and not re.search(r"[?&=%#]", path)
    return spelled_address(match["host"] + (path if memorable else ""), locale)


_NAME: Final = r"[^\W_](?:[\w-]{0,62}[^\W_])?+"
_PATH: Final = r"(?P<path>/(?:[^\s<>]{0,400}[^\s<>.,;:!?'\")\]}*])?)?"
RULES: Final = (
    Rule(
        ("letter", "digit"),
        re.compile(rf"(?:mailto:)?([\w.+%-]{{1,64}}+@{_NAME}(?:\.{_NAME}){{1,6}})", re.IGNORECASE),
        _email,
    ),
    Rule(
        ("letter", "digit"),
        re.compile(rf"(?:https?|ftp)://(?P<host>{_NAME}(?:\.{_NAME}){{0,8}})(?::\d{{1,5}})?{_PATH}", re.IGNORECASE),
        _url,
    ),
    Rule(
        ("letter", "digit"),
        re.compile(rf"(?P<host>(?:{_NAME}\.){{1,6}}(?:{_ENDINGS})(?:\.uk)?)(?![\w@])(?!\.[\w]){_PATH}"),
        _url,
    ),
)
