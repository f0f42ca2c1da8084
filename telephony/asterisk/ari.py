"""Make calls through Asterisk's REST interface (ARI); how they went comes as events, with causes."""

import asyncio
import base64
import datetime
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import CallStatus, CarrierCall, DialOrder, LineAccess, Progress
from telephony.ports import CallEvents

APP = "antiphon"
_CONTEXT, _EXTENSION = "antiphon-answered", "s"
_ENDPOINT = "PJSIP/{number}@trunk"
_TIMEOUT_S = 10.0
_AGAIN_S = 5.0
_MOST_REMEMBERED = 1000
_BUSY, _NO_ANSWER, _NORMAL = frozenset({17}), frozenset({18, 19, 20}), frozenset({16, 31})
_STATES = {
    "Down": CallStatus.QUEUED,
    "Rsrvd": CallStatus.QUEUED,
    "OffHook": CallStatus.QUEUED,
    "Dialing": CallStatus.QUEUED,
    "Ring": CallStatus.RINGING,
    "Ringing": CallStatus.RINGING,
    "Up": CallStatus.IN_PROGRESS,
    "Busy": CallStatus.RINGING,
}

log = structlog.get_logger(__name__)


def status_of_cause(cause: int, *, answered: bool) -> CallStatus:
    """Say what became of a call that is over.

    Source: Q.850: 16 normal, 17 busy, 19 no answer, 21 rejected, 34 congestion, 1 no such number.
    """
    if answered:
        return CallStatus.COMPLETED
    if cause in _BUSY:
        return CallStatus.BUSY
    if cause in _NO_ANSWER:
        return CallStatus.NO_ANSWER
    return CallStatus.NO_ANSWER if cause in _NORMAL else CallStatus.FAILED


def endpoint_of(line: LineAccess, target: str) -> str:
    """Return how Asterisk dials a number, or a SIP address, which goes by the same trunk."""
    if target.startswith("sip:"):
        return f"PJSIP/trunk/{target}"
    return line.credentials.get("endpoint", _ENDPOINT).replace("{number}", target)


class ChannelLog:
    """What events told of channels that are not long over. Pure."""

    def __init__(self) -> None:
        self._channels: OrderedDict[str, Progress] = OrderedDict()

    def take(self, event: Mapping[str, Any]) -> tuple[str, Progress] | None:
        """Take an event; return the channel and how it is, if that is news."""
        channel = event.get("channel")
        if not isinstance(channel, Mapping) or not isinstance(channel.get("id"), str):
            return None
        name, before = str(channel["id"]), self._channels.get(str(channel["id"]))
        if event.get("type") == "ChannelDestroyed":
            answered = before is not None and before.status is CallStatus.IN_PROGRESS
            cause = event.get("cause")
            now = Progress(status_of_cause(cause if isinstance(cause, int) else 0, answered=answered))
        elif event.get("type") in ("ChannelCreated", "ChannelStateChange") and channel.get("state") in _STATES:
            now = Progress(_STATES[str(channel["state"])])
        else:
            return None
        if now == before or (before is not None and before.status.is_final):
            return None
        self._channels[name] = now
        self._channels.move_to_end(name)
        while len(self._channels) > _MOST_REMEMBERED:
            self._channels.popitem(last=False)
        return name, now

    def of(self, name: str) -> Progress | None:
        """Return the last that was told of a channel."""
        return self._channels.get(name)


class AsteriskDialer:
    """`telephony.ports.Dialer` of one Asterisk: our id of a call is the channel's, so nothing has to be looked for."""

    def __init__(self, ari_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Prepare; nothing is opened before it is used.

        Args:
            ari_url: Such as `http://127.0.0.1:8088/ari`.
            transport: What carries requests, in place of the network.
        """
        self._url = ari_url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False, transport=transport)
        self.channels = ChannelLog()

    async def aclose(self) -> None:
        """Let connections go."""
        await self._http.aclose()

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        """See the port."""
        wanted = {
            "endpoint": endpoint_of(line, order.to),
            "extension": _EXTENSION,
            "context": _CONTEXT,
            "priority": "1",
            "callerId": line.number,
            "timeout": str(order.ring_timeout_s),
        }
        variables = {
            "ANTIPHON_TOKEN": order.media_token,
            "TIMEOUT(absolute)": str(order.time_limit_s),
        }
        path = f"channels/{quote(order.intent_id, safe='')}"
        answer = await self._ask("POST", line, path, params=wanted, json={"variables": variables})
        if answer.is_client_error and answer.status_code != httpx.codes.CONFLICT:  # 409: it was made before
            log.warning("dial_refused", carrier="asterisk", status=answer.status_code)
            raise DialRefusedError("asterisk", "no call was made", retryable=False)
        if answer.is_error and answer.status_code != httpx.codes.CONFLICT:
            raise _failed(answer)
        return order.intent_id

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        """See the port."""
        del since
        return None if await self.look(line, order.intent_id) is None else order.intent_id

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        """See the port; Asterisk forgets a channel that is over, its events do not."""
        answer = await self._ask("GET", line, f"channels/{quote(carrier_call, safe='')}")
        told = self.channels.of(carrier_call)
        if answer.status_code == httpx.codes.NOT_FOUND:
            over = told is not None and told.status is CallStatus.IN_PROGRESS
            return Progress(CallStatus.COMPLETED) if over else told
        if answer.is_error:
            raise _failed(answer)
        state = answer.json().get("state")
        return Progress(_STATES.get(state, CallStatus.QUEUED))

    async def verify(self, line: LineAccess) -> None:
        """See the port; whose a number is, the trunk decides."""
        answer = await self._ask("GET", line, "asterisk/ping")
        if answer.status_code in (401, 403):
            raise InputError("The carrier does not know these credentials.", code="line.not_at_carrier")
        if answer.is_error:
            raise _failed(answer)

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        """See the port."""
        answer = await self._ask("DELETE", line, f"channels/{quote(carrier_call, safe='')}")
        if answer.is_error and answer.status_code != httpx.codes.NOT_FOUND:
            raise _failed(answer)

    async def _ask(self, method: str, line: LineAccess, path: str, **given: Any) -> httpx.Response:
        key = httpx.BasicAuth(line.credentials["ari_user"], line.credentials["ari_password"])
        try:
            return await self._http.request(method, f"{self._url}/{path}", auth=key, **given)
        except httpx.HTTPError as error:
            raise ProviderError("asterisk", f"no answer: {type(error).__name__}", retryable=True) from error


class AriEvents:
    """Listens to one Asterisk for as long as the server runs, and tells how calls are."""

    def __init__(self, ari_url: str, user: str, password: str, channels: ChannelLog, events: CallEvents) -> None:
        self._url = f"{ari_url.rstrip('/').replace('http', 'ws', 1)}/events?app={APP}&subscribeAll=true"
        self._key = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._channels, self._events = channels, events

    async def run(self) -> None:
        """Listen; after a break, again."""
        while True:
            try:
                async with connect(
                    self._url, additional_headers={"Authorization": self._key}, max_size=2**20
                ) as socket:
                    log.info("ari_connected")
                    async for text in socket:
                        await self._take(text)
            except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
                log.warning("ari_lost", reason=type(error).__name__)
            await asyncio.sleep(_AGAIN_S)

    async def _take(self, text: str | bytes) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            return
        news = self._channels.take(event) if isinstance(event, Mapping) else None
        if news is not None:
            name, progress = news
            await self._events.progressed(CarrierCall("asterisk", name, None), progress, name)


def _failed(answer: httpx.Response) -> ProviderError:
    return ProviderError("asterisk", f"answered {answer.status_code}", retryable=answer.is_server_error)
