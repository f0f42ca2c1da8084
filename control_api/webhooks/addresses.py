"""Which addresses a hook may go to: nobody makes this server call its own neighbours (SSRF). Pure."""

import ipaddress
from urllib.parse import urlsplit

from kit.errors import InputError

MAX_URL_CHARS = 2000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def checked_url(url: str, *, allow_private: bool) -> str:
    """Return `url` if a hook may be sent there, as far as can be said before its name is resolved.

    Args:
        url: As the account gave it.
        allow_private: Also plain HTTP, and addresses that are not public: for one's own network, and tests.

    Raises:
        InputError: `hook.bad_url`; the message says why.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError("The hook's URL cannot be read.", code="hook.bad_url") from error
    problem = None
    if len(url) > MAX_URL_CHARS or not url.isascii() or any(ord(char) <= 32 for char in url):
        problem = f"must be at most {MAX_URL_CHARS} printable ASCII characters"
    elif parts.scheme != "https" and not (parts.scheme == "http" and allow_private):
        problem = "must begin with https://"
    elif not host:
        problem = "must name a host"
    elif parts.username is not None or parts.password is not None:
        problem = "must not hold a password; requests are signed"
    elif not allow_private and _is_private_literal(host):
        problem = "must be a public address"
    if problem is not None:
        raise InputError(f"The hook's URL {problem}.", code="hook.bad_url")
    return url


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet, whatever it is wrapped in."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64:
            return False  # lead to IPv4 addresses that are not looked at
    return ip.is_global and not ip.is_multicast


def _is_private_literal(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
