"""`python -m benchmarks.capacity [--quick] [--wire pvp|twilio] [--peers …] [--json FILE]`: calls per core.

Each server is pinned to one core, the callers to another; all are called by the same driver with the same speech.
"""

import json
import os
from pathlib import Path
from typing import Any

import click
import uvloop

from benchmarks.capacity.climb import DRIVER_CORE, GOOD_LATE_P99_MS, GOOD_OVER_20_MS_SHARE, Point, highest_good
from benchmarks.capacity.columns import COLUMNS, PEERS_PYTHON, Column, chosen, peers_versions
from benchmarks.capacity.measure import climb, glance, row, told
from benchmarks.report import machine, table, write_json

_GROUPS = tuple(dict.fromkeys(column.group for column in COLUMNS))


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
    about = machine()
    print(json.dumps(about))
    columns = [each for each in chosen(frozenset(peers.split(",")), wires) if _installed(each)]
    measured: list[dict[str, Any]] = []

    def show(column: Column, points: list[Point]) -> None:
        print(f"\n{column.name}: {highest_good(points)} calls per core")
        print(table([row(point) for point in points]), flush=True)
        measured.append(told(column, points))

    if quick:
        uvloop.run(glance(columns, loads, show))
    else:
        for column in columns:
            show(column, uvloop.run(climb(column, loads or column.loads, seconds)))
    if json_path:
        limits = {"late_p99_ms": GOOD_LATE_P99_MS, "late_over_20ms_share": GOOD_OVER_20_MS_SHARE}
        versions = {"ours": about["packages"], "peers": peers_versions()}
        write_json(json_path, {"benchmark": "capacity", "versions": versions, "good": limits, "columns": measured})


def _installed(column: Column) -> bool:
    if column.peer and not PEERS_PYTHON.exists():
        print(f"{column.name}: not installed; `make bench-peers` installs it")
        return False
    return True


if __name__ == "__main__":
    main()
