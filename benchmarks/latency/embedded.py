"""The same turns with the embedded models, on the real server; and how soon it greets."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.latency.judge import Verdict, judge
from benchmarks.talk.caller import Recording, Step, play
from benchmarks.talk.set_tape import DEFAULT, PROFILES, deal
from benchmarks.talk.tape import RATE_HZ, Turn
from server.caller.local_server import local_server
from server.caller.measure import voiced_segments
from server.caller.wire import call_url

_TURNS_OF_A_CALL = 3
_FLOW = """
id: {asks}
version: "1.0.0"
initial_state: talk
states:
  talk:
    endpointing: {asks}
    say: Sure, I have noted that.
    reprompt: Sure, that is noted too.
    transitions: {{on_utterance: [{{pattern: "again", target: talk}}]}}
"""


@dataclass(frozen=True, slots=True)
class EmbeddedResult:
    """What callers of the real server found.

    Attributes:
        first_greeting_ms: From the answered call to the first voiced sample, of the first call of the process.
        greetings_ms: The same of all later calls.
    """

    verdicts: tuple[Verdict, ...]
    first_greeting_ms: float | None
    greetings_ms: tuple[float, ...]

    def waits_ms(self) -> list[float]:
        """Return the waits of all turns that have one."""
        return [verdict.wait_ms for verdict in self.verdicts if verdict.wait_ms is not None]

    def cut_off_pct(self) -> float:
        """Return how many turns of a hundred the bot spoke into."""
        return 100 * sum(verdict.cut_off for verdict in self.verdicts) / max(1, len(self.verdicts))


def run_embedded(turns: Sequence[Turn], greetings: int) -> EmbeddedResult:
    """Say `turns`, two calls at once, and call `greetings` times only to be greeted."""
    with tempfile.TemporaryDirectory() as flows, tempfile.TemporaryDirectory() as data:
        for asks in PROFILES:
            (Path(flows) / f"{asks}.yaml").write_text(_FLOW.format(asks=asks), encoding="utf-8")
        settings = {"DATA_DIR": data, "LOCAL_LLM": "false", "LLM_BASE_URL": ""}
        with local_server(Path(flows), settings) as address:
            greeted = [_greeting_ms(asyncio.run(play(call_url(address, DEFAULT), []))) for _ in range(greetings)]
            recordings = asyncio.run(_two_at_once(address, deal(turns, _TURNS_OF_A_CALL, hints=True)))
    verdicts = tuple(verdict for recording in recordings for verdict in judge(recording))
    later = (*greeted[1:], *map(_greeting_ms, recordings))
    return EmbeddedResult(verdicts, greeted[0] if greeted else None, tuple(ms for ms in later if ms is not None))


async def _two_at_once(address: str, plans: Sequence[tuple[str, list[Turn]]]) -> list[Recording]:
    places = asyncio.Semaphore(2)

    async def one(flow: str, some: list[Turn]) -> Recording:
        async with places:
            return await play(call_url(address, flow), [Step(turn) for turn in some])

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(one(flow, some)) for flow, some in plans]
    return [call.result() for call in calls]


def _greeting_ms(recording: Recording) -> float | None:
    """Return when the bot was first heard."""
    segments = voiced_segments(recording.bot, RATE_HZ)
    return 1000 * segments[0].start_samples / RATE_HZ if segments else None
