"""Calls of accounts, metered in a real database: what they cost and what is told about them."""

import asyncio
import datetime
import json
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from control_api.credits import metering, service
from control_api.credits.metering import MeteredCall
from control_api.credits.pricing import Rate
from control_api.credits.tariff import Tariff
from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.webhooks import service as webhooks
from kit.clock import Clock
from kit.errors import InsufficientCreditsError
from kit.money import from_cents
from pipeline.recorder import Recorder
from pipeline.report import CallReport, TurnReport
from server.billing import Billing
from server.call_log import CallLog
from server.call_records import CallRecords
from storage.engine import EVERY_TENANT, Database
from storage.repositories import ledger
from storage.repositories.ledger import Balance
from storage.tables.account import Account
from storage.tables.call_meter import CallMeter
from storage.tables.call_record import CallRecord
from storage.tables.hook_delivery import HookDelivery
from storage.tables.voice_session import VoiceSession
from transports.ports import CallRequest

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
_REQUEST = CallRequest("call-1", "pizza", metadata={"order": "17"}, account_id="anna", session_id="session-1")
_REPORT = CallReport(
    "call-1",
    "pizza",
    _AT,
    61.2,
    "completed",
    True,
    {"size": "large"},
    (TurnReport(0, "", "Hello", None), TurnReport(1, "Hi", "", 5.0)),
)


def _metered(name: str, **about: Any) -> MeteredCall:
    return MeteredCall(name, "anna", from_cents(3), 10, {"call_id": name, "flow": "pizza"} | about)


@pytest.fixture
async def anna(database: Database) -> Database:
    """Make an account with two dollars and a hook."""
    async with database.writing(EVERY_TENANT) as session:
        session.add_all([Account(id=each, name=each, created_at=_AT) for each in ("anna", "bert", LOCAL_ACCOUNT_ID)])
        await session.flush()
        await service.grant_at_sign_up(session, "anna", from_cents(200), _AT)
    async with database.writing("anna") as session:
        await webhooks.add_endpoint(session, "anna", "https://example.com/", webhooks.EVENTS, _AT)
    return database


@pytest.fixture
def billing(anna: Database, tmp_path: Path) -> Billing:
    """Make the meters of three cents a minute."""
    return Billing(anna, Tariff(Rate(from_cents(3))), Clock(), 10, CallLog(tmp_path), lambda: None)


async def _told(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.reading("anna") as session:
        rows = await session.scalars(select(HookDelivery).order_by(HookDelivery.id))
        return [(row.event, json.loads(row.body)["data"]) for row in rows]


async def _balance(database: Database, account_id: str = "anna") -> Balance:
    async with database.reading(account_id) as session:
        assert sum((await ledger.sums(session)).values()) == 0
        return await service.balance(session, account_id)


async def test_calls_that_tick_together_let_others_at_the_database(anna: Database, billing: Billing) -> None:
    """Thirty calls of one account tick in one instant; who asks then waits for a few of them, not for all."""
    done = 0

    async def tick(meter: Any) -> None:
        nonlocal done
        await meter.tick(10_000)
        done += 1

    async with billing.open(), asyncio.TaskGroup() as calls:
        meters = [billing.of(CallRequest(f"call-{n}", None, account_id="anna")) for n in range(30)]
        for meter in meters:
            assert meter is not None
            await meter.start()
        for meter in meters:
            calls.create_task(tick(meter))
        await asyncio.sleep(0)
        async with anna.reading("anna") as session:
            await service.balance(session, "anna")
        async with anna.writing("bert") as session:
            await session.execute(update(Account).where(Account.id == "bert").values(name="Bert"))
        assert done < 10
    assert done == 30
    assert await _balance(anna) == Balance(from_cents(170), from_cents(15))


async def test_a_call_is_charged_and_told_about(anna: Database, billing: Billing) -> None:
    async with billing.open():
        meter = billing.of(_REQUEST)
        assert meter is not None
        assert await meter.start() == 10
        assert await meter.tick(10_000) == 20
        meter.stop(61_200, _REPORT)
    assert await _balance(anna) == Balance(from_cents(194), 0)
    (started, about), (ended, data) = await _told(anna)
    assert (started, ended) == ("session.started", "session.ended")
    assert about["metadata"] == {"order": "17"}
    assert (data["session_id"], data["call_id"], data["metadata"]) == ("session-1", "call-1", {"order": "17"})
    assert data["variables"] == {"size": "large"}
    assert data["transcript"] == [{"role": "assistant", "text": "Hello"}, {"role": "user", "text": "Hi"}]
    assert data["usage"] == {"duration_seconds": 61, "charged_microcents": 6_000_000, "charged_usd_cents": 6}


async def test_a_call_that_cannot_be_paid_is_refused_and_not_told_about(anna: Database, billing: Billing) -> None:
    async with billing.open():
        meter = billing.of(CallRequest("call-2", "pizza", account_id="bert"))
        assert meter is not None
        with pytest.raises(InsufficientCreditsError):
            await meter.start()
    assert await _told(anna) == []


async def test_calls_at_this_machine_are_told_about_and_cost_nothing(anna: Database, billing: Billing) -> None:
    async with billing.open():
        meter = billing.of(CallRequest("call-3", "pizza", account_id=LOCAL_ACCOUNT_ID))
        assert meter is not None
        assert await meter.start() == float("inf")
        meter.stop(3_600_000, None)
    assert await _balance(anna, LOCAL_ACCOUNT_ID) == Balance(0, 0)


async def test_a_call_of_nobody_has_no_meter(billing: Billing) -> None:
    assert billing.of(CallRequest("call-4", "pizza")) is None


async def test_calls_of_dead_processes_are_ended_when_the_server_opens(anna: Database, billing: Billing) -> None:
    long_ago = Clock().utc() - datetime.timedelta(hours=1)
    async with anna.writing("anna") as session:
        call = _metered("call-9")
        await metering.start(session, call, long_ago)
        await metering.tick(session, call, 70_000, long_ago + datetime.timedelta(seconds=70))
    async with billing.open(), asyncio.timeout(30):
        while not await _told(anna):  # noqa: ASYNC110  the reaper is another task
            await asyncio.sleep(0.01)
    assert await _balance(anna) == Balance(from_cents(194), 0)
    ((event, data),) = await _told(anna)
    assert (event, data["call_id"], data["end_reason"]) == ("session.ended", "call-9", "server_lost")
    assert data["usage"]["duration_seconds"] == 70
    async with anna.reading("anna") as session:
        meter = await session.get(CallMeter, "call-9")
        assert meter is not None
        assert meter.ended_at == long_ago + datetime.timedelta(seconds=70)


async def test_a_live_call_is_not_reaped(anna: Database, billing: Billing) -> None:
    async with anna.writing("anna") as session:
        await metering.start(session, _metered("call-9"), Clock().utc())
    assert await billing.reap() == 0
    async with anna.writing("anna") as session:
        await session.execute(update(CallMeter).values(last_tick_at=Clock().utc() - datetime.timedelta(seconds=31)))
    assert await billing.reap() == 1


async def test_a_slow_process_does_not_reap_its_own_calls(anna: Database, billing: Billing) -> None:
    async with billing.open():
        meter = billing.of(_REQUEST)
        assert meter is not None
        await meter.start()
        await meter.tick(10_000)
        async with anna.writing("anna") as session:
            await session.execute(update(CallMeter).values(last_tick_at=Clock().utc() - datetime.timedelta(hours=1)))
        assert await billing.reap() == 0
        meter.stop(61_200, _REPORT)
    assert [event for event, _ in await _told(anna)] == ["session.started", "session.ended"]


async def test_the_session_of_a_reaped_call_ends_with_its_last_tick(anna: Database, billing: Billing) -> None:
    row = VoiceSession(
        id="session-1",
        account_id="anna",
        token_hash="h",
        token_prefix="st_12345",
        context={},
        labels={},
        created_at=_AT,
        expires_at=_AT,
        started_at=_AT,
    )
    call = _metered("session-1", session_id="session-1", call_id="call-7")
    async with anna.writing("anna") as session:
        session.add(row)
        await metering.start(session, call, _AT)
        await metering.tick(session, call, 20_000, _AT + datetime.timedelta(seconds=20))
    assert await billing.reap() == 1
    async with anna.reading("anna") as session:
        ended = await session.get(VoiceSession, "session-1")
    assert ended is not None
    assert ended.ended_at == _AT + datetime.timedelta(seconds=20)


async def _recorded(database: Database) -> CallRecord:
    async with database.reading("anna") as session:
        return (await session.scalars(select(CallRecord))).one()


async def test_a_call_whose_process_died_leaves_one_record_and_its_recording_so_far(
    anna: Database, billing: Billing, tmp_path: Path
) -> None:
    about: dict[str, Any] = {
        "metadata": {"direction": "inbound", "from": "+12125550123"},
        "transport": "twilio",
        "agent_id": "agent-1",
    }
    async with anna.writing("anna") as session:
        await metering.start(session, _metered("call-9", **about), _AT)
        await metering.tick(session, _metered("call-9"), 20_000, _AT + datetime.timedelta(seconds=20))
    part = tmp_path / "calls" / "call-9" / "recording.part"
    recorder = Recorder(part.with_suffix(".wav"), lambda work: work())
    recorder.heard(bytes(2 * 16_000 * 9), 0.0)
    assert await billing.reap() == 1
    assert await billing.reap() == 0
    row = await _recorded(anna)
    assert (row.id, row.agent_id, row.transport, row.duration_s) == ("call-9", "agent-1", "twilio", 20)
    assert (row.end_reason, row.report["recorded"], row.report["metadata"]) == ("server_lost", True, about["metadata"])
    with wave.open(str(part.with_suffix(".wav"))) as file:
        assert (file.getnchannels(), file.getnframes() / file.getframerate()) == (2, pytest.approx(4, abs=2.1))
    assert not part.exists()


async def test_a_report_that_was_left_before_the_death_is_the_record(
    anna: Database, billing: Billing, tmp_path: Path
) -> None:
    request = replace(_REQUEST, session_id=None)
    log = CallLog(tmp_path)
    async with anna.writing("anna") as session:
        await metering.start(session, _metered("call-1"), _AT)
    await log.save(_REPORT, request)
    await billing.reap()
    assert ((await _recorded(anna)).end_reason, await CallRecords(anna).catch_up(log.call_ids(), log.stored)) == (
        "completed",
        0,
    )


async def test_the_record_of_a_call_that_was_only_slow_replaces_the_one_of_its_death(
    anna: Database, billing: Billing, tmp_path: Path
) -> None:
    async with anna.writing("anna") as session:
        await metering.start(session, _metered("call-1"), _AT)
    await billing.reap()
    assert (await _recorded(anna)).end_reason == "server_lost"
    records = CallRecords(anna)
    records.add(await CallLog(tmp_path).save(_REPORT, replace(_REQUEST, session_id=None)))
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(records.run())
        await records.finish()
        writing.cancel()
    assert (await _recorded(anna)).end_reason == "completed"


async def test_a_session_whose_process_died_before_it_had_a_call_is_closed(anna: Database, billing: Billing) -> None:
    now = Clock().utc()
    started = {
        "lost": now - datetime.timedelta(minutes=11),
        "just begun": now,
        "metered": now - datetime.timedelta(hours=1),
    }
    async with anna.writing("anna") as session:
        for name, at in started.items():
            row = VoiceSession(
                id=name,
                account_id="anna",
                token_hash=name,
                token_prefix="st_12345",
                context={},
                labels={},
                created_at=at,
                expires_at=at,
                started_at=at,
            )
            session.add(row)
        await metering.start(session, _metered("metered"), now)
    await billing.reap()
    async with anna.reading("anna") as session:
        ended = {row.id: row.ended_at for row in await session.scalars(select(VoiceSession))}
    assert ended == {"lost": started["lost"], "just begun": None, "metered": None}
