"""Steer a running Twilio call: hang up, press keys, pass it on, and have it back when nobody answers there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kit.clock import Clock
from kit.errors import InputError
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164
from pipeline.call_control import TransferMode, TransferResult
from telephony.addresses import Addresses
from telephony.ports import Admission, LineDirectory, MediaTickets, StreamControl
from telephony.transfers import BACK_S, LIMIT_S, RING_S, Absence, Transfers, outcome_of
from telephony.twilio import twiml
from telephony.twilio.rest import TwilioRest

_KEYS_S = 20.0  # the longest row of keys, played
_KEYS = re.compile(r"[0-9*#wW]{1,32}")
_SIP = re.compile(r"sip:[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class TwilioHost:
    """What Twilio's calls work with."""

    rest: TwilioRest
    addresses: Addresses
    tickets: MediaTickets
    lines: LineDirectory
    clock: Clock
    transfers: Transfers = field(default_factory=Transfers)


class TwilioControl:
    """`telephony.ports.StreamControl` of one call."""

    transfers: frozenset[TransferMode] = frozenset({"cold", "warm"})
    sends_dtmf = True

    def __init__(self, host: TwilioHost, line: LineAccess, admission: Admission) -> None:
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
        """See the port; the stream stops, the keys sound, another stream comes."""
        if not _KEYS.fullmatch(digits):
            raise InputError("Keys are 0-9, *, #, and w for a wait; 32 at most.", code="telephony.invalid_digits")
        token = await self._ticket(_KEYS_S + BACK_S)
        document = twiml.document(twiml.play_digits(digits), self._stream(token))
        await self._send_away(document, _KEYS_S + BACK_S)

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        """See the port."""
        number = target if _SIP.fullmatch(target) else e164(target)
        call_id, host = self._admission.request.call_id, self._host
        async with host.transfers.open(self._line.id, call_id) as outcome:
            token = await self._ticket(LIMIT_S)
            whispers = {"url": await self._whisper(summary, LIMIT_S)} if mode == "warm" and summary else {}
            await self._send_away(self._dial(number, token, whispers), LIMIT_S)
            return await outcome_of(outcome, self._absence)

    async def _send_away(self, document: str, away_s: float) -> None:
        self._absence.begin(away_s)
        try:
            await self._host.rest.redirect(self._line, self._carrier_call, document)
        except BaseException:
            self._absence.end()
            raise

    def _dial(self, number: str, token: str, whispers: Mapping[str, str]) -> str:
        of_line, call_id = self._host.addresses.of_line, self._admission.request.call_id
        told = {"statusCallbackEvent": "answered", "statusCallback": of_line(self._line.id, "joined", call_id)}
        action = of_line(self._line.id, "dialled", call_id, token)
        attributes = {"callerId": self._line.number, "timeout": str(RING_S)}
        return twiml.document(twiml.dial(number, action, attributes, {**whispers, **told}))

    async def _whisper(self, summary: str, ttl_s: float) -> str:
        """Return where Twilio fetches what the person hears first; texts do not belong into addresses."""
        request = replace(self._admission.request, context={}, metadata={"whisper": summary})
        token = await self._host.tickets.mint(Admission(request, self._line.id, None), ttl_s)
        return self._host.addresses.of_line(self._line.id, "whisper", token)

    async def _ticket(self, ttl_s: float) -> str:
        """Let the call's next stream in."""
        return await self._host.tickets.mint(replace(self._admission, carrier_call=self._carrier_call), ttl_s)

    def _stream(self, token: str) -> str:
        return twiml.stream(self._host.addresses.stream(token))
