"""The desk between transports and calls: admits up to a limit, files the report of each call."""

import structlog

from kit.errors import CapacityError
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from server.call_log import CallLog
from transports.ports import Call, CallFactory, CallRequest

log = structlog.get_logger(__name__)


class CallDesk:
    """A `CallFactory` that counts.

    Attributes:
        active: Calls that have a place now.
        max_calls: How many places there are.
    """

    def __init__(self, calls: CallFactory, call_log: CallLog, max_calls: int) -> None:
        self.active = 0
        self.max_calls = max_calls
        self._calls = calls
        self._log = call_log

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call if there is a place; see `transports.ports.CallFactory`."""
        if self.active >= self.max_calls:
            raise CapacityError("The server is full; try again later.")
        self.active += 1
        try:
            return _FiledCall(await self._calls.place(request, leg), self, self._log)
        except BaseException:
            self.active -= 1
            raise


class _FiledCall:
    """A call that gives its place back and leaves its report."""

    def __init__(self, call: Call, desk: CallDesk, call_log: CallLog) -> None:
        self._call = call
        self._desk = desk
        self._log = call_log

    async def run(self) -> CallReport:
        try:
            log.info("call_started", active=self._desk.active)
            report = await self._call.run()
        finally:
            self._desk.active -= 1
        log.info(
            "call_ended", reason=report.end_reason, duration_s=round(report.duration_s, 1), turns=len(report.turns)
        )
        await self._log.save(report)
        return report

    def receive(self, frame: Frame) -> None:
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        self._call.end(reason)
