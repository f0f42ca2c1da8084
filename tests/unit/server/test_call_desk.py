import asyncio
from pathlib import Path

import pytest

from kit.errors import CapacityError, InputError
from pipeline.frames.control import PeerGone
from pipeline.ports import Frame, LegCapabilities
from pipeline.report import CallReport
from server.call_desk import CallDesk
from server.call_log import CallLog
from tests.support.fake_call import EchoCalls
from transports.ports import CallRequest

REQUEST = CallRequest("01934f3c-0000-7000-8000-000000000000", "greet")


class _Leg:
    capabilities = LegCapabilities()
    control = None

    def send(self, frame: Frame) -> None:
        """Take a frame and forget it."""


def _ignore(_report: CallReport) -> None:
    """Take a report and forget it."""


async def test_a_call_has_a_place_until_it_is_over_and_its_report_is_filed(tmp_path: Path) -> None:
    log, observed = CallLog(tmp_path), list[CallReport]()
    desk = CallDesk(EchoCalls(), log, 1, observed.append)
    call = await desk.place(REQUEST, _Leg())
    assert desk.active == 1
    with pytest.raises(CapacityError):
        await desk.place(REQUEST, _Leg())
    call.receive(PeerGone())
    report = await call.run()
    assert report.end_reason == "peer_gone"
    assert observed == [report]
    assert desk.active == 0
    assert [each["end_reason"] for each in log.recent()] == ["peer_gone"]


async def test_a_call_that_crashes_gives_its_place_back(tmp_path: Path) -> None:
    desk = CallDesk(EchoCalls(), CallLog(tmp_path), 1, _ignore)
    call = await desk.place(REQUEST, _Leg())
    call.end("crash")
    with pytest.raises(ZeroDivisionError):
        await call.run()
    assert desk.active == 0


async def test_a_call_that_cannot_be_placed_takes_no_place(tmp_path: Path) -> None:
    calls = EchoCalls()
    calls.refuse = InputError("bad flow")
    desk = CallDesk(calls, CallLog(tmp_path), 1, _ignore)
    with pytest.raises(InputError):
        await desk.place(REQUEST, _Leg())
    assert desk.active == 0


async def test_calls_that_are_being_prepared_count(tmp_path: Path) -> None:
    desk = CallDesk(EchoCalls(), CallLog(tmp_path), 3, _ignore)
    results = await asyncio.gather(*(desk.place(REQUEST, _Leg()) for _ in range(5)), return_exceptions=True)
    assert [type(each).__name__ for each in results if isinstance(each, Exception)] == ["CapacityError"] * 2
