"""The words of a case: how events are written, and how what came of them is compared."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from flows.actions import (
    Action,
    Ask,
    Emitted,
    FlowEnded,
    HangUp,
    PressKeys,
    Say,
    ScreenAction,
    ShowArtifact,
    StateEntered,
    ToolReturned,
    TransferCall,
    TransitionBlocked,
    VariableSet,
)  # fmt: skip
from flows.events import AskFailed, BotFinished, Dtmf, Event, Heard, Started, Tick, ToolCalled, UiEvent, UserStarted
from flows.model import thawed

_BARE: Mapping[str, Event] = {"finished": BotFinished(), "user_started": UserStarted(), "tick": Tick()}


def event_of(when: Any, epoch: int) -> Event:
    if isinstance(when, str):
        return _BARE[when]
    ((kind, value),) = when.items()
    match kind:
        case "start":
            return Started(value.get("context", {}), value.get("llm", False), value.get("today", "2026-11-22"))
        case "hear":
            return Heard(value) if isinstance(value, str) else Heard(**value)
        case "tool":
            return ToolCalled("call", value["name"], value.get("arguments", {}), value.get("epoch", epoch))
        case "ui":
            return UiEvent(value["action"], value.get("data", {}))
        case "keys":
            return Dtmf(value)
        case "ask_failed":
            return AskFailed(value if isinstance(value, int) else epoch, "failed")
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
        case TransferCall(target=target, mode=mode):
            return {"transfer": {"to": target, "mode": mode}}
        case PressKeys(keys=keys):
            return {"press": keys}
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


def fits(expected: Mapping[str, Any], action: Action) -> bool:
    """Whether an action is the expected one.

    A mapping below a kind of action names single fields of it (not below `set`, `field`, `show`, `emitted`);
    `has` is a part of its text, `tools` are names.
    """
    ((kind, want),) = expected.items()
    got = brief(action)
    if kind not in got:
        return False
    if isinstance(want, Mapping) and kind not in ("set", "field", "show", "emitted"):
        return all(_field_fits(action, name, value) for name, value in want.items())
    if kind == "show" and isinstance(want, str):
        return want in got[kind]
    return bool(want == got[kind])


def _field_fits(action: Action, name: str, want: Any) -> bool:
    if name == "has":
        texts = [getattr(action, each, None) for each in ("text", "instructions", "result")]
        return want in next(text for text in texts if text is not None)
    if name == "lacks":
        return not _field_fits(action, "has", want)
    if name == "tools":
        assert isinstance(action, Ask)
        return bool(want == [tool.name for tool in action.tools])
    if name == "schema":
        assert isinstance(action, Ask)
        return bool(want == {tool.name: tool.parameters for tool in action.tools})
    assert name in {each.name for each in fields(action)}, name
    have = thawed(getattr(action, name))
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        return all(have.get(key) == value for key, value in want.items())
    return bool(have == want)
