"""An e-mail address."""

import re
from typing import Final

from flows.recognise.cardinals import TEENS, TENS, UNITS
from flows.recognise.reading import Reading

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9_%+-]{1,64}(?:\.[A-Za-z0-9_%+-]{1,64}){0,8}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6}\.[A-Za-z]{2,24}"
)
_PIECE: Final = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|[0-9]+|[@._+%-]")
_SIGNS: Final = {
    "dot": ".", "period": ".", "point": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-", "plus": "+",
    "at": "@", ".": ".", "_": "_", "-": "-", "+": "+", "%": "%", "@": "@",
}  # fmt: skip
_LEADS: Final = frozenset((
    "is", "it's", "its", "it", "email", "e", "mail", "address", "my", "the", "that's", "that", "so", "um", "uh",
    "yes", "yeah", "sure", "okay", "ok", "well", "and", "be", "would", "to", "me", "reach", "contact", "use",
    "send", "spelled",
))  # fmt: skip
_SOLE_LETTERS: Final = frozenset({"a", "i"})
_PROVIDERS: Final = frozenset({"gmail", "yahoo", "hotmail", "outlook", "icloud", "proton", "aol"})


def find(text: str) -> Reading | None:
    """An address, written (`a.b@example.com`) or spoken (`a dot b at example dot com`, letters one by one)."""
    written = _ADDRESS.search(text)
    if written is not None:
        return Reading(written[0].lower(), written.start(), written.end())
    pieces = _pieces(text)
    for index, (piece, _, _) in enumerate(pieces):
        if _SIGNS.get(piece) == "@":
            found = _around(pieces, index)
            if found is not None:
                return found
    return None


def _pieces(text: str) -> list[tuple[str, int, int]]:
    """Words, digits and signs; `twenty three` is one piece, `23`."""
    pieces: list[tuple[str, int, int]] = []
    for match in _PIECE.finditer(text):
        piece, before = match[0].lower(), pieces[-1][0] if pieces else ""
        if before in TENS and UNITS.get(piece, 0) > 0:
            pieces[-1] = (str(TENS[before] + UNITS[piece]), pieces[-1][1], match.end())
        else:
            pieces.append((piece, match.start(), match.end()))
    return pieces


def _around(pieces: list[tuple[str, int, int]], at: int) -> Reading | None:
    local, first = _local(pieces, at)
    domain, last = _domain(pieces, at + 1)
    address = f"{local}@{domain}"
    if not local or not _ADDRESS.fullmatch(address):
        return None
    return Reading(address, pieces[first][1], pieces[last][2])


def _local(pieces: list[tuple[str, int, int]], at: int) -> tuple[str, int]:
    """Walk back from the at sign: words joined by signs belong together, and so do up to three bare words."""
    parts: list[str] = []
    index, bare, joined = at - 1, 0, True
    while index >= 0:
        piece = pieces[index][0]
        sign = _SIGNS.get(piece)
        if sign == "@":
            break
        if sign is not None:
            if not parts and piece == ".":
                break
            parts.append(sign)
            joined = True
        else:
            if not joined and piece in _LEADS and not _is_letter_run(pieces, index):
                break
            bare = bare + 1 if not joined and len(piece) > 1 and not _numeric(piece) else 0
            if bare > 2:
                break
            parts.append(_numeric(piece) or piece)
            joined = False
        index -= 1
    return "".join(reversed(parts)).strip(".-_+"), index + 1


def _is_letter_run(pieces: list[tuple[str, int, int]], index: int) -> bool:
    piece = pieces[index][0]
    return len(piece) == 1 and piece not in _SOLE_LETTERS and index > 0 and len(pieces[index - 1][0]) == 1


def _domain(pieces: list[tuple[str, int, int]], at: int) -> tuple[str, int]:
    labels, current, index, last = [], "", at, at
    while index < len(pieces) and index < at + 14:
        piece = pieces[index][0]
        sign = _SIGNS.get(piece)
        if sign == ".":
            if current:
                labels.append(current)
            current = ""
        elif sign == "-" and current:
            current += "-"
        elif sign is not None:
            break
        elif labels and current:
            break  # a word after the last label is no longer the address
        elif not labels and current and not _dot_follows(pieces, index):
            break
        else:
            current += _numeric(piece) or piece
            last = index
        index += 1
    if current:
        labels.append(current)
    if len(labels) == 1 and labels[0] in _PROVIDERS:
        labels.append("com")
    return ".".join(label.strip("-") for label in labels), min(last, len(pieces) - 1)


def _dot_follows(pieces: list[tuple[str, int, int]], index: int) -> bool:
    return any(_SIGNS.get(piece) == "." for piece, _, _ in pieces[index + 1 : index + 4])


def _numeric(piece: str) -> str:
    if piece.isdigit():
        return piece
    value = UNITS.get(piece, TEENS.get(piece, TENS.get(piece)))
    return "" if value is None else str(value)
