import asyncio
import json

from flows.actions import StateEntered
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import CallFailed, Interrupted, PeerGone, Screen, StatusChanged
from pipeline.frames.text import Caption
from tests.support.virtual_time import run
from transports.outbox import MAX_WAITING, Outbox
from transports.pvp.codec import Wire
from transports.pvp.messages import Pong
from transports.pvp.outbox import PvpOutbox


async def _all(outbox: Outbox) -> list[Wire]:
    wires = []
    while len(outbox):
        item = await outbox.first()
        wires.append(item.wire)
        outbox.sent(item)
    return wires


def _kinds(wires: list[Wire]) -> list[str]:
    return [wire.hex() if isinstance(wire, bytes) else json.loads(wire)["type"] for wire in wires]


def test_messages_leave_in_order() -> None:
    outbox = PvpOutbox()
    outbox.put_frame(StatusChanged("speaking"))
    outbox.put_frame(AudioOut(b"\1\1", 0, 1))
    outbox.put(Pong(1, 2))
    assert _kinds(run(_all(outbox))) == ["status", "0101", "pong"]


def test_an_interruption_overtakes_all_and_drops_only_stale_sound() -> None:
    outbox = PvpOutbox()
    outbox.put_frame(AudioOut(b"\1\1", 0, 1))
    outbox.put_frame(Caption("c", "assistant", "Hello"))
    outbox.put_frame(AudioOut(b"\2\2", 1, 2))
    outbox.put_frame(AudioOut(b"\3\3", 2, 3))
    outbox.put_frame(Interrupted(2))
    assert _kinds(run(_all(outbox))) == ["interrupted", "transcript", "0303"]


def test_an_interruption_during_a_send_leaves_the_rest_whole() -> None:
    async def scenario() -> list[Wire]:
        outbox = PvpOutbox()
        outbox.put_frame(AudioOut(b"\1\1", 0, 1))
        outbox.put_frame(AudioOut(b"\2\2", 1, 2))
        in_flight = await outbox.first()
        outbox.put_frame(Interrupted(1))
        outbox.sent(in_flight)
        return await _all(outbox)

    assert _kinds(run(scenario())) == ["interrupted", "0202"]


def test_a_cancelled_writer_loses_nothing() -> None:
    async def scenario() -> list[Wire]:
        outbox = PvpOutbox()
        outbox.put(Pong(1, 2))
        await outbox.first()
        return await _all(outbox)

    assert _kinds(run(scenario())) == ["pong"]


def test_a_full_outbox_takes_nothing_more() -> None:
    outbox = PvpOutbox()
    taken = [outbox.put_frame(AudioOut(b"\0\0", pos, 1)) for pos in range(MAX_WAITING + 1)]
    assert taken == [True] * MAX_WAITING + [False]
    assert outbox.overflowed
    outbox.put_frame(Interrupted(1))
    assert not outbox.put(Pong(1, 2))


def test_frames_that_only_come_in_are_left_out() -> None:
    outbox = PvpOutbox()
    assert outbox.put_frame(PeerGone())
    assert len(outbox) == 0


def test_what_was_said_last_is_remembered() -> None:
    outbox = PvpOutbox()
    outbox.put_frame(CallFailed("call.idle", "Nobody spoke."))
    outbox.put_frame(StatusChanged("ended"))
    assert outbox.said_errors == {"call.idle"}
    assert outbox.said_ended


def test_a_reader_waits_for_the_next_message() -> None:
    async def scenario() -> list[str]:
        outbox = PvpOutbox()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(outbox.first())
            await asyncio.sleep(1)
            outbox.put(Pong(1, 2))
        return _kinds([first.result().wire])

    assert run(scenario()) == ["pong"]


def test_while_nobody_listens_sound_is_lost_and_the_screen_comes_first_again() -> None:
    async def scenario() -> list[str]:
        outbox = PvpOutbox()
        state = StateEntered("flow", "ask", {})
        outbox.put_frame(Screen(state))
        outbox.sent(await outbox.first())
        outbox.put_frame(AudioOut(b"\0\0", 0, 1))
        outbox.go_silent()
        outbox.put_frame(AudioOut(b"\0\0", 0, 2))
        outbox.put_frame(Caption("c", "assistant", "missed"))
        outbox.speak_again()
        outbox.put_frame(AudioOut(b"\0\0", 0, 3))
        return _kinds(await _all(outbox))

    assert run(scenario()) == ["flow_state", "transcript", "0000"]


def test_whoever_was_away_gets_what_came_after_their_last_number() -> None:
    async def scenario() -> list[Wire]:
        outbox = PvpOutbox()
        for i in range(4):
            outbox.put_frame(Caption(f"c{i}", "assistant", "Hello"))
            outbox.put(Pong(1, 2))
        while len(outbox):
            item = await outbox.first()
            outbox.numbered(item)
            outbox.sent(item)
        outbox.go_silent()
        outbox.put_frame(Caption("c4", "assistant", "Hello"))
        outbox.speak_again(2)
        wires = []
        while len(outbox):
            item = await outbox.first()
            wires.append(outbox.numbered(item))
            outbox.sent(item)
        return wires

    numbers = [(json.loads(wire)["id"], json.loads(wire)["seq"]) for wire in run(scenario())]
    assert numbers == [("c2", 3), ("c3", 4), ("c4", 5)]
