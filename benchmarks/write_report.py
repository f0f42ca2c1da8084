"""`python -m benchmarks.write_report [FOLDER]`: `REPORT.md` and its plots, from the files in a folder only."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.plots import PLOTS
from benchmarks.report import table
from benchmarks.svg import draw
from benchmarks.talk.server import NOT_INSTALLED
from benchmarks.targets import Target, rows

RESULTS = Path(__file__).parent / "results"
BENCHMARKS = ("latency", "bargein", "capacity", "webrtc", "first_call", "flow", "providers", "soak")
_HOW = """\
# Benchmarks

Written by `python -m benchmarks.write_report` from the files in this folder's `results/`; `make bench-peers bench`
makes all of it anew, `make soak` the long run. How each figure is measured: `docs/adr/0012-how-we-measure.md`.
"""
Results = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=RESULTS)
def main(folder: Path) -> None:
    """Write the report."""
    found = read_results(folder)
    report = write(found, folder)
    print(f"{report} from {', '.join(found)}")


def read_results(folder: Path) -> dict[str, Results]:
    """Read what there is."""
    files = {name: folder / f"{name}.json" for name in BENCHMARKS}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}


def write(found: Mapping[str, Results], folder: Path) -> Path:
    """Write the plots into `folder` and the report above it (into it, if it is not the usual one)."""
    report = (folder.parent if folder == RESULTS else folder) / "REPORT.md"
    shown = {}
    for name, (benchmark, plot) in PLOTS.items():
        if benchmark in found and _can_be_drawn(benchmark, found[benchmark]):
            (folder / f"{name}.svg").write_text(draw(plot(found[benchmark])), encoding="utf-8")
            shown[name] = (folder / f"{name}.svg").relative_to(report.parent).as_posix()
    report.write_text("\n".join(page(found, shown)) + "\n", encoding="utf-8")
    return report


def page(found: Mapping[str, Results], plots: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the report.

    Args:
        found: What each benchmark wrote, by its name.
        plots: Where the plots are, by their names.
    """
    yield _HOW
    yield f"## Where and when\n\n{table([_origin(name, results) for name, results in found.items()])}\n"
    yield f"## Targets\n\n{table(list(_targets(found)))}\n"
    for name, section in _SECTIONS.items():
        yield f"## {_TITLES[name]}\n"
        if name not in found:
            yield f"Not measured yet: `python -m benchmarks.{name}`.\n"
            continue
        for plot, (benchmark, _) in PLOTS.items():
            if benchmark == name and plot in plots:
                yield f"![{plot}]({plots[plot]})\n"
        for what, part in section(found[name]):
            yield f"{what}\n\n{table(part)}\n"


def _can_be_drawn(benchmark: str, results: Results) -> bool:
    return benchmark != "capacity" or "columns" in results


def _origin(name: str, results: Results) -> dict[str, Any]:
    machine = results["machine"]
    packages = ", ".join(f"{package} {version}" for package, version in machine["packages"].items() if version)
    return {
        "benchmark": f"{name} (quick)" if results.get("quick") else name,
        "processor": machine["processor"],
        "cores": machine["cores"],
        "GiB": str(machine["memory_gib"]),
        "load at start": str(machine["load_1_min"]),
        "system": machine["system"],
        "versions": f"Python {machine['python']}, {packages}",
    }


# --- targets ---------------------------------------------------------------------------------------------------------
def _targets(found: Mapping[str, Results]) -> Iterator[Mapping[str, Any]]:
    for name in ("latency", "bargein"):
        yield from found.get(name, {}).get("targets", ())
    yield from rows(_capacity_targets(found.get("capacity", {})))
    yield from rows(_webrtc_targets(found.get("webrtc", {})))
    yield from rows(_flow_targets(found.get("flow", {})))


def _webrtc_targets(webrtc: Results) -> Iterator[Target]:
    for column in webrtc.get("columns", ()):
        if column["name"] == "antiphon, whole bot":
            yield Target("whole-bot calls over WebRTC per core", float(column["calls_per_core"]), 30, "", at_least=True)


def _capacity_targets(capacity: Results) -> Iterator[Target]:
    for column in capacity.get("columns", ()):
        if column["group"] != "ours":
            continue
        at_its_best = _best(column)
        name = column["name"]
        if column["wire"] == "twilio":
            yield Target(f"calls per core, {name}", float(column["calls_per_core"]), 75, "", at_least=True)
        yield Target(f"loop lag p99 at that load, {name}", at_its_best.get("loop_lag_p99_ms"), 10, "ms")
        yield Target(f"memory of a further call, {name}", at_its_best.get("mb_per_call"), 1, "MB")


def _flow_targets(flow: Results) -> Iterator[Target]:
    steps = [float(row["p99 ms"]) for row in flow.get("rows", ()) if row.get("target ms") == "1"]
    if steps:
        yield Target("a step of the flow, p99, slowest kind", max(steps), 1, "ms")


# --- sections --------------------------------------------------------------------------------------------------------
def _latency(results: Results) -> Iterator[tuple[str, Rows]]:
    yield (
        "Recogniser 100 ms, model 200 ms, voice 100 ms on every side; “own” is what no model and no wait covers.",
        (results["rows"]),
    )
    if results["curve"]:
        yield "The curve: what other settings of the waits cost.", results["curve"]
    if results["kinds"]:
        yield "Ours, by the kind of turn.", results["kinds"]
    if results["greeting"]:
        later = results["greeting"]["later_ms"]
        first = results["greeting"]["first_of_process_ms"]
        yield "Greeting heard after the call is answered, embedded models.", [{"first of process ms": first, **later}]


def _bargein(results: Results) -> Iterator[tuple[str, Rows]]:
    yield (
        "From the first voiced sample of a sound over the bot; coughs, “mhm” and noises should stop nothing.",
        (results["rows"]),
    )
    yield "By the kind of sound.", results["kinds"]
    yield "The bot's own voice comes back into the microphone, without any echo cancellation.", results["echo"]
    yield "Interruptions of whole calls on the virtual clock.", results["unheard"]


def _capacity(results: Results) -> Iterator[tuple[str, Rows]]:
    if "columns" not in results:
        yield "Ours alone.", results["rows"]
        return
    lines = [_capacity_row(column) for column in results["columns"]]
    measured = {column["group"] for column in results["columns"]}
    for group in ("pipecat", "livekit"):
        if group not in measured:
            lines.append(dict.fromkeys(lines[0]) | {"server": group, "calls per core": NOT_INSTALLED})
    yield "The most calls of which 99 % of frames are less than 10 ms late; the figures beside are at that load.", lines


def _capacity_row(column: Mapping[str, Any]) -> dict[str, Any]:
    best = _best(column)
    names = ("late_p99_ms", "drift_p99_ms", "loop_lag_p99_ms", "cpu_ms_per_session_s", "mb_per_call", "frames")
    figures = {name.replace("_", " "): None if name not in best else f"{best[name]:g}" for name in names}
    return {"server": column["name"], "wire": column["wire"], "calls per core": column["calls_per_core"], **figures}


def _best(column: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the point at the most calls that were held, empty where there is none."""
    held = [point for point in column["points"] if point["calls"] == column["calls_per_core"]]
    return held[-1] if held else {}  # the last of several tries is the one that went well


def _webrtc(results: Results) -> Iterator[tuple[str, Rows]]:
    good = results["good"]
    yield (
        f"The most calls of which 99 % of packets are less than {good['late_p99_ms']:g} ms late, on less than "
        f"{100 * good['core_share']:g} % of a core; every caller sends and gets Opus. Figures at that load.",
        [_webrtc_row(column) for column in results["columns"]],
    )


def _webrtc_row(column: Mapping[str, Any]) -> dict[str, Any]:
    best = _best(column)
    names = ("cpu_ms_per_session_s", "core_share", "late_p99_ms", "connect_p50_ms", "mb_per_call")
    figures = {name.replace("_", " "): None if best.get(name) is None else f"{best[name]:g}" for name in names}
    return {"server": column["name"], "calls per core": column["calls_per_core"], **figures}


def _rows(results: Results) -> Iterator[tuple[str, Rows]]:
    yield f"{len(results['rows'])} rows.", results["rows"]


def _providers(results: Results) -> Iterator[tuple[str, Rows]]:
    yield (
        "How long an answer takes to begin: at the vendor's bare socket (a stand-in in another process), and what a "
        "provider adds to it, request by request.",
        results["rows"],
    )
    yield "Processor time of a call that listens and speaks all the time through Cartesia's services.", results["costs"]


_SECTIONS = {
    "latency": _latency,
    "bargein": _bargein,
    "capacity": _capacity,
    "webrtc": _webrtc,
    "first_call": _rows,
    "flow": _rows,
    "providers": _providers,
    "soak": _rows,
}
_TITLES = {
    "latency": "How long a caller waits",
    "bargein": "Interruptions",
    "capacity": "Calls per core",
    "webrtc": "Calls over WebRTC per core",
    "first_call": "Whole calls with the embedded models",
    "flow": "The flow engine",
    "providers": "What providers add",
    "soak": "The long run",
}


if __name__ == "__main__":
    main()
