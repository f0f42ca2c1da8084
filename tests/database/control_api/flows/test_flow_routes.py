import asyncio
from typing import Any

import pytest

from control_api.flows import stored
from tests.support.control_lab import Lab
from tests.support.set_clock import START

GREET = """# A greeting.
id: greet
initial_state: hello
states:
  hello:
    say: 'Hello.'   # politely
"""


async def _upload(lab: Lab, who: dict[str, str], text: str = GREET, name: str = "Greeting") -> dict[str, Any]:
    answer = await lab.http.post("/v1/flows", headers=who, json={"name": name, "yaml_content": text})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _versions(lab: Lab, who: dict[str, str], flow_id: str) -> list[int]:
    return [each["version"] for each in (await lab.http.get(f"/v1/flows/{flow_id}/versions", headers=who)).json()]


async def test_flows_are_listed_newest_first_and_in_pages(lab: Lab) -> None:
    ada = await lab.sign_up()
    names = [f"flow {number}" for number in range(5)]
    for name in names:
        await _upload(lab, ada, name=name)
    whole = await lab.http.get("/v1/flows", headers=ada)
    assert [each["name"] for each in whole.json()] == names[::-1]
    assert "x-next-cursor" not in whole.headers
    seen, before = list[str](), dict[str, str]()
    for _ in range(3):
        page = await lab.http.get("/v1/flows", params={"limit": "2"} | before, headers=ada)
        seen += [each["name"] for each in page.json()]
        before = {"before": page.headers.get("x-next-cursor", "")}
    assert seen == names[::-1]


async def test_json_changes_only_the_lines_that_it_must(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow = f"/v1/flows/{(await _upload(lab, ada))['id']}"
    document = (await lab.http.get(f"{flow}/json", headers=ada)).json()
    document["states"]["hello"]["say"] = "Good day."
    assert (await lab.http.put(f"{flow}/json", headers=ada, json=document)).status_code == 204
    kept = (await lab.http.get(flow, headers=ada)).json()
    assert kept["yaml_content"] == GREET.replace("Hello.", "Good day.")
    assert (kept["name"], kept["version"]) == ("Greeting", 2)


async def test_what_says_the_same_makes_no_version(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    document = (await lab.http.get(f"/v1/flows/{flow_id}/json", headers=ada)).json()
    await lab.http.put(f"/v1/flows/{flow_id}/json", headers=ada, json=document)
    await lab.http.put(f"/v1/flows/{flow_id}", headers=ada, json={"yaml_content": GREET})
    await lab.http.patch(f"/v1/flows/{flow_id}", headers=ada, json={"name": "Another"})
    assert await _versions(lab, ada, flow_id) == [1]


async def test_every_change_is_kept_can_be_compared_and_taken_back(lab: Lab) -> None:
    ada = await lab.sign_up()
    key = await lab.make_key(ada)
    flow_id = (await _upload(lab, ada))["id"]
    flow = f"/v1/flows/{flow_id}"
    lab.clock.passed_s = 60
    changed = GREET.replace("Hello.", "Good day.")
    await lab.http.put(flow, headers=key, json={"yaml_content": changed})
    told = (await lab.http.get(f"{flow}/versions/2/diff", headers=ada)).json()
    assert (told["from_version"], told["to_version"]) == (1, 2)
    assert [line for line in told["diff"].splitlines() if line[0] in "+-"] == [
        "--- version 1",
        "+++ version 2",
        "-    say: 'Hello.'   # politely",
        "+    say: 'Good day.'   # politely",
    ]
    restored = await lab.http.post(f"{flow}/versions/1/restore", headers=ada)
    assert (restored.status_code, restored.json()["version"], restored.json()["yaml_content"]) == (200, 3, GREET)
    listed = (await lab.http.get(f"{flow}/versions", headers=ada)).json()
    assert [each["note"] for each in listed] == ["restored version 1", "", ""]
    assert listed[1]["author"] != listed[0]["author"] == listed[2]["author"] != ""
    assert listed[1]["created_at"] == START.timestamp() + 60
    assert (await lab.http.get(f"{flow}/versions/2", headers=ada)).json()["yaml_content"] == changed
    same = (await lab.http.get(f"{flow}/versions/3/diff", params={"against": 1}, headers=ada)).json()
    assert same["diff"] == ""


@pytest.mark.parametrize("path", ["versions/9", "versions/9/diff", "versions/1/diff?against=9"])
async def test_an_unknown_version_is_not_found(lab: Lab, path: str) -> None:
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    answer = await lab.http.get(f"/v1/flows/{flow_id}/{path}", headers=ada)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Version not found"})


async def test_versions_come_in_pages(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    for number in range(4):
        text = GREET.replace("Hello.", f"Hello {number}.")
        await lab.http.put(f"/v1/flows/{flow_id}", headers=ada, json={"yaml_content": text})
    page = await lab.http.get(f"/v1/flows/{flow_id}/versions", params={"limit": 2}, headers=ada)
    assert [each["version"] for each in page.json()] == [5, 4]
    params = {"limit": "2", "before": page.headers["x-next-cursor"]}
    page = await lab.http.get(f"/v1/flows/{flow_id}/versions", params=params, headers=ada)
    assert [each["version"] for each in page.json()] == [3, 2]


async def test_a_broken_document_changes_nothing(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    broken = GREET.replace("initial_state: hello", "initial_state: nowhere")
    for method, body in (("PUT", {"yaml_content": broken}), ("PATCH", {"yaml_content": broken, "name": "Other"})):
        answer = await lab.http.request(method, f"/v1/flows/{flow_id}", headers=ada, json=body)
        assert answer.status_code == 422
        (finding,) = [each for each in answer.json()["findings"] if each["severity"] == "error"]
        assert (finding["line"], finding["column"]) == (3, 1)
        assert answer.json()["detail"] == f"Invalid YAML: line 3, column 1: {finding['message']}"
    kept = (await lab.http.get(f"/v1/flows/{flow_id}", headers=ada)).json()
    assert (kept["name"], kept["version"], kept["yaml_content"]) == ("Greeting", 1, GREET)


async def test_of_two_who_change_the_same_version_the_second_is_told(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow = f"/v1/flows/{(await _upload(lab, ada))['id']}"
    etag = (await lab.http.get(flow, headers=ada)).headers["etag"]
    codes = []
    for says in ("Good day.", "Good night."):
        body = {"yaml_content": GREET.replace("Hello.", says)}
        answer = await lab.http.put(flow, headers=ada | {"If-Match": etag}, json=body)
        codes.append(answer.status_code)
    assert codes == [200, 409]
    assert answer.json() == {"detail": "The flow was changed meanwhile; it is at version 2."}
    unknown = await lab.http.put(flow, headers=ada | {"If-Match": '"x"'}, json=body)
    assert unknown.status_code == 409


async def test_changes_at_the_same_time_get_numbers_of_their_own(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    texts = [GREET.replace("Hello.", f"Hello {number}.") for number in range(8)]
    puts = (lab.http.put(f"/v1/flows/{flow_id}", headers=ada, json={"yaml_content": text}) for text in texts)
    assert {each.status_code for each in await asyncio.gather(*puts)} == {200}
    assert await _versions(lab, ada, flow_id) == list(range(9, 0, -1))


async def test_an_account_keeps_only_so_many_flows(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MAX_FLOWS", 2)
    ada = await lab.sign_up()
    for _ in range(2):
        await _upload(lab, ada)
    answer = await lab.http.post("/v1/flows", headers=ada, json={"name": "third", "yaml_content": GREET})
    assert (answer.status_code, answer.json()["detail"]) == (403, "An account keeps at most 2 flows; delete one first.")
    await _upload(lab, await lab.sign_up("bob@example.com"))


async def test_an_account_keeps_only_so_much_text(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MAX_BYTES", len(GREET) + 10)
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    body = {"yaml_content": GREET.replace("Hello", "Good day")}
    assert (await lab.http.put(f"/v1/flows/{flow_id}", headers=ada, json=body)).status_code == 403
    assert await _versions(lab, ada, flow_id) == [1]


async def test_a_deleted_flow_takes_its_versions_with_it(lab: Lab) -> None:
    ada = await lab.sign_up()
    flow_id = (await _upload(lab, ada))["id"]
    assert (await lab.http.delete(f"/v1/flows/{flow_id}", headers=ada)).status_code == 204
    for path in ("", "/json", "/versions", "/versions/1"):
        assert (await lab.http.get(f"/v1/flows/{flow_id}{path}", headers=ada)).status_code == 404
    assert (await lab.http.delete(f"/v1/flows/{flow_id}", headers=ada)).status_code == 404


async def test_who_sits_at_the_machine_keeps_flows_without_a_credential(local_lab: Lab) -> None:
    made = await _upload(local_lab, {})
    assert [each["id"] for each in (await local_lab.http.get("/v1/flows")).json()] == [made["id"]]
