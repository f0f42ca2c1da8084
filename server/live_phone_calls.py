"""Calls on telephones while they live: found by carriers' news, and torn down when they outlive their end."""

import asyncio

import structlog

from kit.clock import Clock
from kit.errors import AntiphonError
from kit.phone_calls import CarrierCall
from pipeline.frames.control import PeerGone
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from transports.ports import Call, CallFactory, CallRequest

REAP_AFTER_S = 30.0

log = structlog.get_logger(__name__)


class LivePhoneCalls:
    """A `CallFactory` that knows its calls by their own ids and by their carriers'."""

    def __init__(self, calls: CallFactory, clock: Clock) -> None:
        self._calls = calls
        self.clock = clock
        self._live: dict[str, _PhoneCall] = {}
        self._of_lines: dict[CarrierCall, _PhoneCall] = {}

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call; see `transports.ports.CallFactory`."""
        return _PhoneCall(await self._calls.place(request, leg), self, request)

    def tell(self, told: CarrierCall, frame: Frame) -> bool:
        """Give a frame to a call of the line that tells; False if it does not live here."""
        call = self._of_lines.get(told)
        if call is not None:
            call.receive(frame)
        return call is not None

    def is_live(self, call: "_PhoneCall") -> bool:
        """Say whether a call runs now."""
        return self._live.get(call.request.call_id) is call

    def add(self, call: "_PhoneCall") -> None:
        """Count a call as live."""
        self._live[call.request.call_id] = call
        self._of_lines[_at_carrier(call.request)] = call

    def remove(self, call: "_PhoneCall") -> None:
        """Count a call no longer."""
        self._live.pop(call.request.call_id, None)
        self._of_lines.pop(_at_carrier(call.request), None)


class _PhoneCall:
    """A call that must be over soon after either of its ends."""

    def __init__(self, call: Call, calls: LivePhoneCalls, request: CallRequest) -> None:
        self.request = request
        self._call = call
        self._calls = calls
        self._limit = asyncio.timeout(None)

    async def run(self) -> CallReport:
        """Run the call to its end; see `transports.ports.Call`."""
        self._calls.add(self)
        try:
            async with self._limit:
                return await self._call.run()
        except TimeoutError as error:
            if not self._limit.expired():
                raise
            log.error("zombie_reaped", call_id=self.request.call_id)  # noqa: TRY400  the traceback is of the tearing down
            raise AntiphonError("The call did not end by itself.", code="call.reaped") from error
        finally:
            self._calls.remove(self)

    def receive(self, frame: Frame) -> None:
        """Take a frame from the carrier."""
        if isinstance(frame, PeerGone):
            self._doom()
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        """End the call now."""
        self._doom()
        self._call.end(reason)

    def _doom(self) -> None:
        if self._limit.when() is None and self._calls.is_live(self):
            self._limit.reschedule(self._calls.clock.now_s() + REAP_AFTER_S)


def _at_carrier(request: CallRequest) -> CarrierCall:
    told = request.metadata
    return CarrierCall(request.transport, str(told.get("carrier_call", "")), str(told.get("line_id", "")))
