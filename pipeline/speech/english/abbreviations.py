"""Short forms that are said in full."""

import re
from typing import Final

from pipeline.speech.rule import Locale, Rule, after, before, full_stop

_SAID: Final = {
    "mr.": "Mister", "mrs.": "Missus", "ms.": "Ms", "messrs.": "Messieurs", "prof.": "Professor", "capt.": "Captain",
    "lt.": "Lieutenant", "sgt.": "Sergeant", "col.": "Colonel", "rev.": "Reverend", "hon.": "Honorable",
    "sen.": "Senator", "gov.": "Governor", "pres.": "President", "jr.": "Junior", "sr.": "Senior", "esq.": "Esquire",
    "ave.": "Avenue", "blvd.": "Boulevard", "rd.": "Road", "ln.": "Lane", "hwy.": "Highway", "pkwy.": "Parkway",
    "sq.": "Square", "apt.": "Apartment", "ste.": "Suite", "bldg.": "Building", "mt.": "Mount", "ft.": "Fort",
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "cf.": "compare",
    "approx.": "approximately", "dept.": "department", "est.": "established", "min.": "minimum", "max.": "maximum",
    "avg.": "average", "incl.": "including", "excl.": "excluding", "misc.": "miscellaneous", "govt.": "government",
    "tel.": "telephone", "ext.": "extension", "inc.": "Incorporated", "ltd.": "Limited", "corp.": "Corporation",
    "co.": "Company", "bros.": "Brothers", "assn.": "Association", "univ.": "University", "intl.": "International",
    "a.k.a.": "also known as", "p.s.": "P S", "u.s.": "U S", "u.k.": "U K", "u.n.": "U N", "e.u.": "E U",
    "d.c.": "D C", "ph.d.": "P H D", "m.d.": "M D", "a.m.": "AM", "p.m.": "PM", "a.d.": "AD", "b.c.": "B C",
    "r.s.v.p.": "R S V P", "u.s.a.": "USA", "vol.": "volume", "fig.": "figure", "no.": "number", "nos.": "numbers",
    "pp.": "pages", "p.": "page", "ch.": "chapter", "sec.": "section", "art.": "article", "appt.": "appointment",
    "abbr.": "abbreviation", "temp.": "temperature", "jan.": "January",
}  # fmt: skip
_ONLY_BEFORE_DIGITS: Final = frozenset({"no.", "nos.", "pp.", "p.", "ch.", "sec.", "art.", "fig.", "vol."})
_ONLY_BEFORE_NAMES: Final = frozenset({"col.", "hon.", "sen.", "gov.", "pres.", "mt.", "ft.", "rev.", "lt.", "capt."})
_WITHOUT_DOT: Final = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Prof": "Professor",
    "Dr": "Doctor",
    "St": "Saint",
    "Mt": "Mount",
}
_WORDS: Final = {
    "vs": "versus", "etc": "et cetera", "approx": "approximately", "w/o": "without", "w/": "with", "c/o": "care of",
    "n/a": "not applicable", "N/A": "not applicable", "b/c": "because", "Ave": "Avenue",
    "C#": "C sharp", "F#": "F sharp",
    "Blvd": "Boulevard", "Rd": "Road", "Ph.D": "P H D", "PhD": "P H D", "km/h": "kilometers per hour",
}  # fmt: skip
_NAME_FOLLOWS: Final = re.compile(r"\s+[A-Z]")
_NAME_BEFORE: Final = re.compile(r"\b(?:[A-Z]\w{1,30}|\d{1,3}(?:st|nd|rd|th))\s+$")
_NUMBERED_STREET: Final = re.compile(r"\b\d{1,5}\s+(?:[NSEW]\.?\s+)?(?:[A-Z]\w{0,20}\s+){1,3}$")
_TITLES: Final = {"dr.": ("Doctor", "Drive"), "st.": ("Saint", "Street")}


def _dotted(match: re.Match[str], _locale: Locale) -> str | None:
    short = match[0].lower()
    if short in _TITLES:
        return _title_or_street(match, *_TITLES[short])
    said = _SAID.get(short)
    if said is None:
        return None
    if short in _ONLY_BEFORE_DIGITS and not re.match(r"\s?#?\d", after(match)):
        return None
    if short in _ONLY_BEFORE_NAMES and not (match[0][0].isupper() and _NAME_FOLLOWS.match(after(match))):
        return None
    return said + full_stop(match)


def _title_or_street(match: re.Match[str], title: str, street: str) -> str:
    """`Dr. Smith` and `St. Mary` before a name; `12 Elm Dr.`, `Main St.` behind one."""
    if _NUMBERED_STREET.search(before(match)) or not _NAME_FOLLOWS.match(after(match)):
        is_street = bool(_NAME_BEFORE.search(before(match)))
        return (street if is_street else title) + full_stop(match)
    return title


def _undotted_title(match: re.Match[str], _locale: Locale) -> str | None:
    if match[1] in ("Dr", "St") and _NUMBERED_STREET.search(before(match)):
        return {"Dr": "Drive", "St": "Street"}[match[1]]
    return _WITHOUT_DOT[match[1]]


def _undotted_street(match: re.Match[str], _locale: Locale) -> str | None:
    return {"Dr": "Drive", "St": "Street"}[match[1]] if _NUMBERED_STREET.search(before(match)) else None


def _word(match: re.Match[str], _locale: Locale) -> str | None:
    if match[0] in ("Ave", "Rd", "Blvd") and not _NAME_BEFORE.search(before(match)):
        return None
    return _WORDS[match[0]]


RULES: Final = (
    Rule(("letter",), re.compile(r"(?:[A-Za-z]{1,2}\.){2,4}(?![\w])|[A-Za-z]{1,7}\.(?![\w])"), _dotted),
    Rule(("letter",), re.compile(r"(Mrs|Mr|Prof|Dr|St|Mt)(?=\s+[A-Z])"), _undotted_title),
    Rule(("letter",), re.compile(r"(Dr|St)(?![\w.])"), _undotted_street),
    Rule(
        ("letter", "digit"),
        re.compile(
            "|".join(
                re.escape(word) + (r"(?!\w)" if word[-1].isalnum() else "")
                for word in sorted(_WORDS, key=len, reverse=True)
            )
        ),
        _word,
    ),
)
