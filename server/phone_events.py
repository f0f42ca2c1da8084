"""What carriers tell of calls, led to where it is kept and to the calls that live here."""

import structlog

from control_api.calls.following import CallFollower
from kit.errors import ProviderError
from kit.phone_calls import AnsweredBy, CarrierCall, MachinePolicy, Progress
from pipeline.frames.control import PeerGone
from server.live_phone_calls import LivePhoneCalls
from storage.tables.call_intent import CallIntent
from telephony.answering import CarrierVerdict

log = structlog.get_logger(__name__)


class PhoneEvents:
    """`telephony.ports.CallEvents`."""

    def __init__(self, follower: CallFollower, live: LivePhoneCalls) -> None:
        self._follower = follower
        self._live = live

    async def progressed(self, call: CarrierCall, progress: Progress, intent_id: str | None) -> None:
        """See the port."""
        if progress.status.is_final:
            self._live.tell(call, PeerGone())  # first: a database that is away keeps no call alive
        await self._follower.progressed(call, progress, intent_id)

    async def answered(self, call: CarrierCall, by: AnsweredBy) -> None:
        """See the port."""
        if self._live.tell(call, CarrierVerdict(by)):
            return  # the call weighs it with what it hears, and tells who answered
        intent = await self._follower.of(call)
        if intent is None:
            return
        await self._follower.judged(intent.id, by)
        if by.is_machine and intent.machine_policy == MachinePolicy.HANG_UP and intent.state != "over":
            await self._hang_up(intent)

    async def recorded(self, call: CarrierCall, recording: str) -> None:
        """See the port."""
        await self._follower.recorded(call, recording)

    async def _hang_up(self, intent: CallIntent) -> None:
        try:
            await self._follower.hang_up(intent)
        except ProviderError as error:
            log.warning("machine_not_hung_up_on", intent_id=intent.id, code=error.code)
