import pytest

from pipeline.capabilities import SttCapabilities, TtsCapabilities


@pytest.mark.parametrize(
    ("offered_hz", "needed_hz", "chosen_hz"),
    [
        ((24_000, 16_000, 8000), 8000, 8000),
        ((24_000, 16_000), 8000, 16_000),
        ((24_000,), 16_000, 24_000),
        ((16_000,), 48_000, 16_000),
        ((16_000, 24_000), 48_000, 24_000),
    ],
)
def test_the_lowest_rate_that_loses_nothing_is_chosen(
    offered_hz: tuple[int, ...], needed_hz: int, chosen_hz: int
) -> None:
    assert SttCapabilities(rates_hz=offered_hz).rate_for(needed_hz) == chosen_hz
    assert TtsCapabilities(rates_hz=offered_hz).rate_for(needed_hz) == chosen_hz
