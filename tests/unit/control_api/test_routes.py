from pathlib import Path

import pytest

from tests.unit.control_api.conftest import CALL_ID, Api


async def test_health_says_how_the_server_is(api: Api) -> None:
    response = await api.http.get("/health")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "ok": True,
        "service": "prepatu-cloud",
        "server": "antiphon",
        "version": "1.2.3",
        "timestamp": "2026-01-01T12:00:00Z",
        "database": "connected",
        "active_participants": 0,
        "active_calls": 3,
        "max_calls": 8,
    }


async def test_health_is_degraded_with_a_reason(api: Api) -> None:
    api.state.trouble = "The folder of flows cannot be read."
    response = await api.http.get("/health")
    assert response.status_code == 503
    assert (response.json()["status"], response.json()["error"]) == ("degraded", "The folder of flows cannot be read.")
    assert (await api.http.get("/ready")).json()["reason"] == "The folder of flows cannot be read."


@pytest.mark.parametrize(
    ("dialect", "status", "service"),
    [
        ("prepatu", "ok", "prepatu-cloud"),
        ("kupe", "healthy", "milli-ai-backend"),
        ("promptpipe", "healthy", "antiphon"),
    ],
)
async def test_health_is_told_in_the_words_that_a_dialects_clients_compare(
    api: Api, dialect: str, status: str, service: str
) -> None:
    told = (await api.http.get("/health", params={"dialect": dialect})).json()
    assert (told["status"], told["service"]) == (status, service)


async def test_a_server_without_its_database_is_neither_healthy_nor_ready(api: Api) -> None:
    api.state.database_trouble = "The database does not answer."
    response = await api.http.get("/health")
    assert (response.status_code, response.json()["database"]) == (503, "unreachable")
    assert (response.json()["status"], response.json()["error"]) == ("degraded", "The database does not answer.")
    response = await api.http.get("/ready")
    assert (response.status_code, response.json()["reason"]) == (503, "The database does not answer.")


async def test_a_draining_server_is_healthy_but_not_ready(api: Api) -> None:
    assert (await api.http.get("/ready")).json() == {"ready": True, "active_calls": 3, "max_calls": 8}
    api.state.draining = True
    assert (await api.http.get("/health")).status_code == 200
    response = await api.http.get("/ready")
    assert response.status_code == 503
    assert response.json()["reason"] == "draining"


async def test_a_full_server_is_ready(api: Api) -> None:
    api.state.active_calls = api.state.max_calls
    assert (await api.http.get("/ready")).status_code == 200


async def test_capabilities_are_told(api: Api) -> None:
    assert (await api.http.get("/capabilities")).json() == {"transport": {"websocket": True}}


async def test_flows_are_listed_by_stem_and_in_detail(api: Api) -> None:
    item = {"name": "greet", "id": "greet_flow", "title": "Greeting", "description": "Says hello.", "states": 2}
    assert (await api.http.get("/flows")).json() == {"flows": ["broken", "greet"], "items": [item]}


async def test_a_flow_is_returned_as_a_document_and_as_a_graph(api: Api) -> None:
    assert (await api.http.get("/flows/greet")).json() == {"id": "greet_flow"}
    graph = (await api.http.get("/flows/greet/graph")).json()
    assert graph == {"flow_id": "greet_flow", "initial_state": "hello", "nodes": [], "edges": []}


async def test_an_unknown_flow_is_not_found_in_the_words_of_older_clients(api: Api) -> None:
    response = await api.http.get("/flows/nope")
    assert (response.status_code, response.json()["error"]) == (404, "not found")
    response = await api.http.get("/flows/nope/graph")
    assert (response.status_code, response.json()["error"]) == (404, "flow.not_found")


@pytest.mark.parametrize("path", ["/flows/broken", "/flows/broken/graph"])
async def test_a_broken_flow_is_a_clear_error(api: Api, path: str) -> None:
    response = await api.http.get(path)
    assert response.status_code == 422
    assert response.json() == {"error": "flow.invalid", "detail": "line 1: not a flow"}


async def test_calls_are_listed_and_reported(api: Api) -> None:
    assert (await api.http.get("/calls")).json() == {"calls": [{"call_id": CALL_ID}]}
    assert (await api.http.get(f"/calls/{CALL_ID}")).json()["end_reason"] == "completed"


async def test_the_timeline_of_a_call_is_sent_as_a_file(api: Api) -> None:
    response = await api.http.get(f"/calls/{CALL_ID}/trace.json")
    assert response.json() == {"traceEvents": []}
    assert response.headers["content-disposition"] == f'attachment; filename="call-{CALL_ID}.trace.json"'


async def test_a_recording_is_sent_as_wav(api: Api, tmp_path: Path) -> None:
    api.archive.wav = tmp_path / "recording.wav"
    api.archive.wav.write_bytes(b"RIFF")
    response = await api.http.get(f"/calls/{CALL_ID}/recording.wav")
    assert (response.headers["content-type"], response.content) == ("audio/wav", b"RIFF")


async def test_an_unrecorded_call_has_no_recording(api: Api) -> None:
    response = await api.http.get(f"/calls/{CALL_ID}/recording.wav")
    assert (response.status_code, response.json()["error"]) == (404, "call.not_recorded")


async def test_an_unknown_call_is_not_found(api: Api) -> None:
    for path in ("", "/trace.json"):
        response = await api.http.get(f"/calls/01934f3c-0000-7000-8000-00000000000f{path}")
        assert (response.status_code, response.json()["error"]) == (404, "call.not_found")


@pytest.mark.parametrize("call_id", ["..", "%2e%2e%2fetc", "..%2F..%2Fetc%2Fpasswd", "report", "0" * 33])
async def test_a_call_id_that_is_no_uuid_never_reaches_the_archive(api: Api, call_id: str) -> None:
    for path in (f"/calls/{call_id}", f"/calls/{call_id}/recording.wav", f"/calls/{call_id}/trace.json"):
        assert (await api.http.get(path)).status_code in (404, 422)
    assert api.archive.asked == []


async def test_a_call_id_is_brought_to_its_one_form(api: Api) -> None:
    assert (await api.http.get(f"/calls/{CALL_ID.upper()}")).status_code == 200
    assert api.archive.asked == [CALL_ID]


async def test_a_server_that_others_can_reach_makes_no_anonymous_session(public_api: Api) -> None:
    response = await public_api.http.post("/v1/sessions", json={"flow_id": "greet"})
    assert response.status_code == 401
    assert response.json() == {"detail": "Authentication required"}


async def test_a_server_that_others_can_reach_lists_no_calls_but_shows_one_by_its_id(public_api: Api) -> None:
    assert (await public_api.http.get("/calls")).status_code == 401
    assert (await public_api.http.get(f"/calls/{CALL_ID}")).status_code == 200


async def test_unknown_routes_and_methods_answer_in_our_shape(api: Api) -> None:
    assert (await api.http.get("/nope")).json() == {"error": "route.not_found", "detail": "Not Found"}
    response = await api.http.delete("/flows")
    assert (response.status_code, response.json()["error"]) == (405, "route.method_not_allowed")


async def test_a_bug_is_answered_without_its_secrets(api: Api) -> None:
    response = await api.http.get("/planted")
    assert response.status_code == 500
    assert response.json() == {"error": "internal", "detail": "Something went wrong on our side."}
