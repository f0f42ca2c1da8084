"""A server with a script instead of a brain: it speaks PVP (docs/pvp.md) to the talk page over a real WebSocket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect
from fastapi.staticfiles import StaticFiles

from tests.support.sound import RATE_HZ, wav_bytes

FRAME_BYTES = 640
LEAD_S = 0.2
FLOWS = [
    {"name": "onboarding", "title": "Onboarding", "description": "Name and e-mail in a form, then a plan to choose."},
    {"name": "survey", "title": "Survey", "description": "Three short questions about the last visit."},
    {"name": "booking", "title": "Appointment booking", "description": "Find a day and a time, and confirm both."},
]
GRAPH = {
    "nodes": [
        {"id": "details", "kind": "start", "title": "Details"},
        {"id": "choose_plan", "kind": "state", "title": "Choose plan"},
        {"id": "confirm", "kind": "state", "title": "Confirm"},
        {"id": "goodbye", "kind": "end", "title": "Goodbye"},
    ],
    "edges": [
        {"source": "details", "target": "choose_plan", "kind": "ui", "label": "form_submit"},
        {"source": "details", "target": "goodbye", "kind": "timeout", "label": "silence"},
        {"source": "choose_plan", "target": "confirm", "kind": "ui", "label": "option_select"},
        {"source": "confirm", "target": "details", "kind": "ui", "label": "restart"},
        {"source": "confirm", "target": "goodbye", "kind": "ui", "label": "confirm"},
    ],
}
SCREENS: Mapping[str, dict[str, Any] | None] = {
    "details": {
        "artifact_type": "form",
        "prompt": "Tell me your name and e-mail, or type them.",
        "fields": [
            {"id": "full_name", "type": "text", "label": "Full name", "required": True},
            {"id": "email", "type": "email", "label": "E-mail", "placeholder": "you@example.org", "required": True},
            {"id": "seats", "type": "number", "label": "Seats"},
        ],
    },
    "choose_plan": {
        "artifact_type": "options",
        "prompt": "Which plan would you like?",
        "options": [
            {"id": "starter", "label": "Starter", "description": "One line, for trying things out"},
            {"id": "team", "label": "Team", "description": "Ten lines and shared recordings"},
        ],
    },
    "confirm": {
        "artifact_type": "card",
        "title": "Your order",
        "prompt": "Is this right?",
        "params": {"points": ["Team plan", "Billed monthly"]},
    },
    "goodbye": None,
}
ACTIONS = {
    "details": ["form_submit"],
    "choose_plan": ["option_select"],
    "confirm": ["confirm", "restart"],
    "goodbye": [],
}
NEXT = {
    ("details", "form_submit"): "choose_plan",
    ("choose_plan", "option_select"): "confirm",
    ("confirm", "restart"): "details",
    ("confirm", "confirm"): "goodbye",
}
REFUSALS = {
    "full": {"message": "Every line is taken.", "code": "capacity.full"},
    "missing": {"message": "Flow 'missing' not found.", "code": "flow.not_found"},
}


class ScriptedCall:
    """One connection: what came from the page, and the verbs to answer it."""

    def __init__(self, socket: WebSocket) -> None:
        self.sound = bytearray()
        self.frame_sizes: set[int] = set()
        self.messages: list[dict[str, Any]] = []
        self.state = "details"
        self.variables: dict[str, Any] = {"full_name": None, "email": None, "seats": None, "selected_id": None}
        self._socket = socket
        self._changed = asyncio.Condition()

    async def send(self, type_: str, **fields: Any) -> None:
        await self._socket.send_text(json.dumps({"type": type_, **fields}))

    async def burst(self, pcm: bytes) -> None:
        """Send sound as fast as it goes, so that the page has much of it waiting."""
        for start in range(0, len(pcm), FRAME_BYTES):
            await self._socket.send_bytes(pcm[start : start + FRAME_BYTES])

    async def speak(self, text: str, pcm: bytes) -> None:
        """Say `pcm` as the server does: captioned, in real time with a lead of 200 ms."""
        await self.send("transcript", id=f"bot-{text}", role="assistant", text=text, is_final=True)
        await self.send("status", status="speaking")
        clock = asyncio.get_running_loop()
        begun_s = clock.time()
        for index, start in enumerate(range(0, len(pcm), FRAME_BYTES)):
            early_s = begun_s + index * 0.02 - LEAD_S - clock.time()
            if early_s > 0:
                await asyncio.sleep(early_s)
            await self._socket.send_bytes(pcm[start : start + FRAME_BYTES])
        await self.send("status", status="listening")

    async def enter(self, state: str) -> None:
        """Show a state: one `flow_state`, then its artifact."""
        self.state = state
        screen = SCREENS[state]
        await self.send(
            "flow_state",
            flow_id="onboarding",
            state=state,
            artifact=screen,
            variables=self.variables,
            available_actions=ACTIONS[state],
            prompt=screen["prompt"] if screen else None,
            progress={"current": list(SCREENS).index(state) + 1, "total": len(SCREENS)},
        )
        if screen:
            await self.send("artifact", id=f"artifact-{state}", **screen)

    async def fill(self, field: str, value: Any) -> None:
        """Set a variable as if it had been spoken, and the field of that name."""
        self.variables[field] = value
        await self.send("flow_variable", flow_id="onboarding", key=field, value=value)
        await self.send("artifact", id=f"fill-{field}", artifact_type="field_update", field_id=field, value=value)

    async def message(self, type_: str, count: int = 1) -> dict[str, Any]:
        """Wait for the `count`-th message of this type."""

        def found() -> list[dict[str, Any]]:
            return [message for message in self.messages if message["type"] == type_]

        async with self._changed:
            await self._changed.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    async def heard(self, seconds: float) -> None:
        """Wait until the page has sent this much sound in all."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.sound) >= seconds * RATE_HZ * 2)

    async def open(self, greeting: bytes) -> None:
        """Everything that comes before the caller's first turn (docs/pvp.md §3)."""
        await self.send("status", status="idle")
        await self.send(
            "config",
            audio_sample_rate=RATE_HZ,
            audio_channels=1,
            audio_encoding="pcm_s16le",
            pvp_version="1.0",
            call_id="0190-test",
        )
        await self.enter("details")
        await self.speak("Welcome. What is your name?", greeting)
        await self.send("waterfall", turn=0, gap_ms=None, spans=[{"name": "tts", "start_ms": 0, "end_ms": 40}])

    async def drop(self) -> None:
        """Break off in mid-call without an `error`."""
        await self._socket.close(1011)

    async def receive(self) -> None:
        """Read until the page goes, and answer what the script answers."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            async with self._changed:
                if message.get("bytes") is not None:
                    self.sound.extend(message["bytes"])
                    self.frame_sizes.add(len(message["bytes"]))
                else:
                    self.messages.append(json.loads(message["text"]))
                    await self._answer(self.messages[-1])
                self._changed.notify_all()

    async def _answer(self, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            await self.send("pong", ts=message["ts"], server_ts=0)
        if message["type"] != "ui_event":
            return
        for key, value in message.get("data", {}).items():
            self.variables[key] = value
            await self.send("flow_variable", flow_id="onboarding", key=key, value=value)
        target = NEXT.get((self.state, message["action"]))
        if target is not None:
            await self.enter(target)
        if target == "goodbye":
            await self.send("flow_end", flow_id="onboarding", reason="completed", variables=self.variables)
            await self.send("status", status="ended")
            await self._socket.close(1000)


class ScriptServer:
    """The address of the page, and the calls so far."""

    def __init__(self, greeting: bytes) -> None:
        self.url = ""
        self.greeting = greeting
        self.calls: list[ScriptedCall] = []
        self._placed = asyncio.Condition()

    async def call(self, count: int = 1) -> ScriptedCall:
        """Wait for the `count`-th call."""
        async with self._placed:
            await self._placed.wait_for(lambda: len(self.calls) >= count)
        return self.calls[count - 1]

    async def take(self, socket: WebSocket) -> None:
        await socket.accept()
        call = ScriptedCall(socket)
        refusal = REFUSALS.get(socket.query_params.get("program_id", ""))
        if refusal is not None:
            await call.send("error", **refusal)
            await socket.close(1013 if refusal["code"] == "capacity.full" else 1000)
            return
        async with self._placed:
            self.calls.append(call)
            self._placed.notify_all()
        with contextlib.suppress(WebSocketDisconnect):
            async with asyncio.TaskGroup() as tasks:
                greeting = tasks.create_task(call.open(self.greeting))
                await call.receive()
                greeting.cancel()


def _app(server: ScriptServer, static: Path, flows: list[dict[str, str]]) -> FastAPI:
    app = FastAPI()

    @app.get("/flows")
    async def list_flows() -> dict[str, Any]:
        return {"flows": [flow["name"] for flow in flows], "items": flows}

    @app.get("/flows/{name}/graph")
    async def graph(name: str) -> dict[str, Any]:
        assert name
        return GRAPH

    @app.get("/calls/{call_id}/recording.wav")
    async def recording(call_id: str) -> Response:
        assert call_id
        return Response(wav_bytes(server.greeting), media_type="audio/wav")

    app.add_api_websocket_route("/ws", server.take)
    app.mount("/", StaticFiles(directory=static, html=True))
    return app


@contextlib.asynccontextmanager
async def script_server(
    static: Path, greeting: bytes, extra_flows: tuple[str, ...] = ()
) -> AsyncIterator[ScriptServer]:
    """Serve the page in `static` and the script on a free port of 127.0.0.1."""
    script = ScriptServer(greeting)
    flows = FLOWS + [{"name": name, "title": name.capitalize(), "description": ""} for name in extra_flows]
    config = uvicorn.Config(
        _app(script, static, flows), port=0, log_level="error", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        await server.is_up.wait()
        script.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
        try:
            yield script
        finally:
            server.should_exit = True


class _Server(uvicorn.Server):
    """Says when it is up, and leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield
