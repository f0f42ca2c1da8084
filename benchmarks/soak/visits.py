"""What callers do, good and bad. Each visit is one connection; it returns when it is over, whatever the server did."""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.talk.caller import Step, play
from benchmarks.talk.tape import FRAME_BYTES, FRAME_S, Turn

_LONGEST_S = 40.0
Visit = Callable[[str, Turn, random.Random], Awaitable[None]]


async def talk(url: str, turn: Turn, chance: random.Random) -> None:
    """Say something, hear the answer, hang up."""
    await play(url, [Step(turn)], at_most_s=_LONGEST_S)


async def interrupt(url: str, turn: Turn, chance: random.Random) -> None:
    """Talk into the greeting and hang up soon after."""
    await play(url, [Step(turn, over_bot_s=chance.uniform(0.1, 1.0))], to_the_end=False, at_most_s=_LONGEST_S)


async def hang_up_early(url: str, turn: Turn, chance: random.Random) -> None:
    """Leave while the bot greets."""
    await play(url, [], at_most_s=chance.uniform(0.1, 1.5))


async def vanish(url: str, turn: Turn, chance: random.Random) -> None:
    """Break the connection in the middle of a word, without a close."""
    socket = await connect(url, compression=None, max_size=2**20)
    drain = asyncio.ensure_future(_read(socket))
    for frame in turn.frames()[: chance.randint(20, 150)]:
        await socket.send(frame)
        await asyncio.sleep(FRAME_S)
    drain.cancel()
    socket.transport.abort()


async def garbage(url: str, turn: Turn, chance: random.Random) -> None:
    """Send what no client should: odd frames, no JSON, wrong types, unknown rates."""
    bad: list[str | bytes] = [
        b"\1" * 3,
        b"",
        bytes(70_000),
        "not json",
        "[]",
        '{"type": 3}',
        json.dumps({"type": "config", "sample_rate": 7}),
        json.dumps({"type": "ui_event", "action": "no_such_action"}),
        json.dumps({"type": "dtmf", "digits": "abc"}),
        chance.randbytes(FRAME_BYTES),
    ]
    async with connect(url, compression=None, max_size=2**20) as socket:
        drain = asyncio.ensure_future(_read(socket))
        for _ in range(40):
            await socket.send(chance.choice(bad))
            await asyncio.sleep(0.02)
        drain.cancel()


async def do_not_read(url: str, turn: Turn, chance: random.Random) -> None:
    """Take nothing of what the server sends for a while."""
    async with connect(url, compression=None, max_size=2**20, max_queue=1, close_timeout=0.5) as socket:
        for _ in range(150):
            await socket.send(bytes(FRAME_BYTES))
            await asyncio.sleep(FRAME_S)


async def no_such_flow(url: str, turn: Turn, chance: random.Random) -> None:
    """Ask for a flow that is not there."""
    async with connect(url.split("program_id=")[0] + "program_id=missing", compression=None) as socket:
        await socket.recv()


async def look_in(url: str, turn: Turn, chance: random.Random) -> None:
    """Leave with the first sound of the greeting."""
    await play(url, [], at_most_s=chance.uniform(0.1, 0.4))


VISITS: Mapping[Visit, int] = {
    talk: 4,
    interrupt: 3,
    hang_up_early: 6,
    vanish: 3,
    garbage: 2,
    do_not_read: 1,
    no_such_flow: 1,
}
"""What callers do, and how often."""
HURRIED: Mapping[Visit, int] = {look_in: 6, no_such_flow: 1}
"""What callers do who make the number of calls large enough to see a small leak."""


async def visit(url: str, turn: Turn, chance: random.Random, kinds: Mapping[Visit, int]) -> str:
    """Make one visit of a random kind; return its name."""
    (kind,) = chance.choices(list(kinds), list(kinds.values()))
    with contextlib.suppress(ConnectionClosed, OSError, TimeoutError):
        async with asyncio.timeout(_LONGEST_S + 10):
            await kind(url, turn, chance)
    return getattr(kind, "__name__", "visit")


async def _read(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass
