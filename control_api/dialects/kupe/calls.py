"""`/api/v1/call-analytics`, `/api/v1/live-calls`, and the recordings that their rows link to."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from control_api.access import Reading
from control_api.call_history import service
from control_api.call_history.links import RecordingLinks
from control_api.call_history.live import LiveCall, live_calls
from control_api.dialects.kupe.access import GUARDED, Allowed, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.ports import CallArchive, ServerState, UtcClock
from control_api.recordings import ELSEWHERE, recording_response
from kit.errors import RateLimitedError
from storage.engine import Database
from storage.repositories.call_history import Filter

Json = dict[str, Any]
TYPES = frozenset({"web", "inbound", "outbound"})
_BARE = 100  # rows where no page is asked for
_LOOK_EVERY_S = 2.0
_BEAT_EVERY = 7
_LONGEST_STREAM_S = 3600
MAX_STREAMS = 10
_Text = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class CallHost:
    """What the routes work with."""

    archive: CallArchive
    links: RecordingLinks
    state: ServerState
    database: Database
    clock: UtcClock


def call_analytics_router(host: CallHost) -> APIRouter:
    """Return the routes of calls."""
    router = APIRouter(prefix="/api/v1", tags=["kupe"], dependencies=GUARDED, responses=declared())
    _history(router, host)
    _live(router, host)
    return router


def recording_router(host: CallHost) -> APIRouter:
    """Return the route of recordings: the signature in the address is the credential."""
    router = APIRouter(prefix="/api/call", tags=["kupe"], responses=declared(404))

    @router.get("/recordings/{call_id}", response_class=FileResponse, responses={**ELSEWHERE})
    def get_recording(
        call_id: UUID, expires: Annotated[int, Query(ge=0, le=2**40)], signature: Annotated[str, Query(max_length=64)]
    ) -> Response:
        """Return a recording: stereo, caller left, bot right."""
        host.links.check(str(call_id), expires, signature, host.clock.utc())
        return recording_response(host.archive, str(call_id), str(call_id))

    return router


def _history(router: APIRouter, host: CallHost) -> None:
    @router.get("/call-analytics", responses=declared(404))
    async def list_calls(
        session: Reading,
        request_id: _Text = None,
        page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        page_size: Annotated[int | None, Query(ge=1, le=100)] = None,
        filter: _Text = None,
        agent_id: _Text = None,
    ) -> Json | list[Json]:
        """Return one call by its request, a page of calls, or the newest as a bare list."""
        now = host.clock.utc()
        if request_id is not None:
            return await service.by_request(session, uuid_of(request_id, "request_id"), host.links, now)
        kind, wanted_id = (filter, None) if filter in TYPES else (None, filter)
        agent = uuid_of(agent_id, "agent_id") if agent_id else None
        wanted = Filter(request_id=wanted_id or None, session_type=kind, agent_id=agent)
        if page is None and page_size is None:
            return (await service.page(session, wanted, 0, _BARE, host.links, now)).items
        number, size = page or 1, page_size or 20
        found = await service.page(session, wanted, (number - 1) * size, size, host.links, now)
        return {"items": found.items, "total": found.total, "page": number, "page_size": size}


def _live(router: APIRouter, host: CallHost) -> None:
    @router.get("/live-calls")
    async def list_live(session: Reading) -> list[Json]:
        """List the calls that go on now, on whatever node."""
        return [_shown(each) for each in await live_calls(session)]

    streams = Streams()

    @router.get("/live-calls/stream", response_class=StreamingResponse, responses=declared(429))
    async def stream_live(who: Allowed, request: Request) -> StreamingResponse:
        """Send the calls that go on, at once and whenever they change (server-sent events)."""
        events = streams.counted(who.account_id, live_events(host, who.account_id, request.is_disconnected))
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


class Streams:
    """Counts the streams that an account reads."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def counted(self, account_id: str, events: AsyncIterator[str]) -> AsyncIterator[str]:
        """Return a stream that counts while it is read.

        Raises:
            RateLimitedError: There are too many.
        """
        if self._open[account_id] >= MAX_STREAMS:
            raise RateLimitedError(f"At most {MAX_STREAMS} streams of live calls at once; close one.", retry_after_s=10)
        return self._read(account_id, events)

    async def _read(self, account_id: str, events: AsyncIterator[str]) -> AsyncIterator[str]:
        self._open[account_id] += 1
        try:
            async for event in events:
                yield event
        finally:
            self._open[account_id] -= 1


async def live_events(host: CallHost, account_id: str, is_gone: Any) -> AsyncIterator[str]:
    """Yield server-sent events until the reader has gone, the server stops, or an hour is over."""
    before: list[Json] | None = None
    for beat in range(int(_LONGEST_STREAM_S / _LOOK_EVERY_S)):
        async with host.database.reading(account_id) as session:
            calls = [_shown(each) for each in await live_calls(session)]
        if calls != before:
            yield f"event: live_calls\ndata: {json.dumps({'calls': calls})}\n\n"
            before = calls
        elif beat % _BEAT_EVERY == 0:
            yield ": still here\n\n"
        if host.state.draining or await is_gone():
            return
        await asyncio.sleep(_LOOK_EVERY_S)


def _shown(call: LiveCall) -> Json:
    return {
        "request_id": call.call_id,
        "call_session_id": call.call_id,
        "agent_id": call.agent_id,
        "workflow_id": call.flow,
        "transport": call.transport,
        "status": "in-progress",
        "started_at": call.started_at.isoformat(),
    }
