"""Steer a running Plivo call: hang up, press keys, pass it on, and have it back when nobody answers there."""

import re
from dataclasses import dataclass, field, replace

from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import ForbiddenError, InputError
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164
from pipeline.call_control import TransferMode, TransferResult
from telephony.addresses import Addresses
from telephony.plivo import xml
from telephony.plivo.rest import PlivoRest
from telephony.ports import Admission, LineDirectory, MediaTickets, StreamControl
from telephony.transfers import LIMIT_S, RING_S, Absence, Transfers, outcome_of

_KEYS = re.compile(r"[0-9*#wW]{1,32}")
_SIP = re.compile(r"sip:[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class PlivoHost:
    """What Plivo's calls work with."""

    rest: PlivoRest
    addresses: Addresses
    tickets: MediaTickets
    lines: LineDirectory
    clock: Clock
    transfers: Transfers = field(default_factory=Transfers)


class PlivoAttendant:
    """`telephony.media_routes.Attendant` of Plivo: the ticket is the proof, in an address that only Plivo was told."""

    def __init__(self, host: PlivoHost) -> None:
        self._host = host

    async def control(self, websocket: WebSocket, admission: Admission) -> "PlivoControl":
        """See the port."""
        del websocket
        line = await self._host.lines.by_id(admission.line_id) if admission.line_id is not None else None
        if line is None:
            raise ForbiddenError("The line is gone.", code="telephony.invalid_ticket")
        return PlivoControl(self._host, line, admission)


class PlivoControl:
    """`telephony.ports.StreamControl` of one call."""

    transfers: frozenset[TransferMode] = frozenset({"cold", "warm"})
    sends_dtmf = True

    def __init__(self, host: PlivoHost, line: LineAccess, admission: Admission) -> None:
        """Steer the call that `admission` let in."""
        self._host, self._line, self._admission = host, line, admission
        self._carrier_call = admission.carrier_call or ""
        self._absence = Absence(host.clock)

    def started(self, carrier_call: str) -> None:
        """See the port."""
        self._carrier_call = carrier_call

    def away_s(self) -> float:
        """See the port."""
        return self._absence.left_s()

    def returned(self, by: StreamControl | None = None) -> None:
        """See the port."""
        del by
        self._absence.returned()

    async def hang_up(self) -> None:
        """See the port."""
        await self._host.rest.hang_up(self._line, self._carrier_call)

    async def send_dtmf(self, digits: str) -> None:
        """See the port; the stream goes on meanwhile."""
        if not _KEYS.fullmatch(digits):
            raise InputError("Keys are 0-9, *, #, and w for a wait; 32 at most.", code="telephony.invalid_digits")
        await self._host.rest.press(self._line, self._carrier_call, digits)

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        """See the port."""
        to = target if _SIP.fullmatch(target) else e164(target)
        call_id, host, line = self._admission.request.call_id, self._host, self._line
        async with host.transfers.open(line.id, call_id) as outcome:
            back = await host.tickets.mint(replace(self._admission, carrier_call=self._carrier_call), LIMIT_S)
            attributes = {
                "callerId": line.number,
                "timeout": str(RING_S),
                "action": host.addresses.of_line(line.id, "dialled", call_id, back),
                "callbackUrl": host.addresses.of_line(line.id, "joined", call_id),
            }
            if mode == "warm" and summary:
                attributes["callbackUrl"] += "?warm=1"
                attributes["confirmSound"] = await self._kept(xml.document(xml.speak(summary)))
            away = await self._kept(xml.document(xml.dial(to, attributes)))
            self._absence.begin(LIMIT_S)
            try:
                await host.rest.redirect(line, self._carrier_call, away)
            except BaseException:
                self._absence.end()
                raise
            return await outcome_of(outcome, self._absence)

    async def _kept(self, document: str) -> str:
        """Return where Plivo fetches a document, once, at whichever node; its texts do not belong into an address."""
        request = replace(self._admission.request, context={}, metadata={"document": document})
        token = await self._host.tickets.mint(Admission(request, self._line.id), LIMIT_S)
        return self._host.addresses.of_line(self._line.id, "document", token)
