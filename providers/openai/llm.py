"""A chat model behind any OpenAI-compatible server."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flows.actions import ToolSpec
from kit.ids import uuid7
from pipeline.capabilities import LlmCapabilities
from pipeline.ports import LlmOptions, LlmUsage, Message, ToolCall
from providers.openai.chat import ChatClient, Deadlines
from providers.openai.tolerant import parse_arguments

if TYPE_CHECKING:
    from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

_PATIENT = Deadlines()


class OpenAiLlm:
    """Streams text and tool calls from one model."""

    provider = "openai"
    capabilities = LlmCapabilities()

    def __init__(self, *, base_url: str, api_key: str, model: str, deadlines: Deadlines = _PATIENT) -> None:
        """Connect to nothing yet; see `ChatClient`."""
        self.model = model
        self._chat = ChatClient(base_url=base_url, api_key=api_key, model=model, provider="openai", deadlines=deadlines)

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield text as it comes, and each tool call once the next begins or the answer ends.

        Raises:
            ProviderError: The model failed; nothing more comes.
        """
        calls = _Calls()
        usage: LlmUsage | None = None
        deltas = self._chat.deltas(request_body(messages, options) | _tools(tools))
        try:
            async for delta in deltas:
                if isinstance(delta, LlmUsage):
                    usage = delta
                    continue
                for piece in delta.tool_calls or ():
                    for call in calls.add(piece):
                        yield call
                if delta.content:
                    yield delta.content
        finally:
            await deltas.aclose()
        for call in calls.finish():
            yield call
        if usage is not None:
            yield usage

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Do nothing: a remote server caches prompts by itself."""

    async def warm(self) -> None:
        """Do nothing yet."""

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._chat.aclose()


def request_body(messages: Sequence[Message], options: LlmOptions) -> dict[str, Any]:
    """Return messages and limits as the API wants them."""
    body: dict[str, Any] = {"messages": [_message(message) for message in messages]}
    if options.max_tokens is not None:
        body["max_tokens"] = options.max_tokens
    if options.temperature is not None:
        body["temperature"] = options.temperature
    if options.stop:
        body["stop"] = list(options.stop)
    return body


def _message(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role == "tool":
        entry["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        entry["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
            }
            for call in message.tool_calls
        ]
        entry["content"] = message.content or None
    return entry


def _tools(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    functions = [
        {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)} for tool in tools
    ]
    return {"tools": [{"type": "function", "function": function} for function in functions]} if tools else {}


@dataclass(slots=True)
class _Draft:
    index: int | None
    call_id: str
    name: str
    arguments: str

    def whole(self) -> ToolCall:
        return ToolCall(self.call_id or f"call_{uuid7()}", self.name, parse_arguments(self.arguments or "{}"))


class _Calls:
    """Puts tool calls together from their pieces, which come in order."""

    def __init__(self) -> None:
        self._draft: _Draft | None = None

    def add(self, piece: "ChoiceDeltaToolCall") -> list[ToolCall]:
        """Take a piece and return the call before it, if it begins another."""
        done: list[ToolCall] = []
        name = (piece.function and piece.function.name) or ""
        arguments = (piece.function and piece.function.arguments) or ""
        draft = self._draft
        if draft is None or piece.index != draft.index or (piece.id and draft.call_id and piece.id != draft.call_id):
            done = self.finish()
            self._draft = _Draft(piece.index, piece.id or "", name, arguments)
        else:
            draft.call_id = draft.call_id or piece.id or ""
            draft.name = draft.name or name
            draft.arguments += arguments
        return done

    def finish(self) -> list[ToolCall]:
        """Return the last call, if there is one; a call without a name is none."""
        draft, self._draft = self._draft, None
        return [draft.whole()] if draft is not None and draft.name else []
