"""`POST /api/call/create_call`: call a telephone."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Request, Response

from control_api.access import authenticator
from control_api.agents.placeholders import require_values
from control_api.calls.choosing import line_for
from control_api.calls.placing import CallWish
from control_api.dialects.kupe.access import DECLARED, Allowed, allowed, placer_of, uuid_of
from control_api.dialects.kupe.errors import declared
from kit.errors import ForbiddenError, InputError
from storage.tables.call_intent import CallIntent
from storage.tables.phone_line import PhoneLine

Json = dict[str, Any]
_Id = Annotated[str | None, Query(max_length=100)]
_MAX_BODY_BYTES = 512 * 1024


def create_call_router(origins: frozenset[str]) -> APIRouter:
    """Return the route; a page may ask only if its origin is one of `origins`."""
    router = APIRouter(prefix="/api/call", tags=["kupe"], dependencies=(*DECLARED, Depends(allowed)))

    @router.post("/create_call", responses=declared(402, 404, 429, 500))
    async def create_call(  # noqa: PLR0913  the contract's own parameters
        who: Allowed,
        request: Request,
        response: Response,
        later: BackgroundTasks,
        phone_number: Annotated[str, Query(alias="phoneNumber", max_length=40)],
        agent_id: _Id = None,
        workflow_id: _Id = None,
        phone_number_id: _Id = None,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=180, pattern="^[!-~]+$")] = None,
        prefer: Annotated[str, Header(max_length=200)] = "",
    ) -> Json:
        """Call a number; with `Prefer: respond-async` answer before it is dialled."""
        _check_origin(request, origins)
        placer = placer_of(request)
        if agent_id is not None and workflow_id is not None:
            raise InputError("Send agent_id or workflow_id, not both.", code="call.one_target")
        agent = uuid_of(agent_id, "agent_id") if agent_id is not None else None
        line_id = uuid_of(phone_number_id, "phone_number_id") if phone_number_id is not None else None
        async with authenticator(request).database.reading(who.account_id) as session:
            line = await line_for(session, line_id, agent, workflow_id)
        values = require_values((await _body(request)).get("variable_values", {}))
        wish = CallWish(phone_number, line.id, workflow_id, values, key=idempotency_key, agent_id=agent)
        admitted = await placer.admit(who.account_id, wish)
        intent = admitted.intent
        if admitted.line is not None and "respond-async" in prefer.replace(" ", "").split(","):
            later.add_task(placer.dial, intent, admitted.line)
            response.status_code = 202
            response.headers["Preference-Applied"] = "respond-async"
            return _queued(intent, agent)
        if admitted.line is not None:
            intent = await placer.dial(intent, admitted.line)
        return call_told(intent, line)

    return router


def _check_origin(request: Request, origins: frozenset[str]) -> None:
    origin = request.headers.get("origin")
    if origin is not None and origin.rstrip("/") not in origins:
        raise ForbiddenError("Origin not allowed", code="auth.bad_origin")


async def _body(request: Request) -> Mapping[str, Any]:
    """Read the body, which need not be there."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw) if len(raw) <= _MAX_BODY_BYTES else None
    except (ValueError, RecursionError) as error:
        raise InputError("The body is no JSON.", code="request.unreadable") from error
    if not isinstance(value, dict):
        raise InputError("The body is no JSON object.", code="request.unreadable")
    return value


def _about(intent: CallIntent) -> Json:
    return {
        "request_id": intent.id,
        "call_session_id": intent.id,
        "user_id": intent.account_id,
        "telephony_provider": "pstn",
        "target_number": intent.to_number,
    }


def call_told(intent: CallIntent, line: PhoneLine) -> Json:
    """Say what became of it; what a carrier said stays with us."""
    if intent.status == "failed":
        return {"status": "failed"} | _about(intent) | {"detail": "The call could not be started."}
    leg = {"telephony_leg_id": intent.carrier_call} if intent.carrier_call else {}
    return {"status": "success"} | _about(intent) | {"from_phone_number": line.number} | leg


def _queued(intent: CallIntent, agent_id: str | None) -> Json:
    more = {"queue_job_id": intent.id, "agent_id": agent_id, "source": "create_call"}
    return {"status": "queued"} | _about(intent) | more
