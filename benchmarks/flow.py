"""The flow engine alone: `python -m benchmarks.flow [--quick]`.

Times of `step`, p50 and p99, for each kind of event on a flow of 500 states, each with slot, patterns, guard, form
and a timer; of turns far longer than anybody speaks; of reading, checking and editing that document. A target is held
if wall time is below it, and "CPU" if only the time spent computing is, as on a machine that has other work to do.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from benchmarks.report import machine, table, write_json
from flows.check import check
from flows.document import to_json
from flows.edit import apply
from flows.events import BotFinished, Event, Heard, Started, Tick, ToolCalled, UiEvent
from flows.interpreter import initial, step
from flows.load import load
from flows.model import Flow
from flows.parse import parse
from flows.state import State

STATES: Final = 500
TARGET_MS: Final = 1.0
CHECK_TARGET_MS: Final = 50.0
_WORDS: Final = (
    "well",
    "I",
    "think",
    "the",
    "table",
    "by",
    "window",
    "would",
    "suit",
    "us",
    "on",
    "a",
    "warm",
    "evening",
)


@dataclass(frozen=True, slots=True)
class Times:
    """What something took, each time; on a busy machine wall time holds the wait for a core too."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def __add__(self, other: "Times") -> "Times":
        return Times([*self.wall_ms, *other.wall_ms], [*self.cpu_ms, *other.cpu_ms])


def document(states: int = STATES) -> str:
    """A flow of `states` states in a ring, as YAML."""
    return "\n".join((_HEAD, *(_STATE.format(i=i, next=(i + 1) % states, far=(i * 7) % states) for i in range(states))))


_HEAD: Final = """\
id: ring
version: "1.0"
initial_state: s0
variables:
  name: {type: string, default: Ada}
  seats: {type: number}
  colour: {type: enum, enum: [red, green, blue]}
  vip: {type: boolean, default: false}
settings: {base_system_prompt: You take reservations., max_duration_secs: 80000}
states:"""
_STATE: Final = """\
  s{i}:
    say: "How many seats, {{name}}?"
    ui: {{artifact_type: form, fields: [{{id: seats, label: Seats}}]}}
    tools:
      t{i}: {{parameters: {{seats: {{recognise: number, required: true}}}}}}
    transitions:
      on_tool_call: {{t{i}: s{next}}}
      on_ui_event: {{skip: s{next}}}
      on_utterance:
        - {{pattern: call me (.+), capture_to: name, target: s{next}}}
        - {{pattern: again, target: s{far}, guard: {{variable: seats, operator: gt, value: 999}}}}
      on_timeout: {{seconds: 6, fallback: s{next}}}"""


def cases(rounds: random.Random) -> dict[str, Callable[[State], Event]]:
    """What is measured: a name, and what makes the event for a state."""
    long_turn = " ".join(rounds.choice(_WORDS) for _ in range(400))
    return {
        "utterance: slot filled": lambda _: Heard(f"{rounds.randint(2, 800)} please"),
        "utterance: pattern": lambda _: Heard(f"just call me {rounds.choice(('Bob', 'Eve'))}"),
        "utterance: guard fails": lambda _: Heard("let us start again"),
        "utterance: not understood": lambda _: Heard("what a lovely morning"),
        "utterance: 400 words": lambda _: Heard(long_turn),
        "timeout": lambda _: Tick(),
        "screen: form": lambda _: UiEvent("form_submit", {"seats": rounds.randint(1, 800)}),
        "screen: skip": lambda _: UiEvent("skip"),
        "tool call": lambda state: ToolCalled("c", f"t{(state.node or 's0')[1:]}", {"seats": 4}, state.epoch),
        "tool call: not here": lambda state: ToolCalled("c", "nothing", {}, state.epoch),
        "everything heard": lambda _: BotFinished(),
    }


def measure_step(flow: Flow, make: Callable[[State], Event], samples: int) -> Times:
    """Time one kind of event on states all over the flow."""
    now_s, taken = 0.0, Times()
    for number in range(samples + samples // 10):
        state, _ = step(flow, initial(flow), Started(has_llm=number % 2 == 0, today="2026-11-22"), now_s)
        state = _moved(state, f"s{number * 37 % STATES}")
        state, _ = step(flow, state, BotFinished(), now_s)
        event = make(state)
        at_s = now_s if not isinstance(event, Tick) else (state.deadline_s or now_s)
        took = timed(partial(step, flow, state, event, at_s), 1)
        if number >= samples // 10:  # the first tenth compiles patterns and warms caches
            taken += took
    return taken


def _moved(state: State, node: str) -> State:
    """The same state elsewhere: getting there step by step would take longer than what is measured."""
    return replace(state, node=node, asking="seats", wanted=("seats",))


def timed(call: Callable[[], object], samples: int) -> Times:
    """Do `call` again and again."""
    taken = Times()
    for _ in range(samples):
        cpu_s, wall_s = time.thread_time(), time.perf_counter()
        call()
        taken += Times([(time.perf_counter() - wall_s) * 1000], [(time.thread_time() - cpu_s) * 1000])
    return taken


def row(name: str, taken: Times, target_ms: float | None) -> dict[str, Any]:
    """One line of the table; the figures are text, for they are small."""
    p50, p99 = (float(value) for value in np.percentile(taken.wall_ms, (50, 99)))
    cpu_p99 = float(np.percentile(taken.cpu_ms, 99))
    return {
        "what": name,
        "p50 ms": f"{p50:.3f}",
        "p99 ms": f"{p99:.3f}",
        "p99 CPU ms": f"{cpu_p99:.3f}",
        "samples": len(taken.wall_ms),
        "target ms": "" if target_ms is None else f"{target_ms:g}",
        "held": "" if target_ms is None else "yes" if p99 < target_ms else "CPU" if cpu_p99 < target_ms else "NO",
    }


@click.command()
@click.option("--quick", is_flag=True, help="A tenth of the samples.")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write the figures here.")
def main(quick: bool, json_out: Path | None) -> None:
    """Measure the flow engine."""
    print(json.dumps(machine()))
    text = document()
    flow = load(text)
    print(f"{len(flow.states)} states, {len(text.encode()) / 1024:.0f} KiB of YAML\n")
    samples, documents = (200, 5) if quick else (2000, 30)
    rows = [row(name, measure_step(flow, make, samples), TARGET_MS) for name, make in cases(random.Random(7)).items()]
    new = to_json(text)
    new["states"]["s250"]["say"] = "Changed."
    rows += [
        row("check", timed(lambda: check(flow), documents), CHECK_TARGET_MS),
        row("parse", timed(lambda: parse(text), documents), None),
        row("edit one field", timed(lambda: apply(text, new), documents), None),
    ]
    print(table(rows))
    if json_out is not None:
        write_json(json_out, {"states": len(flow.states), "bytes": len(text.encode()), "rows": rows})


if __name__ == "__main__":
    main()
