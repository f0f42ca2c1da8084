"""Lead the control plane's tickets to the transports."""

from control_api.sessions.service import Tickets
from kit.ids import uuid7
from transports.ports import CallRequest


class TicketTokens:
    """`transports.ports.SessionTokens` over `Tickets`."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    def redeem(self, token: str) -> CallRequest:
        """Bind the token to this connection; see the port."""
        ticket = self._tickets.redeem(token)
        return CallRequest(uuid7(), ticket.flow, ticket.context, ticket.metadata)

    def release(self, token: str) -> None:
        """The connection is over; the token is spent."""
        self._tickets.release(token)
