"""Pass a call on where the carrier asks us what comes next: its stream ends, it asks whom to call, and comes back."""

import asyncio
import re
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from kit.clock import Clock
from kit.errors import InputError
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164
from pipeline.call_control import TransferMode, TransferResult
from telephony.ports import Admission, StreamControl
from telephony.transfers import RING_S, Absence

ASKED_WITHIN_S = 15.0  # after the stream the carrier goes on at once, and asks
BACK_S = 20.0
_SIP = re.compile(r"sip:[\w.+-]{1,64}@[\w.:-]{1,200}", re.ASCII)  # it becomes a word of a dialplan


@dataclass(slots=True)
class Handover:
    """One call that is being passed on.

    Attributes:
        target: E.164, or a SIP address.
        asked: The carrier has been told where to.
        reason: Why nobody took it, in the words of `TransferResult`; None as long as somebody may.
    """

    target: str
    admission: Admission
    asked: asyncio.Event
    reason: str | None = None


class Handovers:
    """Calls that are being passed on in this process, by a name that the carrier asks with."""

    def __init__(self) -> None:
        self._open: dict[str, Handover] = {}

    def begin(self, name: str, target: str, admission: Admission) -> Handover:
        """Note where a call shall go; one transfer at a time."""
        if name in self._open:
            raise InputError("The call is being passed on already.", code="telephony.transfer_under_way")
        self._open[name] = Handover(target, admission, asyncio.Event())
        return self._open[name]

    def line_of(self, name: str) -> str | None:
        """Return the line of a call that is being passed on."""
        found = self._open.get(name)
        return found.admission.line_id if found is not None else None

    def of(self, name: str, line: LineAccess) -> Handover | None:
        """Return what is going on with a call of a line."""
        found = self._open.get(name)
        return found if found is not None and found.admission.line_id == line.id else None

    def end(self, name: str) -> None:
        """Nobody waits any more."""
        self._open.pop(name, None)


class HandoverControl:
    """`telephony.ports.StreamControl` of one call at a carrier that is steered by what it is answered."""

    sends_dtmf = False

    def __init__(
        self,
        websocket: WebSocket,
        admission: Admission,
        handovers: Handovers,
        clock: Clock,
        name: str | None = None,
        *,
        asks: bool = True,
    ) -> None:
        """Steer the call whose stream runs on `websocket`.

        Args:
            websocket: Of the call.
            admission: What let it in.
            handovers: Of this carrier.
            clock: Tells how long a stream may be away.
            name: By which the carrier asks what comes next; None: by its own of the call.
            asks: Whether it will ask; else nobody is passed on.
        """
        self.transfers: frozenset[TransferMode] = frozenset({"cold"} if asks else ())
        self._websocket, self._admission, self._handovers = websocket, admission, handovers
        self._fixed_name, self._name = name, name or admission.carrier_call or ""
        self._absence = Absence(clock)

    def started(self, carrier_call: str) -> None:
        """See the port."""
        self._name = self._fixed_name or carrier_call

    def away_s(self) -> float:
        """See the port."""
        return self._absence.left_s()

    def returned(self, by: StreamControl | None = None) -> None:
        """See the port."""
        if isinstance(by, HandoverControl):
            self._websocket, self._fixed_name, self._name = by._websocket, by._fixed_name, by._name
        self._absence.returned()

    async def hang_up(self) -> None:
        """See the port: the end of the stream, which follows, is the hang-up."""

    async def send_dtmf(self, digits: str) -> None:
        """See the port."""
        raise InputError("This carrier presses no keys.", code="telephony.unsupported")

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        """See the port."""
        number = target if _SIP.fullmatch(target) else e164(target)
        name = self._name  # the next stream may have another
        handover = self._handovers.begin(name, number, self._admission)
        self._absence.begin(ASKED_WITHIN_S + RING_S + BACK_S)
        try:
            await self._websocket.close()
            return await self._outcome(handover)
        except (RuntimeError, WebSocketDisconnect):  # the caller has gone
            self._absence.end()
            return TransferResult(connected=False, reason="failed")
        finally:
            self._handovers.end(name)

    async def _outcome(self, handover: Handover) -> TransferResult:
        try:
            async with asyncio.timeout(ASKED_WITHIN_S):
                await handover.asked.wait()
        except TimeoutError:
            self._absence.end()
            return TransferResult(connected=False, reason="failed")
        try:
            async with asyncio.timeout(RING_S + BACK_S):
                await self._absence.until_back()
        except TimeoutError:  # the caller has not come back: somebody talks to them, if they were not on their way
            self._absence.end()
            return TransferResult(handover.reason is None, handover.reason or "")
        return TransferResult(connected=False, reason=handover.reason or "no_answer")
