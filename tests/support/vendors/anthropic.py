"""Anthropic's server: messages as server-sent events, models."""

import json
from typing import Any

from tests.support.vendors.http import KEY, HttpVendor, Reply, Request

MODELS = ("claude-test",)
_PACE_S = 0.005
_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


class AnthropicServer(HttpVendor):
    """Greets, or calls the first tool that is offered.

    Attributes:
        thinks: Every answer begins with a thinking block.
    """

    thinks = False

    @property
    def chats(self) -> list[dict[str, Any]]:
        """The bodies of all requests for a message."""
        return [request.json for request in self.requests if request.method == "POST"]

    def authorized(self, request: Request) -> bool:
        key = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        return key == KEY and "anthropic-version" in request.headers

    def error(self, status: int) -> dict[str, Any]:
        error = {"type": _TYPES.get(status, "api_error"), "message": "scripted"}
        return {"type": "error", "error": error, "request_id": "req_1"}

    async def answer(self, request: Request, reply: Reply) -> None:
        if request.method == "GET" and request.path == "/v1/models":
            data = [
                {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
                for name in MODELS
            ]
            body = {"data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
            await reply.whole(200, json.dumps(body).encode(), "application/json")
        elif request.path == "/v1/messages":
            await self._message(request.json, reply)
        else:
            await self.refuse(reply, 404)

    async def _message(self, body: dict[str, Any], reply: Reply) -> None:
        assert body["stream"] is True
        assert body["max_tokens"] > 0
        calls = bool(body.get("tools")) and not _has_result(body)
        await reply.begin("text/event-stream")
        await _event(reply, {"type": "message_start", "message": _head(body["model"])})
        await _event(reply, {"type": "ping"})
        index = 0
        if self.thinks:
            await _block(
                reply,
                index,
                {"type": "thinking", "thinking": "", "signature": ""},
                [{"type": "thinking_delta", "thinking": "Hm."}],
            )
            index += 1
        if calls:
            await _block(reply, index, *_tool_use(body["tools"][0]))
        else:
            pieces = [{"type": "text_delta", "text": text} for text in ("Good ", "morning. ", "What is it?")]
            await _block(reply, index, {"type": "text", "text": "", "citations": None}, pieces)
        stop = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
        await _event(reply, {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 7}})
        await _event(reply, {"type": "message_stop"})
        await reply.end()


def _head(model: str) -> dict[str, Any]:
    usage = {
        "input_tokens": 21,
        "output_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "service_tier": "standard",
    }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _tool_use(tool: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    arguments = json.dumps(dict.fromkeys(tool["input_schema"].get("required", ()), "Oslo"))
    pieces = [{"type": "input_json_delta", "partial_json": part} for part in ("", arguments[:5], arguments[5:])]
    return {"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": {}}, pieces


def _has_result(body: dict[str, Any]) -> bool:
    contents = [message["content"] for message in body["messages"]]
    return any(isinstance(each, list) and any(part["type"] == "tool_result" for part in each) for each in contents)


async def _block(reply: Reply, index: int, start: dict[str, Any], deltas: list[dict[str, Any]]) -> None:
    await _event(reply, {"type": "content_block_start", "index": index, "content_block": start})
    for delta in deltas:
        await _event(reply, {"type": "content_block_delta", "index": index, "delta": delta})
        await reply.pause(_PACE_S)
    await _event(reply, {"type": "content_block_stop", "index": index})


async def _event(reply: Reply, event: dict[str, Any]) -> None:
    await reply.piece(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
