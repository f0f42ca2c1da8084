"""A call without models: it echoes sound and does what the screen's actions say. For tests of shells."""

import asyncio
import datetime
from collections.abc import Callable

from flows.actions import FlowEnded
from kit.errors import AntiphonError, CapacityError, NotFoundError
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import PeerGone, Screen, StatusChanged, UiAction
from pipeline.frames.text import Caption
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from transports.ports import Call, CallRequest

STARTED_AT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class EchoCall:
    """Echo every `AudioIn`; the UI actions `finish`, `crash`, `idle`, `flood` and `say` do what they say."""

    def __init__(self, request: CallRequest, leg: Leg) -> None:
        self.request = request
        self.received: list[Frame] = []
        self.leg = leg
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pos_samples = 0

    async def run(self) -> CallReport:
        """Say hello, then wait for an end."""
        self.leg.send(Caption("hello", "assistant", f"This is {self.request.flow}."))
        self.leg.send(StatusChanged("listening"))
        reason = await self._ended
        flow = self.request.flow or "assistant"
        if reason == "crash":
            raise ZeroDivisionError("a planted bug")
        if reason == "completed":
            self.leg.send(Screen(FlowEnded(flow, "completed", {})))
            self.leg.send(StatusChanged("ended"))
        return CallReport(
            self.request.call_id,
            flow,
            STARTED_AT,
            1.0,
            reason,
            reason == "completed",
            {},
            (),
        )

    def receive(self, frame: Frame) -> None:
        """Take a frame."""
        self.received.append(frame)
        match frame:
            case AudioIn(pcm):
                self.leg.send(AudioOut(pcm, self._pos_samples, 0))
                self._pos_samples += len(pcm) // 2
            case PeerGone():
                self.end("peer_gone")
            case UiAction("finish"):
                self.end("completed")
            case UiAction("flood"):
                for _ in range(1_000):
                    self.leg.send(AudioOut(bytes(640), 0, 0))
            case UiAction("say", data):
                self.leg.send(Caption("said", "assistant", str(data.get("text"))))
            case UiAction(action):
                self.end(action)

    def end(self, reason: str) -> None:
        """End the call."""
        if not self._ended.done():
            self._ended.set_result(reason)


class EchoCalls:
    """Place echo calls for any flow but `missing`, up to a limit.

    Attributes:
        placed: Every call so far.
        refuse: Raised instead of placing, if set.
    """

    def __init__(self, max_calls: int = 1_000, wrap: Callable[[EchoCall], Call] | None = None) -> None:
        self.placed: list[EchoCall] = []
        self.refuse: AntiphonError | None = None
        self._max_calls = max_calls
        self._wrap = wrap

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Make a call."""
        if self.refuse is not None:
            raise self.refuse
        if request.flow == "missing":
            raise NotFoundError("no such flow", code="flow.not_found")
        if len(self.placed) >= self._max_calls:
            raise CapacityError("The server is full; try again later.")
        call = EchoCall(request, leg)
        self.placed.append(call)
        return call if self._wrap is None else self._wrap(call)
