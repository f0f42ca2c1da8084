"""Many callers in one cheap process: a bare WebSocket client that sends speech on time and notes when sound comes."""

import asyncio
import base64
import functools
import json
import os
import struct
import time
from typing import Protocol, cast

from benchmarks.capacity.workload import FRAME_S, caller_cycle
from pipeline.audio.mulaw import mulaw_encode

_TEXT, _BINARY, _PING, _PONG = 1, 2, 9, 10
_FIRST_BURST_S = 0.1  # the lead: so much may come at once at the beginning of an answer
_PAUSE_S = 0.4  # a longer gap is the bot's silence, not a late frame
_SLOTS = 10  # callers spread over the 20 ms
_STREAM = "MZ00000000000000000000000000000001"
_MEDIA_HEAD = (
    b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d","payload":"'
)


class Wire(Protocol):
    """How a caller of one protocol speaks."""

    path: str

    def greeting(self) -> list[bytes]:
        """Return the frames to send once the socket is open."""

    def sound(self, place: int, number: int) -> bytes:
        """Return the frame with the sound at `place` of the cycle, the `number`th of this call."""

    def heard(self, opcode: int, payload: bytes, caller: "Caller") -> None:
        """Take a message of the server; report sound to `caller.sound(seconds)`."""


class PvpWire:
    """Binary frames of 16 kHz PCM."""

    def __init__(self, path: str = "/ws?mode=flow&program_id=chatter") -> None:
        self.path = path
        self.cycle = _pvp_cycle()

    def greeting(self) -> list[bytes]:
        """Say nothing: our rate is the usual one."""
        return []

    def sound(self, place: int, number: int) -> bytes:
        """Return a frame made beforehand."""
        return self.cycle[place % len(self.cycle)]

    def heard(self, opcode: int, payload: bytes, caller: "Caller") -> None:
        """Note sound."""
        if opcode == _BINARY:
            caller.sound(len(payload) / 32_000)


class TwilioWire:
    """Text frames of µ-law in JSON, as a carrier sends them; marks are echoed when their sound has been played."""

    path = "/telephony/twilio/flow/chatter"

    def __init__(self) -> None:
        self.cycle = [base64.b64encode(mulaw_encode(each)) for each in caller_cycle(8000)]

    def greeting(self) -> list[bytes]:
        """Connect and start."""
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        about = {"streamSid": _STREAM, "callSid": "CA1", "accountSid": "AC1", "tracks": ["inbound"]}
        start = {"event": "start", "sequenceNumber": "1", "streamSid": _STREAM, "start": about | {"mediaFormat": form}}
        first = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        return [frame(_TEXT, json.dumps(each).encode()) for each in (first, start)]

    def sound(self, place: int, number: int) -> bytes:
        """Return a numbered frame."""
        told = _MEDIA_HEAD % (number + 2, number + 1, number * 20)
        payload = self.cycle[place % len(self.cycle)]
        return frame(_TEXT, b'%s%s"},"streamSid":"%s"}' % (told, payload, _STREAM.encode()))

    def heard(self, opcode: int, payload: bytes, caller: "Caller") -> None:
        """Note sound, echo marks, drop on a clear."""
        start = payload.find(b'"payload"')
        if start >= 0:
            first = payload.index(b'"', start + 9) + 1
            encoded = payload.index(b'"', first) - first
            caller.sound(encoded * 3 // 4 / 8000)
        elif b'"mark"' in payload:
            name = json.loads(payload)["mark"]["name"]
            echo = {"event": "mark", "streamSid": _STREAM, "mark": {"name": name}}
            caller.after_playing(frame(_TEXT, json.dumps(echo).encode()))
        elif b'"clear"' in payload:
            caller.clear()


class AsteriskWire:
    """Binary frames of µ-law, commands in JSON; marks are echoed when their sound has been played."""

    path = "/telephony/asterisk/flow/chatter"

    def __init__(self) -> None:
        self.cycle = [frame(_BINARY, mulaw_encode(each)) for each in caller_cycle(8000)]

    def greeting(self) -> list[bytes]:
        """Say what the channel's sound is."""
        start = {"event": "MEDIA_START", "channel_id": "1.1", "channel": "WebSocket/a/0x1", "format": "ulaw"}
        return [frame(_TEXT, json.dumps(start).encode())]

    def sound(self, place: int, number: int) -> bytes:
        """Return a frame made beforehand."""
        return self.cycle[place % len(self.cycle)]

    def heard(self, opcode: int, payload: bytes, caller: "Caller") -> None:
        """Note sound, echo marks, drop on a flush."""
        if opcode == _BINARY:
            caller.sound(len(payload) / 8000)
        elif b"MARK_MEDIA" in payload:
            echo = {"event": "MEDIA_MARK_PROCESSED", "correlation_id": json.loads(payload)["correlation_id"]}
            caller.after_playing(frame(_TEXT, json.dumps(echo).encode()))
        elif b"FLUSH_MEDIA" in payload:
            caller.clear()


class Caller(asyncio.Protocol):
    """One call; see RFC 6455 for the framing.

    Attributes:
        late_s: For each further frame of an answer, how much later it came than the one before had been played.
        drift_s: For each answer, how far its last frame was behind the time at which its first asked for it.
    """

    def __init__(self, wire: Wire) -> None:
        self.late_s: list[float] = []
        self.drift_s: list[float] = []
        self.answers = 0
        self.lost = False
        self.sent = 0
        self._wire = wire
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._upgraded = False
        self._last_s: float | None = None
        self._last_length_s = 0.0
        self._answer_s = 0.0  # when the answer began
        self._answer_length_s = 0.0
        self._played_s = 0.0  # when all that came will have been played
        self._echoes: dict[asyncio.TimerHandle, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self._wire.path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it."""
        self.lost = True

    def data_received(self, data: bytes) -> None:
        """Take what came; frames may be cut anywhere."""
        self._received += data
        if not self._upgraded:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._received.startswith(b"HTTP/1.1 101"), bytes(self._received[:end])
            del self._received[: end + 4]
            self._upgraded = True
            for each in self._wire.greeting():
                self.send(each)
        self._take_frames()

    def speak(self, place: int) -> None:
        """Send the sound at `place` of the cycle."""
        if self._upgraded:
            self.send(self._wire.sound(place, self.sent))
            self.sent += 1

    def send(self, data: bytes) -> None:
        """Send a frame made by `frame`."""
        if self._transport is not None and not self.lost:
            self._transport.write(data)

    def hang_up(self) -> None:
        """Close without ceremony."""
        if self._transport is not None:
            self._transport.abort()

    def forget(self) -> None:
        """Begin to measure."""
        self.late_s.clear()
        self.drift_s.clear()
        self.answers = 0

    def sound(self, seconds: float) -> None:
        """Note that so much sound came."""
        now_s = time.perf_counter()  # a loop's own clock may tick in milliseconds
        if self._last_s is None or now_s - self._last_s - self._last_length_s > _PAUSE_S:
            if self._last_s is not None:
                self.drift_s.append(self._last_s - self._answer_s - self._answer_length_s + self._last_length_s)
            self._answer_s, self._answer_length_s = now_s, 0.0
            self.answers += 1
        elif self._answer_length_s >= _FIRST_BURST_S:
            self.late_s.append(now_s - self._last_s - self._last_length_s)
        self._answer_length_s += seconds
        self._last_s, self._last_length_s = now_s, seconds
        self._played_s = max(self._played_s, now_s) + seconds

    def after_playing(self, echo: bytes) -> None:
        """Send `echo` once all sound so far has been played."""

        def ring() -> None:
            self._echoes.pop(handle, None)
            self.send(echo)

        handle = asyncio.get_running_loop().call_later(max(0.0, self._played_s - time.perf_counter()), ring)
        self._echoes[handle] = echo

    def clear(self) -> None:
        """Drop what has not been played, and send all echoes that wait."""
        for handle, echo in self._echoes.items():
            handle.cancel()
            self.send(echo)
        self._echoes.clear()
        self._played_s = 0.0

    def _take_frames(self) -> None:
        buffer = self._received
        while (bounds := _bounds(buffer)) is not None:
            opcode = buffer[0] & 0x0F
            if opcode == _PING:
                # With what came, or the server takes it for no answer and hangs up.
                self.send(frame(_PONG, bytes(buffer[bounds[0] : bounds[1]])))
            elif opcode in (_TEXT, _BINARY):
                self._wire.heard(opcode, bytes(buffer[bounds[0] : bounds[1]]), self)
            del buffer[: bounds[1]]


def _bounds(buffer: bytearray) -> tuple[int, int] | None:
    """Return where the payload of the first frame begins and ends, or None while it is not whole."""
    if len(buffer) < 2:
        return None
    size, head = buffer[1] & 0x7F, 2
    if size == 126 and len(buffer) >= 4:
        size, head = struct.unpack_from(">H", buffer, 2)[0], 4
    elif size == 127 and len(buffer) >= 10:
        size, head = struct.unpack_from(">Q", buffer, 2)[0], 10
    elif size >= 126:
        return None
    return (head, head + size) if len(buffer) >= head + size else None


def frame(opcode: int, payload: bytes) -> bytes:
    """Frame a message as a client must; the mask is zero, so the payload stays as it is."""
    size = len(payload)
    length = struct.pack(">B", 0x80 | size) if size < 126 else struct.pack(">BH", 0x80 | 126, size)
    return bytes((0x80 | opcode,)) + length + b"\0\0\0\0" + payload


@functools.cache
def _pvp_cycle() -> tuple[bytes, ...]:
    return tuple(frame(_BINARY, each.tobytes()) for each in caller_cycle(16_000))


async def talk(callers: list[Caller], cycle_length: int, seconds: float) -> float:
    """Send round and round on behalf of all, each at its own place in the cycle, on absolute deadlines.

    Returns:
        How late the 99th percentile of the sends was, in seconds: the driver itself must keep up.
    """
    began_s, tick = time.perf_counter(), 0
    late_s: list[float] = []
    while (due_s := began_s + tick * FRAME_S / _SLOTS) <= began_s + seconds:
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        late_s.append(time.perf_counter() - due_s)
        slot = tick % _SLOTS
        for index in range(slot, len(callers), _SLOTS):
            caller = callers[index]
            caller.speak(index * 37 % cycle_length + caller.sent)
        tick += 1
    return sorted(late_s)[int(len(late_s) * 0.99)]
