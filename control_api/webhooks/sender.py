"""The way out for hooks: HTTP with everything bounded, to public addresses only."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx

from control_api.webhooks.addresses import checked_url, is_public
from control_api.webhooks.worker import SendError
from kit.errors import InputError

TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 4096


class Resolve(Protocol):
    """Finds out where a name leads."""

    async def __call__(self, host: str, port: int, /) -> Sequence[str]:
        """Return its IP addresses, at least one.

        Raises:
            OSError: It leads nowhere.
        """


class HttpSender:
    """Resolves a name itself and connects to the address that it has looked at: the name may change its mind."""

    def __init__(self, *, allow_private: bool, timeout_s: float = TIMEOUT_S, resolve: Resolve | None = None) -> None:
        """Prepare.

        Args:
            allow_private: Hooks may go to this machine and its network, also by plain HTTP.
            timeout_s: For all of a request and its answer.
            resolve: Finds the addresses of a host and port; else the system does.
        """
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._resolve = resolve or _resolve
        # No connection is kept: two names at one address must not share one that was checked for the other.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=timeout_s, limits=limits)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send; see `worker.Sender`."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(checked_url(url, allow_private=self._allow_private), body, headers)
        except TimeoutError as error:
            raise SendError(f"no answer within {self._timeout_s:g} s") from error
        except InputError as error:
            raise SendError(str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise SendError(f"no connection: {type(error).__name__}") from error

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        host = parts.hostname
        assert host is not None, "checked"
        address = await self._address(host, parts.port or (443 if parts.scheme == "https" else 80))
        request = self._client.build_request(
            "POST",
            httpx.URL(url).copy_with(host=address),
            content=body,
            headers={
                **headers,
                "host": parts.netloc,
                "content-type": "application/json",
                "user-agent": "antiphon-hooks/1",
            },
            extensions={"sni_hostname": host},  # the certificate is checked against the name
        )
        answer = await self._client.send(request, stream=True)
        try:
            await _read_a_little(answer)
        finally:
            await answer.aclose()
        return answer.status_code

    async def _address(self, host: str, port: int) -> str:
        addresses = await self._resolve(host, port)
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise SendError("its name leads to an address that is not public")
        return addresses[0]


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def _read_a_little(answer: httpx.Response) -> None:
    """Let a polite server finish its answer; a long one is cut off."""
    size = 0
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            return
