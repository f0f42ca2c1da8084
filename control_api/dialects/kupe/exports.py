"""`export` of calls and of what they used."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from control_api.access import Reading
from control_api.accounts.mail import Mail, MailError
from control_api.call_history import export, service
from control_api.call_history.export import MAX_CALLS, MAX_USAGE_ROWS, Wanted
from control_api.call_history.links import UsageLink
from control_api.dialects.kupe.access import GUARDED, Allowed, uuid_of
from control_api.dialects.kupe.calls import CallHost
from control_api.dialects.kupe.errors import declared
from control_api.dialects.kupe.periods import Period, since_of
from control_api.route_table import add_routes
from kit.errors import InputError
from storage.repositories import users

Json = dict[str, Any]
Send = Callable[[Mail], Awaitable[None]]
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_Date = Annotated[str | None, Query(pattern=_DATE)]
_Several = Annotated[list[Annotated[str, Query(max_length=64)]], Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class ExportHost:
    """What the routes work with.

    Attributes:
        send: Hands over a mail, a few an hour to one address.
    """

    calls: CallHost
    send: Send


def export_router(host: ExportHost) -> APIRouter:
    """Return the routes; the file of a link has its signature for a credential."""
    router = APIRouter(tags=["kupe"], responses=declared())
    guarded = APIRouter(tags=["kupe"], dependencies=GUARDED, responses=declared())
    _calls(guarded, host.calls)
    for prefix in ("/api/v1/billing", "/billing"):
        _usage(guarded, prefix, host)
    add_routes(router, guarded)
    _file(router, host)
    return router


def _calls(router: APIRouter, host: CallHost) -> None:
    @router.get("/api/v1/call-analytics/export", response_class=FileResponse, responses=declared(404))
    async def export_calls(
        session: Reading,
        request_id: Annotated[str | None, Query(max_length=64)] = None,
        start_date: _Date = None,
        end_date: _Date = None,
        include_recordings: bool = False,
    ) -> FileResponse:
        """Return one call with its recording, or those of some days, as a ZIP."""
        now = host.clock.utc()
        if request_id is not None:
            found = [await service.by_request(session, uuid_of(request_id, "request_id"), host.links, now)]
        elif start_date is None or end_date is None:
            raise InputError("Send request_id, or start_date and end_date.", code="export.nothing")
        else:
            wanted = Wanted(_day(start_date), _day(end_date) + datetime.timedelta(days=1))
            found = await export.rows(session, wanted, MAX_CALLS, host.links, now)
        recording = host.archive.recording if include_recordings or request_id is not None else None
        path = await asyncio.to_thread(export.zipped, found, recording)
        done = BackgroundTask(path.unlink, missing_ok=True)
        return FileResponse(path, media_type="application/zip", filename="calls.zip", background=done)


def _usage(router: APIRouter, prefix: str, host: ExportHost) -> None:
    @router.get(f"{prefix}/usage/export")
    async def export_usage(  # noqa: PLR0913  the contract's own parameters
        who: Allowed,
        session: Reading,
        time_filter: Annotated[Period, Query()] = "all",
        usage_type: Annotated[Literal["calls", "chat", "embedding"], Query()] = "calls",
        session_types: _Several = [],  # noqa: B006  FastAPI copies it
        agent_ids: _Several = [],  # noqa: B006  FastAPI copies it
        from_date: _Date = None,
        to_date: _Date = None,
    ) -> Json:
        """Mail a link to a table of what calls used; the answer has the link, too."""
        person = await users.first(session)
        if person is None:
            raise InputError("The account has no e-mail address to send it to.", code="export.no_email")
        now = host.calls.clock.utc()
        since = _day(from_date) if from_date else since_of(time_filter, now)
        until = _day(to_date) + datetime.timedelta(days=1) if to_date else None
        types = session_types if usage_type == "calls" else ["none"]
        agents = [uuid_of(each, "agent_ids") for each in agent_ids]
        link = host.calls.links.usage(UsageLink(who.account_id, since, until, tuple(types), tuple(agents)), now)
        try:
            await host.send(Mail(person.email, "What your calls used", f"{link}\n\nThis link works for an hour.\n"))
        except MailError:
            return {"message": "This server sends no mail; the link works for an hour.", "download_url": link}
        return {"message": "Usage export was sent by e-mail.", "download_url": link}


def _file(router: APIRouter, host: ExportHost) -> None:
    @router.get("/api/call/exports/usage.csv", response_class=Response)
    async def usage_file(
        wanted: Annotated[str, Query(max_length=8_000)],
        expires: Annotated[int, Query(ge=0, le=2**40)],
        signature: Annotated[str, Query(max_length=64)],
    ) -> Response:
        """Return the table that a link is for."""
        now = host.calls.clock.utc()
        link = host.calls.links.check_usage(wanted, expires, signature, now)
        chosen = Wanted(link.since, link.until, link.session_types, link.agent_ids)
        async with host.calls.database.reading(link.account_id) as session:
            calls = await export.rows(session, chosen, MAX_USAGE_ROWS, host.calls.links, now)
        headers = {"Content-Disposition": 'attachment; filename="usage.csv"', "Cache-Control": "no-store"}
        return Response(export.table(calls), media_type="text/csv", headers=headers)


def _day(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
    except ValueError as error:
        raise InputError(f"'{text}' is no day.", code="export.bad_day") from error
