"""Tools as the language model sees them."""

from typing import Any, Final

from flows.actions import ToolSpec
from flows.engine_tools import engine_specs
from flows.kinds import options_of
from flows.model import Flow, Gate, ParamDef, StateDef, thawed

CONFIRM: Final = "confirm_"
REJECT: Final = "reject_"
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object"})


def tool_specs(flow: Flow, node: StateDef) -> tuple[ToolSpec, ...]:
    """The tools of `node`, those of its gate included."""
    own = [
        ToolSpec(
            tool.name,
            tool.description,
            {
                "type": "object",
                "properties": {name: _schema(flow, param) for name, param in tool.parameters.items()},
                "required": [name for name, param in tool.parameters.items() if param.required],
            },
        )
        for tool in node.tools.values()
    ]
    return (*own, *engine_specs(flow, node), *(gate_tools(node.gate) if node.gate else ()))


def gate_tools(gate: Gate) -> tuple[ToolSpec, ...]:
    """`confirm_v` and `reject_v` for each gated variable."""
    nothing: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    return tuple(
        ToolSpec(prefix + name, f"The caller {verb} {name.replace('_', ' ')}.", nothing)
        for name in gate.variables
        for prefix, verb in ((CONFIRM, "confirmed"), (REJECT, "rejected"))
    )


def _schema(flow: Flow, param: ParamDef) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": param.type if param.type in _TYPES else "string", **thawed(param.schema)}
    if param.description:
        schema["description"] = param.description
    options = options_of(param, flow.variables)
    if options:
        schema["enum"] = list(options)
    return schema
