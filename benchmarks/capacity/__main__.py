"""`python -m benchmarks.capacity [--quick] [--wire pvp|twilio] [--peers …] [--json FILE]`: calls per core.

Each server is pinned to one core, the callers to another; all are called by the same driver with the same speech.
"""

import json
import os
from collections.abc import Callable
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
from benchmarks.capacity.columns import COLUMNS, PEERS_PYTHON, Column, chosen, peers_versions
from benchmarks.report import machine, table, write_json

_GROUPS = tuple(dict.fromkeys(column.group for column in COLUMNS))
_HALVINGS = 2
_GLANCE_S, _GLANCE_SETTLE_S = 2.5, 0.7
Show = Callable[[Column, list[Point]], None]


@click.command()
@click.option("--quick", is_flag=True, help="One load for each server; under a minute.")
@click.option("--wire", type=click.Choice(["pvp", "twilio"]), help="Only servers on this wire.")
@click.option("--peers", default=",".join(_GROUPS), show_default=True, help="Which groups of servers, ours included.")
@click.option("--calls", help="Loads to try in place of each column's own, such as 10,20,40.")
@click.option("--seconds", default=7.0, show_default=True, help="How long each load is measured.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here.")
def main(quick: bool, wire: str | None, peers: str, calls: str | None, seconds: float, json_path: Path | None) -> None:
    """Measure how many calls a core holds, ours and others'."""
    os.sched_setaffinity(0, {DRIVER_CORE})
    wires = frozenset([wire] if wire else ["pvp", "twilio"])
    loads = tuple(int(each) for each in calls.split(",")) if calls else None
    told = machine()
    print(json.dumps(told))
    columns = [each for each in chosen(frozenset(peers.split(",")), wires) if _installed(each)]
    measured: list[dict[str, Any]] = []

    def show(column: Column, points: list[Point]) -> None:
        print(f"\n{column.name}: {highest_good(points)} calls per core")
        print(table([_row(point) for point in points]), flush=True)
        measured.append(_column(column, points))

    if quick:
        uvloop.run(_glance(columns, loads, show))
    else:
        for column in columns:
            show(column, uvloop.run(_climb(column, loads or column.loads, seconds)))
    if json_path:
        limits = {"late_p99_ms": GOOD_LATE_P99_MS, "late_over_20ms_share": GOOD_OVER_20_MS_SHARE}
        versions = {"ours": told["packages"], "peers": peers_versions()}
        write_json(json_path, {"benchmark": "capacity", "versions": versions, "good": limits, "columns": measured})


def _installed(column: Column) -> bool:
    if column.peer and not PEERS_PYTHON.exists():
        print(f"{column.name}: not installed; `make bench-peers` installs it")
        return False
    return True


async def _glance(columns: list[Column], loads: tuple[int, ...] | None, show: Show) -> None:
    """Measure one load of each; the servers start together, which saves a minute."""
    async with running(columns) as servers:
        for column, server in zip(columns, servers, strict=True):
            climb = Climb(server, *wire_of(column.wire), measured_s=_GLANCE_S, settle_s=_GLANCE_SETTLE_S)
            await climb.begin()
            show(column, [await climb.point(calls) for calls in loads or (column.quick,)])
            climb.hang_up()
            server.stop()


async def _climb(column: Column, loads: tuple[int, ...], seconds: float) -> list[Point]:
    points: list[Point] = []
    async with running([column]) as (server,):
        climb = Climb(server, *wire_of(column.wire), measured_s=seconds)
        await climb.begin()
        for calls in loads:
            points.append(await climb.point(calls))
            if points[-1].hopeless:
                break
        for _ in range(_HALVINGS):
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
