"""Numbers, money and percentages in languages other than English; what is not known for sure is left to the voice."""

import re
from dataclasses import dataclass
from typing import Final

from pipeline.speech.numbers import cardinal, digits, knows
from pipeline.speech.rule import Locale, Rule, before


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of one language.

    Attributes:
        point: What is said before decimals.
        money: One and several, for each sign.
        joined_by: What stands before the hundredths.
    """

    point: str
    percent: str
    minus: str
    money: dict[str, tuple[str, str]]
    joined_by: str = ""


_WORDS: Final = {
    "de": _Words(
        "Komma", "Prozent", "minus",
        {"€": ("ein Euro", "Euro"), "$": ("ein Dollar", "Dollar"), "£": ("ein Pfund", "Pfund")},
    ),
    "fr": _Words(
        "virgule", "pour cent", "moins",
        {"€": ("un euro", "euros"), "$": ("un dollar", "dollars"), "£": ("une livre", "livres")},
    ),
    "es": _Words(
        "coma", "por ciento", "menos",
        {"€": ("un euro", "euros"), "$": ("un dólar", "dólares"), "£": ("una libra", "libras")}, "con",
    ),
    "it": _Words(
        "virgola", "per cento", "meno",
        {"€": ("un euro", "euro"), "$": ("un dollaro", "dollari"), "£": ("una sterlina", "sterline")}, "e",
    ),
    "pt": _Words(
        "vírgula", "por cento", "menos",
        {"€": ("um euro", "euros"), "$": ("um dólar", "dólares"), "R$": ("um real", "reais")}, "e",
    ),
    "nl": _Words(
        "komma", "procent", "min", {"€": ("één euro", "euro"), "$": ("één dollar", "dollar"), "£": ("één pond", "pond")}
    ),
}  # fmt: skip
_NUMBER: Final = r"(?:\d{1,3}(?:[.\u0020]\d{3}){1,4}(?![\d])(?:,\d{1,6})?|\d{1,15}(?![\d])(?:[.,]\d{1,6})?)"
_MONEY: Final = r"R\$|[€$£]"


def _split(number: str) -> tuple[str, str]:
    """Return whole part and decimals: a comma, or a dot that is not followed by three digits, is the decimal sign."""
    plain = number.replace(" ", "")
    if "," not in plain and not re.fullmatch(r"\d{1,3}(?:\.\d{3})+", plain):
        whole, _, decimals = plain.partition(".")
        return whole, decimals
    whole, _, decimals = plain.partition(",")
    return whole.replace(".", ""), decimals


def _quantity(number: str, locale: Locale) -> str | None:
    whole, decimals = _split(number)
    words = _WORDS.get(locale.language)
    if (decimals and words is None) or (len(whole) > 1 and whole.startswith("0")):
        return None
    said = cardinal(int(whole), locale)
    if said is None or not decimals or words is None:
        return said
    return f"{said} {words.point} {digits(decimals, locale)}"


def _number(match: re.Match[str], locale: Locale) -> str | None:
    return _quantity(match[0], locale) or match[0]


def _percent(match: re.Match[str], locale: Locale) -> str | None:
    words, said = _WORDS.get(locale.language), _quantity(match[1], locale)
    return None if words is None or said is None else f"{said} {words.percent}"


def _money(match: re.Match[str], locale: Locale) -> str | None:
    words = _WORDS.get(locale.language)
    number, sign = (match["a"], match["first"]) if match["a"] else (match["b"], match["last"])
    if words is None or sign not in words.money:
        return None
    one, many = words.money[sign]
    whole, decimals = _split(number)
    if len(decimals) not in (0, 2):
        said = _quantity(number, locale)
        return None if said is None else f"{said} {many}"
    units = one if int(whole) == 1 else f"{cardinal(int(whole), locale)} {many}"
    if not decimals or int(decimals) == 0:
        return units
    return " ".join(filter(None, (units, words.joined_by, cardinal(int(decimals), locale))))


def _phone(match: re.Match[str], locale: Locale) -> str | None:
    if not knows(locale):
        return None
    groups = re.findall(r"\d+", match[0])
    if sum(map(len, groups)) < 7:
        return None
    return ("plus " if match[0].startswith("+") else "") + ", ".join(digits(group, locale) for group in groups)


def _as_it_is(match: re.Match[str], _locale: Locale) -> str | None:
    """Dates, times, versions and the like: said by the voice."""
    return match[0]


def _minus(match: re.Match[str], locale: Locale) -> str | None:
    words = _WORDS.get(locale.language)
    return None if words is None or re.search(r"\w\s?$", before(match)) else words.minus


RULES: Final = (
    Rule(("sign",), re.compile(r"\+\d{1,4}(?:[ -]?\d{2,6}){1,5}(?![\w])"), _phone),
    Rule(("digit",), re.compile(r"0\d{1,5}(?:[ /-]\d{2,8}){1,4}(?![\w])"), _phone),
    Rule(
        ("digit",),
        re.compile(r"\d{1,6}(?:[./:-]\d{1,6}){2,6}|\d{1,6}[:/-]\d{1,6}|\d{1,2}\.(?=\s)|\d{1,15}[^\W\d_]{1,20}"),
        _as_it_is,
    ),
    Rule(
        ("sign", "digit", "letter"),
        re.compile(rf"(?P<first>{_MONEY})\s?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s?(?P<last>{_MONEY})"),
        _money,
    ),
    Rule(("digit",), re.compile(rf"({_NUMBER})\s?%"), _percent),
    Rule(("sign",), re.compile(r"-(?=\d)"), _minus),
    Rule(("digit",), re.compile(_NUMBER), _number),
)
