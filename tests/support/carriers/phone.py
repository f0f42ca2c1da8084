"""A phone on a carrier, at the ASGI border: sends what it hears, plays what it is sent in real time, echoes marks."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

from kit.errors import ProtocolError
from providers.fake.tts import buzz
from server.caller.carrier_buffer import CarrierBuffer
from server.caller.phone_wire import ClearBuffer, HangUp, PhoneWire, PlaceMark, PlayMedia, Wire
from server.caller.twilio_wire import TwilioWire
from telephony.sockets import WebSocketPeer

BEEP_HZ = 1000
FRAME_S = 0.02
"""How finely is noted what the phone plays."""


def twilio_wire(parameters: dict[str, str] | None = None) -> TwilioWire:
    """Return a stream of Twilio's with short names."""
    return TwilioWire("MZ1", "CA1", "AC1", parameters)


@dataclass
class Phone:
    """One call of a carrier.

    Attributes:
        delay_s: Of the network, each way.
        echoes_marks: They all do; a broken carrier might not.
        speech: The caller talks.
        beeps: A machine's tone sounds.
        sends: The carrier sends sound all the time; without, nothing comes, as where no RTP does.
        heard: What came out of the phone, 20 ms or less at a time, as (time, sound in the stream's encoding).
        cleared_s: When the carrier took a clear.
        left_when_cleared: How much sound each clear dropped, in bytes.
        most_buffered_s: How much was on its way at most.
        refused: The HTTP status that stood in place of the socket.
        echoed: Marks that were sent back.
    """

    wire: PhoneWire = field(default_factory=twilio_wire)
    delay_s: float = 0.0
    echoes_marks: bool = True
    speech: bool = False
    beeps: bool = False
    sends: bool = True
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    cleared_s: list[float] = field(default_factory=list)
    left_when_cleared: list[int] = field(default_factory=list)
    most_buffered_s: float = 0.0
    hung_up_s: float | None = None
    closed: tuple[float, int] | None = None
    refused: int | None = None
    echoed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        sound = self.wire.sound
        self.frame_bytes = int(FRAME_S * sound.bytes_per_s)
        self._buffer = CarrierBuffer()
        self._inwards: deque[Message] = deque()  # timers of one moment have no order of their own
        self._outwards: deque[Wire] = deque()
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._events.put_nowait({"type": "websocket.connect"})
        self.websocket = WebSocket({"type": "websocket", "headers": []}, self._events.get, self._take)
        self.socket = WebSocketPeer(self.websocket, self.wire.subprotocol)
        samples = round(sound.frame_s * sound.rate_hz)
        beep = 8000 * np.sin(2 * np.pi * BEEP_HZ * np.arange(samples) / sound.rate_hz)  # whole periods in each frame
        self.talk = sound.write(np.frombuffer(buzz(samples, sound.rate_hz), np.int16))
        self.quiet = sound.write(np.zeros(samples, np.int16))
        self.beep = sound.write(beep.astype(np.int16))

    async def connect(self, app: ASGIApp, url: str, headers: Mapping[str, str]) -> None:
        """Open the socket at an application, and wait until it is done with it."""
        parts = urlsplit(url)
        named = {"host": parts.netloc, **headers}
        scope = {
            "type": "websocket",
            "scheme": parts.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "root_path": "",
            "subprotocols": [self.wire.subprotocol] if self.wire.subprotocol else [],
            "extensions": {"websocket.http.response": {}},
        }
        await app(scope, self._events.get, self._take)

    def says(self, wire: Wire) -> None:
        """Send a frame; it arrives after the delay of the network."""
        kind = "text" if isinstance(wire, str) else "bytes"
        self._put({"type": "websocket.receive", kind: wire})

    def goes(self) -> None:
        """Vanish."""
        self._put({"type": "websocket.disconnect", "code": 1006})

    def begins(self) -> None:
        for wire in self.wire.begin():
            self.says(wire)

    def hangs_up(self) -> None:
        for wire in self.wire.stop():
            self.says(wire)
        self.goes()

    async def line(self) -> None:
        """Be a phone until cancelled: sound in, sound out, every 20 ms."""
        loop = asyncio.get_running_loop()
        began_s, frames = loop.time(), 0
        every = round(self.wire.sound.frame_s / FRAME_S)
        while True:
            if self.sends and frames % every == 0:
                self.says(self.wire.media(self.beep if self.beeps else self.talk if self.speech else self.quiet))
            sound, marks = self._buffer.play(self.frame_bytes)
            self._tell_queue()
            if sound:
                self.heard.append((began_s + frames * FRAME_S, sound))
            frames += 1
            await asyncio.sleep(began_s + frames * FRAME_S - loop.time())
            self._echo(marks)  # their sound has been played now

    def heard_bytes(self) -> bytes:
        return b"".join(sound for _, sound in self.heard)

    @property
    def buffered_s(self) -> float:
        """How much sound is on its way to the caller's ear."""
        return self._buffer.waiting_bytes / self.wire.sound.bytes_per_s

    def _put(self, event: Message) -> None:
        self._inwards.append(event)
        asyncio.get_running_loop().call_later(self.delay_s, lambda: self._events.put_nowait(self._inwards.popleft()))

    def _echo(self, marks: list[str]) -> None:
        for name in marks if self.echoes_marks else ():
            self.echoed.append(name)
            self.says(self.wire.mark(name))

    def _tell_queue(self) -> None:
        for wire in self.wire.queued(self.buffered_s):
            self.says(wire)

    async def _take(self, message: Message) -> None:
        loop = asyncio.get_running_loop()
        if message["type"] == "websocket.http.response.start":
            self.refused = message["status"]
        elif message["type"] == "websocket.close":
            self.closed = (loop.time(), message["code"])
        elif message["type"] == "websocket.send":
            assert self.closed is None, "nothing is sent after a close"
            assert self.hung_up_s is None, "nothing is sent after a hang-up"
            text = message.get("text")
            self._outwards.append(message["bytes"] if text is None else text)
            loop.call_later(self.delay_s, lambda: self._receive(self._outwards.popleft()))

    def _receive(self, wire: Wire) -> None:
        now_s = asyncio.get_running_loop().time()
        match self.wire.receive(wire):
            case PlayMedia(payload):
                self._buffer.media(payload)
                self._check_buffer()
            case PlaceMark(name):
                self._buffer.mark(name)
            case ClearBuffer():
                self.cleared_s.append(now_s)
                self.left_when_cleared.append(self._buffer.waiting_bytes)
                dropped = self._buffer.clear()
                self._echo(dropped if self.wire.echoes_dropped_marks else [])
                self._tell_queue()
            case HangUp():
                self.hung_up_s = now_s

    def _check_buffer(self) -> None:
        self.most_buffered_s = max(self.most_buffered_s, self.buffered_s)
        self._tell_queue()
        if self.buffered_s > self.wire.sound.most_buffered_s:
            raise ProtocolError(f"{self.buffered_s:.1f} s of sound are more than the carrier takes")
