"""A conversation and its tools in pipecat's terms. Pure."""

from collections.abc import Sequence
from itertools import dropwhile, takewhile
from typing import Any

from flows.actions import ToolSpec
from pipeline.ports import LlmOptions, Message
from providers.openai.llm import request_body
from providers.pipecat_host import library

_NO_LIMITS = LlmOptions()


def instruction_of(messages: Sequence[Message]) -> str | None:
    """Return what the system says before anybody else does."""
    said = [message.content for message in takewhile(_of_system, messages)]
    return "\n\n".join(said) or None


def context_of(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Any:
    """Return an `LLMContext`, whose messages are OpenAI's; each service's adapter makes its own of them."""
    written = request_body(list(dropwhile(_of_system, messages)), _NO_LIMITS)["messages"]
    for message in written:
        if message["role"] == "system":
            message["role"] = "developer"  # pipecat's word for what the system says later on
    if not tools:
        return library.LLMContext(written)
    return library.LLMContext(written, library.ToolsSchema([_schema(tool) for tool in tools]))


def _of_system(message: Message) -> bool:
    return message.role == "system"


def _schema(tool: ToolSpec) -> Any:
    parameters = dict(tool.parameters)
    return library.FunctionSchema(
        name=tool.name,
        description=tool.description,
        properties=dict(parameters.get("properties") or {}),
        required=list(parameters.get("required") or ()),
    )


def limits_of(options: LlmOptions) -> dict[str, Any]:
    """Return the settings for an answer's limits; what only OpenAI's API knows is in `extra`."""
    body = {name: value for name, value in request_body((), options).items() if name != "messages"}
    limits: dict[str, Any] = {name: body.pop(name) for name in ("max_tokens", "temperature") if name in body}
    return {**limits, "extra": body} if body else limits
