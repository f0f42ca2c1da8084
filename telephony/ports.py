"""What carriers need of the rest of the server, and what it needs of carriers (docs/adr/0022, 0023)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from kit.phone_calls import AnsweredBy, DialOrder, LineAccess, Progress
from transports.ports import CallRequest

TICKET_TTL_S = 60.0


# --- of the rest of the server --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Admission:
    """What a media ticket lets in.

    Attributes:
        request: The call that the socket carries. If a call of this id waits in this process for another socket (the
            carrier was sent elsewhere and came back), it goes on.
        line_id: Of the line; None for none.
        carrier_call: The carrier's id of the call, if it was known: a stream that names another one is refused.
    """

    request: CallRequest
    line_id: str | None = None
    carrier_call: str | None = None


class MediaTickets(Protocol):
    """Single-use tokens for the path of a media socket's address. Any node may answer."""

    async def mint(self, admission: Admission, ttl_s: float = TICKET_TTL_S) -> str:
        """Return a new token: URL-safe, at most 64 characters."""

    async def redeem(self, token: str) -> Admission:
        """Spend a token; before the socket is accepted, so that who has none gets an HTTP status.

        Raises:
            ForbiddenError: `telephony.invalid_ticket`: unknown, spent or expired.
        """


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that rings at a line.

    Attributes:
        caller: E.164 where it is one; empty if withheld.
    """

    carrier_call: str
    caller: str
    called: str


class LineDirectory(Protocol):
    """The lines of all accounts."""

    async def by_number(self, number: str, provider: str) -> Sequence[LineAccess]:
        """Return the active lines with a number, however it is written (a missing `+` too).

        Accounts may claim what is not theirs: whose credentials the carrier proves to know, has the line.
        """

    async def by_id(self, line_id: str) -> LineAccess | None:
        """Return an active line."""

    async def admit(self, line: LineAccess, call: IncomingCall) -> Admission | None:
        """Return what a call to a line becomes; None if the line leads nowhere, which is logged.

        `request.metadata` has `direction`, `from`, `to`, `carrier`, `carrier_call` and `line_id`.
        """


class CallEvents(Protocol):
    """Takes what carriers tell of calls, in any order and more than once. Nothing of it raises for unknown calls."""

    async def progressed(self, carrier: str, carrier_call: str, progress: Progress, intent_id: str | None) -> None:
        """Take a status. `intent_id` is the one of `DialOrder`, where the carrier gave it back."""

    async def answered(self, carrier: str, carrier_call: str, by: AnsweredBy) -> None:
        """Take a late verdict on who answered."""


# --- of a carrier ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Transfer:
    """Where a call shall go.

    Attributes:
        to: E.164, or a `sip:` address where the carrier can.
        mode: `cold` connects at once; `warm` tells the person first, who hears `summary` before the caller.
        ring_timeout_s: After so long the caller comes back to the flow.
        caller_id: What the person sees; None for the line's number.
    """

    to: str
    mode: Literal["cold", "warm"] = "cold"
    summary: str = ""
    ring_timeout_s: int = 25
    caller_id: str | None = None


class CarrierControl(Protocol):
    """Steers one running call beside its media socket. Carriers' words never get into errors."""

    async def hang_up(self) -> None:
        """End the call; one that is over counts as ended.

        Raises:
            ProviderError: The carrier did not say that it is over.
        """

    async def transfer(self, transfer: Transfer) -> None:
        """Send the call elsewhere; its media socket closes. If nobody answers there, a new socket resumes the call.

        Raises:
            InputError: `telephony.unsupported`, or the carrier knows no such number.
            ProviderError: It was not done.
        """

    async def send_digits(self, digits: str) -> None:
        """Press keys (`0`-`9`, `*`, `#`, `w` waits half a second); the call goes on afterwards.

        Raises:
            InputError: `telephony.unsupported`, or these are no keys.
            ProviderError: It was not done.
        """


class CarrierControls(Protocol):
    """Makes controls."""

    async def of(self, admission: Admission) -> CarrierControl | None:
        """Return the control of a call whose `carrier_call` is known; None if it has no line, or one no longer."""


class Dialer(Protocol):
    """Makes calls at one carrier."""

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        """Ask for a call and return the carrier's id of it.

        Raises:
            DialRefusedError: No call was made, and none will be.
            ProviderError: It is not known whether a call was made: `find` it.
        """

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        """Return the carrier's id of the call that an order became, if the carrier has one; it was given at `since`.

        Raises:
            ProviderError: The carrier did not say.
        """

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        """Ask how a call is; None if the carrier does not know it.

        Raises:
            ProviderError: The carrier did not say.
        """

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        """See `CarrierControl.hang_up`."""
