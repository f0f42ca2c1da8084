"""What a flow wants of the carrier, done one after the other once all that was said has been heard."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from flows.actions import LineAction, PressKeys, TransferCall
from flows.events import LineDone
from kit.errors import AntiphonError, InputError
from pipeline.call_control import CallControl, TransferResult

log = structlog.get_logger()

_TRANSFER_LIMIT_S = 120.0  # a person may let it ring
_KEYS_LIMIT_S = 30.0
_UNSUPPORTED = TransferResult(connected=False, reason="unsupported")


@dataclass(frozen=True, slots=True)
class LineReported:
    """A carrier's answer, for the flow."""

    done: LineDone


class CarrierActs:
    """Asks the carrier of one call; its answers go to `post`."""

    def __init__(
        self,
        control: CallControl | None,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        post: Callable[[LineReported], None],
    ) -> None:
        """Ask `control`, in tasks that `spawn` starts."""
        self._control, self._spawn, self._post = control, spawn, post
        self._wanted: deque[LineAction] = deque()
        self._busy = False

    @property
    def abilities(self) -> tuple[str, ...]:
        """What the line can do, as flows know it (`flows.events.Started`)."""
        control = self._control
        if control is None:
            return ()
        keys = ("send_dtmf",) if control.sends_dtmf else ()
        return (*sorted(f"transfer_{mode}" for mode in control.transfers), *keys)

    def want(self, *actions: LineAction) -> None:
        """Keep them until `perform`."""
        self._wanted.extend(actions)

    @property
    def is_busy(self) -> bool:
        """Whether the carrier is at something, and the caller waits."""
        return self._busy

    @property
    def waiting(self) -> int:
        """How many are kept."""
        return len(self._wanted)

    def forget(self, since: int) -> None:
        """Drop what is wanted since so many waited: the turn that wanted it is taken back."""
        while len(self._wanted) > since:
            self._wanted.pop()

    def perform(self) -> None:
        """All was heard: begin with what is wanted, unless the carrier is still busy with something."""
        if self._wanted and not self._busy:
            self._busy = True
            self._spawn(self._perform(self._wanted.popleft()))

    async def _perform(self, action: LineAction) -> None:
        match action:
            case TransferCall():
                result = await self._ask(self._transfer(action), _TRANSFER_LIMIT_S)
                done = LineDone("transfer", result.connected, result.reason)
            case PressKeys(keys):
                result = await self._ask(self._press(keys), _KEYS_LIMIT_S)
                done = LineDone("keys", result.connected, result.reason)
        log.info("line_asked", kind=done.kind, ok=done.ok, reason=done.reason)  # no number, no keys
        self._busy = False
        self._post(LineReported(done))

    async def _ask(self, work: Coroutine[Any, Any, TransferResult], limit_s: float) -> TransferResult:
        try:
            async with asyncio.timeout(limit_s):
                return await work
        except TimeoutError:
            return TransferResult(connected=False, reason="no_answer")
        except InputError:
            return _UNSUPPORTED
        except AntiphonError as error:
            log.warning("line_failed", code=error.code)
            return TransferResult(connected=False, reason="failed")

    async def _transfer(self, wish: TransferCall) -> TransferResult:
        control = self._control
        for mode in control.transfers if control is not None else ():
            if control is not None and mode == wish.mode:
                return await control.transfer(wish.target, mode, wish.summary)
        return _UNSUPPORTED

    async def _press(self, keys: str) -> TransferResult:
        if self._control is None or not self._control.sends_dtmf:
            return _UNSUPPORTED
        await self._control.send_dtmf(keys)
        return TransferResult(connected=True)
