import pytest

from control_api.webhooks.addresses import checked_url, is_public
from kit.errors import InputError


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a", "https://example.com:8443/a?b=c", "https://93.184.216.34/", "https://[2606:4700::1]/"],
)
def test_a_public_address_is_allowed(url: str) -> None:
    assert checked_url(url, allow_private=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https://user:secret@example.com/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://db.internal/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://exämple.com/",
        "https://example.com:99999/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="URL"):
        checked_url(url, allow_private=False)


def test_ones_own_network_can_be_allowed() -> None:
    assert checked_url("http://127.0.0.1:9000/hook", allow_private=True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fe80::1", False),
        ("fd00::1", False),
    ],
)
def test_what_is_public_is_known_in_every_wrapping(address: str, public: bool) -> None:
    assert is_public(address) is public
