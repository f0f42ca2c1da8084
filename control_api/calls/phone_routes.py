"""`/native/v1/calls`: calls to telephones; the account's rules for them; who does not want any."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy.exc import IntegrityError

from control_api.access import DECLARED, Reading, Writing, authenticator, needs
from control_api.calls import placing
from control_api.calls.following import CallFollower
from control_api.calls.placing import CallPlacer, CallWish
from control_api.calls.schemas import (
    CallItem,
    CallRequestBody,
    DoNotCallBody,
    DoNotCallItem,
    RulesBody,
    call_item,
    entry_item,
    rules_body,
)
from control_api.errors import declared
from control_api.ports import UtcClock
from control_api.principal import Principal
from kit.errors import ConflictError, NotFoundError
from kit.phone_numbers import e164
from storage.repositories import call_intents, do_not_call
from storage.tables.call_intent import CallIntent
from storage.tables.do_not_call import DoNotCall

_MayRead = Annotated[Principal, Depends(needs("calls:read"))]
_MayWrite = Annotated[Principal, Depends(needs("calls:write"))]
_Id = Annotated[str, Path(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
_Limit = Annotated[int, Query(ge=1, le=200)]
_Before = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
_Key = Annotated[
    str | None,
    Header(min_length=1, max_length=180, pattern="^[!-~]+$", description="Asking twice with one key makes one call."),
]


@dataclass(frozen=True, slots=True)
class CallingHost:
    """What the routes work with."""

    placer: CallPlacer
    follower: CallFollower
    clock: UtcClock


def phone_call_router(host: CallingHost) -> APIRouter:
    """Return the routes of calls to telephones."""
    router = APIRouter(prefix="/native/v1", tags=["phone calls"], dependencies=list(DECLARED))
    _calls(router, host)
    _rules(router, host.clock)
    return router


def _calls(router: APIRouter, host: CallingHost) -> None:
    @router.post("/calls", status_code=201, responses=declared(401, 402, 403, 404, 409, 429))
    async def place_call(who: _MayWrite, body: CallRequestBody, idempotency_key: _Key = None) -> CallItem:
        """Call a telephone. A call that the carrier refuses comes back as `failed`."""
        wish = CallWish(
            body.to,
            body.line_id,
            body.flow_id,
            body.variables,
            body.metadata,
            idempotency_key,
            body.machine,
            body.message,
            body.ring_timeout_s,
            introduction=body.introduction,
        )
        return call_item(await host.placer.place(who.account_id, wish))

    @router.get("/calls", responses=declared(401, 403))
    async def list_calls(
        who: _MayRead, session: Reading, limit: _Limit = 50, before: _Before = None
    ) -> Sequence[CallItem]:
        """List calls to telephones, newest first; `before` is the id of the last one of the page before."""
        return [call_item(row) for row in await call_intents.newest(session, limit, before)]

    @router.get("/calls/{call_id}", responses=declared(401, 403, 404))
    async def get_call(who: _MayRead, session: Reading, call_id: _Id) -> CallItem:
        """Show a call."""
        return call_item(_found(await call_intents.by_id(session, call_id)))

    @router.post("/calls/{call_id}/hang-up", status_code=202, responses=declared(401, 403, 404, 502, 503))
    async def hang_up(who: _MayWrite, request: Request, call_id: _Id) -> Response:
        """End a call; one that is over is left alone."""
        async with authenticator(request).database.reading(who.account_id) as session:
            intent = _found(await call_intents.by_id(session, call_id))
        await host.follower.hang_up(intent)  # a carrier may be slow, and connections are few
        return Response(status_code=202)


def _rules(router: APIRouter, clock: UtcClock) -> None:
    @router.get("/calling-rules", responses=declared(401, 403))
    async def get_rules(who: _MayRead, session: Reading) -> RulesBody:
        """Show whom the account may have called, when and how often."""
        return rules_body(await placing.rules_of(session))

    @router.put("/calling-rules", responses=declared(401, 403))
    async def put_rules(who: _MayWrite, session: Writing, body: RulesBody) -> RulesBody:
        """Replace these rules."""
        await placing.set_rules(session, who.account_id, body.rules())
        return body

    @router.get("/do-not-call", responses=declared(401, 403))
    async def list_entries(
        who: _MayRead, session: Reading, limit: _Limit = 50, before: _Before = None
    ) -> Sequence[DoNotCallItem]:
        """List who does not want to be called, newest first."""
        return [entry_item(row) for row in await do_not_call.page(session, limit, before)]

    @router.post("/do-not-call", status_code=201, responses=declared(401, 403, 409))
    async def add_entry(who: _MayWrite, session: Writing, body: DoNotCallBody) -> DoNotCallItem:
        """Never call a number again."""
        row = DoNotCall(account_id=who.account_id, number=e164(body.number), reason=body.reason, added_at=clock.utc())
        session.add(row)
        try:
            await session.flush()
        except IntegrityError as error:
            raise ConflictError("This number is on the list.", code="do_not_call.exists") from error
        return entry_item(row)

    @router.delete("/do-not-call/{number}", status_code=204, responses=declared(401, 403, 404))
    async def remove_entry(who: _MayWrite, session: Writing, number: _Id) -> Response:
        """Take a number off the list."""
        if not await do_not_call.remove(session, e164(number)):
            raise NotFoundError("This number is not on the list.", code="do_not_call.not_found")
        return Response(status_code=204)


def _found(row: CallIntent | None) -> CallIntent:
    if row is None:
        raise NotFoundError("Call not found", code="call.not_found")
    return row
