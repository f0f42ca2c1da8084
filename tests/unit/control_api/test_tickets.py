import pytest

from control_api.sessions.service import TICKET_TTL_S, Tickets
from kit.errors import CapacityError, InputError


class _Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _refusal(tickets: Tickets, token: str) -> str:
    with pytest.raises(InputError) as refusal:
        tickets.redeem(token)
    return refusal.value.code


def test_a_ticket_is_used_once() -> None:
    tickets = Tickets(_Time())
    token = tickets.issue("greet", {}, {})
    assert tickets.redeem(token).flow == "greet"
    assert _refusal(tickets, token) == "session.token_in_use"
    tickets.release(token)
    assert _refusal(tickets, token) == "session.invalid_token"


def test_an_unused_ticket_expires_and_a_used_one_does_not() -> None:
    time = _Time()
    tickets = Tickets(time)
    unused, used = tickets.issue("greet", {}, {}), tickets.issue("greet", {}, {})
    tickets.redeem(used)
    time.now_s = TICKET_TTL_S
    tickets.issue("greet", {}, {})
    assert _refusal(tickets, unused) == "session.invalid_token"
    assert _refusal(tickets, used) == "session.token_in_use"


def test_a_ticket_is_good_until_the_last_moment() -> None:
    time = _Time()
    tickets = Tickets(time)
    token = tickets.issue("greet", {}, {})
    time.now_s = TICKET_TTL_S - 0.001
    assert tickets.redeem(token).flow == "greet"


def test_no_more_tickets_wait_than_the_limit() -> None:
    time = _Time()
    tickets = Tickets(time, max_tickets=2)
    tickets.issue("greet", {}, {})
    tickets.issue("greet", {}, {})
    with pytest.raises(CapacityError) as refusal:
        tickets.issue("greet", {}, {})
    assert refusal.value.code == "session.too_many"
    time.now_s = TICKET_TTL_S
    assert tickets.issue("greet", {}, {}).startswith("st_")
