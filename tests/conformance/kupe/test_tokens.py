"""Tokens of pages (A.7): checked by anybody with our public keys, and good for talking only."""

import jwt
import pytest
from starlette.requests import HTTPConnection

from control_api.web_tokens import ISSUER
from kit.errors import UnauthenticatedError
from server.doorkeeper import AccountDoor
from tests.conformance.kupe.calls_made import account_of
from tests.conformance.kupe.conftest import Town


async def _token(town: Town) -> str:
    answer = await town.lab.http.get("/api/call/auth/token", headers=town.key)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    token: str = answer.json()["token"]
    return token


def _socket(town: Town, token: str) -> HTTPConnection:
    query = f"agent_id=a&token={token}".encode()
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": query, "client": ("203.0.113.7", 1)}
    return HTTPConnection(scope | {"app": town.lab.app})


async def test_a_token_is_checked_with_our_public_keys(town: Town) -> None:
    token = await _token(town)
    keys = jwt.PyJWKSet.from_dict((await town.lab.http.get("/.well-known/jwks.json")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key.key, ["RS256"], issuer=ISSUER, options={"verify_exp": False, "verify_iat": False})
    assert claims["exp"] - claims["iat"] == 3600
    assert "d" not in (await town.lab.http.get("/.well-known/jwks.json")).json()["keys"][0]


async def test_a_token_lets_a_page_talk_and_do_nothing_else(town: Town) -> None:
    token = await _token(town)
    door = AccountDoor(town.lab.app.state.authenticator, open_to_all=False)
    assert await door.account_of(_socket(town, token)) == await account_of(town, town.ada)
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("/api/v1/agents", "/api/call/auth/token", "/v1/flows", "/v1/credits/balance"):
        assert (await town.lab.http.get(path, headers=bearer)).status_code == 403


async def test_a_token_runs_out_and_cannot_be_made_by_others(town: Town) -> None:
    token = await _token(town)
    door = AccountDoor(town.lab.app.state.authenticator, open_to_all=False)
    head, claims, signature = token.split(".")
    for bad in (f"{head}.{claims}.{signature[::-1]}", f"{head}.e30.{signature}", f"{head}..{signature}"):
        with pytest.raises(UnauthenticatedError):
            await door.account_of(_socket(town, bad))
    town.lab.clock.passed_s += 3_601
    with pytest.raises(UnauthenticatedError):
        await door.account_of(_socket(town, token))
