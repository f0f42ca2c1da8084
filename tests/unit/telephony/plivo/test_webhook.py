"""What Plivo asks and tells over HTTP, signed, and its media socket, on the virtual clock beside a fake account."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from kit.clock import Clock
from kit.errors import InputError, ProviderError
from kit.phone_calls import AnsweredBy, CallStatus, DialOrder, LineAccess, Progress
from pipeline.call_control import TransferMode, TransferResult
from server.live_phone_calls import LivePhoneCalls
from telephony.addresses import Addresses
from telephony.connection import Exchange
from telephony.media_routes import TicketDesk, media_router
from telephony.plivo import webhook
from telephony.plivo.control import PlivoAttendant, PlivoControl, PlivoHost
from telephony.plivo.rest import PlivoRest
from telephony.plivo.webhook import PlivoWebhooks, plivo_router
from telephony.ports import Admission
from telephony.transfers import LIMIT_S
from tests.support.carriers.kinds import KINDS
from tests.support.carriers.plivo_account import AUTH_ID, AUTH_TOKEN, SimulatedPlivo, path_of, stream_url
from tests.support.carriers.twilio_lab import PUBLIC_URL, PlainLines, PlainTickets, Told
from tests.support.fake_call import EchoCalls
from tests.support.virtual_time import run
from transports.live import LiveCalls
from transports.ports import CallRequest

_NUMBER, _HUMAN = "+14158675309", "+12125550199"
_LINE = LineAccess("line-1", "anna", _NUMBER, "plivo", {"auth_id": AUTH_ID, "auth_token": AUTH_TOKEN})
_ANSWER = f"{PUBLIC_URL}/telephony/plivo/answer"
_OF_LINE = f"{PUBLIC_URL}/telephony/plivo/lines/line-1"
_RINGS = {"CallUUID": "call-1", "From": "14155550100", "To": _NUMBER, "CallStatus": "ringing", "Direction": "inbound"}


class _Lab:
    """Both sides; to be made inside the loop."""

    def __init__(self) -> None:
        self.calls, self.live, self.tickets = EchoCalls(), LiveCalls(), PlainTickets()
        self.lines = PlainLines(line=_LINE)
        app, clock = FastAPI(), Clock()
        self.app, self.account = app, SimulatedPlivo(app)
        addresses = Addresses("plivo", PUBLIC_URL)
        self.rest = PlivoRest(addresses, transport=self.account.transport())
        self.host = PlivoHost(self.rest, addresses, self.tickets, self.lines, clock)
        phone_calls = LivePhoneCalls(self.calls, clock)
        self.told = Told(phone_calls)
        app.include_router(plivo_router(PlivoWebhooks(self.host, self.told, self.live)))
        exchange = Exchange(phone_calls, self.live, clock)
        app.include_router(media_router(TicketDesk(self.tickets, exchange, {"plivo": PlivoAttendant(self.host)})))

    async def document(self, url: str, **form: str) -> str:
        answer = await self.account.asks(url, form)
        assert answer.status_code == 200, answer.text
        return answer.text

    def talking(self) -> PlivoControl:
        self.account.calls["call-1"] = {"call_status": "in-progress", "from": "1", "to": "2"}
        return PlivoControl(self.host, _LINE, Admission(CallRequest("id-1", "greet"), _LINE.id, "call-1"))


def _do(scenario: Callable[[_Lab], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        lab = _Lab()
        try:
            return await scenario(lab)
        finally:
            await lab.rest.aclose()

    return run(whole())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_to_a_line_is_led_to_a_stream_with_a_ticket(method: str) -> None:
    async def scenario(lab: _Lab) -> tuple[str, Admission]:
        answer = await lab.account.asks(_ANSWER, _RINGS, method=method)
        return stream_url(answer.text), lab.tickets.good["mt_1"]

    url, admission = _do(scenario)
    assert url == "wss://voice.example.com/telephony/plivo/media/mt_1"
    assert (admission.carrier_call, admission.request.flow) == ("call-1", "greet")


def test_the_address_that_kupe_documents_answers_alike() -> None:
    async def scenario(lab: _Lab) -> tuple[str, list[Any]]:
        document = await lab.document(PUBLIC_URL + webhook.KUPE_ANSWER, **_RINGS)
        over = _RINGS | {"CallStatus": "completed", "Duration": "7"}
        await lab.account.asks(PUBLIC_URL + webhook.KUPE_HANGUP, over)
        return document, lab.told.progress

    document, told = _do(scenario)
    assert stream_url(document)
    assert told == [("call-1", Progress(CallStatus.COMPLETED, duration_s=7), None)]


def test_a_number_that_leads_nowhere_hears_a_polite_sentence() -> None:
    async def scenario(lab: _Lab) -> str:
        lab.lines.flow = None
        return await lab.document(_ANSWER, **_RINGS)

    document = ElementTree.fromstring(_do(scenario))
    assert [each.tag for each in document] == ["Speak", "Hangup"]
    assert document.findtext("Speak") == webhook.UNMAPPED


@pytest.mark.parametrize(
    ("url", "form", "key"),
    [
        (_ANSWER, _RINGS, "wrong"),
        (_ANSWER, _RINGS | {"To": "14155550100", "From": ""}, AUTH_TOKEN),
        (f"{_OF_LINE}/status", _RINGS, "wrong"),
        (f"{PUBLIC_URL}/telephony/plivo/lines/line-9/status", _RINGS, AUTH_TOKEN),
    ],
)
def test_who_is_not_plivo_gets_nothing(url: str, form: dict[str, str], key: str) -> None:
    async def scenario(lab: _Lab) -> tuple[httpx.Response, int]:
        return await lab.account.asks(url, form, key), len(lab.tickets.good) + len(lab.told.progress)

    answer, begun = _do(scenario)
    assert (answer.status_code, begun) == (403, 0)


def test_a_server_that_stops_leaves_calls_to_the_numbers_fallback() -> None:
    async def scenario(lab: _Lab) -> int:
        lab.live.draining = True
        return (await lab.account.asks(_ANSWER, _RINGS)).status_code

    assert _do(scenario) == 503


def test_a_whole_call_goes_through_the_socket() -> None:
    async def scenario(lab: _Lab) -> tuple[Any, Any]:
        url = stream_url(await lab.document(_ANSWER, **_RINGS))
        phone = KINDS["plivo"].phone()
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(phone.connect(lab.app, url, {}))
            phone.begins()
            await asyncio.sleep(1.0)
            phone.hangs_up()
            await calling
        return phone, lab.calls.placed

    phone, placed = _do(scenario)
    assert phone.refused is None
    (call,) = placed
    assert call.request.transport == "plivo"
    assert call.request.metadata["carrier_call"] == "call-1"


def test_a_call_that_we_made_is_answered_with_its_stream_and_followed_by_its_own_name() -> None:
    async def scenario(lab: _Lab) -> tuple[str, list[Any], list[AnsweredBy]]:
        order = DialOrder("intent-1", _HUMAN, "mt_7", detect_machine=True)
        await lab.rest.dial(_LINE, order)
        asked = lab.account.orders[0]
        about = {"RequestUUID": "r-1", "CallUUID": "c-1"}
        await lab.account.asks(asked["ring_url"], about | {"CallStatus": "ringing"})
        document = await lab.document(asked["answer_url"], **about, CallStatus="in-progress")
        await lab.account.asks(asked["machine_detection_url"], about | {"Machine": "true"})
        await lab.account.asks(asked["hangup_url"], about | {"CallStatus": "completed", "Duration": "17"})
        await lab.account.asks(asked["hangup_url"], about | {"CallStatus": "of the future"})
        return document, lab.told.progress, lab.told.verdicts

    document, told, verdicts = _do(scenario)
    assert stream_url(document).endswith("/media/mt_7")
    assert told == [
        ("c-1", Progress(CallStatus.RINGING), "intent-1"),
        ("c-1", Progress(CallStatus.IN_PROGRESS), "intent-1"),
        ("c-1", Progress(CallStatus.COMPLETED, duration_s=17), "intent-1"),
    ]
    assert verdicts == [AnsweredBy.MACHINE_START]


def test_keys_are_pressed_while_the_stream_goes_on() -> None:
    async def scenario(lab: _Lab) -> tuple[list[dict[str, Any]], float]:
        control = lab.talking()
        await control.send_dtmf("1w2#")
        for wrong in ("", "abc", "1" * 33):
            with pytest.raises(InputError):
                await control.send_dtmf(wrong)
        return lab.account.redirects, control.away_s()

    assert _do(scenario) == ([{"digits": "1w2#", "leg": "aleg"}], 0.0)


async def _transfer(lab: _Lab, mode: TransferMode, **ends: str) -> tuple[TransferResult, ElementTree.Element, str]:
    """Pass a call on; return what came of it, what Plivo was told to do, and what came after that."""
    control = lab.talking()
    async with asyncio.TaskGroup() as group:
        passing = group.create_task(control.transfer(_HUMAN, mode, "Ada asks for a refund."))
        await asyncio.sleep(0.1)
        assert control.away_s() > 0
        document = await lab.document(lab.account.redirects[-1]["aleg_url"], CallUUID="call-1")
        (dial,) = ElementTree.fromstring(document)
        if ends["DialStatus"] == "completed":
            for action in ("answer", "connected"):
                await lab.account.asks(dial.attrib["callbackUrl"], {"CallUUID": "call-1", "DialAction": action})
                await asyncio.sleep(0.1)
                assert passing.done() is (mode == "cold" or action == "connected")
        after = await lab.document(dial.attrib["action"], CallUUID="call-1", **ends)
        if "Stream" in after:
            control.returned()
    return passing.result(), dial, after


def test_a_caller_is_put_through_to_who_answers_who_hears_a_summary_first() -> None:
    async def scenario(lab: _Lab) -> Any:
        result, dial, after = await _transfer(lab, "warm", DialStatus="completed")
        return result, dial, after, await lab.document(dial.attrib["confirmSound"], CallUUID="call-2")

    result, dial, after, whispered = _do(scenario)
    assert result == TransferResult(connected=True)
    assert (dial.attrib["callerId"], dial.findtext("Number")) == (_NUMBER, _HUMAN)
    assert _HUMAN not in str(dial.attrib), "no number stands in an address"
    assert after == "<Response><Hangup/></Response>"
    assert ElementTree.fromstring(whispered).findtext("Speak") == "Ada asks for a refund."


def test_a_cold_transfer_is_over_when_somebody_answers() -> None:
    result, _, _ = _do(lambda lab: _transfer(lab, "cold", DialStatus="completed"))
    assert result == TransferResult(connected=True)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("busy", "busy"),
        ("no-answer", "no_answer"),
        ("timeout", "no_answer"),
        ("failed", "failed"),
        ("", "failed"),
        ("of the future", "failed"),
    ],
)
def test_who_is_not_put_through_comes_back_with_another_ticket(status: str, reason: str) -> None:
    async def scenario(lab: _Lab) -> tuple[TransferResult, ElementTree.Element, str, Admission]:
        result, dial, after = await _transfer(lab, "cold", DialStatus=status)
        return result, dial, after, lab.tickets.good[path_of(stream_url(after)).rpartition("/")[2]]

    result, dial, _, admission = _do(scenario)
    assert result == TransferResult(connected=False, reason=reason)
    assert "confirmSound" not in dial.attrib
    assert (admission.request.call_id, admission.carrier_call) == ("id-1", "call-1")


def test_a_transfer_of_which_nothing_is_told_fails_in_time_and_a_refused_one_at_once() -> None:
    async def scenario(lab: _Lab) -> tuple[TransferResult, float, float]:
        control, began_s = lab.talking(), asyncio.get_running_loop().time()
        result = await control.transfer(_HUMAN, "cold", None)
        took_s = asyncio.get_running_loop().time() - began_s
        lab.account.status = 400
        with pytest.raises(ProviderError):
            await control.transfer(_HUMAN, "cold", None)
        return result, took_s, control.away_s()

    assert _do(scenario) == (TransferResult(connected=False, reason="failed"), pytest.approx(LIMIT_S), 0.0)


def test_a_document_is_given_once() -> None:
    async def scenario(lab: _Lab) -> list[str]:
        control = lab.talking()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await control.transfer("sip:desk@example.com", "cold", None)
        url = lab.account.redirects[-1]["aleg_url"]
        return [await lab.document(url, CallUUID="call-1") for _ in range(2)]

    first, second = _do(scenario)
    assert ElementTree.fromstring(first).findtext("Dial/User") == "sip:desk@example.com"
    assert second == "<Response></Response>"


def test_a_call_is_hung_up_through_rest() -> None:
    async def scenario(lab: _Lab) -> dict[str, Any]:
        control = lab.talking()
        control.started("call-1")
        await control.hang_up()
        await control.hang_up()
        return lab.account.calls["call-1"]

    assert "call_status" not in _do(scenario)
