"""`/native/v1/lines`: telephone lines of an account."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from control_api.access import DECLARED, Reading, Writing, authenticator, needs
from control_api.errors import declared
from control_api.lines import service
from control_api.lines.schemas import PRINTABLE, LineChange, LineItem, LineRequest, TargetRequest, item
from control_api.lines.service import LineHost, NewLine
from control_api.ports import UtcClock
from control_api.principal import Principal
from storage.repositories import phone_lines

_MayRead = Annotated[Principal, Depends(needs("lines:read"))]
_MayWrite = Annotated[Principal, Depends(needs("lines:write"))]
_LineId = Annotated[str, Path(max_length=100, pattern=PRINTABLE)]


def line_router(host: LineHost, clock: UtcClock) -> APIRouter:
    """Return the routes of lines."""
    router = APIRouter(prefix="/native/v1/lines", tags=["lines"], dependencies=list(DECLARED))

    @router.post("", status_code=201, responses=declared(401, 403, 404, 409))
    async def add_line(who: _MayWrite, session: Writing, body: LineRequest) -> LineItem:
        """Add a line."""
        new = NewLine(body.number, body.provider, body.credentials, body.label, body.flow_id)
        return item(await service.add(session, who.account_id, new, host, clock.utc()))

    @router.get("", responses=declared(401, 403))
    async def list_lines(who: _MayRead, session: Reading) -> Sequence[LineItem]:
        """List the account's lines, oldest first."""
        return [item(row) for row in await phone_lines.all_lines(session)]

    @router.get("/{line_id}", responses=declared(401, 403, 404))
    async def get_line(who: _MayRead, session: Reading, line_id: _LineId) -> LineItem:
        """Show a line."""
        return item(await service.line(session, line_id))

    @router.patch("/{line_id}", responses=declared(401, 403, 404))
    async def change_line(who: _MayWrite, session: Writing, line_id: _LineId, body: LineChange) -> LineItem:
        """Change a line, renew its credentials, or let it rest."""
        row = await service.line(session, line_id)
        row.label = row.label if body.label is None else body.label
        row.active = row.active if body.active is None else body.active
        row.updated_at = clock.utc()
        if body.credentials is not None:
            service.renew(row, body.credentials, host.vault, clock.utc())
        return item(row)

    @router.put("/{line_id}/target", responses=declared(401, 403, 404))
    async def lead_line(who: _MayWrite, session: Writing, line_id: _LineId, body: TargetRequest) -> LineItem:
        """Lead a line's calls to a flow, in place of what they led to before."""
        row = await service.line(session, line_id)
        await service.lead(session, row, body.id, host, clock.utc())
        return item(row)

    @router.delete("/{line_id}/target", responses=declared(401, 403, 404))
    async def unlead_line(who: _MayWrite, session: Writing, line_id: _LineId) -> LineItem:
        """Lead a line's calls nowhere: callers hear a polite sentence."""
        row = await service.line(session, line_id)
        await service.lead(session, row, None, host, clock.utc())
        return item(row)

    @router.post("/{line_id}/attach", status_code=204, responses=declared(401, 403, 404, 502, 503))
    async def attach_line(who: _MayWrite, request: Request, line_id: _LineId) -> Response:
        """Have calls to the line's number come to this server, by telling its carrier."""
        async with authenticator(request).database.reading(who.account_id) as session:
            row = await service.line(session, line_id)
        await service.attach(row, host)  # a carrier may be slow, and connections are few
        return Response(status_code=204)

    @router.delete("/{line_id}", status_code=204, responses=declared(401, 403, 404))
    async def remove_line(who: _MayWrite, session: Writing, line_id: _LineId) -> Response:
        """Forget a line."""
        await service.remove(session, line_id)
        return Response(status_code=204)

    return router
