import datetime

import jwt
import pytest

from control_api.accounts.login_tokens import LIFE, LoginTokens
from kit.errors import UnauthenticatedError

NOW = datetime.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=datetime.UTC)
SECRET = b"s" * 32
GOOD = {"sub": "u", "jti": "j", "iat": NOW.timestamp(), "exp": NOW.timestamp() + 60}


def test_a_token_says_whose_it_is_for_seven_days() -> None:
    tokens = LoginTokens(SECRET)
    token = tokens.read(tokens.make("user", NOW), NOW + LIFE - datetime.timedelta(seconds=1))
    assert (token.user_id, token.made_at) == ("user", NOW)
    assert token.expires_at - token.made_at == datetime.timedelta(days=7)


def test_a_token_that_has_run_out_is_refused() -> None:
    tokens = LoginTokens(SECRET)
    with pytest.raises(UnauthenticatedError, match="Invalid token"):
        tokens.read(tokens.make("user", NOW), NOW + LIFE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        jwt.encode(GOOD, b"t" * 32, "HS256"),
        jwt.encode(GOOD, "", "none"),
        jwt.encode(GOOD, SECRET * 2, "HS512"),
        *(jwt.encode({key: value for key, value in GOOD.items() if key != left_out}, SECRET) for left_out in GOOD),
        jwt.encode(GOOD | {"exp": 1e300}, SECRET),
        jwt.encode(GOOD | {"iat": "today"}, SECRET),
    ],
)
def test_what_we_did_not_sign_or_lacks_a_claim_is_refused(text: str) -> None:
    with pytest.raises(UnauthenticatedError, match="Invalid token"):
        LoginTokens(SECRET).read(text, NOW)
