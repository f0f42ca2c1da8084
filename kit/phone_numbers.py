"""Telephone numbers: one form for all of them (E.164), and what a number tells of its place."""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from kit.errors import InputError

# Whoever gets somebody else's server to call these earns by it.
_COSTLY = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
_MAX_CHARS = 40
_NO_ZONE = "Etc/Unknown"


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What a number tells of where it rings.

    Attributes:
        region: Of ISO 3166, such as `DE`; empty if it belongs to no country.
        zones: IANA names of all time zones it may be in; empty if unknown.
        costly: Calling it pays somebody: premium rate or shared cost.
        valid: It is assigned, as far as is known.
    """

    region: str
    zones: tuple[str, ...]
    costly: bool
    valid: bool


def e164(text: str, region: str | None = None) -> str:
    """Return a number in its one form, `+` and digits.

    Args:
        text: As people write it, with its country code; a space in front stands for the `+` that a query string loses
            when nobody encodes it.
        region: Where a number without a country code is dialled; None: there must be one.

    Raises:
        InputError: `phone.invalid_number`; its message does not hold the number.
    """
    stripped = text.strip()
    wanted = f"+{stripped}" if text[:1] == " " and stripped[:1].isdecimal() else stripped
    try:
        if len(wanted) > _MAX_CHARS or not (wanted.startswith("+") or region):
            raise _unreadable()
        number = phonenumbers.parse(wanted, region)
    except NumberParseException as error:
        raise _unreadable() from error
    if number.extension or not phonenumbers.is_possible_number(number):
        raise _unreadable()
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def facts_of(number: str) -> NumberFacts:
    """Return what a number, as `e164` gave it, tells of where it rings."""
    parsed = phonenumbers.parse(number)
    zones = tuple(zone for zone in time_zones_for_number(parsed) if zone != _NO_ZONE)
    return NumberFacts(
        phonenumbers.region_code_for_number(parsed) or "",
        zones,
        phonenumbers.number_type(parsed) in _COSTLY,
        phonenumbers.is_valid_number(parsed),
    )


def _unreadable() -> InputError:
    return InputError("A telephone number is written as +, country code and digits.", code="phone.invalid_number")
