"""Voice to voice: `python -m benchmarks.latency [--quick] [--json FILE] [--peers|--no-peers]`.

Real audio in and out over a real socket in real time; recogniser 100 ms, language model 200 ms, voice 100 ms on every
side (docs/adr/0012). Prints waits, false cut-offs, model calls and own overhead, and a peer's in the same run.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.latency.columns import COLUMNS, CURVE, Column, Result, run_column
from benchmarks.latency.embedded import EmbeddedResult, run_embedded
from benchmarks.report import machine, percentiles, table, write_json
from benchmarks.talk.server import NOT_INSTALLED, peers_installed
from benchmarks.talk.set_tape import spread, true_turns
from benchmarks.talk.tape import write_tape
from benchmarks.targets import Target, rows

_CUT_OFF_LIMIT_PCT = 5.0
_VOID_MS = 10.0  # a caller that is later than that, p99, has measured itself
_SHORT_S = 2.2  # of the turns that are enough to see that it works


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done.

    Attributes:
        ours: Turns of our first column; `others` of all further ones, `curve` of each further point of the curve.
    """

    ours: int
    others: int
    curve: int
    embedded: int
    greetings: int
    columns: tuple[Column, ...]


FULL = Size(160, 64, 32, 20, 10, (*COLUMNS, *CURVE))
QUICK = Size(8, 4, 0, 2, 2, (COLUMNS[0], COLUMNS[2]))
_CALLS_AT_ONCE, _PEERS_CALLS_AT_ONCE = 8, 4  # a peer has the lighter load: at eight it is no longer itself


@click.command()
@click.option("--quick", is_flag=True, help="Two columns and few turns, under a minute.")
@click.option("--peers/--no-peers", default=True, help="Whether pipecat is measured beside us.")
@click.option("--only", multiple=True, help="Only columns whose name has this in it (`embedded` is one).")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write all figures here.")
def main(quick: bool, peers: bool, only: tuple[str, ...], json_out: Path | None) -> None:
    """Measure how long callers wait."""
    size = QUICK if quick else FULL
    turns = [turn for turn in true_turns() if not quick or turn.speech[-1][1] < _SHORT_S]
    print(json.dumps(machine()))
    results: list[Result] = []
    missing: list[str] = []
    columns = [column for column in size.columns if not only or any(part in column.name for part in only)]
    with tempfile.TemporaryDirectory() as tape:
        write_tape(Path(tape), turns)
        for column in columns:
            if column.peer and (not peers or not peers_installed()):
                missing.append(column.name)
                continue
            at_once = _PEERS_CALLS_AT_ONCE if column.peer else _CALLS_AT_ONCE
            results.append(run_column(column, spread(turns, _count(column, size)), tape, at_once))
            print(table([_row(results[-1])]), flush=True)
    embedded = None
    if not only or "embedded" in only:
        embedded = run_embedded(spread(turns, size.embedded), size.greetings)
    report = _report(results, missing if peers else [], embedded)
    for part in ("rows", "curve", "targets"):
        print(f"\n{table(report[part])}")
    if json_out is not None:
        write_json(json_out, {"turns_in_set": len(turns), "quick": quick, **report})


def _count(column: Column, size: Size) -> int:
    if not column.headline:
        return size.curve
    return size.ours if column is COLUMNS[0] else size.others


def _report(results: Sequence[Result], missing: Sequence[str], embedded: EmbeddedResult | None) -> dict[str, Any]:
    table_rows = [_row(result) for result in results if result.column.headline]
    if embedded is not None:
        table_rows.append(_embedded_row(embedded))
    table_rows += [_missing_row(name) for name in missing]
    ours = next((result for result in results if result.column is COLUMNS[0]), None)
    samples = {result.column.name: _rounded(result.waits_ms()) for result in results if result.column.headline}
    if embedded is not None:
        samples["antiphon, embedded models"] = _rounded(embedded.waits_ms())
    return {
        "rows": table_rows,
        "curve": [_point(result) for result in results if result.column.on_curve],
        "targets": rows(_targets(ours, embedded)),
        "samples_ms": samples,
        "kinds": list(_kinds(ours)) if ours else [],
        "greeting": _greeting(embedded),
    }


def _row(result: Result) -> dict[str, Any]:
    waits, own = percentiles(result.waits_ms()), percentiles(result.overheads_ms())
    return {
        "server": result.column.name,
        "calls at once": result.calls_at_once,
        "turns": len(result.verdicts),
        "p50 ms": waits["p50"],
        "p95 ms": waits["p95"],
        "p99 ms": waits["p99"],
        "cut off %": f"{result.cut_off_pct():.1f}",
        "unanswered": sum(verdict.unanswered for verdict in result.verdicts),
        "LLM calls a turn": f"{result.llm_calls_per_turn():.2f}",
        "own p50 ms": _tenth(own["p50"]),
        "own p99 ms": _tenth(own["p99"]),
        "caller late ms": f"{result.caller_late_ms:.1f}{' (void)' if result.caller_late_ms > _VOID_MS else ''}",
    }


def _embedded_row(embedded: EmbeddedResult) -> dict[str, Any]:
    waits = percentiles(embedded.waits_ms())
    return {
        **_missing_row("antiphon, embedded models"),
        "calls at once": 2,
        "turns": len(embedded.verdicts),
        "p50 ms": waits["p50"],
        "p95 ms": waits["p95"],
        "p99 ms": waits["p99"],
        "cut off %": f"{embedded.cut_off_pct():.1f}",
        "unanswered": sum(verdict.unanswered for verdict in embedded.verdicts),
    }


def _missing_row(name: str) -> dict[str, Any]:
    names = ("p50 ms", "p95 ms", "p99 ms", "cut off %", "unanswered", "LLM calls a turn", "own p50 ms", "own p99 ms")
    return {"server": name, "calls at once": None, "turns": NOT_INSTALLED, **dict.fromkeys((*names, "caller late ms"))}


def _point(result: Result) -> dict[str, Any]:
    waits = percentiles(result.waits_ms())
    return {
        "curve": result.column.on_curve,
        "setting": result.column.name,
        "turns": len(result.verdicts),
        "p50 ms": waits["p50"],
        "p95 ms": waits["p95"],
        "cut off %": f"{result.cut_off_pct():.1f}",
    }


def _kinds(result: Result) -> Iterator[dict[str, Any]]:
    for kind in sorted({verdict.kind for verdict in result.verdicts}):
        some = [verdict for verdict in result.verdicts if verdict.kind == kind]
        waits = percentiles([verdict.wait_ms for verdict in some if verdict.wait_ms is not None])
        cut_off = sum(verdict.cut_off for verdict in some)
        yield {"kind": kind, "turns": len(some), "p50 ms": waits["p50"], "p95 ms": waits["p95"], "cut off": cut_off}


def _greeting(embedded: EmbeddedResult | None) -> dict[str, Any]:
    if embedded is None:
        return {}
    return {"first_of_process_ms": embedded.first_greeting_ms, "later_ms": percentiles(embedded.greetings_ms)}


def _targets(ours: Result | None, embedded: EmbeddedResult | None) -> Iterator[Target]:
    if ours is not None:
        waits, own = percentiles(ours.waits_ms()), percentiles(ours.overheads_ms())
        yield Target("voice to voice, p50", waits["p50"], 350, "ms")
        yield Target("voice to voice, p95", waits["p95"], 600, "ms")
        yield Target("false cut-offs", ours.cut_off_pct() if ours.verdicts else None, _CUT_OFF_LIMIT_PCT, "%")
        yield Target("LLM calls a turn", ours.llm_calls_per_turn() if ours.verdicts else None, 1.35, "")
        yield Target("own overhead of a turn, p50", own["p50"], 5, "ms")
        yield Target("own overhead of a turn, p99", own["p99"], 15, "ms")
    if embedded is not None:
        yield Target("greeting heard after answer, cached, p95", percentiles(embedded.greetings_ms)["p95"], 100, "ms")


def _tenth(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 1) for value in values]


if __name__ == "__main__":
    main()
