"""Talks through every example flow, as `scenarios/*.yaml` say: events, and the states, words and variables they give.

A step names what must hold after it: `state`, `says` (parts of the words, in order), `variables`, `emits`, `ended`. The
event `silence` is the next deadline of the flow.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.actions import Action, Emitted, FlowEnded, Say
from flows.events import Event, Started, Tick
from flows.interpreter import initial, step
from flows.load import load
from flows.state import State
from tests.conformance.vfdl.case_words import event_of

SCENARIOS = Path(__file__).parent / "scenarios"


def all_scenarios() -> Iterator[Any]:
    for path in sorted(SCENARIOS.glob("*.yaml")):
        document = YAML(typ="safe", pure=True).load(path.read_text())
        for scenario in document["scenarios"]:
            yield pytest.param(document, scenario, id=f"{path.stem}: {scenario['name']}")


def event(when: Any, document: dict[str, Any], scenario: dict[str, Any]) -> Event:
    if when == "start":
        return Started(scenario.get("context", {}), scenario.get("llm", False), document["today"])
    return Tick() if when == "silence" else event_of(when, 0)


def assert_step(entry: dict[str, Any], state: State, actions: tuple[Action, ...]) -> None:
    words = " ".join(action.text for action in actions if isinstance(action, Say))
    assert entry.get("state", state.node) == state.node, (entry, words)
    wanted = entry.get("says", [])
    for part in [wanted] if isinstance(wanted, str) else wanted:
        assert part in words, entry
    for name, value in entry.get("variables", {}).items():
        assert state.variables.get(name) == value, (entry, name)
    emitted = [action.name for action in actions if isinstance(action, Emitted)]
    assert emitted == entry.get("emits", emitted)
    ended = next((action.reason for action in actions if isinstance(action, FlowEnded)), None)
    assert ended == entry.get("ended")


@pytest.mark.parametrize(("document", "scenario"), list(all_scenarios()))
def test_the_conversation_goes_so(document: dict[str, Any], scenario: dict[str, Any]) -> None:
    flow = load(Path(document["flow"]).read_text())
    state, now_s = initial(flow), 0.0
    for entry in scenario["steps"]:
        if entry["when"] == "silence":
            assert state.timer_s is not None
            now_s = state.timer_s
        state, actions = step(flow, state, event(entry["when"], document, scenario), now_s)
        assert_step(entry, state, actions)


def test_every_example_has_scenarios() -> None:
    examples = {path.stem for path in Path("examples/flows").glob("*.yaml")}
    assert examples == {path.stem for path in SCENARIOS.glob("*.yaml")}
    assert len(examples) == 6
