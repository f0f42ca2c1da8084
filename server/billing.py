"""Meters over the database (`server.call_meter`): ledger and hooks in one transaction, tried until it succeeds."""

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from control_api.credits import metering
from control_api.credits.metering import Bill, MeteredCall
from control_api.credits.tariff import Tariff
from control_api.webhooks import service as webhooks
from kit import money
from kit.clock import Clock
from pipeline.report import CallReport
from server.call_log import CallLog
from server.call_meter import Meter, MeterAwayError
from server.call_records import record_of
from storage.engine import EVERY_TENANT, Database
from storage.repositories import call_records, voice_sessions
from transports.ports import CallRequest

_AWAY: Final = (SQLAlchemyError, OSError)
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_STARTING: Final = datetime.timedelta(minutes=10)  # a session in use for so long has a call, or never gets one
_KEPT: Final = ("call_id", "flow", "session_id", "transport", "agent_id")
_AT_ONCE: Final = 2  # calls that began together tick together, and requests shall find the database free all the same
_LAST_TRY_S: Final = 5.0  # at shutdown, for what is not settled yet; the reaper of the next start does the rest

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A call to settle."""

    request: CallRequest
    elapsed_ms: int
    report: CallReport | None


class Billing:
    """Meters calls of accounts, settles them, and ends those of dead processes.

    Attributes:
        tick_s: How often a call is metered.
        own: Meters of calls of this process: however late their ticks are, it is not dead.
        places: Of meters that count just now.
        on_charge: Told what each call has cost, in micro-cents, once it is settled.
    """

    def __init__(
        self,
        database: Database,
        tariff: Tariff,
        clock: Clock,
        tick_s: int,
        call_log: CallLog,
        on_event: Callable[[], None],
    ) -> None:
        """Prepare; meters work while it is open. `on_event` is called when something is due to hooks."""
        self._log = call_log
        self.tick_s = tick_s
        self.database = database
        self.tariff = tariff
        self.clock = clock
        self.on_event = on_event
        self.on_charge: Callable[[int], None] = _nobody_counts
        self._ended: asyncio.Queue[_Ended] = asyncio.Queue()  # as many as calls end while the database is away
        self._tasks: asyncio.TaskGroup | None = None
        self.places = asyncio.Semaphore(_AT_ONCE)
        self.own = set[str]()

    def of(self, request: CallRequest) -> Meter | None:
        """Return the meter of a call; see `server.call_meter.Meters`."""
        return None if request.account_id is None else _AccountMeter(self, request, request.account_id)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Settle and reap until it closes; then settle what there is left."""
        async with asyncio.TaskGroup() as self._tasks:
            jobs = [self._tasks.create_task(job) for job in (self._settle_all(), self._reap_all())]
            try:
                yield
            finally:
                try:
                    async with asyncio.timeout(_LAST_TRY_S):
                        await self._ended.join()
                except TimeoutError:
                    log.warning("calls_not_settled", count=self._ended.qsize())
                for job in jobs:
                    job.cancel()

    def spawn(self, work: Coroutine[Any, Any, float | None]) -> "asyncio.Task[float | None]":
        """Do something that is finished even if nobody waits for it any more."""
        assert self._tasks is not None, "open while there are calls"
        return self._tasks.create_task(work)

    def end(self, request: CallRequest, elapsed_ms: int, report: CallReport | None) -> None:
        """Settle a call as soon as possible."""
        self._ended.put_nowait(_Ended(request, elapsed_ms, report))

    async def reap(self) -> int:
        """End the calls whose process is dead; return how many there were."""
        now = self.clock.utc()
        async with self.database.reading(EVERY_TENANT) as session:
            orphans = set(await metering.orphans(session, now, self.tick_s)) - self.own
        reaped = sum([await self._reap(meter_id, now) for meter_id in orphans])
        async with self.database.writing(EVERY_TENANT) as session:
            await voice_sessions.close_unmetered(session, now - _STARTING)
        if reaped:
            self.on_event()
        return reaped

    async def _reap(self, meter_id: str, now: datetime.datetime) -> bool:
        async with self.database.writing(EVERY_TENANT) as session:
            bill = await metering.reap(session, meter_id, now, self.tick_s)
            if bill is None:
                return False
            request = CallRequest(account_id=bill.account_id, **bill.about)
            if request.session_id is not None:
                await voice_sessions.close(session, request.session_id, bill.ended_at)
            # Before the meter counts as closed, for nobody looks at the call again after that.
            left = await self._log.lost(request, bill.started_at, bill.elapsed_ms / 1000)
            if not await call_records.known(session, [request.call_id]):
                session.add(record_of(left))
            data = _ended_data(bill, request, None)
            await webhooks.tell(session, bill.account_id, "session.ended", data, now, meter_id)
        self.on_charge(bill.charge)
        log.warning("call_reaped", meter_id=meter_id, elapsed_ms=bill.elapsed_ms)
        return True

    async def _reap_all(self) -> None:
        while True:
            try:
                await self.reap()
            except Exception:  # a job ends here: the next round tries again
                log.exception("reaper_failed")
            await asyncio.sleep(self.tick_s)

    async def _settle_all(self) -> None:
        while True:
            ended = await self._ended.get()
            try:
                await self._settle_in_the_end(ended)
            except Exception:  # a job ends here: the reaper ends this call, and the others are settled
                log.exception("call_not_settled", call_id=ended.request.call_id)
            finally:
                self.own.discard(_meter_id(ended.request))
                self._ended.task_done()

    async def _settle_in_the_end(self, ended: _Ended) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                return await self._settle(ended)
            except _AWAY as error:
                log.warning("settling_waits", call_id=ended.request.call_id, reason=type(error).__name__)
            await asyncio.sleep(wait_s)
            wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)

    async def _settle(self, ended: _Ended) -> None:
        account_id, now = ended.request.account_id, self.clock.utc()
        assert account_id is not None, "only calls of accounts are metered"
        async with self.database.writing(account_id) as session:
            bill = await metering.stop(session, _meter_id(ended.request), ended.elapsed_ms)
            if bill is not None:
                if ended.request.session_id is not None:
                    await voice_sessions.close(session, ended.request.session_id, bill.ended_at)
                data = _ended_data(bill, ended.request, ended.report)
                await webhooks.tell(session, account_id, "session.ended", data, now, bill.call_id)
        if bill is not None:
            self.on_charge(bill.charge)
        self.on_event()


class _AccountMeter:
    """`server.call_meter.Meter` of one call."""

    def __init__(self, billing: Billing, request: CallRequest, account_id: str) -> None:
        self.tick_s = billing.tick_s
        self._billing = billing
        self._request = request
        about = {name: getattr(request, name) for name in _KEPT} | {"metadata": dict(request.metadata)}
        self._call = MeteredCall(_meter_id(request), account_id, 0, billing.tick_s, about)

    async def start(self) -> float:
        now = self._billing.clock.utc()
        try:
            async with self._billing.places, self._billing.database.writing(self._call.account_id) as session:
                rate = await self._billing.tariff.rate(session, self._call.account_id)
                self._call = replace(self._call, rate=rate)
                paid_s = await metering.start(session, self._call, now)
                data = _about(self._request) | {"started_at": now.isoformat()}
                await webhooks.tell(session, self._call.account_id, "session.started", data, now, self._call.call_id)
        except _AWAY as error:
            raise MeterAwayError from error
        self._billing.on_event()
        return _or_inf(paid_s)

    async def tick(self, elapsed_ms: int) -> float:
        self._billing.own.add(self._call.call_id)
        # Not cut off in the middle when the call ends: the connection to the database would be lost with it.
        paid_s = await asyncio.shield(self._billing.spawn(self._tick(elapsed_ms)))
        if paid_s is None:
            raise MeterAwayError
        return paid_s

    def stop(self, elapsed_ms: int, report: CallReport | None) -> None:
        self._billing.end(self._request, elapsed_ms, report)

    async def _tick(self, elapsed_ms: int) -> float | None:
        try:
            async with self._billing.places, self._billing.database.writing(self._call.account_id) as session:
                return _or_inf(await metering.tick(session, self._call, elapsed_ms, self._billing.clock.utc()))
        except _AWAY as error:
            log.warning("tick_waits", call_id=self._call.call_id, reason=type(error).__name__)
            return None
        except Exception:  # what breaks here must not reach the other calls; this one is counted at its next tick
            log.exception("tick_failed", call_id=self._call.call_id)
            return None


def _nobody_counts(microcents: int) -> None:
    """Ignore a charge."""


def _meter_id(request: CallRequest) -> str:
    """Return what a call is metered under: its session, or itself where it has none."""
    return request.session_id or request.call_id


def _or_inf(paid_s: int | None) -> float:
    return float("inf") if paid_s is None else paid_s


def _about(request: CallRequest) -> dict[str, Any]:
    return {
        "session_id": request.session_id,
        "call_id": request.call_id,
        "agent_id": request.agent_id,
        "flow_id": request.flow,
        "metadata": dict(request.metadata),
    }


def _ended_data(bill: Bill, request: CallRequest, report: CallReport | None) -> Mapping[str, Any]:
    """Return what `session.ended` tells; of a call whose process died, and its report with it, only what is stored."""
    about = _about(request)
    usage = {
        "duration_seconds": bill.elapsed_ms // 1000,
        "charged_microcents": bill.charge,
        "charged_usd_cents": money.cents_up(bill.charge),
    }
    times = {"started_at": bill.started_at.isoformat(), "ended_at": bill.ended_at.isoformat()}
    if report is None:
        return about | times | {"end_reason": "server_lost", "completed": False, "usage": usage}
    return (
        about
        | times
        | {
            "end_reason": report.end_reason,
            "completed": report.completed,
            "variables": dict(report.variables),
            "transcript": _transcript(report),
            "usage": usage,
        }
    )


def _transcript(report: CallReport) -> list[dict[str, str]]:
    said = [(role, text) for turn in report.turns for role, text in (("user", turn.caller), ("assistant", turn.bot))]
    return [{"role": role, "text": text} for role, text in said if text]
