"""Interruptions: `python -m benchmarks.bargein [--quick] [--json FILE] [--peers|--no-peers]`.

In real time over a real socket: from the first voiced sample of an interruption until the bot is paused, and silent, as
the caller's recording has it; what coughs, "mhm" and noise do; the bot's own echo. And thousands of interruptions of
whole calls on the virtual clock: history must hold no word of which nothing was heard (`unheard.py`).
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.bargein.echo import EchoResult, run_echo
from benchmarks.bargein.judge import Effect, effects
from benchmarks.bargein.unheard import Tally, run_unheard
from benchmarks.report import machine, percentiles, table, write_json
from benchmarks.talk.caller import Recording, Step, play
from benchmarks.talk.server import NOT_INSTALLED, OURS, PIPECAT, Server, peers_installed, running
from benchmarks.talk.set_tape import spread, turns
from benchmarks.talk.spec import NodeSpec
from benchmarks.talk.tape import Turn, write_tape
from benchmarks.targets import Target, rows

_INTERRUPTIONS = ("statement", "pause", "filler")
_FALSE_ALARMS = ("cough", "backchannel", "silence")
_LONG = "This is a long answer, which goes on and on until somebody has something better to say."
_LONG_S = 25.0
_CALLS_AT_ONCE, _PEERS_CALLS_AT_ONCE = 6, 4
_OURS, _PEER = "antiphon", "pipecat 1.14, default (smart-turn)"
_SOUNDS_OF_A_CALL = 5
_WARM_UP_S = 3.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done; `alarms` are sounds that should stop nothing, `peers` the share of all that a peer is given."""

    interruptions: int
    alarms: int
    peers: float
    echo_s: float
    unheard: int


FULL = Size(36, 20, 0.65, 15.0, 10_000)
QUICK = Size(4, 2, 0.5, 3.0, 100)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one server did."""

    server: str
    effects: tuple[Effect, ...]

    def of(self, kinds: Sequence[str]) -> list[Effect]:
        """Return the effects of some kinds of sound."""
        return [effect for effect in self.effects if effect.kind in kinds]

    @property
    def interruptions(self) -> list[Effect]:
        """Return what real interruptions did."""
        return self.of(_INTERRUPTIONS)

    @property
    def alarms(self) -> list[Effect]:
        """Return what sounds did that mean nothing."""
        return self.of(_FALSE_ALARMS)


@click.command()
@click.option("--quick", is_flag=True, help="Few sounds, under a minute.")
@click.option("--peers/--no-peers", default=True, help="Whether pipecat is measured beside us.")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write all figures here.")
def main(quick: bool, peers: bool, json_out: Path | None) -> None:
    """Measure interruptions."""
    size = QUICK if quick else FULL
    print(json.dumps(machine()))
    sounds = turns((*_INTERRUPTIONS, *_FALSE_ALARMS))
    with tempfile.TemporaryDirectory() as tape:
        write_tape(Path(tape), sounds)
        outcomes = [_run(OURS, tape, _plans(sounds, size.interruptions, size.alarms))]
        print(table([_row(outcomes[0])]), flush=True)
        if peers and peers_installed():
            fewer = _plans(sounds, round(size.interruptions * size.peers), round(size.alarms * size.peers))
            outcomes.append(_run(PIPECAT, tape, fewer))
    table_rows = [_row(outcome) for outcome in outcomes]
    if peers and not peers_installed():
        table_rows.append(dict.fromkeys(table_rows[0]) | {"server": _PEER, "sounds": NOT_INSTALLED})
    echoes = run_echo(size.echo_s)
    tallies = run_unheard(size.unheard)
    report: dict[str, Any] = {
        "quick": quick,
        "rows": table_rows,
        "kinds": [row for outcome in outcomes for row in _kinds(outcome)],
        "echo": [echo.row() for echo in echoes],
        "unheard": [tally.row() for tally in tallies],
        "targets": rows(_targets(outcomes[0], echoes, tallies)),
        "samples_ms": {o.server: [e.silent_ms for e in o.interruptions if e.silent_ms is not None] for o in outcomes},
    }
    for part in ("rows", "kinds", "echo", "unheard", "targets"):
        print(f"\n{table(report[part])}")
    if json_out is not None:
        write_json(json_out, report)


def _run(command: tuple[str, ...], tape: str, plans: Sequence[list[Step]]) -> Outcome:
    at_once = _CALLS_AT_ONCE if command == OURS else _PEERS_CALLS_AT_ONCE
    with running(command, NodeSpec(0, tape, _LONG, _LONG_S, strategy="default")) as server:
        asyncio.run(play(server.url(), [], at_most_s=_WARM_UP_S))
        recordings = asyncio.run(_calls(server, plans, at_once))
    name = _OURS if command == OURS else _PEER
    return Outcome(name, tuple(effect for recording in recordings for effect in effects(recording)))


def _plans(sounds: Sequence[Turn], interruptions: int, alarms: int) -> list[list[Step]]:
    """Put sounds over the bot's greeting and answers, at any moment of them."""
    real = spread([sound for sound in sounds if sound.kind in _INTERRUPTIONS], interruptions)
    false = spread([sound for sound in sounds if sound.kind in _FALSE_ALARMS], alarms)
    moments = np.random.default_rng(5)
    mixed = [[*real, *false][place] for place in moments.permutation(len(real) + len(false))]
    steps = [Step(sound, float(moments.uniform(0.5, 1.5))) for sound in mixed]
    return [steps[first : first + _SOUNDS_OF_A_CALL] for first in range(0, len(steps), _SOUNDS_OF_A_CALL)]


async def _calls(server: Server, plans: Sequence[list[Step]], at_once: int) -> list[Recording]:
    places = asyncio.Semaphore(at_once)

    async def one(steps: list[Step]) -> Recording:
        async with places:
            return await play(server.url(), steps, to_the_end=False)

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(one(steps)) for steps in plans]
    return [call.result() for call in calls]


def _row(outcome: Outcome) -> dict[str, Any]:
    real, false = outcome.interruptions, outcome.alarms
    ducks = percentiles([effect.duck_ms for effect in real if effect.duck_ms is not None])
    silent = percentiles([effect.silent_ms for effect in real if effect.silent_ms is not None])
    resumed = percentiles([effect.resumed_ms for effect in false if effect.resumed_ms is not None])
    return {
        "server": outcome.server,
        "sounds": len(outcome.effects),
        "interruptions": len(real),
        "missed": sum(effect.silent_ms is None for effect in real),
        "duck p50 ms": ducks["p50"],
        "duck p95 ms": ducks["p95"],
        "silent p50 ms": silent["p50"],
        "silent p95 ms": silent["p95"],
        "silent p99 ms": silent["p99"],
        "false alarms": len(false),
        "false stops": sum(effect.stopped for effect in false),
        "pauses": sum(effect.silent_ms is not None and not effect.stopped for effect in false),
        "resume p50 ms": resumed["p50"],
        "resume p95 ms": resumed["p95"],
    }


def _kinds(outcome: Outcome) -> Iterator[dict[str, Any]]:
    for kind in sorted({effect.kind for effect in outcome.effects}):
        some = outcome.of((kind,))
        silent = percentiles([effect.silent_ms for effect in some if effect.silent_ms is not None])
        stopped = sum(effect.stopped for effect in some)
        yield {"server": outcome.server, "sound": kind, "samples": len(some), "stopped": stopped} | {
            "silent p50 ms": silent["p50"],
            "silent p95 ms": silent["p95"],
        }


def _targets(ours: Outcome, echoes: Sequence[EchoResult], tallies: Sequence[Tally]) -> Iterator[Target]:
    real, false = ours.interruptions, ours.alarms
    ducks = percentiles([effect.duck_ms for effect in real if effect.duck_ms is not None])
    silent = percentiles([effect.silent_ms for effect in real if effect.silent_ms is not None])
    resumed = percentiles([effect.resumed_ms for effect in false if effect.resumed_ms is not None])
    stops = sum(effect.stopped for effect in false)
    yield Target("onset → duck, p95", ducks["p95"], 150, "ms")
    yield Target("onset → silent at the caller, p95", silent["p95"], 300, "ms")
    yield Target("false stops", 100 * stops / len(false) if false else None, 5, "%")
    yield Target("resume after a false alarm, p95", resumed["p95"], 250, "ms")
    yield Target("stops by the bot's own echo", float(sum(echo.stops for echo in echoes)), 0, "")
    unheard = float(sum(tally.unheard_words for tally in tallies))
    yield Target(f"unheard words in history, {sum(t.interruptions for t in tallies):,} interruptions", unheard, 0, "")


if __name__ == "__main__":
    main()
