"""What a client pairs by a `session_id` of its own making: a call, its second wire, and a control socket.

Apps on phones talk over WebRTC and keep a WebSocket beside it for messages (docs/pvp.md §8): it is opened first, gets
every message of the call that is offered with the same `session_id`, and takes `ping` and `ui_event`.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from kit.clock import Clock
from kit.errors import CapacityError, InputError, ProtocolError
from transports.carrier import Carrier, PeerLost
from transports.outbox import Outbox
from transports.pvp import endings
from transports.pvp.codec import Wire, decode_client, encode_server
from transports.pvp.messages import Error, Ping, Pong, Status
from transports.pvp_connection import FAREWELL_S, PvpConnection

MAX_SESSION_ID_CHARS = 128
CALL_S = 120.0  # for the call to come

Key = tuple[str, str]  # the account, and the name its client chose

log = structlog.get_logger(__name__)


def key_of(account_id: str, session_id: str | None) -> Key | None:
    """Return the name a client gives; None if it gives none."""
    return (account_id, session_id[:MAX_SESSION_ID_CHARS]) if session_id else None


class _ControlSocket:
    """One control socket, until its call or itself is over."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.outbox = Outbox()
        self.over = asyncio.Event()


@dataclass(slots=True, eq=False)
class _Pair:
    connection: PvpConnection | None = None
    socket: _ControlSocket | None = None


class Companions:
    """Knows the calls that have a name of their client's, and the control sockets beside them."""

    def __init__(self, clock: Clock, most: int) -> None:
        """Prepare.

        Args:
            clock: Tells the time.
            most: How many control sockets there may be.
        """
        self._clock = clock
        self._most = most
        self._sockets = 0
        self._pairs: dict[Key, _Pair] = {}

    def running(self, key: Key) -> PvpConnection | None:
        """Return the call of that name; None if there is none."""
        pair = self._pairs.get(key)
        return None if pair is None else pair.connection

    @contextlib.contextmanager
    def paired(self, key: Key | None, connection: PvpConnection) -> Iterator[None]:
        """Let the call have that name; its messages go to the control socket, too. None: it has no name."""
        if key is None:
            yield
            return
        pair = self._pairs.setdefault(key, _Pair())
        if pair.connection is not None:
            pair.connection.mirror(None)
        pair.connection = connection
        if pair.socket is not None:
            connection.mirror(pair.socket.outbox.put_wire)
        try:
            yield
        finally:
            if pair.connection is connection:
                pair.connection = None
                if pair.socket is not None:
                    pair.socket.over.set()
                self._forget(key, pair)

    async def control(self, key: Key | None, carrier: Carrier) -> None:
        """Serve a control socket; of two with one name the later one counts.

        Raises:
            InputError: `session.no_id`.
        """
        if key is None:
            raise InputError("A control socket needs a session_id.", code="session.no_id")
        socket = _ControlSocket(carrier)
        try:
            await carrier.accept()
            if self._sockets >= self._most:
                return await _refuse(carrier, CapacityError("Too many control sockets; try again later."))
            await carrier.send(encode_server(Status("idle")))
        except PeerLost:
            return None
        pair = self._pairs.setdefault(key, _Pair())
        if pair.socket is not None:
            pair.socket.over.set()
        pair.socket = socket
        if pair.connection is not None:
            pair.connection.mirror(socket.outbox.put_wire)
        self._sockets += 1
        try:
            await self._exchange(pair, socket)
        finally:
            self._sockets -= 1
            if pair.socket is socket:
                pair.socket = None
                if pair.connection is not None:
                    pair.connection.mirror(None)
                self._forget(key, pair)
        return await _close(socket)

    async def _exchange(self, pair: _Pair, socket: _ControlSocket) -> None:
        async with asyncio.TaskGroup() as group:
            works = (self._read(pair, socket), _write(socket), _end(socket), _miss_call(pair))
            parts = [group.create_task(work) for work in works]
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in parts:
                part.cancel()

    async def _read(self, pair: _Pair, socket: _ControlSocket) -> None:
        while (data := await socket.carrier.receive()) is not None and not socket.outbox.overflowed:
            answer = self._answer(data) if pair.connection is None else pair.connection.take_aside(data)
            if answer is not None:
                socket.outbox.put_wire(answer)

    def _answer(self, data: Wire) -> str | None:
        """Return what is said to a client whose call has not begun."""
        try:
            message = decode_client(data)
        except ProtocolError as error:
            return str(encode_server(Error(str(error), error.code)))
        if not isinstance(message, Ping):
            return None
        return str(encode_server(Pong(message.ts, int(self._clock.utc().timestamp() * 1000))))

    def _forget(self, key: Key, pair: _Pair) -> None:
        if pair.connection is None and pair.socket is None and self._pairs.get(key) is pair:
            del self._pairs[key]


async def _write(socket: _ControlSocket) -> None:
    while True:
        item = await socket.outbox.first()
        try:
            await socket.carrier.send(item.wire)
        except PeerLost:
            return
        socket.outbox.sent(item)


async def _end(socket: _ControlSocket) -> None:
    await socket.over.wait()


async def _miss_call(pair: _Pair) -> None:
    """Return when no call has come for too long."""
    while True:
        await asyncio.sleep(CALL_S)
        if pair.connection is None:
            return


async def _close(socket: _ControlSocket) -> None:
    """Send what is left, if it still takes it, and close."""
    try:
        async with asyncio.timeout(FAREWELL_S):
            while len(socket.outbox) and not socket.outbox.overflowed:
                item = await socket.outbox.first()
                await socket.carrier.send(item.wire)
                socket.outbox.sent(item)
            await socket.carrier.close(1000)
    except (PeerLost, TimeoutError):
        log.debug("control_socket_lost")


async def _refuse(carrier: Carrier, error: CapacityError) -> None:
    ending = endings.of_refusal(error)
    assert ending.error is not None, "a refusal says why"
    await carrier.send(encode_server(ending.error))
    await carrier.close(ending.code)
