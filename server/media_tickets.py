"""Tickets of media sockets, kept in the database so that any node may take the socket (docs/adr/0022)."""

import datetime
import hashlib
import secrets
from dataclasses import asdict

from control_api.ports import UtcClock
from kit.errors import ForbiddenError
from kit.phone_calls import Answering, MachinePolicy
from storage.engine import EVERY_TENANT, Database
from storage.repositories import media_tickets
from storage.tables.media_ticket import MediaTicket
from telephony.ports import TICKET_TTL_S, Admission
from transports.ports import CallRequest

_TOKEN_BYTES = 24
_MAX_TOKEN_CHARS = 64


class StoredTickets:
    """`telephony.ports.MediaTickets` over the database; only a token's hash is kept."""

    def __init__(self, database: Database, clock: UtcClock) -> None:
        self._database = database
        self._clock = clock

    async def mint(self, admission: Admission, ttl_s: float = TICKET_TTL_S) -> str:
        """See the port."""
        now, request = self._clock.utc(), admission.request
        token = f"mt_{secrets.token_urlsafe(_TOKEN_BYTES)}"
        assert request.account_id is not None, "a line is somebody's"
        row = MediaTicket(
            token_hash=_hash(token),
            account_id=request.account_id,
            line_id=admission.line_id,
            carrier_call=admission.carrier_call,
            request={
                "call_id": request.call_id,
                "flow": request.flow,
                "context": dict(request.context),
                "metadata": dict(request.metadata),
                "session_id": request.session_id,
                "flow_version_id": request.flow_version_id,
                "transport": request.transport,
                "agent_id": request.agent_id,
                "answering": asdict(request.answering) if request.answering is not None else None,
            },
            expires_at=now + datetime.timedelta(seconds=ttl_s),
        )
        async with self._database.writing(request.account_id) as session:
            await media_tickets.forget_expired(session, now)
            session.add(row)
        return token

    async def redeem(self, token: str) -> Admission:
        """See the port."""
        row = None
        if len(token) <= _MAX_TOKEN_CHARS:
            async with self._database.writing(EVERY_TENANT) as session:
                row = await media_tickets.spend(session, _hash(token), self._clock.utc())
        if row is None:
            raise ForbiddenError("No such ticket, or it was used before.", code="telephony.invalid_ticket")
        told = dict(row.request)
        answering = told.pop("answering")
        if answering is not None:
            answering = Answering(**answering | {"policy": MachinePolicy(answering["policy"])})
        request = CallRequest(**told, account_id=row.account_id, answering=answering)
        return Admission(request, row.line_id, row.carrier_call)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
