"""Control sockets beside calls, and calls found by the name their client gave; on virtual time."""

import asyncio

from pipeline.frames.control import UiAction
from tests.unit.transports.test_resume import Line, scene
from tests.unit.transports.test_websocket import Peer
from transports.companions import CALL_S

NAME = "session_id=phone-1"


async def _control(line: Line, name: str = NAME) -> Peer:
    return await line.connect(path="/ws", query=f"mode=control&{name}")


async def _call(line: Line, name: str = NAME) -> Peer:
    return await line.connect(path="/ws", query=f"program_id=greet&{name}")


def test_a_control_socket_hears_at_once_that_it_is_there_and_then_all_the_call_says() -> None:
    async def act(line: Line) -> None:
        control = await _control(line)
        assert control.got[0][1] == {"type": "status", "status": "idle"}
        control.says(type="ping", ts=3)
        await asyncio.sleep(1)
        assert (control.got[1][1]["type"], control.got[1][1]["ts"]) == ("pong", 3)
        call = await _call(line)
        said = {message["id"] for _, message in call.got if message["type"] == "transcript"}
        assert {message["id"] for _, message in control.got if message["type"] == "transcript"} == said
        assert "config" in control.types()
        assert control.sounds_got == 0
        call.goodbye()
        await asyncio.sleep(1)
        assert control.close is not None
        assert control.close[1] == 1000

    scene(act)


def test_what_is_pressed_there_reaches_the_call_and_pings_are_answered_there() -> None:
    async def act(line: Line) -> None:
        control, call = await _control(line), await _call(line)
        control.says(type="ui_event", action="say", data={"text": "pressed"})
        control.says(type="ping", ts=4)
        await asyncio.sleep(1)
        assert [peer.got[-1][1].get("text") for peer in (call,)] == ["pressed"]
        assert "pressed" in [message.get("text") for _, message in control.got]
        assert control.types().count("pong") == 1
        assert "pong" not in call.types()
        control.says(type="ui_event", action="finish")
        await asyncio.sleep(1)
        assert control.got[-1][1] == {"type": "status", "status": "ended"}

    assert UiAction("say", {"text": "pressed"}) in scene(act).calls.placed[0].received


def test_a_control_socket_may_break_come_late_and_come_back() -> None:
    async def act(line: Line) -> None:
        call = await _call(line)
        first = await _control(line)
        assert first.types()[:3] == ["status", "status", "config"]
        second = await _control(line)
        assert first.close is not None
        second.goes()
        await asyncio.sleep(1)
        call.says(type="ui_event", action="say", data={"text": "still here"})
        third = await _control(line)
        call.says(type="ui_event", action="say", data={"text": "again"})
        await asyncio.sleep(1)
        assert third.got[-1][1]["text"] == "again"
        call.goodbye()

    scene(act)


def test_another_name_is_another_call() -> None:
    async def act(line: Line) -> None:
        control = await _control(line, "session_id=phone-2")
        call = await _call(line)
        assert control.types() == ["status"]
        call.goodbye()
        control.goes()

    scene(act)


def test_a_control_socket_whose_call_never_comes_is_closed() -> None:
    async def act(line: Line) -> None:
        control = await _control(line)
        await asyncio.sleep(CALL_S + 1)
        assert control.close is not None

    scene(act)


def test_without_a_name_or_beyond_the_bound_there_is_none() -> None:
    async def act(line: Line) -> None:
        nameless = await _control(line, "")
        assert (nameless.got[-1][1]["code"], nameless.close is not None) == ("session.no_id", True)
        sockets = [await _control(line, f"session_id={number}") for number in range(9)]
        assert sockets[-1].got[-1][1]["code"] == "capacity.full"
        assert sockets[-1].close is not None
        assert sockets[-1].close[1] == 1013
        for socket in sockets[:-1]:
            socket.goes()

    scene(act)


def test_one_that_does_not_read_is_let_go_and_the_call_goes_on() -> None:
    async def act(line: Line) -> None:
        control, call = await _control(line), await _call(line)
        control.reads.clear()
        for _ in range(400):
            call.says(type="ui_event", action="say", data={"text": "more"})
            await asyncio.sleep(0.01)
        control.says(type="ping", ts=1)
        await asyncio.sleep(20)
        call.says(type="ui_event", action="say", data={"text": "still here"})
        await asyncio.sleep(1)
        assert call.got[-1][1]["text"] == "still here"
        call.goodbye()

    assert len(scene(act).live) == 0
