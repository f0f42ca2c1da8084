"""What is compared: each column is one server with one setting, called by the same callers with the same turns."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.latency.judge import Verdict, judge
from benchmarks.talk.caller import Recording, Step, play
from benchmarks.talk.overhead import TurnMoments
from benchmarks.talk.server import OURS, PIPECAT, Server, running
from benchmarks.talk.set_tape import deal
from benchmarks.talk.spec import NodeSpec
from benchmarks.talk.tape import Turn

SENTENCE = "Sure, I have noted that."
SENTENCE_S = 0.8
_MOST_TURNS_OF_A_CALL = 12


@dataclass(frozen=True, slots=True)
class Column:
    """One server with one setting.

    Attributes:
        hints: The flow says what it asks for, as flows do; else every state is like any other.
        settings: Fields of `NodeSpec`.
        on_curve: Whether it is a point of the curve of that name, beside being a column or not.
    """

    name: str
    command: tuple[str, ...]
    hints: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    on_curve: str = ""
    headline: bool = True

    @property
    def peer(self) -> bool:
        """Say whether it is somebody else's server."""
        return self.command == PIPECAT


COLUMNS = (
    Column("antiphon", OURS, on_curve="antiphon"),
    Column("antiphon, flow without hints", OURS, hints=False, on_curve="antiphon, flow without hints"),
    Column(
        "pipecat 1.14, default (smart-turn)", PIPECAT, settings={"strategy": "default"}, on_curve="pipecat smart-turn"
    ),
    Column(
        "pipecat 1.14, speech timeout 0.6 s",
        PIPECAT,
        settings={"strategy": "timeout", "wait_s": 0.6},
        on_curve="pipecat speech timeout",
    ),
)
CURVE = (
    *(
        Column(
            f"antiphon, waits × {factor}", OURS, settings={"wait_factor": factor}, on_curve="antiphon", headline=False
        )
        for factor in (0.6, 1.5, 2.2)
    ),
    *(
        Column(
            f"antiphon without hints, waits × {factor}",
            OURS,
            hints=False,
            settings={"wait_factor": factor},
            on_curve="antiphon, flow without hints",
            headline=False,
        )
        for factor in (1.5, 2.2)
    ),
    *(
        Column(
            f"pipecat 1.14, speech timeout {wait_s} s",
            PIPECAT,
            settings={"strategy": "timeout", "wait_s": wait_s},
            on_curve="pipecat speech timeout",
            headline=False,
        )
        for wait_s in (0.2, 1.2)
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a column's callers found, and what its server said of itself.

    Attributes:
        caller_late_ms: How late the latest of a hundred frames of the callers was.
    """

    column: Column
    calls_at_once: int
    verdicts: tuple[Verdict, ...]
    moments: tuple[TurnMoments, ...]
    llm_calls: int
    caller_late_ms: float

    def waits_ms(self) -> list[float]:
        """Return the waits of all turns that have one."""
        return [verdict.wait_ms for verdict in self.verdicts if verdict.wait_ms is not None]

    def overheads_ms(self) -> list[float]:
        """Return the server's own part of each turn."""
        return [1000 * moments.overhead_s() for moments in self.moments]

    def cut_off_pct(self) -> float:
        """Return how many turns of a hundred the bot spoke into."""
        return 100 * sum(verdict.cut_off for verdict in self.verdicts) / max(1, len(self.verdicts))

    def llm_calls_per_turn(self) -> float:
        """Return how often the language model was asked for each turn of a caller."""
        return self.llm_calls / max(1, len(self.verdicts))


def run_column(column: Column, turns: Sequence[Turn], tape: str, calls_at_once: int) -> Result:
    """Call a column's server until all `turns` are said."""
    spec = NodeSpec(0, tape, SENTENCE, SENTENCE_S)
    with running(column.command, replace(spec, **column.settings)) as server:
        asyncio.run(play(server.url(), []))  # what is slow once is over with the first greeting
        server.figures()
        of_a_call = min(_MOST_TURNS_OF_A_CALL, max(1, len(turns) // (2 * calls_at_once)))
        plans = deal(turns, of_a_call, hints=column.hints)
        recordings = asyncio.run(_all_calls(server, plans, calls_at_once))
        figures = server.figures()
    return Result(
        column,
        calls_at_once,
        tuple(verdict for recording in recordings for verdict in judge(recording)),
        tuple(TurnMoments.read(moments) for moments in figures["turns"]),
        int(figures["llm_calls"]),
        1000 * float(np.percentile([late_s for recording in recordings for late_s in recording.late_s], 99)),
    )


async def _all_calls(server: Server, plans: Sequence[tuple[str, list[Turn]]], calls_at_once: int) -> list[Recording]:
    places = asyncio.Semaphore(calls_at_once)
    jitter = np.random.default_rng(3)

    async def one(flow: str, turns: list[Turn]) -> Recording:
        async with places:
            await asyncio.sleep(float(jitter.uniform(0, 0.5)))  # callers do not keep step
            return await play(server.url(flow), [Step(turn) for turn in turns])

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(one(flow, turns)) for flow, turns in plans]
    return [call.result() for call in calls]
