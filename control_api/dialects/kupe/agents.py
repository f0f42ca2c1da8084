"""`/api/v1/agents`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError

from control_api.access import Reading, Writing
from control_api.agents import service
from control_api.agents.checking import Checks, ConfigInvalidError
from control_api.dialects.kupe import agent_encode as encode
from control_api.dialects.kupe.access import GUARDED, Allowed, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.dialects.prepatu.upload import json_object
from control_api.ports import UtcClock
from control_api.principal import Kind
from control_api.rbac.paths import role_of
from storage.repositories import agents

Json = dict[str, Any]
Body = Annotated[Mapping[str, Any], Depends(json_object)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=100)]
Search = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
SECTIONS = {
    "model-config": ("agent_model_config", ()),
    "tts-config": ("tts_config", ()),
    "transcriber-config": ("transcriber_config", (("transcriber_model_name", "provider_id"), ("language",))),
    "vad-config": ("vad_config", (("vad_provider_id",),)),
}
"""By the last segment of a PATCH: the section, and what a body must have, each under one of these names."""


@dataclass(frozen=True, slots=True)
class AgentHost:
    """What the routes work with."""

    checks: Checks
    clock: UtcClock


def agent_router(host: AgentHost) -> APIRouter:
    """Return the routes of agents; fixed names come before `/{agent_id}`, which would take them for an id."""
    router = APIRouter(prefix="/api/v1/agents", tags=["kupe"], dependencies=GUARDED, responses=declared())
    _listing(router)
    _making(router, host)
    _one(router, host)
    _sections(router, host)
    _versions(router, host)
    return router


def _listing(router: APIRouter) -> None:
    @router.get("")
    async def list_agents(
        who: Allowed, session: Reading, page: Page = 1, page_size: PageSize = 20, q: Search = None
    ) -> list[Json] | Json:
        """List agents: a bare array; for the operator an object with pages."""
        found = [encode.summary(each) for each in await agents.page(session, (page - 1) * page_size, page_size, q)]
        if who.kind is Kind.USER and role_of(who) == "super_admin":
            total = (await agents.count(session, q)).total
            return {"agents": found, "items": found, "total": total, "page": page, "page_size": page_size}
        return found

    @router.get("/summary")
    async def summaries(session: Reading, page: Page = 1, page_size: PageSize = 20, name_search: Search = None) -> Json:
        """List agents with pages."""
        found = await agents.page(session, (page - 1) * page_size, page_size, name_search)
        total = (await agents.count(session, name_search)).total
        items = [encode.summary(each) for each in found]
        return {"agents": items, "items": items, "total": total, "page": page, "page_size": page_size}

    @router.get("/stats")
    async def stats(session: Reading) -> Json:
        """Count agents."""
        found = await agents.count(session)
        inactive = found.total - found.active
        return {"total_agents": found.total, "active_agents": found.active, "inactive_agents": inactive}


def _making(router: APIRouter, host: AgentHost) -> None:
    @router.post("", status_code=201, openapi_extra=_BODY)
    async def create(who: Allowed, body: Body, session: Writing) -> Json:
        """Make an agent; only `agent.name` is required."""
        with _field_errors():
            agent = await service.create(session, who, body, host.checks, host.clock.utc())
        return encode.full(agent, host.checks.catalogue)

    @router.post("/simple", status_code=201, openapi_extra=_BODY)
    async def create_simple(who: Allowed, body: Body, session: Writing) -> Json:
        """Make an agent with all defaults; it talks at once."""
        wish = {"agent": {key: body[key] for key in ("name", "description") if key in body}}
        with _field_errors(inside="agent"):
            agent = await service.create(session, who, wish, host.checks, host.clock.utc())
        return encode.full(agent, host.checks.catalogue)


def _one(router: APIRouter, host: AgentHost) -> None:
    @router.get("/{agent_id}", responses=declared(404))
    async def get_agent(agent_id: str, session: Reading) -> Json:
        """Return an agent with its configurations."""
        return encode.full(await service.read(session, uuid_of(agent_id, "agent_id")), host.checks.catalogue)

    @router.put("/{agent_id}", responses=declared(404), openapi_extra=_BODY)
    async def update(agent_id: str, who: Allowed, body: Body, session: Writing, force_update: bool = False) -> Json:
        """Lay a partial configuration over an agent's; null takes a field back to its default."""
        wanted, now = uuid_of(agent_id, "agent_id"), host.clock.utc()
        with _field_errors():
            agent = await service.change(session, who, wanted, body, host.checks, now, force=force_update)
        return encode.full(agent, host.checks.catalogue)

    @router.delete("/{agent_id}", responses=declared(404))
    async def delete(agent_id: str, session: Writing, force_delete: bool = False) -> Json:
        """Delete an agent; calls that run go on."""
        wanted = uuid_of(agent_id, "agent_id")
        await service.remove(session, wanted, force=force_delete, guard=host.checks.guard)
        return {"message": "Agent deleted successfully", "data": {"id": wanted}}


def _sections(router: APIRouter, host: AgentHost) -> None:
    def add(segment: str, section: str, required: tuple[tuple[str, ...], ...]) -> None:
        @router.patch(f"/{{agent_id}}/{segment}", responses=declared(404), openapi_extra=_BODY, name=f"patch_{section}")
        async def patch(agent_id: str, who: Allowed, body: Body, session: Writing, force_update: bool = False) -> Json:
            """Lay a partial section over an agent's."""
            wanted, now = uuid_of(agent_id, "agent_id"), host.clock.utc()
            _require(body, required)
            with _field_errors(inside=section):
                wish = {section: body}
                agent = await service.change(session, who, wanted, wish, host.checks, now, force=force_update)
            return encode.full(agent, host.checks.catalogue)

    for segment, (section, required) in SECTIONS.items():
        add(segment, section, required)


def _versions(router: APIRouter, host: AgentHost) -> None:
    @router.get("/{agent_id}/versions", responses=declared(404))
    async def list_versions(agent_id: str, session: Reading) -> list[Json]:
        """List the newest versions, newest first (extension)."""
        return [encode.version(each) for each in await service.versions(session, uuid_of(agent_id, "agent_id"))]

    @router.post("/{agent_id}/versions/{number}/restore", responses=declared(404))
    async def restore(agent_id: str, number: int, who: Allowed, session: Writing, force_update: bool = False) -> Json:
        """Make an older configuration the newest version (extension)."""
        wanted, now = uuid_of(agent_id, "agent_id"), host.clock.utc()
        agent = await service.restore(session, who, wanted, number, host.checks, now, force=force_update)
        return encode.full(agent, host.checks.catalogue)


def _require(body: Mapping[str, Any], required: tuple[tuple[str, ...], ...]) -> None:
    lacking = [names[0] for names in required if all(body.get(name) is None for name in names)]
    if lacking:
        problems = [{"type": "missing", "loc": ("body", name), "msg": "Field required"} for name in lacking]
        raise RequestValidationError(problems)


@contextmanager
def _field_errors(inside: str | None = None) -> Iterator[None]:
    """Say which fields of the body are wrong; what lies `inside` a section is named without it."""
    try:
        yield
    except ConfigInvalidError as error:
        skipped = 1 if inside is not None else 0
        named = [{**each, "loc": ("body", *each["loc"][skipped:])} for each in error.errors]
        raise RequestValidationError(named) from error
