"""Plivo's REST interface: calls made, looked at, led elsewhere and ended."""

import datetime
from collections.abc import Mapping
from typing import Any

import httpx
import structlog

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import CallStatus, DialOrder, LineAccess, Progress
from telephony.addresses import Addresses

API_URL = "https://api.plivo.com"
_TIMEOUT_S = 10.0
_CLOCKS_DIFFER = datetime.timedelta(seconds=5)
_STATUSES = {
    "queued": CallStatus.QUEUED,
    "initiated": CallStatus.QUEUED,
    "early": CallStatus.RINGING,
    "ringing": CallStatus.RINGING,
    "in-progress": CallStatus.IN_PROGRESS,
    "answer": CallStatus.COMPLETED,  # so its records of ended calls have it
    "completed": CallStatus.COMPLETED,
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "timeout": CallStatus.NO_ANSWER,
    "no-answer": CallStatus.NO_ANSWER,
    "noanswer": CallStatus.NO_ANSWER,
    "cancel": CallStatus.CANCELED,
    "canceled": CallStatus.CANCELED,
}

log = structlog.get_logger(__name__)


def status_of(word: str) -> CallStatus | None:
    """Read Plivo's word for where a call is; None if it is none."""
    return _STATUSES.get(word.lower().replace("_", "-"))


class PlivoRest:
    """What we ask of Plivo, for a line with its credentials; and `telephony.ports.Dialer` of it."""

    def __init__(
        self, addresses: Addresses, base_url: str = API_URL, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Prepare; nothing is opened before it is used.

        Args:
            addresses: Where Plivo reaches us.
            base_url: Of the interface, or of one that speaks alike.
            transport: What carries requests, in place of the network.
        """
        self._addresses, self._base_url = addresses, base_url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False, transport=transport)

    async def aclose(self) -> None:
        """Let connections go."""
        await self._http.aclose()

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        """See the port; the stream's address goes into the one that Plivo asks once somebody has answered."""
        told = f"?intent={order.intent_id}"
        of_line = self._addresses.of_line
        fields: dict[str, Any] = {
            "from": _plain(line.number),
            "to": _plain(order.to),
            "answer_url": of_line(line.id, "answered", order.media_token) + told,
            "ring_url": of_line(line.id, "status") + told,
            "hangup_url": of_line(line.id, "status") + told,
            "ring_timeout": order.ring_timeout_s,
            "time_limit": order.time_limit_s,
        }
        if order.detect_machine:
            # With an address of its own the verdict comes while the call goes on; else the call would wait for it.
            fields |= {"machine_detection": "true", "machine_detection_url": of_line(line.id, "machine") + told}
        answer = await self._ask("POST", line, "Call/", json=fields)
        if answer.is_client_error:
            log.warning("dial_refused", carrier="plivo", status=answer.status_code)
            again = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
            raise DialRefusedError("plivo", "no call was made", retryable=again)
        call = _json(answer).get("request_uuid")
        if answer.is_error or not isinstance(call, str) or not call:
            raise _failed(answer)
        return call

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        """See the port. Plivo carries no id of ours: it is the call between the numbers that goes on, or ended."""
        between = {
            "call_direction": "outbound",
            "from_number": _plain(line.number),
            "to_number": _plain(order.to),
        }
        calls = await self._list(line, "calls", between | {"status": "live"})
        if calls:
            return str(calls[0])
        ended = await self._list(line, "objects", between | {"limit": "20"})
        made = [(_moment(call.get("initiation_time")), call) for call in ended if isinstance(call, Mapping)]
        ours = [(at, call) for at, call in made if at is not None and at >= since - _CLOCKS_DIFFER]
        return str(min(ours, key=lambda each: each[0])[1].get("call_uuid")) if ours else None

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        """See the port: a call that runs or waits is kept elsewhere than one that has ended."""
        for status in ("live", "queued"):
            answer = await self._ask("GET", line, f"Call/{carrier_call}/", params={"status": status})
            told = _json(answer).get("call_status")
            if answer.is_success and isinstance(told, str):
                return Progress(status_of(told) or CallStatus.IN_PROGRESS)
            if answer.is_error and answer.status_code != httpx.codes.NOT_FOUND:
                raise _failed(answer)
        answer = await self._ask("GET", line, f"Call/{carrier_call}/")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_error:
            raise _failed(answer)
        ended = _json(answer)
        duration_s = ended.get("call_duration")
        status = status_of(str(ended.get("call_state"))) or CallStatus.FAILED
        return Progress(status, duration_s=duration_s if isinstance(duration_s, int) else None)

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        """See the port: what we know of a call that we made is its request, which may be called otherwise."""
        for kind in ("Call", "Request"):
            answer = await self._ask("DELETE", line, f"{kind}/{carrier_call}/")
            if answer.is_success:
                return
            if answer.status_code != httpx.codes.NOT_FOUND:
                raise _failed(answer)

    async def verify(self, line: LineAccess) -> None:
        """See the port."""
        await self._number(line)

    async def attach(self, line: LineAccess) -> None:
        """Have calls to the line's number come here; see `control_api.lines.service.Attacher`."""
        ours = {
            "answer_url": self._addresses.incoming("answer"),
            "hangup_url": self._addresses.incoming("hangup"),  # numbers may share an application
        }
        before = str((await self._number(line)).get("application") or "").rstrip("/").rpartition("/")[2]
        if before:
            known = await self._ask("GET", line, f"Application/{before}/")
            if known.is_success and _json(known).get("answer_url") == ours["answer_url"]:
                return _check(await self._ask("POST", line, f"Application/{before}/", json=ours))
        made = await self._ask("POST", line, "Application/", json=ours | {"app_name": f"antiphon-{line.id}"})
        app = _json(made).get("app_id")
        if made.is_error or not isinstance(app, str):
            raise _failed(made)
        return _check(await self._ask("POST", line, f"Number/{_plain(line.number)}/", json={"app_id": app}))

    async def redirect(self, line: LineAccess, call: str, url: str) -> None:
        """Have a running call go on with another document.

        Raises:
            ProviderError: It was not done.
        """
        wanted = {"legs": "aleg", "aleg_url": url, "aleg_method": "POST"}
        _check(await self._ask("POST", line, f"Call/{call}/", json=wanted))

    async def press(self, line: LineAccess, call: str, digits: str) -> None:
        """Press keys towards the other side of a running call.

        Raises:
            ProviderError: It was not done.
        """
        _check(await self._ask("POST", line, f"Call/{call}/DTMF/", json={"digits": digits, "leg": "aleg"}))

    async def _number(self, line: LineAccess) -> Mapping[str, Any]:
        answer = await self._ask("GET", line, f"Number/{_plain(line.number)}/")
        if answer.status_code in (401, 403):
            raise InputError("The carrier does not know these credentials.", code="line.not_at_carrier")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise InputError("The carrier's account does not have this number.", code="line.not_at_carrier")
        _check(answer)
        return _json(answer)

    async def _list(self, line: LineAccess, name: str, wanted: Mapping[str, str]) -> list[Any]:
        answer = await self._ask("GET", line, "Call/", params=wanted)
        found = _json(answer).get(name)
        if answer.is_error or not isinstance(found, list):
            raise _failed(answer)
        return found

    async def _ask(self, method: str, line: LineAccess, path: str, **given: Any) -> httpx.Response:
        auth_id, auth_token = line.credentials["auth_id"], line.credentials["auth_token"]
        url = f"{self._base_url}/v1/Account/{auth_id}/{path}"
        try:
            return await self._http.request(method, url, auth=(auth_id, auth_token), **given)
        except httpx.HTTPError as error:
            log.warning("plivo_away", reason=type(error).__name__)
            raise ProviderError("plivo", "the carrier did not answer", retryable=True, code="carrier.away") from error


def _plain(number: str) -> str:
    """Write a number as Plivo does."""
    return number.removeprefix("+")


def _moment(written: Any) -> datetime.datetime | None:
    """Read a time, such as `2026-12-01 10:00:00+00:00`; None if it is none."""
    try:
        moment = datetime.datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}


def _check(answer: httpx.Response) -> None:
    if answer.is_error:
        raise _failed(answer)


def _failed(answer: httpx.Response) -> ProviderError:
    return ProviderError("plivo", f"answered {answer.status_code}", retryable=answer.is_server_error)
