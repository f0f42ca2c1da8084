"""Which recogniser belongs to a parameter."""

from collections.abc import Mapping
from typing import Final

from flows.model import ParamDef, StateDef, VariableDef

_BY_NAME: Final = (
    ("email", "email"),
    ("e_mail", "email"),
    ("phone", "phone"),
    ("mobile", "phone"),
    ("date", "date"),
    ("time", "time"),
    ("name", "name"),
)


def options_of(param: ParamDef, variables: Mapping[str, VariableDef]) -> tuple[str, ...]:
    """The allowed values: the parameter's own, or those of the variable it fills."""
    if param.enum:
        return param.enum
    declared = variables.get(param.name)
    return declared.enum if declared else ()


def kind_of(param: ParamDef, variables: Mapping[str, VariableDef]) -> str:
    """The recogniser: as written, else by enum and type, else by the words of the name, else `text`."""
    if param.recognise is not None:
        return param.recognise
    declared = variables.get(param.name)
    types = (param.type, declared.type if declared else "")
    if options_of(param, variables):
        return "enum"
    if "boolean" in types:
        return "yes_no"
    if "number" in types or "integer" in types:
        return "number"
    words = param.name.lower().split("_")
    return next((kind for word, kind in _BY_NAME if word in words or word == param.name.lower()), "text")


def kinds_of(states: Mapping[str, StateDef], variables: Mapping[str, VariableDef]) -> dict[str, str]:
    """The recogniser of each variable that some parameter fills; the first parameter decides."""
    kinds: dict[str, str] = {}
    for state in states.values():
        for tool in state.tools.values():
            for name, param in tool.parameters.items():
                kinds.setdefault(tool.variable_of(name), kind_of(param, variables))
    return kinds
