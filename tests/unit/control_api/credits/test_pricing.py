import pytest

from control_api.credits import pricing
from control_api.credits.pricing import Rate
from kit.money import from_cents

_RATE = from_cents(3)


@pytest.mark.parametrize(("seconds", "cents"), [(0, 0), (1, 3), (59, 3), (60, 3), (61, 6), (3600, 180)])
def test_every_started_minute_is_charged(seconds: int, cents: int) -> None:
    assert pricing.charge(_RATE, seconds) == from_cents(cents)


@pytest.mark.parametrize("seconds", range(0, 200, 7))
def test_what_is_used_is_never_more_than_what_is_charged(seconds: int) -> None:
    assert pricing.used(_RATE, seconds) <= pricing.charge(_RATE, seconds)


def test_money_pays_for_whole_seconds() -> None:
    assert pricing.paid_for_s(_RATE, from_cents(2)) == 40
    assert pricing.paid_for_s(_RATE, 49_999) == 0
    assert pricing.paid_for_s(0, 0) is None


@pytest.mark.parametrize(
    ("own", "microcents"),
    [((), 3_000_000), (("stt",), 2_400_000), (("tts",), 1_800_000), (("stt", "llm", "tts"), 600_000)],
)
def test_kinds_with_own_keys_are_not_charged(own: tuple[str, ...], microcents: int) -> None:
    assert Rate(_RATE).with_own_keys(frozenset(own)) == microcents
