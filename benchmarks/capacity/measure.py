"""Measure columns: one load of each at a glance, or up to where each fails; and how a load is shown."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from benchmarks.capacity.climb import Climb, Point, between, highest_good, running, wire_of
from benchmarks.capacity.columns import Column

_HALVINGS = 2
_TRIES = 3
_GLANCE_S, _GLANCE_SETTLE_S = 2.5, 0.7
Show = Callable[[Column, list[Point]], None]
"""Take what was measured of a column."""


async def glance(columns: list[Column], loads: tuple[int, ...] | None, show: Show) -> None:
    """Measure one load of each; the servers start together, which saves a minute."""
    async with running(columns) as servers:
        for column, server in zip(columns, servers, strict=True):
            climb = Climb(server, *wire_of(column.wire), measured_s=_GLANCE_S, settle_s=_GLANCE_SETTLE_S)
            await climb.begin()
            show(column, [await climb.point(calls) for calls in loads or (column.quick,)])
            climb.hang_up()
            server.stop()


async def climb(column: Column, loads: tuple[int, ...], seconds: float) -> list[Point]:
    """Raise the load until it is not carried well, then halve the step twice."""
    points: list[Point] = []
    async with running([column]) as (server,):
        climb = Climb(server, *wire_of(column.wire), measured_s=seconds)
        await climb.begin()
        for calls in loads:
            points.append(await _best(climb, calls))
            if points[-1].hopeless:
                break
        for _ in range(_HALVINGS):
            if (calls_between := between(points)) is not None:
                points.append(await _best(climb, calls_between))
        climb.hang_up()
    return sorted(points, key=lambda point: point.calls)


async def _best(climb: Climb, calls: int) -> Point:
    """Measure a load, again where it was nearly carried: a machine that stalls for 20 ms is nobody's fault."""
    best = await climb.point(calls)
    for _ in range(_TRIES - 1):
        if not best.nearly_good:
            break
        best = min(best, await climb.point(calls), key=lambda point: (not point.good, point.late_over_20ms_share))
    return best


def told(column: Column, points: list[Point]) -> dict[str, Any]:
    """Return a column's figures as JSON values."""
    return {
        "name": column.name,
        "group": column.group,
        "wire": column.wire,
        "calls_per_core": highest_good(points),
        "points": [asdict(point) for point in points],
    }


def row(point: Point) -> dict[str, str]:
    """Return a load as a row of a table."""
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
