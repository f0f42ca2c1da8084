"""The WebSocket shell of PVP: accept, receive → codec → call, frames → codec → send. It decides nothing."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any, assert_never

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from flows.load import FlowError
from kit.clock import Clock
from kit.errors import AntiphonError, CapacityError, InputError, InsufficientCreditsError, ProtocolError
from pipeline.frames.control import PeerGone
from pipeline.ports import Frame, LegCapabilities
from transports.live import LiveCalls
from transports.ports import Call, CallFactory, CallRequest
from transports.pvp import endings
from transports.pvp.codec import Wire, decode_client, encode_server
from transports.pvp.endings import Ending
from transports.pvp.messages import (
    Audio,
    ClientConfig,
    ClientMessage,
    Config,
    Downgrade,
    DowngradeComplete,
    Dtmf,
    Error,
    Ping,
    Pong,
    Status,
    UiEvent,
    UpgradeFailed,
    UpgradeOffer,
)
from transports.pvp.outbox import PvpOutbox
from transports.pvp.translate import to_frame

MAX_BAD_FRAMES = 50
NOBODY_S = 120.0  # without any message on a connection that has no call
FAREWELL_S = 5.0  # for what is still to be sent when the call is over
_GOODBYES = (1000, 1001)  # the client closed, or left its page
# What Starlette and uvicorn raise when one sends to a peer that has gone; a RuntimeError after a close of their own.
_PEER_LOST = (WebSocketDisconnect, RuntimeError, OSError)

log = structlog.get_logger(__name__)


class _Socket:
    """One WebSocket; `done` when nobody will use it any more."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.done = asyncio.Event()
        self.said_goodbye = False


class WebSocketLeg:
    """The way out to one browser."""

    capabilities = LegCapabilities()
    control = None

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        self.outbox = PvpOutbox()
        self._on_overflow = on_overflow

    def send(self, frame: Frame) -> None:
        """Queue a frame; see `pipeline.ports.Leg`."""
        if not self.outbox.put_frame(frame):
            self._on_overflow()


class PvpConnection:
    """One caller, from the acceptance of the first WebSocket to the close of the last."""

    def __init__(
        self, websocket: WebSocket, calls: CallFactory, live: LiveCalls, clock: Clock, *, resume_s: float = 0.0
    ) -> None:
        """Prepare.

        Args:
            websocket: Not accepted yet.
            calls: Places the call.
            live: What a shutdown waits for.
            clock: Tells the time.
            resume_s: How long a call waits for another socket when its own breaks.
        """
        self._socket = self._newest = _Socket(websocket)
        self._resume_s = resume_s
        self._away: asyncio.Future[_Socket] | None = None
        self._calls = calls
        self._live = live
        self._clock = clock
        self._leg = WebSocketLeg(on_overflow=lambda: self.end("peer_too_slow"))
        self._outbox = self._leg.outbox
        self._call: Call | None = None
        self._end_reason: str | None = None
        self._forced: Ending | None = None  # set where the connection, not the call, knows why it ends
        self._peer_gone = False
        self._over = asyncio.Event()
        self._bad_frames = 0
        self._greeting: tuple[Status, Config] | None = None
        self._last_heard_s = clock.now_s()

    async def serve(self, request: CallRequest) -> None:
        """Accept, run the call to its end, say why it ended, close."""
        self._live.add(self)
        try:
            with structlog.contextvars.bound_contextvars(call_id=request.call_id):
                if await self._open(request.call_id):
                    await self._farewell(await self._run(request))
        finally:
            self._live.remove(self)
            self._newest.done.set()

    async def refuse(self, call_id: str, error: AntiphonError) -> None:
        """Accept, say why there is no call, close."""
        if await self._open(call_id):
            await self._farewell(endings.of_refusal(error))

    @property
    def is_away(self) -> bool:
        """Whether the socket broke and the call waits for another."""
        return self._away is not None and not self._away.done()

    async def resume(self, websocket: WebSocket) -> bool:
        """Go on with another socket while `is_away`; returns when that socket is done with.

        Returns:
            False if the call ended at that moment; the socket is as it was.
        """
        assert self._away is not None
        socket = _Socket(websocket)
        self._away.set_result(socket)  # before the first wait: nobody else takes this place
        self._newest = socket
        await socket.done.wait()
        return socket is self._socket

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._end_reason = self._end_reason or reason
        self._over.set()
        if self._call is not None:
            self._call.end(self._end_reason)

    async def _open(self, call_id: str) -> bool:
        self._greeting = (Status("idle"), Config(call_id, self._leg.capabilities.rate_out_hz))
        return await self._greet()

    async def _greet(self) -> bool:
        try:
            await self._socket.websocket.accept()
            for message in self._greeting or ():
                await self._send(encode_server(message))
        except _PEER_LOST:
            return False
        return True

    async def _run(self, request: CallRequest) -> Ending:
        try:
            try:
                call = await self._calls.place(request, self._leg)
            except (CapacityError, InsufficientCreditsError) as error:
                return endings.of_refusal(error)
            except InputError as error:
                return await self._stay(endings.flow_error(error, request.flow or "assistant", _findings(error)))
            return await self._talk(call)
        except Exception:  # a call ends here: nothing of it may reach the others
            log.exception("call_crashed")
            return endings.INTERNAL

    async def _talk(self, call: Call) -> Ending:
        self._call = call
        if self._end_reason is not None:
            call.end(self._end_reason)
        async with asyncio.TaskGroup() as group:
            attending = group.create_task(self._attend())
            report = await call.run()
            attending.cancel()
        return self._forced or endings.of_call(report.end_reason)

    async def _stay(self, error: Error) -> Ending:
        """Keep a connection that has no call until its client goes; a shutdown does not wait for it."""
        self._live.remove(self)
        self._outbox.put(error)
        async with asyncio.TaskGroup() as group:
            exchanging = group.create_task(self._attend())
            while not self._over.is_set() and self._clock.now_s() < self._last_heard_s + NOBODY_S:
                try:
                    async with asyncio.timeout_at(self._last_heard_s + NOBODY_S):
                        await self._over.wait()
                except TimeoutError:
                    continue  # something may have been heard meanwhile
            exchanging.cancel()
        if self._forced is not None:
            return self._forced
        return endings.of_call(self._end_reason or "idle")

    async def _attend(self) -> None:
        """Carry the call on one socket after another, until none comes."""
        while True:
            await self._exchange()
            if not await self._regain():
                return self._lose_peer()

    async def _exchange(self) -> None:
        """Read and write until the socket is gone."""
        async with asyncio.TaskGroup() as group:
            halves = (group.create_task(self._write()), group.create_task(self._read()))
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
            for half in halves:
                half.cancel()

    async def _regain(self) -> bool:
        """Wait for another socket, unless the client said goodbye."""
        self._socket.done.set()
        if self._resume_s <= 0 or self._call is None or self._socket.said_goodbye or self._end_reason is not None:
            return False
        self._away = asyncio.get_running_loop().create_future()
        log.info("socket_lost")
        self._outbox.go_silent()
        try:
            async with asyncio.timeout(self._resume_s):
                self._socket = await self._away
        except TimeoutError:
            return False
        finally:
            self._away.cancel()
        log.info("socket_regained")
        if await self._greet():
            self._outbox.speak_again()
        return True

    async def _write(self) -> None:
        while True:
            item = await self._outbox.first()
            try:
                await self._send(item.wire)
            except _PEER_LOST:
                return
            self._outbox.sent(item)

    async def _read(self) -> None:
        while True:
            event = await self._socket.websocket.receive()
            if event["type"] == "websocket.disconnect":
                self._socket.said_goodbye = event.get("code") in _GOODBYES
                return
            self._last_heard_s = self._clock.now_s()
            if self._forced is None:
                data = event.get("bytes")
                self._take(event["text"] if data is None else data)

    def _take(self, data: Wire) -> None:
        try:
            message = decode_client(data)
            if message is not None:
                self._answer(message)
        except ProtocolError as error:
            self._complain(error)

    def _answer(self, message: ClientMessage) -> None:
        match message:
            case Ping():
                self._outbox.put(Pong(message.ts, int(self._clock.utc().timestamp() * 1000)))
            case UpgradeOffer():
                self._outbox.put(UpgradeFailed())
            case Downgrade():
                self._outbox.put(DowngradeComplete())
            case Audio() | ClientConfig() | UiEvent() | Dtmf():
                frame = to_frame(message)
                if frame is not None and self._call is not None:
                    self._call.receive(frame)
            case _:
                assert_never(message)
        self._mind_overflow()

    def _complain(self, error: ProtocolError) -> None:
        if error.code == "protocol.too_large":
            return self._force(endings.too_large(error))
        self._outbox.put(Error(str(error), error.code))
        self._mind_overflow()
        self._bad_frames += error.code == "audio.bad_frame"
        if self._bad_frames >= MAX_BAD_FRAMES:
            return self._force(endings.TOO_MANY_BAD_FRAMES)
        return None

    def _mind_overflow(self) -> None:
        if self._outbox.overflowed:
            self._force(endings.PEER_TOO_SLOW, "peer_too_slow")

    def _force(self, ending: Ending, reason: str = "protocol_violation") -> None:
        self._forced = self._forced or ending
        self.end(reason)

    def _lose_peer(self) -> None:
        self._peer_gone = True
        self._over.set()
        if self._call is not None:
            self._call.receive(PeerGone())

    async def _send(self, wire: Wire) -> None:
        if isinstance(wire, bytes):
            await self._socket.websocket.send_bytes(wire)
        else:
            await self._socket.websocket.send_text(wire)

    async def _farewell(self, ending: Ending) -> None:
        if self._peer_gone:
            return
        try:
            async with asyncio.timeout(FAREWELL_S):
                while len(self._outbox) and not self._outbox.overflowed:
                    item = await self._outbox.first()
                    await self._send(item.wire)
                    self._outbox.sent(item)
                if ending.error is not None and ending.error.code not in self._outbox.said_errors:
                    await self._send(encode_server(ending.error))
                if ending.says_ended and not self._outbox.said_ended:
                    await self._send(encode_server(Status("ended")))
                await self._socket.websocket.close(ending.code)
        except (TimeoutError, *_PEER_LOST):
            log.debug("peer_lost_at_farewell")


def _findings(error: InputError) -> tuple[dict[str, Any], ...]:
    """Return the findings of a flow's check as JSON values."""
    return tuple(dataclasses.asdict(each) for each in error.findings) if isinstance(error, FlowError) else ()
