import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from control_api.agents.checking import Checks, checked
from control_api.agents.document import canonical, merged
from control_api.agents.effects import EFFECTS, Effect
from control_api.agents.plan import Plan, plan
from control_api.agents.schemas import Config
from control_api.catalogue.rows import catalogue
from kit.errors import InputError
from tests.support.control_lab import PlainNoises

NOW = datetime.datetime(2026, 1, 2, 20, 30, tzinfo=datetime.UTC)
CHECKS = Checks(catalogue(), PlainNoises())
_TOLD = "llm_conversation_stop_enabled"


def _fields(model: type[BaseModel], inside: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{inside}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{path}.")
        else:
            yield path


def _wish(path: str, value: Any) -> dict[str, Any]:
    section, _, name = path.partition(".")
    return {section: {name: value} if name else value}


def _config(*wishes: Mapping[str, Any]) -> Config:
    document: dict[str, Any] = {"agent": {"name": "a"}}
    for wish in wishes:
        document = merged(document, canonical(wish))
    return checked(document, CHECKS)


def _plan(config: Config, can_transfer: bool = True) -> Plan:
    return plan(config, catalogue(), {"name": "Ada"}, NOW, can_transfer=can_transfer)


def _of(where: str) -> list[tuple[str, Effect]]:
    return [(path, effect) for path, effect in EFFECTS.items() if effect.where == where]


def test_every_field_has_its_effect_named() -> None:
    assert list(EFFECTS) == list(_fields(Config))


@pytest.mark.parametrize(("path", "effect"), _of("call"), ids=lambda each: each if isinstance(each, str) else "")
def test_another_value_changes_what_the_call_is_given(path: str, effect: Effect) -> None:
    beside = effect.beside or {}
    assert _plan(_config(beside, _wish(path, effect.other))) != _plan(_config(beside))


@pytest.mark.parametrize(("path", "effect"), _of("refused"), ids=lambda each: each if isinstance(each, str) else "")
def test_what_would_have_no_effect_is_refused(path: str, effect: Effect) -> None:
    with pytest.raises(InputError, match=path.rpartition(".")[2]):
        _config(_wish(path, effect.other))


@pytest.mark.parametrize(("path", "effect"), [*_of("kept"), *_of("record")], ids=str)
def test_what_concerns_no_call_changes_no_call(path: str, effect: Effect) -> None:
    if effect.other is not None and path != "agent.name":
        assert _plan(_config(_wish(path, effect.other))) == _plan(_config())


def test_the_first_words_are_filled_in_once() -> None:
    values = {"name": "{{secret}} {other}", "secret": "no"}
    config = _config({"agent": {"welcome_message": "Hi {{ name }}, {{unknown}}not {{name}} {json}."}})
    words = plan(config, catalogue(), values, NOW, can_transfer=False).first_words
    assert words is not None
    assert "no," not in words
    assert "unknown" not in words


def test_the_model_is_told_date_and_time_where_the_agent_is() -> None:
    flow = _plan(_config({"agent_specific_config": {"timezone": "Asia/Kolkata"}})).flow
    assert flow is not None
    assert "Saturday, 03 January 2026, 02:00 (Asia/Kolkata)" in flow.settings.base_system_prompt


def test_a_route_is_offered_only_where_callers_can_be_handed_on() -> None:
    routes = [
        {
            "route_id": "sales",
            "display_name": "Secret",
            "condition_when_to_transfer": "buys",
            "phone_number": "5551234",
        },
        {"route_id": "off", "enabled": False, "condition_when_to_transfer": "never", "phone_number": "5551234"},
    ]
    config = _config({"agent_specific_config": {"inbound_transfer_routes": routes}})
    flow, offline = _plan(config).flow, _plan(config, can_transfer=False).flow
    assert flow is not None
    assert offline is not None
    assert flow.states["talk"].engine_tools == ("transfer_call",)
    assert flow.settings.transfer_targets == {"sales": "+5551234"}
    assert "- sales: when buys" in flow.states["talk"].prompt
    assert "Secret" not in repr(flow)
    assert not offline.states["talk"].engine_tools


def test_the_old_single_route_counts_only_without_the_list() -> None:
    old = {"inbound_transfer_call_number": "+1 555 123 4567", "inbound_transfer_trigger_condition": "angry"}
    listed = [{"route_id": "sales", "condition_when_to_transfer": "buys", "phone_number": "5551234"}]
    alone = _plan(_config({"agent_specific_config": old})).flow
    beside = _plan(_config({"agent_specific_config": old | {"inbound_transfer_routes": listed}})).flow
    assert alone is not None
    assert beside is not None
    assert alone.settings.transfer_targets == {"default": "+15551234567"}
    assert beside.settings.transfer_targets == {"sales": "+5551234"}


def test_noise_is_taken_away_only_where_that_was_asked_for() -> None:
    strong = {"agent_specific_config": {"noise_cancellation_strength": 90}}
    asked = _config(strong, {"agent": {"apply_noise_reduction": True}})
    assert [_plan(each).manner.noise_reduction for each in (_config(strong), asked)] == [0, 0.9]


def test_a_silence_of_no_length_ends_no_call() -> None:
    lengths = [_plan(_config({"vad_config": {"max_allowed_silence_duration": each}})) for each in (0, 30)]
    assert [each.manner.silence_s for each in lengths] == [None, 30]


def test_the_model_is_told_to_end_the_call_or_only_may() -> None:
    may, told = ({"agent_specific_config": {key: True}} for key in ("auto_terminate_call", _TOLD))
    flows = [_plan(_config(wish)).flow for wish in (may, told)]
    states = [flow.states["talk"] for flow in flows if flow is not None]
    assert [state.engine_tools for state in states] == [("terminate_call",)] * 2
    assert ["say goodbye" in state.prompt for state in states] == [False, True]


def test_the_smaller_of_two_limits_holds() -> None:
    wish = {"agent_model_config": {"max_tokens": 500}, "agent_specific_config": {"max_output_tokens": 100}}
    flow = _plan(_config(wish)).flow
    assert flow is not None
    assert flow.states["talk"].max_tokens == 100


def test_an_agents_words_go_over_its_accounts_flow() -> None:
    wish = {
        "agent": {"flow_id": "greet", "welcome_message": "Hi."},
        "agent_model_config": {"system_prompt": "Be kind."},
    }
    made = _plan(_config(wish))
    under = _plan(_config({"agent": {"first_response_message": "Hello."}})).flow
    assert under is not None
    flow = made.over(under)
    assert (made.flow, flow.states["talk"].say, flow.settings.base_system_prompt) == (
        None,
        ("Hi.", "Hello."),
        "Be kind.",
    )
