"""The sound of a call moves between two wires; on virtual time, with peers that are none."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kit.clock import Clock
from kit.errors import CapacityError, NotFoundError
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import LineBack, LineLost, RateAnnounced
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.sound import humming
from tests.support.virtual_time import run
from tests.unit.transports.test_websocket import REQUEST, Peer
from transports.live import LiveCalls
from transports.pvp_connection import PvpConnection
from transports.quality import QualityLog
from transports.websocket import WebSocketCarrier


class FakeWire:
    """Takes frames, and sends them when told to."""

    def __init__(self) -> None:
        self.waiting: list[AudioOut] = []
        self.sent: list[AudioOut] = []

    def play(self, frame: AudioOut) -> bool:
        self.waiting.append(frame)
        return True

    def drop(self, generation: int) -> None:
        self.waiting = [frame for frame in self.waiting if frame.generation > generation]

    def take_back(self) -> list[AudioOut]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def flow(self) -> None:
        self.sent += self.take_back()


class FakePeer:
    """A peer that connects when told to."""

    name = "webrtc"

    def __init__(self) -> None:
        self.id, self.wire, self.said_goodbye = "peer-1", FakeWire(), False
        self.answered: list[str] = []
        self.closed = False
        self.hear: Callable[[bytes], None] = lambda _: None
        self.candidates: list[Mapping[str, Any]] = []
        self.messages: asyncio.Queue[str | None] = asyncio.Queue()
        self._up = asyncio.Event()

    @property
    def is_up(self) -> bool:
        return self._up.is_set() and not self.closed

    def connects(self) -> None:
        self._up.set()

    def fails(self) -> None:
        """Its network is gone."""
        self.closed = True
        self.messages.put_nowait(None)

    async def connected(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._up.wait()
        except TimeoutError:
            return False
        return True

    async def accept(self) -> None:
        return

    def listen(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear

    async def send(self, message: str | bytes) -> None:
        assert isinstance(message, str)
        self.answered.append(message)

    async def receive(self) -> str | None:
        return await self.messages.get()

    async def add_candidates(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        self.candidates += candidates

    async def quality(self) -> Mapping[str, float]:
        return {"jitter_ms": 1.0, "loss": 0.0, "rtt_ms": 10.0, "mos": 4.4}

    async def close(self, code: int) -> None:
        self.closed = True

    async def abandon(self) -> None:
        self.closed = True


class FakePeers:
    """One peer for every offer but `full`."""

    def __init__(self) -> None:
        self.made: list[FakePeer] = []

    async def answer(self, offer: str) -> tuple[FakePeer, str]:
        if offer == "full":
            raise CapacityError("Too many connections are being made; try again later.")
        self.made.append(FakePeer())
        return self.made[-1], "the answer"


class Stage:
    """One call on a WebSocket."""

    def __init__(self) -> None:
        self.socket, self.calls, self.peers = Peer(), EchoCalls(), FakePeers()
        self.connection = PvpConnection(
            WebSocketCarrier(self.socket.websocket), self.calls, LiveCalls(), Clock(), peers=self.peers
        )
        self.spoken = 0

    @property
    def call(self) -> EchoCall:
        return self.calls.placed[0]

    def speaks(self, frames: int) -> None:
        """The call says that many frames, each with a number of its own."""
        for _ in range(frames):
            self.spoken += 1
            self.call.receive(AudioIn(self.spoken.to_bytes(2, "little") * 320))

    async def upgrade(self) -> FakePeer:
        """Ask, connect and switch."""
        self.socket.says(type="upgrade-offer", sdp="an offer")
        await asyncio.sleep(1)
        self.peers.made[-1].connects()
        self.socket.says(type="upgrade-complete")
        await asyncio.sleep(1)
        return self.peers.made[-1]


def _scene(act: Callable[[Stage], Any]) -> Stage:
    async def scenario() -> Stage:
        stage = Stage()
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.connection.serve(replace(REQUEST, quality=QualityLog())))
            await asyncio.sleep(1)
            await act(stage)
            stage.connection.end("completed")
        return stage

    return run(scenario())


def _numbers(frames: Sequence[AudioOut]) -> list[int]:
    return [int.from_bytes(frame.pcm[:2], "little") for frame in frames]


def test_sound_moves_up_and_down_without_a_sample_lost_or_said_twice() -> None:
    async def act(stage: Stage) -> None:
        stage.speaks(5)
        await asyncio.sleep(1)
        peer = await stage.upgrade()
        stage.speaks(4)
        peer.wire.flow()
        stage.speaks(3)  # these are still to leave
        stage.socket.says(type="downgrade")
        await asyncio.sleep(1)
        stage.speaks(2)
        await asyncio.sleep(1)
        assert _numbers(peer.wire.sent) == [6, 7, 8, 9]
        assert peer.closed

    stage = _scene(act)
    assert stage.socket.sounds_got == 5 + 3 + 2
    assert len(stage.calls.placed) == 1
    kinds = stage.socket.types()
    at = kinds.index("upgrade-answer")
    assert kinds[at : at + 4] == ["upgrade-answer", "upgrade-ready", "switch-now", "downgrade-complete"]


def test_only_one_side_is_heard_at_a_time() -> None:
    async def act(stage: Stage) -> None:
        stage.socket.says(type="config", sample_rate=48_000)
        stage.socket.says(type="upgrade-offer", sdp="an offer")
        await asyncio.sleep(1)
        peer = stage.peers.made[0]
        stage.call.received.clear()
        peer.hear(b"\1\1")  # not switched yet
        stage.socket.sounds(b"\2\2")
        await asyncio.sleep(1)
        peer.connects()
        stage.socket.says(type="upgrade-complete")
        await asyncio.sleep(1)
        peer.hear(b"\3\3")
        stage.socket.sounds(b"\4\4")
        await asyncio.sleep(0.5)
        stage.socket.says(type="downgrade")
        await asyncio.sleep(1)
        stage.socket.sounds(b"\5\5")
        await asyncio.sleep(1)
        assert stage.call.received == [
            AudioIn(b"\2\2"),
            RateAnnounced(16_000),
            AudioIn(b"\3\3"),
            RateAnnounced(48_000),
            AudioIn(b"\5\5"),
        ]

    _scene(act)


def test_a_peer_that_dies_gives_the_sound_back() -> None:
    async def act(stage: Stage) -> None:
        peer = await stage.upgrade()
        stage.speaks(3)
        peer.messages.put_nowait(None)
        await asyncio.sleep(1)
        stage.speaks(1)
        await asyncio.sleep(1)

    stage = _scene(act)
    assert stage.socket.sounds_got == 4
    assert "downgrade-complete" in stage.socket.types()


def test_sound_that_a_dead_peer_did_not_carry_is_kept_for_the_socket() -> None:
    async def act(stage: Stage) -> None:
        peer = await stage.upgrade()
        peer.hear(b"\1\1")
        died_s = asyncio.get_running_loop().time()
        await asyncio.sleep(8)
        stage.call.received.clear()
        stage.speaks(2)
        peer.messages.put_nowait(None)
        await asyncio.sleep(1)
        assert [frame for frame in stage.call.received if isinstance(frame, LineLost | LineBack)] == [
            LineLost(died_s),
            LineBack(),
        ]

    assert _scene(act).socket.sounds_got == 0  # the call itself will say it again


def test_quality_is_told_every_five_seconds_and_noted() -> None:
    async def act(stage: Stage) -> None:
        await stage.upgrade()
        await asyncio.sleep(11)

    stage = _scene(act)
    told = [message for _, message in stage.socket.got if message["type"] == "quality"]
    assert len(told) == 2
    assert (told[0]["wire"], told[0]["mos"]) == ("webrtc", 4.4)
    legs = stage.call.request.quality.legs(20.0)
    assert [(leg.wire, leg.mos) for leg in legs] == [("websocket", None), ("webrtc", 4.4)]


def test_a_peer_that_never_connects_is_let_go() -> None:
    async def act(stage: Stage) -> None:
        stage.socket.says(type="upgrade-offer", sdp="an offer")
        await asyncio.sleep(61)
        assert stage.peers.made[0].closed

    stage = _scene(act)
    assert stage.socket.types()[-1] != "switch-now"
    assert "upgrade-failed" in stage.socket.types()


def test_when_the_socket_goes_the_messages_follow_the_sound() -> None:
    async def act(stage: Stage) -> None:
        peer = await stage.upgrade()
        stage.socket.goodbye()
        await asyncio.sleep(1)
        peer.messages.put_nowait('{"type":"ui_event","action":"say","data":{"text":"over here"}}')
        stage.speaks(1)
        await asyncio.sleep(1)
        assert "over here" in peer.answered[-1]
        assert _numbers(peer.wire.waiting) == [1]

    assert len(_scene(act).calls.placed) == 1


def test_a_ping_on_the_peers_channel_is_answered_there() -> None:
    async def act(stage: Stage) -> None:
        peer = await stage.upgrade()
        peer.messages.put_nowait('{"type":"ping","ts":7}')
        await asyncio.sleep(1)
        assert '"ts":7' in peer.answered[0]

    assert "pong" not in _scene(act).socket.types()


def test_candidates_reach_the_peer_and_a_full_server_says_so() -> None:
    async def act(stage: Stage) -> None:
        stage.socket.says(type="upgrade-offer", sdp="full")
        stage.socket.says(type="upgrade-offer", sdp="an offer")
        stage.socket.says(type="upgrade-ice", candidates=[{"candidate": "x"}])
        await asyncio.sleep(1)
        assert stage.peers.made[0].candidates == [{"candidate": "x"}]

    reasons = [
        message.get("reason", "") for _, message in _scene(act).socket.got if message["type"] == "upgrade-failed"
    ]
    assert reasons[0].startswith("Too many connections")


def test_a_second_peer_takes_the_place_of_the_first() -> None:
    async def act(stage: Stage) -> None:
        first = await stage.upgrade()
        stage.speaks(2)
        second = FakePeer()
        stage.connection.carriers.join(second)
        second.connects()
        await asyncio.sleep(1)
        stage.speaks(1)
        assert first.closed
        assert _numbers(second.wire.waiting) == [3]

    assert _scene(act).socket.sounds_got == 2  # which had not left: between the two, the socket carries sound


def test_the_client_says_when_the_sound_moves() -> None:
    async def act(stage: Stage) -> None:
        stage.socket.says(type="upgrade-offer", sdp="an offer")
        await asyncio.sleep(1)
        stage.peers.made[0].connects()
        await asyncio.sleep(5)
        assert "switch-now" not in stage.socket.types()
        stage.socket.says(type="upgrade-complete")
        await asyncio.sleep(1)
        assert "switch-now" in stage.socket.types()

    _scene(act)


def test_a_flood_of_connections_in_place_of_others_is_refused_and_none_is_left_over() -> None:
    async def act(stage: Stage) -> None:
        first = await stage.upgrade()
        peers = [FakePeer() for _ in range(40)]
        taken = [stage.connection.carriers.join(peer) for peer in peers]
        assert taken.count(True) == 16, "the others are for their makers to close"
        await asyncio.sleep(120)
        assert [peer for peer, was_taken in zip(peers, taken, strict=True) if was_taken and not peer.closed] == []
        assert first.closed

    _scene(act)


def test_a_connection_that_comes_when_the_call_is_over_is_refused() -> None:
    stage = _scene(lambda stage: asyncio.sleep(1))
    assert not stage.connection.carriers.join(FakePeer.__new__(FakePeer))


def test_a_peer_that_is_being_let_go_when_the_call_ends_is_let_go() -> None:
    class SlowPeer(FakePeer):
        async def close(self, code: int) -> None:
            try:
                await asyncio.sleep(1)
            finally:
                self.closed = True

    async def act(stage: Stage) -> None:
        old, new = SlowPeer(), FakePeer()
        for peer in (old, new):
            stage.connection.carriers.join(peer)
            peer.connects()
            await asyncio.sleep(0.5)  # half of what the old one takes to go
        made.extend((old, new))

    made: list[FakePeer] = []
    _scene(act)
    assert [peer.closed for peer in made] == [True, True]


def test_offers_without_a_call_are_answered() -> None:
    async def scenario() -> Peer:
        socket, calls = Peer(), EchoCalls()
        calls.refuse = NotFoundError("no such flow", code="flow.not_found")
        connection = PvpConnection(WebSocketCarrier(socket.websocket), calls, LiveCalls(), Clock(), peers=FakePeers())
        async with asyncio.TaskGroup() as group:
            group.create_task(connection.serve(REQUEST))
            await asyncio.sleep(1)
            socket.says(type="upgrade-offer", sdp="an offer")
            await asyncio.sleep(1)
            socket.goodbye()
        return socket

    assert run(scenario()).types()[-1] == "upgrade-failed"


def test_a_call_without_a_socket_has_nothing_to_go_down_to() -> None:
    async def act(stage: Stage) -> None:
        peer = await stage.upgrade()
        stage.socket.goodbye()
        await asyncio.sleep(1)
        peer.messages.put_nowait('{"type":"downgrade"}')
        await asyncio.sleep(1)
        assert "webrtc.no_socket" in peer.answered[-1]

    _scene(act)


def _frames(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + 640] for at in range(0, len(pcm), 640)]


def test_what_comes_over_both_wires_is_heard_once_and_whole() -> None:
    """The peer is 120 ms behind the socket all the time."""
    said, late = humming(4.0, seed=5), 6

    async def act(stage: Stage) -> None:
        frames = _frames(said)
        stage.socket.says(type="upgrade-offer", sdp="an offer")
        await asyncio.sleep(0.2)
        peer = stage.peers.made[0]
        peer.connects()
        stage.call.received.clear()
        for number, frame in enumerate(frames):
            await asyncio.sleep(0.02)
            if number == 60:
                stage.socket.says(type="upgrade-complete")
            if number == 130:
                stage.socket.says(type="downgrade")
            if number < 63 or number >= 130:  # a client that is told of the change a little later
                stage.socket.sounds(frame)
            if number >= late and not peer.closed:
                peer.hear(frames[number - late])

    call = _scene(act).call
    heard = b"".join(frame.pcm for frame in call.received if isinstance(frame, AudioIn))
    assert heard == said
