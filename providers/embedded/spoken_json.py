"""An answer format for models too small for native tool calling: one JSON object, its spoken part first.

`{"say": "…", "tool": "name" or null, "arguments": {…}}`: a grammar makes the model keep to it, and what is to be said
can be spoken while the rest is still being written.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.actions import ToolSpec
from pipeline.ports import Message, ToolCall
from providers.openai.tolerant import parse_arguments

_SAY = re.compile(r'\s*\{\s*"say"\s*:\s*"((?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)')
_HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")
# what llama.cpp turns into a grammar
_SCHEMA_KEYS = ("type", "enum", "const", "required")


def said_so_far(answer: str) -> str:
    """Return the spoken part of an answer that may end anywhere, without what is not yet certain."""
    found = _SAY.match(answer)
    if found is None:
        return ""
    said: str = json.loads(f'"{_HIGH_SURROGATE.sub("", found[1])}"', strict=False)
    return said


def tool_wanted(answer: str, call_id: str) -> ToolCall | None:
    """Return the tool call in a whole answer."""
    whole = parse_arguments(answer)
    name, arguments = whole.get("tool"), whole.get("arguments")
    if not isinstance(name, str):
        return None
    return ToolCall(call_id, name, arguments if isinstance(arguments, dict) else {})


def answer_schema(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """Return the JSON Schema of an answer that may call one of `tools`."""
    silent = _answer({"type": "null"}, {"type": "object", "properties": {}})
    return {"anyOf": [silent, *(_answer({"const": tool.name}, _plain(tool.parameters)) for tool in tools)]}


def with_tools(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    """Return the messages as a model without tool calling reads them: the tools are told in the system prompt."""
    plain = [_as_text(message) for message in messages]
    if not tools:
        return plain
    told = Message("system", _instructions(tools))
    if plain and plain[0].role == "system":
        return [Message("system", f"{plain[0].content}\n\n{told.content}"), *plain[1:]]
    return [told, *plain]


def _answer(tool: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    properties = {"say": {"type": "string"}, "tool": tool, "arguments": arguments}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a schema what constrains its shape; the flow checks the rest."""
    kept = {key: schema[key] for key in _SCHEMA_KEYS if key in schema}
    if "properties" in schema:
        kept["properties"] = {name: _plain(part) for name, part in schema["properties"].items()}
    if "items" in schema:
        kept["items"] = _plain(schema["items"])
    return kept


def _instructions(tools: Sequence[ToolSpec]) -> str:
    lines = [
        'Reply with one JSON object. To talk: {"say": "your words", "tool": null, "arguments": {}}. '
        'To use a tool: {"say": "One moment.", "tool": "its name", "arguments": {...}}. Tools:'
    ]
    for tool in tools:
        parameters = json.dumps(tool.parameters.get("properties", {}))
        lines.append(f"- {tool.name}: {tool.description} Arguments: {parameters}")
    return "\n".join(lines)


def _as_text(message: Message) -> Message:
    if message.role == "tool":
        return Message("user", f"(Result of the tool: {message.content})")
    if message.tool_calls:
        call = message.tool_calls[0]
        spoken = {"say": message.content, "tool": call.name, "arguments": dict(call.arguments)}
        return Message("assistant", json.dumps(spoken))
    return message
