"""Tools that every flow may offer by name: they end the call, pass it on, or press keys (`flows/line.py`)."""

from typing import Any, Final

from flows.actions import ToolSpec
from flows.model import Flow, StateDef

TERMINATE: Final = "terminate_call"
TRANSFER: Final = "transfer_call"
PRESS: Final = "send_dtmf"
ENGINE_TOOLS: Final = frozenset({TERMINATE, TRANSFER, PRESS})

_SAID: Final = "What you tell the caller first; empty if you have just told them."


def engine_specs(flow: Flow, node: StateDef) -> tuple[ToolSpec, ...]:
    """Return those of a state, as the model sees them."""
    return tuple(_spec(flow, name) for name in node.engine_tools)


def _spec(flow: Flow, name: str) -> ToolSpec:
    if name == TERMINATE:
        words = "Your last words to the caller; empty if you have just said goodbye."
        return ToolSpec(name, "End the call, when all is said.", _object({"farewell": _text(words)}))
    if name == PRESS:
        keys = _text("The keys: 0 to 9, *, #, and w for half a second's wait.")
        return ToolSpec(name, "Press telephone keys, as in a menu.", _object({"digits": keys}, "digits"))
    targets: dict[str, Any] = {"type": "string", "description": "Whom to."}
    if flow.settings.transfer_targets:
        targets["enum"] = list(flow.settings.transfer_targets)
    properties = {
        "target": targets,
        "mode": {"type": "string", "enum": ["cold", "warm"], "description": "warm: they hear the summary first."},
        "summary": _text("What the call was about, in one or two sentences, for a warm transfer."),
        "announcement": _text(_SAID),
    }
    return ToolSpec(name, "Put the caller through to a person.", _object(properties, "target"))


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}
