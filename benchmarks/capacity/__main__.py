"""`python -m benchmarks.capacity [--quick] [--calls 10,20,…] [--json FILE]`: PVP calls per core.

The node is pinned to one core, the callers to another. Each caller speaks 2 s (a real recording) and is quiet for 6 s;
the models answer at once with 4 s of sound, so the turns are two to three times as dense as in real calls.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import wave
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from benchmarks.capacity.callers import Caller, binary_frame, talk
from benchmarks.report import machine, table, write_json

_RECORDING = Path(__file__).parents[2] / "tests" / "data" / "audio" / "jfk.wav"
_SPEECH_S, _QUIET_S = 2.0, 6.0
_FRAME_SAMPLES = 320
_RAMP_S = 6.0


@dataclass(frozen=True, slots=True)
class Row:
    """One load."""

    calls: int
    late_p99_ms: float
    over_5_ms_pct: float
    over_10_ms_pct: float
    over_20_ms_pct: float
    loop_lag_p99_ms: float
    core_pct: float
    cpu_ms_per_call_s: float
    mb_per_call: float
    answers: int
    driver_late_ms: float


def _cycle() -> list[bytes]:
    """Return the frames of 2 s of speech and 6 s of a quiet room."""
    with wave.open(str(_RECORDING)) as file:
        speech = np.frombuffer(file.readframes(int(_SPEECH_S * 16_000)), np.int16)
    noise = np.random.default_rng(1).normal(0, 60, int(_QUIET_S * 16_000)).astype(np.int16)
    sound = np.concatenate((speech, noise))
    whole = len(sound) // _FRAME_SAMPLES
    return [binary_frame(sound[i * _FRAME_SAMPLES : (i + 1) * _FRAME_SAMPLES].tobytes()) for i in range(whole)]


class _Node:
    """The server process, pinned."""

    def __init__(self, core: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.capacity.node", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            text=True,
        )

    def figures(self) -> dict[str, float]:
        """Return CPU, memory and loop lag since the last question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)


async def _connect(port: int, count: int) -> list[Caller]:
    loop = asyncio.get_running_loop()
    callers = []
    for _ in range(count):
        for _attempt in range(100):
            try:
                _, caller = await loop.create_connection(
                    lambda: Caller("/ws?mode=flow&program_id=chatter"), "127.0.0.1", port
                )
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)
        callers.append(caller)
        await asyncio.sleep(0.02)
    return callers


async def _measure(calls: int, seconds: float, cycle: list[bytes]) -> Row:
    node = _Node(core=0)
    try:
        warm = await _connect(node.port, 1)
        await talk(warm, cycle, 3.0)
        before = await asyncio.to_thread(node.figures)
        callers = await _connect(node.port, calls)
        await talk(callers, cycle, _RAMP_S)
        for caller in callers:
            caller.late_s.clear()
        start = await asyncio.to_thread(node.figures)
        driver_late_s = await talk(callers, cycle, seconds)
        end = await asyncio.to_thread(node.figures)
        assert not any(caller.lost for caller in callers), "a call was lost"
        late_ms = 1000 * np.concatenate([np.array(caller.late_s) for caller in callers])
        for caller in (*callers, *warm):
            caller.hang_up()
    finally:
        node.stop()
    cpu_s = end["cpu_s"] - start["cpu_s"]
    return Row(
        calls,
        late_p99_ms=round(float(np.percentile(late_ms, 99)), 1),
        over_5_ms_pct=_share(late_ms, 5),
        over_10_ms_pct=_share(late_ms, 10),
        over_20_ms_pct=_share(late_ms, 20),
        loop_lag_p99_ms=round(end["lag_p99_ms"], 1),
        core_pct=round(100 * cpu_s / seconds, 1),
        cpu_ms_per_call_s=round(1000 * cpu_s / seconds / calls, 2),
        mb_per_call=round((end["rss_mb"] - before["rss_mb"]) / calls, 2),
        answers=sum(caller.answers for caller in callers),
        driver_late_ms=round(1000 * driver_late_s, 1),
    )


def _share(late_ms: npt.NDArray[np.float64], limit_ms: float) -> float:
    return round(100 * float((late_ms > limit_ms).mean()), 2)


@click.command()
@click.option("--calls", default="10,25,50,75,100", help="Loads to try, one after the other.")
@click.option("--seconds", default=20.0, help="How long each is measured.")
@click.option("--quick", is_flag=True, help="Two loads, under a minute.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here.")
def main(calls: str, seconds: float, quick: bool, json_path: Path | None) -> None:
    """Measure how many calls a core holds."""
    loads = [10, 50] if quick else [int(each) for each in calls.split(",")]
    os.sched_setaffinity(0, {1})
    print(json.dumps(machine()))
    cycle = _cycle()
    rows = [asdict(asyncio.run(_measure(load, 10.0 if quick else seconds, cycle))) for load in loads]
    print(table([{key: str(value) for key, value in row.items()} for row in rows]))
    if json_path:
        write_json(json_path, {"rows": rows})


if __name__ == "__main__":
    main()
