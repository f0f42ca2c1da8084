"""Runs every case of `cases/*.yaml`: a document, events, and exactly the actions they must give, in order.

A case names its layer: `code`, `docs`, `rfc` (what the public language says) or `ours`. In `then`, `say: {has: …}` and
`ask: {has: …}` need only contain the text; everything else is compared as a whole.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.actions import (
    Action,
    Ask,
    Emitted,
    FlowEnded,
    HangUp,
    Say,
    ScreenAction,
    ShowArtifact,
    StateEntered,
    ToolReturned,
    TransitionBlocked,
    VariableSet,
)  # fmt: skip
from flows.events import AskFailed, BotFinished, Event, Heard, Started, Tick, ToolCalled, UiEvent, UserStarted
from flows.interpreter import endpointing, initial, step
from flows.load import load

CASES = Path(__file__).parent / "cases"
LAYERS = ("code", "docs", "rfc", "ours")


def all_cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for case in YAML(typ="safe", pure=True).load(path.read_text()):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


def event_of(when: Any, epoch: int) -> Event:
    if isinstance(when, str):
        bare: dict[str, Event] = {"finished": BotFinished(), "user_started": UserStarted(), "tick": Tick()}
        return bare[when]
    ((kind, value),) = ((key, item) for key, item in when.items() if key != "at")
    match kind:
        case "start":
            return Started(value.get("context", {}), value.get("llm", False), value.get("today", "2026-11-22"))
        case "hear":
            return Heard(value) if isinstance(value, str) else Heard(**value)
        case "tool":
            return ToolCalled("call", value["name"], value.get("arguments", {}), value.get("epoch", epoch))
        case "ui":
            return UiEvent(value["action"], value.get("data", {}))
        case "ask_failed":
            return AskFailed(value if isinstance(value, int) else epoch, "failed")
        case "tick":
            return Tick()
    raise AssertionError(f"unknown event {kind}")


def brief(action: Action) -> dict[str, Any]:
    match action:
        case Say(text=text):
            return {"say": text}
        case Ask(instructions=text, tools=tools):
            return {"ask": {"text": text, "tools": [tool.name for tool in tools]}}
        case ToolReturned(result=result, run_again=again):
            return {"returned": result if again else None}
        case HangUp(reason=reason):
            return {"hang_up": reason}
        case Emitted(name=name):
            return {"emitted": name}
        case _:
            return brief_screen(action)


def brief_screen(action: ScreenAction) -> dict[str, Any]:
    match action:
        case StateEntered(state=name, refreshed=refreshed):
            return {"refresh" if refreshed else "enter": name}
        case ShowArtifact(artifact_type="field_update", payload=payload):
            return {"field": {payload["field_id"]: payload["value"]}}
        case ShowArtifact(artifact_type=kind, payload=payload):
            return {"show": {kind: dict(payload)}}
        case VariableSet(key=key, value=value):
            return {"set": {key: value}}
        case TransitionBlocked(reason=reason, attempted_target=target):
            return {"blocked": [reason, target]}
        case FlowEnded(reason=reason):
            return {"ended": reason}


def fits(expected: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    ((kind, want),) = expected.items()
    if kind not in got:
        return False
    have = got[kind]
    if kind == "ask":
        wanted = want if isinstance(want, dict) else {}
        return wanted.get("has", "") in have["text"] and wanted.get("tools", have["tools"]) == have["tools"]
    if kind in ("say", "returned") and isinstance(want, dict):
        return isinstance(have, str) and want["has"] in have
    if kind == "show" and isinstance(want, str):
        return want in have
    return bool(want == have)


@pytest.mark.parametrize("case", list(all_cases()))
def test_the_flow_does_exactly_this(case: dict[str, Any]) -> None:
    assert case["layer"] in LAYERS
    flow = load(case["document"])
    state, now_s = initial(flow), 0.0
    for number, entry in enumerate(case["steps"]):
        when = entry["when"]
        now_s = entry.get("at", now_s)
        state, actions = step(flow, state, event_of(when, state.epoch), now_s)
        got = [brief(action) for action in actions]
        if "then" in entry:
            same = len(got) == len(entry["then"]) and all(map(fits, entry["then"], got))
            assert same, f"step {number} ({when}):\n  want {entry['then']}\n  got  {got}"
        for name, value in entry.get("variables", {}).items():
            assert state.variables.get(name) == value, name
        if "node" in entry:
            assert state.node == entry["node"]
        if "deadline" in entry:
            assert state.deadline_s == entry["deadline"]
        if "endpointing" in entry:
            assert endpointing(flow, state) == entry["endpointing"]


def test_there_are_cases_of_every_layer() -> None:
    layers = {param.values[0]["layer"] for param in all_cases()}
    assert layers == set(LAYERS)
