import asyncio
import datetime
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.sessions import reading, service
from control_api.sessions.schemas import SessionRequest
from control_api.sessions.service import SessionPorts, Started
from kit.errors import InputError, InsufficientCreditsError, NotFoundError
from storage.engine import EVERY_TENANT, Database
from storage.repositories import voice_sessions
from storage.tables.call_record import CallRecord
from tests.support.accounts import NOW, add_accounts

LATER = NOW + datetime.timedelta(seconds=90)


@dataclass
class Purse:
    """An account's money."""

    cents: int | None = 200

    async def remaining_cents(self, session: AsyncSession, account_id: str) -> int | None:
        return self.cents

    async def cost_microcents(self, session: AsyncSession, session_id: str) -> int | None:
        return None if self.cents is None else 1_500_000


class OneFlow:
    """The flow `f-1`."""

    async def pin(self, session: AsyncSession, account_id: str, name: str | None) -> str | None:
        if name not in (None, "f-1"):
            raise NotFoundError("Flow not found", code="flow.not_found")
        return None if name is None else "v-1"


@pytest.fixture
async def accounts(database: Database) -> Database:
    """Make two accounts."""
    await add_accounts(database, "anna", "bert")
    return database


async def _start(database: Database, account_id: str = "anna", cents: int | None = 200, flow: str = "f-1") -> Started:
    request = SessionRequest(flow_id=flow, context={"name": "Ada"}, metadata={"source": "web"})
    async with database.writing(account_id) as session:
        return await service.start(session, account_id, request, NOW, SessionPorts(OneFlow(), Purse(cents)))


async def _take(database: Database, token: str, now: datetime.datetime = NOW) -> str:
    async with database.writing(EVERY_TENANT) as session:
        return (await service.take(session, token, "call-1", now)).id


async def test_a_session_keeps_what_it_was_made_with_but_not_its_token(accounts: Database) -> None:
    started = await _start(accounts)
    async with accounts.reading("anna") as session:
        shown = await reading.detail(session, started.session.id, NOW, Purse())
    assert started.token.startswith("st_")
    assert (shown.token_prefix, shown.flow_id, shown.status) == (started.token[:8], "f-1", "waiting")
    assert (shown.context, shown.metadata, started.session.flow_version_id) == (
        {"name": "Ada"},
        {"source": "web"},
        "v-1",
    )
    assert started.token not in str(started.session.__dict__)


@pytest.mark.parametrize("cents", [0, -5])
async def test_nothing_left_means_no_session(accounts: Database, cents: int) -> None:
    with pytest.raises(InsufficientCreditsError):
        await _start(accounts, cents=cents)
    async with accounts.reading("anna") as session:
        assert await reading.page(session, 50, None, NOW) == []


async def test_where_nothing_is_charged_nothing_is_asked(accounts: Database) -> None:
    assert (await _start(accounts, cents=None)).credits_remaining is None


async def test_a_flow_that_is_not_there_is_refused_and_nothing_is_written(accounts: Database) -> None:
    with pytest.raises(NotFoundError):
        await _start(accounts, flow="f-2")
    async with accounts.reading("anna") as session:
        assert await reading.page(session, 50, None, NOW) == []


async def test_of_many_who_show_the_same_token_one_gets_the_call(accounts: Database) -> None:
    token = (await _start(accounts)).token
    results = await asyncio.gather(*(_take(accounts, token) for _ in range(10)), return_exceptions=True)
    errors = [each for each in results if isinstance(each, InputError)]
    assert len(errors) == 9
    assert {error.code for error in errors} == {"session.token_in_use"}


async def test_an_unused_token_is_good_for_ten_minutes(accounts: Database) -> None:
    first, second = await _start(accounts), await _start(accounts)
    await _take(accounts, first.token, NOW + datetime.timedelta(seconds=599))
    with pytest.raises(InputError, match="Invalid or expired") as expired:
        await _take(accounts, second.token, NOW + datetime.timedelta(seconds=600))
    assert expired.value.code == "session.invalid_token"


async def test_a_token_of_nobody_is_refused(accounts: Database) -> None:
    with pytest.raises(InputError, match="Invalid or expired session token"):
        await _take(accounts, "st_guessed")


async def test_a_spent_token_is_refused(accounts: Database) -> None:
    token = (await _start(accounts)).token
    session_id = await _take(accounts, token)
    async with accounts.writing(EVERY_TENANT) as session:
        await voice_sessions.close(session, session_id, LATER)
    with pytest.raises(InputError) as spent:
        await _take(accounts, token, LATER)
    assert spent.value.code == "session.invalid_token"


async def test_ending_twice_is_ending_once(accounts: Database) -> None:
    token = (await _start(accounts)).token
    await _take(accounts, token)
    for now in (LATER, LATER + datetime.timedelta(hours=1)):
        async with accounts.writing("anna") as session:
            ended = await service.end(session, token, now)
        assert (ended.ended_at, service.duration_s(ended)) == (LATER, 90)


async def test_an_unused_session_that_is_ended_lasted_nothing_and_cannot_be_used(accounts: Database) -> None:
    token = (await _start(accounts)).token
    async with accounts.writing("anna") as session:
        assert service.duration_s(await service.end(session, token, LATER)) == 0
    with pytest.raises(InputError):
        await _take(accounts, token, LATER)


async def test_another_account_neither_sees_nor_ends_a_session(accounts: Database) -> None:
    started = await _start(accounts)
    async with accounts.writing("bert") as session:
        assert await reading.page(session, 50, None, NOW) == []
        with pytest.raises(NotFoundError):
            await service.end(session, started.token, LATER)
        with pytest.raises(NotFoundError):
            await reading.detail(session, started.session.id, NOW, Purse())


async def test_sessions_are_listed_newest_first_in_pages(accounts: Database) -> None:
    ids = [(await _start(accounts)).session.id for _ in range(5)]
    async with accounts.reading("anna") as session:
        first = await reading.page(session, 2, None, NOW)
        second = await reading.page(session, 2, first[-1].id, NOW)
        third = await reading.page(session, 2, second[-1].id, NOW)
    assert [each.id for each in (*first, *second, *third)] == ids[::-1]


async def test_what_was_said_is_shown_with_the_session(accounts: Database) -> None:
    started = await _start(accounts)
    await _take(accounts, started.token)
    turns = [{"turn": 0, "caller": "", "bot": "Hello."}, {"turn": 1, "caller": "Book a table", "bot": "For when?"}]
    report = {"turns": turns, "variables": {"name": "Ada"}, "end_reason": "completed", "recorded": True}
    record = CallRecord(
        id="call-1",
        account_id="anna",
        session_id=started.session.id,
        flow_id="f-1",
        transport="websocket",
        started_at=NOW,
        duration_s=90.0,
        end_reason="completed",
        report=report,
    )
    async with accounts.writing("anna") as session:
        session.add(record)
        await service.end(session, started.token, LATER)
    async with accounts.reading("anna") as session:
        shown = await reading.detail(session, started.session.id, LATER, Purse())
    assert [line["text"] for line in shown.transcript] == ["Hello.", "Book a table", "For when?"]
    assert (shown.variables, shown.end_reason, shown.cost_usd_cents) == ({"name": "Ada"}, "completed", 1.5)
    assert shown.recording_url == f"/v1/sessions/{started.session.id}/recording.wav"
