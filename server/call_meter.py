"""The meter beside a call: ticks while it goes on, ends it kindly when its credits are used up (docs/adr/0016).

The call never waits for it: what cannot be counted now is counted at the next tick, for the whole time.
"""

import asyncio
import math
from typing import Protocol

import structlog

from kit.clock import Clock
from kit.errors import CapacityError, InsufficientCreditsError
from pipeline.frames.control import CallFailed, Farewell
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from transports.ports import Call, CallFactory, CallRequest

EXHAUSTED = "credits_exhausted"
NOTICE = "Your credits are used up, so I have to end this call now. Good-bye."
NOTICE_LIMIT_S = 15.0  # for the notice to be spoken; then the call ends without it

log = structlog.get_logger(__name__)


class MeterAwayError(Exception):
    """Nothing can be counted just now; the next try may succeed."""


class Meter(Protocol):
    """Counts one call. Times are since its start."""

    tick_s: int

    async def start(self) -> float:
        """Reserve the first tick; return for how many seconds the call is paid (`inf` if it costs nothing).

        Raises:
            InsufficientCreditsError: Too little is left to begin.
            MeterAwayError: It cannot be said.
        """

    async def tick(self, elapsed_ms: int) -> float:
        """Count and reserve the next tick; return for how many seconds the call is paid in all.

        Raises:
            MeterAwayError: It was not counted.
        """

    def stop(self, elapsed_ms: int, report: CallReport | None) -> None:
        """Settle, now or as soon as it can be done. Never waits, never fails.

        Args:
            elapsed_ms: How long the call was, without what came after its credits were used up.
            report: What is left of it; None if it broke.
        """


class Meters(Protocol):
    """Makes meters."""

    def of(self, request: CallRequest) -> Meter | None:
        """Return the meter of a call; None if nobody pays for it."""


class MeteredCalls:
    """A `CallFactory` that puts a meter beside each call."""

    def __init__(self, calls: CallFactory, meters: Meters, clock: Clock) -> None:
        self._calls = calls
        self._meters = meters
        self._clock = clock

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call and reserve its beginning; see `transports.ports.CallFactory`.

        Raises:
            InsufficientCreditsError: Nothing is left to begin with.
            CapacityError: It cannot be said whether anything is.
        """
        call = await self._calls.place(request, leg)
        meter = self._meters.of(request)
        if meter is None:
            return call
        try:
            paid_s = await meter.start()
        except MeterAwayError as error:
            raise CapacityError("The server cannot begin calls just now; try again in a moment.") from error
        return MeteredCall(call, meter, leg, paid_s, self._clock)


class MeteredCall:
    """A call with its meter."""

    def __init__(self, call: Call, meter: Meter, leg: Leg, paid_s: float, clock: Clock) -> None:
        """Prepare; the meter was started and is good for `paid_s`."""
        self._call = call
        self._meter = meter
        self._leg = leg
        self._paid_s = paid_s
        self._clock = clock
        self._began_s = 0.0
        self._exhausted = False

    async def run(self) -> CallReport:
        """Run the call to its end and settle it."""
        self._began_s = self._clock.now_s()
        report: CallReport | None = None
        async with asyncio.TaskGroup() as tasks:
            metering = tasks.create_task(self._keep())
            try:
                report = await self._call.run()
            finally:
                elapsed_s = min(self._elapsed_s(), self._paid_s) if self._exhausted else self._elapsed_s()
                self._meter.stop(int(elapsed_s * 1000), report)
                metering.cancel()
        return report

    def receive(self, frame: Frame) -> None:
        """Take a frame from the other side."""
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        """End the call now."""
        self._call.end(reason)

    def _elapsed_s(self) -> float:
        return self._clock.now_s() - self._began_s

    async def _keep(self) -> None:
        """Tick until the call is over (and this is cancelled), or its credits are."""
        tick_s = self._meter.tick_s
        while not self._exhausted:
            due_s: float = (math.floor(self._elapsed_s() / tick_s) + 1) * tick_s
            if self._elapsed_s() < self._paid_s < due_s:
                due_s = self._paid_s
            await asyncio.sleep(due_s - self._elapsed_s())
            await self._tick()
        log.info("credits_exhausted")
        self._leg.send(CallFailed(InsufficientCreditsError.code, "Your credits are used up."))
        self._call.receive(Farewell(EXHAUSTED, NOTICE))
        await asyncio.sleep(NOTICE_LIMIT_S)
        self._call.end(EXHAUSTED)

    async def _tick(self) -> None:
        elapsed_ms = round(self._elapsed_s() * 1000)
        try:
            async with asyncio.timeout(self._meter.tick_s):
                self._paid_s = await self._meter.tick(elapsed_ms)
        except (MeterAwayError, TimeoutError):
            log.warning("meter_away")
        except Exception:  # a meter that breaks costs us money, not the caller the call
            log.exception("meter_failed")
        else:
            self._exhausted = self._paid_s * 1000 <= elapsed_ms
