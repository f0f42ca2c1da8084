"""The addresses of WebRTC's signalling (docs/pvp.md §8)."""

import asyncio
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
from transports.live import LiveCalls
from transports.ports import CallFactory, CallRequest, Doorkeeper, SessionBook
from transports.pvp.address import request_of
from transports.pvp_connection import PvpConnection
from transports.sessions import Sessions, last_seq_of
from transports.webrtc.ice import IceServers
from transports.webrtc.peer import RtcPeer
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
        calls: Places calls.
        sessions: Where tokens lead.
        tokens: Looks at tokens.
        door: Knows who needs none.
        live: What a shutdown waits for.
    """

    calls: CallFactory
    sessions: Sessions
    tokens: SessionBook
    door: Doorkeeper
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
        if known.owner is None:
            return await self._begin_call(offer, request)
        peer, answer = await self.peers.answer(offer.sdp)
        peer.owner = known.owner
        known.owner.join(peer)
        return Answer(sdp=answer, pc_id=peer.id)

    async def _begin_call(self, offer: Offer, request: Request) -> Answer:
        token = request.query_params.get("session_token")
        running = None if token is None else self.sessions.find(token)
        if self.live.draining and running is None:
            raise CapacityError("This server is about to stop; connect again.", code="server.draining")
        wanted = await self._wanted(request) if token is None else None
        if token is not None and running is None and not await self.tokens.is_good(token):
            raise UnauthenticatedError("Invalid or expired session token.", code="session.invalid_token")
        peer, answer = await self.peers.answer(offer.sdp)
        if wanted is not None:
            connection = PvpConnection(peer, self.calls, self.live, self.clock)
            peer.owner = connection
            self.begin(peer, connection.serve(wanted))
        elif running is not None and not running.is_away:
            running.join(peer)
            peer.owner = running
        else:
            assert token is not None, "there is a token, or there is something wanted"
            last_seq = last_seq_of(request.query_params.get("last_seq"))
            self.begin(peer, self.sessions.serve(token, peer, last_seq))
        return Answer(sdp=answer, pc_id=peer.id)

    async def _wanted(self, request: Request) -> CallRequest:
        account_id = await self.door.account_of(request)
        wanted = request_of(request.query_params.multi_items(), uuid7(), account_id)
        return CallRequest(
            wanted.call_id, wanted.flow, metadata=wanted.metadata, account_id=account_id, transport="webrtc"
        )

    async def may_use_relays(self, request: Request) -> bool:
        """Say whether credentials for relays may be shown to who asks."""
        token = request.query_params.get("session_token")
        if token is not None:
            return self.sessions.find(token) is not None or await self.tokens.is_good(token)
        try:
            await self.door.account_of(request)
        except InputError:
            return False
        return True


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
