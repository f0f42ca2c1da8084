"""What carriers tell of calls, led to where it is kept and to the calls that live here."""

import structlog

from control_api.calls.following import CallFollower
from kit.errors import ProviderError
from kit.phone_calls import AnsweredBy, CarrierCall, MachinePolicy, Progress
from pipeline.frames.control import Farewell
from server.live_phone_calls import LivePhoneCalls
from storage.tables.call_intent import CallIntent

LEFT_MESSAGE, MACHINE = "message_left", "machine_answered"
_BEFORE_THE_BEEP = AnsweredBy.MACHINE_START

log = structlog.get_logger(__name__)


class PhoneEvents:
    """`telephony.ports.CallEvents`."""

    def __init__(self, follower: CallFollower, live: LivePhoneCalls) -> None:
        self._follower = follower
        self._live = live

    async def progressed(self, call: CarrierCall, progress: Progress, intent_id: str | None) -> None:
        """See the port."""
        if progress.status.is_final:
            self._live.over_at_carrier(call)  # first: a database that is away keeps no call alive
        await self._follower.progressed(call, progress, intent_id)

    async def answered(self, call: CarrierCall, by: AnsweredBy) -> None:
        """See the port."""
        intent = await self._follower.answered(call, by)
        if intent is None or intent.state == "over" or not by.is_machine:
            return
        policy = MachinePolicy(intent.machine_policy)
        if policy is MachinePolicy.HANG_UP or (policy is MachinePolicy.LEAVE_MESSAGE and by is AnsweredBy.FAX):
            await self._hang_up(intent)
        elif policy is MachinePolicy.LEAVE_MESSAGE and by is not _BEFORE_THE_BEEP:
            left = self._live.tell(intent.id, Farewell(LEFT_MESSAGE, intent.message))
            log.info("message_left" if left else "message_not_left", intent_id=intent.id)

    async def recorded(self, call: CarrierCall, recording: str) -> None:
        """See the port."""
        await self._follower.recorded(call, recording)

    async def _hang_up(self, intent: CallIntent) -> None:
        self._live.end(intent.id, MACHINE)
        try:
            await self._follower.hang_up(intent)
        except ProviderError as error:
            log.warning("machine_not_hung_up_on", intent_id=intent.id, code=error.code)
