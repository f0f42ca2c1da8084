"""Lines: added, changed, led to exactly one target, found by number (docs/adr/0022)."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.lines import credentials
from control_api.providers.vault import Vault
from kit.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from kit.ids import uuid7
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164
from storage.repositories import agents, phone_lines
from storage.tables.phone_line import PhoneLine

MAX_LINES = 200


class Flows(Protocol):
    """The flows that a line can lead to."""

    async def pin(self, session: AsyncSession, account_id: str, name: str) -> str | None:
        """Return the version that a name means now; None for a flow of the server's own.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: It cannot be called.
        """


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to be added."""

    number: str
    provider: str
    credentials: Mapping[str, str]
    label: str = ""
    flow_id: str | None = None


class Attacher(Protocol):
    """Has calls to a number come to this server."""

    async def attach(self, line: LineAccess) -> None:
        """Tell the carrier.

        Raises:
            InputError: `line.not_at_carrier`: wrong credentials, or the number is not theirs.
            ProviderError: It was not done.
        """


@dataclass(frozen=True, slots=True)
class LineHost:
    """What lines need.

    Attributes:
        attachers: By carrier; others are told by hand.
    """

    flows: Flows
    vault: Vault
    attachers: Mapping[str, Attacher] = field(default_factory=dict)


async def add(
    session: AsyncSession, account_id: str, new: NewLine, host: LineHost, now: datetime.datetime
) -> PhoneLine:
    """Keep a new line.

    Raises:
        InputError: No such number, provider or credentials, or the flow cannot be called.
        NotFoundError: `flow.not_found`.
        ConflictError: The account has the number already.
        ForbiddenError: The account has too many.
    """
    if await phone_lines.count(session) >= MAX_LINES:
        raise ForbiddenError(f"An account has at most {MAX_LINES} lines; delete one first.", code="line.too_many")
    given, number = credentials.checked(new.provider, new.credentials), e164(new.number)
    line_id = uuid7()
    row = PhoneLine(
        id=line_id,
        account_id=account_id,
        number=number,
        provider=new.provider,
        sealed_credentials=credentials.sealed(host.vault, line_id, given),
        label=new.label,
        target_kind=None,
        target_id=None,
        active=True,
        created_at=now,
        updated_at=now,
    )
    if new.flow_id is not None:
        await lead(session, row, new.flow_id, host, now)
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise ConflictError("The account has a line with this number.", code="line.exists") from error
    return row


async def line(session: AsyncSession, line_id: str) -> PhoneLine:
    """Return a line.

    Raises:
        NotFoundError: `line.not_found`.
    """
    found = await phone_lines.by_id(session, line_id)
    if found is None:
        raise NotFoundError("Line not found", code="line.not_found")
    return found


async def lead(
    session: AsyncSession, row: PhoneLine, flow_id: str | None, host: LineHost, now: datetime.datetime
) -> None:
    """Lead the calls of a line to a flow in place of what they led to before, or nowhere.

    Raises:
        NotFoundError: `flow.not_found`.
        InputError: The flow cannot be called.
    """
    if flow_id is not None:
        await host.flows.pin(session, row.account_id, flow_id)
    row.target_kind, row.target_id = (None, None) if flow_id is None else ("flow", flow_id)
    row.updated_at = now


async def lead_to_agent(session: AsyncSession, row: PhoneLine, agent_id: str, now: datetime.datetime) -> None:
    """Lead the calls of a line to an agent in place of what they led to before.

    Raises:
        NotFoundError: `agent.not_found`.
    """
    if await agents.by_id(session, agent_id) is None:
        raise NotFoundError("Agent not found", code="agent.not_found")
    row.target_kind, row.target_id, row.updated_at = "agent", agent_id, now


def renew(row: PhoneLine, given: Mapping[str, str], vault: Vault, now: datetime.datetime) -> None:
    """Replace the credentials of a line.

    Raises:
        InputError: They are not what its provider wants.
    """
    row.sealed_credentials = credentials.sealed(vault, row.id, credentials.checked(row.provider, given))
    row.updated_at = now


async def attach(row: PhoneLine, host: LineHost) -> None:
    """Have calls to a line's number come to this server.

    Raises:
        InputError: `line.attach_by_hand`, or the carrier does not know number or credentials.
        ProviderError: It was not done.
    """
    attacher = host.attachers.get(row.provider)
    if attacher is None:
        raise InputError(f"Numbers of {row.provider} are connected in its console.", code="line.attach_by_hand")
    await attacher.attach(access(row, host.vault))


async def remove(session: AsyncSession, line_id: str) -> None:
    """Forget a line; calls that run go on.

    Raises:
        NotFoundError: `line.not_found`.
    """
    if not await phone_lines.remove(session, line_id):
        raise NotFoundError("Line not found", code="line.not_found")


def access(row: PhoneLine, vault: Vault) -> LineAccess:
    """Return what is needed to act at the carrier of a line.

    Raises:
        InputError: Its credentials cannot be read, for the operator's secret is another one now.
    """
    opened = credentials.opened(vault, row.id, row.sealed_credentials)
    return LineAccess(row.id, row.account_id, row.number, row.provider, opened)


def agent_of(row: PhoneLine) -> str | None:
    """Return the agent that a line leads to, if it leads to one."""
    return row.target_id if row.target_kind == "agent" else None


def flow_of(row: PhoneLine) -> str | None:
    """Return the flow that a line leads to, if any.

    Raises:
        InputError: It leads to something else.
    """
    if row.target_kind not in (None, "flow"):
        raise InputError(f"The line leads to a target of the kind '{row.target_kind}'.", code="line.other_target")
    return row.target_id
