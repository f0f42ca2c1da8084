"""Voices: listed, heard, and an account's own added (A.4)."""

from typing import Any

import pytest

from tests.conformance.kupe.conftest import Town

PATH = "/api/v1/tts-voices"
MINE = {"name": "Mine", "voice_id": "aura-2-mine-en", "tts_model_name": "aura-2", "language": "en"}


async def _add(town: Town, **other: Any) -> Any:
    return await town.lab.http.post(PATH, json=MINE | other, headers=town.key)


async def test_a_voice_of_ones_own_is_listed_and_speaks_for_its_account_alone(town: Town) -> None:
    added = (await _add(town)).json()
    assert (added["name"], added["tts_model_name"], added["available"]) == ("Mine", "aura-2", False)
    listed = [(await town.lab.http.get(PATH, headers=who)).json() for who in (town.ada, town.bob)]
    assert [added in voices for voices in listed] == [True, False]
    assert (await town.lab.http.get(f"{PATH}/{added['id']}", headers=town.bob)).status_code == 404
    agent = {"agent": {"name": "a"}, "tts_config": {"tts_model_name": "aura-2", "voice_name": "mine"}}
    made = [await town.lab.http.post("/api/v1/agents", json=agent, headers=who) for who in (town.ada, town.bob)]
    assert [each.status_code for each in made] == [201, 400]
    assert made[0].json()["configurations"]["tts_config"]["voice_name"] == "Mine"
    test = {"agent_id": made[0].json()["agent"]["id"]}
    assert (await town.lab.http.get("/api/call/test", params=test, headers=town.ada)).status_code == 200


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"tts_model_name": "antiphon-voice"}, 400),
        ({"tts_model_name": "nobody"}, 400),
        ({"language": "xx"}, 400),
        ({"name": "Thalia"}, 409),
        ({"voice_id": "a:b"}, 422),
        ({"name": " "}, 422),
    ],
)
async def test_what_cannot_be_a_voice_is_refused(town: Town, other: dict[str, str], status: int) -> None:
    assert (await _add(town, **other)).status_code == status


async def test_a_name_is_a_models_once(town: Town) -> None:
    assert [(await _add(town)).status_code for _ in range(2)] == [200, 409]


async def test_this_servers_voice_is_heard_and_a_vendors_only_in_calls(town: Town) -> None:
    voices = (await town.lab.http.get(PATH, headers=town.key)).json()
    ours, vendors = voices[0], voices[1]
    heard = await town.lab.http.get(f"{PATH}/{ours['id']}/sample", headers=town.key)
    assert (heard.headers["content-type"], heard.content[:4]) == ("audio/wav", b"RIFF")
    silent = await town.lab.http.get(f"{PATH}/{vendors['id']}/sample", headers=town.key)
    assert (silent.status_code, vendors["name"] in silent.json()["detail"]) == (404, True)


async def test_a_model_is_available_to_whose_account_has_a_key(town: Town) -> None:
    http = town.lab.http
    keyed = {"llm_provider": "groq", "llm_api_key": "gsk_0123456789abcdef"}
    assert (await http.patch("/v1/providers", json=keyed, headers=town.ada)).status_code == 200
    told = {}
    for name, who in (("ada", town.ada), ("bob", town.bob)):
        rows = (await http.get("/api/v1/providers/model", headers=who)).json()
        told[name] = [row["model_name"] for row in rows if row["available"]]
    assert told["bob"] == []
    assert {"groq-llama-3.3-70b", "groq-compound"} <= set(told["ada"])
    assert not [name for name in told["ada"] if not name.startswith(("groq", "antiphon"))]
    agent = {"agent": {"name": "a"}, "agent_model_config": {"model_name": "groq-compound"}}
    made = (await http.post("/api/v1/agents", json=agent, headers=town.ada)).json()["agent"]["id"]
    tested = await http.get("/api/call/test", params={"agent_id": made}, headers=town.ada)
    assert tested.json()["status"] == "ok"
    without = await http.get("/api/call/test", params={"agent_id": town.names["agent_id"]}, headers=town.bob)
    assert without.status_code == 404
