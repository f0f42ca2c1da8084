"""What a carrier tells, and what becomes of the call that it is about."""

import asyncio
import dataclasses

import pytest

from control_api.calls.placing import CallWish
from kit.clock import Clock
from kit.phone_calls import AnsweredBy, Answering, CallStatus, CarrierCall, MachinePolicy, Progress
from pipeline.frames.control import Farewell, PeerGone
from pipeline.ports import Frame, LegCapabilities
from server.answered_calls import AnsweredCalls
from server.live_phone_calls import LivePhoneCalls
from server.phone_events import PhoneEvents
from storage.engine import Database
from storage.repositories import phone_lines
from telephony.answering import MACHINE_ANSWERED
from tests.support.accounts import add_accounts
from tests.support.calling_lab import CALLEE, CallingLab
from tests.support.fake_call import EchoCall, EchoCalls
from transports.ports import CallRequest

WISH = CallWish(CALLEE, message="Please call us back.")


class _Leg:
    capabilities = LegCapabilities()
    control = None

    def send(self, frame: Frame) -> None:
        """Hear nothing."""


class _Answered:
    """A call that was placed and taken, and what the carrier tells of it."""

    def __init__(self, database: Database) -> None:
        self.lab, self.calls = CallingLab(database), EchoCalls()
        self.live = LivePhoneCalls(AnsweredCalls(self.calls, self.lab.follower, Clock()), Clock())
        self.events = PhoneEvents(self.lab.follower, self.live)

    async def verdicts(self, policy: MachinePolicy, *verdicts: AnsweredBy) -> tuple[EchoCall, str]:
        """Place a call, have it taken, and tell who took it; returns the conversation and its end."""
        intent = await self.lab.placer.place("anna", dataclasses.replace(WISH, machine_policy=policy))
        told = CarrierCall("twilio", "CA1", intent.line_id)
        known = {"carrier_call": told.name, "line_id": told.line_id}
        answering = Answering(policy, intent.message)
        request = CallRequest(
            intent.id, "greet", metadata=known, account_id="anna", transport="twilio", answering=answering
        )
        call = await self.live.place(request, _Leg())
        async with asyncio.TaskGroup() as group:
            talking = group.create_task(call.run())
            await asyncio.sleep(0)
            await self.events.progressed(told, Progress(CallStatus.IN_PROGRESS, 2), intent.id)
            for verdict in verdicts:
                await self.events.answered(told, verdict)
            await self.events.progressed(told, Progress(CallStatus.COMPLETED, 3), intent.id)
            report = await talking
        return self.calls.placed[0], report.end_reason


@pytest.fixture
async def answered(database: Database) -> _Answered:
    """Prepare an account with a line."""
    await add_accounts(database, "anna")
    answered = _Answered(database)
    await answered.lab.add_line("anna")
    return answered


@pytest.mark.parametrize(
    ("policy", "verdict", "said"),
    [
        (MachinePolicy.LEAVE_MESSAGE, AnsweredBy.MACHINE_END_BEEP, WISH.message),
        (MachinePolicy.LEAVE_MESSAGE, AnsweredBy.MACHINE_END_SILENCE, WISH.message),
        (MachinePolicy.LEAVE_MESSAGE, AnsweredBy.MACHINE_START, None),
        (MachinePolicy.LEAVE_MESSAGE, AnsweredBy.HUMAN, None),
        (MachinePolicy.CONTINUE, AnsweredBy.MACHINE_END_BEEP, None),
        (MachinePolicy.HANG_UP, AnsweredBy.HUMAN, None),
        (MachinePolicy.HANG_UP, AnsweredBy.UNKNOWN, None),
    ],
)
async def test_twilio_async_amd_late_verdict(
    answered: _Answered, policy: MachinePolicy, verdict: AnsweredBy, said: str | None
) -> None:
    call, ended = await answered.verdicts(policy, verdict)
    assert [frame.text for frame in call.received if isinstance(frame, Farewell)] == ([said] if said else [])
    assert ended == "peer_gone"
    intent = await answered.lab.intent("anna", call.request.call_id)
    known = verdict if verdict is not AnsweredBy.UNKNOWN else None
    assert (intent.answered_by, intent.status) == (known, "completed")


@pytest.mark.parametrize("verdict", [AnsweredBy.MACHINE_START, AnsweredBy.FAX])
async def test_a_machine_that_is_not_wanted_is_hung_up_on(answered: _Answered, verdict: AnsweredBy) -> None:
    call, ended = await answered.verdicts(MachinePolicy.HANG_UP, verdict)
    assert ended == MACHINE_ANSWERED
    assert not [frame for frame in call.received if isinstance(frame, Farewell)]


@pytest.mark.parametrize("policy", MachinePolicy)
async def test_a_machine_whose_call_lives_elsewhere_is_hung_up_on_at_the_carrier(
    answered: _Answered, policy: MachinePolicy
) -> None:
    intent = await answered.lab.placer.place("anna", dataclasses.replace(WISH, machine_policy=policy))
    await answered.events.answered(CarrierCall("twilio", "CA1", intent.line_id), AnsweredBy.MACHINE_START)
    assert answered.lab.dialer.hung_up == (["CA1"] if policy is MachinePolicy.HANG_UP else [])
    assert (await answered.lab.intent("anna", intent.id)).answered_by == "machine_start"


async def test_a_verdict_after_the_end_or_on_nobodys_call_changes_nothing(answered: _Answered) -> None:
    call, _ = await answered.verdicts(MachinePolicy.LEAVE_MESSAGE)
    known = await answered.lab.intent("anna", call.request.call_id)
    ours, nobodys = CarrierCall("twilio", "CA1", known.line_id), CarrierCall("twilio", "CA9", known.line_id)
    await answered.events.answered(ours, AnsweredBy.MACHINE_END_BEEP)
    await answered.events.answered(nobodys, AnsweredBy.MACHINE_END_BEEP)
    await answered.events.progressed(nobodys, Progress(CallStatus.COMPLETED), None)
    await answered.events.recorded(ours, "RE1")
    assert [type(frame) for frame in call.received] == [PeerGone]
    assert (await answered.lab.intent("anna", call.request.call_id)).recording == "RE1"


@pytest.mark.parametrize(
    "told",
    [
        CarrierCall("twilio", "CA1", "line-of-bert"),
        CarrierCall("exotel", "CA1", "line-of-bert"),
        CarrierCall("asterisk", "CA1", None),
        CarrierCall("asterisk", "CA1", "line-of-bert"),
    ],
)
@pytest.mark.parametrize("names_intent", [True, False])
async def test_who_does_not_have_the_line_tells_nothing_of_its_calls(
    answered: _Answered, told: CarrierCall, names_intent: bool
) -> None:
    intent = await answered.lab.placer.place("anna", dataclasses.replace(WISH, machine_policy=MachinePolicy.HANG_UP))
    known = {"carrier_call": "CA1", "line_id": intent.line_id}
    request = CallRequest(intent.id, "greet", metadata=known, account_id="anna", transport="twilio")
    call = await answered.live.place(request, _Leg())
    async with asyncio.TaskGroup() as group:
        talking = group.create_task(call.run())
        await asyncio.sleep(0)
        named = intent.id if names_intent else None
        await answered.events.answered(told, AnsweredBy.MACHINE_START)
        await answered.events.recorded(told, "RE1")
        await answered.events.progressed(told, Progress(CallStatus.COMPLETED, 3, duration_s=7), named)
        kept = await answered.lab.intent("anna", intent.id)
        assert (kept.status, kept.answered_by, kept.recording, kept.duration_s) == ("queued", None, None, None)
        assert answered.calls.placed[0].received == []
        assert answered.lab.dialer.hung_up == []
        call.end("enough")
        await talking


async def test_the_operators_own_asterisk_tells_of_all_its_lines(answered: _Answered) -> None:
    intent = await answered.lab.placer.place("anna", WISH)
    async with answered.lab.database.writing("anna") as session:
        line = await phone_lines.by_id(session, intent.line_id)
        assert line is not None
        line.provider = "asterisk"
    told = CarrierCall("asterisk", "CA1", None)
    await answered.events.progressed(told, Progress(CallStatus.BUSY), intent.id)
    assert (await answered.lab.intent("anna", intent.id)).status == "busy"
