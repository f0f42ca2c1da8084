"""Addresses of recordings and tables that work for a while for whoever has them."""

import base64
import datetime
import hashlib
import hmac
import json
from dataclasses import dataclass

from kit.errors import ForbiddenError

LIFE_S = 3600


@dataclass(frozen=True, slots=True)
class UsageLink:
    """What a table of usage is made of."""

    account_id: str
    since: datetime.datetime | None
    until: datetime.datetime | None
    session_types: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingLinks:
    """Signs and checks.

    Attributes:
        public_url: Where clients reach this server; None: links begin with the path.
    """

    key: bytes
    public_url: str | None = None

    def link(self, call_id: str, now: datetime.datetime) -> str:
        """Return an address of a recording that works for an hour."""
        return self._signed(f"/api/call/recordings/{call_id}?", f"recording {call_id}", now)

    def check(self, call_id: str, expires: int, signature: str, now: datetime.datetime) -> None:
        """Pass an address that is ours and still good.

        Raises:
            ForbiddenError: `recording.bad_link`.
        """
        self._check(f"recording {call_id}", expires, signature, now)

    def usage(self, link: UsageLink, now: datetime.datetime) -> str:
        """Return an address of a table that works for an hour."""
        times = [at.isoformat() if at else None for at in (link.since, link.until)]
        text = json.dumps([link.account_id, *times, link.session_types, link.agent_ids])
        wanted = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return self._signed(f"/api/call/exports/usage.csv?wanted={wanted}&", f"usage {wanted}", now)

    def check_usage(self, wanted: str, expires: int, signature: str, now: datetime.datetime) -> UsageLink:
        """Return what an address that is ours and still good is for.

        Raises:
            ForbiddenError: `recording.bad_link`.
        """
        self._check(f"usage {wanted}", expires, signature, now)
        account_id, since, until, types, agents = json.loads(base64.urlsafe_b64decode(wanted + "=="))
        times = [datetime.datetime.fromisoformat(at) if at else None for at in (since, until)]
        return UsageLink(account_id, times[0], times[1], tuple(types), tuple(agents))

    def _signed(self, path: str, about: str, now: datetime.datetime) -> str:
        expires = int(now.timestamp()) + LIFE_S
        whole = f"{path}expires={expires}&signature={self._sign(about, expires)}"
        return f"{(self.public_url or '').rstrip('/')}{whole}"

    def _check(self, about: str, expires: int, signature: str, now: datetime.datetime) -> None:
        good = hmac.compare_digest(self._sign(about, expires).encode(), signature.encode(errors="replace"))
        if not good or expires < now.timestamp():
            raise ForbiddenError("This link is not valid any more.", code="recording.bad_link")

    def _sign(self, about: str, expires: int) -> str:
        return hmac.new(self.key, f"{about} {expires}".encode(), hashlib.sha256).hexdigest()
