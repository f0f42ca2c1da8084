"""A process that places a call and is killed in the middle: `python -m tests.support.dying_placer URL FILE WHEN`.

It prints `here` when it has come to the point, before or after the carrier was asked, and waits to be killed. Each
call that the carrier makes is a line in FILE.
"""

import asyncio
import sys
from pathlib import Path

from control_api.calls.placing import CallWish
from kit.phone_calls import DialOrder, LineAccess
from storage.engine import Database
from storage.tables.call_intent import CallIntent
from tests.support.calling_lab import CALLEE, CallingLab, ListedDialer, PlainTickets

WISH = CallWish(CALLEE, key="order-17")


async def _wait_for_the_end() -> None:
    print("here", flush=True)  # noqa: T201  the test reads it
    await asyncio.sleep(60)


class _FileDialer(ListedDialer):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        made = self._path.read_text() if self._path.exists() else ""
        self._path.write_text(f"{made}{order.intent_id}\n")
        await _wait_for_the_end()
        raise AssertionError("killed before")


class _DyingTickets(PlainTickets):
    async def mint(self, intent: CallIntent, line: LineAccess, ttl_s: float) -> str:
        await _wait_for_the_end()
        raise AssertionError("killed before")


async def _place(url: str, path: Path, when: str) -> None:
    tickets = _DyingTickets() if when == "before" else PlainTickets()
    lab = CallingLab(Database(url), dialer=_FileDialer(path), tickets=tickets)
    await lab.placer.place("anna", WISH)


if __name__ == "__main__":
    asyncio.run(_place(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
