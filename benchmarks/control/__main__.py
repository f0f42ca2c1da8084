"""`python -m benchmarks.control [--quick] [--json FILE]`: the control plane under load, on SQLite and PostgreSQL.

The server is pinned to one core, its clients to another. Fifty clients read a flow, then start sessions, each as fast
as it can; then fifty metered calls run, and `/health` and session starts are asked for at a steady pace beside them.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import psutil

from benchmarks.capacity.callers import Caller, binary_frame, talk
from benchmarks.control.clients import Client
from benchmarks.report import machine, table, write_json
from storage import schema
from storage.engine import Database
from tests.support import postgres

CLIENTS = 50
CALLS = 50
PROBES_PER_S = 20
_RECORDING = Path(__file__).parents[2] / "tests" / "data" / "audio" / "jfk.wav"
_FRAME_SAMPLES = 320
_RAMP_S = 4.0
_START_S = 30
_FLOW = """
id: chatter
version: "1.0.0"
initial_state: chat
states:
  chat:
    say: This is the first sentence of an answer. And this is another one, just as long.
    transitions:
      on_utterance: [{pattern: "word", target: chat}]
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of request on one database.

    Attributes:
        cpu_ms: Of the server, per request; holds on a busy machine too. Beside calls it includes theirs.
        calls_lost: Calls that broke meanwhile; on a machine that is not overloaded none does.
    """

    database: str
    request: str
    clients: int
    calls: int
    requests: int
    per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float
    calls_lost: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """A server, and an account there."""

    database: str
    pid: int
    port: int
    headers: dict[str, str]
    flow_id: str

    def cpu_s(self) -> float:
        """Return what the server has used of its processor so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    async def read_flow(self, client: Client) -> None:
        """Read a flow."""
        await client.json("GET", f"/v1/flows/{self.flow_id}", self.headers)

    async def start_session(self, client: Client) -> None:
        """Start a session."""
        await client.json("POST", "/v1/sessions", self.headers, {"flow_id": self.flow_id})

    async def ask_health(self, client: Client) -> None:
        """Ask how the server is."""
        await client.json("GET", "/health", {})


@dataclass(slots=True)
class _Measured:
    """Requests of one kind, while they are measured."""

    place: _Place
    began_s: float
    cpu_s: float
    took_s: list[float]

    @classmethod
    def begin(cls, place: _Place) -> "_Measured":
        """Begin now."""
        return cls(place, asyncio.get_running_loop().time(), place.cpu_s(), [])

    def row(self, request: str, clients: int, calls: int) -> Row:
        """Sum up."""
        count, seconds = len(self.took_s), asyncio.get_running_loop().time() - self.began_s
        p50, p95, p99 = (round(float(each) * 1000, 1) for each in np.percentile(self.took_s, (50, 95, 99)))
        cpu_ms = round(1000 * (self.place.cpu_s() - self.cpu_s) / count, 1)
        return Row(
            self.place.database, request, clients, calls, count, round(count / seconds, 1), p50, p95, p99, cpu_ms
        )


async def _flood(place: _Place, name: str, ask: Callable[[Client], Awaitable[None]], seconds: float) -> Row:
    """Let all clients ask as fast as they are answered."""
    loop = asyncio.get_running_loop()
    clients = [await Client.connect(place.port) for _ in range(CLIENTS)]
    await asyncio.gather(*(ask(client) for client in clients))  # warm
    measured = _Measured.begin(place)
    end_s = measured.began_s + seconds

    async def keep_asking(client: Client) -> None:
        while (began_s := loop.time()) < end_s:
            await ask(client)
            measured.took_s.append(loop.time() - began_s)

    await asyncio.gather(*(keep_asking(client) for client in clients))
    for client in clients:
        client.close()
    return measured.row(name, CLIENTS, 0)


async def _probe(place: _Place, name: str, ask: Callable[[Client], Awaitable[None]], seconds: float) -> Row:
    """Ask at a steady pace, whether or not the last question was answered in time."""
    loop = asyncio.get_running_loop()
    client, measured = await Client.connect(place.port), _Measured.begin(place)
    for number in range(int(seconds * PROBES_PER_S)):
        due_s = measured.began_s + number / PROBES_PER_S
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        await ask(client)
        measured.took_s.append(loop.time() - due_s)
    client.close()
    return measured.row(name, 1, CALLS)


async def _beside_calls(place: _Place, seconds: float) -> list[Row]:
    """Run calls, each with a session and a meter of its own, and ask beside them."""
    client, loop, cycle = await Client.connect(place.port), asyncio.get_running_loop(), _cycle()
    callers: list[Caller] = []
    for _ in range(CALLS):
        made = await client.json("POST", "/v1/sessions", place.headers, {"flow_id": place.flow_id})
        callers.append(Caller(f"/v1/ws/{made['session_token']}"))
        await loop.create_connection(partial(callers.__getitem__, -1), "127.0.0.1", place.port)
    client.close()
    await talk(callers, cycle, _RAMP_S)
    rows = []
    for name, ask in (("GET /health", place.ask_health), ("POST /v1/sessions", place.start_session)):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk(callers, cycle, seconds))
            probing = tasks.create_task(_probe(place, name, ask, seconds))
        rows.append(replace(probing.result(), calls_lost=sum(caller.lost for caller in callers)))
    assert all(caller.answers for caller in callers), "a call was silent"
    for caller in callers:
        caller.hang_up()
    return rows


def _cycle() -> list[bytes]:
    """Return the frames of 2 s of speech and 6 s of a quiet room."""
    with wave.open(str(_RECORDING)) as file:
        speech = np.frombuffer(file.readframes(2 * 16_000), np.int16)
    noise = np.random.default_rng(1).normal(0, 60, 6 * 16_000).astype(np.int16)
    sound = np.concatenate((speech, noise))
    whole = len(sound) // _FRAME_SAMPLES
    return [binary_frame(sound[i * _FRAME_SAMPLES : (i + 1) * _FRAME_SAMPLES].tobytes()) for i in range(whole)]


@asynccontextmanager
async def _served(database: str, url: str) -> AsyncIterator[_Place]:
    """Run a server on a core of its own, with an account that has a flow and credits."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "MAX_CALLS": "100",
            "SIGN_UP_CREDITS_USD_CENTS": "100000",
            "RECORD": "false",
            "LOG_LEVEL": "error",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.control.node"),
            stdout=asyncio.subprocess.PIPE,
            env=settings | os.environ | {"DATABASE_URL": url, "DATA_DIR": folder},
            preexec_fn=lambda: os.sched_setaffinity(0, {0}),
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(_START_S):
                port = int(await process.stdout.readline())
            yield await _settled(database, process.pid, port)
        finally:
            process.kill()
            await process.wait()


async def _settled(database: str, pid: int, port: int) -> _Place:
    client = await Client.connect(port)
    person = await client.json("POST", "/auth/signup", {}, {"email": "ada@example.com", "password": "correct horse"})
    made = await client.json("POST", "/auth/api-keys", {"Authorization": f"Bearer {person['access_token']}"})
    headers = {"X-Prepatu-Key": made["key"]}
    flow = await client.json("POST", "/v1/flows", headers, {"name": "chatter", "yaml_content": _FLOW})
    client.close()
    return _Place(database, pid, port, headers, flow["id"])


async def _measure(database: str, url: str, seconds: float) -> list[Row]:
    opened = Database(url)
    await schema.upgrade(opened)
    await opened.close()
    async with _served(database, url) as place:
        return [
            await _flood(place, "GET /v1/flows/{id}", place.read_flow, seconds),
            await _flood(place, "POST /v1/sessions", place.start_session, seconds),
            *await _beside_calls(place, seconds),
        ]


@contextlib.contextmanager
def _databases() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder, postgres.server() as address:
        postgres.execute(address, "CREATE DATABASE bench")
        yield {"SQLite": f"sqlite:///{folder}/bench.db", "PostgreSQL": f"{address}/bench"}


@click.command()
@click.option("--seconds", default=15.0, help="How long each kind of request is measured.")
@click.option("--quick", is_flag=True, help="4 s each, under a minute in all.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here.")
def main(seconds: float, quick: bool, json_path: Path | None) -> None:
    """Measure the control plane on both databases."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)))
    print(json.dumps(machine()))
    with _databases() as databases:
        found = [asyncio.run(_measure(name, url, 4.0 if quick else seconds)) for name, url in databases.items()]
    rows = [asdict(row) for each in found for row in each]
    print(table([{key: str(value) for key, value in row.items()} for row in rows]))
    if json_path:
        write_json(json_path, {"rows": rows})


if __name__ == "__main__":
    main()
