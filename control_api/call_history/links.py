"""Addresses of recordings that work for a while for whoever has them."""

import datetime
import hashlib
import hmac
from dataclasses import dataclass

from kit.errors import ForbiddenError

LIFE_S = 3600


@dataclass(frozen=True, slots=True)
class RecordingLinks:
    """Signs and checks.

    Attributes:
        public_url: Where clients reach this server; None: links begin with the path.
    """

    key: bytes
    public_url: str | None = None

    def link(self, call_id: str, now: datetime.datetime) -> str:
        """Return an address that works for an hour."""
        expires = int(now.timestamp()) + LIFE_S
        path = f"/api/call/recordings/{call_id}?expires={expires}&signature={self._sign(call_id, expires)}"
        return f"{(self.public_url or '').rstrip('/')}{path}"

    def check(self, call_id: str, expires: int, signature: str, now: datetime.datetime) -> None:
        """Pass an address that is ours and still good.

        Raises:
            ForbiddenError: `recording.bad_link`.
        """
        good = hmac.compare_digest(self._sign(call_id, expires).encode(), signature.encode(errors="replace"))
        if not good or expires < now.timestamp():
            raise ForbiddenError("This link is not valid any more.", code="recording.bad_link")

    def _sign(self, call_id: str, expires: int) -> str:
        return hmac.new(self.key, f"recording {call_id} {expires}".encode(), hashlib.sha256).hexdigest()
