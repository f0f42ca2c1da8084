"""`GET /calls`, `/calls/{call_id}`, and of a call `/trace.json` and `/recording.wav`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.responses import FileResponse

from control_api.access import Caller
from control_api.errors import declared
from control_api.ports import CallArchive
from control_api.principal import Kind
from control_api.recordings import ELSEWHERE, recording_response
from kit.errors import ForbiddenError


def call_router(archive: CallArchive) -> APIRouter:
    """Return the routes to calls that are over.

    A call id is parsed as a UUID, so that no path gets through. Only who sits at a server on loopback may list calls;
    a call's own id, which only its caller was told, opens that call.
    """
    router = APIRouter(tags=["calls"], responses=declared(404))

    @router.get("/calls", responses=declared(401, 403))
    def list_calls(who: Caller) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """List the last calls, newest first."""
        if who.kind is not Kind.LOCAL:
            raise ForbiddenError("Only who sits at this machine may list all its calls.")
        return {"calls": archive.recent()}

    @router.get("/calls/{call_id}")
    def get_call(call_id: UUID) -> Mapping[str, Any]:
        """Return the report of a call."""
        return archive.report(str(call_id))

    @router.get("/calls/{call_id}/trace.json")
    def get_trace(call_id: UUID, response: Response) -> Mapping[str, Any]:
        """Return the timeline of a call, for ui.perfetto.dev or chrome://tracing."""
        response.headers["Content-Disposition"] = f'attachment; filename="call-{call_id}.trace.json"'
        return archive.trace(str(call_id))

    @router.get("/calls/{call_id}/recording.wav", response_class=FileResponse, responses={**ELSEWHERE})
    def get_recording(call_id: UUID) -> Response:
        """Return the recording of a call: stereo, caller left, bot right."""
        return recording_response(archive, str(call_id), str(call_id))

    return router
