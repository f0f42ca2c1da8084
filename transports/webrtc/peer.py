"""One peer connection: sound both ways, and a channel for messages."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidStateError
from aiortc.sdp import candidate_from_sdp

from kit.clock import Clock
from kit.errors import InputError
from transports.carrier import PeerLost
from transports.quality import LossRate, mos
from transports.webrtc.aiortc_parts import (
    VoiceReceiver,
    bound_messages,
    shorten_the_way,
    voice_receiver,
    voice_sender,
)
from transports.webrtc.session_description import MAX_CANDIDATES, checked_offer, ice_user, is_named, with_wishes
from transports.webrtc.voice_track import VoiceTrack

MAX_MESSAGES = 256  # that wait to be read
MAX_WAITING_BYTES = 2 * 1024 * 1024  # of them all; one alone may be too large, and is told so
MAX_CHANNELS = 8  # a client needs one
_KEEP_ALIVE = "ping"  # plain text that some clients send beside PVP
CHANNEL_S = 5.0  # for the channel to open once sound flows; without one, messages go nowhere
QUIET_S = 15.0  # of whom nothing comes for so long, neither sound nor message, is gone
FLUSH_S = 1.0  # for the last message to leave
LAST_SOUND_S = 0.2  # what the other side's buffer still holds when all has been sent
MAX_BUFFERED_BYTES = 256 * 1024


log = structlog.get_logger(__name__)


class Joinable(Protocol):
    """A call whose sound can move to another peer."""

    def join(self, peer: "RtcPeer", last_seq: int | None = None) -> bool:
        """Move to `peer` once it is connected; False if that cannot be."""


class RtcPeer:
    """A browser on the other end of WebRTC; a `transports.carrier.Peer`.

    Attributes:
        id: Names it in `PATCH /offer/{pc_id}`.
        wire: What the peer hears.
        owner: Finds the call that a new connection in place of this one would join.
    """

    name = "webrtc"

    def __init__(self, peer_id: str, clock: Clock, stun_urls: Sequence[str], on_closed: Callable[[str], None]) -> None:
        """Prepare; nothing is opened before `answer`.

        Args:
            peer_id: See `id`.
            clock: Tells the time.
            stun_urls: Who tells this server its own address.
            on_closed: Called with the id when the peer is let go of.
        """
        self.id = peer_id
        self.wire = VoiceTrack(clock)
        self.said_goodbye = False
        self.owner: Callable[[], Joinable | None] = lambda: None
        self._on_closed = on_closed
        self._listener: Callable[[bytes], None] | None = None
        self._messages: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._waiting_bytes = self._channels = 0
        self._closing: asyncio.Future[None] | None = None
        self._channel: RTCDataChannel | None = None
        self._expects_channel = self._ended = False
        self._last_heard_s = clock.now_s()
        self._clock = clock
        self._candidates = 0
        self._loss_in, self._loss_out = LossRate(), LossRate()
        self._ice_user: str | None = None
        self._connected: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._channel_open, self._drained = asyncio.Event(), asyncio.Event()
        servers = [RTCIceServer(urls=url) for url in stun_urls]
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._connection.addTransceiver(self.wire, direction="sendrecv")
        voice_sender(self._connection, clock)
        self._receiver: VoiceReceiver = voice_receiver(self._connection, self._hear, self._notice)
        self._connection.on("connectionstatechange", self._change)
        self._connection.on("datachannel", self._take_channel)

    # --- signalling ---------------------------------------------------------------------------------------------
    async def answer(self, offer: str) -> str:
        """Apply an offer, the first or a later one; return the answer with all our candidates.

        Raises:
            InputError: `webrtc.bad_offer`.
        """
        checked = checked_offer(offer)
        self._expects_channel = "m=application" in checked
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(checked, "offer"))
            for transceiver in self._connection.getTransceivers():
                if transceiver.receiver is not self._receiver:
                    transceiver.direction = "inactive"  # pictures, and a second voice
            bound_messages(self._connection, self._flood)
            await self._connection.setLocalDescription(await self._connection.createAnswer())
            shorten_the_way(self._receiver)
        except Exception as error:  # the parser raises whatever its parts do; our own faults show in the log
            log.info("offer_refused", reason=type(error).__name__)
            raise InputError("The offer cannot be read.", code="webrtc.bad_offer") from error
        self._ice_user = ice_user(checked)
        return with_wishes(self._connection.localDescription.sdp)

    def is_restarted_by(self, offer: str) -> bool:
        """Say whether an offer begins a new ICE session, for which another peer connection is needed."""
        return ice_user(offer) != self._ice_user

    async def add_candidates(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        """Take the peer's addresses; an empty one, and names for multicast, say nothing.

        Raises:
            InputError: `webrtc.bad_candidate`.
        """
        for each in candidates:
            text = each.get("candidate")
            if not isinstance(text, str) or len(text) > 1_000:
                raise InputError("A candidate must be a text.", code="webrtc.bad_candidate")
            text = text.removeprefix("candidate:").strip()
            if not text or is_named(text):
                continue
            self._candidates += 1
            if self._candidates > MAX_CANDIDATES:
                raise InputError("Too many candidates.", code="webrtc.bad_candidate")
            try:
                candidate = candidate_from_sdp(text)
                candidate.sdpMid, candidate.sdpMLineIndex = _place(each)
                await self._connection.addIceCandidate(candidate)
            except (AssertionError, ValueError, IndexError, TypeError, InvalidStateError) as error:
                raise InputError("A candidate cannot be read.", code="webrtc.bad_candidate") from error

    async def connected(self, within_s: float) -> bool:
        """Wait until sound can flow; False if it will not, or not in time."""
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(self._connected)
        except TimeoutError:
            return False

    @property
    def is_up(self) -> bool:
        """Whether sound can flow now."""
        return bool(self._connection.connectionState == "connected")

    # --- carrying a call ----------------------------------------------------------------------------------------
    async def accept(self) -> None:
        """Wait for the channel; see `transports.carrier.Carrier`."""
        if not self.is_up:
            raise PeerLost
        if self._expects_channel:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHANNEL_S):
                    await self._channel_open.wait()

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """See `transports.carrier.Carrier`."""
        self._listener = hear

    async def send(self, message: str | bytes) -> None:
        """Send on the channel, if there is one; see `transports.carrier.Carrier`."""
        if self._ended:
            raise PeerLost
        channel = self._channel
        if channel is None or isinstance(message, bytes):
            return
        await self._drain(channel, MAX_BUFFERED_BYTES)
        try:
            channel.send(message)
        except (InvalidStateError, ConnectionError, ValueError) as error:
            raise PeerLost from error

    async def receive(self) -> str | bytes | None:
        """Wait for a message; see `transports.carrier.Carrier`."""
        while True:
            quiet_at_s = self._last_heard_s + QUIET_S
            try:
                async with asyncio.timeout_at(quiet_at_s):
                    message = await self._messages.get()
            except TimeoutError:
                if self._last_heard_s + QUIET_S <= quiet_at_s:
                    log.info("peer_silent")
                    return None
            else:
                self._waiting_bytes -= 0 if message is None else len(message)
                return message

    async def close(self, code: int = 1000) -> None:
        """Let go of everything once what was sent has left; `code` says nothing here. May be called twice."""
        try:
            if not self._ended:
                if self._channel is not None:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(FLUSH_S):
                            await self._drain(self._channel, 0)
                await asyncio.sleep(LAST_SOUND_S)
        finally:
            await self.abandon()

    async def _drain(self, channel: RTCDataChannel, most_bytes: int) -> None:
        """Wait until at most that much is still to be sent, or nothing will be any more."""
        channel.bufferedAmountLowThreshold = most_bytes
        while channel.bufferedAmount > most_bytes and not self._ended:
            self._drained.clear()
            await self._drained.wait()

    async def abandon(self) -> None:
        """Let go of everything at once; see `transports.carrier.Carrier`."""
        self._listener = None
        self._end()
        self._on_closed(self.id)
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._connection.close())
        await asyncio.shield(self._closing)  # aiortc cannot take up a close that was cancelled in its middle

    async def quality(self) -> Mapping[str, float]:
        """Return `jitter_ms`, `rtt_ms` and the `loss` since the last time, as far as known, and `mos` once all are."""
        known: dict[str, float] = {}
        order = self._receiver.order
        losses = [self._loss_in.since(order.lost, order.lost + order.received)]
        jitter_ms = self._receiver.jitter_ms()
        if jitter_ms is not None:
            known["jitter_ms"] = round(jitter_ms, 1)
        sender = next(each.sender for each in self._connection.getTransceivers() if each.receiver is self._receiver)
        for report in (await sender.getStats()).values():
            if report.type == "remote-inbound-rtp":
                lost = max(0, report.packetsLost)
                losses.append(self._loss_out.since(lost, report.packetsReceived + lost))

                if report.roundTripTime is not None:
                    known["rtt_ms"] = round(max(0.0, report.roundTripTime * 1000), 1)
        known["loss"] = round(max(losses), 4)
        if {"jitter_ms", "rtt_ms"} <= known.keys():
            known["mos"] = round(mos(known["rtt_ms"], known["jitter_ms"], known["loss"]), 2)
        return known

    # --- what aiortc tells --------------------------------------------------------------------------------------
    def _change(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and not self._connected.done():
            self._connected.set_result(True)
        if state in ("failed", "closed"):
            self.said_goodbye |= state == "closed"
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._drained.set()
        if not self._connected.done():
            self._connected.set_result(False)
        self._messages.put_nowait(None)

    def _take_channel(self, channel: RTCDataChannel) -> None:
        self._channels += 1
        if self._channels > MAX_CHANNELS:
            self._flood()
        if self._channel is not None:
            return  # one is enough
        self._channel = channel
        channel.on("message", self._take_message)
        channel.on("close", self._lose_channel)
        channel.on("bufferedamountlow", self._drained.set)
        self._channel_open.set()

    def _lose_channel(self) -> None:
        self.said_goodbye |= self._connection.iceConnectionState != "failed"
        self._end()

    def _take_message(self, message: str | bytes) -> None:
        self._notice()
        if self._ended or (isinstance(message, str) and message.startswith(_KEEP_ALIVE)):
            return
        if self._messages.qsize() >= MAX_MESSAGES or self._waiting_bytes > MAX_WAITING_BYTES:
            self._flood()
        else:
            self._waiting_bytes += len(message)
            self._messages.put_nowait(message)

    def _flood(self) -> None:
        if not self._ended:
            log.warning("peer_floods")
            self._end()

    def _notice(self) -> None:
        self._last_heard_s = self._clock.now_s()

    def _hear(self, pcm: bytes) -> None:
        if self._listener is not None:
            self._listener(pcm)


def _place(candidate: Mapping[str, Any]) -> tuple[str | None, int | None]:
    mid, index = candidate.get("sdpMid"), candidate.get("sdpMLineIndex")
    mid = candidate.get("sdp_mid") if mid is None else mid
    index = candidate.get("sdp_mline_index") if index is None else index
    if mid is None and index is None:
        return None, 0
    return (None if mid is None else str(mid)), (index if isinstance(index, int) else None)
