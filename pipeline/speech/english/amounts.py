"""Money, percentages and quantities with a unit."""

import re
from decimal import Decimal
from typing import Final

from pipeline.speech.english.units import UNITS
from pipeline.speech.numbers import cardinal, quantity
from pipeline.speech.rule import Locale, Rule, before, full_stop

NUMBER: Final = r"(?:\d{1,3}(?:,\d{3}){1,6}(?!\d)(?:\.\d{1,20})?|\d{1,15}(?!\d)(?:\.\d{1,20})?)"
_EUROPEAN: Final = r"(?:\d{1,3}(?:\.\d{3}){1,4},\d\d|\d{1,9},\d\d)(?!\d)"
# singular, plural, a hundredth, hundredths
_CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "", ""),
    "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₺": ("lira", "lira", "kurus", "kurus"),
    "₪": ("shekel", "shekels", "agora", "agorot"),
    "₫": ("dong", "dong", "", ""),
    "₦": ("naira", "naira", "kobo", "kobo"),
    "฿": ("baht", "baht", "satang", "satang"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "NZD": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "SEK": ("Swedish krona", "Swedish kronor", "öre", "öre"),
    "NOK": ("Norwegian krone", "Norwegian kroner", "øre", "øre"),
    "DKK": ("Danish krone", "Danish kroner", "øre", "øre"),
    "PLN": ("zloty", "zlotys", "grosz", "groszy"),
}  # fmt: skip
_SAME: Final = {
    "USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "Rs.": "₹", "Rs": "₹", "CA$": "CAD",
    "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD",
}  # fmt: skip
_NAMES: Final = "|".join(re.escape(name) for name in sorted({*_CURRENCIES, *_SAME}, key=len, reverse=True))
_SCALES: Final = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "bn": "billion", "B": "billion",
    "tn": "trillion",
}  # fmt: skip
_SCALE: Final = r"(?:\s?(k|K|mn|bn|tn|M|m|B|hundred|thousand|million|billion|trillion)\b)?"


def _plain(number: str) -> str:
    """Return a number as digits with a dot before decimals."""
    if re.fullmatch(_EUROPEAN, number) and not re.fullmatch(NUMBER, number):
        return number.replace(".", "").replace(",", ".")
    return number.replace(",", "")


def _is_one(number: str) -> bool:
    return Decimal(number) == 1


def _amount(number: str, scale: str | None, name: str, locale: Locale) -> str:
    one, many, cent, cents = _CURRENCIES[_SAME.get(name, name)]
    plain = _plain(number)
    if scale:
        return f"{quantity(plain, locale)} {_SCALES.get(scale, scale)} {many}"
    whole, _, decimals = plain.partition(".")
    if len(decimals) != 2 or not cent:
        return f"{quantity(plain, locale)} {one if _is_one(plain) else many}"
    hundredths = int(decimals)
    units = f"{quantity(whole, locale)} {one if int(whole) == 1 else many}"
    if hundredths == 0:
        return units
    small = f"{cardinal(hundredths, locale)} {cent if hundredths == 1 else cents}"
    return small if int(whole) == 0 else f"{units} and {small}"


def _money_first(match: re.Match[str], locale: Locale) -> str | None:
    minus = "minus " if match[2] else ""
    return minus + _amount(match[3], match[4], match[1], locale)


def _money_range(match: re.Match[str], locale: Locale) -> str | None:
    """`$5-10`: the second number is money too."""
    return f"{quantity(_plain(match[2]), locale)} to {_amount(match[3], match[4], match[1], locale)}"


def _many(match: re.Match[str], locale: Locale) -> str | None:
    """`20k`, `1.5M`; `4K` is a name."""
    number, scale = _plain(match[1]), match[2]
    if scale == "K" and Decimal(number) < _FEWEST_THOUSANDS:
        return None
    return f"{quantity(number, locale)} {_SCALES[scale]}"


def _money_last(match: re.Match[str], locale: Locale) -> str | None:
    return _amount(match[1], match[2], match[3], locale)


def _cents(match: re.Match[str], locale: Locale) -> str | None:
    return f"{quantity(_plain(match[1]), locale)} cent{'' if _is_one(_plain(match[1])) else 's'}"


def _percent(match: re.Match[str], locale: Locale) -> str | None:
    return f"{quantity(_plain(match[1]), locale)} {'percent' if match[2] == '%' else 'per mille'}"


def _unit(match: re.Match[str], locale: Locale) -> str | None:
    number = _plain(match[1])
    one, many = UNITS[match[3]]
    said = quantity(number, locale)
    return f"{said} {one if match[2] == '-' or _is_one(number) else many}{full_stop(match)}"


def _feet(match: re.Match[str], locale: Locale) -> str | None:
    """`5'`, `6'2"`; after an opening quotation mark it is a closing one."""
    if _QUOTED.search(before(match)):
        return None
    said = f"{cardinal(int(match[1]), locale)} {'foot' if match[1] == '1' else 'feet'}"
    return f"{said} {_inches_of(match[2], locale)}" if match[2] else said


def _inches(match: re.Match[str], locale: Locale) -> str | None:
    return None if before(match).count('"') % 2 else _inches_of(match[1], locale)


def _inches_of(number: str, locale: Locale) -> str:
    return f"{quantity(number, locale)} {'inch' if number == '1' else 'inches'}"


_FEWEST_THOUSANDS: Final = 10
_QUOTED: Final = re.compile(r"(?:^|[\s(])'(?:[^'\s]{0,20}\s){0,3}$")
_UNIT_NAMES: Final = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
RULES: Final = (
    Rule(
        ("sign", "letter"),
        re.compile(rf"({_NAMES})\s?({NUMBER})\s?[-–]\s?({NUMBER}){_SCALE}(?![\w$€£%-])"),
        _money_range,
    ),
    Rule(
        ("sign", "letter"),
        re.compile(rf"({_NAMES})(-)?\s?({_EUROPEAN}|{NUMBER}){_SCALE}(?!\w)"),
        _money_first,
    ),
    Rule(("digit",), re.compile(rf"({_EUROPEAN}|{NUMBER}){_SCALE}\s?({_NAMES})(?!\w|\s?\d)"), _money_last),
    Rule(("digit",), re.compile(rf"({NUMBER})\s?¢"), _cents),
    Rule(("digit",), re.compile(rf"({NUMBER})(k|K|M|bn)(?![\w'-])"), _many),
    Rule(("digit",), re.compile(rf"({_EUROPEAN}|{NUMBER})\s?([%‰])"), _percent),
    Rule(("digit",), re.compile(r"(\d{1,2})['′](?:\s?(\d{1,2})[\"″])?(?!\w)"), _feet),
    Rule(("digit",), re.compile(r"(\d{1,3}(?:\.\d)?)[\"″](?!\w)"), _inches),
    Rule(("digit",), re.compile(rf"({_EUROPEAN}|{NUMBER})([\s-]?)({_UNIT_NAMES})(?![\w²³'])"), _unit),
)
