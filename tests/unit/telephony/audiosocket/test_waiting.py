import asyncio

import pytest

from kit.clock import Clock
from kit.errors import CapacityError, ForbiddenError
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.ports import TICKET_TTL_S, Admission
from tests.support.virtual_time import run
from transports.ports import CallRequest

_CALL = Admission(CallRequest("id-1", "support"))


def test_a_uuid_lets_one_connection_in() -> None:
    async def scenario() -> None:
        calls = ExpectedCalls(Clock())
        name = calls.expect(_CALL)
        assert len(name) == 36
        assert calls.redeem(name) == _CALL
        with pytest.raises(ForbiddenError):
            calls.redeem(name)

    run(scenario())


def test_a_uuid_that_nobody_used_expires() -> None:
    async def scenario() -> None:
        calls = ExpectedCalls(Clock())
        name = calls.expect(_CALL)
        await asyncio.sleep(TICKET_TTL_S)
        with pytest.raises(ForbiddenError):
            calls.redeem(name)

    run(scenario())


def test_what_is_expected_is_bounded() -> None:
    async def scenario() -> None:
        calls = ExpectedCalls(Clock())
        for _ in range(1000):
            calls.expect(_CALL)
        with pytest.raises(CapacityError):
            calls.expect(_CALL)
        await asyncio.sleep(TICKET_TTL_S)
        calls.expect(_CALL)

    run(scenario())
