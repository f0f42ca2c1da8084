"""Calls to telephones on a real database: a carrier that keeps a list of what it was asked for."""

import datetime
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.calls.following import CallFollower
from control_api.calls.placing import CallPlacer
from control_api.calls.ports import CallingPorts, Tickets
from control_api.lines import service as lines
from control_api.lines.service import LineHost, NewLine
from control_api.providers.vault import Vault
from kit.errors import InputError
from kit.phone_calls import CallStatus, DialOrder, LineAccess, Progress
from storage.engine import Database
from storage.tables.call_intent import CallIntent
from tests.support.echo_server import OneFlow
from tests.support.set_clock import SetClock

LINE_NUMBER = "+14158675309"
CALLEE = "+12125550123"
CREDENTIALS: Mapping[str, str] = {"account_sid": "AC" + "1" * 32, "auth_token": "12345"}


@dataclass
class ListedDialer:
    """A carrier.

    Attributes:
        dialled: What it was asked for.
        fails: Raised by the next dialling, after the call was made if `although_made`.
        known: What it knows of calls, by its own names.
        silent: Raised when it is asked.
        odd: Calls of which it says what nobody understands.
    """

    dialled: list[DialOrder] = field(default_factory=list)
    fails: Exception | None = None
    although_made: bool = False
    silent: Exception | None = None
    known: dict[str, Progress] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    hung_up: list[str] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    odd: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        self.dialled.append(order)
        if self.fails is not None and not self.although_made:
            raise self.fails
        name = f"CA{next(self._numbers)}"
        self.made[order.intent_id] = name
        self.known[name] = Progress(CallStatus.QUEUED)
        if self.fails is not None:
            raise self.fails
        return name

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        if self.silent is not None:
            raise self.silent
        return self.made.get(order.intent_id)

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        if self.silent is not None:
            raise self.silent
        if carrier_call in self.odd:
            raise RuntimeError("an answer that nobody expected")
        return self.known.get(carrier_call)

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        self.hung_up.append(carrier_call)

    async def verify(self, line: LineAccess) -> None:
        if line.credentials["auth_token"] != CREDENTIALS["auth_token"]:
            raise InputError("The carrier does not know these credentials.", code="line.not_at_carrier")
        if self.silent is not None:
            raise self.silent

    async def attach(self, line: LineAccess) -> None:
        self.attached.append(line.number)


@dataclass
class Purse:
    """Money of every account."""

    remaining: int | None = None
    spent: int = 0

    async def remaining_cents(self, session: AsyncSession, account_id: str) -> int | None:
        return self.remaining

    async def spent_microcents(self, session: AsyncSession, account_id: str, since: datetime.datetime) -> int:
        return self.spent


class PlainTickets:
    """Tickets that name their call."""

    async def mint(self, intent: CallIntent, line: LineAccess, ttl_s: float) -> str:
        return f"mt_{intent.id}"


@dataclass
class CallingLab:
    """What places and follows calls, and what it stands on."""

    database: Database
    clock: SetClock = field(default_factory=SetClock)
    dialer: ListedDialer = field(default_factory=ListedDialer)
    purse: Purse = field(default_factory=Purse)
    tickets: Tickets = field(default_factory=PlainTickets)

    def __post_init__(self) -> None:
        self.vault = Vault(b"v" * 32)
        self.ports = CallingPorts(OneFlow(), self.purse, self.tickets, {"twilio": self.dialer}, self.vault)
        self.placer = CallPlacer(self.database, self.ports, self.clock)
        self.follower = CallFollower(self.database, self.ports, self.clock)
        self.clock.passed_s = 6 * 3600.0  # 18:00 UTC: day on both coasts

    async def add_line(self, account_id: str, number: str = LINE_NUMBER, flow_id: str | None = "greet") -> str:
        host = LineHost(OneFlow(), self.vault)
        async with self.database.writing(account_id) as session:
            new = NewLine(number, "twilio", CREDENTIALS, flow_id=flow_id)
            return (await lines.add(session, account_id, new, host, self.clock.utc())).id

    async def intent(self, account_id: str, intent_id: str) -> CallIntent:
        async with self.database.reading(account_id) as session:
            row = await session.get(CallIntent, intent_id)
        assert row is not None
        return row
