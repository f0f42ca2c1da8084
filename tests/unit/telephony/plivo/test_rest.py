"""Calls made and steered through Plivo's REST interface, which is simulated behind the HTTP client."""

import dataclasses
import datetime
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import CallStatus, DialOrder, LineAccess, Progress
from telephony.addresses import Addresses
from telephony.plivo.rest import PlivoRest
from tests.support.carriers.plivo_account import AUTH_ID, AUTH_TOKEN, SimulatedPlivo
from tests.support.virtual_time import run

_LINE = LineAccess("line-1", "acc", "+14158675309", "plivo", {"auth_id": AUTH_ID, "auth_token": AUTH_TOKEN})
_STRANGER = dataclasses.replace(_LINE, credentials={"auth_id": AUTH_ID, "auth_token": "other"})
_ORDER = DialOrder("intent-1", "+12125550199", "ticket-1", ring_timeout_s=20, time_limit_s=600)
_NOW = datetime.datetime(2026, 12, 1, 10, 0, tzinfo=datetime.UTC)
_OF_LINE = "https://voice.example/telephony/plivo/lines/line-1"
_Result = TypeVar("_Result")


def _with(account: SimulatedPlivo, act: Callable[[PlivoRest], Awaitable[_Result]]) -> _Result:
    async def scenario() -> _Result:
        rest = PlivoRest(Addresses("plivo", "https://voice.example"), transport=account.transport())
        try:
            return await act(rest)
        finally:
            await rest.aclose()

    return run(scenario())


def test_a_call_is_ordered_with_the_addresses_where_it_is_answered_and_told_of() -> None:
    account = SimulatedPlivo()
    assert _with(account, lambda rest: rest.dial(_LINE, _ORDER)) == "r-1"
    assert account.orders == [
        {
            "from": "14158675309",
            "to": "12125550199",
            "answer_url": f"{_OF_LINE}/answered/ticket-1?intent=intent-1",
            "ring_url": f"{_OF_LINE}/status?intent=intent-1",
            "hangup_url": f"{_OF_LINE}/status?intent=intent-1",
            "ring_timeout": 20,
            "time_limit": 600,
        }
    ]


def test_who_answers_is_judged_while_the_call_goes_on() -> None:
    account = SimulatedPlivo()
    _with(account, lambda rest: rest.dial(_LINE, dataclasses.replace(_ORDER, detect_machine=True)))
    assert account.orders[0]["machine_detection"] == "true"
    assert account.orders[0]["machine_detection_url"] == f"{_OF_LINE}/machine?intent=intent-1"


@pytest.mark.parametrize(("status", "retryable"), [(400, False), (401, False), (429, True)])
def test_a_refused_call_was_not_made_and_the_carriers_words_are_not_told(status: int, retryable: bool) -> None:
    with pytest.raises(DialRefusedError) as refusal:
        _with(SimulatedPlivo(status=status), lambda rest: rest.dial(_LINE, _ORDER))
    assert refusal.value.retryable is retryable
    assert "+1" not in str(refusal.value)


def test_no_answer_leaves_it_open_whether_a_call_was_made() -> None:
    with pytest.raises(ProviderError) as failure:
        _with(SimulatedPlivo(status=503), lambda rest: rest.dial(_LINE, _ORDER))
    assert not isinstance(failure.value, DialRefusedError)


def test_a_call_is_found_by_its_numbers_while_it_goes_on_and_afterwards() -> None:
    account = SimulatedPlivo()

    async def lose_the_answer(rest: PlivoRest) -> list[str | None]:
        found = [await rest.find(_LINE, _ORDER, _NOW)]
        await rest.dial(_LINE, _ORDER)
        found.append(await rest.find(_LINE, _ORDER, _NOW))
        del account.calls["r-1"]["call_status"]
        account.calls["r-1"] |= {"call_state": "BUSY", "initiation_time": "2026-12-01 10:00:02+00:00"}
        found.append(await rest.find(_LINE, _ORDER, _NOW))
        account.calls["r-1"]["initiation_time"] = "2026-12-01 09:00:00"
        return [*found, await rest.find(_LINE, _ORDER, _NOW)]

    assert _with(account, lose_the_answer) == [None, "r-1", "r-1", None]


def test_a_call_is_looked_at_wherever_it_is_kept() -> None:
    account = SimulatedPlivo()

    async def ask(rest: PlivoRest) -> list[Progress | None]:
        call = await rest.dial(_LINE, _ORDER)
        told = [await rest.look(_LINE, call)]
        account.calls[call]["call_status"] = "in-progress"
        told.append(await rest.look(_LINE, call))
        del account.calls[call]["call_status"]
        for state in ("ANSWER", "NO_ANSWER", "CANCEL", "SOMETHING"):
            account.calls[call] |= {"call_state": state, "call_duration": 61}
            told.append(await rest.look(_LINE, call))
        return [*told, await rest.look(_LINE, "r-9")]

    assert _with(account, ask) == [
        Progress(CallStatus.RINGING),
        Progress(CallStatus.IN_PROGRESS),
        Progress(CallStatus.COMPLETED, duration_s=61),
        Progress(CallStatus.NO_ANSWER, duration_s=61),
        Progress(CallStatus.CANCELED, duration_s=61),
        Progress(CallStatus.FAILED, duration_s=61),
        None,
    ]


@pytest.mark.parametrize("names_differ", [False, True])
def test_a_call_is_hung_up_by_its_requests_name_too_and_twice_is_once(names_differ: bool) -> None:
    account = SimulatedPlivo(names_differ=names_differ)

    async def hang_up(rest: PlivoRest) -> None:
        call = await rest.dial(_LINE, _ORDER)
        await rest.hang_up(_LINE, call)
        await rest.hang_up(_LINE, call)

    _with(account, hang_up)
    assert all("call_state" in call for call in account.calls.values())


def test_a_hang_up_that_may_not_have_happened_is_an_error() -> None:
    for status in (400, 503):
        with pytest.raises(ProviderError):
            _with(SimulatedPlivo(status=status), lambda rest: rest.hang_up(_LINE, "r-1"))


def test_the_carrier_says_whether_it_knows_the_credentials_and_whose_the_number_is() -> None:
    _with(SimulatedPlivo(), lambda rest: rest.verify(_LINE))
    for line, account in ((_STRANGER, SimulatedPlivo()), (_LINE, SimulatedPlivo(numbers=set()))):
        with pytest.raises(InputError):
            _with(account, lambda rest, line=line: rest.verify(line))  # type: ignore[misc]
    with pytest.raises(ProviderError):
        _with(SimulatedPlivo(status=503), lambda rest: rest.verify(_LINE))


def test_a_number_is_attached_once_and_to_an_application_of_its_own() -> None:
    account = SimulatedPlivo(applications={"theirs": {"answer_url": "https://elsewhere.example/x"}})
    account.application = f"/v1/Account/{AUTH_ID}/Application/theirs/"
    for _ in range(2):
        _with(account, lambda rest: rest.attach(_LINE))
    assert account.application.endswith("/Application/app-1/")
    assert account.applications["theirs"] == {"answer_url": "https://elsewhere.example/x"}, "somebody else uses it"
    assert account.applications["app-1"] == {
        "app_name": "antiphon-line-1",
        "answer_url": "https://voice.example/telephony/plivo/answer",
        "hangup_url": "https://voice.example/telephony/plivo/hangup",
    }
