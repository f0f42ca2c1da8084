"""A chat completions server on loopback that answers as scripted, in the bytes that OpenAI's server sends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-test"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gets.

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


@dataclass
class OpenAiServer:
    """Gives request n the answer n, or what `answers` makes of it, and keeps what was asked.

    Attributes:
        hung_up: Set when a client closes its connection before the answer's end.
    """

    answers: Sequence[Answer] | Callable[[dict[str, Any]], Answer]
    requests: list[dict[str, Any]] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    base_url: str = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["OpenAiServer"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await _head(reader)) is not None:
                line, headers = head
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.requests.append(body)
                assert line.startswith("POST /v1/chat/completions "), line
                if headers.get("authorization") != f"Bearer {KEY}":
                    _send_error(writer, 401)
                    continue
                chosen = self.answers
                answer = chosen(body) if callable(chosen) else chosen[len(self.requests) - 1]
                if answer.status != 200:
                    _send_error(writer, answer.status)
                    continue
                if answer.gone or not await self._stream(answer, reader, writer):
                    return
        finally:
            writer.close()

    async def _stream(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send the chunks; False if the connection is over."""
        if answer.deaf:
            await reader.read(1)
            return False
        gone = asyncio.ensure_future(reader.read(1))
        try:
            _send_head(writer)
            for delta in [{"role": "assistant", "content": ""}, *answer.deltas]:
                if isinstance(delta, dict):
                    _send_chunk(writer, delta, None)
                    continue
                await asyncio.wait({gone}, timeout=delta)
                if gone.done():
                    self.hung_up.set()
                    return False
            if answer.cut:
                writer.transport.abort()
                return False
            if answer.finish is not None:
                _send_chunk(writer, {}, answer.finish)
                _send_event(writer, "[DONE]")
            writer.write(b"0\r\n\r\n")
            await writer.drain()
            return True
        finally:
            gone.cancel()
            await asyncio.wait({gone})


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    pairs = (line.split(": ", 1) for line in lines[1:] if line)
    return lines[0], {name.lower(): value for name, value in pairs}


def _send_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")


def _send_chunk(writer: asyncio.StreamWriter, delta: dict[str, Any], finish: str | None) -> None:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    _send_event(writer, json.dumps(chunk))


def _send_event(writer: asyncio.StreamWriter, data: str) -> None:
    event = f"data: {data}\n\n".encode()
    writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")


def _send_error(writer: asyncio.StreamWriter, status: int) -> None:
    error = {"message": "scripted", "type": "scripted", "param": None, "code": None}
    body = json.dumps({"error": error}).encode()
    head = f"HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
