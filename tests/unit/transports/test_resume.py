"""A session's call outlives its socket; on virtual time, with clients at the ASGI border."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from flows.actions import StateEntered
from kit.clock import Clock
from kit.errors import InputError
from kit.ids import uuid7
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import LineBack, LineLost, PeerGone, Screen, UiAction
from tests.support.fake_call import EchoCalls
from tests.support.virtual_time import run
from tests.unit.transports.test_sound_switch import FakePeer, FakePeers
from tests.unit.transports.test_websocket import Peer
from transports.companions import Companions
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
        self.peers = FakePeers()
        sessions = sessions_of(self.calls, self.tokens, self.live, Clock(), self.peers)
        self._app.include_router(pvp_router(sessions, OpenDoor(), self.live, Companions(Clock(), 8)))
        self._group = group

    async def connect(
        self, last_seq: int | None = None, path: str = f"/v1/ws/{TOKEN}", query: str = "", *, is_gone: bool = False
    ) -> Peer:
        """Connect and wait until what is said at once has been said."""
        peer = Peer()
        if is_gone:
            peer.vanishes()
        sent = query if last_seq is None else f"last_seq={last_seq}"
        scope: dict[str, Any] = {"type": "websocket", "path": path, "headers": [], "query_string": sent.encode()}
        self._group.create_task(self._app(scope, peer.websocket.receive, peer.websocket.send))
        await asyncio.sleep(1)
        return peer


def scene(act: Callable[[Line], Awaitable[None]]) -> Line:
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

    line = scene(act)
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

    scene(act)


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

    line = scene(act)
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

    scene(act)


def test_a_client_that_says_goodbye_ends_the_call_at_once() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goodbye()
        await asyncio.sleep(0.1)
        assert _gone(line)

    scene(act)


def test_a_second_socket_while_the_first_is_well_is_refused() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        second = await line.connect()
        assert second.close is not None
        assert second.close[1] == 4409
        assert first.close is None
        first.goodbye()

    scene(act)


def test_of_two_that_come_back_at_once_one_gets_the_call() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goes()
        await asyncio.sleep(1)
        peers = await asyncio.gather(line.connect(), line.connect())
        closes = [peer.close[1] for peer in peers if peer.close is not None]
        assert closes == [4409]
        next(peer for peer in peers if peer.close is None).goodbye()

    scene(act)


def test_a_call_that_ends_while_nobody_is_there_frees_its_place() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goes()
        await asyncio.sleep(1)
        line.calls.placed[0].end("completed")
        await asyncio.sleep(1)
        assert (line.tokens.released, len(line.live)) == (1, 0)

    scene(act)


def test_a_draining_server_lets_a_lost_caller_come_back() -> None:
    async def act(line: Line) -> None:
        (await line.connect()).goes()
        line.live.draining = True
        second = await line.connect()
        assert second.types()[:2] == ["status", "config"]
        second.goodbye()

    scene(act)


def test_a_socket_may_break_many_times() -> None:
    async def act(line: Line) -> None:
        for _ in range(5):
            (await line.connect()).goes()
            await asyncio.sleep(1)
        (await line.connect()).goodbye()

    line = scene(act)
    assert len(line.calls.placed) == 1


def test_who_says_what_it_has_seen_takes_over_from_a_socket_that_seems_well() -> None:
    """A phone that changes its network knows at once; the server still sees the old socket open."""

    async def act(line: Line) -> None:
        first = await line.connect()
        second = await line.connect(last_seq=1)
        assert second.types()[:2] == ["status", "config"]
        assert first.close is not None
        assert second.close is None
        second.says(type="ui_event", action="say", data={"text": "over here"})
        await asyncio.sleep(1)
        assert second.got[-1][1]["text"] == "over here"
        second.goodbye()

    line = scene(act)
    assert len(line.calls.placed) == 1
    frames = [type(frame) for frame in line.calls.placed[0].received if isinstance(frame, LineLost | LineBack)]
    assert frames == [LineLost, LineBack]


def test_a_call_without_a_session_is_taken_up_by_the_token_it_was_told() -> None:
    async def act(line: Line) -> None:
        first = await line.connect(path="/ws", query="program_id=greet&resume=true")
        token = first.got[1][1]["resume_token"]
        first.goes()
        await asyncio.sleep(5)
        second = await line.connect(last_seq=2, path=f"/v1/ws/{token}")
        assert second.got[1][1]["call_id"] == first.got[1][1]["call_id"]
        second.goodbye()
        await asyncio.sleep(1)
        late = await line.connect(path=f"/v1/ws/{token}")
        assert late.close is not None
        assert late.close[1] == 4401

    line = scene(act)
    assert len(line.calls.placed) == 1
    assert "resume" not in line.calls.placed[0].request.metadata


def test_a_client_that_does_not_know_how_to_come_back_ends_its_call() -> None:
    async def act(line: Line) -> None:
        first = await line.connect(path="/ws", query="program_id=greet")
        assert "resume_token" not in first.got[1][1]
        first.goes()
        await asyncio.sleep(0.1)
        assert _gone(line)

    scene(act)


async def _over_webrtc(line: Line, socket: Peer) -> FakePeer:
    socket.says(type="upgrade-offer", sdp="an offer")
    await asyncio.sleep(0.2)
    peer = line.peers.made[-1]
    peer.connects()
    socket.says(type="upgrade-complete")
    await asyncio.sleep(0.2)
    peer.hear(b"\1\1")
    return peer


def test_sound_stays_where_it_is_while_the_socket_breaks_and_comes_back() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        peer = await _over_webrtc(line, first)
        first.goes()
        await asyncio.sleep(0.2)
        line.calls.placed[0].receive(UiAction("say", {"text": "on the channel"}))
        await asyncio.sleep(0.2)
        assert "on the channel" in peer.answered[-1]
        peer.hear(b"\2\2")
        line.calls.placed[0].received.clear()
        second = await line.connect(last_seq=4)
        assert [message["text"] for _, message in second.got if message["type"] == "transcript"] == ["on the channel"]
        peer.hear(b"\3\3")
        second.says(type="downgrade")
        await asyncio.sleep(0.5)
        assert not peer.is_up
        second.sounds(b"\4\4")
        second.goodbye()

    frames = scene(act).calls.placed[0].received
    assert [frame for frame in frames if not isinstance(frame, PeerGone)] == [AudioIn(b"\3\3"), AudioIn(b"\4\4")]


def test_a_socket_that_comes_back_only_to_break_again_leaves_the_call_on_its_peer() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        peer = await _over_webrtc(line, first)
        first.goes()
        await asyncio.sleep(0.2)
        peer.hear(b"\2\2")
        await line.connect(last_seq=0, is_gone=True)
        line.calls.placed[0].receive(UiAction("say", {"text": "still here"}))
        await asyncio.sleep(0.2)
        assert "still here" in peer.answered[-1]
        assert peer.is_up
        peer.messages.put_nowait('{"type":"ui_event","action":"finish"}')

    assert len(scene(act).live) == 0


def test_a_peer_that_has_gone_with_the_socket_does_not_keep_the_sound() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        peer = await _over_webrtc(line, first)
        first.goes()
        await asyncio.sleep(4)  # nothing comes of the peer, either
        second = await line.connect(last_seq=0)
        second.sounds(b"\4\4")
        await asyncio.sleep(0.2)
        assert AudioIn(b"\4\4") in line.calls.placed[0].received
        assert "downgrade-complete" in second.types()
        assert not peer.is_up
        second.goodbye()

    scene(act)


def test_what_has_been_forgotten_is_made_up_for_by_the_screen() -> None:
    async def act(line: Line) -> None:
        first = await line.connect()
        call = line.calls.placed[0]
        call.leg.send(Screen(StateEntered("greet", "form", {"long": "x" * 1000})))
        for _ in range(300):
            call.receive(UiAction("say", {"text": "more"}))
            await asyncio.sleep(0)
        await asyncio.sleep(1)
        first.goes()
        await asyncio.sleep(1)
        second = await line.connect(last_seq=0)
        assert second.types().count("flow_state") == 1
        assert second.types().count("transcript") == 256
        second.goodbye()

    scene(act)
