"""Actions in words, for the terminal and for scenarios."""

import json
from typing import Any

from flows.actions import (
    Action,
    Ask,
    Emitted,
    FlowEnded,
    HangUp,
    Say,
    ShowArtifact,
    StateEntered,
    ToolReturned,
    TransitionBlocked,
    VariableSet,
)


def narrate(action: Action) -> tuple[str, ...]:
    """One line for an action, such as `enter greet` or `set name "Ada"`; none for what shows nothing."""
    match action:
        case Say(text=text):
            line = f"say {text}"
        case Ask(tools=tools):
            line = " ".join(("ask", *(tool.name for tool in tools)))
        case ToolReturned(result=result, run_again=again):
            line = f"return {result}" if again else "return"
        case HangUp():
            return ()
        case _:
            return _on_screen(action)
    return (line.rstrip(),)


def _on_screen(action: Action) -> tuple[str, ...]:
    match action:
        case StateEntered(state=name, refreshed=refreshed):
            return () if refreshed else (f"enter {name}",)
        case ShowArtifact(artifact_type="field_update", payload=payload):
            return (f"field {payload['field_id']} {_json(payload['value'])}",)
        case ShowArtifact(artifact_type=kind):
            return (f"show {kind}",)
        case VariableSet(key=key, value=value):
            return (f"set {key} {_json(value)}",)
        case TransitionBlocked(reason=reason, attempted_target=target, detail=detail):
            return (f"blocked {reason} {target}: {detail}",)
        case FlowEnded(reason=reason):
            return (f"end {reason}",)
        case Emitted(name=name):
            return (f"emit {name}",)
        case _:
            return ()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
