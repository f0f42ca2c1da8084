"""The desk between transports and calls: admits up to a limit, files the report of each call."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kit.errors import CapacityError
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from server.call_log import CallLog
from transports.ports import Call, CallFactory, CallRequest

log = structlog.get_logger(__name__)


def _no_record(_: Mapping[str, Any]) -> None:
    """Keep nothing beyond the report file."""


class CallDesk:
    """A `CallFactory` that counts.

    Attributes:
        active: Calls that have a place now.
        max_calls: How many places there are.
    """

    def __init__(
        self,
        calls: CallFactory,
        call_log: CallLog,
        max_calls: int,
        observe: Callable[[CallReport], None],
        record: Callable[[Mapping[str, Any]], None] = _no_record,
    ) -> None:
        """Open.

        Args:
            calls: Makes the calls.
            call_log: Keeps each report as a file.
            max_calls: How many places there are.
            observe: Sees each report.
            record: Keeps each report, as JSON values, where it can be searched; must not wait or raise.
        """
        self.active = 0
        self.max_calls = max_calls
        self._calls = calls
        self._log = call_log
        self._observe = observe
        self._record = record
        self._sessions: dict[str, Call] = {}

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call if there is a place; see `transports.ports.CallFactory`."""
        if self.active >= self.max_calls:
            raise CapacityError("The server is full; try again later.")
        self.active += 1
        try:
            return _FiledCall(await self._calls.place(request, leg), self, request)
        except SQLAlchemyError as error:
            self.active -= 1
            log.warning("call_not_placed", reason=type(error).__name__)
            raise CapacityError("The server cannot begin calls just now; try again in a moment.") from error
        except BaseException:
            self.active -= 1
            raise

    def end_session(self, session_id: str, reason: str) -> bool:
        """End the call of a session; False if it has none here."""
        call = self._sessions.get(session_id)
        if call is None:
            return False
        call.end(reason)
        return True

    async def run(self, call: Call, request: CallRequest) -> CallReport:
        """Run a placed call to its end and keep what is left of it."""
        if request.session_id is not None:
            self._sessions[request.session_id] = call
        try:
            log.info("call_started", active=self.active)
            report = await call.run()
        finally:
            self.active -= 1
            self._sessions.pop(request.session_id or "", None)
        await self._file(report, request)
        return report

    async def _file(self, report: CallReport, request: CallRequest) -> None:
        log.info(
            "call_ended", reason=report.end_reason, duration_s=round(report.duration_s, 1), turns=len(report.turns)
        )
        self._observe(report)
        self._record(await self._log.save(report, request))


class _FiledCall:
    """A call that gives its place back and leaves its report."""

    def __init__(self, call: Call, desk: CallDesk, request: CallRequest) -> None:
        self._call = call
        self._desk = desk
        self._request = request

    async def run(self) -> CallReport:
        return await self._desk.run(self._call, self._request)

    def receive(self, frame: Frame) -> None:
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        self._call.end(reason)
