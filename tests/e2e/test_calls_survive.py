"""A process is killed while it places a call: whoever takes over finds out what became of it, and never dials again."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from kit.phone_calls import CallStatus, Progress
from storage.engine import Database
from tests.support.accounts import add_accounts
from tests.support.calling_lab import CallingLab
from tests.support.dying_placer import WISH

_ROOT = Path(__file__).parents[2]


async def _killed(url: str, made: Path, when: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.dying_placer", url, str(made), when),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_between_intent_and_answer_never_dials_a_second_time(
    database_url: str, tmp_path: Path, when: str
) -> None:
    database, made = Database(database_url), tmp_path / "made"
    lab = CallingLab(database)
    await add_accounts(database, "anna")
    await lab.add_line("anna")
    await _killed(database_url, made, when)
    made_ids = made.read_text().split() if made.exists() else []
    assert len(made_ids) == (when == "after")
    lab.dialer.made = dict.fromkeys(made_ids, "CA1")
    lab.dialer.known["CA1"] = Progress(CallStatus.RINGING)

    asked_again = await lab.placer.place("anna", WISH)
    for _ in range(5):
        lab.clock.passed_s += 61
        await lab.follower.round()
    assert lab.dialer.dialled == []
    known = await lab.intent("anna", asked_again.id)
    await database.close()
    if when == "after":
        assert known.id in made_ids
        assert known.carrier_call == "CA1"
    else:
        assert (known.state, known.error, known.lease_until) == ("over", "call.not_made", None)
