"""Calls made through Exotel's REST interface, which is simulated behind the HTTP client."""

import dataclasses
import datetime
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import CallStatus, DialOrder, LineAccess, Progress
from telephony.addresses import base_of
from telephony.exotel.rest import ExotelDialer
from tests.support.carriers.exotel_rest import ExotelRest
from tests.support.virtual_time import run

_LINE = LineAccess(
    "line-1", "acc", "+918000000002", "exotel", {"account_sid": "acc-1", "api_key": "k", "api_token": "t"}
)
_ORDER = DialOrder("intent-1", "+919900000001", "ticket-1", time_limit_s=20_000)
_NOW = datetime.datetime(2026, 11, 23, 4, 0, tzinfo=datetime.UTC)
_Result = TypeVar("_Result")


def _with(rest: ExotelRest, act: Callable[[ExotelDialer], Awaitable[_Result]]) -> _Result:
    async def scenario() -> _Result:
        dialer = ExotelDialer(base_of("https://voice.example", None), transport=rest.transport())
        try:
            return await act(dialer)
        finally:
            await dialer.aclose()

    return run(scenario())


@pytest.mark.parametrize("lower", [False, True])
def test_who_is_called_stands_under_from(lower: bool) -> None:
    rest = ExotelRest(lower=lower)
    assert _with(rest, lambda dialer: dialer.dial(_LINE, _ORDER)) == "sid-1"
    (order,) = rest.orders
    assert (order["From"], order["CallerId"], order["CustomField"]) == ("+919900000001", "+918000000002", "intent-1")
    assert order["StreamUrl"] == "wss://voice.example/telephony/exotel/media/ticket-1?sample-rate=16000"
    assert order["TimeLimit"] == "14400", "more than four hours are refused"


def test_an_overrun_carrier_has_made_no_call() -> None:
    with pytest.raises(DialRefusedError) as refusal:
        _with(ExotelRest(overrun=True), lambda dialer: dialer.dial(_LINE, _ORDER))
    assert refusal.value.retryable


def test_what_the_carrier_does_not_take_is_a_call_not_made() -> None:
    order = dataclasses.replace(_ORDER, media_token="t" * 600)
    with pytest.raises(DialRefusedError) as refusal:
        _with(ExotelRest(), lambda dialer: dialer.dial(_LINE, order))
    assert not refusal.value.retryable
    assert "Status" not in str(refusal.value), "what carriers say is not told"


def test_no_answer_leaves_it_open_whether_a_call_was_made() -> None:
    with pytest.raises(ProviderError) as failure:
        _with(ExotelRest(fails=True), lambda dialer: dialer.dial(_LINE, _ORDER))
    assert not isinstance(failure.value, DialRefusedError)


def test_a_call_is_found_by_our_own_id() -> None:
    rest = ExotelRest()

    async def lose_the_answer(dialer: ExotelDialer) -> tuple[str | None, str | None]:
        await dialer.dial(_LINE, dataclasses.replace(_ORDER, intent_id="another"))
        await dialer.dial(_LINE, _ORDER)
        unknown = dataclasses.replace(_ORDER, intent_id="never")
        return await dialer.find(_LINE, _ORDER, _NOW), await dialer.find(_LINE, unknown, _NOW)

    assert _with(rest, lose_the_answer) == ("sid-2", None)


def test_exotel_lost_callback_polled() -> None:
    """No callback ever comes; who asks is told how the call went."""
    rest = ExotelRest()

    async def ask(dialer: ExotelDialer) -> list[Progress | None]:
        sid = await dialer.dial(_LINE, _ORDER)
        told = [await dialer.look(_LINE, sid)]
        for status, duration in (("in-progress", None), ("completed", "61"), ("no-answer", None)):
            rest.calls[sid] |= {"Status": status, "Duration": duration}
            told.append(await dialer.look(_LINE, sid))
        return [*told, await dialer.look(_LINE, "sid-9")]

    assert _with(rest, ask) == [
        Progress(CallStatus.QUEUED),
        Progress(CallStatus.IN_PROGRESS),
        Progress(CallStatus.COMPLETED, duration_s=61),
        Progress(CallStatus.NO_ANSWER),
        None,
    ]


def test_a_call_that_is_over_counts_as_hung_up_and_one_that_rings_does_not() -> None:
    rest = ExotelRest()

    async def hang_up(dialer: ExotelDialer) -> None:
        sid = await dialer.dial(_LINE, _ORDER)
        with pytest.raises(ProviderError):
            await dialer.hang_up(_LINE, sid)
        rest.calls[sid]["Status"] = "completed"
        await dialer.hang_up(_LINE, sid)
        await dialer.hang_up(_LINE, "sid-9")

    _with(rest, hang_up)


def test_a_carrier_says_whether_it_knows_a_key_or_nothing_at_all() -> None:
    for rest, error in ((ExotelRest(knows_nobody=True), InputError), (ExotelRest(fails=True), ProviderError)):
        with pytest.raises(error):
            _with(rest, lambda dialer: dialer.verify(_LINE))
    _with(ExotelRest(), lambda dialer: dialer.verify(_LINE))
