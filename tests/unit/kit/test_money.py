import pytest

from kit import money


@pytest.mark.parametrize(
    ("microcents", "shown", "asked"),
    [(0, 0, 0), (1, 0, 1), (999_999, 0, 1), (1_000_000, 1, 1), (197_500_000, 197, 198)],
)
def test_a_balance_shows_less_and_a_price_more_than_its_fraction(microcents: int, shown: int, asked: int) -> None:
    assert (money.whole_cents(microcents), money.cents_up(microcents)) == (shown, asked)


def test_whole_cents_are_kept_exactly() -> None:
    assert money.whole_cents(money.from_cents(200)) == 200
