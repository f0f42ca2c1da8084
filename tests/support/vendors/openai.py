"""OpenAI's server: chat completions, speech, transcriptions, models."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from providers.fake.tts import buzz
from tests.support.vendors.http import HttpVendor, Reply, Request

MODELS = ("gpt-test", "tts-test", "whisper-test")
_RATE_HZ = 24_000
_PACE_S = 0.005
_SPEECH_CHUNK = 12_001
_S_PER_CHAR = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """What one chat request gets.

    `deltas` come one a chunk; a number among them is a wait in seconds, None is a stall that only the client ends.
    A `deaf` one never sends a byte; `gone` closes the connection instead of answering.
    """

    deltas: Sequence[dict[str, Any] | float | None] = ()
    status: int = 200
    finish: str | None = "stop"
    cut: bool = False
    deaf: bool = False
    gone: bool = False


def text(*pieces: str) -> Answer:
    return Answer([{"content": piece} for piece in pieces])


def tool_call(name: str, *pieces: str, call_id: str = "call_1") -> Answer:
    head = {"index": 0, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    rest = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    return Answer([{"tool_calls": [head]}, *rest], finish="tool_calls")


_HELLO = Answer([{"content": "Good "}, _PACE_S, {"content": "morning. "}, _PACE_S, {"content": "What is it?"}])


class OpenAiServer(HttpVendor):
    """Gives chat request n the answer n, and whoever asks for more a greeting or a call of the first tool offered.

    With a function for answers, it answers each chat request.

    Attributes:
        transcript: What every recording says.
    """

    def __init__(self, answers: Sequence[Answer] | Callable[[dict[str, Any]], Answer] = ()) -> None:
        super().__init__()
        self.usual = answers if callable(answers) else _usual
        self.answers = [] if callable(answers) else list(answers)
        self.transcript = "hello there"

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def chats(self) -> list[dict[str, Any]]:
        """The bodies of all chat requests."""
        return [request.json for request in self.requests if request.path == "/v1/chat/completions"]

    async def answer(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                await self._chat(request.json, reply)
            case "POST", "/v1/audio/speech":
                await _speak(request.json, reply)
            case "POST", "/v1/audio/transcriptions":
                await self._transcribe(reply)
            case "GET", "/v1/models":
                data = [{"id": name, "object": "model", "created": 1, "owned_by": "test"} for name in MODELS]
                await reply.whole(200, json.dumps({"object": "list", "data": data}).encode(), "application/json")
            case _:
                await self.refuse(reply, 404)

    async def _chat(self, body: dict[str, Any], reply: Reply) -> None:
        answer = self.answers.pop(0) if self.answers else self.usual(body)
        if answer.gone:
            reply.cut()
        if answer.status != 200:
            await self.refuse(reply, answer.status)
            return
        if answer.deaf:
            await reply.pause(None)
        await reply.begin("text/event-stream")
        for delta in [{"role": "assistant", "content": ""}, *answer.deltas]:
            if isinstance(delta, dict):
                await reply.piece(_chunk(body, [_choice(delta, None)]))
            else:
                await reply.pause(delta)
        if answer.cut:
            reply.cut()
        if answer.finish is not None:
            await reply.piece(_chunk(body, [_choice({}, answer.finish)]))
            if (body.get("stream_options") or {}).get("include_usage"):
                await reply.piece(_chunk(body, [], {"prompt_tokens": 21, "completion_tokens": 7, "total_tokens": 28}))
            await reply.piece(b"data: [DONE]\n\n")
        await reply.end()

    async def _transcribe(self, reply: Reply) -> None:
        await reply.begin("application/json")
        text = json.dumps({"text": self.transcript}).encode()
        for part in (text[:5], text[5:]):
            await reply.piece(part)
        await reply.end()


async def _speak(body: dict[str, Any], reply: Reply) -> None:
    assert body["response_format"] == "pcm"
    pcm = buzz(round(len(body["input"]) * _S_PER_CHAR * _RATE_HZ), _RATE_HZ)
    await reply.begin("audio/pcm")
    for start in range(0, len(pcm), _SPEECH_CHUNK):
        await reply.piece(pcm[start : start + _SPEECH_CHUNK])
        await reply.pause(_PACE_S)
    await reply.end()


def _usual(body: dict[str, Any]) -> Answer:
    """Greet, or call the first tool that is offered with its required arguments."""
    if not body.get("tools") or any(message["role"] == "tool" for message in body["messages"]):
        return _HELLO
    function = body["tools"][0]["function"]
    arguments = json.dumps(dict.fromkeys(function["parameters"].get("required", ()), "Oslo"))
    return tool_call(function["name"], arguments[:5], arguments[5:])


def _choice(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _chunk(body: dict[str, Any], choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": cast(str, body["model"]),
        "choices": choices,
    }
    whole = chunk if usage is None else chunk | {"usage": usage}
    return f"data: {json.dumps(whole)}\n\n".encode()
