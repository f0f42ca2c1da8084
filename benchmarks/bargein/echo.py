"""The bot hears itself: a long greeting by the embedded voice, and the caller's microphone picks it up."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.talk.caller import Echo, play
from benchmarks.talk.tape import RATE_HZ
from server.caller.local_server import local_server
from server.caller.wire import call_url

_LEVELS_DB = (-14.0, -24.0)
_DELAYS_S = (0.06, 0.12, 0.18)  # of the speaker, the room and both ways
_FLOW = """
id: talk
version: "1.0.0"
initial_state: talk
states:
  talk:
    say: >-
      Thank you for calling the surgery on Bridge Street. We are open from Monday to Friday between eight in the morning
      and six in the evening, and on Saturdays until noon. You can ask me for an appointment, for a repeat prescription,
      or for the results of a test. If you would rather talk to one of our nurses, say so at any time. How can I help?
    transitions: {on_utterance: [{pattern: "again", target: talk}]}
"""


@dataclass(frozen=True, slots=True)
class EchoResult:
    """How often the bot stopped for its own voice, with one echo, and how long it was listened to."""

    echo: Echo
    seconds: float
    stops: int

    def row(self) -> dict[str, Any]:
        """Return a row for a table."""
        return {
            "echo dB": f"{self.echo.level_db:g}",
            "delay ms": round(1000 * self.echo.delay_s),
            "seconds": round(self.seconds),
            "false stops": self.stops,
        }


def run_echo(seconds: float) -> list[EchoResult]:
    """Listen to the greeting for `seconds` with each echo, with all models embedded."""
    echoes = [Echo(level_db, delay_s) for level_db in _LEVELS_DB for delay_s in _DELAYS_S]
    with tempfile.TemporaryDirectory() as flows, tempfile.TemporaryDirectory() as data:
        (Path(flows) / "talk.yaml").write_text(_FLOW, encoding="utf-8")
        with local_server(Path(flows), {"DATA_DIR": data, "LOCAL_LLM": "false", "LLM_BASE_URL": ""}) as address:
            return asyncio.run(_two_at_once(call_url(address, "talk"), echoes, seconds))


async def _two_at_once(url: str, echoes: list[Echo], seconds: float) -> list[EchoResult]:
    places = asyncio.Semaphore(2)

    async def one(echo: Echo) -> EchoResult:
        async with places:
            recording = await play(url, [], echo=echo, at_most_s=seconds)
        return EchoResult(echo, recording.end_samples / RATE_HZ, len(recording.interrupted))

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(one(echo)) for echo in echoes]
    return [call.result() for call in calls]
