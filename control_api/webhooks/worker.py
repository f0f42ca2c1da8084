"""Sends what is due, again and again until it is taken or it is too late. One task of the server."""

import asyncio
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from control_api.ports import UtcClock
from control_api.webhooks import signing

# After the first try, the second …; about three days in all, as Standard Webhooks proposes.
WAITS_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
POLL_S: Final = 2.0
_AT_ONCE: Final = 16
_KEPT: Final = datetime.timedelta(days=7)
_TIDY_EVERY_S: Final = 3600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """Something to send.

    Attributes:
        attempt: 1 is the first.
    """

    id: str
    url: str
    secret: str
    body: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a try.

    Attributes:
        status: The HTTP status, if there was an answer.
        error: None if it was taken.
        next_attempt_at: None if it is over.
    """

    status: int | None
    error: str | None
    next_attempt_at: datetime.datetime | None


class Outbox(Protocol):
    """What is due, of every account."""

    async def claim(self, now: datetime.datetime, limit: int) -> Sequence[Due]:
        """Take what is due; unless a result is recorded, it is due again after a while."""

    async def record(self, delivery_id: str, result: Result, now: datetime.datetime) -> None:
        """Keep what became of a try."""

    async def forget(self, before: datetime.datetime) -> None:
        """Delete what was over before."""


class SendError(Exception):
    """No answer; the message says why, without saying more than the other side may know."""


class Sender(Protocol):
    """The way out."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send and return the status of the answer.

        Raises:
            SendError: There was none, or the address is not allowed.
        """


def next_wait_s(attempt: int) -> int | None:
    """Return how long to wait after this try has failed; None to give up."""
    return WAITS_S[attempt - 1] if attempt <= len(WAITS_S) else None


class HookWorker:
    """Delivers at least once: a result that could not be recorded is a delivery that is sent again."""

    def __init__(self, outbox: Outbox, sender: Sender, clock: UtcClock) -> None:
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something was put into the outbox just now."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled."""
        tidy_at_s = 0.0
        loop = asyncio.get_running_loop()
        while True:
            self._news.clear()
            try:
                worked = await self.deliver_due()
                if loop.time() >= tidy_at_s:
                    tidy_at_s = loop.time() + _TIDY_EVERY_S
                    await self._outbox.forget(self._clock.utc() - _KEPT)
            except Exception:  # a job ends here: the next round tries again
                log.exception("hooks_not_sent")
                worked = 0
            if not worked:
                await self._rest()

    async def deliver_due(self) -> int:
        """Send what is due now; return how much there was."""
        due = await self._outbox.claim(self._clock.utc(), _AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for each in due:
                tasks.create_task(self._deliver(each))
        return len(due)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._news.wait()
        except TimeoutError:
            return

    async def _deliver(self, due: Due) -> None:
        body = due.body.encode()
        sent_at_s = int(self._clock.utc().timestamp())
        status, error = None, None
        try:
            status = await self._sender.post(due.url, body, signing.headers(due.secret, due.id, sent_at_s, due.body))
            if not 200 <= status < 300:
                error = f"answered {status}"
        except SendError as failure:
            error = str(failure)
        now = self._clock.utc()
        wait_s = next_wait_s(due.attempt) if error is not None else None
        next_at = None if wait_s is None else now + datetime.timedelta(seconds=wait_s)
        if error is not None:
            log.info("hook_not_taken", delivery_id=due.id, attempt=due.attempt, status=status, gives_up=next_at is None)
        await self._outbox.record(due.id, Result(status, error, next_at), now)
