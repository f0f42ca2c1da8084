"""Where Twilio finds us: every address that we tell it, and how those look to it that it called."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from kit.errors import ProviderError

PREFIX = "/telephony/twilio"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of this server.

    Attributes:
        public_url: Where the world reaches it; None: nobody said.
        local_url: Where this machine reaches it; None unless it listens on loopback only.
    """

    public_url: str | None
    local_url: str | None = None

    def base(self) -> str:
        """Return where carriers reach this server.

        Raises:
            ProviderError: `telephony.no_public_url`.
        """
        base = self.public_url or self.local_url
        if base is None:
            raise ProviderError("pstn", "set PUBLIC_URL", retryable=False, code="telephony.no_public_url")
        return base.rstrip("/")

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

    def voice(self) -> str:
        """Return where calls to numbers come in."""
        return f"{self.base()}{PREFIX}/voice"

    def stream(self, token: str) -> str:
        """Return where a media stream comes in."""
        return f"{self.base().replace('http', 'ws', 1)}{PREFIX}/media/{token}"

    def of_line(self, line_id: str, *path: str) -> str:
        """Return where something about a line's calls is told."""
        return "/".join((f"{self.base()}{PREFIX}/lines/{line_id}", *path))
