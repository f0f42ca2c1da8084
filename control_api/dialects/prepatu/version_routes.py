"""`/v1/flows/{flow_id}/versions`: what a flow said before."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from starlette.concurrency import run_in_threadpool

from control_api.access import DECLARED, Reading, Writing, needs
from control_api.dialects.prepatu import flow_encode as encode
from control_api.dialects.prepatu.errors import declared
from control_api.dialects.prepatu.flow_schemas import PRINTABLE, FlowKept, VersionDetail, VersionDiff, VersionItem
from control_api.flows import stored
from control_api.flows.checking import checked
from control_api.flows.diff import unified
from control_api.flows.stored import Change
from control_api.ports import UtcClock
from control_api.principal import Principal

_Reader = Annotated[Principal, Depends(needs("flows:read"))]
_Writer = Annotated[Principal, Depends(needs("flows:write"))]
_FlowId = Annotated[str, Path(max_length=100, pattern=PRINTABLE)]
_Number = Annotated[int, Path(ge=1, le=1_000_000_000)]
_MAX_PAGE = 200


def version_router(clock: UtcClock) -> APIRouter:
    """Return the routes of a flow's versions."""
    router = APIRouter(prefix="/v1/flows/{flow_id}/versions", tags=["flows"], dependencies=DECLARED)

    @router.get("", responses=declared(401, 403, 404))
    async def list_versions(
        flow_id: _FlowId,
        who: _Reader,
        session: Reading,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=_MAX_PAGE)] = _MAX_PAGE,
        before: Annotated[int | None, Query(ge=1, le=1_000_000_000)] = None,
    ) -> list[VersionItem]:
        """List versions, newest first; a full page names the next one's `before` in `X-Next-Cursor`."""
        found = await stored.versions(session, flow_id, limit, before)
        if len(found) == limit:
            response.headers["X-Next-Cursor"] = str(found[-1].number)
        return [encode.version(each) for each in found]

    @router.get("/{version}", responses=declared(401, 403, 404))
    async def get_version(flow_id: _FlowId, version: _Number, who: _Reader, session: Reading) -> VersionDetail:
        """Return a version with its document."""
        return encode.version_detail(await stored.version(session, flow_id, version))

    @router.get("/{version}/diff", responses=declared(401, 403, 404))
    async def diff_versions(
        flow_id: _FlowId,
        version: _Number,
        who: _Reader,
        session: Reading,
        against: Annotated[int | None, Query(ge=1, le=1_000_000_000)] = None,
    ) -> VersionDiff:
        """Say what changed to this version, from another one (`against`) or from the one before."""
        new = await stored.version(session, flow_id, version)
        start = against if against is not None else max(1, version - 1)
        old = await stored.version(session, flow_id, start)
        names = (f"version {start}", f"version {version}")
        diff = await run_in_threadpool(unified, old.text, new.text, *names)
        return VersionDiff(from_version=start, to_version=version, diff=diff)

    @router.post("/{version}/restore", responses=declared(401, 403, 404))
    async def restore(flow_id: _FlowId, version: _Number, who: _Writer, session: Writing) -> FlowKept:
        """Make an old document the newest version again."""
        document = await checked((await stored.version(session, flow_id, version)).text)
        change = Change(document=document, note=f"restored version {version}")
        return encode.kept(await stored.change(session, who, flow_id, change, clock.utc()), document.findings)

    return router
