import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kit.clock import Clock
from kit.errors import CapacityError, InsufficientCreditsError
from pipeline.frames.control import CallFailed, Farewell
from pipeline.ports import Frame
from pipeline.report import CallReport
from server.call_meter import EXHAUSTED, Meter, MeterAwayError, MeteredCalls
from tests.support import virtual_time
from tests.support.call_lab import TapeLeg
from tests.support.fake_call import STARTED_AT
from transports.ports import Call, CallRequest


class Talk:
    """A call of a given length; says good-bye in two seconds if it is asked to."""

    def __init__(self, length_s: float, farewell_s: float = 2.0) -> None:
        self.received: list[tuple[float, Frame]] = []
        self._length_s = length_s
        self._farewell_s = farewell_s
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self) -> CallReport:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        timer = loop.call_later(self._length_s, self.end, "completed")
        reason = await self._over
        timer.cancel()
        return CallReport("c", "f", STARTED_AT, loop.time() - began_s, reason, reason == "completed", {}, ())

    def receive(self, frame: Frame) -> None:
        loop = asyncio.get_running_loop()
        self.received.append((loop.time(), frame))
        if isinstance(frame, Farewell):
            loop.call_later(self._farewell_s, self.end, frame.reason)

    def end(self, reason: str) -> None:
        if not self._over.done():
            self._over.set_result(reason)


class Purse:
    """Seconds of credit, shared by the meters that draw on it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.away = False
        self.takes_s = 0.0


class FakeMeter:
    """Reserves a tick ahead from a purse; keeps what it was told.

    Attributes:
        ticks: When it ticked: by the clock, and by what it was told.
    """

    tick_s = 10

    def __init__(self, purse: Purse) -> None:
        self.ticks: list[tuple[float, int]] = []
        self.stopped: list[int] = []
        self._purse = purse
        self._paid_s = 0.0

    async def start(self) -> float:
        return self._reserve(0.0)

    async def tick(self, elapsed_ms: int) -> float:
        self.ticks.append((asyncio.get_running_loop().time(), elapsed_ms))
        await asyncio.sleep(self._purse.takes_s)
        return self._reserve(elapsed_ms / 1000)

    def stop(self, elapsed_ms: int, report: CallReport | None) -> None:
        self.stopped.append(elapsed_ms)

    def _reserve(self, elapsed_s: float) -> float:
        if self._purse.away:
            raise MeterAwayError
        if not self._purse.seconds and not self._paid_s:
            raise InsufficientCreditsError
        more_s = max(0.0, min(elapsed_s + self.tick_s - self._paid_s, self._purse.seconds))
        self._purse.seconds -= more_s
        self._paid_s += more_s
        return self._paid_s


class OneEach:
    def __init__(self, *meters: Meter) -> None:
        self._meters = list(meters)

    def of(self, request: CallRequest) -> Meter | None:
        return self._meters.pop(0) if self._meters else None


class Calls:
    def __init__(self, *calls: Talk) -> None:
        self._calls = list(calls)

    async def place(self, request: CallRequest, leg: object) -> Call:
        return self._calls.pop(0)


def _request() -> CallRequest:
    return CallRequest("c", "f")


async def _run(talk: Talk, meter: Meter, leg: TapeLeg | None = None) -> CallReport:
    calls = MeteredCalls(Calls(talk), OneEach(meter), Clock())
    return await (await calls.place(_request(), leg or TapeLeg())).run()


def _at(seconds: float, act: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_later(seconds, act)


def test_a_call_ticks_while_it_goes_on_and_settles_its_exact_length() -> None:
    async def scenario() -> None:
        meter = FakeMeter(Purse(1_000))
        report = await _run(Talk(25.5), meter)
        assert report.end_reason == "completed"
        assert meter.ticks == [(10.0, 10_000), (20.0, 20_000)]
        assert meter.stopped == [25_500]

    virtual_time.run(scenario())


def test_a_call_whose_credits_are_used_up_is_told_so_and_ends() -> None:
    async def scenario() -> None:
        meter, talk, leg = FakeMeter(Purse(34)), Talk(100), TapeLeg()
        report = await _run(talk, meter, leg)
        assert (report.end_reason, report.duration_s) == (EXHAUSTED, 36.0)
        assert [(at_s, type(frame)) for at_s, frame in talk.received] == [(34.0, Farewell)]
        assert [(at_s, frame.code) for at_s, frame in leg.of(CallFailed)] == [(34.0, "insufficient_credits")]
        assert meter.stopped == [34_000], "the notice is not charged"

    virtual_time.run(scenario())


def test_a_call_that_cannot_speak_its_notice_ends_all_the_same() -> None:
    async def scenario() -> None:
        report = await _run(Talk(100, farewell_s=60), FakeMeter(Purse(10)))
        assert (report.end_reason, report.duration_s) == (EXHAUSTED, 25.0)

    virtual_time.run(scenario())


def test_two_calls_on_one_balance_end_within_a_tick_of_its_end() -> None:
    async def scenario() -> None:
        purse = Purse(65)
        first, second = FakeMeter(purse), FakeMeter(purse)
        reports = await asyncio.gather(_run(Talk(500), first), _run(Talk(500), second))
        assert {report.end_reason for report in reports} == {EXHAUSTED}
        assert [*first.stopped, *second.stopped] == [35_000, 30_000]
        assert purse.seconds == 0

    virtual_time.run(scenario())


def test_somebody_who_pays_in_the_last_second_keeps_the_call() -> None:
    async def scenario() -> None:
        purse = Purse(15)
        meter = FakeMeter(purse)
        _at(14.9, lambda: setattr(purse, "seconds", 100))
        report = await _run(Talk(39), meter)
        assert report.end_reason == "completed"
        assert [told for _, told in meter.ticks] == [10_000, 15_000, 20_000, 30_000]

    virtual_time.run(scenario())


def test_a_call_goes_on_while_its_meter_is_away_and_is_counted_afterwards() -> None:
    async def scenario() -> None:
        purse = Purse(1_000)
        meter = FakeMeter(purse)
        _at(15, lambda: setattr(purse, "away", True))
        _at(45, lambda: setattr(purse, "away", False))
        report = await _run(Talk(55), meter)
        assert report.end_reason == "completed"
        assert [told for _, told in meter.ticks] == [10_000, 20_000, 30_000, 40_000, 50_000]
        assert purse.seconds == 1_000 - 60
        assert meter.stopped == [55_000]

    virtual_time.run(scenario())


def test_a_meter_that_hangs_does_not_hold_up_the_end_of_its_call() -> None:
    async def scenario() -> None:
        purse = Purse(1_000)
        purse.takes_s = 500.0
        report = await _run(Talk(35), FakeMeter(purse))
        assert report.duration_s == 35.0

    virtual_time.run(scenario())


@pytest.mark.parametrize(("away", "error"), [(False, InsufficientCreditsError), (True, CapacityError)])
def test_a_call_that_cannot_be_paid_does_not_begin(away: bool, error: type[Exception]) -> None:
    async def scenario() -> None:
        purse = Purse(0)
        purse.away = away
        with pytest.raises(error):
            await _run(Talk(1), FakeMeter(purse))

    virtual_time.run(scenario())


def test_a_call_that_nobody_pays_for_has_no_meter() -> None:
    async def scenario() -> None:
        talk = Talk(3)
        calls = MeteredCalls(Calls(talk), OneEach(), Clock())
        assert await calls.place(_request(), TapeLeg()) is talk

    virtual_time.run(scenario())


def test_a_call_that_breaks_is_settled() -> None:
    class Broken(Talk):
        async def run(self) -> CallReport:
            await asyncio.sleep(7)
            raise ZeroDivisionError

    async def scenario() -> None:
        meter = FakeMeter(Purse(1_000))
        failing: Awaitable[CallReport] = _run(Broken(0), meter)
        with pytest.raises(ExceptionGroup):
            await failing
        assert meter.stopped == [7_000]

    virtual_time.run(scenario())
