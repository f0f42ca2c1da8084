"""A conversation in the words of Anthropic's API. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.actions import ToolSpec
from pipeline.ports import LlmOptions, Message

_MAX_TOKENS = 1024
_BEGINS = "(The call begins.)"
_SILENCE = "(The caller is silent.)"


def request_of(messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions) -> dict[str, Any]:
    """Return a request without its model.

    System messages go to a place of their own; roles alternate and the user has the first and the last word, as the
    API wants it. It knows no temperature any more.
    """
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    body: dict[str, Any] = {
        "max_tokens": options.max_tokens or _MAX_TOKENS,
        "messages": _turns([message for message in messages if message.role != "system"]),
    }
    if system:
        body["system"] = system
    if options.stop:
        body["stop_sequences"] = list(options.stop)
    if tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
            for tool in tools
        ]
    if options.json_schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": dict(options.json_schema)}}
    body["thinking"] = {"type": "adaptive"} if options.reasoning else {"type": "disabled"}
    return body


def _turns(messages: Sequence[Message]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    if not messages or messages[0].role == "assistant":
        turns.append({"role": "user", "content": [{"type": "text", "text": _BEGINS}]})
    for message in messages:
        role, blocks = _blocks(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": list(blocks)})
    if turns[-1]["role"] == "assistant":
        turns.append({"role": "user", "content": [{"type": "text", "text": _SILENCE}]})
    return turns


def _blocks(message: Message) -> tuple[str, list[Mapping[str, Any]]]:
    if message.role == "tool":
        return "user", [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content}]
    blocks: list[Mapping[str, Any]] = []
    if message.content.strip():
        blocks.append({"type": "text", "text": message.content})
    blocks += [
        {"type": "tool_use", "id": call.call_id, "name": call.name, "input": dict(call.arguments)}
        for call in message.tool_calls
    ]
    return message.role, blocks
