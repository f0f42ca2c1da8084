"""Where carriers reach this server: every address that we tell them, and how those look to them."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

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


@dataclass(frozen=True, slots=True)
class Addresses:
    """What one carrier that signs its requests knows of this server.

    Attributes:
        carrier: As its paths name it.
        public_url: Where the world reaches us; None: nobody said.
        local_url: Where this machine reaches us; None unless we listen on loopback only.
    """

    carrier: str
    public_url: str | None
    local_url: str | None = None

    def base(self) -> str:
        """Return where carriers reach this server.

        Raises:
            ProviderError: `telephony.no_public_url`.
        """
        return base_of(self.public_url, self.local_url)()

    def called(self, connection: HTTPConnection) -> str:
        """Return the address that a request came to, as whoever sent it sees it.

        Behind a proxy the request does not know; on loopback there is none.
        """
        url = connection.url
        scheme, netloc = url.scheme, url.netloc
        if self.public_url is not None:
            public = urlsplit(self.public_url)
            is_socket = connection.scope["type"] == "websocket"
            scheme = {"https": "wss", "http": "ws"}[public.scheme] if is_socket else public.scheme
            netloc = public.netloc
        raw_path = connection.scope.get("raw_path") or connection.scope["path"].encode()
        query = connection.scope["query_string"]
        return f"{scheme}://{netloc}{raw_path.decode('latin-1')}" + (f"?{query.decode('latin-1')}" if query else "")

    def incoming(self, path: str) -> str:
        """Return where the carrier asks about calls to any number."""
        return f"{self.base()}/telephony/{self.carrier}/{path}"

    def stream(self, token: str) -> str:
        """Return where a media stream comes in."""
        return media_url(self.base(), self.carrier, token)

    def of_line(self, line_id: str, *path: str) -> str:
        """Return where something about a line's calls is told."""
        return "/".join((f"{self.base()}/telephony/{self.carrier}/lines/{line_id}", *path))
