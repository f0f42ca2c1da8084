"""`python -m benchmarks.providers [--quick] [--json FILE]`: what providers add to their vendors' sockets, and cost."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import uvloop

from benchmarks.providers.overhead import measure
from benchmarks.report import table, write_json
from benchmarks.talk.server import NOT_INSTALLED, PEERS, ROOT, peers_installed

_OURS = (sys.executable, "-m", "benchmarks.providers.load")
_PIPECAT = (str(PEERS), "-m", "benchmarks.peers.pipecat_services")
_COLUMNS = (
    ("bare sockets", _OURS, "raw"),
    ("hosted", _OURS, "hosted"),
    ("pipecat 1.14 pipeline, slim", _PIPECAT, "slim"),
    ("pipecat 1.14 pipeline, stock", _PIPECAT, "stock"),
)


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Requests of each kind.")
@click.option("--sessions", default=6, show_default=True, help="Calls at once, where processor time is measured.")
@click.option("--seconds", default=20.0, show_default=True, help="How long they last.")
@click.option("--quick", is_flag=True, help="Less than a minute in all.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures there.")
def main(rounds: int, sessions: int, seconds: float, quick: bool, file: Path | None) -> None:
    """Measure against stand-ins in a process of their own; four to five minutes."""
    if quick:
        rounds, seconds = 20, 4.0
    began_s = time.monotonic()
    with _vendors() as at:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            rows = runner.run(measure(at, rounds))
        print(table(rows), "\n")
        costs = [_cost(name, command, column, at["cartesia"], sessions, seconds) for name, command, column in _COLUMNS]
        print(table(costs))
    print(f"\n{time.monotonic() - began_s:.0f} s in all")
    if file is not None:
        write_json(file, {"quick": quick, "rows": rows, "costs": costs})


def _cost(name: str, command: tuple[str, ...], column: str, url: str, sessions: int, seconds: float) -> dict[str, Any]:
    row: dict[str, Any] = {"a call that listens and speaks, Cartesia": name, "calls": sessions}
    figure = "CPU ms per session-second"
    if command == _PIPECAT and not peers_installed():
        return {**row, figure: NOT_INSTALLED}
    given = [*command, column, url, str(sessions), str(seconds)]
    said = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=False)
    if said.returncode:
        raise click.ClickException(f"{name}: {said.stderr[-1000:]}")
    return {**row, figure: f"{json.loads(said.stdout)['cpu_ms_per_session_s']:.1f}"}


@contextmanager
def _vendors() -> Iterator[Mapping[str, str]]:
    command = [sys.executable, "-m", "benchmarks.providers.vendors"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()


if __name__ == "__main__":
    main()
