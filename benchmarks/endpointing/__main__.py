"""Runs the labelled turns through the real models and the turn owner: `python -m benchmarks.endpointing [--quick]`."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from benchmarks.endpointing.baselines import end_by_silence, end_by_smart_turn
from benchmarks.endpointing.hearing import HeardTurn, hear_all
from benchmarks.endpointing.replay import Delays, Ending, Settings, end_all, end_calls
from benchmarks.report import machine, percentiles, table, write_json
from benchmarks.turn_set import turns
from pipeline.turns.endpointing import COMPLETE
from providers.embedded.load import load

_QUICK_EVERY = 5  # of both bands and both halves: no factor in common with four
_CURVE = (
    *(Settings(ceilings=factor) for factor in (0.5, 0.7, 1.0, 1.4, 2.0)),
    *(Settings(least_floor_s=floor_s) for floor_s in (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)),
    *(Settings(complete=share) for share in (0.8, 0.9, 0.95, 0.98)),
)
_FIT = tuple(
    Settings(heard_s=heard_s, enough_words=words) for words in (5, 6, 7, 8) for heard_s in (0.55, 0.6, 0.65, 0.7, 0.75)
)
_BANDS = ("wideband", "telephone")
_TIMEOUTS_S = (0.2, 0.5, 0.8, 1.2)


@click.command()
@click.option("--quick", is_flag=True, help="A fifth of the turns, below a minute.")
@click.option("--stt-ms", default=150, show_default=True, help="How long a final reading takes, in media time.")
@click.option("--verdict-ms", default=80, show_default=True, help="How long the end-of-turn model takes.")
@click.option("--model-ms", default=300, show_default=True, help="From an answer's beginning to its first sample.")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write all figures here.")
def main(quick: bool, stt_ms: int, verdict_ms: int, model_ms: int, json_out: Path | None) -> None:
    """Report false cut-offs and the delay of the end of a turn: ours, over settings, and simpler ways."""
    print(json.dumps(machine()))
    chosen = [turn for turn in turns() if turn.true_end_s is not None]
    chosen = chosen[1::_QUICK_EVERY] if quick else chosen
    report(_heard(chosen), Delays(stt_ms / 1000, verdict_ms / 1000, model_s=model_ms / 1000), json_out)


def report(heard: Sequence[HeardTurn], delays: Delays, json_out: Path | None) -> None:
    """Print what became of the turns, and write it."""
    stt_ms, verdict_ms = round(delays.reading_s * 1000), round(delays.verdict_s * 1000)
    took = {
        "reading_ms": percentiles([read_s * 1000 for turn in heard for read_s, _ in turn.took_s]),
        "verdict_ms": percentiles([verdict_s * 1000 for turn in heard for _, verdict_s in turn.took_s]),
    }
    print(f"{len(heard)} turns; in media time a reading takes {stt_ms} ms and a verdict {verdict_ms} ms; here: {took}")
    print(f"an answer takes {delays.model_s * 1000:.0f} ms, a line that was spoken before nothing")
    ours, at_once = end_all(heard, Settings(), delays), replace(delays, model_s=0.0)
    rows = {
        "ways": [
            _row("ours", ours),
            _row("ours, ten turns a call", end_calls(heard, Settings(), delays)),
            *_simpler(heard, delays),
        ],
        "ways, lines that are ready": [_row("ours", end_all(heard, Settings(), at_once)), *_simpler(heard, at_once)],
        "curve": [_row(_name(point), end_all(heard, point, delays)) for point in _CURVE],
        "curve, lines that are ready": [_row(_name(point), end_all(heard, point, at_once)) for point in _CURVE],
        "fit of what is sure": [_row(_name(point), end_all(heard, point, delays)) for point in _FIT],
        "kinds": [_row(kind, [end for end in ours if end.heard.turn.kind == kind]) for kind in _kinds(heard)],
        "bands": [
            _row(band, [end for end in ours if end.heard.turn.band == band]) for band in ("wideband", "telephone")
        ],
    }
    for name, lines in rows.items():
        print(f"\n{name}\n{table(lines)}")
    if json_out is not None:
        write_json(json_out, {"turns": len(heard), "delays_ms": [stt_ms, verdict_ms], "took": took, **rows})


def _heard(chosen: Sequence[Any]) -> list[HeardTurn]:
    models = load()
    try:
        return asyncio.run(hear_all(chosen, models))
    finally:
        models.close()


def _simpler(heard: Sequence[HeardTurn], delays: Delays) -> list[dict[str, Any]]:
    rows = [
        _row(f"silence of {silence_s * 1000:.0f} ms", [end_by_silence(turn, silence_s, delays) for turn in heard])
        for silence_s in _TIMEOUTS_S
    ]
    return [*rows, _row("smart-turn alone (pipecat's default)", [end_by_smart_turn(turn, delays) for turn in heard])]


def _row(name: str, endings: Sequence[Ending]) -> dict[str, Any]:
    delays = percentiles([delay_ms for end in endings if (delay_ms := end.delay_ms) is not None])
    over = percentiles([over_ms for end in endings if (over_ms := end.over_ms) is not None])
    return {
        "": name,
        "turns": len(endings),
        "cut off": sum(end.cut_off for end in endings),
        "cut off %": _share(endings),
        "tuned on %": _share([end for end in endings if not end.heard.turn.held_out]),
        "held out %": _share([end for end in endings if end.heard.turn.held_out]),
        "taken back %": f"{100 * sum(end.taken_back > 0 for end in endings) / max(len(endings), 1):.1f}",
        "over p50 ms": over["p50"],
        "p50 ms": delays["p50"],
        "p95 ms": delays["p95"],
        "answers a turn": f"{sum(end.begun for end in endings) / max(len(endings), 1):.2f}",
        "never ended": sum(end.at_s is None for end in endings),
    }


def _share(endings: Sequence[Ending]) -> str | None:
    return f"{100 * sum(end.cut_off for end in endings) / len(endings):.1f}" if endings else None


def _name(point: Settings) -> str:
    if point == Settings():
        return "default"
    if point.heard_s is not None:
        return f"sure from {point.enough_words} words, else heard from {point.heard_s * 1000:.0f} ms"
    if point.least_floor_s:
        return f"floors ≥ {point.least_floor_s * 1000:.0f} ms"
    return f"ceilings × {point.ceilings}" if point.complete == COMPLETE else f"complete from {point.complete}"


def _kinds(heard: Sequence[HeardTurn]) -> list[str]:
    return list(dict.fromkeys(turn.turn.kind for turn in heard))


if __name__ == "__main__":
    main()
