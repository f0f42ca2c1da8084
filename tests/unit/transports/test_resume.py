"""A session's call outlives its socket; on virtual time, with clients at the ASGI border."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from kit.clock import Clock
from kit.errors import InputError
from kit.ids import uuid7
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import LineBack, LineLost, PeerGone, UiAction
from tests.support.fake_call import EchoCalls
from tests.support.virtual_time import run
from tests.unit.transports.test_websocket import Peer
from transports.live import LiveCalls
from transports.ports import CallRequest
from transports.pvp_routes import pvp_router, sessions_of
from transports.sessions import RESUME_S

TOKEN = "st_test"


class OneToken:
    """`SessionTokens` with one token that can be used once."""

    def __init__(self) -> None:
        self.redeemed = self.released = 0

    async def redeem(self, token: str) -> CallRequest:
        if self.released or token != TOKEN:
            raise InputError("Invalid or expired session token.", code="session.invalid_token")
        if self.redeemed:
            raise InputError("Session token already in use.", code="session.token_in_use")
        self.redeemed += 1
        return CallRequest(uuid7(), "greet")

    async def release(self, token: str) -> None:
        self.released += 1


class OpenDoor:
    """Lets everybody in."""

    async def account_of(self, connection: HTTPConnection) -> str:
        return "anna"


class Line:
    """The routes, and clients that connect to them with the same token."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.calls, self.tokens, self.live = EchoCalls(), OneToken(), LiveCalls()
        self._app = FastAPI()
        sessions = sessions_of(self.calls, self.tokens, self.live, Clock())
        self._app.include_router(pvp_router(self.calls, sessions, OpenDoor(), self.live, Clock()))
        self._group = group

    async def connect(self, last_seq: int | None = None) -> Peer:
        """Connect and wait until what is said at once has been said."""
        peer = Peer()
        query = b"" if last_seq is None else f"last_seq={last_seq}".encode()
        scope: dict[str, Any] = {"type": "websocket", "path": f"/v1/ws/{TOKEN}", "headers": [], "query_string": query}
        self._group.create_task(self._app(scope, peer.websocket.receive, peer.websocket.send))
        await asyncio.sleep(1)
        return peer


def _scene(act: Callable[[Line], Awaitable[None]]) -> Line:
    async def scenario() -> Line:
        async with asyncio.TaskGroup() as group:
            line = Line(group)
            await act(line)
        return line

    return run(scenario())


def _gone(line: Line) -> bool:
    return any(isinstance(frame, PeerGone) for frame in line.calls.placed[0].received)


def test_a_broken_socket_is_replaced_and_the_call_goes_on() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        first.goes()
        await asyncio.sleep(20)
        second = await line.connect()
        second.says(type="ui_event", action="say", data={"text": "still here"})
        await asyncio.sleep(1)
        assert second.types()[:2] == ["status", "config"]
        assert second.got[-1][1]["text"] == "still here"
        second.says(type="ui_event", action="finish")
        await asyncio.sleep(1)
        assert second.close is not None
        assert second.close[1] == 1000

    line = _scene(act)
    assert (len(line.calls.placed), line.tokens.redeemed, line.tokens.released, len(line.live)) == (1, 1, 1, 0)
    assert not _gone(line)


def test_what_was_shown_meanwhile_is_sent_first_and_what_was_spoken_is_not() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        call = line.calls.placed[0]
        first.goes()
        await asyncio.sleep(1)
        call.receive(UiAction("say", {"text": "missed"}))
        call.receive(AudioIn(bytes(640)))
        second = await line.connect()
        assert second.sounds_got == 0
        texts = [message.get("text") for _, message in second.got if message["type"] == "transcript"]
        assert texts == ["missed"]
        second.goodbye()

    _scene(act)


def test_a_client_that_says_what_it_has_seen_gets_what_it_has_not() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        call = line.calls.placed[0]
        for text in ("seen", "sent into the void"):
            call.receive(UiAction("say", {"text": text}))
        await asyncio.sleep(1)
        seen = next(message for _, message in first.got if message.get("text") == "seen")["seq"]
        first.goes()
        await asyncio.sleep(1)
        call.receive(UiAction("say", {"text": "never sent"}))
        second = await line.connect(last_seq=seen)
        texts = [message["text"] for _, message in second.got if message["type"] == "transcript"]
        assert texts == ["sent into the void", "never sent"]
        numbers = [message["seq"] for _, message in second.got if "seq" in message]
        assert numbers == [seen + 1, seen + 2]
        second.goodbye()

    line = _scene(act)
    frames = line.calls.placed[0].received
    assert [type(frame) for frame in frames if isinstance(frame, LineLost | LineBack)] == [LineLost, LineBack]


def test_nobody_comes_back_and_the_call_ends_after_the_window() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        first.goes()
        await asyncio.sleep(RESUME_S - 1)
        assert not _gone(line)
        await asyncio.sleep(2)
        assert _gone(line)
        late = await line.connect()
        assert late.close is not None
        assert late.close[1] == 4401

    _scene(act)


def test_a_client_that_says_goodbye_ends_the_call_at_once() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goodbye()
        await asyncio.sleep(0.1)
        assert _gone(line)

    _scene(act)


def test_a_second_socket_while_the_first_is_well_is_refused() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        second = await line.connect()
        assert second.close is not None
        assert second.close[1] == 4409
        assert first.close is None
        first.goodbye()

    _scene(act)


def test_of_two_that_come_back_at_once_one_gets_the_call() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goes()
        await asyncio.sleep(1)
        peers = await asyncio.gather(line.connect(), line.connect())
        closes = [peer.close[1] for peer in peers if peer.close is not None]
        assert closes == [4409]
        next(peer for peer in peers if peer.close is None).goodbye()

    _scene(act)


def test_a_call_that_ends_while_nobody_is_there_frees_its_place() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goes()
        await asyncio.sleep(1)
        line.calls.placed[0].end("completed")
        await asyncio.sleep(1)
        assert (line.tokens.released, len(line.live)) == (1, 0)

    _scene(act)


def test_a_draining_server_lets_a_lost_caller_come_back() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goes()
        line.live.draining = True
        second = await line.connect()
        assert second.types()[:2] == ["status", "config"]
        second.goodbye()

    _scene(act)


def test_a_socket_may_break_many_times() -> None:
    async def act(line: Line) -> None:
        for _ in range(5):
            (await line.connect()).goes()
            await asyncio.sleep(1)
        (await line.connect()).goodbye()

    line = _scene(act)
    assert len(line.calls.placed) == 1
