"""Whole calls by the simulated caller: `python -m benchmarks.first_call [--quick]`.

Completion, right variables, and voice-to-voice time as the recordings show it (docs/adr/0008), at 16 kHz and by
telephone, with one call and with several at once; the price in CPU and memory; the cost of importing the media core;
the time from the start of a server to its first call.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psutil
from websockets.sync.client import connect

from benchmarks.report import machine, percentiles, table, write_json
from server.caller.client import make_call
from server.caller.live_call import CallPlan, CallRecord
from server.caller.local_server import server_process
from server.caller.report import report_of
from server.caller.script import Script, read_script, unmet
from server.caller.sound import write_stereo_wav
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url

EXAMPLES = Path(__file__).parent.parent / "examples"
FLOWS = ("appointment-booking", "onboarding", "survey")
VOICES = ("deep", "bright", "low@165", "deep@135", "bright@165", "low", "deep@165", "bright@135")
_STAGGER_S = 1.3  # callers at once do not start in step
_IMPORT_RUNS = 5
_IMPORT = """
import json, os, time
def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before, began = rss(), time.perf_counter()
import pipeline.session
print(json.dumps({"wall_ms": (time.perf_counter() - began) * 1000, "rss_mb": (rss() - before) / 2**20}))
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table."""

    flow: str
    telephone: bool
    calls_at_once: int
    runs: int

    @property
    def name(self) -> str:
        """Return a name that is fit for files."""
        return f"{self.flow}-{'telephone' if self.telephone else 'wideband'}-{self.calls_at_once}"


@click.command()
@click.option("--quick", is_flag=True, help="One run of each flow, one call at once.")
@click.option("--runs", default=20, show_default=True, help="Calls of each row.")
@click.option("--calls", default="1,4", show_default=True, help="How many calls at once: one table row each.")
@click.option("--flow", "flows", multiple=True, type=click.Choice(FLOWS), help="Only these flows.")
@click.option("--voice", "voices", multiple=True, help="Callers' voices, taken in turn.")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write figures and all reports here.")
@click.option("--wavs", type=click.Path(path_type=Path), help="Keep the recordings in this folder.")
def main(
    quick: bool, runs: int, calls: str, flows: tuple[str, ...], voices: tuple[str, ...], **out: Path | None
) -> None:
    """Measure whole calls against a server of our own."""
    at_once = [1] if quick else [int(number) for number in calls.split(",")]
    print(json.dumps(machine()))
    figures: dict[str, Any] = {"import": import_cost(), "start": start_cost()}
    print(f"import pipeline.session: {figures['import']}\nstart to first accepted call: {figures['start']}")
    makers = [Voice(VoiceSpec.parse(name)) for name in voices or VOICES]
    rows, reports = [], {}
    with _server() as (address, pid):
        for number in at_once:
            for flow in flows or FLOWS:
                for telephone in (False, True):
                    scenario = Scenario(flow, telephone, number, 1 if quick else runs)
                    row, reports[scenario.name] = measure(scenario, address, pid, makers, out["wavs"])
                    rows.append(row)
                    print(table([row]) if len(rows) == 1 else table([row]).splitlines()[-1], flush=True)
    print("\n" + table(rows))
    if out["json_out"] is not None:
        write_json(out["json_out"], {**figures, "rows": rows, "reports": reports})


@contextmanager
def _server() -> Iterator[tuple[str, int]]:
    with (
        tempfile.TemporaryDirectory() as data,
        server_process(EXAMPLES / "flows", {"DATA_DIR": data, "MAX_CALLS": "64"}) as started,
    ):
        yield started


def measure(
    scenario: Scenario, address: str, pid: int, voices: Sequence[Voice], wavs: Path | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run one scenario; returns its row and the report of each call."""
    script = read_script(EXAMPLES / "callers" / f"{scenario.flow}.yaml")
    for voice in voices[: scenario.runs]:
        for line in script.lines():
            voice.sound_of(line)  # made before the clock runs
    process = psutil.Process(pid)
    began_s, cpu_s = time.perf_counter(), _cpu_s(process)
    records = asyncio.run(_calls(scenario, script, address, voices))
    wall_s, cpu_s = time.perf_counter() - began_s, _cpu_s(process) - cpu_s
    reports = []
    for run, record in enumerate(records):  # after the calls: measuring must not delay those that are still on
        reports.append(_judge(record, script) | {"run": run, "voice": voices[run % len(voices)].spec.name})
        if wavs is not None:
            write_stereo_wav(wavs / f"{scenario.name}-{run}.wav", record.caller, record.bot)
    waits = [turn["voice_to_voice_ms"] for report in reports for turn in report["turns"]]
    spread = percentiles([wait for wait in waits if wait is not None])
    row = {
        "flow": scenario.flow,
        "band": "telephone" if scenario.telephone else "16 kHz",
        "calls": scenario.calls_at_once,
        "runs": len(reports),
        "completed": sum(report["completed"] for report in reports),
        "right": sum(not report["unmet"] for report in reports),
        "v2v p50 ms": spread["p50"],
        "v2v p95 ms": spread["p95"],
        "answers": spread["samples"],
        "server CPU %": round(100 * cpu_s / wall_s),
        "server RSS MB": round(process.memory_info().rss / 2**20),
    }
    return row, reports


async def _calls(scenario: Scenario, script: Script, address: str, voices: Sequence[Voice]) -> list[CallRecord]:
    places = asyncio.Semaphore(scenario.calls_at_once)

    async def one(run: int) -> CallRecord:
        async with places:
            await asyncio.sleep(_STAGGER_S * (run % scenario.calls_at_once))
            voice = voices[run % len(voices)]
            sounds = {line: voice.sound_of(line) for line in script.lines()}
            return await make_call(CallPlan(call_url(address, scenario.flow), script, sounds, run, scenario.telephone))

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(one(run)) for run in range(scenario.runs)]
    return [call.result() for call in calls]


def _judge(record: CallRecord, script: Script) -> dict[str, Any]:
    problems = unmet(script.expect, completed=record.completed, variables=record.variables, states=record.states())
    return report_of(record) | {"unmet": problems}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def import_cost() -> dict[str, float]:
    """Import the media core in fresh interpreters; the median of wall time and of added memory."""
    samples = [
        json.loads(subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, check=True).stdout)
        for _ in range(_IMPORT_RUNS)
    ]
    middle = _IMPORT_RUNS // 2
    return {key: round(sorted(sample[key] for sample in samples)[middle], 1) for key in ("wall_ms", "rss_mb")}


def start_cost() -> dict[str, float]:
    """Start a server twice; the seconds from its start to the `config` of a first call, cold and warm."""
    seconds = []
    for _ in range(2):
        began_s = time.perf_counter()
        with _server() as (address, _), connect(call_url(address, FLOWS[0]), compression=None) as socket:
            while json.loads(socket.recv(timeout=10))["type"] != "config":
                pass
            seconds.append(round(time.perf_counter() - began_s, 2))
    return {"first_s": seconds[0], "warm_s": seconds[1]}


if __name__ == "__main__":
    main()
