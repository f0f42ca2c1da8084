import asyncio

import pytest

from kit.errors import ForbiddenError
from server.identity import make_local_account
from server.media_tickets import StoredTickets
from storage.engine import Database
from telephony.ports import Admission
from tests.support.set_clock import SetClock
from transports.ports import CallRequest

ACCOUNT = "00000000-0000-7000-8000-000000000001"
REQUEST = CallRequest(
    "call-1", "greet", {"name": "Ada"}, {"from": "+14155550100"}, ACCOUNT, flow_version_id="v-1", transport="twilio"
)
ADMISSION = Admission(REQUEST, "line-1", "CA1")


@pytest.fixture
async def clock(database: Database) -> SetClock:
    clock = SetClock()
    await make_local_account(database, clock)
    return clock


async def test_a_ticket_gives_back_what_it_was_made_for(database: Database, clock: SetClock) -> None:
    tickets = StoredTickets(database, clock)
    token = await tickets.mint(ADMISSION)
    assert 30 < len(token) <= 64
    assert await StoredTickets(database, clock).redeem(token) == ADMISSION


async def test_of_many_who_show_one_ticket_a_single_one_is_let_in(database: Database, clock: SetClock) -> None:
    tickets = StoredTickets(database, clock)
    token = await tickets.mint(ADMISSION)
    results = await asyncio.gather(*(tickets.redeem(token) for _ in range(5)), return_exceptions=True)
    refused = [each for each in results if isinstance(each, ForbiddenError)]
    assert len(refused) == 4
    assert {each.code for each in refused} == {"telephony.invalid_ticket"}


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\ud800"])
async def test_what_is_no_ticket_lets_nobody_in(database: Database, clock: SetClock, token: str) -> None:
    with pytest.raises(ForbiddenError):
        await StoredTickets(database, clock).redeem(token)


async def test_a_ticket_is_good_for_its_time_and_no_longer(database: Database, clock: SetClock) -> None:
    tickets = StoredTickets(database, clock)
    early, late = await tickets.mint(ADMISSION, 10), await tickets.mint(ADMISSION, 10)
    clock.passed_s = 9.9
    await tickets.redeem(early)
    clock.passed_s = 10
    with pytest.raises(ForbiddenError):
        await tickets.redeem(late)
