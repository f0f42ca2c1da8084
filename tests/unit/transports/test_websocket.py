"""The shell on virtual time; `tests/e2e/test_pvp_errors.py` runs it on sockets."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.types import Message
from starlette.websockets import WebSocket

from flows.findings import Finding
from flows.load import FlowError
from kit.clock import Clock
from kit.errors import CapacityError, InputError
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import CallFailed
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.virtual_time import run
from transports.live import LiveCalls
from transports.ports import Call, CallRequest
from transports.pvp_connection import FAREWELL_S, NOBODY_S, PvpConnection
from transports.websocket import WebSocketCarrier

REQUEST = CallRequest("01934f3c-0000-7000-8000-000000000000", "greet")


class Peer:
    """A client at the ASGI border: what it sends is queued, what it gets is kept with its time."""

    def __init__(self) -> None:
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.sounds_got = 0
        self.close: tuple[float, int] | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self._is_gone = False
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._events.put_nowait({"type": "websocket.connect"})
        self.websocket = WebSocket({"type": "websocket", "headers": []}, self._events.get, self._take)

    def says(self, **message: Any) -> None:
        self._events.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def sounds(self, pcm: bytes) -> None:
        self._events.put_nowait({"type": "websocket.receive", "bytes": pcm})

    def goes(self) -> None:
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def vanishes(self) -> None:
        """Be gone before it is accepted."""
        self._events.get_nowait()
        self.goes()
        self._is_gone = True

    def goodbye(self) -> None:
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1000})

    def types(self) -> list[str]:
        return [message["type"] for _, message in self.got]

    async def _take(self, message: Message) -> None:
        await self.reads.wait()
        if self._is_gone:
            raise OSError("gone")
        now_s = asyncio.get_running_loop().time()
        if message["type"] == "websocket.close":
            self.close = (now_s, message["code"])
        elif message["type"] == "websocket.send" and "text" in message:
            self.got.append((now_s, json.loads(message["text"])))
        elif message["type"] == "websocket.send":
            self.sounds_got += 1


@dataclass
class Outcome:
    """What is left when the connection is over."""

    peer: Peer
    calls: EchoCalls
    live: LiveCalls
    took_s: float

    @property
    def errors(self) -> list[str]:
        return [message["code"] for _, message in self.peer.got if message["type"] == "error"]


def _serve(act: Callable[[Peer, EchoCalls], Any], calls: Callable[[], EchoCalls] = EchoCalls) -> Outcome:
    """Run one connection; `act` is what the client does, from 1 s on."""

    async def scenario() -> Outcome:
        peer, factory, live = Peer(), calls(), LiveCalls()
        connection = PvpConnection(WebSocketCarrier(peer.websocket), factory, live, Clock())
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(connection.serve(REQUEST))
            await asyncio.sleep(1)
            act(peer, factory)
            await serving
        return Outcome(peer, factory, live, asyncio.get_running_loop().time())

    return run(scenario())


def _refusing(error: InputError | CapacityError) -> Callable[[], EchoCalls]:
    def make() -> EchoCalls:
        calls = EchoCalls()
        calls.refuse = error
        return calls

    return make


def test_a_vanished_client_ends_the_call_and_is_not_written_to() -> None:
    outcome = _serve(lambda peer, _: peer.goes())
    assert outcome.peer.types() == ["status", "config", "transcript", "status"]
    assert outcome.peer.close is None
    assert len(outcome.live) == 0


def test_a_client_gone_before_the_accept_leaves_no_call() -> None:
    async def scenario() -> tuple[EchoCalls, LiveCalls]:
        peer, calls, live = Peer(), EchoCalls(), LiveCalls()

        async def lost(_: Message) -> None:
            raise OSError("gone")

        websocket = WebSocket({"type": "websocket", "headers": []}, peer.websocket.receive, lost)
        await PvpConnection(WebSocketCarrier(websocket), calls, live, Clock()).serve(REQUEST)
        return calls, live

    calls, live = run(scenario())
    assert calls.placed == []
    assert len(live) == 0


def test_a_client_that_does_not_read_is_given_up_after_the_farewell_time() -> None:
    def stop_reading(peer: Peer, _: EchoCalls) -> None:
        peer.reads.clear()
        peer.says(type="ui_event", action="flood")

    outcome = _serve(stop_reading)
    assert outcome.took_s == 1 + FAREWELL_S
    assert outcome.peer.close is None


def test_a_flood_of_pings_that_nobody_reads_the_answers_of_ends_the_call() -> None:
    def flood(peer: Peer, _: EchoCalls) -> None:
        peer.reads.clear()
        for number in range(300):
            peer.says(type="ping", ts=number)

    outcome = _serve(flood)
    assert outcome.took_s == 1 + FAREWELL_S
    assert len(outcome.live) == 0


def test_a_full_server_says_so_and_closes_with_1013() -> None:
    outcome = _serve(lambda peer, calls: None, _refusing(CapacityError("full")))
    assert outcome.errors == ["capacity.full"]
    assert outcome.peer.close == (0.0, 1013)


def test_a_connection_without_a_call_ends_when_nothing_is_heard() -> None:
    outcome = _serve(lambda peer, _: peer.says(type="ping", ts=1), _refusing(InputError("bad", code="flow.invalid")))
    assert outcome.errors == ["flow.invalid", "call.idle"]
    assert outcome.peer.close == (1 + NOBODY_S, 4408)


def test_a_connection_without_a_call_does_not_count_as_live() -> None:
    async def scenario() -> int:
        peer, live = Peer(), LiveCalls()
        calls = _refusing(InputError("bad", code="flow.invalid"))()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(
                PvpConnection(WebSocketCarrier(peer.websocket), calls, live, Clock()).serve(REQUEST)
            )
            await asyncio.sleep(1)
            waiting = len(live)
            peer.goes()
            await serving
        return waiting

    assert run(scenario()) == 0


def test_findings_of_a_broken_flow_go_with_the_error() -> None:
    finding = Finding("states.a", 3, 7, "error", "check.unknown_target", "unknown target")
    error = FlowError("bad", (finding,), code="flow.check_failed")
    outcome = _serve(lambda peer, _: peer.goes(), _refusing(error))
    (message,) = (message for _, message in outcome.peer.got if message["type"] == "error")
    assert message["message"] == "Flow validation failed."
    assert message["findings"] == [dataclasses.asdict(finding)]


class _CallThatSaysWhyItEnds(EchoCall):
    def __init__(self, request: CallRequest, leg: Leg) -> None:
        super().__init__(request, leg)
        self._out = leg

    async def run(self) -> CallReport:
        report = await super().run()
        self._out.send(CallFailed("call.idle", "Nobody spoke for a while."))
        return report


def test_an_error_that_the_call_has_said_is_not_said_twice() -> None:
    class Calls(EchoCalls):
        async def place(self, request: CallRequest, leg: Leg) -> Call:
            return _CallThatSaysWhyItEnds(request, leg)

    outcome = _serve(lambda peer, _: peer.says(type="ui_event", action="idle"), Calls)
    assert outcome.errors == ["call.idle"]
    assert outcome.peer.close == (1.0, 4408)


def test_an_upgrade_is_declined_and_a_downgrade_confirmed() -> None:
    def act(peer: Peer, _: EchoCalls) -> None:
        peer.says(type="upgrade-offer", sdp="v=0")
        peer.says(type="downgrade")
        peer.says(type="ui_event", action="finish")

    outcome = _serve(act)
    assert outcome.peer.types()[4:] == ["upgrade-failed", "downgrade-complete", "flow_end", "status"]
    assert outcome.peer.close == (1.0, 1000)


def test_nothing_reaches_the_call_after_the_fiftieth_bad_frame() -> None:
    def act(peer: Peer, _: EchoCalls) -> None:
        for _i in range(50):
            peer.sounds(b"\0")
        peer.sounds(b"\0\0")

    outcome = _serve(act)
    assert outcome.peer.close == (1.0, 1008)
    assert not any(isinstance(frame, AudioIn) for frame in outcome.calls.placed[0].received)


def test_a_stop_while_the_call_is_prepared_ends_it_at_once() -> None:
    class SlowCalls(EchoCalls):
        async def place(self, request: CallRequest, leg: Leg) -> Call:
            await asyncio.sleep(5)
            return await super().place(request, leg)

    async def scenario() -> tuple[Peer, float]:
        peer, live = Peer(), LiveCalls()
        async with asyncio.TaskGroup() as group:
            group.create_task(
                PvpConnection(WebSocketCarrier(peer.websocket), SlowCalls(), live, Clock()).serve(REQUEST)
            )
            await asyncio.sleep(1)
            live.end_all("server_stopping")
        return peer, asyncio.get_running_loop().time()

    peer, took_s = run(scenario())
    assert took_s == 5
    assert peer.close == (5, 1012)


def test_a_connection_without_a_call_is_closed_for_bad_frames_too() -> None:
    def act(peer: Peer, _: EchoCalls) -> None:
        for _i in range(50):
            peer.sounds(b"\0")

    outcome = _serve(act, _refusing(InputError("bad", code="flow.invalid")))
    assert outcome.peer.close == (1.0, 1008)


def test_what_is_heard_keeps_a_connection_without_a_call_open() -> None:
    async def scenario() -> Peer:
        peer = Peer()
        calls = _refusing(InputError("bad", code="flow.invalid"))()
        async with asyncio.TaskGroup() as group:
            group.create_task(
                PvpConnection(WebSocketCarrier(peer.websocket), calls, LiveCalls(), Clock()).serve(REQUEST)
            )
            for _ in range(3):
                await asyncio.sleep(100)
                peer.sounds(b"\0\0")
        return peer

    assert run(scenario()).close == (300 + NOBODY_S, 4408)


def test_a_bug_in_taking_a_frame_ends_this_call_with_1011() -> None:
    class Deaf(EchoCall):
        def receive(self, frame: Frame) -> None:
            raise ZeroDivisionError("a planted bug")

    class Calls(EchoCalls):
        async def place(self, request: CallRequest, leg: Leg) -> Call:
            return Deaf(request, leg)

    with structlog.testing.capture_logs() as lines:
        outcome = _serve(lambda peer, _: peer.sounds(b"\0\0"), Calls)
    assert outcome.errors == ["internal"]
    assert outcome.peer.close == (1.0, 1011)
    assert [line["event"] for line in lines] == ["call_crashed"]
