import datetime

import pytest

from control_api.calls.rules import Rules, check_hours, check_load, check_number, check_spending
from kit.errors import ForbiddenError, InputError, RateLimitedError
from kit.phone_numbers import facts_of
from storage.repositories.call_intents import Load

_LINE = facts_of("+14158675309")
_BERLIN = facts_of("+493012345678")


def _utc(hour: int, minute: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, 1, 5, hour, minute, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("rules", "number", "code"),
    [
        (Rules(), "+12125550123", None),
        (Rules(), "+493012345678", "call.region_not_allowed"),
        (Rules(regions=frozenset({"DE"})), "+493012345678", None),
        (Rules(regions=frozenset({"DE"})), "+12125550123", "call.region_not_allowed"),
        (Rules(regions=frozenset()), "+12125550123", "call.region_not_allowed"),
        (Rules(), "+19005551234", "call.costly_number"),
        (Rules(), "+11005551212", "call.invalid_number"),
    ],
)
def test_only_numbers_of_allowed_countries_that_cost_nothing_are_called(
    rules: Rules, number: str, code: str | None
) -> None:
    if code is None:
        check_number(rules, facts_of(number), _LINE)
        return
    with pytest.raises(InputError) as refused:
        check_number(rules, facts_of(number), _LINE)
    assert refused.value.code == code
    assert number not in str(refused.value)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [(_utc(6, 59), False), (_utc(7), True), (_utc(19, 59), True), (_utc(20), False)],
)
def test_hours_are_those_where_the_number_rings(at: datetime.datetime, *, allowed: bool) -> None:
    if allowed:
        check_hours(Rules(), _BERLIN, at)  # UTC + 1 in January
        return
    with pytest.raises(ForbiddenError) as refused:
        check_hours(Rules(), _BERLIN, at)
    assert refused.value.code == "call.outside_hours"


def test_a_number_that_may_ring_in_many_zones_is_called_when_all_are_awake() -> None:
    anywhere = facts_of("+18005551212")
    check_hours(Rules(), anywhere, _utc(23))  # morning in Guam, evening in Newfoundland
    for hour in (3, 15):
        with pytest.raises(ForbiddenError):
            check_hours(Rules(), anywhere, _utc(hour))
    check_hours(Rules(opens_min=0, closes_min=24 * 60), anywhere, _utc(3))


def test_hours_may_span_midnight() -> None:
    night = Rules(opens_min=22 * 60, closes_min=6 * 60)
    check_hours(night, _BERLIN, _utc(22))
    check_hours(night, _BERLIN, _utc(4, 59))
    with pytest.raises(ForbiddenError):
        check_hours(night, _BERLIN, _utc(5))


@pytest.mark.parametrize(
    ("load", "code"),
    [
        (Load(9, 4, 59, 29), None),
        (Load(10, 0, 0, 0), "call.too_many"),
        (Load(5, 5, 0, 0), "call.too_many"),
        (Load(0, 0, 60, 0), "call.too_often"),
        (Load(0, 0, 30, 30), "call.too_often"),
    ],
)
def test_a_call_beyond_the_limits_is_told_to_come_again(load: Load, code: str | None) -> None:
    if code is None:
        check_load(Rules(), load)
        return
    with pytest.raises(RateLimitedError) as refused:
        check_load(Rules(), load)
    assert refused.value.code == code
    assert refused.value.retry_after_s > 0


def test_who_has_spent_what_may_be_spent_in_a_day_calls_no_more() -> None:
    check_spending(Rules(daily_cap_microcents=100), 99)
    check_spending(Rules(daily_cap_microcents=None), 10**12)
    with pytest.raises(ForbiddenError):
        check_spending(Rules(daily_cap_microcents=100), 100)
