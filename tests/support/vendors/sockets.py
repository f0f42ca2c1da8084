"""WebSocket vendors: keys, faults on command, and what is still open."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support.vendors.faults import DRIBBLE_S, RETRY_AFTER_S, Fault, Kind


class Line:
    """One socket, whose messages out meet the fault that was commanded.

    Attributes:
        read_elsewhere: Another task takes what comes in.
    """

    read_elsewhere = False

    def __init__(self, owner: "SocketVendor", connection: ServerConnection) -> None:
        assert connection.request is not None
        self.owner, self.connection = owner, connection
        split = urlsplit(connection.request.path)
        self.path = split.path
        self.query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self._own_fault: Fault | None = getattr(connection, "fault", None)
        self._sent = 0

    @property
    def fault(self) -> Fault | None:
        return self._own_fault or self.owner.now

    async def recv(self) -> str | bytes:
        return await self.connection.recv()

    async def send(self, message: dict[str, Any] | bytes) -> None:
        """Send, or fail as it was commanded."""
        if self.fault is not None and self._sent >= self.fault.after:
            await self._fail(self.fault.kind)
        self._sent += 1
        await self.connection.send(message if isinstance(message, bytes) else json.dumps(message))

    async def end(self) -> None:
        """Say that an answer is whole; a slow one does not."""
        if self.fault is not None and self.fault.kind is Kind.SLOW_CLOSE:
            await self.connection.wait_closed()

    async def _fail(self, kind: Kind) -> None:
        match kind:
            case Kind.STALL:  # takes everything, answers pings, says nothing
                while not self.read_elsewhere:
                    await self.recv()
                await self.connection.wait_closed()
            case Kind.HALF_OPEN:
                await self.go_deaf()
            case Kind.DRIBBLE:
                await asyncio.sleep(DRIBBLE_S)
            case Kind.GARBAGE:
                await self.connection.send("{not json")
                await self.connection.send(b"\x00\x01")
                self._own_fault = self.owner.now = None
            case Kind.CUT:
                self.connection.transport.abort()
                raise ConnectionResetError
            case _:
                pass

    async def go_deaf(self) -> None:
        """Read no byte any more and send none, not even a pong."""
        self.connection.transport.pause_reading()
        self.owner.live.discard(self.connection)
        self.owner.deaf.add(self.connection)
        await self.connection.wait_closed()


class SocketVendor:
    """A server of one vendor's sockets.

    Attributes:
        faults: Connection n meets fault n, None for none; all later ones meet `later`.
        now: A fault that befalls the connections that are open.
        accepted: Connections so far.
    """

    def __init__(self) -> None:
        self.faults: deque[Fault | None] = deque()
        self.later: Fault | None = None
        self.now: Fault | None = None
        self.accepted = 0
        self.url = ""
        self.live: set[ServerConnection] = set()
        self.deaf: set[ServerConnection] = set()  # which do not even notice that the other side is gone
        self._over = asyncio.Event()
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            compression=None,
            close_timeout=0.05,
            max_queue=None,  # who does not read does not notice that the other side is gone
        ) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            try:
                yield self
            finally:
                self._over.set()
                for connection in (*self.live, *self.deaf):
                    connection.transport.abort()

    def authorized(self, request: Request) -> bool:
        """Judge the key."""
        raise NotImplementedError

    def refusal(self, status: int) -> dict[str, str]:
        """Return the body of a refused handshake."""
        return {"message": "scripted"}

    async def talk(self, line: Line) -> None:
        """Serve one socket until it closes."""
        raise NotImplementedError

    async def freed(self) -> None:
        """Return once no socket is open any more."""
        async with asyncio.timeout(2), self._changed:
            await self._changed.wait_for(lambda: not self.live)

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        fault = self.faults.popleft() if self.faults else self.later
        connection.fault = fault  # type: ignore[attr-defined]
        if not self.authorized(request) or (fault and fault.kind is Kind.UNAUTHORIZED):
            return connection.respond(HTTPStatus.UNAUTHORIZED, json.dumps(self.refusal(401)))
        if fault and fault.kind is Kind.RATE_LIMITED:
            refused = connection.respond(HTTPStatus.TOO_MANY_REQUESTS, json.dumps(self.refusal(429)))
            refused.headers["Retry-After"] = str(RETRY_AFTER_S)
            return refused
        if fault and fault.kind is Kind.HALF_OPEN and fault.after == 0:
            await self._over.wait()
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        self.accepted += 1
        self.live.add(connection)
        try:
            with contextlib.suppress(ConnectionClosed, ConnectionResetError):
                await self.talk(Line(self, connection))
        finally:
            self.live.discard(connection)
            async with self._changed:
                self._changed.notify_all()
