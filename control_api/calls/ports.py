"""What calls to telephones need from the rest of the server; filled in `server/`."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.providers.vault import Vault
from kit.phone_calls import DialOrder, LineAccess, Progress
from storage.tables.call_intent import CallIntent


class Flows(Protocol):
    """The flows that a call can be made for."""

    async def pin(self, session: AsyncSession, account_id: str, name: str) -> str | None:
        """Return the version of a flow that its name means now; None for one of the server's own.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: It cannot be called.
        """


class Spending(Protocol):
    """An account's money, as calls see it."""

    async def remaining_cents(self, session: AsyncSession, account_id: str) -> int | None:
        """Return what is left; None where nothing is charged."""

    async def spent_microcents(self, session: AsyncSession, account_id: str, since: datetime.datetime) -> int:
        """Return what calls that began after `since` have cost so far."""


class Tickets(Protocol):
    """Lets the call in when somebody has answered."""

    async def mint(self, intent: CallIntent, line: LineAccess, ttl_s: float) -> str:
        """Return a token for the path of the media socket's address."""


class Dialer(Protocol):
    """Makes calls at one carrier (`telephony.ports.Dialer`)."""

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        """Return the carrier's id of a new call.

        Raises:
            DialRefusedError: No call was made, and none will be.
            ProviderError: It is not known whether one was.
        """

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        """Return the carrier's id of the call that an order became, if the carrier has one.

        Raises:
            ProviderError: The carrier did not say.
        """

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        """Say how a call is; None if the carrier does not know it.

        Raises:
            ProviderError: The carrier did not say.
        """

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        """End a call; one that is over counts as ended.

        Raises:
            ProviderError: The carrier did not say that it is over.
        """

    async def verify(self, line: LineAccess) -> None:
        """Ask whether the carrier knows a line's credentials and, where it tells, that the number is theirs.

        Raises:
            InputError: `line.not_at_carrier`.
            ProviderError: The carrier did not say.
        """


@dataclass(frozen=True, slots=True)
class CallingPorts:
    """What calls to telephones need.

    Attributes:
        dialers: By the name of the carrier.
    """

    flows: Flows
    spending: Spending
    tickets: Tickets
    dialers: Mapping[str, Dialer]
    vault: Vault
