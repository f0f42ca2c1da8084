"""Steering a Twilio call beside its stream: keys, transfers, hang-up; and making calls."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from structlog.testing import capture_logs

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import CallStatus, DialOrder
from pipeline.call_control import TransferResult
from telephony.ports import Admission
from telephony.transfers import LIMIT_S
from telephony.twilio import twiml
from telephony.twilio.control import TwilioControl
from telephony.twilio.dialer import TwilioDialer
from tests.support.carriers.twilio_account import SimulatedCall
from tests.support.carriers.twilio_lab import LINE, LINE_NUMBER, PUBLIC_URL, TwilioLab
from tests.support.virtual_time import run
from transports.ports import CallRequest

_HUMAN = "+12125550199"


def _do(scenario: Callable[[TwilioLab], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await scenario(TwilioLab())

    return run(whole())


async def _talking(lab: TwilioLab) -> tuple[SimulatedCall, TwilioControl]:
    call = await lab.account.rings(LINE_NUMBER)
    admission = Admission(CallRequest("call-1", "greet", account_id="anna"), LINE.id, call.sid)
    return call, TwilioControl(lab.host, LINE, admission)


def test_twilio_hangup_404_is_success() -> None:
    async def scenario(lab: TwilioLab) -> str:
        call, steering = await _talking(lab)
        await steering.hang_up()
        await steering.hang_up()  # 20404: not in progress any more
        del lab.account.calls[call.sid]
        await steering.hang_up()
        return call.status

    assert _do(scenario) == "completed"


def test_a_hang_up_that_may_not_have_happened_is_an_error_without_the_carriers_words() -> None:
    async def scenario(lab: TwilioLab) -> ProviderError:
        _, steering = await _talking(lab)
        lab.account.fails = (500, 20500)
        with pytest.raises(ProviderError) as failed:
            await steering.hang_up()
        return failed.value

    error = _do(scenario)
    assert error.retryable
    assert "+1" not in str(error)
    assert "wilio" not in str(error)


@pytest.mark.parametrize("digits", ["", "abc", "1" * 33, '"/><Dial>'])
def test_what_are_no_keys_is_not_pressed(digits: str) -> None:
    async def scenario(lab: TwilioLab) -> list[str]:
        call, steering = await _talking(lab)
        with pytest.raises(InputError):
            await steering.send_dtmf(digits)
        assert steering.away_s() == 0
        return call.redirects

    assert _do(scenario) == []


def test_a_refused_redirect_leaves_the_stream_where_it_is() -> None:
    async def scenario(lab: TwilioLab) -> float:
        _, steering = await _talking(lab)
        lab.account.fails = (400, 21220)
        with pytest.raises(ProviderError):
            await steering.send_dtmf("1")
        with pytest.raises(ProviderError):
            await steering.transfer(_HUMAN, "cold", None)
        return steering.away_s()

    assert _do(scenario) == 0


async def _transfer(
    lab: TwilioLab, act: Callable[[SimulatedCall, ElementTree.Element], Awaitable[None]], summary: str | None = None
) -> tuple[TransferResult, SimulatedCall]:
    call, steering = await _talking(lab)
    async with asyncio.TaskGroup() as group:
        mode = "warm" if summary else "cold"
        passing = group.create_task(steering.transfer(_HUMAN, mode, summary))  # type: ignore[arg-type]
        await lab.settle()
        assert steering.away_s() > 0
        dial = ElementTree.fromstring(call.document).find("Dial")
        assert dial is not None
        await act(call, dial)
        if call.document.find("Stream") > 0:
            steering.returned()
    return passing.result(), call


def test_a_caller_is_put_through_to_who_answers() -> None:
    async def scenario(lab: TwilioLab) -> tuple[TransferResult, SimulatedCall, dict[str, str]]:
        attributes: dict[str, str] = {}

        async def answered(call: SimulatedCall, dial: ElementTree.Element) -> None:
            number = dial[0]
            attributes.update(dial.attrib)
            assert (number.tag, number.text) == ("Number", _HUMAN)
            await lab.account.asks(
                number.attrib["statusCallback"], lab.account.about(call) | {"CallStatus": "in-progress"}
            )
            await asyncio.sleep(60)
            await lab.account.follows(call, dial.attrib["action"], DialCallStatus="completed")

        return *await _transfer(lab, answered), attributes

    result, call, attributes = _do(scenario)
    assert result == TransferResult(connected=True)
    assert (attributes["callerId"], attributes["answerOnBridge"]) == (LINE_NUMBER, "true")
    assert [each.tag for each in ElementTree.fromstring(call.document)] == ["Hangup"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"), ("canceled", "no_answer")],
)
def test_a_caller_whom_nobody_takes_comes_back_to_the_bot(status: str, reason: str) -> None:
    async def scenario(lab: TwilioLab) -> tuple[TransferResult, SimulatedCall]:
        async def missed(call: SimulatedCall, dial: ElementTree.Element) -> None:
            await lab.account.follows(call, dial.attrib["action"], DialCallStatus=status)

        result, call = await _transfer(lab, missed)
        admission = await lab.tickets.redeem(call.stream_url.rpartition("/")[2])
        assert (admission.request.call_id, admission.carrier_call) == ("call-1", call.sid)
        return result, call

    result, _ = _do(scenario)
    assert result == TransferResult(connected=False, reason=reason)


def test_the_person_hears_what_it_is_about_before_the_caller() -> None:
    async def scenario(lab: TwilioLab) -> list[str | None]:
        heard: list[str | None] = []

        async def listens(call: SimulatedCall, dial: ElementTree.Element) -> None:
            url = dial[0].attrib["url"]
            assert "Ada" not in url
            for _ in range(2):
                answer = await lab.account.asks(url, lab.account.about(call))
                heard.append(ElementTree.fromstring(answer.text).findtext("Say"))
            await lab.account.follows(call, dial.attrib["action"], DialCallStatus="busy")

        await _transfer(lab, listens, "Ada asks for <a refund> & more.")
        return heard

    assert _do(scenario) == ["Ada asks for <a refund> & more.", None]


def test_a_transfer_of_which_nothing_is_heard_has_failed() -> None:
    async def scenario(lab: TwilioLab) -> tuple[TransferResult, float]:
        _, steering = await _talking(lab)
        result = await steering.transfer("sip:desk@example.com", "cold", None)
        return result, asyncio.get_running_loop().time()

    result, took_s = _do(scenario)
    assert result == TransferResult(connected=False, reason="failed")
    assert took_s == LIMIT_S


def test_one_transfer_at_a_time_and_only_to_numbers() -> None:
    async def scenario(lab: TwilioLab) -> None:
        _, steering = await _talking(lab)
        with pytest.raises(InputError):
            await steering.transfer("the desk", "cold", None)
        async with lab.host.transfers.open(LINE.id, "call-1"):
            with pytest.raises(InputError):
                await steering.transfer(_HUMAN, "cold", None)

    _do(scenario)


def test_another_line_cannot_say_how_a_transfer_went() -> None:
    async def scenario(lab: TwilioLab) -> bool:
        async with lab.host.transfers.open(LINE.id, "call-1") as outcome:
            lab.host.transfers.connected("line-2", "call-1")
            lab.host.transfers.over("line-2", "call-1", "completed")
            return outcome.done()

    assert not _do(scenario)


# --- outbound -------------------------------------------------------------------------------------------------------
_ORDER = DialOrder("i-1", _HUMAN, "mt_9", ring_timeout_s=20, parameters={"request_id": "i-1"})
_SINCE = datetime.datetime(2026, 1, 1, 18, tzinfo=datetime.UTC)


def _dialer(lab: TwilioLab) -> TwilioDialer:
    return TwilioDialer(lab.rest, lab.host.addresses)


def test_a_call_is_made_with_its_stream_and_asked_for() -> None:
    async def scenario(lab: TwilioLab) -> tuple[SimulatedCall, str | None, str | None]:
        dialer = _dialer(lab)
        sid = await dialer.dial(LINE, _ORDER)
        call = lab.account.calls[sid]
        found = await dialer.find(LINE, _ORDER, _SINCE)
        late = await dialer.find(LINE, _ORDER, _SINCE + datetime.timedelta(seconds=30))
        call.status = "no-answer"
        progress = await dialer.look(LINE, sid)
        assert progress is not None
        assert (progress.status, progress.duration_s) == (CallStatus.NO_ANSWER, 7)
        assert await dialer.look(LINE, "CA0") is None
        await dialer.hang_up(LINE, sid)
        return call, found, late

    call, found, late = _do(scenario)
    assert (found, late) == (call.sid, None)
    assert call.stream_url == "wss://voice.example.com/telephony/twilio/media/mt_9"
    assert (call.to, call.caller, call.asked["Timeout"]) == (_HUMAN, LINE_NUMBER, 20)
    assert call.asked["StatusCallback"] == f"{PUBLIC_URL}/telephony/twilio/lines/line-1/status?intent=i-1"
    assert "MachineDetection" not in call.asked


def test_a_machine_is_looked_for_while_the_bot_talks_already() -> None:
    async def scenario(lab: TwilioLab) -> SimulatedCall:
        order = DialOrder("i-1", _HUMAN, "mt_9", detect_machine=True, wait_for_beep=True)
        return lab.account.calls[await _dialer(lab).dial(LINE, order)]

    asked = _do(scenario).asked
    assert (asked["MachineDetection"], asked["AsyncAmd"]) == ("DetectMessageEnd", "true")
    assert asked["AsyncAmdStatusCallback"].endswith("/machine?intent=i-1")


@pytest.mark.parametrize(
    ("fails", "refused", "code"),
    [
        ((400, 21211), True, "call.invalid_number"),
        ((400, 21219), True, "call.refused"),
        ((401, 20003), True, "line.credentials"),
        ((429, 20429), True, "call.carrier_busy"),
        ((503, 20503), False, "carrier.failed"),
    ],
)
def test_a_call_that_was_not_made_is_told_from_one_of_which_nobody_knows(
    fails: tuple[int, int], code: str, *, refused: bool
) -> None:
    async def scenario(lab: TwilioLab) -> ProviderError:
        lab.account.fails = fails
        with pytest.raises(ProviderError) as failed:
            await _dialer(lab).dial(LINE, _ORDER)
        return failed.value

    with capture_logs() as said:
        error = _do(scenario)
    assert (isinstance(error, DialRefusedError), error.code) == (refused, code)
    assert "555" not in str(error) + str(said)


def test_a_number_is_attached_if_it_is_the_accounts() -> None:
    async def scenario(lab: TwilioLab) -> dict[str, Any]:
        with pytest.raises(InputError):
            await lab.rest.attach(LINE, "https://v/voice", "https://v/status")
        lab.account.numbers[LINE_NUMBER] = {"sid": "PN1"}
        await lab.rest.attach(LINE, "https://v/voice", "https://v/status")
        return lab.account.numbers[LINE_NUMBER]

    number = _do(scenario)
    assert (number["VoiceUrl"], number["StatusCallback"]) == ("https://v/voice", "https://v/status")


def test_a_line_is_known_to_the_account_that_has_its_number() -> None:
    async def scenario(lab: TwilioLab) -> list[bool]:
        stranger = replace(LINE, credentials={"account_sid": "AC" + "2" * 32, "auth_token": "other"})
        dialer, known = TwilioDialer(lab.rest, lab.host.addresses), []
        for line in (LINE, stranger, LINE):
            try:
                await dialer.verify(line)
            except InputError:
                known.append(False)
            else:
                known.append(True)
            lab.account.numbers[LINE_NUMBER] = {"sid": "PN1"}
        return known

    assert _do(scenario) == [False, False, True]


def test_texts_cannot_get_out_of_their_place_in_a_document() -> None:
    said = ElementTree.fromstring(twiml.document(twiml.say("</Say><Dial>+1900</Dial>")))
    assert [each.tag for each in said.iter()] == ["Response", "Say"]
    nasty = twiml.stream("wss://x/y", 'https://x/?a=1&b="2"', {"a<": '">'})
    assert ElementTree.fromstring(twiml.document(nasty)).find("Connect/Stream/Parameter") is not None
