"""Tells a person at this machine from a web page or a proxy that only looks like one.

A server on loopback serves its own machine without a credential. A page of somebody else, open in a browser of that
machine, reaches loopback as well: by a form it posts, or by a name of its own that it points here (DNS rebinding).
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def is_local(client_host: str | None, headers: Mapping[str, str]) -> bool:
    """Say whether a request comes straight from this machine and from nobody's page but ours.

    Args:
        client_host: Address of the peer; None if unknown.
        headers: Names in lower case.
    """
    if client_host is None or not _is_loopback(client_host) or any(name in headers for name in _FORWARDING):
        return False
    host = headers.get("host", "")
    if not _is_loopback(_name_of(host)):
        return False
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    return origin is None or origin in (f"http://{host}", f"https://{host}")


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
