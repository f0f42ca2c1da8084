import re

import httpx
import pytest
from sqlalchemy import select

from storage.engine import EVERY_TENANT
from storage.tables.api_key import ApiKey
from tests.support.control_lab import Lab, client_of
from tests.support.set_clock import START


def _told(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json()


async def _row(lab: Lab) -> ApiKey:
    async with lab.database.reading(EVERY_TENANT) as session:
        return (await session.scalars(select(ApiKey))).one()


async def test_a_key_is_told_once_and_only_its_hash_is_kept(lab: Lab) -> None:
    ada = await lab.sign_up()
    answer = await lab.http.post("/auth/api-keys", params={"label": "my-app"}, headers=ada)
    made = answer.json()
    assert (answer.status_code, made["label"]) == (201, "my-app")
    assert re.fullmatch(r"pk_live_[A-Za-z0-9_-]{43}", made["key"])
    (listed,) = (await lab.http.get("/auth/api-keys", headers=ada)).json()
    assert listed["key"] == listed["key_prefix"] == made["key"][:14] + "..."
    assert (listed["key_id"], listed["label"], listed["revoked"]) == (made["key_id"], "my-app", False)
    assert listed["created_at"] == START.timestamp()
    row = await _row(lab)
    assert made["key"] not in [str(value) for value in vars(row).values()]


async def test_keys_are_listed_newest_first_and_a_label_is_made_up(lab: Lab) -> None:
    ada = await lab.sign_up()
    for label in ("one", "two", None):
        lab.clock.passed_s += 1
        await lab.make_key(ada, **({"label": label} if label else {}))
    labels = [each["label"] for each in (await lab.http.get("/auth/api-keys", headers=ada)).json()]
    assert labels == ["default", "two", "one"]


@pytest.mark.parametrize("by", ["key", "key_id"])
async def test_a_key_is_revoked_at_once_by_itself_or_by_its_id(lab: Lab, by: str) -> None:
    ada = await lab.sign_up()
    made = (await lab.http.post("/auth/api-keys", headers=ada)).json()
    assert (await lab.http.delete(f"/auth/api-keys/{made[by]}", headers=ada)).status_code == 204
    assert _told(await lab.http.get("/calls", headers={"X-Prepatu-Key": made["key"]}))[0] == 401
    again = await lab.http.delete(f"/auth/api-keys/{made[by]}", headers=ada)
    assert _told(again) == (404, {"detail": "Key not found"})
    assert (await lab.http.get("/auth/api-keys", headers=ada)).json()[0]["revoked"] is True


async def test_nobody_revokes_or_sees_the_key_of_another_account(lab: Lab) -> None:
    ada, bob = await lab.sign_up(), await lab.sign_up("bob@example.com")
    key = await lab.make_key(ada)
    answer = await lab.http.delete(f"/auth/api-keys/{key['X-Prepatu-Key']}", headers=bob)
    assert _told(answer) == (404, {"detail": "Key not found"})
    assert (await lab.http.get("/auth/api-keys", headers=bob)).json() == []
    assert (await lab.http.get("/calls", headers=key)).status_code == 403


@pytest.mark.parametrize(
    "query", [{"scope": "everything"}, {"label": "x" * 201}, {"expires_in_days": 0}, {"expires_in_days": "soon"}]
)
async def test_a_key_that_cannot_be_is_not_made(lab: Lab, query: dict[str, str]) -> None:
    ada = await lab.sign_up()
    assert (await lab.http.post("/auth/api-keys", params=query, headers=ada)).status_code == 422
    assert (await lab.http.get("/auth/api-keys", headers=ada)).json() == []


async def test_a_key_ends_when_it_was_said_to(lab: Lab) -> None:
    key = await lab.make_key(await lab.sign_up(), expires_in_days=2)
    lab.clock.passed_s = 2 * 24 * 3600 - 1
    assert (await lab.http.get("/calls", headers=key)).status_code == 403
    lab.clock.passed_s += 1
    answer = await lab.http.get("/calls", headers=key)
    assert answer.json()["detail"] == "Invalid or revoked API key"


async def test_its_last_use_is_known_to_the_minute(lab: Lab) -> None:
    key = await lab.make_key(await lab.sign_up())
    assert (await _row(lab)).last_used_at is None
    uses = []
    for passed_s in (10, 40, 71):
        lab.clock.passed_s = passed_s
        await lab.http.get("/calls", headers=key)
        used = (await _row(lab)).last_used_at
        assert used is not None
        uses.append((used - START).total_seconds())
    assert uses == [10, 10, 71]


@pytest.mark.parametrize("header", ["X-Prepatu-Key", "x-api-key"])
@pytest.mark.parametrize("text", ["", "pk_live_", "pk_live_" + "x" * 43, "nonsense", "pk_live_" + "ü" * 5])
async def test_an_unknown_key_is_refused(lab: Lab, header: str, text: str) -> None:
    answer = await lab.http.get("/v1/nothing", headers=[(header.encode(), text.encode())])
    assert answer.status_code == 404
    answer = await lab.http.get("/calls", headers=[(header.encode(), text.encode())])
    assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid or revoked API key")


@pytest.mark.parametrize("carrier", ["X-Prepatu-Key", "x-api-key", "Authorization"])
async def test_a_key_is_taken_from_each_carrier(lab: Lab, carrier: str) -> None:
    key = (await lab.make_key(await lab.sign_up()))["X-Prepatu-Key"]
    value = f"Bearer {key}" if carrier == "Authorization" else key
    assert (await lab.http.get("/calls", headers={carrier: value})).status_code == 403


async def test_a_wrong_bearer_is_refused_even_beside_a_good_key(lab: Lab) -> None:
    key = await lab.make_key(await lab.sign_up())
    for bearer, said in (("nonsense", "Invalid token"), ("pk_live_nonsense", "Invalid or revoked API key")):
        answer = await lab.http.get("/calls", headers=key | {"Authorization": f"Bearer {bearer}"})
        assert (answer.status_code, answer.json()["detail"]) == (401, said)
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_keys_are_for_people_to_make(lab: Lab) -> None:
    key = await lab.make_key(await lab.sign_up())
    missing = {"detail": "Missing Authorization header"}
    assert _told(await lab.http.post("/auth/api-keys")) == (401, missing)
    assert _told(await lab.http.post("/auth/api-keys", headers=key)) == (401, missing)
    bearer = {"Authorization": f"Bearer {key['X-Prepatu-Key']}"}
    assert _told(await lab.http.post("/auth/api-keys", headers=bearer)) == (401, {"detail": "Invalid token"})


async def test_a_credential_in_the_query_of_a_request_does_not_count(lab: Lab) -> None:
    key = (await lab.make_key(await lab.sign_up()))["X-Prepatu-Key"]
    assert (await lab.http.get("/calls", params={"token": key})).status_code == 401


async def test_who_sits_at_the_machine_needs_no_credential_but_a_wrong_one_is_refused(local_lab: Lab) -> None:
    assert (await local_lab.http.get("/calls")).status_code == 200
    for headers in ({"Authorization": "Bearer x"}, {"Authorization": "Basic eA=="}, {"X-Prepatu-Key": "x"}):
        assert (await local_lab.http.get("/calls", headers=headers)).status_code == 401


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
async def test_a_page_of_somebody_else_at_the_machine_gets_nothing(local_lab: Lab, headers: dict[str, str]) -> None:
    assert (await local_lab.http.get("/calls", headers=headers)).status_code == 401
    assert (await local_lab.http.post("/auth/api-keys", headers=headers)).status_code == 401


async def test_a_server_that_others_can_reach_trusts_nobody_for_where_they_sit(lab: Lab) -> None:
    async with client_of(lab.app, "127.0.0.1:8000", "127.0.0.1") as http:
        assert (await http.get("/calls")).status_code == 401
