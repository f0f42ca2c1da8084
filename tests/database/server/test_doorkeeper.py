import pytest
from starlette.requests import HTTPConnection

from control_api.principal import LOCAL_ACCOUNT_ID
from kit.errors import UnauthenticatedError
from server.doorkeeper import AccountDoor
from tests.support.control_lab import Lab, opened_lab


def _connection(lab: Lab, *, query: str = "", peer: str = "203.0.113.7", **headers: str) -> HTTPConnection:
    named = {"host": "127.0.0.1:8000", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "websocket", "headers": pairs, "client": (peer, 1), "query_string": query.encode(), "app": lab.app}
    return HTTPConnection(scope)


def _door(lab: Lab, *, open_to_all: bool = False) -> AccountDoor:
    return AccountDoor(lab.app.state.authenticator, open_to_all=open_to_all)


async def test_a_key_in_a_header_or_a_token_in_the_query_opens(database_url: str) -> None:
    async with opened_lab(database_url) as lab:
        person = await lab.sign_up()
        key = (await lab.make_key(person))["X-Prepatu-Key"]
        by_header = await _door(lab).account_of(_connection(lab, x_prepatu_key=key))
        by_query = await _door(lab).account_of(_connection(lab, query=f"token={key}"))
        assert [by_header, by_query] == lab.signups * 2


async def test_nobody_gets_in_without_a_credential(database_url: str) -> None:
    async with opened_lab(database_url) as lab:
        with pytest.raises(UnauthenticatedError):
            await _door(lab).account_of(_connection(lab))


async def test_on_loopback_this_machine_gets_in_but_a_foreign_page_does_not(database_url: str) -> None:
    async with opened_lab(database_url, on_loopback=True) as lab:
        assert await _door(lab).account_of(_connection(lab, peer="127.0.0.1")) == LOCAL_ACCOUNT_ID
        with pytest.raises(UnauthenticatedError):
            await _door(lab).account_of(_connection(lab, peer="127.0.0.1", origin="https://evil.example"))


async def test_an_open_server_lets_anybody_in_but_no_wrong_credential(database_url: str) -> None:
    async with opened_lab(database_url) as lab:
        door = _door(lab, open_to_all=True)
        assert await door.account_of(_connection(lab)) == LOCAL_ACCOUNT_ID
        with pytest.raises(UnauthenticatedError):
            await door.account_of(_connection(lab, query="token=pk_live_wrong"))
