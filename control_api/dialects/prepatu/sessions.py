"""`/v1/sessions`: start, list, show, end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import FileResponse

from control_api.access import DECLARED, Reading, Writing, needs
from control_api.dialects.prepatu.errors import declared
from control_api.ports import CallArchive, UtcClock
from control_api.principal import Principal
from control_api.recordings import ELSEWHERE, recording_response
from control_api.sessions import reading, service
from control_api.sessions.schemas import (
    SessionDetail,
    SessionEnd,
    SessionEnded,
    SessionItem,
    SessionRequest,
    SessionStarted,
)
from control_api.sessions.service import SessionPorts
from kit.errors import NotFoundError

_MayStart = Annotated[Principal, Depends(needs("sessions:write"))]
_MayRead = Annotated[Principal, Depends(needs("sessions:read"))]


@dataclass(frozen=True, slots=True)
class SessionHost:
    """What the routes work with.

    Attributes:
        hang_up: Ends the live call of a session in this process; says whether there was one.
        public_url: Where clients reach this server; None: where this request went.
    """

    ports: SessionPorts
    archive: CallArchive
    clock: UtcClock
    hang_up: Callable[[str, str], bool]
    public_url: str | None = None


def session_router(host: SessionHost) -> APIRouter:
    """Return the routes of sessions."""
    answers = declared(401, 402, 403, 404, 409, 503)
    router = APIRouter(prefix="/v1/sessions", tags=["sessions"], dependencies=list(DECLARED), responses=answers)

    @router.post("")
    async def start_session(who: _MayStart, session: Writing, body: SessionRequest, request: Request) -> SessionStarted:
        """Make a session: a token that opens one voice connection within ten minutes."""
        started = await service.start(session, who.account_id, body, host.clock.utc(), host.ports)
        return SessionStarted(
            session_token=started.token,
            ws_url=f"{_ws_origin(host.public_url or str(request.base_url))}/v1/ws/{started.token}",
            credits_remaining=started.credits_remaining,
            session_id=started.session.id,
            expires_at=started.session.expires_at.timestamp(),
        )

    @router.get("")
    async def list_sessions(
        who: _MayRead,
        session: Reading,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[str | None, Query(max_length=36)] = None,
    ) -> Sequence[SessionItem]:
        """List sessions, newest first; for the next page send the last one's `id` as `before`."""
        return await reading.page(session, limit, before, host.clock.utc())

    @router.post("/end")
    async def end_session(who: _MayStart, session: Writing, body: SessionEnd) -> SessionEnded:
        """Close a session, talking or unused. Closing it again is no error; the client's own measure is not used."""
        ended = await service.end(session, body.session_token, host.clock.utc())
        host.hang_up(ended.id, "ended_by_client")
        return SessionEnded(
            session_token=body.session_token,
            duration_secs=service.duration_s(ended) or 0,
            credits_remaining=await host.ports.credits.remaining_cents(session, who.account_id),
        )

    @router.get("/{session_id}")
    async def get_session(who: _MayRead, session: Reading, session_id: str) -> SessionDetail:
        """Show a session with its transcript, variables, timings and cost."""
        return await reading.detail(session, session_id, host.clock.utc(), host.ports.credits)

    @router.get("/{session_id}/recording.wav", response_class=FileResponse, responses={**ELSEWHERE})
    async def get_recording(who: _MayRead, session: Reading, session_id: str) -> Response:
        """Return the recording of a session: stereo, caller left, bot right."""
        shown = await reading.detail(session, session_id, host.clock.utc(), host.ports.credits)
        if shown.recording_url is None or shown.call_id is None:
            raise NotFoundError("Not recorded", code="session.not_recorded")
        return recording_response(host.archive, shown.call_id, session_id)

    return router


def _ws_origin(url: str) -> str:
    return "ws" + url.removeprefix("http").rstrip("/")
