"""Exotel's REST interface: calls made and looked at. `From` is who is called: Exotel rings them first."""

import datetime
from collections.abc import Mapping
from typing import Any

import httpx
import structlog

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import DialOrder, LineAccess, Progress
from telephony.addresses import Base, media_url
from telephony.exotel import wording

_HOSTS = {"in": "https://api.in.exotel.com", "sg": "https://api.exotel.com"}
_TIMEOUT_S = 10.0
_RATE_HZ = 16_000  # 3,200 bytes are 100 ms then
_LONGEST_CALL_S = 14_400
_INDIA = datetime.timezone(datetime.timedelta(hours=5, minutes=30))  # what it means by a time without a zone
_CLOCKS_DIFFER = datetime.timedelta(seconds=5)

log = structlog.get_logger(__name__)


class ExotelDialer:
    """`telephony.ports.Dialer` of Exotel."""

    def __init__(
        self, base: Base, base_url: str | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Prepare; nothing is opened before it is used.

        Args:
            base: Where Exotel reaches us.
            base_url: Of the interface, if it is not the one of the line's region.
            transport: What carries requests, in place of the network.
        """
        self._base, self._base_url = base, base_url
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False, transport=transport)

    async def aclose(self) -> None:
        """Let connections go."""
        await self._http.aclose()

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        """See the port."""
        base = self._base()
        fields = {
            "From": order.to,
            "CallerId": line.number,
            "StreamUrl": f"{media_url(base, 'exotel', order.media_token)}?sample-rate={_RATE_HZ}",
            "StreamType": "bidirectional",
            "TimeLimit": str(min(order.time_limit_s, _LONGEST_CALL_S)),
            "CustomField": order.intent_id,
            "StatusCallback": f"{base}/telephony/exotel/status/{line.id}",
            "StatusCallbackEvents[0]": "answered",
            "StatusCallbackEvents[1]": "terminal",
        }
        answer = await self._ask("POST", line, "Calls/connect.json", data=fields)
        if answer.is_client_error:
            log.warning("dial_refused", carrier="exotel", status=answer.status_code)
            again = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
            raise DialRefusedError("exotel", "no call was made", retryable=again)
        sid = wording.call_of(_json(answer)).get("sid")
        if answer.is_error or not isinstance(sid, str) or not sid:
            raise _failed(answer)
        return sid

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        """See the port; a call carries our id in its `CustomField`."""
        after = (since - _CLOCKS_DIFFER).astimezone(_INDIA).strftime("%Y-%m-%d %H:%M:%S")
        wanted = {"DateCreated": f"gte:{after}", "PageSize": "100"}
        answer = await self._ask("GET", line, "Calls.json", params=wanted)
        calls = _json(answer).get("Calls")
        if answer.is_error or not isinstance(calls, list):
            raise _failed(answer)
        ours = (call for call in map(wording.call_of, calls) if call.get("customfield") == order.intent_id)
        return next((str(call["sid"]) for call in ours if call.get("sid")), None)

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        """See the port."""
        answer = await self._ask("GET", line, f"Calls/{carrier_call}.json")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        told = wording.progress(wording.call_of(_json(answer)))
        if answer.is_error or told is None:
            raise _failed(answer)
        return told

    async def verify(self, line: LineAccess) -> None:
        """See the port; whose a number is, Exotel does not tell."""
        answer = await self._ask("GET", line, "Calls.json", params={"PageSize": "1"})
        if answer.status_code in (401, 403, 404):
            raise InputError("The carrier does not know these credentials.", code="line.not_at_carrier")
        if answer.is_error:
            raise _failed(answer)

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        """See the port. Exotel ends a call when its media socket closes; before that nothing of ours ends it."""
        told = await self.look(line, carrier_call)
        if told is not None and not told.status.is_final:
            raise ProviderError("exotel", "a call ends with its media socket", retryable=True)

    async def _ask(self, method: str, line: LineAccess, path: str, **given: Any) -> httpx.Response:
        account, region = line.credentials["account_sid"], line.credentials.get("region", "sg")
        host = self._base_url or _HOSTS.get(region, _HOSTS["sg"])
        key = httpx.BasicAuth(line.credentials["api_key"], line.credentials["api_token"])
        try:
            return await self._http.request(method, f"{host}/v1/Accounts/{account}/{path}", auth=key, **given)
        except httpx.HTTPError as error:
            raise ProviderError("exotel", f"no answer: {type(error).__name__}", retryable=True) from error


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}


def _failed(answer: httpx.Response) -> ProviderError:
    return ProviderError("exotel", f"answered {answer.status_code}", retryable=answer.is_server_error)
