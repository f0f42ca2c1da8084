from collections.abc import AsyncIterator

import pytest

from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.sessions import service
from kit.clock import Clock
from kit.money import from_cents
from server.identity import make_local_account
from server.session_tokens import StoredTokens
from storage.repositories import ledger
from storage.repositories.ledger import Posting
from tests.support.control_lab import Lab, opened_lab
from tests.support.set_clock import START
from transports.ports import CallRequest


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    """A server that others can reach."""
    async with opened_lab(database_url) as opened:
        yield opened


@pytest.fixture
async def local(database_url: str) -> AsyncIterator[Lab]:
    """A server on loopback, asked from its own machine."""
    async with opened_lab(database_url, on_loopback=True) as opened:
        await make_local_account(opened.database, Clock())
        yield opened


async def _redeem(lab: Lab, token: str) -> CallRequest:
    return await StoredTokens(lab.database, lab.clock).redeem(token)


BODY = {"flow_id": "greet", "context": {"name": "Ada"}, "metadata": {"campaign": "a"}}


async def test_a_session_leads_to_a_call_with_what_it_was_made_with(local: Lab) -> None:
    response = await local.http.post("/v1/sessions", json=BODY)
    assert response.status_code == 200
    made = response.json()
    assert made["session_token"].startswith("st_")
    assert made["ws_url"] == f"ws://127.0.0.1:8000/v1/ws/{made['session_token']}"
    assert (made["transport"], made["credits_remaining"]) == ("websocket", None)
    assert made["expires_at"] == START.timestamp() + service.UNUSED_S
    request = await _redeem(local, made["session_token"])
    assert (request.flow, request.context, request.metadata) == ("greet", {"name": "Ada"}, {"campaign": "a"})
    assert (request.account_id, request.session_id) == (LOCAL_ACCOUNT_ID, made["session_id"])


async def test_a_session_for_an_unknown_flow_is_refused(local: Lab) -> None:
    response = await local.http.post("/v1/sessions", json={"flow_id": "nope"})
    assert (response.status_code, response.json()) == (404, {"detail": "Flow 'nope' not found."})


async def test_a_session_for_a_broken_flow_is_refused(local: Lab) -> None:
    response = await local.http.post("/v1/sessions", json={"flow_id": "broken"})
    assert (response.status_code, response.json()["detail"]) == (422, "line 1: not a flow")


async def test_without_a_flow_and_without_a_model_there_is_no_assistant(local: Lab) -> None:
    response = await local.http.post("/v1/sessions", json={})
    assert response.status_code == 422
    assert "name a flow_id" in response.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"flow_id": ""},
        {"flow_id": 7},
        {"flow_id": "g" * 201},
        {"flow_id": "greet", "context": []},
        {"flow_id": "greet", "context": {str(number): "" for number in range(101)}},
        {"flow_id": "greet", "metadata": "a"},
        [],
        None,
    ],
)
async def test_a_bad_session_request_is_refused(local: Lab, body: object) -> None:
    response = await local.http.post("/v1/sessions", json=body)
    assert response.status_code == 422
    assert {"loc", "msg", "type"} == set(response.json()["detail"][0])


async def test_a_session_without_credits_is_refused(lab: Lab) -> None:
    person = await lab.sign_up()
    (account_id,) = lab.signups
    async with lab.database.writing(account_id) as session:
        spent = {ledger.available(account_id): -from_cents(200), ledger.REVENUE: from_cents(200)}
        await ledger.post(session, Posting("call_charged", "spent", spent, START))
    response = await lab.http.post("/v1/sessions", json=BODY, headers=person)
    assert response.status_code == 402
    assert response.json()["detail"].startswith("Insufficient credits")
    assert (await lab.http.get("/v1/sessions", headers=person)).json() == []


async def test_sessions_are_listed_for_their_account_only(local: Lab) -> None:
    made = (await local.http.post("/v1/sessions", json=BODY)).json()
    (listed,) = (await local.http.get("/v1/sessions")).json()
    assert listed == {
        "id": made["session_id"],
        "token_prefix": made["session_token"][:8],
        "flow_id": "greet",
        "started_at": None,
        "ended_at": None,
        "duration_secs": None,
        "status": "waiting",
    }
    stranger = await local.sign_up()
    assert (await local.http.get("/v1/sessions", headers=stranger)).json() == []
    for path in (f"/v1/sessions/{made['session_id']}", f"/v1/sessions/{made['session_id']}/recording.wav"):
        assert (await local.http.get(path, headers=stranger)).status_code == 404
    ended = await local.http.post("/v1/sessions/end", json={"session_token": made["session_token"]}, headers=stranger)
    assert ended.status_code == 404


async def test_ending_a_session_hangs_up_and_ignores_the_clients_measure(local: Lab) -> None:
    made = (await local.http.post("/v1/sessions", json=BODY)).json()
    await _redeem(local, made["session_token"])
    local.clock.passed_s = 61
    body = {"session_token": made["session_token"], "duration_seconds": 99_999}
    for _ in range(2):
        response = await local.http.post("/v1/sessions/end", json=body)
        assert response.json() == {
            "session_token": made["session_token"],
            "duration_secs": 61,
            "credits_remaining": None,
        }
    assert local.hung_up == [(made["session_id"], "ended_by_client")] * 2
    shown = (await local.http.get(f"/v1/sessions/{made['session_id']}")).json()
    assert (shown["status"], shown["duration_secs"], shown["transcript"]) == ("ended", 61, [])


@pytest.mark.parametrize("body", [{}, {"session_token": ""}, {"session_token": 3}, []])
async def test_ending_needs_a_token(local: Lab, body: object) -> None:
    assert (await local.http.post("/v1/sessions/end", json=body)).status_code == 422


async def test_what_is_unknown_is_not_found(local: Lab) -> None:
    assert (await local.http.get("/v1/sessions/nope")).status_code == 404
    ended = await local.http.post("/v1/sessions/end", json={"session_token": "st_nope"})
    assert (ended.status_code, ended.json()) == (404, {"detail": "Session not found"})


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x"])
async def test_a_page_has_bounds(local: Lab, query: str) -> None:
    assert (await local.http.get(f"/v1/sessions?{query}")).status_code == 422


async def test_a_released_token_is_spent_and_its_session_ended(local: Lab) -> None:
    made = (await local.http.post("/v1/sessions", json=BODY)).json()
    await _redeem(local, made["session_token"])
    await StoredTokens(local.database, local.clock).release(made["session_token"])
    assert (await local.http.get(f"/v1/sessions/{made['session_id']}")).json()["status"] == "ended"


async def test_a_database_that_is_away_does_not_stop_a_call_from_ending(local: Lab) -> None:
    made = (await local.http.post("/v1/sessions", json=BODY)).json()
    async with local.database.connection() as connection:
        await connection.exec_driver_sql("DROP TABLE voice_session")
    await StoredTokens(local.database, local.clock).release(made["session_token"])
