"""A phone on Twilio, at the ASGI border: sends 20 ms at a time, plays what it is sent in real time, echoes marks."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from starlette.types import Message
from starlette.websockets import WebSocket

from pipeline.audio.mulaw import mulaw_encode
from providers.fake.tts import buzz
from server.caller.carrier_buffer import CarrierBuffer
from server.caller.twilio_wire import CarrierWire, ClearBuffer, PlaceMark, PlayMedia

FRAME_S = 0.02
FRAME_BYTES = 160
SPEECH = mulaw_encode(np.frombuffer(buzz(FRAME_BYTES, 8000), np.int16))
QUIET = b"\xff" * FRAME_BYTES


@dataclass
class Phone:
    """One call of a carrier.

    Attributes:
        delay_s: Of the network, each way.
        echoes_marks: Twilio does; a broken carrier might not.
        heard: What came out of the phone, 20 ms or less at a time, as (time, µ-law).
        cleared_s: When the carrier took a clear.
        left_when_cleared: How much sound each clear dropped, in bytes.
    """

    delay_s: float = 0.0
    echoes_marks: bool = True
    speech: bool = False
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    cleared_s: list[float] = field(default_factory=list)
    left_when_cleared: list[int] = field(default_factory=list)
    closed: tuple[float, int] | None = None

    def __post_init__(self) -> None:
        self.wire = CarrierWire("MZ1", "CA1", "AC1")
        self._buffer = CarrierBuffer()
        self._inwards: deque[Message] = deque()  # timers of one moment have no order of their own
        self._outwards: deque[str] = deque()
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._events.put_nowait({"type": "websocket.connect"})
        self.websocket = WebSocket({"type": "websocket", "headers": []}, self._events.get, self._take)

    def says(self, text: str) -> None:
        """Send a text frame; it arrives after the delay of the network."""
        self._put({"type": "websocket.receive", "text": text})

    def sends_bytes(self, data: bytes) -> None:
        self._put({"type": "websocket.receive", "bytes": data})

    def goes(self) -> None:
        self._put({"type": "websocket.disconnect", "code": 1006})

    def begins(self, parameters: dict[str, str] | None = None) -> None:
        self.says(self.wire.connected())
        self.says(self.wire.start(parameters))

    async def line(self) -> None:
        """Be a phone until cancelled: sound in, sound out, every 20 ms."""
        loop = asyncio.get_running_loop()
        began_s, frames = loop.time(), 0
        while True:
            self.says(self.wire.media(SPEECH if self.speech else QUIET))
            sound, marks = self._buffer.play(FRAME_BYTES)
            if sound:
                self.heard.append((began_s + frames * FRAME_S, sound))
            frames += 1
            await asyncio.sleep(began_s + frames * FRAME_S - loop.time())
            self._echo(marks)  # their sound has been played now

    def heard_bytes(self) -> bytes:
        return b"".join(sound for _, sound in self.heard)

    def _put(self, event: Message) -> None:
        self._inwards.append(event)
        asyncio.get_running_loop().call_later(self.delay_s, lambda: self._events.put_nowait(self._inwards.popleft()))

    def _echo(self, marks: list[str]) -> None:
        for name in marks if self.echoes_marks else ():
            self.says(self.wire.mark(name))

    async def _take(self, message: Message) -> None:
        loop = asyncio.get_running_loop()
        if message["type"] == "websocket.close":
            self.closed = (loop.time(), message["code"])
        elif message["type"] == "websocket.send":
            assert self.closed is None, "nothing is sent after a close"
            self._outwards.append(message["text"])
            loop.call_later(self.delay_s, lambda: self._receive(self._outwards.popleft()))

    def _receive(self, text: str) -> None:
        match self.wire.receive(text):
            case PlayMedia(payload):
                self._buffer.media(payload)
            case PlaceMark(name):
                self._buffer.mark(name)
            case ClearBuffer():
                self.cleared_s.append(asyncio.get_running_loop().time())
                self.left_when_cleared.append(self._buffer.waiting_bytes)
                self._echo(self._buffer.clear())
