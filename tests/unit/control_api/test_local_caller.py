import pytest

from control_api.local_caller import is_local

HERE = {"host": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("127.0.0.1", HERE),
        ("127.0.0.1", {"host": "localhost:8000"}),
        ("127.0.0.1", {"host": "talk.localhost"}),
        ("::1", {"host": "[::1]:8000"}),
        ("127.0.0.1", HERE | {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}),
        ("127.0.0.1", HERE | {"sec-fetch-site": "none"}),
    ],
)
def test_who_sits_at_this_machine_is_local(peer: str, headers: dict[str, str]) -> None:
    assert is_local(peer, headers)


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        (None, HERE),
        ("203.0.113.7", HERE),
        ("testclient", HERE),
        ("127.0.0.1", {}),
        ("127.0.0.1", {"host": "evil.example"}),
        ("127.0.0.1", {"host": "127.0.0.1.evil.example"}),
        ("127.0.0.1", {"host": "[::1"}),
        ("127.0.0.1", HERE | {"x-forwarded-for": "127.0.0.1"}),
        ("127.0.0.1", HERE | {"forwarded": "for=1.2.3.4"}),
        ("127.0.0.1", HERE | {"origin": "http://evil.example"}),
        ("127.0.0.1", HERE | {"origin": "http://127.0.0.1:3000"}),
        ("127.0.0.1", HERE | {"origin": "null"}),
        ("127.0.0.1", HERE | {"sec-fetch-site": "cross-site"}),
        ("127.0.0.1", HERE | {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_page_of_somebody_else_a_proxy_and_another_machine_are_not(peer: str | None, headers: dict[str, str]) -> None:
    assert not is_local(peer, headers)
