"""Whether a call may be made: to whom, when, how many, for how much (docs/adr/0023). Pure."""

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kit.errors import ForbiddenError, InputError, RateLimitedError
from kit.money import MICROCENTS
from kit.phone_numbers import NumberFacts
from storage.repositories.call_intents import Load

RATE_WINDOW_S = 60
_RETRY_WHEN_FULL_S = 10.0
_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Rules:
    """What an account allows itself; see `storage.tables.calling_rule`."""

    regions: frozenset[str] | None = None
    opens_min: int = 8 * 60
    closes_min: int = 21 * 60
    account_calls: int = 10
    line_calls: int = 5
    account_per_minute: int = 60
    line_per_minute: int = 30
    daily_cap_microcents: int | None = 10_000 * MICROCENTS


def check_number(rules: Rules, callee: NumberFacts, line: NumberFacts) -> None:
    """Refuse numbers that must not be called.

    Raises:
        InputError: `call.invalid_number`: nobody has this number.
        ForbiddenError: `call.costly_number` or `call.region_not_allowed`.
    """
    if not callee.valid:
        raise InputError("No such telephone number.", code="call.invalid_number")
    if callee.costly:
        raise ForbiddenError("Numbers at a premium rate are not called.", code="call.costly_number")
    allowed = frozenset({line.region}) if rules.regions is None else rules.regions
    if callee.region not in allowed:
        raise ForbiddenError("Numbers of this country are not called.", code="call.region_not_allowed")


def check_hours(rules: Rules, callee: NumberFacts, now: datetime.datetime) -> None:
    """Refuse a call at a time at which people do not want to be called, wherever the number may ring.

    Raises:
        ForbiddenError: `call.outside_hours`.
    """
    always = rules.closes_min - rules.opens_min >= _DAY_MIN
    if not always and not (callee.zones and all(_open_in(rules, zone, now) for zone in callee.zones)):
        raise ForbiddenError("It is too early or too late there to call.", code="call.outside_hours")


def check_load(rules: Rules, load: Load) -> None:
    """Refuse a call beyond what goes on at once, or begins in a minute.

    Raises:
        RateLimitedError: `call.too_many` or `call.too_often`.
    """
    if load.account_calls >= rules.account_calls or load.line_calls >= rules.line_calls:
        raise RateLimitedError(
            "As many calls as allowed are under way.", retry_after_s=_RETRY_WHEN_FULL_S, code="call.too_many"
        )
    if load.account_begun >= rules.account_per_minute or load.line_begun >= rules.line_per_minute:
        raise RateLimitedError(
            "As many calls as allowed were begun of late.", retry_after_s=RATE_WINDOW_S, code="call.too_often"
        )


def check_spending(rules: Rules, spent_microcents: int) -> None:
    """Refuse a call of an account that has spent what it may in a day.

    Raises:
        ForbiddenError: `call.spend_cap`.
    """
    cap = rules.daily_cap_microcents
    if cap is not None and spent_microcents >= cap:
        raise ForbiddenError("The account's calls of the last day cost as much as it allows.", code="call.spend_cap")


def _open_in(rules: Rules, zone: str, now: datetime.datetime) -> bool:
    try:
        there = now.astimezone(ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        return False
    minute = there.hour * 60 + there.minute
    if rules.opens_min <= rules.closes_min:
        return rules.opens_min <= minute < rules.closes_min
    return minute >= rules.opens_min or minute < rules.closes_min
