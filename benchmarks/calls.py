"""`python -m benchmarks.calls [--carrier twilio] [--calls 75,110] [--quick] [--json FILE]`: calls that one core holds.

Held means: the 99th percentile of the bot's frames is less than 10 ms late, and fewer than one in a thousand misses its
20 ms. Server and load are those of `benchmarks.capacity`.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import click
import uvloop

from benchmarks.capacity.climb import DRIVER_CORE, GOOD_LATE_P99_MS, GOOD_OVER_20_MS_SHARE, Point, highest_good
from benchmarks.capacity.columns import COLUMNS, Column
from benchmarks.capacity.measure import climb, glance, row, told
from benchmarks.report import machine, table, write_json

_CARRIERS = ("twilio", "asterisk")


@click.command()
@click.option("--carrier", type=click.Choice(_CARRIERS), default="twilio", show_default=True, help="Whose wire.")
@click.option("--calls", help="Loads to try, such as 75,110; else all, which takes more than five minutes.")
@click.option("--quick", is_flag=True, help="One load only; some seconds.")
@click.option("--seconds", default=7.0, show_default=True, help="How long each load is measured.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here.")
def main(carrier: str, calls: str | None, quick: bool, seconds: float, json_path: Path | None) -> None:
    """Measure how many calls over a carrier's wire one core holds."""
    os.sched_setaffinity(0, {DRIVER_CORE})
    print(json.dumps(machine()))
    column = column_of(carrier)
    measured: list[Point] = []
    if quick:
        uvloop.run(glance([column], None, lambda _, points: measured.extend(points)))
    else:
        loads = tuple(int(each) for each in calls.split(",")) if calls else column.loads
        measured = uvloop.run(climb(column, loads, seconds))
    print(f"{column.name}: {highest_good(measured)} calls per core")
    print(table([row(point) for point in measured]))
    if json_path:
        limits = {"late_p99_ms": GOOD_LATE_P99_MS, "late_over_20ms_share": GOOD_OVER_20_MS_SHARE}
        write_json(json_path, {"benchmark": "calls", "good": limits, "columns": [told(column, measured)]})


def column_of(carrier: str) -> Column:
    """Return our server, called over a carrier's wire."""
    ours = next(each for each in COLUMNS if not each.peer)
    return replace(ours, name=f"antiphon, {carrier.title()}", wire=carrier)


if __name__ == "__main__":
    main()
