"""HTTP/1.1 as the vendors speak it: kept connections, chunked answers, faults on command."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.support.vendors.faults import DRIBBLE_S, RETRY_AFTER_S, SLOW_CLOSE_S, Fault, Kind

KEY = "sk-test-4f9a"
_REFUSALS = {Kind.UNAUTHORIZED: 401, Kind.RATE_LIMITED: 429}
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


class HungUpError(Exception):
    """The client has closed its connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


class Reply:
    """The way back of one request."""

    has_body = True  # but to `HEAD`

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
        self._reader, self._writer, self._fault = reader, writer, fault
        self._pieces = 0

    async def whole(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        """Answer at once."""
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Scripted')}", f"Content-Type: {content_type}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        self._writer.write(head.encode() + (body if self.has_body else b""))
        await self._writer.drain()

    async def begin(self, content_type: str) -> None:
        """Begin an answer in pieces."""
        if self._kind is Kind.HALF_OPEN:
            await self.pause(None)
        if self._kind is Kind.GARBAGE and self._fault and self._fault.after == 0:
            content_type = "text/html"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._writer.write(head.encode())

    async def piece(self, data: bytes) -> None:
        """Send the next piece, or fail as it was commanded."""
        if self._fault is not None and self._pieces >= self._fault.after:
            await self._fail(self._fault.kind)
        self._pieces += 1
        self._chunk(data)
        await self._writer.drain()

    async def end(self) -> None:
        """Say that the answer is over."""
        if self._kind is Kind.SLOW_CLOSE:
            await self.pause(SLOW_CLOSE_S)
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def pause(self, seconds: float | None) -> None:
        """Wait, for ever if None.

        Raises:
            HungUpError: The client hung up.
        """
        gone = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({gone}, timeout=seconds)
            if gone.done():
                raise HungUpError
        finally:
            gone.cancel()
            await asyncio.wait({gone})

    def cut(self) -> None:
        """Break the connection."""
        self._writer.transport.abort()
        raise HungUpError

    @property
    def _kind(self) -> Kind | None:
        return self._fault.kind if self._fault else None

    async def _fail(self, kind: Kind) -> None:
        match kind:
            case Kind.STALL:
                await self.pause(None)
            case Kind.DRIBBLE:
                await self.pause(DRIBBLE_S)
            case Kind.CUT:
                self.cut()
            case Kind.GARBAGE:
                self._chunk(b"<html>\xff\x00 502 Bad Gateway</html>\n\n")
                self.cut()
            case _:
                pass

    def _chunk(self, data: bytes) -> None:
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


class HttpVendor:
    """A vendor's HTTP server; a subclass answers.

    Attributes:
        faults: Request n meets fault n, None for none; all later ones meet `later`.
        requests: All that came, whole.
        open: Requests under way.
        accepted: Sockets ever opened.
        handshake_s: How long opening one takes, as over a real network with TLS.
    """

    def __init__(self) -> None:
        self.faults: deque[Fault | None] = deque()
        self.later: Fault | None = None
        self.requests: list[Request] = []
        self.open = 0
        self._live: set[asyncio.StreamWriter] = set()
        self.accepted = 0
        self.handshake_s = 0.0
        self.hung_up = asyncio.Event()
        self._changed = asyncio.Condition()
        self.url = ""

    @property
    def connections(self) -> int:
        """Sockets that are open now."""
        return len(self._live)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Listen on a free port of loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in self._live:
                writer.transport.abort()
            async with self._changed:
                await self._changed.wait_for(lambda: not self._live)

    async def answer(self, request: Request, reply: Reply) -> None:
        """Answer one request that has the right key and meets no refusal."""
        raise NotImplementedError

    def authorized(self, request: Request) -> bool:
        """Judge the key."""
        return request.headers.get("authorization") == f"Bearer {KEY}"

    def error(self, status: int) -> dict[str, Any]:
        """Return the body of a refusal."""
        return {"error": {"message": "scripted", "type": "scripted", "param": None, "code": None}}

    async def freed(self) -> None:
        """Return once no request is under way any more."""
        async with asyncio.timeout(2), self._changed:
            await self._changed.wait_for(lambda: not self.open)

    async def refuse(self, reply: Reply, status: int) -> None:
        """Answer with an error of the vendor's shape."""
        retry = {"Retry_After": str(RETRY_AFTER_S)} if status == 429 else {}
        await reply.whole(status, json.dumps(self.error(status)).encode(), "application/json", **retry)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._live.add(writer)
        self.accepted += 1
        try:
            await asyncio.sleep(self.handshake_s)
            while (request := await _read(reader)) is not None:
                await self._one(request, reader, writer)
        except (HungUpError, ConnectionError):
            self.hung_up.set()
        finally:
            self._live.discard(writer)
            writer.close()
            async with self._changed:
                self._changed.notify_all()

    async def _one(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        fault = None
        if request.method == "POST":
            fault = self.faults.popleft() if self.faults else self.later
        reply = Reply(reader, writer, fault)
        reply.has_body = request.method != "HEAD"
        self.open += 1
        try:
            if not self.authorized(request):
                await self.refuse(reply, 401)
            elif fault is not None and fault.kind in _REFUSALS:
                await self.refuse(reply, _REFUSALS[fault.kind])
            else:
                await self.answer(request, reply)
        finally:
            self.open -= 1
            async with self._changed:
                self._changed.notify_all()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        if headers.get("transfer-encoding") == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    method, target, _ = lines[0].split(" ", 2)
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
