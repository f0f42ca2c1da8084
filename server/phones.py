"""Puts together what answers telephones and calls them."""

import asyncio
import datetime
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.calls.following import CallFollower
from control_api.calls.phone_routes import CallingHost, phone_call_router
from control_api.calls.placing import CallPlacer
from control_api.calls.ports import CallingPorts
from control_api.lines.routes import line_router
from control_api.lines.service import LineHost
from control_api.principal import LOCAL_ACCOUNT_ID
from flows.interpolate import fill
from kit.clock import Clock
from kit.phone_calls import Answering, LineAccess, MachinePolicy
from server.answered_calls import AnsweredCalls
from server.carriers import OtherCarriers, build_dialers
from server.identity import Identity
from server.live_phone_calls import LivePhoneCalls
from server.media_tickets import StoredTickets
from server.phone_events import PhoneEvents
from server.phone_lines import StoredLines
from server.session_ports import NamedFlows, SessionCredits, SessionFlows
from server.settings import Settings
from storage.repositories import call_meters
from storage.tables.call_intent import CallIntent
from telephony.addresses import Addresses
from telephony.connection import Exchange
from telephony.media_routes import TicketDesk, media_router
from telephony.ports import Admission, MediaTickets
from telephony.twilio.attendant import TwilioAttendant
from telephony.twilio.control import TwilioHost
from telephony.twilio.dialer import TwilioDialer
from telephony.twilio.rest import API_URL, TwilioRest
from telephony.twilio.webhook import Webhooks, webhook_router
from transports.live import LiveCalls
from transports.ports import CallFactory, CallRequest


@dataclass(frozen=True, slots=True)
class Phones:
    """The telephone side of a server.

    Attributes:
        routers: Its routes.
        placer: Makes calls, for whichever API asks.
    """

    routers: Sequence[APIRouter]
    placer: CallPlacer
    _follower: CallFollower
    _rest: TwilioRest
    _others: OtherCarriers

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Look after calls that were placed, until it closes."""
        async with self._others.open(), asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(self._follower.run())
            try:
                yield
            finally:
                keeping.cancel()
                self._rest.close()


class IntentTickets:
    """`control_api.calls.ports.Tickets`: what a call becomes once somebody has answered."""

    def __init__(self, tickets: MediaTickets) -> None:
        self._tickets = tickets

    async def mint(self, intent: CallIntent, line: LineAccess, ttl_s: float) -> str:
        """See the port."""
        to_agent = intent.target_kind == "agent"
        about = {"direction": "outbound", "from": line.number, "to": intent.to_number, "line_id": line.id}
        request = CallRequest(
            intent.id,
            None if to_agent else intent.target_id,
            intent.variables,
            intent.labels | about,
            intent.account_id,
            flow_version_id=intent.target_version_id,
            transport=line.provider,
            agent_id=intent.target_id if to_agent else None,
            answering=Answering(
                MachinePolicy(intent.machine_policy),
                fill(intent.message, intent.variables),
                fill(intent.introduction, intent.variables),
            ),
        )
        return await self._tickets.mint(Admission(request, line.id), ttl_s)


class PhoneSpending(SessionCredits):
    """`control_api.calls.ports.Spending` over ledger and meters; who needs no log-in pays nothing."""

    async def spent_microcents(self, session: AsyncSession, account_id: str, since: datetime.datetime) -> int:
        """See the port."""
        return 0 if account_id == LOCAL_ACCOUNT_ID else await call_meters.captured_since(session, account_id, since)


def build_phones(
    settings: Settings, identity: Identity, named: NamedFlows, desk: CallFactory, live: LiveCalls
) -> Phones:
    """Prepare; calls are looked after while it is open."""
    clock, database, vault = Clock(), identity.authenticator.database, identity.vault
    flows = SessionFlows(named, has_model=settings.llm_base_url is not None)
    tickets, lines, rest = StoredTickets(database, clock), StoredLines(database, vault), TwilioRest(_twilio(settings))
    addresses = Addresses("twilio", settings.public_url, settings.local_url)
    twilio, dialers = TwilioDialer(rest, addresses), build_dialers(settings)
    by_provider = {"twilio": twilio, **dialers.by_provider()}
    ports = CallingPorts(flows, PhoneSpending(), IntentTickets(tickets), by_provider, vault)
    placer, follower = CallPlacer(database, ports, clock), CallFollower(database, ports, clock)
    calls = LivePhoneCalls(AnsweredCalls(desk, follower, clock), clock)
    host = TwilioHost(rest, addresses, tickets, lines, clock)
    events, exchange = PhoneEvents(follower, calls), Exchange(calls, live, clock)
    others = OtherCarriers(settings, dialers, lines, tickets, events, exchange)
    door = TicketDesk(tickets, exchange, {"twilio": TwilioAttendant(host), **others.attendants()})
    routers = (
        line_router(LineHost(flows, vault, {"twilio": twilio, "plivo": dialers.plivo}), clock),
        phone_call_router(CallingHost(placer, follower, clock)),
        webhook_router(Webhooks(host, events, live)),
        media_router(door),
        *others.routers(door),
    )
    return Phones(routers, placer, follower, rest, others)


def _twilio(settings: Settings) -> str:
    return settings.twilio_base_url or API_URL
