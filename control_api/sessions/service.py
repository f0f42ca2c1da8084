"""Issue and redeem tickets; in memory, for one process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kit.errors import CapacityError, InputError
from kit.ids import session_token

TICKET_TTL_S = 600.0
MAX_TICKETS = 10_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token stands for."""

    flow: str
    context: Mapping[str, Any]
    metadata: Mapping[str, str]
    expires_at_s: float
    in_use: bool = False


class Tickets:
    """Single-use tokens: unused for at most `TICKET_TTL_S`, then in use, then forgotten."""

    def __init__(self, now_s: Callable[[], float], max_tickets: int = MAX_TICKETS) -> None:
        self._now_s = now_s
        self._max_tickets = max_tickets
        self._tickets: dict[str, Ticket] = {}

    def issue(self, flow: str, context: Mapping[str, Any], metadata: Mapping[str, str]) -> str:
        """Return a new token.

        Raises:
            CapacityError: `session.too_many`: too many tokens wait to be used.
        """
        now_s = self._now_s()
        self._tickets = {
            token: ticket for token, ticket in self._tickets.items() if ticket.in_use or ticket.expires_at_s > now_s
        }
        if len(self._tickets) >= self._max_tickets:
            raise CapacityError("Too many sessions wait to be used.", code="session.too_many")
        token = session_token()
        self._tickets[token] = Ticket(flow, context, metadata, now_s + TICKET_TTL_S)
        return token

    def redeem(self, token: str) -> Ticket:
        """Take a token into use.

        Raises:
            InputError: `session.token_in_use`, or `session.invalid_token` if it is unknown, expired or spent.
        """
        ticket = self._tickets.get(token)
        if ticket is not None and ticket.in_use:
            raise InputError("Session token already in use.", code="session.token_in_use")
        if ticket is None or ticket.expires_at_s <= self._now_s():
            raise InputError("Invalid or expired session token.", code="session.invalid_token")
        self._tickets[token] = replace(ticket, in_use=True)
        return ticket

    def release(self, token: str) -> None:
        """Forget a token; its connection is over."""
        self._tickets.pop(token, None)
