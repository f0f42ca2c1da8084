"""A PVP server that plays a fixed scene, for tests of clients; it hears by loudness only."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

_RATE_HZ = 16_000
_FRAME_S = 0.02
_LOUD = 600
_LEAD_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """What the bot says in a state, and how it goes on.

    Attributes:
        seconds: How long the words sound.
        answer_after_s: From the caller's last loud sample to the next line's first.
        stop_when_heard: Whether the caller can cut this line off.
        ui: The action that goes on in place of speech.
    """

    state: str
    text: str
    seconds: float = 0.6
    answer_after_s: float = 0.4
    stop_when_heard: bool = False
    ui: str | None = None
    variables: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True)
class Seen:
    """What the server saw of its client."""

    path: str = ""
    audio_bytes: int = 0
    frame_sizes: set[int] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)


class _Scene:
    def __init__(self, socket: ServerConnection, seen: Seen) -> None:
        self._socket, self._seen = socket, seen
        self._now_s = asyncio.get_running_loop().time
        self.loud_at_s = 0.0
        self.loud = asyncio.Event()
        self.clicked = asyncio.Event()
        self.action = ""

    async def listen(self) -> None:
        async for data in self._socket:
            if isinstance(data, bytes):
                self._seen.audio_bytes += len(data)
                self._seen.frame_sizes.add(len(data))
                if np.abs(np.frombuffer(data, dtype="<i2").astype(int)).max() > _LOUD:
                    self.loud_at_s = self._now_s()
                    self.loud.set()
            else:
                message = json.loads(data)
                self._seen.messages.append(message)
                if message["type"] == "ui_event":
                    self.action = message["action"]
                    self.clicked.set()

    async def tell(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def play(self, index: int, line: Line) -> None:
        await self.tell("flow_state", flow_id="test", state=line.state, variables={}, artifact=None)
        text = {"id": str(index), "role": "assistant", "text": line.text, "is_final": True}
        await self.tell("transcript", **text)
        await self.tell("status", status="speaking")
        began_s = self._now_s()
        for frame in range(round(line.seconds / _FRAME_S)):
            await asyncio.sleep(began_s + (frame - _LEAD_FRAMES) * _FRAME_S - self._now_s())
            await self._socket.send(_buzz(frame))
            if line.stop_when_heard and self.loud_at_s > began_s:
                await self.tell("interrupted", generation=index)
                await self.tell("transcript", **{**text, "text": line.text.split()[0], "interrupted": True})
                break
        await self.tell("status", status="listening")

    async def await_answer(self, line: Line) -> None:
        if line.ui is not None:
            await self.clicked.wait()
            self.clicked.clear()
            assert self.action == line.ui
            return
        wait_s = None  # for the caller to begin; then for it to have ended
        while True:
            self.loud.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self.loud.wait()
            except TimeoutError:
                return
            wait_s = line.answer_after_s


def _buzz(frame: int) -> bytes:
    t = np.arange(frame * 320, (frame + 1) * 320) / _RATE_HZ
    return (6000 * np.sign(np.sin(2 * np.pi * 500 * t))).astype("<i2").tobytes()


async def _play_scene(scene: _Scene, lines: Sequence[Line]) -> None:
    await scene.tell("status", status="idle")
    await scene.tell(
        "config", audio_sample_rate=_RATE_HZ, audio_channels=1, audio_encoding="pcm_s16le", pvp_version="1.0"
    )
    variables: dict[str, Any] = {}
    for index, line in enumerate(lines):
        await scene.play(index, line)
        if line is lines[-1]:
            break
        await scene.await_answer(line)
        for key, value in line.variables:
            variables[key] = value
            await scene.tell("flow_variable", flow_id="test", key=key, value=value)
        await scene.tell("waterfall", turn=index, gap_ms=400, spans=[{"name": "stt", "start_ms": 200, "end_ms": 400}])
    await scene.tell("flow_end", flow_id="test", reason="completed", variables=variables)
    await scene.tell("status", status="ended")


@asynccontextmanager
async def scripted_pvp(lines: Sequence[Line]) -> AsyncIterator[tuple[str, Seen]]:
    """Serve `lines` to each client; yields `(address, what was seen)`."""
    seen = Seen()

    async def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        seen.path = socket.request.path
        scene = _Scene(socket, seen)
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(scene.listen())
                await _play_scene(scene, lines)
                listening.cancel()
        except* ConnectionClosed:
            pass

    async with _server(handle) as port:
        yield f"http://127.0.0.1:{port}", seen


@asynccontextmanager
async def scripted_messages(messages: Sequence[str | bytes]) -> AsyncIterator[str]:
    """Send `messages` to each client as they are, and close."""

    async def handle(socket: ServerConnection) -> None:
        for message in messages:
            await socket.send(message)

    async with _server(handle) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def _server(handle: Callable[[ServerConnection], Any]) -> AsyncIterator[int]:
    async with serve(handle, "127.0.0.1", 0, compression=None) as server:
        yield next(iter(server.sockets)).getsockname()[1]
