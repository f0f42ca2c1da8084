"""SIGTERM lets live calls go on to their end and takes no new ones."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE_S = 20.0
START_S = 60.0  # the real server loads its models, perhaps on a busy machine


@asynccontextmanager
async def _process(
    data_dir: Path, drain_timeout_s: float = 60.0, *, real: bool = False
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run a server with echo calls, or the real one; gives its origin once it is ready."""
    command = ["-m", "server.main", "serve"] if real else ["-m", "tests.support.echo_server", str(data_dir)]
    environment = os.environ | {
        "PORT": "0",
        "DATA_DIR": str(data_dir),
        "LOG_LEVEL": "warning",
        "DRAIN_TIMEOUT_S": str(drain_timeout_s),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            line = (await process.stdout.readline()).decode()
        port = line.strip().rstrip("/").rpartition(":")[2]
        yield process, f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _exit_code(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()


async def _draining(origin: str) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(PATIENCE_S):
        while (await http.get(f"http://{origin}/ready")).status_code != 503:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.02)


async def _echo(ws: ClientConnection, sample: int) -> None:
    frame = sample.to_bytes(2, "little") * 320
    await ws.send(frame)
    async with asyncio.timeout(PATIENCE_S):
        while await ws.recv() != frame:
            continue


async def _close(ws: ClientConnection) -> tuple[list[dict[str, object]], int | None]:
    messages = []
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                messages.append(json.loads(await ws.recv()))
    return messages, ws.close_code


async def test_sigterm_keeps_live_calls_and_refuses_new_ones(tmp_path: Path) -> None:
    async with _process(tmp_path) as (process, origin), connect(f"ws://{origin}/ws?flow=greet") as ws:
        await _echo(ws, 1)
        process.send_signal(signal.SIGTERM)
        await _draining(origin)
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"ws://{origin}/ws?flow=greet")
        assert refusal.value.response.status_code == 503
        assert refusal.value.response.headers["Retry-After"] == "5"
        for sample in range(2, 100):
            await _echo(ws, sample)
        assert process.returncode is None
        await ws.send(json.dumps({"type": "ui_event", "action": "finish"}))
        assert (await _close(ws))[1] == 1000
        assert await _exit_code(process) == -signal.SIGTERM


async def test_a_second_sigterm_ends_live_calls_with_1012(tmp_path: Path) -> None:
    async with _process(tmp_path) as (process, origin), connect(f"ws://{origin}/ws?flow=greet") as ws:
        await _echo(ws, 1)
        process.send_signal(signal.SIGTERM)
        await _draining(origin)
        process.send_signal(signal.SIGTERM)
        messages, code = await _close(ws)
        assert messages[-1] == {"type": "status", "status": "ended"}
        assert code == 1012
        assert await _exit_code(process) == -signal.SIGTERM


async def test_the_drain_timeout_ends_live_calls_with_1012(tmp_path: Path) -> None:
    async with (
        _process(tmp_path, drain_timeout_s=0.3) as (process, origin),
        connect(f"ws://{origin}/?flow=greet") as ws,
    ):
        await _echo(ws, 1)
        process.send_signal(signal.SIGTERM)
        messages, code = await _close(ws)
        assert (messages[-1]["status"], code) == ("ended", 1012)
        assert await _exit_code(process) == -signal.SIGTERM


async def test_a_server_without_calls_stops_at_once(tmp_path: Path) -> None:
    async with _process(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert await _exit_code(process) == -signal.SIGTERM


async def test_a_silent_connection_without_a_call_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    async with _process(tmp_path) as (process, origin), connect(f"ws://{origin}/ws?flow=missing") as ws:
        while json.loads(await ws.recv())["type"] != "error":
            continue
        process.send_signal(signal.SIGTERM)
        assert (await _close(ws))[1] == 1012
        assert await _exit_code(process) == -signal.SIGTERM


async def test_the_real_server_goes_on_speaking_while_it_drains(tmp_path: Path) -> None:
    async with (
        _process(tmp_path, real=True) as (process, origin),
        connect(f"ws://{origin}/ws?mode=flow&program_id=survey") as ws,
    ):
        await _sound(ws, 640)
        process.send_signal(signal.SIGTERM)
        await _draining(origin)
        await _sound(ws, 32_000)
        process.send_signal(signal.SIGTERM)
        await _sound(ws, None)
        assert ws.close_code == 1012
        assert await _exit_code(process) == -signal.SIGTERM
    end_reason, recorded_bytes = _left_behind(tmp_path)
    assert end_reason == "server_stopping"
    assert recorded_bytes > 32_000


async def _sound(ws: ClientConnection, at_least_bytes: int | None) -> None:
    """Listen to so much sound, or to the end."""
    heard_bytes = 0
    with contextlib.suppress(*(() if at_least_bytes else (ConnectionClosed,))):
        async with asyncio.timeout(PATIENCE_S):
            while at_least_bytes is None or heard_bytes < at_least_bytes:
                message = await ws.recv()
                heard_bytes += len(message) if isinstance(message, bytes) else 0


def _left_behind(data_dir: Path) -> tuple[str, int]:
    """Return why the one call ended, and how much was recorded of it."""
    (report,) = data_dir.glob("calls/*/report.json")
    return json.loads(report.read_text())["end_reason"], (report.parent / "recording.wav").stat().st_size
