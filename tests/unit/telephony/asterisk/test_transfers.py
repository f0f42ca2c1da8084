"""A caller on a trunk is passed on by the dialplan, and comes back: real connections on the virtual clock."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from kit.clock import Clock
from kit.errors import ForbiddenError, InputError
from kit.phone_calls import LineAccess
from pipeline.call_control import CallControl, TransferResult
from server.caller.asterisk_wire import AsteriskWire
from telephony.asterisk.routes import AsteriskAttendant, AsteriskHost, asterisk_router
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.connection import Exchange
from telephony.handover import ASKED_WITHIN_S, BACK_S, Handovers
from telephony.leg import CarrierLeg
from telephony.media_routes import TicketDesk
from telephony.transfers import RING_S
from tests.support.carriers.desk import Desk
from tests.support.carriers.phone import Phone
from tests.support.fake_call import EchoCalls
from tests.support.virtual_time import run
from transports.live import LiveCalls

_LINE = LineAccess("line-1", "acc", "+14155550123", "asterisk", {"ari_user": "antiphon", "ari_password": "s3cret"})
_HUMAN = "+12125550199"
_OURS = ("antiphon", "s3cret")


class _Trunk:
    """An Asterisk with our dialplan, and a server; to be made inside the loop."""

    announces = "&next=1"  # as the dialplan does that asks what comes next

    def __init__(self) -> None:
        self.calls, self.desk, clock = EchoCalls(), Desk([_LINE]), Clock()
        host = AsteriskHost(self.desk, self.desk, ExpectedCalls(clock), Handovers(), clock)
        exchange = Exchange(self.calls, LiveCalls(), clock)
        tickets = TicketDesk(self.desk, exchange, {"asterisk": AsteriskAttendant(host)})
        self.app = FastAPI()
        self.app.include_router(asterisk_router(host, tickets.serve))
        self.app.add_exception_handler(ForbiddenError, _refused)

    async def asks(self, path: str, auth: tuple[str, str] = _OURS, **query: str) -> str | int:
        """Ask as `CURL` of the dialplan does; the status in place of a refusal's text."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://x") as client:
            answer = await client.get(f"/telephony/asterisk/{path}", params=query, auth=auth)
            return answer.text if answer.is_success else answer.status_code

    async def rings(self) -> str:
        """Have somebody call the line; return the ticket."""
        return str(await self.asks("answer", called="+14155550123", caller="+14155550100", call="1763.1"))

    async def streams(self, ticket: str) -> Phone:
        """Be the stream with a ticket until it ends."""
        phone = Phone(AsteriskWire("1763.2"))
        phone.begins()
        async with asyncio.TaskGroup() as group:
            helpers = group.create_task(phone.line()), group.create_task(_leaves(phone))
            await phone.connect(self.app, f"ws://x/telephony/asterisk/media?token={ticket}{self.announces}", {})
            for helper in helpers:
                helper.cancel()
        return phone

    @property
    def control(self) -> CallControl:
        """What the only call is steered by."""
        (call,) = self.calls.placed
        assert isinstance(call.leg, CarrierLeg)
        assert call.leg.control is not None
        return call.leg.control


async def _leaves(phone: Phone) -> None:
    """Take the server's close."""
    while phone.closed is None:  # noqa: ASYNC110  the phone tells nobody
        await asyncio.sleep(0.01)
    phone.goes()


async def _refused(request: Request, error: Exception) -> JSONResponse:
    del request
    return JSONResponse({"detail": str(error)}, 403)


def _do(scenario: Callable[[_Trunk], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await scenario(_Trunk())

    return run(whole())


def test_a_caller_is_passed_on_and_the_call_is_over_when_they_do_not_come_back() -> None:
    async def scenario(trunk: _Trunk) -> Any:
        ticket = await trunk.rings()
        stream = asyncio.create_task(trunk.streams(ticket))
        await asyncio.sleep(1)
        passing = asyncio.create_task(trunk.control.transfer(_HUMAN, "cold", None))
        await asyncio.sleep(1)
        dialled = await trunk.asks("next", ticket=ticket)
        result = await passing
        await stream
        return result, dialled, await trunk.asks("next", ticket=ticket)

    assert _do(scenario) == (TransferResult(connected=True), f"PJSIP/{_HUMAN}@trunk", 404)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CHANUNAVAIL", "failed"), ("CONGESTION", "failed")],
)
def test_a_caller_whom_nobody_takes_comes_back_to_the_same_call_and_can_be_passed_on_again(
    status: str, reason: str
) -> None:
    async def scenario(trunk: _Trunk) -> list[TransferResult]:
        results, ticket = [], await trunk.rings()
        streams = [asyncio.create_task(trunk.streams(ticket))]
        await asyncio.sleep(1)
        for _ in range(2):
            passing = asyncio.create_task(trunk.control.transfer(_HUMAN, "cold", None))
            await asyncio.sleep(1)
            assert await trunk.asks("next", ticket=ticket) == f"PJSIP/{_HUMAN}@trunk"
            ticket = str(await trunk.asks("back", ticket=ticket, status=status))
            streams.append(asyncio.create_task(trunk.streams(ticket)))
            results.append(await passing)
            await asyncio.sleep(1)
        (call,) = trunk.calls.placed
        call.end("completed")
        for stream in streams:
            await stream
        return results

    assert _do(scenario) == [TransferResult(connected=False, reason=reason)] * 2


def test_a_dialplan_that_does_not_ask_passes_nobody_on() -> None:
    async def scenario(trunk: _Trunk) -> tuple[TransferResult, float]:
        stream = asyncio.create_task(trunk.streams(await trunk.rings()))
        await asyncio.sleep(1)
        began_s = asyncio.get_running_loop().time()
        result = await trunk.control.transfer(_HUMAN, "cold", None)
        took_s = asyncio.get_running_loop().time() - began_s
        await stream  # which ends soon: nobody is expected any more
        assert asyncio.get_running_loop().time() - began_s < ASKED_WITHIN_S + 3
        return result, took_s

    assert _do(scenario) == (TransferResult(connected=False, reason="failed"), pytest.approx(ASKED_WITHIN_S))
    assert ASKED_WITHIN_S < RING_S + BACK_S


def test_a_caller_who_was_on_their_way_back_and_hung_up_was_not_put_through() -> None:
    async def scenario(trunk: _Trunk) -> TransferResult:
        ticket = await trunk.rings()
        stream = asyncio.create_task(trunk.streams(ticket))
        await asyncio.sleep(1)
        passing = asyncio.create_task(trunk.control.transfer(_HUMAN, "cold", None))
        await asyncio.sleep(1)
        await trunk.asks("next", ticket=ticket)
        await trunk.asks("back", ticket=ticket, status="BUSY")
        await stream
        return await passing

    assert _do(scenario) == TransferResult(connected=False, reason="busy")


def test_a_dialplan_of_before_the_transfers_is_asked_for_none() -> None:
    async def scenario(trunk: _Trunk) -> frozenset[str]:
        trunk.announces = ""
        stream = asyncio.create_task(trunk.streams(await trunk.rings()))
        await asyncio.sleep(1)
        can = trunk.control.transfers
        (call,) = trunk.calls.placed
        call.end("completed")
        await stream
        return can

    assert _do(scenario) == frozenset()


def test_who_is_not_the_lines_asterisk_learns_nothing() -> None:
    async def scenario(trunk: _Trunk) -> list[str | int]:
        ticket = await trunk.rings()
        stream = asyncio.create_task(trunk.streams(ticket))
        await asyncio.sleep(1)
        told = [await trunk.asks("next", ticket=ticket)]
        passing = asyncio.create_task(trunk.control.transfer(_HUMAN, "cold", None))
        await asyncio.sleep(1)
        for path in ("next", "back"):
            told += [await trunk.asks(path, auth=("antiphon", "other"), ticket=ticket)]
            told += [await trunk.asks(path, ticket="another")]
        await passing
        await stream
        return told

    assert _do(scenario) == [404] * 5


@pytest.mark.parametrize("target", ["sip:desk@example.com,30,U(x)", "sip:a b@c", "PJSIP/other", "sip:@x"])
def test_what_would_be_more_than_a_word_of_the_dialplan_is_refused(target: str) -> None:
    async def scenario(trunk: _Trunk) -> None:
        stream = asyncio.create_task(trunk.streams(await trunk.rings()))
        await asyncio.sleep(1)
        with pytest.raises(InputError):
            await trunk.control.transfer(target, "cold", None)
        (call,) = trunk.calls.placed
        call.end("completed")
        await stream

    _do(scenario)
