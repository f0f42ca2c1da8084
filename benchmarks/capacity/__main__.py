"""`python -m benchmarks.capacity [--quick] [--wire pvp|twilio] [--peers …] [--json FILE]`: calls per core.

Each server is pinned to one core, the callers to another; all are called by the same driver with the same speech.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import uvloop

from benchmarks.capacity.climb import (
    DRIVER_CORE,
    GOOD_LATE_P99_MS,
    GOOD_OVER_20_MS_SHARE,
    Climb,
    Point,
    between,
    highest_good,
    running,
    wire_of,
)
from benchmarks.capacity.columns import COLUMNS, PEERS_PYTHON, Column, chosen
from benchmarks.report import machine, table, write_json

_GROUPS = tuple(dict.fromkeys(column.group for column in COLUMNS))
_HALVINGS = 2


@click.command()
@click.option("--quick", is_flag=True, help="One load for each server; under a minute.")
@click.option("--wire", type=click.Choice(["pvp", "twilio"]), help="Only servers on this wire.")
@click.option("--peers", default=",".join(_GROUPS), show_default=True, help="Which groups of servers, ours included.")
@click.option("--calls", help="Loads to try in place of each column's own, such as 10,20,40.")
@click.option("--seconds", default=8.0, show_default=True, help="How long each load is measured.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here.")
def main(quick: bool, wire: str | None, peers: str, calls: str | None, seconds: float, json_path: Path | None) -> None:
    """Measure how many calls a core holds, ours and others'."""
    os.sched_setaffinity(0, {DRIVER_CORE})
    wires = frozenset([wire] if wire else ["pvp", "twilio"])
    loads = tuple(int(each) for each in calls.split(",")) if calls else None
    told = machine()
    print(json.dumps(told))
    measured: list[dict[str, Any]] = []
    for column in chosen(frozenset(peers.split(",")), wires):
        if column.peer and not PEERS_PYTHON.exists():
            print(f"{column.name}: not installed; `make bench-peers` installs it")
            continue
        own = (column.quick,) if quick else column.loads
        points = uvloop.run(_measure(column, loads or own, 3.0 if quick else seconds, quick=quick))
        print(f"\n{column.name}: {highest_good(points)} calls per core")
        print(table([_row(point) for point in points]), flush=True)
        measured.append(_column(column, points))
    if json_path:
        limits = {"late_p99_ms": GOOD_LATE_P99_MS, "late_over_20ms_share": GOOD_OVER_20_MS_SHARE}
        write_json(
            json_path, {"benchmark": "capacity", "versions": told["packages"], "good": limits, "columns": measured}
        )


async def _measure(column: Column, loads: tuple[int, ...], seconds: float, *, quick: bool) -> list[Point]:
    wire, cycle_length = wire_of(column.wire)
    points: list[Point] = []
    async with running(column) as server:
        climb = Climb(server, wire, cycle_length, seconds, settle_s=1.0 if quick else 3.0)
        await climb.begin()
        for calls in loads:
            points.append(await climb.point(calls))
            if points[-1].hopeless or len([point for point in points if not point.good]) > 1:
                break
        for _ in range(0 if quick else _HALVINGS):
            if (calls_between := between(points)) is not None:
                points.append(await climb.point(calls_between))
        climb.hang_up()
    return sorted(points, key=lambda point: point.calls)


def _column(column: Column, points: list[Point]) -> dict[str, Any]:
    return {
        "name": column.name,
        "group": column.group,
        "wire": column.wire,
        "calls_per_core": highest_good(points),
        "points": [asdict(point) for point in points],
    }


def _row(point: Point) -> dict[str, str]:
    return {
        "calls": str(point.calls),
        "late p99 ms": str(point.late_p99_ms),
        ">5 ms %": _percent(point.late_over_5ms_share),
        ">10 ms %": _percent(point.late_over_10ms_share),
        ">20 ms %": _percent(point.late_over_20ms_share),
        "drift p99 ms": str(point.drift_p99_ms),
        "loop lag p99 ms": str(point.loop_lag_p99_ms),
        "core %": f"{100 * point.core_share:.0f}",
        "CPU ms/call-s": str(point.cpu_ms_per_session_s),
        "MB/call": str(point.mb_per_call),
        "answers/min": str(point.answers_per_call_minute),
        "driver ms": str(point.driver_late_p99_ms),
        "frames": str(point.frames),
    }


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


if __name__ == "__main__":
    main()
