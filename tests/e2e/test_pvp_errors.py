"""What a PVP client can do wrong, in real time on loopback (docs/pvp.md §6)."""

import asyncio
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kit.errors import InputError
from tests.support.echo_server import RunningServer, running

PATIENCE_S = 10.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running(tmp_path) as server:
        yield server


def _voice(server: RunningServer, flow: str = "greet") -> connect:
    return connect(f"{server.ws_url}/ws?mode=flow&program_id={flow}", compression=None, open_timeout=PATIENCE_S)


async def _next(ws: ClientConnection) -> Any:
    """Return the next message, decoded if it is text."""
    async with asyncio.timeout(PATIENCE_S):
        message = await ws.recv()
    return json.loads(message) if isinstance(message, str) else message


async def _until(ws: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next message of a type."""
    while True:
        message = await _next(ws)
        if isinstance(message, dict) and message["type"] == kind:
            return message


async def _rest(ws: ClientConnection) -> tuple[list[Any], int]:
    """Return everything up to the close, and its code."""
    messages: list[Any] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            messages.append(await _next(ws))
    assert ws.close_code is not None
    return messages, ws.close_code


async def test_a_call_opens_with_idle_then_config_once_and_ends_with_1000(server: RunningServer) -> None:
    async with _voice(server) as ws:
        await ws.send(json.dumps({"type": "ui_event", "action": "finish"}))
        messages, code = await _rest(ws)
    assert [each["type"] for each in messages] == ["status", "config", "transcript", "status", "flow_end", "status"]
    assert messages[0]["status"] == "idle"
    assert messages[-1]["status"] == "ended"
    assert code == 1000
    async with httpx.AsyncClient() as http:
        report = await http.get(f"{server.http_url}/calls/{messages[1]['call_id']}")
    assert report.json()["end_reason"] == "completed"


async def test_bad_messages_are_answered_and_the_call_goes_on(server: RunningServer) -> None:
    async with _voice(server) as ws:
        for text, code in [
            ("{not json", "protocol.invalid_json"),
            ("[1, 2]", "protocol.invalid_json"),
            ("[" * 100_000, "protocol.invalid_json"),
            ('{"type": "ui_event"}', "protocol.invalid_field"),
            ('{"type": "config", "sample_rate": 11025}', "audio.unsupported_rate"),
            ('{"type": "config", "channels": 2}', "audio.unsupported_rate"),
        ]:
            await ws.send(text)
            assert (await _until(ws, "error"))["code"] == code
        await ws.send(bytes(641))
        assert (await _until(ws, "error"))["code"] == "audio.bad_frame"
        await ws.send(bytes(70_000))
        assert (await _until(ws, "error"))["code"] == "audio.bad_frame"
        await ws.send('{"type": "no_such_type", "x": 1}')
        await ws.send(json.dumps({"type": "ping", "ts": 12.5}))
        assert (await _until(ws, "pong"))["ts"] == 12.5
        await ws.send(bytes(640))
        assert await _next(ws) == bytes(640)


async def test_the_fiftieth_bad_frame_closes_with_1008(server: RunningServer) -> None:
    async with _voice(server) as ws:
        for _ in range(50):
            await ws.send(b"\0")
        messages, code = await _rest(ws)
    errors = [each["code"] for each in messages if each["type"] == "error"]
    assert errors == ["audio.bad_frame"] * 50 + ["audio.too_many_bad_frames"]
    assert code == 1008


@pytest.mark.parametrize("chars", [256 * 1024 + 1, 2 * 1024 * 1024])
async def test_a_huge_text_frame_closes_with_1009(server: RunningServer, chars: int) -> None:
    async with _voice(server) as ws:
        await _until(ws, "transcript")
        with contextlib.suppress(ConnectionClosed):  # the server may close before it has all been sent
            await ws.send("x" * chars)
        assert (await _rest(ws))[1] == 1009


async def test_an_unknown_flow_is_named_and_the_connection_stays_open(server: RunningServer) -> None:
    async with _voice(server, "missing") as ws:
        error = await _until(ws, "error")
        assert (error["message"], error["code"]) == ("Flow 'missing' not found.", "flow.not_found")
        await ws.send(bytes(640))
        await ws.send(json.dumps({"type": "ping", "ts": 1}))
        assert (await _next(ws))["type"] == "pong"


@pytest.mark.parametrize(
    ("code", "message"),
    [("flow.invalid", "Flow configuration error."), ("flow.check_failed", "Flow validation failed.")],
)
async def test_a_broken_flow_is_reported(server: RunningServer, code: str, message: str) -> None:
    server.calls.refuse = InputError("line 3: this is not a flow", code=code)
    async with _voice(server) as ws:
        assert (await _until(ws, "error"))["message"] == message
        await ws.send(json.dumps({"type": "ping", "ts": 1}))
        assert (await _next(ws))["type"] == "pong"


async def test_an_unknown_mode_is_refused_with_a_reason(server: RunningServer) -> None:
    async with connect(f"{server.ws_url}/?mode=juggling") as ws:
        messages, code = await _rest(ws)
    assert messages[-1]["code"] == "session.unsupported_mode"
    assert code == 1008


async def test_a_crash_ends_one_call_with_1011_and_no_other(server: RunningServer) -> None:
    async with _voice(server) as other, _voice(server) as ws:
        await ws.send(json.dumps({"type": "ui_event", "action": "crash"}))
        messages, code = await _rest(ws)
        assert messages[-1] == {
            "type": "error",
            "message": "Something went wrong on our side.",
            "code": "internal",
        }
        assert code == 1011
        await _until(other, "transcript")
        await other.send(json.dumps({"type": "ping", "ts": 7}))
        assert (await _until(other, "pong"))["ts"] == 7


async def test_an_idle_call_closes_with_4408(server: RunningServer) -> None:
    async with _voice(server) as ws:
        await ws.send(json.dumps({"type": "ui_event", "action": "idle"}))
        messages, code = await _rest(ws)
    assert messages[-1]["code"] == "call.idle"
    assert code == 4408


async def test_a_client_that_falls_behind_is_closed_with_1008(server: RunningServer) -> None:
    async with _voice(server) as ws:
        await ws.send(json.dumps({"type": "ui_event", "action": "flood"}))
        messages, code = await _rest(ws)
    assert messages[-1]["code"] == "peer.too_slow"
    assert code == 1008


async def test_a_token_serves_one_connection(server: RunningServer) -> None:
    async with httpx.AsyncClient() as http:
        made = await http.post(f"{server.http_url}/v1/sessions", json={"flow_id": "greet", "context": {"name": "Ada"}})
    url = made.json()["ws_url"]
    async with connect(url) as ws:
        await _until(ws, "transcript")
        assert server.calls.placed[0].request.context == {"name": "Ada"}
        async with connect(url) as second:
            messages, code = await _rest(second)
        assert (messages[-1]["message"], code) == ("Session token already in use.", 4409)
        await ws.send(json.dumps({"type": "ui_event", "action": "finish"}))
        assert (await _rest(ws))[1] == 1000
    for spent_or_false in (url, f"{server.ws_url}/v1/ws/st_nonsense"):
        async with connect(spent_or_false) as ws:
            messages, code = await _rest(ws)
        assert (messages[-1]["message"], code) == ("Invalid or expired session token.", 4401)


async def _knock(server: RunningServer) -> int:
    async with _voice(server) as ws:
        messages, code = await _rest(ws)
    assert messages[-1]["code"] == "capacity.full"
    return code


async def test_two_hundred_connections_at_once_do_not_disturb_a_call_and_leave_nothing(tmp_path: Path) -> None:
    with running(tmp_path, max_calls=1) as server:
        async with _voice(server) as ws:
            await _until(ws, "transcript")
            await _next(ws)
            before = _descriptors()
            async with asyncio.TaskGroup() as group:
                knocks = [group.create_task(_knock(server)) for _ in range(200)]
                for number in range(50):
                    frame = number.to_bytes(2, "little") * 320
                    await ws.send(frame)
                    assert await _next(ws) == frame
            assert [knock.result() for knock in knocks] == [1013] * 200
            await _settled(lambda: len(server.live) == 1 and _descriptors() <= before)
        await _settled(lambda: len(server.live) == 0 and not server.server.server_state.tasks)
        async with _voice(server) as ws:
            assert (await _until(ws, "transcript"))["text"] == "This is greet."


async def test_clients_that_vanish_in_mid_sentence_leave_nothing(server: RunningServer) -> None:
    async with _voice(server) as ws:
        await _until(ws, "transcript")
    await _settled(lambda: len(server.live) == 0 and not server.server.server_state.connections)
    before = _descriptors()
    for _ in range(20):
        ws = await _voice(server)
        await ws.send(bytes(640))
        await _until(ws, "transcript")
        ws.transport.abort()
    await _settled(lambda: len(server.live) == 0 and not server.server.server_state.tasks)
    await _settled(lambda: _descriptors() <= before)
    assert [type(call.received[-1]).__name__ for call in server.calls.placed] == ["PeerGone"] * 21
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{server.http_url}/health")).json()["active_calls"] == 0


def _descriptors() -> int:
    """Count what is open, but for the database's files: its pool keeps some, up to its bound."""
    count = 0
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):
            count += ".db" not in os.readlink(f"/dev/fd/{name}")
    return count


async def _settled(condition: Any) -> None:
    """Wait until the server, which runs in another thread, is in the expected state."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  nothing in that thread tells this one
            await asyncio.sleep(0.01)
