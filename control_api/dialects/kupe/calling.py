"""`/api/call`: state, configuration test, tokens of web clients; and the public keys of those."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from control_api.access import Reading
from control_api.agents import service as agents
from control_api.agents.checking import Checks, checked
from control_api.catalogue.reach import Reach
from control_api.catalogue.rows import Kind
from control_api.catalogue.voices import with_own
from control_api.dialects.kupe import agent_encode as encode
from control_api.dialects.kupe.access import DECLARED, Allowed, allowed, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.ports import ServerState, UtcClock
from control_api.web_tokens import LIFE, WebTokens

Json = dict[str, Any]
_MODELS: dict[str, tuple[Kind, str, str]] = {
    "model": ("llm", "agent_model_config", "model_name"),
    "tts": ("tts", "tts_config", "tts_model_name"),
    "stt": ("stt", "transcriber_config", "transcriber_model_name"),
    "vad": ("vad", "vad_config", "vad_provider_id"),
}


@dataclass(frozen=True, slots=True)
class CallingHost:
    """What the routes work with."""

    checks: Checks
    reach: Reach
    tokens: WebTokens
    state: ServerState
    clock: UtcClock


def calling_router(host: CallingHost) -> APIRouter:
    """Return the routes; what is open to all says so by having no credential."""
    router = APIRouter(tags=["kupe"], responses=declared())
    guarded = (*DECLARED, Depends(allowed))

    @router.get("/api/call/")
    def state() -> Json:
        """Tell how this server is."""
        return {"status": "draining" if host.state.draining else "ok", "active_calls": host.state.active_calls}

    @router.get("/api/call/test", dependencies=guarded, responses=declared(404))
    async def test_agent(who: Allowed, session: Reading, agent_id: Annotated[str, Query(max_length=100)]) -> Json:
        """Check an agent as a call would; return the models that it would use."""
        agent = await agents.read(session, uuid_of(agent_id, "agent_id"))
        checks = replace(host.checks, catalogue=await with_own(session, host.checks.catalogue))
        values = checked(agent.config, checks).model_dump(mode="json")
        can_call = await host.reach.of(session, who.account_id)
        used = {
            name: encode.row(host.checks.catalogue.find(kind, values[section][key]), can_call)
            for name, (kind, section, key) in _MODELS.items()
        }
        is_ok = all(model["available"] for model in used.values())
        return {
            "status": "ok" if is_ok else "key_missing",
            "agent_id": agent.id,
            "is_active": agent.is_active,
            "providers": used,
        }

    @router.get("/api/call/auth/token", dependencies=guarded)
    def make_token(who: Allowed) -> Json:
        """Return a token with which a page talks for an hour, and can do nothing else."""
        token = host.tokens.make(who, host.clock.utc())
        return {"token": token, "token_type": "bearer", "expires_in": int(LIFE.total_seconds())}

    @router.get("/api/call/init-web-media-stream", dependencies=guarded, responses=declared(404))
    async def init_stream(who: Allowed, session: Reading, agent_id: Annotated[str, Query(max_length=100)]) -> Json:
        """Return where and with what a page talks to an agent (PVP, docs/pvp.md)."""
        agent = await agents.to_call(session, uuid_of(agent_id, "agent_id"))
        token = host.tokens.make(who, host.clock.utc())
        path = f"/api/call/web-media-stream?agent_id={agent.id}"
        return {"agent_id": agent.id, "path": path, "token": token, "protocol": "pvp"}

    @router.get("/.well-known/jwks.json")
    def jwks() -> Json:
        """Return the keys by which web clients' tokens can be checked."""
        return dict(host.tokens.jwks())

    return router
