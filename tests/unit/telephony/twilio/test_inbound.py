"""Twilio's webhook and media socket together, on the virtual clock, beside a simulated account."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from structlog.testing import capture_logs

from kit.phone_calls import AnsweredBy, CallStatus, Progress
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import DtmfPressed, Interrupted, Played
from pipeline.ports import Frame
from pipeline.report import CallReport
from server.live_phone_calls import REAP_AFTER_S
from telephony.ports import IncomingCall
from telephony.twilio import webhook
from tests.support.carriers.phone import Phone
from tests.support.carriers.twilio_account import BadTwimlError, SimulatedCall, check_twiml, sign
from tests.support.carriers.twilio_lab import LINE_NUMBER, PUBLIC_URL, TwilioLab
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.virtual_time import run
from transports.ports import Call

_VOICE = f"{PUBLIC_URL}/telephony/twilio/voice"


def _do(scenario: Callable[[TwilioLab], Awaitable[Any]], calls: EchoCalls | None = None) -> Any:
    async def whole() -> Any:
        return await scenario(TwilioLab(calls))

    return run(whole())


def test_twilio_connect_not_start() -> None:
    async def scenario(lab: TwilioLab) -> str:
        return (await lab.account.rings(LINE_NUMBER)).document

    document = ElementTree.fromstring(_do(scenario))
    assert [each.tag for each in document.iter()] == ["Response", "Connect", "Stream", "Parameter"]
    parameter = next(document.iter("Parameter"))
    assert parameter.attrib["name"] == "request_id"
    with pytest.raises(BadTwimlError):
        check_twiml('<Response><Start><Stream url="wss://x/y"/></Start></Response>')


def test_twilio_no_query_in_stream_url() -> None:
    async def scenario(lab: TwilioLab) -> str:
        return (await lab.account.rings(LINE_NUMBER)).stream_url

    assert _do(scenario) == "wss://voice.example.com/telephony/twilio/media/mt_1"
    with pytest.raises(BadTwimlError):
        check_twiml('<Response><Connect><Stream url="wss://x/y?token=1"/></Connect></Response>')


def test_a_number_that_leads_nowhere_hears_a_polite_sentence() -> None:
    async def scenario(lab: TwilioLab) -> str:
        lab.lines.flow = None
        return (await lab.account.rings(LINE_NUMBER)).document

    document = ElementTree.fromstring(_do(scenario))
    assert [each.tag for each in document] == ["Say", "Hangup"]
    assert document.findtext("Say") == webhook.UNMAPPED


@pytest.mark.parametrize(("number", "key"), [(LINE_NUMBER, "wrong"), ("+14155550100", "12345")])
def test_who_is_not_twilio_gets_nothing(number: str, key: str) -> None:
    async def scenario(lab: TwilioLab) -> tuple[int, int]:
        call = SimulatedCall("CA1", number, "+12125550123")
        answer = await lab.account.asks(_VOICE, lab.account.about(call), key=key)
        return answer.status_code, len(lab.tickets.good)

    assert _do(scenario) == (403, 0)


def test_numbers_that_point_at_the_documented_address_are_answered_for_the_signature_only() -> None:
    async def scenario(lab: TwilioLab) -> list[tuple[int, str]]:
        call = SimulatedCall("CA1", LINE_NUMBER, "+12125550123")
        url = f"{PUBLIC_URL}{webhook.KUPE_VOICE}"
        answers = [await lab.account.asks(url, lab.account.about(call), key=key) for key in ("12345", "wrong")]
        answers.append(await lab.account.asks(url, lab.account.about(call), signed_url=_VOICE))
        return [(answer.status_code, answer.text[:10]) for answer in answers]

    told = _do(scenario)
    assert [status for status, _ in told] == [200, 403, 403]
    assert told[0][1].startswith("<")


def test_a_webhook_by_get_is_signed_by_its_query() -> None:
    async def scenario(lab: TwilioLab) -> list[int]:
        url = str(httpx.URL(_VOICE, params={"CallSid": "CA1", "To": LINE_NUMBER, "From": "+12125550123"}))
        assert lab.account.app is not None
        async with httpx.AsyncClient(transport=httpx.ASGITransport(lab.account.app)) as http:
            answers = [await http.get(url, headers={"X-Twilio-Signature": sign(each)}) for each in (url, _VOICE)]
        return [answer.status_code for answer in answers]

    assert _do(scenario) == [200, 403]


def test_a_server_that_stops_sends_the_call_elsewhere() -> None:
    async def scenario(lab: TwilioLab) -> int:
        lab.live.draining = True
        call = SimulatedCall("CA1", LINE_NUMBER, "+12125550123")
        return (await lab.account.asks(_VOICE, lab.account.about(call))).status_code

    assert _do(scenario) == 503


async def _connected(
    lab: TwilioLab, group: asyncio.TaskGroup, call: SimulatedCall
) -> tuple[Phone, "asyncio.Task[None]"]:
    """Open the stream that the call's document asks for."""
    phone = lab.account.phone_of(call)
    streaming = group.create_task(lab.account.streams(phone, call.stream_url))
    phone.begins()
    await lab.settle()
    return phone, streaming


def test_a_call_that_rings_becomes_a_conversation_and_ends_with_its_stream() -> None:
    async def scenario(lab: TwilioLab) -> list[EchoCall]:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, _ = await _connected(lab, group, call)
            phone.hangs_up()
        assert len(lab.live) == 0
        return lab.calls.placed

    (call,) = _do(scenario)
    assert (call.request.flow, call.request.account_id, call.request.transport) == ("greet", "anna", "twilio")
    assert call.request.metadata["request_id"] == call.request.call_id


def test_second_socket_same_token_refused() -> None:
    async def scenario(lab: TwilioLab) -> tuple[int | None, int]:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, _ = await _connected(lab, group, call)
            second = lab.account.phone_of(call)
            await lab.account.streams(second, call.stream_url)
            phone.hangs_up()
        return second.refused, len(lab.calls.placed)

    assert _do(scenario) == (403, 1)


@pytest.mark.parametrize("signature", ["", "bm8="])
def test_a_socket_that_is_not_signed_is_refused_before_it_is_accepted(signature: str) -> None:
    async def scenario(lab: TwilioLab) -> tuple[int | None, int]:
        call = await lab.account.rings(LINE_NUMBER)
        phone = lab.account.phone_of(call)
        await lab.account.streams(phone, call.stream_url, signature=signature)
        return phone.refused, len(lab.calls.placed)

    assert _do(scenario) == (403, 0)


def test_a_stream_of_another_call_than_its_tickets_is_refused() -> None:
    async def scenario(lab: TwilioLab) -> tuple[int, int]:
        call, other = await lab.account.rings(LINE_NUMBER), await lab.account.rings(LINE_NUMBER)
        phone = lab.account.phone_of(other)
        phone.begins()
        await lab.account.streams(phone, call.stream_url)
        assert phone.closed is not None
        return phone.closed[1], len(lab.calls.placed)

    assert _do(scenario) == (1008, 0)


def test_twilio_redirect_reopens_stream_keeps_context() -> None:
    async def scenario(lab: TwilioLab) -> tuple[list[EchoCall], list[Frame], str]:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, first = await _connected(lab, group, call)
            phone.says(phone.wire.media(phone.talk))
            await lab.settle()
            control = lab.calls.placed[0].leg.control
            assert control is not None
            await control.send_dtmf("12#")
            phone.hangs_up()  # Twilio stops the stream to play the keys
            await asyncio.sleep(5)
            again, _ = await _connected(lab, group, call)
            assert len(lab.live) == 1, "one call, its second stream"
            again.says(again.wire.media(again.talk))
            again.says(again.wire.dtmf("7"))
            await lab.settle()
            assert first.done() is False, "who had the call first has it still"
            again.hangs_up()
        return lab.calls.placed, lab.calls.placed[0].received, call.redirects[0]

    placed, received, document = _do(scenario)
    assert len(placed) == 1
    assert [type(frame) for frame in received[:3]] == [AudioIn, AudioIn, DtmfPressed]
    assert len(received) == 4, "and the end, once"
    verbs = ElementTree.fromstring(document)
    assert [each.tag for each in verbs] == ["Play", "Connect"]
    assert verbs[0].attrib["digits"] == "12#"


def test_twilio_clear_echoes_marks() -> None:
    async def scenario(lab: TwilioLab) -> tuple[Phone, list[Frame]]:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, _ = await _connected(lab, group, call)
            (echo,) = lab.calls.placed
            for _ in range(3):
                phone.says(phone.wire.media(phone.talk))  # comes back: three pieces and the mark after the first
            await lab.settle()
            echo.leg.send(Interrupted(0))
            await lab.settle()
            phone.hangs_up()
        return phone, echo.received

    phone, received = _do(scenario)
    assert phone.left_when_cleared == [480]
    assert phone.echoed == ["0:160"], "the clear brings the mark back"
    assert not [frame for frame in received if isinstance(frame, Played)], "which does not mean that it was heard"


def test_a_caller_who_does_not_come_back_ends_the_call() -> None:
    async def scenario(lab: TwilioLab) -> tuple[float, int]:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, _ = await _connected(lab, group, call)
            control = lab.calls.placed[0].leg.control
            assert control is not None
            await control.send_dtmf("1")
            phone.hangs_up()
        return asyncio.get_running_loop().time(), len(lab.live)

    ended_s, live = _do(scenario)
    assert ended_s == pytest.approx(50.1, abs=1)
    assert live == 0


def test_a_stream_that_stops_by_itself_is_not_waited_for_and_none_comes_unasked() -> None:
    async def scenario(lab: TwilioLab) -> float:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, _ = await _connected(lab, group, call)
            token = await lab.tickets.mint(await lab.lines.admit(lab.lines.line, _ringing(call)))  # type: ignore[arg-type]
            second = lab.account.phone_of(call)
            second.begins()
            await lab.account.streams(second, f"wss://voice.example.com/telephony/twilio/media/{token}")
            assert second.closed == (asyncio.get_running_loop().time(), 1008)
            phone.hangs_up()
        return asyncio.get_running_loop().time()

    assert _do(scenario) < 1


def _ringing(call: SimulatedCall) -> Any:
    return IncomingCall(call.sid, call.caller, call.to)


class _Deaf:
    """A call that nothing ends."""

    def __init__(self, call: EchoCall) -> None:
        self._call = call

    async def run(self) -> CallReport:
        await asyncio.Event().wait()
        raise AssertionError("never")

    def receive(self, frame: Frame) -> None:
        self._call.received.append(frame)

    def end(self, reason: str) -> None:
        """Do nothing."""


@pytest.mark.parametrize("ending", ["socket", "carrier", "both"])
def test_zombie_reaped(ending: str) -> None:
    def deaf(call: EchoCall) -> Call:
        return _Deaf(call)

    async def scenario(lab: TwilioLab) -> tuple[float, int]:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            phone, _ = await _connected(lab, group, call)
            began_s = asyncio.get_running_loop().time()
            for _ in range(2):
                if ending != "socket":
                    await lab.account.follows(call, lab.line_url("status"), CallStatus="completed")
                if ending != "carrier":
                    phone.goes()
        return asyncio.get_running_loop().time() - began_s, len(lab.live)

    with capture_logs() as said:
        took_s, live = _do(scenario, EchoCalls(wrap=deaf))
    assert took_s == pytest.approx(REAP_AFTER_S, abs=0.2)
    assert live == 0
    (alarm,) = [each for each in said if each["event"] == "zombie_reaped"]
    assert alarm["log_level"] == "error"


def test_a_call_that_its_carrier_has_ended_ends_although_its_socket_stays() -> None:
    async def scenario(lab: TwilioLab) -> float:
        call = await lab.account.rings(LINE_NUMBER)
        async with asyncio.TaskGroup() as group:
            await _connected(lab, group, call)
            for _ in range(3):
                answer = await lab.account.follows(call, lab.line_url("status"), CallStatus="completed")
                assert (answer.status_code, answer.text) == (204, "")
        return asyncio.get_running_loop().time()

    assert _do(scenario) < 1


def test_what_is_told_about_calls_is_passed_on_and_nonsense_is_not() -> None:
    async def scenario(lab: TwilioLab) -> TwilioLab:
        call = await lab.account.rings(LINE_NUMBER)
        told = {"CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "12", "AnsweredBy": "human"}
        await lab.account.follows(call, lab.line_url("status?intent=i-1"), **told)
        await lab.account.follows(call, lab.line_url("status"), CallStatus="sleeping")
        await lab.account.follows(call, lab.line_url("machine"), AnsweredBy="machine_end_beep")
        await lab.account.follows(call, lab.line_url("machine"), AnsweredBy="martian")
        await lab.account.follows(
            call, lab.line_url("recording"), RecordingStatus="completed", RecordingSid="RE1", RecordingUrl="https://x"
        )
        forged = await lab.account.asks(lab.line_url("status"), lab.account.about(call), key="wrong")
        assert forged.status_code == 403
        other = await lab.account.asks(f"{PUBLIC_URL}/telephony/twilio/lines/other/status", lab.account.about(call))
        assert other.status_code == 403
        return lab

    lab = _do(scenario)
    ((sid, progress, intent_id),) = lab.told.progress
    assert (sid[:2], intent_id) == ("CA", "i-1")
    assert progress == Progress(CallStatus.COMPLETED, 3, 12, AnsweredBy.HUMAN)
    assert lab.told.verdicts == [AnsweredBy.MACHINE_END_BEEP]
    assert lab.told.recordings == ["RE1"]


def test_a_stream_error_is_logged_without_numbers() -> None:
    async def scenario(lab: TwilioLab) -> None:
        call = await lab.account.rings(LINE_NUMBER)
        told = {"StreamEvent": "stream-error", "StreamError": "31921"}
        await lab.account.follows(call, lab.line_url("stream"), **told)

    with capture_logs() as said:
        _do(scenario)
    (warned,) = [each for each in said if each["event"] == "stream_error"]
    assert warned["reason"] == "31921"
    assert "5550123" not in str(said)
