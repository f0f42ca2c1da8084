"""What a transport needs from the rest of the server: somebody who takes a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import HTTPConnection

from kit.phone_calls import Answering
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from pipeline.watch import Watch
from transports.quality import QualityLog


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Who wants to talk to what.

    Attributes:
        call_id: UUIDv7, made by the transport.
        flow: Name (file stem) or id of the flow; None for the assistant.
        context: Variables to set before the first state.
        metadata: Passed to the call's record.
        account_id: Whose flow it is, and who pays; None for a flow of the server's own.
        session_id: Of the session that the call belongs to, if any.
        flow_version_id: Which version of an account's flow; None for the newest.
        agent_id: Of the account's agent that talks instead of `flow`; `context` fills its placeholders.
        answering: What to do when no person takes it; None for a call that was not ours to make.
        watch: Follows what the other side does.
        quality: Where the transport notes what its wires are like.
    """

    call_id: str
    flow: str | None
    context: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    account_id: str | None = None
    session_id: str | None = None
    flow_version_id: str | None = None
    transport: str = "websocket"
    agent_id: str | None = None
    answering: Answering | None = None
    watch: Watch | None = field(default=None, compare=False)
    quality: QualityLog = field(default_factory=QualityLog, compare=False)


class Call(Protocol):
    """One call, from the transport's side (`pipeline.session.CallSession`)."""

    async def run(self) -> CallReport:
        """Run the call to its end, whatever ends it; returns once everything said has been heard."""

    def receive(self, frame: Frame) -> None:
        """Take `AudioIn`, `UiAction`, `DtmfPressed`, `RateAnnounced`, `Played` or `PeerGone`.

        Never waits; ignored once the call is over.
        """

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""


class CallFactory(Protocol):
    """Makes calls; filled in `server/wiring.py`."""

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call; it starts with `run`.

        Raises:
            NotFoundError: No such flow (`flow.not_found`).
            InputError: The flow is broken (`flow.invalid`, `flow.check_failed`).
            CapacityError: The server is full (`capacity.full`).
        """


class Doorkeeper(Protocol):
    """Knows who may talk without a session token."""

    async def account_of(self, connection: HTTPConnection) -> str:
        """Return the account that whoever connects talks for.

        Raises:
            InputError: Nobody we know.
            CapacityError: It cannot be said now.
        """


class SessionTokens(Protocol):
    """Single-use tickets of `POST /v1/sessions`."""

    async def redeem(self, token: str) -> CallRequest:
        """Bind the token to this connection.

        Raises:
            InputError: `session.invalid_token` or `session.token_in_use`.
            CapacityError: It cannot be said now.
        """

    async def release(self, token: str) -> None:
        """The call is over; the token is spent. Must not raise."""


class SessionBook(SessionTokens, Protocol):
    """Tickets that can be looked at without being used."""

    async def is_good(self, token: str) -> bool:
        """Say whether a token is of a session that has not begun, or goes on."""
