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
    outbox = Outbox()
    outbox.put_frame(StatusChanged("speaking"))
    outbox.put_frame(AudioOut(b"\1\1", 0, 1))
    outbox.put(Pong(1, 2))
    assert _kinds(run(_all(outbox))) == ["status", "0101", "pong"]


def test_an_interruption_overtakes_all_and_drops_only_stale_sound() -> None:
    outbox = Outbox()
    outbox.put_frame(AudioOut(b"\1\1", 0, 1))
    outbox.put_frame(Caption("c", "assistant", "Hello"))
    outbox.put_frame(AudioOut(b"\2\2", 1, 2))
    outbox.put_frame(AudioOut(b"\3\3", 2, 3))
    outbox.put_frame(Interrupted(2))
    assert _kinds(run(_all(outbox))) == ["interrupted", "transcript", "0303"]


def test_an_interruption_during_a_send_leaves_the_rest_whole() -> None:
    async def scenario() -> list[Wire]:
        outbox = Outbox()
        outbox.put_frame(AudioOut(b"\1\1", 0, 1))
        outbox.put_frame(AudioOut(b"\2\2", 1, 2))
        in_flight = await outbox.first()
        outbox.put_frame(Interrupted(1))
        outbox.sent(in_flight)
        return await _all(outbox)

    assert _kinds(run(scenario())) == ["interrupted", "0202"]


def test_a_cancelled_writer_loses_nothing() -> None:
    async def scenario() -> list[Wire]:
        outbox = Outbox()
        outbox.put(Pong(1, 2))
        await outbox.first()
        return await _all(outbox)

    assert _kinds(run(scenario())) == ["pong"]


def test_a_full_outbox_takes_nothing_more() -> None:
    outbox = Outbox()
    taken = [outbox.put_frame(AudioOut(b"\0\0", pos, 1)) for pos in range(MAX_WAITING + 1)]
    assert taken == [True] * MAX_WAITING + [False]
    assert outbox.overflowed
    outbox.put_frame(Interrupted(1))
    assert not outbox.put(Pong(1, 2))


def test_frames_that_only_come_in_are_left_out() -> None:
    outbox = Outbox()
    assert outbox.put_frame(PeerGone())
    assert len(outbox) == 0


def test_what_was_said_last_is_remembered() -> None:
    outbox = Outbox()
    outbox.put_frame(CallFailed("call.idle", "Nobody spoke."))
    outbox.put_frame(StatusChanged("ended"))
    assert outbox.said_errors == {"call.idle"}
    assert outbox.said_ended


def test_a_reader_waits_for_the_next_message() -> None:
    async def scenario() -> list[str]:
        outbox = Outbox()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(outbox.first())
            await asyncio.sleep(1)
            outbox.put(Pong(1, 2))
        return _kinds([first.result().wire])

    assert run(scenario()) == ["pong"]


def test_while_nobody_listens_sound_is_lost_and_the_screen_comes_first_again() -> None:
    async def scenario() -> list[str]:
        outbox = Outbox()
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
