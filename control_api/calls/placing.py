"""Place a call: write the intent, then dial, once and never again (docs/adr/0023)."""

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.agents import service as agents
from control_api.calls import rules as calling_rules
from control_api.calls.ports import CallingPorts
from control_api.calls.rules import RATE_WINDOW_S, Rules
from control_api.lines import service as lines
from control_api.ports import UtcClock
from kit.errors import (
    ConflictError,
    DialRefusedError,
    ForbiddenError,
    InputError,
    InsufficientCreditsError,
    NotFoundError,
    ProviderError,
)
from kit.ids import uuid7
from kit.phone_calls import CallStatus, DialOrder, LineAccess, MachinePolicy
from kit.phone_numbers import e164, facts_of
from storage.engine import Database
from storage.repositories import call_intents, do_not_call, phone_lines
from storage.tables.call_intent import CallIntent
from storage.tables.calling_rule import CallingRule
from storage.tables.phone_line import PhoneLine

DIALLING_S = 60  # longer than any carrier is waited for; then the keeper asks what became of it
LEASE_S = 150.0  # beyond the ringing; renewed while the call goes on
_DAY = datetime.timedelta(days=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallWish:
    """A call that somebody asks for.

    Attributes:
        to: As people write it.
        line_id: None: the account's first line that can dial.
        flow_id: None: what the line leads to.
        agent_id: Who talks instead of a flow.
        key: Asking twice with one key makes one call; None: every asking is another.
        message: What a machine is told, where the policy is to leave a message.
        labels: Go into the call's record.
    """

    to: str
    line_id: str | None = None
    flow_id: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    machine_policy: MachinePolicy = MachinePolicy.CONTINUE
    message: str = ""
    ring_timeout_s: int = 30
    agent_id: str | None = None
    introduction: str = ""

    def fingerprint(self) -> str:
        """Tell one wish from another, for those that come under one key."""
        target = self.flow_id if self.agent_id is None else f"agent {self.agent_id}"
        parts = (self.to, self.line_id, target, self.variables, self.machine_policy, self.message, self.introduction)
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Admitted:
    """An intent that was written down.

    Attributes:
        line: To dial it on; None if it was asked for before, and is somebody else's to dial.
    """

    intent: CallIntent
    line: LineAccess | None


class CallPlacer:
    """Places calls for whichever API asks."""

    def __init__(self, database: Database, ports: CallingPorts, clock: UtcClock) -> None:
        self._database = database
        self._ports = ports
        self._clock = clock

    async def place(self, account_id: str, wish: CallWish) -> CallIntent:
        """Make a call and return what is known of it; a repeated wish returns what became of the first.

        A call that its carrier refuses is returned as failed; one of which nobody knows stays `dialling` until the
        keeper has asked.

        Raises:
            InputError: No such number, or nothing to talk about.
            NotFoundError: `line.not_found` or `flow.not_found`.
            ConflictError: `call.key_reused`: the key named another wish.
            ForbiddenError: The account's rules or the callee forbid it.
            RateLimitedError: Too many at once, or in a minute.
            InsufficientCreditsError: Nothing is left.
        """
        admitted = await self.admit(account_id, wish)
        return admitted.intent if admitted.line is None else await self.dial(admitted.intent, admitted.line)

    async def admit(self, account_id: str, wish: CallWish) -> "Admitted":
        """Write an intent down, to be dialled next; errors as `place`."""
        now = self._clock.utc()
        async with self._database.writing(account_id) as session:
            await call_intents.lock_account(session, account_id)
            known = await self._known(session, wish)
            if known is not None:
                return Admitted(known, None)
            row = await self._line(session, wish.line_id)
            intent = await self._admitted(session, row, wish, now)
            line = lines.access(row, self._ports.vault)
            session.add(intent)
        return Admitted(intent, line)

    async def _known(self, session: AsyncSession, wish: CallWish) -> CallIntent | None:
        found = await call_intents.by_key(session, wish.key) if wish.key is not None else None
        if found is not None and found.fingerprint != wish.fingerprint():
            raise ConflictError("This key was used for another call.", code="call.key_reused")
        return found

    async def _line(self, session: AsyncSession, line_id: str | None) -> PhoneLine:
        if line_id is not None:
            found = await phone_lines.by_id(session, line_id)
            candidates = [found] if found is not None else []
        else:
            candidates = list(await phone_lines.all_lines(session))
        usable = [row for row in candidates if row.active and row.provider in self._ports.dialers]
        if not usable:
            raise NotFoundError("No line that can make calls.", code="line.not_found")
        return usable[0]

    async def _admitted(
        self, session: AsyncSession, line: PhoneLine, wish: CallWish, now: datetime.datetime
    ) -> CallIntent:
        to, account_id = e164(wish.to), line.account_id
        rules, callee = await rules_of(session), facts_of(to)
        calling_rules.check_number(rules, callee, facts_of(line.number))
        if await do_not_call.by_number(session, to) is not None:
            raise ForbiddenError("This number does not want to be called.", code="call.do_not_call")
        calling_rules.check_hours(rules, callee, now)
        window = now - datetime.timedelta(seconds=RATE_WINDOW_S)
        calling_rules.check_load(rules, await call_intents.load(session, line.id, now, window))
        await self._check_money(session, account_id, rules, now)
        kind, target_id, version_id = await self._target(session, line, wish)
        return CallIntent(
            id=uuid7(),
            account_id=account_id,
            key=wish.key if wish.key is not None else f"-{uuid7()}",
            fingerprint=wish.fingerprint(),
            line_id=line.id,
            to_number=to,
            target_kind=kind,
            target_id=target_id,
            target_version_id=version_id,
            variables=dict(wish.variables),
            labels=dict(wish.labels),
            machine_policy=wish.machine_policy.value,
            message=wish.message,
            introduction=wish.introduction,
            ring_timeout_s=wish.ring_timeout_s,
            state="dialling",
            status=CallStatus.QUEUED.value,
            dialled_at=now,
            lease_until=now + datetime.timedelta(seconds=wish.ring_timeout_s + LEASE_S),
            next_look_at=now + datetime.timedelta(seconds=DIALLING_S),
        )

    async def _target(self, session: AsyncSession, line: PhoneLine, wish: CallWish) -> tuple[str, str, str | None]:
        """Return what the call is about: kind, id, and the version of a flow that its name means now."""
        agent_id = wish.agent_id or (lines.agent_of(line) if wish.flow_id is None else None)
        if agent_id is not None:
            await agents.to_call(session, agent_id)
            return "agent", agent_id, None
        flow_id = wish.flow_id if wish.flow_id is not None else lines.flow_of(line)
        if flow_id is None:
            raise InputError("The line leads nowhere; say which flow or agent.", code="call.no_target")
        return "flow", flow_id, await self._ports.flows.pin(session, line.account_id, flow_id)

    async def _check_money(self, session: AsyncSession, account_id: str, rules: Rules, now: datetime.datetime) -> None:
        remaining = await self._ports.spending.remaining_cents(session, account_id)
        if remaining is not None and remaining <= 0:
            raise InsufficientCreditsError("Insufficient credits. Top up your balance to go on.")
        calling_rules.check_spending(
            rules, await self._ports.spending.spent_microcents(session, account_id, now - _DAY)
        )

    async def dial(self, intent: CallIntent, line: LineAccess) -> CallIntent:
        """Dial; the intent is in the database, so whatever happens from here on, nobody dials for it again."""
        token = await self._ports.tickets.mint(intent, line, intent.ring_timeout_s + LEASE_S)
        try:
            carrier_call = await self._ports.dialers[line.provider].dial(line, order_of(intent, token))
        except DialRefusedError as error:
            log.warning("dial_refused", intent_id=intent.id, code=error.code)
            return await self._changed(intent, failed=error.code)
        except ProviderError as error:
            log.warning("dial_uncertain", intent_id=intent.id, code=error.code)
            return intent
        return await self._changed(intent, carrier_call=carrier_call)

    async def verify(self, line: LineAccess) -> None:
        """Ask a line's carrier whether it knows it; errors as `Dialer.verify`, and `line.no_dialer`."""
        dialer = self._ports.dialers.get(line.provider)
        if dialer is None:
            raise InputError("This server is not connected to such a carrier.", code="line.no_dialer")
        await dialer.verify(line)

    async def _changed(
        self, intent: CallIntent, *, carrier_call: str | None = None, failed: str | None = None
    ) -> CallIntent:
        now = self._clock.utc()
        async with self._database.writing(intent.account_id) as session:
            row = await call_intents.to_change(session, intent.id)
            assert row is not None, "intents are not deleted while they are dialled"
            if carrier_call is not None:
                note_placed(row, carrier_call, now)
            elif failed is not None:
                note_over(row, CallStatus.FAILED, now, failed)
        return row


async def rules_of(session: AsyncSession) -> Rules:
    """Return the rules of the tenant."""
    row = await call_intents.rule(session)
    if row is None:
        return Rules()
    return Rules(
        frozenset(row.regions) if row.regions is not None else None,
        row.opens_min,
        row.closes_min,
        row.account_calls,
        row.line_calls,
        row.account_per_minute,
        row.line_per_minute,
        row.daily_cap_microcents,
    )


async def set_rules(session: AsyncSession, account_id: str, rules: Rules) -> None:
    """Replace the rules of an account."""
    await call_intents.lock_account(session, account_id)
    row = await call_intents.rule(session)
    if row is None:
        row = CallingRule(account_id=account_id)
        session.add(row)
    row.regions = sorted(rules.regions) if rules.regions is not None else None
    row.opens_min, row.closes_min = rules.opens_min, rules.closes_min
    row.account_calls, row.line_calls = rules.account_calls, rules.line_calls
    row.account_per_minute, row.line_per_minute = rules.account_per_minute, rules.line_per_minute
    row.daily_cap_microcents = rules.daily_cap_microcents


def order_of(intent: CallIntent, token: str = "") -> DialOrder:
    """Return an intent as a carrier needs to know it."""
    policy = MachinePolicy(intent.machine_policy)
    return DialOrder(
        intent.id,
        intent.to_number,
        token,
        ring_timeout_s=intent.ring_timeout_s,
        detect_machine=policy is not MachinePolicy.CONTINUE,
        wait_for_beep=policy is MachinePolicy.LEAVE_MESSAGE,
        parameters={"request_id": intent.id},
    )


def note_placed(row: CallIntent, carrier_call: str, now: datetime.datetime) -> None:
    """Write down by which name the carrier knows a call; a callback may have come first, and even have ended it."""
    row.carrier_call = row.carrier_call or carrier_call
    if row.state == "dialling":
        row.state = "placed"
        row.next_look_at = now + datetime.timedelta(seconds=row.ring_timeout_s + 15)


def note_over(row: CallIntent, status: CallStatus, now: datetime.datetime, error: str | None = None) -> None:
    """Write down that a call is over and give its place back; what is over stays so."""
    if row.state == "over":
        return
    row.state, row.status, row.error = "over", status.value, error
    row.ended_at, row.lease_until, row.next_look_at = now, None, None
