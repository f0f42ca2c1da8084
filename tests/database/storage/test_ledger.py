"""Whatever is done with money, in whatever order: nothing is lost, nothing is made."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.credits import metering, pricing, service
from control_api.credits.metering import MeteredCall
from kit.errors import InsufficientCreditsError
from kit.ids import uuid7
from storage.engine import EVERY_TENANT, Database
from storage.repositories import ledger
from storage.repositories.ledger import Balance, Posting
from storage.tables.account import Account
from storage.tables.call_meter import CallMeter
from storage.tables.ledger_account import LedgerAccount

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
_RATE, _TICK_S = 3_000_000, 10
_Result = TypeVar("_Result")
_WHO = st.sampled_from(["anna", "bert"])
_CALLS = st.sampled_from(["1", "2", "3"])
_KEYS = st.sampled_from(["a", "b", "c"])
_MONEY = st.integers(0, 12_000_000)


class Treasury(RuleBasedStateMachine):
    """Two accounts; `_expected` is what they must have, all in all."""

    database: Database
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self._id = uuid7()[:23]  # leaves room for a name
        self._expected = {"anna": 0, "bert": 0}
        self._keys: set[str] = set()
        self._elapsed_ms: dict[str, int] = {}
        self._now = _AT
        accounts = [Account(id=self._name(who), name=who, created_at=_AT) for who in self._expected]

        async def make(session: AsyncSession) -> None:
            session.add_all(accounts)

        self._write(make)

    def _name(self, what: str) -> str:
        return f"{self._id}-{what}"

    def _write(self, work: Callable[[AsyncSession], Awaitable[_Result]]) -> _Result:
        async def in_transaction() -> _Result:
            async with self.database.writing(EVERY_TENANT) as session:
                return await work(session)

        return self.runner.run(in_transaction())

    def _claim(self, key: str) -> bool:
        is_new = key not in self._keys
        self._keys.add(key)
        return is_new

    @rule(who=_WHO, amount=_MONEY, key=_KEYS)
    def top_up(self, who: str, amount: int, key: str) -> None:
        done = self._write(lambda s: service.top_up(s, self._name(who), amount, key, self._now))
        assert done == self._claim(f"top_up/{who}/{key}")
        self._expected[who] += amount if done else 0

    @rule(who=_WHO, amount=_MONEY, key=_KEYS)
    def spend(self, who: str, amount: int, key: str) -> None:
        book = ledger.available(self._name(who))
        posting = Posting("spent", self._name(f"spend/{key}"), {book: -amount, ledger.REVENUE: amount}, self._now)
        has = self._balance(who).available
        try:
            done = self._write(lambda s: ledger.post(s, posting))
        except InsufficientCreditsError:
            assert amount > has
            assert f"spend/{key}" not in self._keys
            return
        assert done == self._claim(f"spend/{key}")
        assert not done or amount <= has
        self._expected[who] -= amount if done else 0

    @rule(who=_WHO, call=_CALLS)
    def start(self, who: str, call: str) -> None:
        name = f"{who}{call}"
        if name in self._elapsed_ms:
            return
        has = self._balance(who).available
        try:
            self._write(lambda s: metering.start(s, self._call(who, call), self._now))
        except InsufficientCreditsError:
            assert has < 1_000_000
        else:
            assert has >= 1_000_000
            self._elapsed_ms[name] = 0

    @rule(who=_WHO, call=_CALLS, more_ms=st.integers(0, 70_000))
    def tick(self, who: str, call: str, more_ms: int) -> None:
        name = f"{who}{call}"
        if name not in self._elapsed_ms:
            return
        before = self._captured(name)
        self._elapsed_ms[name] += more_ms
        elapsed_ms = self._elapsed_ms[name]
        paid_s = self._write(lambda s: metering.tick(s, self._call(who, call), elapsed_ms, self._now))
        assert paid_s is not None
        assert self._balance(who).available == 0 or paid_s >= elapsed_ms // 1000 + _TICK_S
        self._expected[who] -= self._captured(name) - before

    @rule(who=_WHO, call=_CALLS, more_ms=st.integers(0, 70_000))
    def stop(self, who: str, call: str, more_ms: int) -> None:
        name = f"{who}{call}"
        if name not in self._elapsed_ms:
            return
        before = self._captured(name)
        self._elapsed_ms[name] += more_ms
        elapsed_ms = self._elapsed_ms[name]
        bill = self._write(lambda s: metering.stop(s, self._name(name), elapsed_ms))
        if bill is not None:
            due = pricing.charge(_RATE, elapsed_ms // 1000)
            assert bill.charge == due or (bill.charge < due and self._balance(who).available == 0)
        self._expected[who] -= self._captured(name) - before

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self._now += datetime.timedelta(seconds=seconds)

    @rule()
    def reap(self) -> None:
        for call_id in self._write(lambda s: metering.orphans(s, self._now, _TICK_S)):
            if call_id.startswith(self._id):
                name = call_id.removeprefix(f"{self._id}-")
                before = self._captured(name)
                bill = self._write(partial(metering.reap, call_id=call_id, now=self._now, tick_s=_TICK_S))
                assert bill is not None
                assert bill.elapsed_ms == self._elapsed_ms[name]
                self._expected[name[:4]] -= bill.charge - before

    @invariant()
    def nothing_is_lost(self) -> None:
        sums = self._write(ledger.sums)
        assert sum(sums.values()) == 0
        for who, expected in self._expected.items():
            balance = self._balance(who)
            assert min(balance.available, balance.held) >= 0
            assert balance.available + balance.held == expected
            assert balance.available == sums.get(f"{self._name(who)}/available", 0)
            assert balance.held == sums.get(f"{self._name(who)}/held", 0)
            assert balance.held == self._held_by_meters(who)

    def _call(self, who: str, call: str) -> MeteredCall:
        return MeteredCall(self._name(f"{who}{call}"), self._name(who), _RATE, _TICK_S)

    def _balance(self, who: str) -> Balance:
        return self._write(lambda s: ledger.balance(s, self._name(who)))

    def _total(self, who: str) -> int:
        balance = self._balance(who)
        return balance.available + balance.held

    def _captured(self, name: str) -> int:
        async def read(session: AsyncSession) -> int:
            meter = await session.get(CallMeter, self._name(name))
            assert meter is not None
            return meter.captured

        return self._write(read)

    def _held_by_meters(self, who: str) -> int:
        query = select(func.coalesce(func.sum(CallMeter.held), 0)).where(CallMeter.account_id == self._name(who))

        async def read(session: AsyncSession) -> int:
            return int((await session.execute(query)).scalar_one())

        return self._write(read)


def test_no_sequence_of_operations_loses_or_makes_money(database_url: str) -> None:
    with asyncio.Runner() as runner:
        Treasury.database, Treasury.runner = Database(database_url), runner
        try:
            run_state_machine_as_test(
                Treasury,
                settings=settings(
                    max_examples=12,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
        finally:
            runner.run(Treasury.database.close())


async def test_many_at_once_never_spend_more_than_there_is(database: Database) -> None:
    async with database.writing(EVERY_TENANT) as session:
        session.add(Account(id="anna", name="anna", created_at=_AT))
        await session.flush()
        await service.top_up(session, "anna", 1_000, "all", _AT)

    async def spend(number: int) -> bool:
        legs = {ledger.available("anna"): -10, ledger.held("anna"): 10}
        try:
            async with database.writing("anna") as session:
                return await ledger.post(session, Posting("spent", f"key-{number % 120}", legs, _AT))
        except InsufficientCreditsError:
            return False

    done = await asyncio.gather(*(spend(number) for number in range(240)))
    assert sum(done) == 100
    async with database.reading(EVERY_TENANT) as session:
        books = {row.id: row.balance for row in await session.scalars(select(LedgerAccount))}
        assert books == {"anna/available": 0, "anna/held": 1_000, "house/grants": None}
        assert sum((await ledger.sums(session)).values()) == 0
