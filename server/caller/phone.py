"""One call over a simulated carrier in real time: the caller hears a phone line and nothing else of the server."""

import uuid

import numpy as np
from websockets.asyncio.client import ClientConnection

from kit.errors import InputError
from pipeline.audio.mulaw import mulaw_encode
from server.caller.asterisk_wire import AsteriskWire
from server.caller.carrier_buffer import CarrierBuffer
from server.caller.devices import FRAME_S, Microphone, Speaker
from server.caller.dialogue import Decision, GiveUp
from server.caller.exotel_wire import ExotelWire
from server.caller.live_call import CallPlan, CallRecord, LiveCall, Watch, hold_call
from server.caller.phone_wire import ClearBuffer, HangUp, PhoneWire, PlaceMark, PlayMedia
from server.caller.plivo_wire import PlivoWire
from server.caller.script import Script
from server.caller.sound import RATE_HZ
from server.caller.twilio_wire import TwilioWire
from server.caller.wire import Status
from telephony.band import FromLine

CARRIERS = ("twilio", "plivo", "exotel", "asterisk")
_TURN_OVER_S = 0.6  # a longer silence of the bot is the caller's turn: nothing else tells it on a phone
_HUNG_UP = 1000


def check_script(script: Script) -> None:
    """See that the script needs only what a phone has.

    Raises:
        InputError: It waits for states or words, or touches a screen.
    """
    if any(answer.state or answer.hears or answer.ui for answer in script.answers):
        raise InputError("on a phone, answers cannot depend on `state`, `hears` or `ui`", code="caller.bad_script")


async def make_phone_call(
    plan: CallPlan, watch: Watch = lambda _: None, *, carrier: str = "twilio", wire: PhoneWire | None = None
) -> CallRecord:
    """Make one call over one of `CARRIERS`, or over `wire`; it is completed if the server hangs up in order.

    Raises:
        InputError: Nobody answers at the address.
    """
    line = wire or wire_of(carrier)
    spoken = () if line.subprotocol is None else (line.subprotocol,)
    return await hold_call(plan, lambda socket: _PhoneCall(plan, socket, watch, line), spoken)


def wire_of(carrier: str) -> PhoneWire:
    """Return one of `CARRIERS` with a stream of its own."""
    stream, call, account = (prefix + uuid.uuid4().hex for prefix in ("MZ", "CA", "AC"))
    match carrier:
        case "twilio":
            return TwilioWire(stream, call, account)
        case "plivo":
            return PlivoWire(stream, call, account)
        case "exotel":
            return ExotelWire(stream, call, account)
        case _:
            return AsteriskWire(call)


class _PhoneCall(LiveCall):
    """Carrier and caller in one."""

    def __init__(self, plan: CallPlan, socket: ClientConnection, watch: Watch, wire: PhoneWire) -> None:
        super().__init__(plan, socket, watch)
        self._wire, self._sound = wire, wire.sound
        self._buffer = CarrierBuffer()
        self._from_line = FromLine(RATE_HZ)
        self._frame_bytes = int(FRAME_S * wire.sound.bytes_per_s)
        self._said = b""  # what is not yet a message of the carrier's size
        self._quiet_from_s: float | None = None  # None until the bot has said something

    def devices(self, *, telephone: bool) -> tuple[Microphone, Speaker]:
        """Speak into a phone; what comes out of it has been through the line already."""
        del telephone
        return Microphone(telephone=True), Speaker(telephone=False)

    @property
    def audible(self) -> bool:
        """Whether the carrier has something to play, unless the call is over."""
        return not self.over and self._buffer.waiting_bytes > 0

    async def begin(self) -> None:
        """Open the conversation."""
        for message in self._wire.begin():
            await self.send(message)

    async def tick(self) -> None:
        """Send what was said and play what there is."""
        pcm = np.frombuffer(self.microphone.next_frame(), "<i2").astype(np.int16)
        self._said += self._sound.write(pcm)
        if len(self._said) >= round(self._sound.frame_s * self._sound.bytes_per_s):
            said, self._said = self._said, b""
            await self.send(self._wire.media(said))
        await self._play()
        await self.act(self.decide())

    def closed(self, code: int | None) -> None:
        """Note how the call ended: by an orderly close, or not."""
        self.record.completed = self.record.end_reason is None and code == _HUNG_UP
        self.end("hung_up" if code == _HUNG_UP else f"closed:{code}")

    async def act(self, decision: Decision | None) -> None:
        """Speak, or give up and say so to the server."""
        await super().act(decision)
        if isinstance(decision, GiveUp):
            for message in self._wire.stop():
                await self.send(message)

    async def take(self, data: str | bytes) -> None:
        """Play, mark, clear or hang up."""
        match self._wire.receive(data):
            case PlayMedia(payload):
                self._buffer.media(payload)
            case PlaceMark(name):
                self._buffer.mark(name)
            case ClearBuffer():
                self.note("interrupted", "")
                dropped = self._buffer.clear()
                await self._echo(dropped if self._wire.echoes_dropped_marks else [])
            case HangUp():
                await self.socket.close()

    async def _play(self) -> None:
        sound, marks = self._buffer.play(self._frame_bytes)
        if sound:
            heard = self._from_line.run(mulaw_encode(self._sound.read(sound)))
            self.speaker.play(heard.astype("<i2").tobytes(), self.now_samples())
            self._quiet_from_s = self.elapsed_s()
            self.mind.receive(Status("speaking"))
        elif self._quiet_from_s is not None and self.elapsed_s() - self._quiet_from_s > _TURN_OVER_S:
            self.mind.receive(Status("listening"))
        await self._echo(marks)

    async def _echo(self, marks: list[str]) -> None:
        for name in marks:
            await self.send(self._wire.mark(name))
