"""`/api/v1/webhooks`: hooks that start calls of an agent."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field, StringConstraints

from control_api.access import Reading, Writing, authenticator
from control_api.agents import hooks
from control_api.agents.hooks import Signed, Vault
from control_api.calls.choosing import line_for
from control_api.calls.placing import CallWish
from control_api.dialects.kupe.access import GUARDED, placer_of, uuid_of
from control_api.dialects.kupe.create_call import call_told
from control_api.dialects.kupe.errors import declared
from control_api.ports import UtcClock
from control_api.providers.service import MASK
from control_api.route_table import add_routes
from kit.errors import InputError, UnauthenticatedError
from storage.engine import EVERY_TENANT
from storage.repositories import agent_hooks, agents
from storage.tables.agent_hook import AgentHook

Json = dict[str, Any]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
_SHOWN_AGENTS = 1_000


@dataclass(frozen=True, slots=True)
class HookHost:
    """What the routes work with."""

    vault: Vault
    clock: UtcClock


class Attached(BaseModel):
    """A value that counts where a request has none."""

    name: _Name
    default_value: Annotated[str, StringConstraints(max_length=4_000)] | float | bool | None = None


class IncomingConfig(BaseModel):
    """Whether requests start calls."""

    enabled: bool = False
    attached_variables: Annotated[list[Attached], Field(max_length=100)] = []


class OutgoingConfig(BaseModel):
    """What is told after calls: nothing yet."""

    enabled: bool = False


class HookConfig(BaseModel):
    """A hook."""

    trigger_on_web_call: bool = False
    trigger_on_phone_call: bool = False
    incoming: IncomingConfig = IncomingConfig()
    outgoing: OutgoingConfig = OutgoingConfig()


def agent_hook_router(host: HookHost) -> APIRouter:
    """Return the routes of hooks; `/incoming` has its signature for a credential."""
    about: dict[str, Any] = {"prefix": "/api/v1/webhooks", "tags": ["kupe"], "responses": declared(404)}
    router, guarded = APIRouter(**about), APIRouter(**about, dependencies=GUARDED)
    _managing(guarded, host)
    _starting(router, host)
    add_routes(router, guarded)
    return router


def _managing(router: APIRouter, host: HookHost) -> None:
    @router.get("/me")
    async def my_hooks(session: Reading) -> Json:
        """Tell by which address each agent is started."""
        rows = await agents.page(session, 0, _SHOWN_AGENTS, None)
        return {"agents": [{"agent_id": row.id, "name": row.name, "url": _url(row.id)} for row in rows]}

    @router.get("/agents/{agent_id}")
    async def get_hook(agent_id: str, session: Writing, reveal_secret: bool = False) -> Json:
        """Return the hook of an agent; its secret only where that is asked for."""
        hook = await hooks.hook_of(session, uuid_of(agent_id, "agent_id"), host.vault)
        return _shown(hook, hooks.secret_of(hook, host.vault) if reveal_secret else MASK)

    @router.put("/agents/{agent_id}")
    async def change_hook(agent_id: str, session: Writing, body: HookConfig) -> Json:
        """Change the hook of an agent."""
        hook = await hooks.hook_of(session, uuid_of(agent_id, "agent_id"), host.vault)
        if body.outgoing.enabled or body.trigger_on_web_call or body.trigger_on_phone_call:
            raise InputError("outgoing: nothing is sent after calls yet; use /v1/hooks.", code="hook.no_outgoing")
        hook.config = body.model_dump(mode="json", include={"incoming"})
        return _shown(hook, MASK)

    @router.post("/agents/{agent_id}/rotate-secret")
    async def rotate_secret(agent_id: str, session: Writing) -> Json:
        """Give a hook another secret; it is told this once."""
        hook = await hooks.hook_of(session, uuid_of(agent_id, "agent_id"), host.vault)
        return {"agent_id": hook.agent_id, "secret": hooks.rotate(hook, host.vault)}


def _starting(router: APIRouter, host: HookHost) -> None:
    @router.post("/agents/{agent_id}/incoming", responses=declared(402, 404, 429))
    async def start_call(
        agent_id: str,
        request: Request,
        x_webhook_signature: Annotated[str, Header(max_length=200)] = "",
        x_webhook_timestamp: Annotated[str | None, Header(max_length=20)] = None,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=120, pattern="^[!-~]+$")] = None,
    ) -> Json:
        """Call a number with this agent; signed as `control_api.agents.hooks.verify` says."""
        wanted, raw, database = uuid_of(agent_id, "agent_id"), await request.body(), authenticator(request).database
        async with database.reading(EVERY_TENANT) as session:
            hook = await agent_hooks.of_agent(session, wanted)
        if hook is None:
            raise UnauthenticatedError("Invalid webhook signature", code="hook.bad_signature")
        signed = Signed(raw, x_webhook_signature, x_webhook_timestamp, idempotency_key)
        hooks.verify(hooks.secret_of(hook, host.vault), signed, host.clock.utc())
        asked = hooks.incoming(hook, _object(raw))
        line_id = uuid_of(asked.line_id, "phone_number_id") if asked.line_id else None
        async with database.reading(hook.account_id) as session:
            line = await line_for(session, line_id, wanted, None)
        key = signed.call_key(wanted)
        wish = CallWish(asked.number, line.id, None, asked.values, key=key, agent_id=wanted)
        intent = await placer_of(request).place(hook.account_id, wish)
        return call_told(intent, line) | {"variable_values": dict(asked.values)}


def _object(raw: bytes) -> Json:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError("The body is no JSON.", code="request.unreadable") from error
    if not isinstance(value, dict):
        raise InputError("The body is no JSON object.", code="request.unreadable")
    return value


def _url(agent_id: str) -> str:
    return f"/api/v1/webhooks/agents/{agent_id}/incoming"


def _shown(hook: AgentHook, secret: str) -> Json:
    config = HookConfig.model_validate(hook.config).model_dump(mode="json")
    return {"agent_id": hook.agent_id, "url": _url(hook.agent_id), "secret": secret} | config
