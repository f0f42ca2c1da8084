"""Calls that we made, watched for who takes them; what is known is kept with what was asked for."""

from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from control_api.calls.following import CallFollower
from kit.clock import Clock
from kit.phone_calls import AnsweredBy
from pipeline.ports import Leg
from telephony.answering import WatchedCall
from transports.ports import Call, CallFactory, CallRequest

log = structlog.get_logger(__name__)


class AnsweredCalls:
    """A `CallFactory` that watches what it is told to."""

    def __init__(self, calls: CallFactory, follower: CallFollower, clock: Clock) -> None:
        self._calls, self._follower, self._clock = calls, follower, clock

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call; see `transports.ports.CallFactory`."""
        if request.answering is None:
            return await self._calls.place(request, leg)
        told = partial(self._judged, request.call_id)
        call = WatchedCall(request.answering, leg.capabilities.rate_in_hz, self._clock, told)
        return await call.place(self._calls, request, leg)

    async def _judged(self, intent_id: str, by: AnsweredBy) -> None:
        try:
            await self._follower.judged(intent_id, by)
        except SQLAlchemyError as error:
            log.warning("answered_by_not_kept", reason=type(error).__name__)
