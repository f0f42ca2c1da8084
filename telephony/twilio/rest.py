"""Twilio's REST interface: calls made, looked at, redirected and ended. The SDK waits in threads, a few at a time."""

import asyncio
import datetime
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from kit.errors import DialRefusedError, InputError, ProviderError
from kit.phone_calls import AnsweredBy, CallStatus, LineAccess, Progress

API_URL = "https://api.twilio.com"
HTTP_TIMEOUT_S = 8.0
_GIVE_UP_S = 10.0
_THREADS = 8
_KEPT_CLIENTS = 64
_NOT_FOUND = 20404
_BAD_NUMBERS = frozenset({21211, 21214, 21216, 21217, 13223, 13224})
_GONE = frozenset({_NOT_FOUND, 21220})  # 21220: the call is not in progress
_STATUSES = {"initiated": CallStatus.QUEUED} | {str(each): each for each in CallStatus}

_Result = TypeVar("_Result")
Run = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]
"""Do blocking work elsewhere."""

log = structlog.get_logger(__name__)


def status_of(word: str) -> CallStatus | None:
    """Read Twilio's word for where a call is; None if it is none."""
    return _STATUSES.get(word)


def answered_by_of(word: str | None) -> AnsweredBy | None:
    """Read Twilio's word for who answered; None if it is none."""
    return AnsweredBy(word) if word in {str(each) for each in AnsweredBy} else None


class _Http(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client, led to another address; it logs nothing, for what it would log has numbers in it."""

    def __init__(self, base_url: str) -> None:
        silent = logging.getLogger("twilio.silent")
        silent.disabled = True
        super().__init__(timeout=HTTP_TIMEOUT_S, logger=silent)
        self._base_url = base_url.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """See the SDK."""
        if self._base_url != API_URL and url.startswith("https://"):
            host, _, path = url.removeprefix("https://").partition("/")
            assert host.endswith("twilio.com"), "the SDK asks nobody else"
            url = f"{self._base_url}/{path}"
        return super().request(method, url, *args, **kwargs)


class TwilioRest:
    """What we ask of Twilio, for a line with its credentials."""

    def __init__(
        self, base_url: str = API_URL, run: Run | None = None, new_http: Callable[[], HttpClient] | None = None
    ) -> None:
        """Prepare; nothing is opened before it is used.

        Args:
            base_url: Of the interface, or of what stands in for it.
            run: How to wait for the SDK; None: in threads of its own.
            new_http: Makes what the SDK asks with; None: what asks `base_url`.
        """
        self._new_http = new_http or (lambda: _Http(base_url))
        self._threads = ThreadPoolExecutor(_THREADS, "twilio") if run is None else None
        self._run = run or self._in_thread
        self._clients: OrderedDict[tuple[str, str], Client] = OrderedDict()

    def close(self) -> None:
        """Let the threads go."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def create(self, line: LineAccess, **fields: Any) -> str:
        """Make a call; returns its SID.

        Raises:
            DialRefusedError: Twilio made none.
            ProviderError: It is not known.
        """
        try:
            call = await self._ask(lambda: self._client(line).calls.create(**fields))
        except TwilioRestException as error:
            raise _refused(error) from error
        return str(call.sid)

    async def fetch(self, line: LineAccess, sid: str) -> Progress | None:
        """Ask how a call is; None if there is none."""
        try:
            call = await self._ask(lambda: self._client(line).calls(sid).fetch())
        except TwilioRestException as error:
            if error.code == _NOT_FOUND or error.status == 404:
                return None
            raise _failed(error) from error
        status = status_of(str(call.status)) or CallStatus.QUEUED
        duration_s = int(call.duration) if call.duration else None
        return Progress(status, duration_s=duration_s, answered_by=answered_by_of(call.answered_by))

    async def newest(self, line: LineAccess, to: str, since: datetime.datetime) -> Sequence[str]:
        """Return the calls from the line to a number that were made after `since`, oldest first."""
        try:
            calls = await self._ask(lambda: self._client(line).calls.list(to=to, from_=line.number, limit=20))
        except TwilioRestException as error:
            raise _failed(error) from error
        made = [(call.date_created, str(call.sid)) for call in calls if call.date_created is not None]
        return [sid for created, sid in sorted(made) if created >= since]

    async def redirect(self, line: LineAccess, sid: str, document: str) -> None:
        """Give a running call other TwiML.

        Raises:
            ProviderError: It was not done.
        """
        try:
            await self._ask(lambda: self._client(line).calls(sid).update(twiml=document))
        except TwilioRestException as error:
            raise _failed(error) from error

    async def hang_up(self, line: LineAccess, sid: str) -> None:
        """End a call; one that is over, or that nobody knows, counts as ended.

        Raises:
            ProviderError: It may go on.
        """
        try:
            await self._ask(lambda: self._client(line).calls(sid).update(status="completed"))
        except TwilioRestException as error:
            if error.code not in _GONE and error.status != 404:
                raise _failed(error) from error

    async def attach(self, line: LineAccess, voice_url: str, status_url: str) -> None:
        """Have calls to the line's number come to us.

        Raises:
            InputError: `line.not_at_carrier`: the credentials are wrong, or the number is not theirs.
            ProviderError: It was not done.
        """
        update = (await self.number_of(line)).update
        try:
            await self._ask(
                lambda: update(
                    voice_url=voice_url,
                    voice_method="POST",
                    status_callback=status_url,
                    status_callback_method="POST",
                )
            )
        except TwilioRestException as error:
            raise _failed(error) from error

    async def number_of(self, line: LineAccess) -> Any:
        """Return the line's number as the account has it.

        Raises:
            InputError: `line.not_at_carrier`: the credentials are wrong, or the number is not theirs.
            ProviderError: The carrier did not say.
        """
        try:
            numbers = await self._ask(
                lambda: self._client(line).incoming_phone_numbers.list(phone_number=line.number, limit=1)
            )
        except TwilioRestException as error:
            if error.status in (401, 403, 404):
                raise InputError("The carrier does not know these credentials.", code="line.not_at_carrier") from error
            raise _failed(error) from error
        if not numbers:
            raise InputError("The carrier's account does not have this number.", code="line.not_at_carrier")
        return numbers[0]

    async def _ask(self, work: Callable[[], _Result]) -> _Result:
        try:
            async with asyncio.timeout(_GIVE_UP_S):
                result: _Result = await self._run(work)
        except TwilioRestException:
            raise
        except (TwilioException, RequestException, TimeoutError, OSError) as error:
            refusal = next((each for each in error.args if isinstance(each, Response)), None)
            if refusal is not None:  # so the SDK words it where a list is refused
                raise TwilioRestException(refusal.status_code, "") from error
            log.warning("twilio_away", reason=type(error).__name__)
            raise ProviderError("pstn", "the carrier did not answer", retryable=True, code="carrier.away") from error
        return result

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _client(self, line: LineAccess) -> Client:
        told = line.credentials
        key = (told["account_sid"], told["auth_token"])
        client = self._clients.get(key)
        if client is None:
            where = {"region": told.get("region"), "edge": told.get("edge")}
            client = self._clients[key] = Client(*key, http_client=self._new_http(), **where)
            while len(self._clients) > _KEPT_CLIENTS:
                self._clients.popitem(last=False)
        return client


def _refused(error: TwilioRestException) -> ProviderError:
    """Tell a call that was not made from one of which nobody knows."""
    log.warning("twilio_refused", status=error.status, carrier_code=error.code)
    if error.status >= 500:
        return ProviderError("pstn", "the carrier failed", retryable=True, code="carrier.failed")
    if error.status == 429:
        return DialRefusedError("pstn", "too many calls just now", retryable=True, code="call.carrier_busy")
    if error.status in (401, 403):
        return DialRefusedError("pstn", "the line's credentials are refused", retryable=False, code="line.credentials")
    code = "call.invalid_number" if error.code in _BAD_NUMBERS else "call.refused"
    return DialRefusedError("pstn", "the carrier made no call", retryable=False, code=code)


def _failed(error: TwilioRestException) -> ProviderError:
    log.warning("twilio_refused", status=error.status, carrier_code=error.code)
    retryable = error.status >= 500 or error.status == 429
    return ProviderError("pstn", "the carrier refused", retryable=retryable, code="carrier.refused")
