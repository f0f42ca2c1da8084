from hypothesis import given, settings
from hypothesis import strategies as st

from control_api.credits import pricing
from control_api.credits.metering import MeteredCall, Spent, after, next_tick, settlement

_RATES = st.sampled_from([0, 1, 600_000, 1_800_000, 3_000_000])
_MONEY = st.integers(0, 20_000_000)


@settings(deadline=None)
@given(_RATES, _MONEY, st.lists(st.integers(0, 40), max_size=8), st.integers(1, 15))
def test_a_call_costs_its_started_minutes_or_all_there_is(
    rate: int, available: int, steps: list[int], tick_s: int
) -> None:
    call = MeteredCall("call", "account", rate, tick_s)
    spent, seconds, left = Spent(), 0, available
    for more in [0, *steps]:
        seconds += more
        step = next_tick(call, spent, left, seconds)
        assert min(step.hold, step.capture) >= 0
        spent, left = after(spent, step), left - step.hold
        assert left >= 0
        assert spent.held >= 0
        assert spent.captured <= pricing.used(rate, seconds)
        assert spent.captured + spent.held == min(pricing.used(rate, seconds + tick_s), available)
    last = settlement(rate, spent, left, seconds)
    assert min(last.hold, last.capture, last.release) >= 0
    bill = after(spent, last)
    assert bill.held == 0
    assert bill.captured == min(pricing.charge(rate, seconds), available)
    assert left - last.hold + last.release == available - bill.captured


@settings(deadline=None)
@given(_RATES, _MONEY, st.integers(0, 500))
def test_a_step_that_is_taken_again_moves_nothing(rate: int, available: int, seconds: int) -> None:
    call = MeteredCall("call", "account", rate, 10)
    step = next_tick(call, Spent(), available, seconds)
    again = next_tick(call, after(Spent(), step), available - step.hold, seconds)
    assert (again.hold, again.capture) == (0, 0)
