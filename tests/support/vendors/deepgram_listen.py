"""Deepgram's listening sockets: `/v1/listen` (Nova) and `/v2/listen` (Flux).

Sound is anything but digital silence. Each stretch of sound is the next entry of the script, said at four words a
second; a Nova socket finalizes when it is asked to, a Flux one judges turns by silence, on the clock of the audio.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support.vendors.faults import DRIBBLE_S, RETRY_AFTER_S, Fault, Kind
from tests.support.vendors.http import KEY

_IDLE_LIMIT_S = 10.0
_INTERIM_S = 0.25
_WORDS_PER_S = 4.0
_EAGER_SILENCE_S = 0.3
_END_SILENCE_S = 0.8


class DeepgramListenServer:
    """Hears what its script says.

    Attributes:
        faults: Connection n meets fault n, None for none; all later ones meet `later`.
        handshakes: The query of each connection.
        controls: The type of every text message, in order.
        heard_bytes: Audio taken, over all connections.
        now: A fault that befalls the connections that are open.
        idle_limit_s: Without audio or a sign of life for so long, a connection is closed.
    """

    def __init__(self, script: Sequence[str] = ("hello there",) * 99) -> None:
        self.script = script
        self.faults: deque[Fault | None] = deque()
        self.later: Fault | None = None
        self.now: Fault | None = None
        self.handshakes: list[dict[str, str]] = []
        self.controls: list[str] = []
        self.heard_bytes = 0
        self.idle_limit_s = _IDLE_LIMIT_S
        self.url = ""
        self.live: set[ServerConnection] = set()
        self.deaf: set[ServerConnection] = set()  # which do not even notice that the other side is gone
        self._over = asyncio.Event()
        self._said = 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with serve(
            self._serve, "127.0.0.1", 0, process_request=self._admit, compression=None, close_timeout=0.05
        ) as server:
            self.url = _address(server)
            try:
                yield self
            finally:
                self._over.set()
                for connection in (*self.live, *self.deaf):
                    connection.transport.abort()

    def next_words(self) -> list[str]:
        """Return what the next stretch of sound says."""
        words = self.script[self._said % len(self.script)].split()
        self._said += 1
        return words

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        fault = self.faults.popleft() if self.faults else self.later
        connection.fault = fault  # type: ignore[attr-defined]
        if request.headers.get("Authorization") != f"Token {KEY}" or (fault and fault.kind is Kind.UNAUTHORIZED):
            return connection.respond(HTTPStatus.UNAUTHORIZED, '{"err_code":"INVALID_AUTH","err_msg":"scripted"}')
        if fault and fault.kind is Kind.RATE_LIMITED:
            refused = connection.respond(HTTPStatus.TOO_MANY_REQUESTS, '{"err_code":"TOO_MANY_REQUESTS"}')
            refused.headers["Retry-After"] = str(RETRY_AFTER_S)
            return refused
        if fault and fault.kind is Kind.HALF_OPEN and fault.after == 0:
            await self._over.wait()
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        split = urlsplit(connection.request.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self.handshakes.append(query)
        self.live.add(connection)
        ear = (_FluxEar if split.path == "/v2/listen" else _NovaEar)(self, connection, query)
        try:
            with contextlib.suppress(ConnectionClosed, ConnectionResetError):
                await ear.run()
        finally:
            self.live.discard(connection)
            async with self._changed:
                self._changed.notify_all()

    async def freed(self) -> None:
        """Return once no socket is open any more."""
        async with asyncio.timeout(2), self._changed:
            await self._changed.wait_for(lambda: not self.live)


class _Ear:
    """One socket; audio is the clock."""

    def __init__(self, owner: DeepgramListenServer, connection: ServerConnection, query: dict[str, str]) -> None:
        assert query["encoding"] == "linear16"
        self.owner, self.connection = owner, connection
        self.bytes_per_s = 2 * int(query["sample_rate"])
        self._own_fault: Fault | None = getattr(connection, "fault", None)
        self.heard_s = 0.0
        self.words: list[str] = []  # of the stretch of sound under way
        self.sound_from_s: float | None = None
        self.sound_to_s = 0.0
        self.sent = 0

    @property
    def fault(self) -> Fault | None:
        return self._own_fault or self.owner.now

    async def run(self) -> None:
        await self.opened()
        while True:
            try:
                async with asyncio.timeout(self.owner.idle_limit_s):
                    message = await self.connection.recv()
            except TimeoutError:
                await self.connection.close(1011, "Deepgram did not receive audio data or a text message: NET-0001")
                return
            if isinstance(message, bytes):
                await self.hear(message)
            elif not await self.control(json.loads(message)["type"]):
                return

    async def hear(self, pcm: bytes) -> None:
        self.owner.heard_bytes += len(pcm)
        began_s = self.heard_s
        self.heard_s += len(pcm) / self.bytes_per_s
        if any(pcm):
            if self.sound_from_s is None:
                self.sound_from_s = began_s
                self.words = self.owner.next_words()
            self.sound_to_s = self.heard_s
        await self.listened(began_s)

    def said(self) -> list[dict[str, Any]]:
        """Return the words that were said so far, with their times in the stream."""
        if self.sound_from_s is None:
            return []
        count = max(1, round((self.sound_to_s - self.sound_from_s) * _WORDS_PER_S))
        return [
            {
                "word": word.strip(".,?!").lower(),
                "punctuated_word": word,
                "start": round(self.sound_from_s + index / _WORDS_PER_S, 3),
                "end": round(min(self.sound_from_s + (index + 1) / _WORDS_PER_S, self.heard_s), 3),
                "confidence": 0.98,
            }
            for index, word in enumerate(self.words[:count])
        ]

    async def send(self, message: dict[str, Any]) -> None:
        """Send, or fail as it was commanded."""
        if self.fault is not None and self.sent >= self.fault.after:
            await self._fail(self.fault.kind)
        self.sent += 1
        await self.connection.send(json.dumps(message))

    async def _fail(self, kind: Kind) -> None:
        match kind:
            case Kind.STALL:
                while True:  # takes everything, answers pings, says nothing
                    await self.connection.recv()
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

    async def opened(self) -> None: ...

    async def listened(self, began_s: float) -> None:
        raise NotImplementedError

    async def control(self, kind: str) -> bool:
        raise NotImplementedError


class _NovaEar(_Ear):
    final_to_s = 0.0
    interim_at_s = 0.0

    async def listened(self, began_s: float) -> None:
        if self.sound_from_s is not None and self.heard_s >= self.interim_at_s + _INTERIM_S:
            self.interim_at_s = self.heard_s
            await self._results(final=False)

    async def control(self, kind: str) -> bool:
        self.owner.controls.append(kind)
        match kind:
            case "Finalize":
                if self.heard_s > self.final_to_s:  # with nothing to flush, nothing is said
                    await self._results(final=True)
                    self.final_to_s, self.sound_from_s, self.words = self.heard_s, None, []
            case "CloseStream":
                if self.fault is not None and self.fault.kind is Kind.SLOW_CLOSE:
                    await self.go_deaf()
                await self._metadata()
                await self.connection.close()
                return False
            case _:
                assert kind == "KeepAlive", kind
        return True

    async def _results(self, *, final: bool) -> None:
        words = self.said()
        transcript = " ".join(word["punctuated_word"] for word in words)
        alternative = {"transcript": transcript, "confidence": 0.98 if words else 0.0, "words": words}
        info = {"name": "general-nova-3", "version": "2025-01-01.0", "arch": "nova-3"}
        await self.send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "duration": round(self.heard_s - self.final_to_s, 3),
                "start": round(self.final_to_s, 3),
                "is_final": final,
                "speech_final": False,
                "channel": {"alternatives": [alternative]},
                "metadata": {"request_id": "r1", "model_info": info, "model_uuid": "u1"},
                "from_finalize": final,
            }
        )

    async def _metadata(self) -> None:
        await self.send(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": "r1",
                "sha256": "0" * 64,
                "created": "2026-01-01T00:00:00.000Z",
                "duration": self.heard_s,
                "channels": 1,
            }
        )


class _FluxEar(_Ear):
    turn = 0
    sequence = 0
    update_at_s = 0.0
    eager = False

    async def opened(self) -> None:
        await self.send(self._numbered({"type": "Connected", "request_id": "r1"}))

    async def listened(self, began_s: float) -> None:
        quiet_s = self.heard_s - self.sound_to_s
        if self.sound_from_s is not None and self.sound_from_s == began_s:
            await self._turn_info("StartOfTurn", 0.05)
        elif self.sound_from_s is None:
            await self._update(0.0)
        elif self.eager and quiet_s == 0:
            self.eager = False
            await self._turn_info("TurnResumed", 0.1)
        elif quiet_s >= _END_SILENCE_S:
            await self._end("model", 0.92)
        elif not self.eager and quiet_s >= _EAGER_SILENCE_S and self._eagerly:
            self.eager = True
            await self._turn_info("EagerEndOfTurn", 0.55)
        else:
            await self._update(0.2)

    async def control(self, kind: str) -> bool:
        self.owner.controls.append(kind)
        if kind == "CloseStream":
            await self.connection.close()
            return False
        if kind == "ForceEndTurn" and self.sound_from_s is not None:
            await self._end("manual", 0.3)
        elif kind == "Configure":
            await self.send(self._numbered({"type": "ConfigureSuccess", "request_id": "r1"}))
        return True

    @property
    def _eagerly(self) -> bool:
        return "eager_eot_threshold" in self.owner.handshakes[-1]

    async def _update(self, confidence: float) -> None:
        if self.heard_s >= self.update_at_s + _INTERIM_S:
            self.update_at_s = self.heard_s
            await self._turn_info("Update", confidence)

    async def _end(self, trigger: str, confidence: float) -> None:
        await self._turn_info("EndOfTurn", confidence, trigger)
        self.turn += 1
        self.eager, self.sound_from_s, self.words = False, None, []

    async def _turn_info(self, event: str, confidence: float, trigger: str | None = None) -> None:
        words = self.said()
        info = {
            "type": "TurnInfo",
            "request_id": "r1",
            "event": event,
            "turn_index": self.turn,
            "audio_window_start": round(self.sound_from_s or 0.0, 3),
            "audio_window_end": round(self.heard_s, 3),
            "transcript": " ".join(word["punctuated_word"] for word in words),
            "words": [
                {"word": word["punctuated_word"], "confidence": 0.98, "start": word["start"], "end": word["end"]}
                for word in words
            ],
            "end_of_turn_confidence": confidence,
        }
        await self.send(self._numbered(info if trigger is None else info | {"trigger": trigger}))

    def _numbered(self, message: dict[str, Any]) -> dict[str, Any]:
        self.sequence += 1
        return message | {"sequence_id": self.sequence - 1}


def _address(server: Server) -> str:
    (socket,) = server.sockets
    return f"ws://127.0.0.1:{socket.getsockname()[1]}"
