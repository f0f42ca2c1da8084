import datetime
from typing import Any

import pytest

from control_api.dialects.prepatu.hooks import HookHost, hook_router
from control_api.webhooks import service, signing
from control_api.webhooks.outbox import CLAIM_S, StoredOutbox
from control_api.webhooks.worker import Result
from storage.engine import EVERY_TENANT, Database
from storage.repositories import hooks
from storage.tables.account import Account
from tests.support.control_lab import Lab
from tests.support.set_clock import START

_KEY = b"k" * 32
_URL = "https://example.com/hook"


@pytest.fixture
async def hooked(lab: Lab) -> Lab:
    """A server that has hooks."""
    lab.app.include_router(hook_router(HookHost(lab.clock, _KEY, allow_private=False)))
    return lab


async def _make(lab: Lab, who: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = await lab.http.post("/v1/hooks", json={"url": _URL} | body, headers=who)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_secret_is_shown_once(hooked: Lab) -> None:
    ada = await hooked.sign_up()
    made = await _make(hooked, ada)
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["session.ended", "session.started"]
    listed = (await hooked.http.get("/v1/hooks", headers=ada)).json()
    assert listed == [{key: value for key, value in made.items() if key != "secret"}]
    assert (await hooked.http.get(f"/v1/hooks/{made['id']}", headers=ada)).json() == listed[0]


async def test_an_endpoint_is_changed_and_removed(hooked: Lab) -> None:
    ada = await hooked.sign_up()
    path = f"/v1/hooks/{(await _make(hooked, ada))['id']}"
    changed = await hooked.http.patch(path, json={"active": False, "events": ["session.ended"]}, headers=ada)
    assert (changed.json()["active"], changed.json()["events"]) == (False, ["session.ended"])
    assert (await hooked.http.patch(path, json={"url": "http://10.0.0.1/"}, headers=ada)).status_code == 422
    assert (await hooked.http.delete(path, headers=ada)).status_code == 204
    assert (await hooked.http.delete(path, headers=ada)).status_code == 404
    assert (await hooked.http.get("/v1/hooks", headers=ada)).json() == []


async def test_another_accounts_endpoint_does_not_exist(hooked: Lab) -> None:
    ada, bob = await hooked.sign_up(), await hooked.sign_up("bob@example.com")
    path = f"/v1/hooks/{(await _make(hooked, ada))['id']}"
    for method, at in (("GET", path), ("PATCH", path), ("DELETE", path), ("GET", f"{path}/deliveries")):
        body = {"active": False} if method == "PATCH" else None
        answer = await hooked.http.request(method, at, headers=bob, json=body)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Hook not found"}), (method, at)
        assert (await hooked.http.request(method, at, json=body)).status_code == 401
    assert (await hooked.http.get(path, headers=ada)).json()["active"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://example.com/"},
        {"url": "https://127.0.0.1/"},
        {"url": ""},
        {"url": 7},
        {"url": _URL, "events": []},
        {"url": _URL, "events": ["session.melted"]},
    ],
)
async def test_an_endpoint_that_is_not_right_is_refused(hooked: Lab, body: dict[str, Any]) -> None:
    ada = await hooked.sign_up()
    assert (await hooked.http.post("/v1/hooks", json=body, headers=ada)).status_code == 422
    assert (await hooked.http.get("/v1/hooks", headers=ada)).json() == []


async def test_an_account_has_only_so_many(hooked: Lab) -> None:
    ada = await hooked.sign_up()
    for _ in range(service.MAX_ENDPOINTS):
        await _make(hooked, ada)
    assert (await hooked.http.post("/v1/hooks", json={"url": _URL}, headers=ada)).status_code == 422


# --- the outbox -----------------------------------------------------------------------------------------------------
def _after(seconds: float) -> datetime.datetime:
    return START + datetime.timedelta(seconds=seconds)


@pytest.fixture
async def anna(database: Database) -> str:
    """Make two accounts with an endpoint each; return the id of anna's."""
    async with database.writing(EVERY_TENANT) as session:
        session.add_all([Account(id=each, name=each, created_at=START) for each in ("anna", "bert")])
    async with database.writing("bert") as session:
        await service.add_endpoint(session, "bert", _URL, service.EVENTS, START)
    async with database.writing("anna") as session:
        return (await service.add_endpoint(session, "anna", _URL, ["session.ended"], START)).id


async def _tell(database: Database, event: str = "session.ended", subject: str | None = None) -> int:
    async with database.writing(EVERY_TENANT) as session:  # as the reaper does
        return await service.tell(session, "anna", event, {"text": "grüß"}, START, subject)


async def test_an_event_goes_to_the_accounts_endpoints_that_want_it(database: Database, anna: str) -> None:
    assert await _tell(database, "session.started") == 0
    assert await _tell(database) == 1
    (due,) = await StoredOutbox(database, _KEY).claim(START, 10)
    async with database.reading("anna") as session:
        endpoint = await service.endpoint(session, anna)
    assert due.secret == signing.secret_of(_KEY, anna, endpoint.salt)
    assert due.body == ('{"type": "session.ended", "timestamp": "2026-01-01T12:00:00+00:00", "data": {"text": "grüß"}}')


async def test_what_is_rolled_back_is_not_told(database: Database, anna: str) -> None:
    async def tell_and_fail() -> None:
        async with database.writing("anna") as session:
            await service.tell(session, "anna", "session.ended", {}, START)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await tell_and_fail()
    assert await StoredOutbox(database, _KEY).claim(START, 10) == ()


async def test_what_a_dead_process_had_in_hand_is_due_again(database: Database, anna: str) -> None:
    await _tell(database)
    outbox = StoredOutbox(database, _KEY)
    (first,) = await outbox.claim(START, 10)
    assert await outbox.claim(_after(CLAIM_S - 1), 10) == ()
    (second,) = await outbox.claim(_after(CLAIM_S), 10)
    assert (second.id, second.attempt) == (first.id, 2)


async def test_what_was_taken_is_over_and_forgotten_later(database: Database, anna: str) -> None:
    await _tell(database)
    outbox = StoredOutbox(database, _KEY)
    (due,) = await outbox.claim(START, 10)
    await outbox.record(due.id, Result(503, "answered 503", _after(5)), _after(1))
    assert await outbox.claim(_after(4), 10) == ()
    await outbox.claim(_after(5), 10)
    await outbox.record(due.id, Result(200, None, None), _after(6))
    await outbox.forget(_after(-1))
    async with database.reading("anna") as session:
        (row,) = await hooks.deliveries(session, anna, 10)
    assert (row.attempts, row.delivered_at, row.last_status, row.last_error) == (2, _after(6), 200, None)
    await outbox.forget(_after(1))
    async with database.reading("anna") as session:
        assert await hooks.deliveries(session, anna, 10) == []


async def test_a_result_of_an_endpoint_that_was_removed_meanwhile_is_dropped(database: Database, anna: str) -> None:
    await _tell(database)
    outbox = StoredOutbox(database, _KEY)
    (due,) = await outbox.claim(START, 10)
    async with database.writing("anna") as session:
        await service.remove_endpoint(session, anna)
    await outbox.record(due.id, Result(200, None, None), START)


async def test_two_workers_do_not_claim_the_same(database: Database, anna: str) -> None:
    for _ in range(6):
        await _tell(database)
    outboxes = [StoredOutbox(database, _KEY) for _ in range(2)]
    claimed = [each.id for outbox in outboxes for each in await outbox.claim(START, 3)]
    assert len(set(claimed)) == 6


async def test_what_is_about_one_session_is_told_in_order(database: Database, anna: str) -> None:
    for subject in ("one", "one", "two"):
        await _tell(database, subject=subject)
    outbox = StoredOutbox(database, _KEY)
    first, other = await outbox.claim(START, 10)
    assert await outbox.claim(START, 10) == (), "the second waits while the first is on its way"
    await outbox.record(first.id, Result(503, "answered 503", _after(300)), _after(1))
    await outbox.record(other.id, Result(200, None, None), _after(1))
    assert await outbox.claim(_after(299), 10) == (), "and while the first waits for its next try"
    (again,) = await outbox.claim(_after(300), 10)
    assert again.id == first.id
    await outbox.record(first.id, Result(200, None, None), _after(301))
    (second,) = await outbox.claim(_after(301), 10)
    assert second.id not in (first.id, other.id)


async def test_what_is_given_up_holds_up_nothing(database: Database, anna: str) -> None:
    await _tell(database, subject="one")
    await _tell(database, subject="one")
    outbox = StoredOutbox(database, _KEY)
    (first,) = await outbox.claim(START, 10)
    await outbox.record(first.id, Result(500, "answered 500", None), START)
    (second,) = await outbox.claim(START, 10)
    assert second.id != first.id


async def test_an_endpoint_that_rests_is_sent_nothing_until_it_is_woken(database: Database, anna: str) -> None:
    await _tell(database)
    outbox = StoredOutbox(database, _KEY)
    for active, due in ((False, 0), (True, 1)):
        async with database.writing("anna") as session:
            (await service.endpoint(session, anna)).active = active
        assert len(await outbox.claim(START, 10)) == due
