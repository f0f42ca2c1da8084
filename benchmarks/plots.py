"""The plots of the report, from what the benchmarks wrote. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.svg import Plot, Series, shares

Results = Mapping[str, Any]


def latency_cdf(latency: Results) -> Plot:
    """How many turns were answered within a time, server by server."""
    series = [Series(name, shares(samples)) for name, samples in latency["samples_ms"].items() if samples]
    limits = (("x", 350.0, "350 ms"), ("x", 600.0, "600 ms"))
    title = "Voice to voice: turns answered within a time"
    return Plot(title, "ms from the caller's last sound to the bot's first", "% of turns", series, limits, 100, 2000)


def cut_offs(latency: Results) -> Plot:
    """What latency costs in turns that are cut off: one point for each setting."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for point in latency["curve"]:
        if point["p50 ms"] is not None:
            curves.setdefault(point["curve"], []).append((float(point["p50 ms"]), float(point["cut off %"])))
    series = [Series(name, sorted(points), marks=True) for name, points in curves.items()]
    title = "False cut-offs against latency"
    return Plot(title, "median voice-to-voice, ms", "% of turns cut off", series, (("y", 5.0, "5 %"),))


def capacity_curve(capacity: Results) -> Plot:
    """How late frames come with more and more calls on one core."""
    series = [Series(column["name"], _late(column["points"]), marks=True) for column in capacity["columns"]]
    title = "Calls on one core: how late the latest frame of a hundred is"
    return Plot(title, "calls", "ms late, p99", series, (("y", 10.0, "10 ms"),), 40)


def silence_cdf(bargein: Results) -> Plot:
    """How soon the bot was silent after an interruption began."""
    series = [Series(name, shares(samples)) for name, samples in bargein["samples_ms"].items() if samples]
    title = "Interrupted: bots that are silent within a time"
    return Plot(
        title, "ms from the first sound of the caller", "% of interruptions", series, (("x", 300.0, "300 ms"),), 100
    )


PLOTS = {
    "latency-cdf": ("latency", latency_cdf),
    "cut-offs": ("latency", cut_offs),
    "bargein-cdf": ("bargein", silence_cdf),
    "capacity": ("capacity", capacity_curve),
}
"""File name of each plot, the benchmark whose file it needs, and what makes it."""


def _late(points: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    return sorted((float(point["calls"]), float(point["late_p99_ms"])) for point in points)
