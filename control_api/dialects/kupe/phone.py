"""`/api/v1/phone`: lines, and what their calls lead to; a mapping is named by its line."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.access import Reading, Writing
from control_api.dialects.kupe.access import GUARDED, Allowed, placer_of, require_in_account, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.lines import service
from control_api.lines.credentials import checked
from control_api.lines.service import LineHost, NewLine
from control_api.ports import UtcClock
from control_api.rbac.paths import role_of
from kit.errors import InputError, NotFoundError
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164, facts_of
from storage.repositories import phone_lines
from storage.tables.phone_line import PhoneLine

Json = dict[str, Any]
_Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


@dataclass(frozen=True, slots=True)
class PhoneHost:
    """What the routes work with."""

    lines: LineHost
    clock: UtcClock


class Credentials(BaseModel):
    """A line to be asked about at its carrier; nothing of it is kept."""

    phone_number: _Short
    provider: _Short
    credentials: Annotated[dict[str, str], Field(max_length=20)]


class NewNumber(Credentials):
    """A line with one's own carrier's credentials (what their names are, the carrier says: docs/telephony.md)."""

    friendly_name: _Short = ""


class Change(BaseModel):
    """What shall change of a line."""

    friendly_name: _Short | None = None
    is_active: bool | None = None


class Target(BaseModel):
    """Where a line's calls lead: exactly one of the two."""

    agent_id: _Short | None = None
    workflow_id: _Short | None = None


class Mapping(Target):
    """A line and its target; what else clients send, the server knows by itself."""

    phone_number_id: _Short


def phone_router(host: PhoneHost) -> APIRouter:
    """Return the routes of lines; fixed names come before `/{phone_id}`."""
    router = APIRouter(prefix="/api/v1/phone", tags=["kupe"], dependencies=GUARDED, responses=declared(404))
    _mappings(router, host)
    _around(router)
    _lines(router, host)
    return router


def _mappings(router: APIRouter, host: PhoneHost) -> None:
    @router.get("/mapping")
    async def list_mappings(session: Reading) -> list[Json]:
        """List the lines that lead somewhere."""
        return [_mapping(row) for row in await phone_lines.all_lines(session) if row.target_id is not None]

    @router.post("/mapping")
    async def map_line(session: Writing, body: Mapping) -> Json:
        """Lead a line to an agent or a workflow, in place of what it led to before."""
        return await _lead(session, body.phone_number_id, body, host)

    @router.post("/mapping/workflow")
    async def map_to_workflow(session: Writing, body: Mapping) -> Json:
        """Lead a line to a workflow."""
        return await _lead(session, body.phone_number_id, body, host)

    @router.get("/mapping/agent/{agent_id}")
    async def mappings_of_agent(agent_id: str, session: Reading) -> list[Json]:
        """List the lines that lead to an agent."""
        wanted = uuid_of(agent_id, "agent_id")
        rows = [row for row in await phone_lines.all_lines(session) if service.agent_of(row) == wanted]
        if not rows:
            raise NotFoundError("Mapping not found", code="line.not_mapped")
        return [_mapping(row) for row in rows]

    @router.get("/mapping/{phone_number_id}")
    async def mapping_of_line(phone_number_id: str, session: Reading) -> Json:
        """Return what a line leads to."""
        row = await service.line(session, uuid_of(phone_number_id, "phone_number_id"))
        if row.target_id is None:
            raise NotFoundError("Mapping not found", code="line.not_mapped")
        return _mapping(row)

    @router.put("/mapping/{mapping_id}")
    async def remap_line(mapping_id: str, session: Writing, body: Target) -> Json:
        """Lead a line elsewhere."""
        return await _lead(session, mapping_id, body, host)

    @router.delete("/mapping/{mapping_id}")
    async def unmap_line(mapping_id: str, session: Writing) -> Json:
        """Lead a line nowhere: its callers hear a polite sentence."""
        row = await service.line(session, uuid_of(mapping_id, "mapping_id"))
        await service.lead(session, row, None, host.lines, host.clock.utc())
        return {"message": "Mapping deleted successfully"}


def _around(router: APIRouter) -> None:
    @router.post("/verify", responses=declared(502, 503))
    async def verify_line(who: Allowed, request: Request, body: Credentials) -> Json:
        """Ask the carrier whether it knows these credentials, and has the number."""
        provider, number = body.provider.lower(), e164(body.phone_number)
        given = checked(provider, body.credentials)
        await placer_of(request).verify(LineAccess("", who.account_id, number, provider, given))
        return {"success": True, "verified": True, "phone_number": number}

    @router.get("/me/role")
    def my_role(who: Allowed) -> Json:
        """Tell what one may do with lines."""
        return {"role": role_of(who)}

    @router.get("/user/{user_id}")
    async def lines_of_user(user_id: str, who: Allowed, session: Reading) -> Json:
        """List the lines of somebody of this account: they are the account's."""
        await require_in_account(session, who, uuid_of(user_id, "user_id"))
        return {"success": True, "phone_numbers": [_line(row) for row in await phone_lines.all_lines(session)]}

    @router.get("/mapping/user/{user_id}")
    async def mappings_of_user(user_id: str, who: Allowed, session: Reading) -> list[Json]:
        """List where the lines of somebody of this account lead."""
        await require_in_account(session, who, uuid_of(user_id, "user_id"))
        return [_mapping(row) for row in await phone_lines.all_lines(session) if row.target_id is not None]

    @router.get("/{phone_id}/owner-context")
    async def owner_of_line(phone_id: str, session: Reading) -> Json:
        """Tell whose a line is: the account's."""
        row = await service.line(session, uuid_of(phone_id, "phone_id"))
        return {"phone_id": row.id, "owner_user_id": row.account_id, "is_owner": True}


def _lines(router: APIRouter, host: PhoneHost) -> None:
    @router.get("")
    async def list_lines(session: Reading) -> Json:
        """List all lines."""
        return {"success": True, "phone_numbers": [_line(row) for row in await phone_lines.all_lines(session)]}

    @router.get("/active")
    async def list_active(session: Reading) -> Json:
        """List the lines that take and make calls."""
        rows = [row for row in await phone_lines.all_lines(session) if row.active]
        return {"success": True, "phone_numbers": [_line(row) for row in rows]}

    @router.post("")
    async def add_line(who: Allowed, session: Writing, body: NewNumber) -> Json:
        """Add a line."""
        new = NewLine(body.phone_number, body.provider.lower(), body.credentials, body.friendly_name)
        row = await service.add(session, who.account_id, new, host.lines, host.clock.utc())
        return {"success": True, "phone_number": _line(row)}

    @router.get("/{phone_id}")
    async def get_line(phone_id: str, session: Reading) -> Json:
        """Return a line."""
        return {"success": True, "phone_number": _line(await service.line(session, uuid_of(phone_id, "phone_id")))}

    @router.put("/{phone_id}")
    async def change_line(phone_id: str, session: Writing, body: Change) -> Json:
        """Change a line, or let it rest."""
        row = await service.line(session, uuid_of(phone_id, "phone_id"))
        row.label = row.label if body.friendly_name is None else body.friendly_name
        row.active = row.active if body.is_active is None else body.is_active
        row.updated_at = host.clock.utc()
        return {"success": True, "phone_number": _line(row)}

    @router.delete("/{phone_id}")
    async def remove_line(phone_id: str, session: Writing) -> Json:
        """Forget a line; calls that run go on."""
        await service.remove(session, uuid_of(phone_id, "phone_id"))
        return {"success": True, "message": "Phone number deleted successfully"}


async def _lead(session: AsyncSession, line_id: str, target: Target, host: PhoneHost) -> Json:
    if (target.agent_id is None) == (target.workflow_id is None):
        raise InputError("Send exactly one of agent_id or workflow_id.", code="line.one_target")
    row, now = await service.line(session, uuid_of(line_id, "phone_number_id")), host.clock.utc()
    if target.agent_id is not None:
        await service.lead_to_agent(session, row, uuid_of(target.agent_id, "agent_id"), now)
    else:
        await service.lead(session, row, target.workflow_id, host.lines, now)
    return _mapping(row)


def _line(row: PhoneLine) -> Json:
    return {
        "id": row.id,
        "phone_number": row.number,
        "friendly_name": row.label or None,
        "country_code": facts_of(row.number).region or None,
        "is_active": row.active,
        "created_at": row.created_at.isoformat(),
    }


def _mapping(row: PhoneLine) -> Json:
    return {
        "id": row.id,
        "phone_number_id": row.id,
        "phone_number": row.number,
        "agent_id": service.agent_of(row),
        "workflow_id": row.target_id if row.target_kind != "agent" else None,
        "is_active": row.active,
    }
