"""Our side of Twilio on the virtual clock, beside a simulated account: lines and tickets are kept in memory."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from kit.clock import Clock
from kit.errors import ForbiddenError
from kit.phone_calls import AnsweredBy, CarrierCall, LineAccess, Progress
from pipeline.frames.control import PeerGone
from server.live_phone_calls import LivePhoneCalls
from telephony.addresses import Addresses
from telephony.connection import Exchange
from telephony.media_routes import TicketDesk, media_router
from telephony.ports import TICKET_TTL_S, Admission, IncomingCall
from telephony.twilio.attendant import TwilioAttendant
from telephony.twilio.control import TwilioHost
from telephony.twilio.rest import TwilioRest
from telephony.twilio.webhook import Webhooks, webhook_router
from tests.support.carriers.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SIGNING_KEY, SimulatedTwilio
from tests.support.fake_call import EchoCalls
from transports.live import LiveCalls
from transports.ports import CallRequest

PUBLIC_URL = "https://voice.example.com"
LINE_NUMBER = "+14158675309"
LINE = LineAccess(
    "line-1",
    "anna",
    LINE_NUMBER,
    "twilio",
    {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "signing_key": SIGNING_KEY},
)


class PlainTickets:
    """`MediaTickets` in memory."""

    def __init__(self) -> None:
        self.good: dict[str, Admission] = {}
        self._numbers = itertools.count(1)

    async def mint(self, admission: Admission, ttl_s: float = TICKET_TTL_S) -> str:
        token = f"mt_{next(self._numbers)}"
        self.good[token] = admission
        return token

    async def redeem(self, token: str) -> Admission:
        if token not in self.good:
            raise ForbiddenError("no such ticket", code="telephony.invalid_ticket")
        return self.good.pop(token)


@dataclass
class PlainLines:
    """`LineDirectory` of one line."""

    flow: str | None = "greet"
    line: LineAccess = LINE

    async def by_number(self, number: str, provider: str) -> Sequence[LineAccess]:
        return [self.line] if (number, provider) == (self.line.number, self.line.provider) else []

    async def by_id(self, line_id: str) -> LineAccess | None:
        return self.line if line_id == self.line.id else None

    async def admit(self, line: LineAccess, call: IncomingCall) -> Admission | None:
        if self.flow is None:
            return None
        known = {"carrier_call": call.carrier_call, "line_id": line.id}
        request = CallRequest(f"call-of-{call.carrier_call}", self.flow, metadata=known, account_id=line.account_id)
        return Admission(request, line.id, call.carrier_call)


@dataclass
class Told:
    """`CallEvents` that are kept, and what ends calls that are over."""

    live: LivePhoneCalls
    progress: list[tuple[str, Progress, str | None]] = field(default_factory=list)
    verdicts: list[AnsweredBy] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)

    async def progressed(self, call: CarrierCall, progress: Progress, intent_id: str | None) -> None:
        self.progress.append((call.name, progress, intent_id))
        if progress.status.is_final:
            self.live.tell(call, PeerGone())

    async def answered(self, call: CarrierCall, by: AnsweredBy) -> None:
        self.verdicts.append(by)

    async def recorded(self, call: CarrierCall, recording: str) -> None:
        self.recordings.append(recording)


async def inline(work: Callable[[], Any]) -> Any:
    """Do what the SDK waits for at once: the simulated account answers without waiting."""
    return work()


class TwilioLab:
    """Both sides; to be made inside the loop."""

    def __init__(self, calls: EchoCalls | None = None, public_url: str | None = PUBLIC_URL) -> None:
        self.calls, self.live, self.lines, self.tickets = (
            calls or EchoCalls(),
            LiveCalls(),
            PlainLines(),
            PlainTickets(),
        )
        clock, app = Clock(), FastAPI()
        self.account = SimulatedTwilio(app)
        self.rest = TwilioRest(run=inline, new_http=lambda: self.account)
        self.host = TwilioHost(self.rest, Addresses("twilio", public_url), self.tickets, self.lines, clock)
        phone_calls = LivePhoneCalls(self.calls, clock)
        self.told = Told(phone_calls)
        app.include_router(webhook_router(Webhooks(self.host, self.told, self.live)))
        exchange = Exchange(phone_calls, self.live, clock)
        app.include_router(media_router(TicketDesk(self.tickets, exchange, {"twilio": TwilioAttendant(self.host)})))

    def line_url(self, *path: str) -> str:
        """Return where something about the line is told."""
        return "/".join((f"{PUBLIC_URL}/telephony/twilio/lines/{LINE.id}", *path))

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        await asyncio.sleep(0.1)
