"""Who may what: A.2, each rule by name."""

import pytest

from tests.conformance.kupe.conftest import Town

GONE = (("POST", "/api/v1/organizations/x/billing/assign-credits"), ("GET", "/api/v1/billing/balance-history"))

NO_SCOPE = {"detail": "Forbidden: API Key does not have required scopes"}


async def test_a_key_and_a_bearer_both_work_and_say_who_they_are(town: Town) -> None:
    by_bearer = (await town.lab.http.get("/api/v1/me", headers=town.ada)).json()
    by_key = (await town.lab.http.get("/api/v1/me", headers=town.key)).json()
    assert (by_bearer["auth"], by_key["auth"]) == ("bearer", "api_key")
    assert by_bearer["user_id"] == by_key["user_id"]
    assert by_bearer["email"] == "ada@example.com"


async def test_a_key_with_rows_has_only_what_they_say(town: Town) -> None:
    http = town.lab.http
    assert (await http.get("/api/v1/providers/model", headers=town.narrow)).status_code == 200
    for path in ("/api/v1/agents", "/api/v1/providers/tts", "/api/v1/me"):
        refused = await http.get(path, headers=town.narrow)
        assert (refused.status_code, refused.json()) == (403, NO_SCOPE)


async def test_a_key_with_rows_has_nothing_in_other_apis(town: Town) -> None:
    key = {"X-Prepatu-Key": town.narrow["x-api-key"]}
    for path in ("/v1/flows", "/v1/sessions", "/native/v1/lines", "/native/v1/calls"):
        assert (await town.lab.http.get(path, headers=key)).status_code == 403


async def test_the_union_of_role_and_rows_is_a_switch(town: Town) -> None:
    town.lab.app.state.rbac_union = True
    assert (await town.lab.http.get("/api/v1/agents", headers=town.narrow)).status_code == 200


async def test_a_key_that_was_narrowed_in_another_apis_words_has_nothing_here(town: Town) -> None:
    key = await town.lab.make_key(town.ada, scope="flows:read")
    answer = await town.lab.http.get("/api/v1/agents", headers={"x-api-key": key["X-Prepatu-Key"]})
    assert (answer.status_code, answer.json()) == (403, NO_SCOPE)


async def test_keys_are_made_renamed_and_revoked_by_people(town: Town) -> None:
    http, path = town.lab.http, f"/api/v1/api-keys/{town.names['key_id']}"
    assert (await http.post("/api/v1/api-keys", json={}, headers=town.key)).status_code == 403
    assert (await http.patch(path, json={"name": "b"}, headers=town.key)).status_code == 403
    assert (await http.delete(path, headers=town.key)).status_code == 403
    renamed = await http.patch(path, json={"name": ""}, headers=town.ada)
    assert renamed.json()["api_key"]["name"] == ""
    assert (await http.delete(path, headers=town.ada)).status_code == 200
    assert (await http.delete(path, headers=town.ada)).status_code == 404


async def test_a_revoked_key_is_refused_at_once(town: Town) -> None:
    for key in (await town.lab.http.get("/api/v1/api-keys/fetch", headers=town.ada)).json():
        await town.lab.http.delete(f"/api/v1/api-keys/{key['id']}", headers=town.ada)
    assert (await town.lab.http.get("/api/v1/me", headers=town.key)).status_code == 401


async def test_a_secret_is_told_once(town: Town) -> None:
    listed = await town.lab.http.get("/api/v1/api-keys/fetch", headers=town.ada)
    assert town.key["x-api-key"] not in listed.text


async def test_what_was_removed_is_gone(town: Town) -> None:
    for method, path in GONE:
        answer = await town.lab.http.request(method, path)
        assert (answer.status_code, list(answer.json())) == (410, ["detail"])


async def test_a_feature_is_a_boolean_that_is_known(town: Town) -> None:
    path = f"/api/v1/feature-flags/{town.names['user_id']}"
    assert (await town.lab.http.put(path, json={"markup": True}, headers=town.ada)).status_code == 400
    assert (await town.lab.http.put(path, json={"outbound": "lots"}, headers=town.ada)).status_code == 422


@pytest.mark.parametrize("path", ["/api/v1/agents", "/api/v1/me", "/api/v1/providers/all"])
async def test_a_wrong_credential_is_a_401_with_a_sentence(town: Town, path: str) -> None:
    for headers in ({}, {"x-api-key": "wrong"}, {"Authorization": "Bearer wrong"}):
        answer = await town.lab.http.get(path, headers=headers)
        assert (answer.status_code, type(answer.json()["detail"])) == (401, str)
