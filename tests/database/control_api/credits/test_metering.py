import datetime

import pytest

from control_api.credits import metering, service
from control_api.credits.metering import Bill, MeteredCall
from kit.errors import InsufficientCreditsError
from kit.money import from_cents
from storage.engine import EVERY_TENANT, Database
from storage.repositories import ledger
from storage.repositories.ledger import Balance
from storage.tables.account import Account

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
_RATE = from_cents(3)
_TICK_S = 10


def _after(seconds: float) -> datetime.datetime:
    return _AT + datetime.timedelta(seconds=seconds)


def _call(name: str) -> MeteredCall:
    return MeteredCall(name, "anna", _RATE, _TICK_S)


@pytest.fixture
async def anna(database: Database) -> Database:
    """Make an account without credits."""
    async with database.writing(EVERY_TENANT) as session:
        session.add(Account(id="anna", name="anna", created_at=_AT))
    return database


async def _give(database: Database, cents: int) -> None:
    async with database.writing("anna") as session:
        await service.grant_at_sign_up(session, "anna", from_cents(cents), _AT)


async def _start(database: Database, name: str) -> int | None:
    async with database.writing("anna") as session:
        return await metering.start(session, _call(name), _AT)


async def _tick(database: Database, name: str, seconds: float) -> int | None:
    async with database.writing("anna") as session:
        return await metering.tick(session, _call(name), int(seconds * 1000), _after(seconds))


async def _stop(database: Database, name: str, seconds: float) -> Bill | None:
    async with database.writing("anna") as session:
        return await metering.stop(session, name, int(seconds * 1000))


async def _balance(database: Database) -> Balance:
    async with database.reading("anna") as session:
        sums = await ledger.sums(session)
        assert sum(sums.values()) == 0
        found = await service.balance(session, "anna")
        assert found == Balance(sums.get("anna/available", 0), sums.get("anna/held", 0))
        return found


@pytest.mark.parametrize(
    ("seconds", "cents"), [(0, 0), (0.9, 0), (1, 3), (60, 3), (60.999, 3), (61, 6), (120, 6), (600, 30)]
)
async def test_a_call_costs_every_started_minute(anna: Database, seconds: float, cents: int) -> None:
    await _give(anna, 200)
    await _start(anna, "call-1")
    for tick_s in range(_TICK_S, int(seconds), _TICK_S):
        await _tick(anna, "call-1", tick_s)
    bill = await _stop(anna, "call-1", seconds)
    assert bill is not None
    assert bill.charge == from_cents(cents)
    assert bill.ended_at == _after(seconds)
    assert await _balance(anna) == Balance(from_cents(200 - cents), 0)


async def test_a_running_call_holds_one_tick_ahead(anna: Database) -> None:
    await _give(anna, 200)
    assert await _start(anna, "call-1") == 10
    assert await _balance(anna) == Balance(from_cents(200) - 500_000, 500_000)
    assert await _tick(anna, "call-1", 10) == 20
    assert await _balance(anna) == Balance(from_cents(200) - 1_000_000, 500_000)


async def test_two_calls_on_one_balance_are_both_paid_until_it_is_used_up(anna: Database) -> None:
    await _give(anna, 10)
    paid: dict[str, int | None] = {name: await _start(anna, name) for name in ("call-1", "call-2")}
    for seconds in range(_TICK_S, 120, _TICK_S):
        for name, until_s in paid.items():
            if until_s is not None and until_s >= seconds:
                paid[name] = await _tick(anna, name, seconds)
    assert paid == {"call-1": 100, "call-2": 100}
    bills = [await _stop(anna, name, 100) for name in paid]
    assert [bill.charge for bill in bills if bill] == [from_cents(5), from_cents(5)]
    assert await _balance(anna) == Balance(0, 0)


async def test_a_call_may_use_the_last_cent(anna: Database) -> None:
    await _give(anna, 1)
    await _start(anna, "call-1")
    assert await _tick(anna, "call-1", 10) == 20
    assert await _tick(anna, "call-1", 20) == 20
    bill = await _stop(anna, "call-1", 20)
    assert bill is not None
    assert bill.charge == from_cents(1)


async def test_a_call_without_a_cent_does_not_start(anna: Database) -> None:
    with pytest.raises(InsufficientCreditsError):
        await _start(anna, "call-1")
    assert await _balance(anna) == Balance(0, 0)


async def test_a_call_that_costs_nothing_needs_no_credits(anna: Database) -> None:
    async with anna.writing("anna") as session:
        assert await metering.start(session, MeteredCall("call-1", "anna", 0, _TICK_S), _AT) is None
    bill = await _stop(anna, "call-1", 61)
    assert bill is not None
    assert bill.charge == 0


async def test_whoever_pays_while_a_call_runs_lengthens_it(anna: Database) -> None:
    await _give(anna, 1)
    await _start(anna, "call-1")
    assert await _tick(anna, "call-1", 20) == 20
    async with anna.writing("anna") as session:
        assert await service.top_up(session, "anna", from_cents(5), "once", _AT)
        assert not await service.top_up(session, "anna", from_cents(5), "once", _AT)
    assert await _tick(anna, "call-1", 20) == 30


async def test_a_call_is_settled_once(anna: Database) -> None:
    await _give(anna, 200)
    await _start(anna, "call-1")
    assert await _stop(anna, "call-1", 30) is not None
    assert await _stop(anna, "call-1", 30) is None
    assert await _balance(anna) == Balance(from_cents(197), 0)


async def _reap(database: Database, now_s: float) -> list[Bill | None]:
    async with database.writing(EVERY_TENANT) as session:
        found = await metering.orphans(session, _after(now_s), _TICK_S)
        return [await metering.reap(session, call_id, _after(now_s), _TICK_S) for call_id in found]


async def test_a_call_of_a_dead_process_ends_at_its_last_tick(anna: Database) -> None:
    await _give(anna, 200)
    await _start(anna, "call-1")
    await _tick(anna, "call-1", 70)
    assert await _reap(anna, 100) == []
    assert await _reap(anna, 101) == [Bill("call-1", "anna", _AT, _after(70), 70_000, from_cents(6))]
    assert await _reap(anna, 101) == []
    assert await _balance(anna) == Balance(from_cents(194), 0)


async def test_a_call_that_was_only_slow_goes_on_after_it_was_reaped(anna: Database) -> None:
    await _give(anna, 200)
    await _start(anna, "call-1")
    await _tick(anna, "call-1", 10)
    await _reap(anna, 60)
    assert await _tick(anna, "call-1", 65) == 75
    bill = await _stop(anna, "call-1", 125)
    assert bill is not None
    assert bill.charge == from_cents(9)
    assert await _balance(anna) == Balance(from_cents(191), 0)


async def test_a_tick_that_comes_after_the_end_changes_nothing(anna: Database) -> None:
    await _give(anna, 200)
    await _start(anna, "call-1")
    await _stop(anna, "call-1", 12)
    await _tick(anna, "call-1", 10)
    assert await _balance(anna) == Balance(from_cents(197), 0)


async def test_the_history_shows_an_accounts_own_movements_page_by_page(anna: Database) -> None:
    await _give(anna, 200)
    await _start(anna, "call-1")
    await _stop(anna, "call-1", 1)
    async with anna.reading("anna") as session:
        first = await service.history(session, "anna", 2)
        second = await service.history(session, "anna", 2, before=first[-1].id)
        assert await service.history(session, "bert", 2) == []
    assert [(each.kind, each.available, each.held) for each in (*first, *second)] == [
        ("call_charged", -2_500_000, -500_000),
        ("call_held", -500_000, 500_000),
        ("grant", 200_000_000, 0),
    ]
