"""What carriers need of the rest of the server, and what it needs of carriers (docs/adr/0022, 0023)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kit.phone_calls import AnsweredBy, CarrierCall, DialOrder, LineAccess, Progress
from pipeline.call_control import CallControl
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
    """Takes what carriers tell of calls, in any order and more than once.

    Nothing of it raises for calls that are unknown, or of another line than the one that tells.
    """

    async def progressed(self, call: CarrierCall, progress: Progress, intent_id: str | None) -> None:
        """Take a status. `intent_id` is the one of `DialOrder`, where the carrier gave it back."""

    async def answered(self, call: CarrierCall, by: AnsweredBy) -> None:
        """Take a late verdict on who answered."""

    async def recorded(self, call: CarrierCall, recording: str) -> None:
        """Take the carrier's name of its own recording of a call."""


# --- of a carrier ---------------------------------------------------------------------------------------------------
class StreamControl(CallControl, Protocol):
    """Steers one running call beside its media socket, which it may send away and get back.

    Carriers' words never get into errors.
    """

    def started(self, carrier_call: str) -> None:
        """The stream has started, and told how the carrier calls the call."""

    def away_s(self) -> float:
        """Return how long another socket may take to come, after the stream has stopped; 0: none will."""

    def returned(self, by: "StreamControl | None" = None) -> None:
        """Another socket carries the call now, which came with a control of its own."""


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
