"""Agents: the sharp edges of A.3 and A.5, each by name."""

from typing import Any

import pytest

from control_api.agents import service
from control_api.agents.checking import Checks
from control_api.catalogue.rows import catalogue
from control_api.principal import Kind, Principal, Role
from tests.conformance.kupe.calls_made import account_of
from tests.conformance.kupe.conftest import Town
from tests.support.control_lab import PlainNoises

SECTIONS = {
    "model_config", "tts_config", "transcriber_config", "vad_config", "inferencing_config", "tools",
    "agent_specific_config",
}  # fmt: skip


async def _create(town: Town, body: Any) -> Any:
    return await town.lab.http.post("/api/v1/agents", json=body, headers=town.ada)


async def test_a_simple_agent_has_all_defaults_and_needs_no_key(town: Town) -> None:
    agent = town.agent
    assert (agent["agent"]["name"], agent["agent"]["is_active"], agent["validation_status"]) == (
        "Front desk", True, "valid",
    )  # fmt: skip
    assert agent["configurations"].keys() == SECTIONS
    assert agent["configurations"]["model_config"]["provider_name"] == "antiphon"
    assert agent["configurations"]["tts_config"]["provider_name"] == "antiphon"
    assert agent["configurations"]["transcriber_config"]["provider_name"] == "antiphon"
    specific = agent["configurations"]["agent_specific_config"]
    assert (specific["session_timeout"], specific["end_of_speech_timeout"], specific["timezone"]) == (
        180, 1.5, "Asia/Kolkata",
    )  # fmt: skip
    assert (specific["max_output_tokens"], specific["caller_gender_detection_enabled"]) == (370, False)


async def test_the_request_says_agent_model_config_and_the_answer_model_config(town: Town) -> None:
    made = await _create(town, {"agent": {"name": "a"}, "agent_model_config": {"model_name": "openai-gpt-4.1-mini"}})
    assert made.status_code == 201
    assert made.json()["configurations"]["model_config"]["model_name"] == "openai-gpt-4.1-mini"
    assert "agent_model_config" not in made.json()["configurations"]


async def test_welcome_message_is_read_back_as_first_response_message(town: Town) -> None:
    changed = (await town.put({"agent": {"welcome_message": "Hello there."}})).json()
    assert changed["agent"]["first_response_message"] == "Hello there."
    assert "welcome_message" not in changed["agent"]


async def test_an_active_agent_rejects_other_models_without_force(town: Town) -> None:
    body = {"tts_config": {"tts_model_name": "tts-1"}}
    refused = await town.put(body)
    assert refused.status_code == 400
    assert "force_update=true" in refused.json()["detail"]
    assert (await town.put(body, force_update=True)).status_code == 200


async def test_name_activity_and_manner_of_an_active_agent_change_without_force(town: Town) -> None:
    body = {"agent": {"name": "New", "description": ""}, "agent_specific_config": {"session_timeout": 60}}
    assert (await town.put(body)).status_code == 200
    assert (await town.put({"agent": {"is_active": False}})).status_code == 200
    assert (await town.put({"tts_config": {"tts_model_name": "tts-1"}})).status_code == 200


async def test_an_active_agent_is_deleted_only_with_force(town: Town) -> None:
    refused = await town.lab.http.delete(town.path, headers=town.ada)
    assert (refused.status_code, "force_delete" in refused.json()["detail"]) == (400, True)
    done = await town.lab.http.delete(town.path, params={"force_delete": True}, headers=town.ada)
    assert (done.status_code, "message" in done.json()) == (200, True)
    assert (await town.lab.http.get(town.path, headers=town.ada)).status_code == 404


async def test_specific_config_is_merged_deeply_and_null_is_the_default(town: Town) -> None:
    await town.put({"agent_specific_config": {"background_noise_id": "office_noise", "time_to_cut": 20}})
    kept = (await town.put({"agent_specific_config": {"session_timeout": 90}})).json()
    specific = kept["configurations"]["agent_specific_config"]
    assert (specific["background_noise_id"], specific["time_to_cut"], specific["session_timeout"]) == (
        "office_noise.wav", 20, 90,
    )  # fmt: skip
    cleared = (await town.put({"agent_specific_config": {"background_noise_id": None, "time_to_cut": None}})).json()
    specific = cleared["configurations"]["agent_specific_config"]
    assert (specific["background_noise_id"], specific["time_to_cut"], specific["session_timeout"]) == (None, None, 90)


async def test_an_empty_noise_id_clears_it_too(town: Town) -> None:
    await town.put({"agent_specific_config": {"background_noise_id": "office_noise.wav"}})
    cleared = (await town.put({"agent_specific_config": {"background_noise_id": ""}})).json()
    assert cleared["configurations"]["agent_specific_config"]["background_noise_id"] is None


async def test_camel_case_names_of_the_dashboard_are_understood(town: Town) -> None:
    body = {"agent_specific_config": {"autoTerminate": True, "sessionTimeout": 77}}
    specific = (await town.put(body)).json()["configurations"]["agent_specific_config"]
    assert (specific["auto_terminate_call"], specific["session_timeout"]) == (True, 77)


async def test_a_list_of_one_language_is_that_language(town: Town) -> None:
    body = {"transcriber_config": {"transcriber_model_name": "deepgram_nova_3", "language": ["en-IN"]}}
    config = (await town.put(body, force_update=True)).json()["configurations"]["transcriber_config"]
    assert (config["language"], config["transcriber_model_name"]) == ("en-IN", "deepgram_nova_3")


async def test_a_voices_language_is_stored_among_its_parameters(town: Town) -> None:
    config = (await town.put({"tts_config": {"language": "en"}}, force_update=True)).json()["configurations"]
    assert config["tts_config"]["voice_parameters"]["language"] == "en"
    again = {"tts_config": {"voice_parameters": config["tts_config"]["voice_parameters"]}}
    assert (await town.put(again)).status_code == 200


@pytest.mark.parametrize("name", ["antiphon-default", "antiphon:antiphon-default"])
async def test_a_model_is_named_by_code_provider_and_uuid(town: Town, name: str) -> None:
    rows = (await town.lab.http.get("/api/v1/providers/model", headers=town.key)).json()
    for each in (name, rows[0]["id"]):
        made = await _create(town, {"agent": {"name": "a"}, "agent_model_config": {"model_provider_id": each}})
        assert made.json()["configurations"]["model_config"]["model_name"] == "antiphon-default"


@pytest.mark.parametrize(
    ("section", "config", "says"),
    [
        ("agent_model_config", {"model_name": "gpt-99"}, "Unknown llm model 'gpt-99'"),
        ("transcriber_config", {"transcriber_model_name": "faster_whisper"}, "no adapter"),
        ("tts_config", {"tts_model_name": "bulbul:v2"}, "no adapter"),
        ("tts_config", {"tts_model_name": "deepgram", "voice_name": "nobody"}, "thalia"),
        ("tts_config", {"voice_parameters": {"speed": 2.0}}, "speed 1.0"),
        ("transcriber_config", {"language": "hi-IN"}, "has no language 'hi-IN'"),
        ("vad_config", {"sampling_rate": 8000}, "16000 Hz"),
        ("inferencing_config", {"anything": 1}, "nothing to set"),
        ("tools", [{"id": "x"}], "no tools"),
        ("agent_specific_config", {"caller_gender_detection_enabled": True}, "gender"),
        ("agent_specific_config", {"background_noise_id": "storm"}, "office_noise.wav"),
        ("agent_specific_config", {"time_to_cut": 180}, "less than session_timeout"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_the_reason_and_nothing_is_kept(
    town: Town, section: str, config: Any, says: str
) -> None:
    refused = await _create(town, {"agent": {"name": "a"}, section: config})
    assert refused.status_code == 400
    assert says in refused.json()["detail"]
    assert (await town.lab.http.get("/api/v1/agents/stats", headers=town.ada)).json()["total_agents"] == 1


@pytest.mark.parametrize(
    ("section", "config"),
    [
        ("agent", {"name": ""}),
        ("agent_model_config", {"system_prompt": "x" * 64_001}),
        ("agent_model_config", {"temperature": 3}),
        ("agent_specific_config", {"session_timeout": 0}),
        ("agent_specific_config", {"session_timeout": 86_401}),
        ("agent_specific_config", {"end_of_speech_timeout": -1}),
        ("agent_specific_config", {"max_output_tokens": 0}),
        ("agent_specific_config", {"time_to_cut": 0}),
        ("agent_specific_config", {"noise_cancellation_strength": 101}),
        ("agent_specific_config", {"background_noise_volume": -1}),
        ("agent_specific_config", {"timezone": "Mars/Olympus"}),
        ("agent_specific_config", {"end_call_message_mode": "loud"}),
    ],
)
async def test_a_value_out_of_its_bounds_is_named(town: Town, section: str, config: Any) -> None:
    (name,) = config
    answer = await _create(
        town, {"agent": {"name": "a"}, section: config} | ({} if section != "agent" else {"agent": config})
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", section, name]


async def test_transfer_routes_are_named_and_their_numbers_digits(town: Town) -> None:
    route = {"condition_when_to_transfer": "wants sales", "phone_number": "+1 (555) 123-4567"}
    body = {
        "agent_specific_config": {"inbound_transfer_routes": [route, route | {"route_id": "route_1", "enabled": False}]}
    }
    routes = (await town.put(body)).json()["configurations"]["agent_specific_config"]["inbound_transfer_routes"]
    assert [(each["route_id"], each["phone_number"], each["enabled"]) for each in routes] == [
        ("route_2", "15551234567", True),
        ("route_1", "15551234567", False),
    ]


async def test_stop_words_are_kept_and_ignored(town: Town) -> None:
    kept = (await town.put({"agent_specific_config": {"conversation_stop_words": ["bye"]}})).json()
    assert kept["configurations"]["agent_specific_config"]["conversation_stop_words"] == ["bye"]


@pytest.mark.parametrize("path", ["/api/v1/agents/no-uuid", "/api/v1/agents/no-uuid/versions"])
async def test_a_malformed_uuid_is_a_400(town: Town, path: str) -> None:
    answer = await town.lab.http.get(path, headers=town.ada)
    assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid agent_id format: not a UUID."})


@pytest.mark.parametrize(("segment", "missing"), [("transcriber-config", 2), ("vad-config", 1)])
async def test_a_patch_has_the_fields_that_its_section_requires(town: Town, segment: str, missing: int) -> None:
    answer = await town.lab.http.patch(f"{town.path}/{segment}", json={}, headers=town.ada)
    assert (answer.status_code, len(answer.json()["detail"])) == (422, missing)


async def test_a_patch_changes_its_section_only(town: Town) -> None:
    body = {"system_prompt": "Be brief.", "temperature": 0.1}
    path = f"{town.path}/model-config"
    assert (await town.lab.http.patch(path, json=body, headers=town.ada)).status_code == 400
    changed = await town.lab.http.patch(path, json=body, headers=town.ada, params={"force_update": True})
    assert changed.json()["configurations"]["model_config"]["system_prompt"] == "Be brief."
    assert changed.json()["agent"]["name"] == "Front desk"


async def test_what_an_agent_answered_can_be_sent_back(town: Town) -> None:
    told = (await town.lab.http.get(town.path, headers=town.ada)).json()
    same = await town.put({"agent": told["agent"]} | told["configurations"])
    assert (same.status_code, same.json()["version"]) == (200, 1)


async def test_a_version_is_restored_as_a_new_one(town: Town) -> None:
    await town.put({"agent": {"name": "Second"}})
    listed = (await town.lab.http.get(f"{town.path}/versions", headers=town.ada)).json()
    assert [(each["version"], each["name"]) for each in listed] == [(2, "Second"), (1, "Front desk")]
    back = await town.lab.http.post(f"{town.path}/versions/1/restore", headers=town.ada)
    assert (back.json()["version"], back.json()["agent"]["name"]) == (3, "Front desk")
    lost = await town.lab.http.post(f"{town.path}/versions/9/restore", headers=town.ada)
    assert lost.status_code == 404


async def test_fixed_names_are_not_taken_for_ids(town: Town) -> None:
    for name in ("summary", "stats"):
        assert (await town.lab.http.get(f"/api/v1/agents/{name}", headers=town.ada)).status_code == 200


async def test_agents_are_listed_bare_paged_and_searched(town: Town) -> None:
    await _create(town, {"agent": {"name": "50% off"}})
    listed = (await town.lab.http.get("/api/v1/agents", headers=town.ada)).json()
    assert [each["name"] for each in listed] == ["50% off", "Front desk"]
    page = (await town.lab.http.get("/api/v1/agents/summary?page=2&page_size=1", headers=town.ada)).json()
    assert ([each["name"] for each in page["items"]], page["total"], page["page"]) == (["Front desk"], 2, 2)
    found = (await town.lab.http.get("/api/v1/agents/summary?name_search=0%25", headers=town.ada)).json()
    assert [each["name"] for each in found["items"]] == ["50% off"]


async def test_without_the_guard_an_active_agent_changes_and_goes(town: Town) -> None:
    """The setting's other branch, below the routes: they pass on what the server was told."""
    checks, database = Checks(catalogue(), PlainNoises(), guard=False), town.lab.database
    account_id, agent_id = await account_of(town, town.ada), town.names["agent_id"]
    who, now = Principal(account_id, Kind.USER, frozenset(), Role.ADMIN, "ada"), town.lab.clock.utc()
    async with database.writing(account_id) as session:
        wish = {"agent_model_config": {"temperature": 0.1}}
        assert (await service.change(session, who, agent_id, wish, checks, now)).version == 2
    async with database.writing(account_id) as session:
        await service.remove(session, agent_id, force=False, guard=checks.guard)
    assert (await town.lab.http.get(town.path, headers=town.ada)).status_code == 404
