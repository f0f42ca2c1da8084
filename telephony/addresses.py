"""Where carriers reach this server."""

from collections.abc import Callable

from kit.errors import ProviderError

Base = Callable[[], str]
"""Return the server's public address, without a slash at its end; a `ProviderError` if nobody said."""


def base_of(public_url: str | None, local_url: str | None) -> Base:
    """Return how to say it: `public_url`, or on loopback the local one."""

    def base() -> str:
        address = public_url or local_url
        if address is None:
            raise ProviderError("pstn", "set PUBLIC_URL", retryable=False, code="telephony.no_public_url")
        return address.rstrip("/")

    return base


def media_url(base: str, carrier: str, token: str) -> str:
    """Return where a media stream comes in."""
    return f"{base.replace('http', 'ws', 1)}/telephony/{carrier}/media/{token}"
