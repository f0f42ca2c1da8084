"""What a carrier that signs nothing can prove who it is with."""

import base64
import binascii

from starlette.requests import HTTPConnection


def basic_password(connection: HTTPConnection) -> str:
    """Return the password of a Basic authorisation; empty if there is none."""
    return basic(connection)[1]


def basic(connection: HTTPConnection) -> tuple[str, str]:
    """Return name and password of a Basic authorisation; both empty if there is none."""
    scheme, _, told = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
