"""Calls looked up: A.12, each edge by name."""

import csv
import datetime
import io
import json
import wave
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from control_api.call_history import export
from control_api.call_history.links import RecordingLinks
from control_api.credits import metering
from control_api.credits.metering import MeteredCall
from control_api.dialects.kupe import exports
from control_api.dialects.kupe.calls import MAX_STREAMS, CallHost, Streams, live_events
from kit.errors import RateLimitedError
from kit.ids import uuid7
from tests.conformance.kupe.calls_made import account_of, add_call
from tests.conformance.kupe.conftest import Town
from tests.support.control_lab import CALL_ID, PlainState
from tests.support.set_clock import START

EXPORT = "/api/v1/call-analytics/export"


async def _get(town: Town, path: str, **query: Any) -> Any:
    return await town.lab.http.get(path, params=query, headers=town.key)


async def test_a_request_is_one_call_with_all_that_is_known_of_it(town: Town) -> None:
    call_id = await add_call(town, agent_id=town.names["agent_id"], gaps=[100.0, 200.0, 300.0, 900.0])
    row = (await _get(town, "/api/v1/call-analytics", request_id=call_id)).json()
    assert (row["request_id"], row["agent_id"], row["session_type"], row["status"]) == (
        call_id, town.names["agent_id"], "web", "completed",
    )  # fmt: skip
    assert row["usage"] == {"stt_s": 3.5, "llm_tokens": 15, "tts_chars": 42, "telephony_s": 0}
    assert (row["cost_usd"], row["duration_s"]) == (0.06, 61.0)
    assert row["latency"] == {"answers": 4, "p50_ms": 200.0, "p95_ms": 900.0, "p99_ms": 900.0}
    assert [each["role"] for each in row["transcript"]][:2] == ["user", "assistant"]
    assert row["ended_at"] > row["started_at"]


async def test_an_unknown_request_is_a_404_and_a_malformed_one_a_400(town: Town) -> None:
    assert (await _get(town, "/api/v1/call-analytics", request_id=str(uuid4()))).status_code == 404
    assert (await _get(town, "/api/v1/call-analytics", request_id="nope")).status_code == 400


async def test_a_call_of_another_account_is_not_there(town: Town) -> None:
    call_id = await add_call(town)
    answer = await town.lab.http.get("/api/v1/call-analytics", params={"request_id": call_id}, headers=town.bob)
    assert answer.status_code == 404
    assert (await town.lab.http.get("/api/v1/call-analytics", headers=town.bob)).json() == []


async def test_a_call_is_known_before_its_record_is_written(town: Town) -> None:
    call_id, session_id = uuid7(), uuid7()
    labels = {"direction": "inbound", "from": "+15550100", "to": "+15550111"}
    about = {"call_id": call_id, "agent_id": None, "flow": "drinks", "transport": "twilio", "metadata": labels}
    account_id = await account_of(town, town.ada)
    async with town.lab.database.writing(account_id) as session:
        await metering.start(session, MeteredCall(session_id, account_id, 0, 10, about), START)
    by_call = (await _get(town, "/api/v1/call-analytics", request_id=call_id)).json()
    assert (by_call["workflow_id"], by_call["session_type"]) == ("drinks", "inbound")
    assert (by_call["from_number"], by_call["to_number"]) == ("+15550100", "+15550111")
    async with town.lab.database.writing(account_id) as session:
        await metering.stop(session, session_id, 1_000)
    assert (await _get(town, "/api/v1/call-analytics", request_id=session_id)).json() == by_call
    answer = await town.lab.http.get("/api/v1/call-analytics", params={"request_id": call_id}, headers=town.bob)
    assert answer.status_code == 404


async def test_calls_come_bare_without_a_page_and_in_an_object_with_one(town: Town) -> None:
    first = await add_call(town, at=START)
    second = await add_call(town, at=START + datetime.timedelta(minutes=1))
    bare = (await _get(town, "/api/v1/call-analytics")).json()
    assert [row["id"] for row in bare] == [second, first]
    page = (await _get(town, "/api/v1/call-analytics", page=2, page_size=1)).json()
    assert ([row["id"] for row in page["items"]], page["total"], page["page"], page["page_size"]) == ([first], 2, 2, 1)
    assert (await _get(town, "/api/v1/call-analytics", page_size=101)).status_code == 422


async def test_calls_are_filtered_by_request_type_and_agent(town: Town) -> None:
    web = await add_call(town, metadata={"direction": "inbound"}, agent_id=town.names["agent_id"])
    phone = {"direction": "inbound", "from": "+15550100", "to": "+15550111"}
    inbound = await add_call(town, transport="twilio", metadata=phone)
    found = {}
    for name in ("web", "inbound", "outbound", web):
        rows = (await _get(town, "/api/v1/call-analytics", filter=name)).json()
        found[name] = [row["id"] for row in rows]
    assert found == {"web": [web], "inbound": [inbound], "outbound": [], web: [web]}
    rows = (await _get(town, "/api/v1/call-analytics", agent_id=town.names["agent_id"])).json()
    assert [row["id"] for row in rows] == [web]
    (row,) = (await _get(town, "/api/v1/call-analytics", filter="inbound")).json()
    assert (row["from_number"], row["to_number"], row["usage"]["telephony_s"]) == ("+15550100", "+15550111", 61.0)


async def test_a_recording_link_works_for_an_hour_and_cannot_be_changed(town: Town, tmp_path: Path) -> None:
    town.lab.archive.wav = tmp_path / "recording.wav"
    with wave.open(str(town.lab.archive.wav), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(400))
    await add_call(town, call_id=CALL_ID)
    link = (await _get(town, "/api/v1/call-analytics", request_id=CALL_ID)).json()["recording_url"]
    answer = await town.lab.http.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    for bad in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("expires=", "expires=9"),
        link.split("&")[0],
    ):
        assert (await town.lab.http.get(bad)).status_code in (403, 422)
    town.lab.clock.passed_s += 3_601
    assert (await town.lab.http.get(link)).status_code == 403


async def test_a_call_without_a_recording_has_no_link(town: Town) -> None:
    call_id = await add_call(town, recorded=False)
    assert (await _get(town, "/api/v1/call-analytics", request_id=call_id)).json()["recording_url"] is None


async def test_a_feature_that_is_off_is_off_for_keys_and_people(town: Town) -> None:
    http, path = town.lab.http, f"/api/v1/feature-flags/{town.names['user_id']}"
    assert (await http.get("/api/v1/feature-flags/me", headers=town.key)).json()["call_analytics"] is True
    assert (await http.put(path, json={"call_analytics": False}, headers=town.ada)).json()["call_analytics"] is False
    for headers in (town.ada, town.key):
        answer = await http.get("/api/v1/call-analytics", headers=headers)
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": "Forbidden: feature 'call_analytics' is not enabled"},
        )


async def test_live_calls_are_listed_and_sent_when_they_change(town: Town) -> None:
    ada, bob = [await account_of(town, who) for who in (town.ada, town.bob)]
    call_id, about = uuid7(), {"agent_id": town.names["agent_id"], "flow": None, "transport": "websocket"}
    for account_id, its in ((ada, call_id), (bob, uuid7())):
        async with town.lab.database.writing(account_id) as session:
            await metering.start(session, MeteredCall(its, account_id, 0, 10, about | {"call_id": its}), START)
    row = (await _get(town, "/api/v1/call-analytics", request_id=call_id)).json()
    assert (row["request_id"], row["status"], row["ended_at"], row["usage"]) == (call_id, "in-progress", None, {})
    (listed,) = (await _get(town, "/api/v1/live-calls")).json()
    assert (listed["request_id"], listed["agent_id"]) == (call_id, town.names["agent_id"])
    state = PlainState()
    host = CallHost(town.lab.archive, RecordingLinks(b"l"), state, town.lab.database, town.lab.clock)

    async def gone() -> bool:
        async with town.lab.database.writing(ada) as session:
            state.draining = await metering.stop(session, call_id, 1_000) is None
        return False

    events = [event async for event in live_events(host, ada, gone)]
    told = [json.loads(event.split("data: ")[1])["calls"] for event in events if event.startswith("event: live_calls")]
    assert [[each["request_id"] for each in calls] for calls in told] == [[call_id], []]


async def test_calls_are_exported_as_a_file_with_their_recordings(town: Town, tmp_path: Path) -> None:
    town.lab.archive.wav = tmp_path / "call.wav"
    town.lab.archive.wav.write_bytes(b"RIFF")
    await add_call(town, call_id=CALL_ID)
    await add_call(town, at=START - datetime.timedelta(days=40))
    day = START.date().isoformat()
    one = await _get(town, EXPORT, request_id=CALL_ID)
    with zipfile.ZipFile(io.BytesIO(one.content)) as file:
        assert file.namelist() == ["calls.csv", "calls.json", f"recordings/{CALL_ID}.wav"]
    some = await _get(town, EXPORT, start_date=day, end_date=day)
    with zipfile.ZipFile(io.BytesIO(some.content)) as file:
        assert [row["id"] for row in json.loads(file.read("calls.json"))] == [CALL_ID]
    theirs = await town.lab.http.get(EXPORT, params={"request_id": CALL_ID}, headers=town.bob)
    refused = [await _get(town, EXPORT, **query) for query in ({}, {"start_date": day}, {"request_id": "x"})]
    assert (theirs.status_code, [each.status_code for each in refused]) == (404, [400, 400, 400])
    bad_day = await _get(town, EXPORT, start_date="2026-02-30", end_date=day)
    assert (bad_day.status_code, bad_day.json()) == (400, {"detail": "'2026-02-30' is no day."})


async def test_too_many_calls_for_one_file_say_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_CALLS", 1)
    for _ in range(2):
        await add_call(town)
    answer = await _get(town, EXPORT, start_date="2020-01-01", end_date="2030-01-01")
    assert (answer.status_code, "fewer days" in answer.json()["detail"]) == (400, True)


async def test_what_calls_used_is_mailed_as_a_link_to_a_table(town: Town) -> None:
    agent_id = town.names["agent_id"]
    call_id = await add_call(town, agent_id=agent_id, metadata={"from": "+12125550123"}, transport="twilio")
    await add_call(town)
    told = (await _get(town, "/api/v1/billing/usage/export", agent_ids=agent_id)).json()
    mail = town.lab.postbox.mails[-1]
    assert (mail.to, told["download_url"] in mail.text) == ("ada@example.com", True)
    answer = await town.lab.http.get(told["download_url"])
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["request_id"], row["from_number"], row["cost_usd"], row["tts_chars"]) == (
        call_id, "+12125550123", "0.06", "42",
    )  # fmt: skip
    changed = await town.lab.http.get(told["download_url"].replace("wanted=W", "wanted=X"))
    town.lab.clock.passed_s += 3601
    late = await town.lab.http.get(told["download_url"])
    assert [changed.status_code, late.status_code] == [403, 403]


async def test_without_mail_the_answer_alone_has_the_link(town: Town) -> None:
    town.lab.postbox.closed = True
    told = (await _get(town, "/billing/usage/export", usage_type="chat")).json()
    assert "sends no mail" in told["message"]
    assert len((await town.lab.http.get(told["download_url"])).text.splitlines()) == 1


def test_a_table_has_no_formulas_of_strangers() -> None:
    row = dict.fromkeys(("request_id", "session_type", "agent_id", "workflow_id", "to_number", "started_at"), "")
    row |= dict.fromkeys(("duration_s", "status", "end_reason", "cost_usd"), "")
    (shown,) = csv.DictReader(io.StringIO(export.table([row | {"from_number": "=1+1", "usage": {}}])))
    assert shown["from_number"] == "'=1+1"


async def test_an_account_reads_a_few_streams_at_once() -> None:
    async def events() -> AsyncIterator[str]:
        yield "one"
        yield "two"

    streams = Streams()
    reading = [streams.counted("ada", events()) for _ in range(MAX_STREAMS)]
    for stream in reading:
        assert await anext(stream) == "one"
    with pytest.raises(RateLimitedError):
        streams.counted("ada", events())
    assert [event async for event in streams.counted("bob", events())] == ["one", "two"]
    assert [event async for event in reading[0]] == ["two"]
    assert await anext(streams.counted("ada", events())) == "one"


async def test_what_calls_used_is_added_up(town: Town) -> None:
    call_id = await add_call(town, at=START - datetime.timedelta(hours=1))
    await add_call(town, at=START - datetime.timedelta(days=40))
    summary = (await _get(town, "/api/v1/billing/usage/summary", time_period="month")).json()
    assert (summary["totals"], len(summary["buckets"])) == ({"calls": 1, "duration_s": 61.0, "cost_usd": 0.06}, 30)
    assert sum(bucket["calls"] for bucket in summary["buckets"]) == 1
    overview = (await _get(town, "/billing/usage/overview")).json()
    assert (overview["total"]["calls"], overview["this_month"]["calls"]) == (2, 1)
    one = (await _get(town, f"/api/v1/billing/usage/sessions/{call_id}")).json()
    assert (one["cost_usd"], one["usage"]["tts_chars"]) == (0.06, 42)
    records = (await _get(town, "/api/v1/billing/usage/records", limit=1)).json()
    assert (len(records["grouped_sessions"]), records["total"]) == (1, 2)
    balance = (await _get(town, "/api/v1/billing/credit-balance")).json()
    assert balance["credit_balance_usd"] == balance["available_balance_usd"] == 2.0


async def test_a_key_only_reads_what_is_billed(town: Town) -> None:
    answer = await town.lab.http.post("/api/v1/billing/usage/summary", headers=town.key)
    assert answer.status_code in (403, 405)
