"""A call that its carrier was sent elsewhere with: who waits for the outcome, who brings it, and how long to wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.clock import Clock
from kit.errors import InputError
from pipeline.call_control import TransferResult

RING_S = 25
BACK_S = 30.0  # for the caller's new stream to come, once the carrier is told to bring it
LIMIT_S = RING_S + BACK_S
PUT_THROUGH = frozenset({"completed", "answered"})
"""What carriers say of a transfer in which people have talked."""
_REASONS = {
    "busy": "busy",
    "failed": "failed",
    "no-answer": "no_answer",
    "timeout": "no_answer",
    "cancel": "no_answer",
    "canceled": "no_answer",
}


class Absence:
    """The time for which a call may be without its stream."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s = 0.0
        self._back = asyncio.Event()

    def left_s(self) -> float:
        """Return how long another stream may take to come; 0: none will."""
        return max(0.0, self._until_s - self._clock.now_s())

    def begin(self, for_s: float) -> None:
        """Expect another stream."""
        self._back.clear()
        self._until_s = self._clock.now_s() + for_s

    def end(self) -> None:
        """Expect none any more."""
        self._until_s = 0.0

    def returned(self) -> None:
        """Another stream is there."""
        self.end()
        self._back.set()

    async def until_back(self) -> None:
        """Wait for it."""
        await self._back.wait()


class Transfers:
    """Transfers under way in this process, by line and call."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], asyncio.Future[TransferResult]] = {}

    @asynccontextmanager
    async def open(self, line_id: str, call_id: str) -> "AsyncIterator[asyncio.Future[TransferResult]]":
        """Give the outcome to wait for; one transfer of a call at a time.

        Raises:
            InputError: `telephony.transfer_under_way`.
        """
        if (line_id, call_id) in self._waiting:
            raise InputError("The call is being passed on already.", code="telephony.transfer_under_way")
        outcome = self._waiting[line_id, call_id] = asyncio.get_running_loop().create_future()
        try:
            yield outcome
        finally:
            del self._waiting[line_id, call_id]

    def connected(self, line_id: str, call_id: str) -> None:
        """Somebody answered."""
        self._tell(line_id, call_id, TransferResult(connected=True))

    def over(self, line_id: str, call_id: str, dial_status: str) -> None:
        """It is over, in the carrier's words."""
        connected = dial_status in PUT_THROUGH
        reason = "" if connected else _REASONS.get(dial_status, "failed")
        self._tell(line_id, call_id, TransferResult(connected, reason))

    def _tell(self, line_id: str, call_id: str, result: TransferResult) -> None:
        future = self._waiting.get((line_id, call_id))
        if future is not None and not future.done():
            future.set_result(result)


async def outcome_of(outcome: "asyncio.Future[TransferResult]", absence: Absence) -> TransferResult:
    """Wait for how a transfer ends; who was not put through is back before that is told."""
    try:
        async with asyncio.timeout(LIMIT_S):
            result = await outcome
            if result.connected:
                absence.end()
            else:
                await absence.until_back()
            return result
    except TimeoutError:
        return TransferResult(connected=False, reason="failed")
