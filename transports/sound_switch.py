"""Which wire carries a call's sound, and how it changes in mid-call (docs/pvp.md §9).

The messages stay on one carrier. Sound goes between them, or over a peer connection that the client asks for in the
call or brings through `POST /offer`. It moves at a frame's edge, both ways at the same moment.
"""

import asyncio
from collections.abc import Callable

import structlog

from kit.clock import Clock
from kit.errors import CapacityError, InputError
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import LineBack, LineLost, RateAnnounced
from pipeline.ports import Frame
from transports.carrier import Carrier, Peer, PeerLost, Peers
from transports.overlap import Overlap
from transports.pvp.leg import PvpLeg
from transports.pvp.messages import (
    Downgrade,
    DowngradeComplete,
    Error,
    Quality,
    SwitchNow,
    UpgradeAnswer,
    UpgradeComplete,
    UpgradeFailed,
    UpgradeIce,
    UpgradeOffer,
    UpgradeReady,
)
from transports.quality import QualityLog

CONNECT_S = 60.0  # for a peer to connect
RATE_HZ = 16_000  # of sound on a peer connection
MEASURE_S = 5.0  # how often quality is told
OVERLAP_S = 0.3  # for which both wires carry the microphone before sound goes back
_MAX_ASKED = 16
_SILENT_S = 1.0  # who sends nothing for so long hears nothing either

Asked = UpgradeOffer | UpgradeIce | UpgradeComplete | Downgrade | Peer

log = structlog.get_logger(__name__)


class SoundSwitch:
    """Moves a call's sound between its carrier and a peer.

    Attributes:
        hear: Gets what the caller sends; nobody before the call.
        quality: Where is noted what the wires are like.
        heard_s: When anything last came of the caller.
    """

    def __init__(
        self, leg: PvpLeg, clock: Clock, peers: Peers | None, on_message: Callable[[str | bytes], str | None]
    ) -> None:
        """Prepare.

        Args:
            leg: What moves.
            clock: Tells the time.
            peers: Makes peers; None: there are none.
            on_message: Takes what comes on a peer's own channel, and returns the answer to be sent there.
        """
        self.hear: Callable[[Frame], None] | None = None
        self.quality = QualityLog()
        self.heard_s = self._began_s = clock.now_s()
        self._leg = leg
        self._clock = clock
        self._peers = peers
        self._on_message = on_message
        self._asked: asyncio.Queue[Asked] = asyncio.Queue()  # at most `_MAX_ASKED` of the client's
        self._carrier: Carrier | None = None
        self._peer: Peer | None = None
        self._watching: asyncio.Task[None] | None = None
        self._complete = asyncio.Event()
        self._followed: Peer | None = None  # that has become the carrier, because the one before it went
        self._spoke: Carrier | None = None  # of whom sound came last
        self._overlap, self._skip_bytes = Overlap(), 0
        self._closed = False
        self._rate_hz = RATE_HZ  # of sound between the messages

    def begin(self, carrier: Carrier) -> None:
        """Let messages go over `carrier`, and sound, too, unless a peer has it that is well."""
        peer = self._peer or self._followed
        keeps = carrier.wire is None and self.is_with_peer
        self._carrier, self._followed = carrier, peer if carrier is peer else None
        carrier.listen(lambda pcm: self._give(pcm, carrier))
        if keeps and peer is not None:
            if peer is not self._peer:  # it carried the messages meanwhile
                self._peer = peer
                self._asked.put_nowait(peer)
            return
        self._move(carrier)
        if carrier.wire is None and peer is not None:  # it is not well, and its client has to know
            if peer is self._peer:
                self._asked.put_nowait(Downgrade())
            else:
                self._leg.outbox.put(DowngradeComplete())

    def take_in(self, frame: Frame) -> None:
        """Take what came between the messages: sound, or the rate of sound."""
        self.heard_s = self._clock.now_s()
        if self._leg.wire is None:
            self._spoke = self._carrier
        if isinstance(frame, RateAnnounced):
            self._rate_hz = frame.rate_hz
        if isinstance(frame, AudioIn) and self._peer is not None and self._rate_hz == RATE_HZ:
            self._overlap.add(self._carrier, frame.pcm)
        if self._leg.wire is None:
            self._hear(frame)

    def ask(self, asked: UpgradeOffer | UpgradeIce | UpgradeComplete | Downgrade) -> None:
        """Take a client's wish; too many at once are refused."""
        if isinstance(asked, UpgradeOffer) and (self._peers is None or self._has_own_sound or self.hear is None):
            self._leg.outbox.put(UpgradeFailed())
        elif isinstance(asked, Downgrade) and self._has_own_sound:
            self._leg.outbox.put(Error("There is no WebSocket to go back to.", "webrtc.no_socket"))
        elif isinstance(asked, Downgrade) and self._peer is None:
            self._leg.outbox.put(DowngradeComplete())
        elif not self._take(asked):
            self._leg.outbox.put(UpgradeFailed("too many requests"))

    def join(self, peer: Peer) -> bool:
        """Let `peer` carry sound once it is connected; False if that cannot be, and who brought it has to close it."""
        return self._take(peer)

    def _take(self, asked: Asked) -> bool:
        if self._closed or self._asked.qsize() >= _MAX_ASKED:
            return False
        self._asked.put_nowait(asked)
        return True

    async def run(self) -> None:
        """Do what is asked, for as long as the call lasts."""
        self._began_s = self._clock.now_s()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._measure())
            while True:
                await self._do(await self._asked.get(), group)

    def lose(self) -> None:
        """Nobody listens: what they have not heard is kept."""
        if self.hear is not None:
            self.hear(LineLost(self.heard_s))

    def regain(self) -> None:
        """Somebody listens again."""
        if self.hear is not None:
            self.hear(LineBack())

    async def _measure(self) -> None:
        """Tell, and note, how well the peer carries the sound."""
        while True:
            await asyncio.sleep(MEASURE_S)
            carrier = self._peer if self._has_peer_sound else self._carrier
            if carrier is None or self._leg.wire is None:
                continue
            known = await carrier.quality()
            self.quality.measure(known)
            self._leg.outbox.put(Quality(carrier.name, **known))

    @property
    def is_with_peer(self) -> bool:
        """Whether sound goes over a peer, not the messages' carrier, and has come from it lately."""
        peer = self._peer or self._followed
        speaks = self._spoke is peer and self._clock.now_s() <= self.heard_s + _SILENT_S
        return peer is not None and self._leg.wire is peer.wire and peer.is_up and speaks

    def release(self) -> Peer | None:
        """Give up the peer that carries sound, to whoever goes on with it; None if none does."""
        peer = self._peer
        if peer is None or self._leg.wire is not peer.wire or not peer.is_up:
            return None
        self._stop_watching()
        self._peer, self._followed = None, peer
        return peer

    async def close(self) -> None:
        """Let go of a peer that only carries sound; no other is taken from now on."""
        self._closed = True
        self._stop_watching()
        peers = [] if self._peer is None else [self._peer]
        while not self._asked.empty():
            asked = self._asked.get_nowait()
            if not isinstance(asked, UpgradeOffer | UpgradeIce | UpgradeComplete | Downgrade):
                peers.append(asked)
        self._peer = None
        for peer in peers:
            await peer.close(1000)

    async def _do(self, asked: Asked, group: asyncio.TaskGroup) -> None:
        match asked:
            case UpgradeOffer(sdp):
                await self._offer(sdp, group)
            case UpgradeIce(candidates):
                if self._peer is not None:
                    try:
                        await self._peer.add_candidates(candidates)
                    except InputError as error:
                        self._leg.outbox.put(Error(str(error), error.code))
            case UpgradeComplete():
                if self._peer is None:
                    self._leg.outbox.put(UpgradeFailed("no offer"))
                self._complete.set()
            case Downgrade():
                await self._down()
            case _:
                await self._adopt(asked, group)

    async def _offer(self, sdp: str, group: asyncio.TaskGroup) -> None:
        assert self._peers is not None, "asked for only where there are some"
        try:
            peer, answer = await self._peers.answer(sdp)
        except (InputError, CapacityError) as error:
            self._leg.outbox.put(UpgradeFailed(str(error)))
            return
        self._leg.outbox.put(UpgradeAnswer(answer, peer.id))
        await self._adopt(peer, group)
        self._complete.clear()  # the client says when

    async def _adopt(self, peer: Peer, group: asyncio.TaskGroup) -> None:
        self._stop_watching()
        old, self._peer = self._peer, peer  # owned from here on, whatever happens to this task
        if old is not None and old is not peer:
            await self._drop(old)
        self._complete.set()
        self._watching = group.create_task(self._watch(peer))

    async def _watch(self, peer: Peer) -> None:
        """Switch when the peer is there, and back when it has gone."""
        is_connected = await peer.connected(CONNECT_S)
        peer.listen(lambda pcm: self._give(pcm, peer))
        if is_connected and await self._completed():
            if self._has_own_sound and self._carrier is not None:
                self._move(peer)
                await self._carrier.abandon()  # a new connection in place of the old: the messages follow
            else:
                self._leg.outbox.put(UpgradeReady())
                self._leg.outbox.put(SwitchNow())
                self._hand_over(peer)
            log.info("sound_switched", carrier=peer.name)
            await self._read(peer)
            log.info("sound_lost", carrier=peer.name)
            self._leg.outbox.put(DowngradeComplete())
            self._move_back(peer)
        else:
            self._leg.outbox.put(UpgradeFailed("not connected"))
        self._watching = None
        await self._drop(peer)

    async def _completed(self) -> bool:
        """Wait until the client wants the change; False if it does not."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._complete.wait()
        except TimeoutError:
            return False
        return True

    async def _read(self, peer: Peer) -> None:
        while (data := await peer.receive()) is not None:
            answer = self._on_message(data)
            if answer is not None:
                try:
                    await peer.send(answer)
                except PeerLost:
                    return

    async def _down(self) -> None:
        self._stop_watching()
        peer = self._peer
        if self.is_with_peer:
            self._overlap.clear()
            await asyncio.sleep(OVERLAP_S)  # its microphone comes over both wires now
        if peer is not None:
            self._move_back(peer)
        self._leg.outbox.put(DowngradeComplete())
        if peer is not None:
            await self._drop(peer)

    async def _drop(self, peer: Peer) -> None:
        self._move_back(peer)
        if self._peer is peer:
            self._peer = None
        await peer.close(1000)

    @property
    def _has_peer_sound(self) -> bool:
        return self._peer is not None and self._leg.wire is self._peer.wire

    @property
    def _has_own_sound(self) -> bool:
        return self._carrier is not None and self._carrier.wire is not None

    def _move_back(self, peer: Peer) -> None:
        if self._leg.wire is not peer.wire or self._carrier is None:
            return
        was_lost = self._spoke is peer and self._clock.now_s() > self.heard_s + _SILENT_S
        if was_lost:
            peer.wire.take_back()  # all of it will be sent again
            self.lose()
        self._hand_over(self._carrier)
        if was_lost:
            self.regain()

    def _move(self, carrier: Carrier) -> None:
        self._leg.move(carrier.wire)
        self.quality.begin(carrier.name, self._clock.now_s() - self._began_s)
        if self.hear is not None and self._rate_hz != RATE_HZ:
            self.hear(RateAnnounced(self._rate_hz if carrier.wire is None else RATE_HZ))

    def _hand_over(self, carrier: Carrier) -> None:
        """Move to a wire that has carried the same sound: what it brought beyond the other counts, and only that."""
        before = self._peer if carrier is self._carrier else self._carrier
        ahead = self._overlap.ahead_samples(carrier, before)
        missing = self._overlap.last(carrier, ahead) if ahead > 0 else b""
        self._move(carrier)
        self._skip_bytes = max(0, -2 * ahead)
        if missing and self.hear is not None:
            self.hear(AudioIn(missing))
        self._overlap.clear()

    def _hear(self, frame: Frame) -> None:
        """Let the call hear what has not come over another wire before."""
        if isinstance(frame, AudioIn) and self._skip_bytes:
            fresh, self._skip_bytes = frame.pcm[self._skip_bytes :], max(0, self._skip_bytes - len(frame.pcm))
            frame = AudioIn(fresh)
            if not fresh:
                return
        if self.hear is not None:
            self.hear(frame)

    def _give(self, pcm: bytes, carrier: Carrier) -> None:
        if carrier is self._peer and self._rate_hz == RATE_HZ:
            self._overlap.add(carrier, pcm)
        if self.hear is not None and self._leg.wire is carrier.wire:
            self.heard_s, self._spoke = self._clock.now_s(), carrier
            self._hear(AudioIn(pcm))

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
