"""Many callers in one cheap process: a bare WebSocket client that sends speech on time and notes when sound comes."""

import asyncio
import base64
import os
import struct

_FRAME_S = 0.02
_BINARY, _PING = 2, 9
_EMPTY_PONG = b"\x8a\x80\0\0\0\0"
_FIRST_BURST = 5  # the lead: these frames come at once, on purpose
_PAUSE_S = 0.4  # a longer gap is the bot's silence, not a late frame


class Caller(asyncio.Protocol):
    """One call; see RFC 6455 for the framing.

    Attributes:
        late_s: For each further frame of an answer, how much later than 20 ms after the last it came.
    """

    def __init__(self, path: str) -> None:
        self.late_s: list[float] = []
        self.answers = 0
        self.lost = False
        self._path = path
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._upgraded = False
        self._last_s: float | None = None
        self._in_answer = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
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
        self._take_frames()

    def send(self, frame: bytes) -> None:
        """Send a frame made by `binary_frame`."""
        if self._upgraded and self._transport is not None and not self.lost:
            self._transport.write(frame)

    def hang_up(self) -> None:
        """Close without ceremony."""
        if self._transport is not None:
            self._transport.abort()

    def _take_frames(self) -> None:
        now_s = asyncio.get_running_loop().time()
        buffer = self._received
        while (end := _frame_end(buffer)) is not None:
            opcode = buffer[0] & 0x0F
            if opcode == _BINARY:
                self._sound(now_s)
            elif opcode == _PING and self._transport is not None:
                self._transport.write(_EMPTY_PONG)
            del buffer[:end]

    def _sound(self, now_s: float) -> None:
        if self._last_s is None or now_s - self._last_s > _PAUSE_S:
            self._in_answer = 0
            self.answers += 1
        elif self._in_answer >= _FIRST_BURST:
            self.late_s.append(now_s - self._last_s - _FRAME_S)
        self._in_answer += 1
        self._last_s = now_s


def _frame_end(buffer: bytearray) -> int | None:
    """Return where the first frame ends, or None while it is not whole."""
    if len(buffer) < 10:
        return None if len(buffer) < 2 or (buffer[1] & 0x7F) + 2 > len(buffer) else (buffer[1] & 0x7F) + 2
    size, head = buffer[1] & 0x7F, 2
    if size == 126:
        size, head = struct.unpack_from(">H", buffer, 2)[0], 4
    elif size == 127:
        size, head = struct.unpack_from(">Q", buffer, 2)[0], 10
    return head + size if len(buffer) >= head + size else None


def binary_frame(payload: bytes) -> bytes:
    """Frame a binary message as a client must; the mask is zero, so the payload stays as it is."""
    return b"\x82" + struct.pack(">BH", 0x80 | 126, len(payload)) + b"\0\0\0\0" + payload


async def talk(callers: list[Caller], cycle: list[bytes], seconds: float) -> float:
    """Send `cycle` round and round on behalf of all, each at its own place in it, on absolute deadlines.

    Returns:
        How late the latest send was, in seconds: the driver itself must keep up.
    """
    loop = asyncio.get_running_loop()
    places = [index * 37 % len(cycle) for index in range(len(callers))]
    slots = 10  # callers spread over the 20 ms
    began_s, worst_s, tick = loop.time(), 0.0, 0
    while True:
        due_s = began_s + tick * _FRAME_S / slots
        if due_s > began_s + seconds:
            return worst_s
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        worst_s = max(worst_s, loop.time() - due_s)
        turn, slot = divmod(tick, slots)
        for index in range(slot, len(callers), slots):
            callers[index].send(cycle[(places[index] + turn) % len(cycle)])
        tick += 1
