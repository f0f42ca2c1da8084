"""The desk between transports and calls: admits up to a limit, files the report of each call."""

from collections.abc import Callable

import structlog

from kit.errors import CapacityError
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from server.call_log import CallLog
from transports.ports import Call, CallFactory, CallRequest

log = structlog.get_logger(__name__)


class CallDesk:
    """A `CallFactory` that counts; `observe` sees each report.

    Attributes:
        active: Calls that have a place now.
        max_calls: How many places there are.
    """

    def __init__(
        self, calls: CallFactory, call_log: CallLog, max_calls: int, observe: Callable[[CallReport], None]
    ) -> None:
        self.active = 0
        self.max_calls = max_calls
        self._calls = calls
        self._log = call_log
        self._observe = observe

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call if there is a place; see `transports.ports.CallFactory`."""
        if self.active >= self.max_calls:
            raise CapacityError("The server is full; try again later.")
        self.active += 1
        try:
            return _FiledCall(await self._calls.place(request, leg), self)
        except BaseException:
            self.active -= 1
            raise

    async def file(self, report: CallReport) -> None:
        """Keep what is left of a call that is over."""
        log.info(
            "call_ended", reason=report.end_reason, duration_s=round(report.duration_s, 1), turns=len(report.turns)
        )
        self._observe(report)
        await self._log.save(report)


class _FiledCall:
    """A call that gives its place back and leaves its report."""

    def __init__(self, call: Call, desk: CallDesk) -> None:
        self._call = call
        self._desk = desk

    async def run(self) -> CallReport:
        try:
            log.info("call_started", active=self._desk.active)
            report = await self._call.run()
        finally:
            self._desk.active -= 1
        await self._desk.file(report)
        return report

    def receive(self, frame: Frame) -> None:
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        self._call.end(reason)
