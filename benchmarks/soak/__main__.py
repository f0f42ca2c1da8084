"""`python -m benchmarks.soak --minutes N [--calls K] [--json FILE]`: exit code 1 if something grows.

The real server with its embedded models, in its own process; callers talk, interrupt, hang up, vanish, send garbage
and do not read. Says the slope of its memory over calls after a warm-up, and what it holds at rest that is new.
"""

import asyncio
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.report import machine, table, write_json
from benchmarks.soak.slope import FAIL, LIMIT_MB, Growth, Sample, growth
from benchmarks.soak.visits import HURRIED, VISITS, Visit, visit
from benchmarks.talk.set_tape import spread, true_turns
from benchmarks.talk.tape import Turn
from server.caller.wire import call_url

_ROOT = Path(__file__).parents[2]
_WARM_UP = 0.25  # of the time
_HURRIED_CALLERS = 4
_EVERY_S = 5.0
_START_S = 60.0
_REST_S = 30.0
_FLOW = """
id: soak
version: "1.0.0"
initial_state: talk
states:
  talk:
    say: Hello. This is a long run, and you can say whatever you like to it for as long as you want.
    transitions: {on_utterance: [{pattern: "again", target: talk}]}
"""


@dataclass(slots=True)
class Soak:
    """A run under way."""

    process: "subprocess.Popen[str]"
    url: str
    turns: list[Turn]
    calls: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    async def run_for(self, seconds: float, callers: int) -> Sample:
        """Let callers come and go for so long; return what the server holds once all have gone."""
        until_s = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for caller in range(callers + _HURRIED_CALLERS):
                kinds = VISITS if caller < callers else HURRIED
                tasks.create_task(self._caller(until_s, random.Random(caller + self.calls), kinds))
            while time.monotonic() < until_s:
                await asyncio.sleep(min(_EVERY_S, max(0.1, until_s - time.monotonic())))
                await self._sample()
        return await self._rest()

    async def _caller(self, until_s: float, chance: random.Random, kinds: Mapping[Visit, int]) -> None:
        while time.monotonic() < until_s:
            self.kinds[await visit(self.url, chance.choice(self.turns), chance, kinds)] += 1
            self.calls += 1
            await asyncio.sleep(chance.uniform(0.0, 0.3))

    async def _sample(self) -> None:
        sample, live = await self._held()
        self.samples.append(sample)
        print(
            f"{sample.calls:6d} calls  {sample.rss_mb:7.1f} MB  {sample.descriptors:4d} descriptors  "
            f"{sample.threads:3d} threads  {sample.tasks:4d} tasks  {live:3d} live",
            flush=True,
        )

    async def _rest(self) -> Sample:
        until_s = time.monotonic() + _REST_S
        while True:
            await asyncio.sleep(1.0)
            _, live = await self._held()
            if live == 0 or time.monotonic() > until_s:
                await asyncio.sleep(2.0)
                return (await self._held())[0]

    async def _held(self) -> tuple[Sample, int]:
        held = await asyncio.to_thread(self._ask)
        whole = {name: int(held[name]) for name in ("descriptors", "threads", "tasks")}
        return Sample(self.calls, float(held["rss_mb"]), **whole), int(held["live_calls"])

    def _ask(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long, the warm-up included.")
@click.option("--calls", "callers", default=6, show_default=True, help="How many calls at once, besides the hurried.")
@click.option("--quick", is_flag=True, help="Under a minute: shows that it works, not that nothing grows.")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write all samples here.")
def main(minutes: float, callers: int, quick: bool, json_out: Path | None) -> None:
    """Run a server for a long time."""
    minutes = 0.6 if quick else minutes
    print(json.dumps(machine()))
    with tempfile.TemporaryDirectory() as flows, tempfile.TemporaryDirectory() as data:
        (Path(flows) / "soak.yaml").write_text(_FLOW, encoding="utf-8")
        process, port = _start(flows, data, callers)
        with process:
            try:
                url = call_url(f"http://127.0.0.1:{port}", "soak")
                soak = Soak(process, url, spread([t for t in true_turns() if t.seconds < 5.5], 24))
                found, before, after = asyncio.run(_soak(soak, 60 * minutes, callers))
            finally:
                process.terminate()
    print("\n" + table([{"caller did": name, "calls": count} for name, count in soak.kinds.most_common()]))
    print("\n" + table([_row(found, soak, after)]))
    print(f"\n{found.verdict.upper()}: at most {LIMIT_MB:g} MB for 1000 calls, nothing left at rest")
    if json_out is not None:
        samples = [asdict(sample) for sample in soak.samples]
        write_json(
            json_out,
            {
                "quick": quick,
                "minutes": minutes,
                "rows": [_row(found, soak, after)],
                "verdict": found.verdict,
                "kinds": dict(soak.kinds),
                "rest": [asdict(before), asdict(after)],
                "samples": samples,
            },
        )
    sys.exit(1 if found.verdict == FAIL and not quick else 0)


async def _soak(soak: Soak, seconds: float, callers: int) -> tuple[Growth, Sample, Sample]:
    before = await soak.run_for(_WARM_UP * seconds, callers)
    soak.samples.clear()
    print("-- warm --", flush=True)
    after = await soak.run_for((1 - _WARM_UP) * seconds, callers)
    return growth([before, *soak.samples, after], before, after), before, after


def _row(found: Growth, soak: Soak, after: Sample) -> dict[str, Any]:
    return {
        "calls": soak.calls,
        "MB for 1000 calls": f"{found.mb_per_1000_calls:.2f} ± {found.error_mb:.2f}",
        "MB at the end": round(after.rss_mb),
        "more descriptors": found.descriptors,
        "more threads": found.threads,
        "more tasks": found.tasks,
        "result": found.verdict,
    }


def _start(flows: str, data: str, callers: int) -> tuple["subprocess.Popen[str]", int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak.server", str(port), flows, data, str(callers + _HURRIED_CALLERS + 2)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + _START_S
    while time.monotonic() < until_s and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    process.kill()
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    main()
