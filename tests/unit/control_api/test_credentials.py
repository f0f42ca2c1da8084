import pytest
from starlette.requests import HTTPConnection

from control_api.auth import Credentials, credentials_of


def _connection(kind: str, query: str = "", **headers: str) -> HTTPConnection:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": kind, "headers": raw, "query_string": query.encode(), "client": ("203.0.113.7", 1)})


def test_a_websocket_may_bring_its_token_in_the_query_for_browsers_have_no_headers_there() -> None:
    assert credentials_of(_connection("websocket", "token=abc")).bearer == "abc"


def test_a_header_counts_before_the_query() -> None:
    assert credentials_of(_connection("websocket", "token=abc", authorization="Bearer xyz")).bearer == "xyz"


def test_a_request_may_not() -> None:
    assert credentials_of(_connection("http", "token=abc")) == Credentials()


@pytest.mark.parametrize(
    ("authorization", "bearer"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Bearer", ""), ("Basic abc", None), ("abc", None), ("", None)],
)
def test_only_a_bearer_is_a_bearer(authorization: str, bearer: str | None) -> None:
    assert credentials_of(_connection("http", authorization=authorization)).bearer == bearer


def test_of_two_headers_with_keys_the_first_known_counts() -> None:
    assert credentials_of(_connection("http", x_api_key="b", x_prepatu_key="a")).key == "a"
    assert credentials_of(_connection("http", x_api_key="b")).key == "b"
