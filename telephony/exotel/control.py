"""Steer a running Exotel call: to be passed on, it leaves the stream and lets the flow's Connect applet ask us."""

import asyncio
from dataclasses import dataclass

from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import InputError
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164
from pipeline.call_control import TransferMode, TransferResult
from telephony.ports import Admission

RING_S = 25
ASKED_WITHIN_S = 15.0  # after the stream the flow goes on at once: Passthru, then Connect
BACK_S = 20.0


@dataclass(slots=True)
class Handover:
    """One call that is being passed on.

    Attributes:
        asked: The Connect applet has been told where to.
        returned: The caller came back to us.
    """

    target: str
    admission: Admission
    asked: asyncio.Event
    returned: asyncio.Event


class Handovers:
    """Calls that are being passed on in this process, by Exotel's id."""

    def __init__(self) -> None:
        self._open: dict[str, Handover] = {}

    def begin(self, call: str, target: str, admission: Admission) -> Handover:
        """Note where a call shall go; one transfer at a time."""
        if call in self._open:
            raise InputError("The call is being passed on already.", code="telephony.transfer_under_way")
        self._open[call] = Handover(target, admission, asyncio.Event(), asyncio.Event())
        return self._open[call]

    def of(self, call: str, line: LineAccess) -> Handover | None:
        """Return what is going on with a call of a line."""
        found = self._open.get(call)
        return found if found is not None and found.admission.line_id == line.id else None

    def end(self, call: str) -> None:
        """Nobody waits any more."""
        self._open.pop(call, None)


class ExotelControl:
    """`telephony.ports.StreamControl` of one call."""

    transfers: frozenset[TransferMode] = frozenset({"cold"})
    sends_dtmf = False

    def __init__(self, websocket: WebSocket, admission: Admission, handovers: Handovers, clock: Clock) -> None:
        """Steer the call whose stream runs on `websocket`."""
        self._websocket, self._admission, self._handovers, self._clock = websocket, admission, handovers, clock
        self._call = admission.carrier_call or ""
        self._away_until_s = 0.0
        self._back = asyncio.Event()

    def started(self, carrier_call: str) -> None:
        """See the port."""
        self._call = carrier_call

    def away_s(self) -> float:
        """See the port."""
        return max(0.0, self._away_until_s - self._clock.now_s())

    def returned(self) -> None:
        """See the port."""
        self._away_until_s = 0.0
        self._back.set()

    async def hang_up(self) -> None:
        """See the port: the close of the socket, which follows, is the hang-up."""

    async def send_dtmf(self, digits: str) -> None:
        """See the port."""
        raise InputError("Exotel presses no keys.", code="telephony.unsupported")

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        """See the port. Who is not answered comes back through the flow's next Voicebot applet."""
        number = target if target.startswith("sip:") else e164(target)
        handover = self._handovers.begin(self._call, number, self._admission)
        self._back.clear()
        self._away_until_s = self._clock.now_s() + ASKED_WITHIN_S + RING_S + BACK_S
        try:
            await self._websocket.close()
            return await self._outcome(handover)
        finally:
            self._handovers.end(self._call)

    async def _outcome(self, handover: Handover) -> TransferResult:
        try:
            async with asyncio.timeout(ASKED_WITHIN_S):
                await handover.asked.wait()
        except TimeoutError:
            self._away_until_s = 0.0
            return TransferResult(connected=False, reason="failed")
        try:
            async with asyncio.timeout(RING_S + BACK_S):
                await self._back.wait()
        except TimeoutError:  # the caller has not come back: somebody talks to them
            self._away_until_s = 0.0
            return TransferResult(connected=True)
        return TransferResult(connected=False, reason="no_answer")
