"""Lines, tickets and events for a carrier's HTTP side, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kit.errors import ForbiddenError
from kit.ids import uuid7
from kit.phone_calls import AnsweredBy, CarrierCall, LineAccess, Progress
from telephony.ports import TICKET_TTL_S, Admission, IncomingCall
from transports.ports import CallRequest


@dataclass
class Desk:
    """`LineDirectory`, `MediaTickets` and `CallEvents` in one.

    Attributes:
        leads_to: The flow of every line; None: nowhere.
    """

    lines: Sequence[LineAccess]
    leads_to: str | None = "support"
    admitted: list[IncomingCall] = field(default_factory=list)
    tickets: dict[str, Admission] = field(default_factory=dict)
    told: list[tuple[CarrierCall, Progress, str | None]] = field(default_factory=list)

    async def by_number(self, number: str, provider: str) -> Sequence[LineAccess]:
        digits = number.strip().lstrip("+0")
        return [line for line in self.lines if digits and line.provider == provider and line.number.endswith(digits)]

    async def by_id(self, line_id: str) -> LineAccess | None:
        return next((line for line in self.lines if line.id == line_id), None)

    async def admit(self, line: LineAccess, call: IncomingCall) -> Admission | None:
        self.admitted.append(call)
        if self.leads_to is None:
            return None
        return Admission(CallRequest(uuid7(), self.leads_to, account_id=line.account_id), line.id, call.carrier_call)

    async def mint(self, admission: Admission, ttl_s: float = TICKET_TTL_S) -> str:
        del ttl_s
        token = f"ticket-{len(self.tickets) + 1}"
        self.tickets[token] = admission
        return token

    async def redeem(self, token: str) -> Admission:
        if token not in self.tickets:
            raise ForbiddenError("No such ticket.", code="telephony.invalid_ticket")
        return self.tickets.pop(token)

    async def progressed(self, call: CarrierCall, progress: Progress, intent_id: str | None) -> None:
        self.told.append((call, progress, intent_id))

    async def recorded(self, call: CarrierCall, recording: str) -> None:
        """Keep nothing: these carriers do not tell it."""

    async def answered(self, call: CarrierCall, by: AnsweredBy) -> None:
        raise AssertionError("these carriers do not say who answered")
