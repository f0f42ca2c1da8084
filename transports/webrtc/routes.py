"""The addresses of WebRTC's signalling (docs/pvp.md §8)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request

from kit.clock import Clock
from kit.errors import CapacityError, InputError, UnauthenticatedError
from kit.ids import uuid7
from transports.companions import Companions, Key, key_of
from transports.live import LiveCalls
from transports.ports import CallRequest, Doorkeeper, SessionBook
from transports.pvp.address import request_of
from transports.sessions import Sessions, last_seq_of
from transports.webrtc.ice import IceServers
from transports.webrtc.peer import Joinable, RtcPeer
from transports.webrtc.peers import RtcPeers
from transports.webrtc.session_description import MAX_BYTES, MAX_CANDIDATES

CONNECT_S = 60.0  # a peer that has not connected by then is let go

log = structlog.get_logger(__name__)


class Offer(BaseModel):
    """What a client offers; with the `pc_id` of a connection, it is for that one."""

    sdp: Annotated[str, Field(max_length=MAX_BYTES)]
    type: Literal["offer"] = "offer"
    pc_id: str | None = None
    restart_pc: bool = False


class Answer(BaseModel):
    """Our answer, with all our candidates."""

    sdp: str
    type: Literal["answer"] = "answer"
    pc_id: str


class Candidates(BaseModel):
    """Addresses of the client's."""

    candidates: Annotated[list[dict[str, Any]], Field(max_length=MAX_CANDIDATES)]


@dataclass(slots=True)
class RtcHost:
    """What the routes need, and the tasks of the calls that begin with them.

    Attributes:
        sessions: Where tokens lead.
        tokens: Looks at tokens.
        door: Knows who needs none.
        companions: Where names lead that clients give their calls.
        live: What a shutdown waits for.
    """

    sessions: Sessions
    tokens: SessionBook
    door: Doorkeeper
    companions: Companions
    live: LiveCalls
    clock: Clock
    peers: RtcPeers
    ice: IceServers
    _tasks: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def open(self, _: FastAPI | None = None) -> AsyncIterator[None]:
        """Serve calls until it closes."""
        async with asyncio.TaskGroup() as self._tasks:
            yield
            self.live.end_all("server_stopping")
            await self.peers.abandon_unconnected()
        self._tasks = None

    def begin(self, peer: RtcPeer, work: Coroutine[Any, Any, None]) -> None:
        """Run a call's `work`; the peer is closed when it is over."""
        assert self._tasks is not None, "requests come while the server is open"
        self._tasks.create_task(self._guarded(peer, work))

    async def _guarded(self, peer: RtcPeer, work: Coroutine[Any, Any, None]) -> None:
        try:
            if await peer.connected(CONNECT_S):
                await work
            else:
                work.close()
                log.info("peer_never_connected")
        except Exception:  # nothing of one call may reach the others
            log.exception("peer_crashed")
        finally:
            await peer.close()

    async def answer(self, offer: Offer, request: Request) -> Answer:
        """Take an offer.

        Raises:
            InputError: `webrtc.bad_offer`, or who asks may not.
            CapacityError: There is no room, or no time left.
        """
        if offer.pc_id is None:
            return await self._begin_call(offer, request)
        known = self.peers.find(offer.pc_id)
        if not offer.restart_pc and not known.is_restarted_by(offer.sdp):
            return Answer(sdp=await known.answer(offer.sdp), pc_id=known.id)
        owner = known.owner()
        if owner is None:
            return await self._begin_call(offer, request)
        peer, answer = await self.peers.answer(offer.sdp)
        peer.owner = known.owner
        await _joined(owner, peer)
        return Answer(sdp=answer, pc_id=peer.id)

    async def _begin_call(self, offer: Offer, request: Request) -> Answer:
        token = request.query_params.get("session_token")
        if token is None:
            return await self._begin_without_token(offer, request)
        running = self.sessions.find(token)
        if running is None:
            self._mind_draining()
            if not await self.tokens.is_good(token):
                raise UnauthenticatedError("Invalid or expired session token.", code="session.invalid_token")
        peer, answer = await self.peers.answer(offer.sdp)
        peer.owner = lambda: self._carriers_of(token)
        last_seq = last_seq_of(request.query_params.get("last_seq"))
        if running is not None and not running.carriers.is_away:
            await _joined(running.carriers, peer, last_seq)
        else:
            self.begin(peer, self.sessions.serve(token, peer, last_seq))
        return Answer(sdp=answer, pc_id=peer.id)

    async def _begin_without_token(self, offer: Offer, request: Request) -> Answer:
        account_id = await self.door.account_of(request)
        key = key_of(account_id, request.query_params.get("session_id"))
        running = None if key is None else self.companions.running(key)
        if running is None:
            self._mind_draining()
        wanted = request_of(request.query_params.multi_items(), uuid7(), account_id)
        peer, answer = await self.peers.answer(offer.sdp)
        if running is not None:
            peer.owner = lambda: running.carriers
            await _joined(running.carriers, peer)
        else:
            resumable = request.query_params.get("resume") == "true"
            self.begin(peer, self._serve(peer, key, dataclasses.replace(wanted, transport=peer.name), resumable))
        return Answer(sdp=answer, pc_id=peer.id)

    async def _serve(self, peer: RtcPeer, key: Key | None, wanted: CallRequest, resumable: bool) -> None:
        with self.sessions.hosted(peer, resumable=resumable) as (connection, own_token):
            peer.owner = lambda: connection.carriers
            with self.companions.paired(key, connection):
                await connection.serve(wanted, own_token)

    def _carriers_of(self, token: str) -> Joinable | None:
        running = self.sessions.find(token)
        return None if running is None else running.carriers

    def _mind_draining(self) -> None:
        if self.live.draining:
            raise CapacityError("This server is about to stop; connect again.", code="server.draining")

    async def may_use_relays(self, request: Request) -> bool:
        """Say whether credentials for relays may be shown to who asks."""
        token = request.query_params.get("session_token")
        if token is not None:
            return self.sessions.find(token) is not None or await self.tokens.is_good(token)
        try:
            await self.door.account_of(request)
        except (InputError, CapacityError):
            return False
        return True


async def _joined(owner: Joinable, peer: RtcPeer, last_seq: int | None = None) -> None:
    if not owner.join(peer, last_seq):
        await peer.abandon()
        raise CapacityError("This call takes no further connection now; try again later.")


def webrtc_router(host: RtcHost) -> APIRouter:
    """Return the routes `/ice-servers`, `/offer` and `/offer/{pc_id}`."""
    router = APIRouter(lifespan=host.open)

    @router.get("/ice-servers")
    async def ice_servers(request: Request) -> dict[str, Any]:
        """Tell which helpers to use to reach this server by WebRTC."""
        secret = host.ice.are_secret and not await host.may_use_relays(request)
        answer = host.ice.public() if secret else await host.ice.current()
        body: dict[str, Any] = {"iceServers": list(answer.servers), "ttlSeconds": answer.ttl_s}
        if answer.ttl_s is not None:
            body["expiresAt"] = int((host.clock.utc().timestamp() + answer.ttl_s) * 1000)
        return body

    @router.post("/offer")
    async def offer(body: Offer, request: Request) -> Answer:
        """Begin a call over WebRTC, join one that goes on, or negotiate anew."""
        return await host.answer(body, request)

    @router.patch("/offer/{pc_id:path}")
    async def candidates(pc_id: str, body: Candidates) -> dict[str, str]:
        """Take candidates that the client found after its offer."""
        await host.peers.find(pc_id).add_candidates(body.candidates)
        return {"status": "ok"}

    return router
