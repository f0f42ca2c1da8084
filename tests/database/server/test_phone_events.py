"""What a carrier tells, and what becomes of the call that it is about."""

import asyncio
import dataclasses

import pytest

from control_api.calls.placing import CallWish
from kit.clock import Clock
from kit.phone_calls import AnsweredBy, CallStatus, MachinePolicy, Progress
from pipeline.frames.control import Farewell, PeerGone
from pipeline.ports import Frame, LegCapabilities
from server.live_phone_calls import LivePhoneCalls
from server.phone_events import MACHINE, PhoneEvents
from storage.engine import Database
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
        self.live = LivePhoneCalls(self.calls, Clock())
        self.events = PhoneEvents(self.lab.follower, self.live)

    async def verdicts(self, policy: MachinePolicy, *verdicts: AnsweredBy) -> tuple[EchoCall, str]:
        """Place a call, have it taken, and tell who took it; returns the conversation and its end."""
        intent = await self.lab.placer.place("anna", dataclasses.replace(WISH, machine_policy=policy))
        request = CallRequest(intent.id, "greet", metadata={"carrier_call": intent.carrier_call}, account_id="anna")
        call = await self.live.place(request, _Leg())
        async with asyncio.TaskGroup() as group:
            talking = group.create_task(call.run())
            await asyncio.sleep(0)
            await self.events.progressed("twilio", "CA1", Progress(CallStatus.IN_PROGRESS, 2), intent.id)
            for verdict in verdicts:
                await self.events.answered("twilio", "CA1", verdict)
            await self.events.progressed("twilio", "CA1", Progress(CallStatus.COMPLETED, 3), intent.id)
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
    assert answered.lab.dialer.hung_up == []
    intent = await answered.lab.intent("anna", call.request.call_id)
    assert (intent.answered_by, intent.status) == (verdict, "completed")


@pytest.mark.parametrize("verdict", [AnsweredBy.MACHINE_START, AnsweredBy.FAX])
async def test_a_machine_that_is_not_wanted_is_hung_up_on(answered: _Answered, verdict: AnsweredBy) -> None:
    call, ended = await answered.verdicts(MachinePolicy.HANG_UP, verdict)
    assert ended == MACHINE
    assert answered.lab.dialer.hung_up == ["CA1"]
    assert not [frame for frame in call.received if isinstance(frame, Farewell)]


async def test_a_verdict_after_the_end_or_on_nobodys_call_changes_nothing(answered: _Answered) -> None:
    call, _ = await answered.verdicts(MachinePolicy.LEAVE_MESSAGE)
    await answered.events.answered("twilio", "CA1", AnsweredBy.MACHINE_END_BEEP)
    await answered.events.answered("twilio", "CA9", AnsweredBy.MACHINE_END_BEEP)
    await answered.events.progressed("twilio", "CA9", Progress(CallStatus.COMPLETED), None)
    await answered.events.recorded("twilio", "CA1", "RE1")
    assert [type(frame) for frame in call.received] == [PeerGone]
    assert (await answered.lab.intent("anna", call.request.call_id)).recording == "RE1"
