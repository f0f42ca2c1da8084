"""Which helpers clients use to find a way to this server (docs/pvp.md §8)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from kit.clock import Clock

CLOUDFLARE = "https://rtc.live.cloudflare.com"
_MARGIN_S = 60.0  # of credentials that are about to expire, none are handed out
_ANSWER_S = 5.0
_RETRY_S = 10.0  # a service that does not answer is left alone for so long

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IceAnswer:
    """What a client is told.

    Attributes:
        servers: As `RTCIceServer` has it.
        ttl_s: How long they are good for; None for ever.
    """

    servers: Sequence[Mapping[str, Any]]
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class TurnKey:
    """Where credentials for relays are made for a while.

    Attributes:
        url: Of the service, without a path.
        ttl_s: For how long.
    """

    key_id: str
    token: str
    ttl_s: int = 3600
    url: str = CLOUDFLARE


class IceServers:
    """Knows the helpers, and asks for credentials when it has none."""

    def __init__(self, fixed: Sequence[Mapping[str, Any]], clock: Clock, key: TurnKey | None = None) -> None:
        """Hand out `fixed` and, with a `key`, what its service makes."""
        self._fixed = tuple(fixed)
        self._clock = clock
        self._key = key
        self._made: tuple[float, Sequence[Mapping[str, Any]]] | None = None
        self._retry_at_s = 0.0
        self._asking = asyncio.Lock()

    @property
    def are_secret(self) -> bool:
        """Whether there are credentials among them."""
        return self._key is not None or any("credential" in each for each in self._fixed)

    def public(self) -> IceAnswer:
        """Return those that need no credentials."""
        return IceAnswer([each for each in self._fixed if "credential" not in each])

    async def current(self) -> IceAnswer:
        """Return all there are; while the service is away, those that are fixed."""
        if self._key is None:
            return IceAnswer(self._fixed)
        async with self._asking:
            now_s = self._clock.now_s()
            if self._made is None or self._made[0] < now_s + _MARGIN_S:
                made = await self._make(self._key) if now_s >= self._retry_at_s else None
                if made is None:
                    return IceAnswer(self._fixed)
                self._made = (now_s + self._key.ttl_s, made)
            return IceAnswer([*self._fixed, *self._made[1]], round(self._made[0] - now_s))

    async def _make(self, key: TurnKey) -> Sequence[Mapping[str, Any]] | None:
        address = f"{key.url}/v1/turn/keys/{key.key_id}/credentials/generate-ice-servers"
        headers = {"Authorization": f"Bearer {key.token}"}
        try:
            async with httpx.AsyncClient(timeout=_ANSWER_S) as client:
                response = await client.post(address, json={"ttl": key.ttl_s}, headers=headers)
                response.raise_for_status()
                servers = response.json()["iceServers"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("turn_credentials_not_made", reason=type(error).__name__)
            self._retry_at_s = self._clock.now_s() + _RETRY_S
            return None
        return [servers] if isinstance(servers, dict) else list(servers)
