"""One call over a simulated carrier in real time: the caller hears a phone line and nothing else of the server."""

import asyncio
import uuid

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from kit.clock import Clock
from kit.errors import InputError, ProtocolError
from pipeline.audio.mulaw import mulaw_encode
from server.caller.carrier_buffer import CarrierBuffer
from server.caller.client import CallPlan, CallRecord, Event, Watch
from server.caller.devices import FRAME_S, Microphone, Speaker
from server.caller.dialogue import Decision, Dialogue, GiveUp, Speak
from server.caller.script import Script
from server.caller.sound import RATE_HZ
from server.caller.twilio_wire import CarrierWire, ClearBuffer, PlaceMark, PlayMedia
from server.caller.wire import Status
from telephony.band import LINE_RATE_HZ, FromLine

_FRAME_BYTES = int(FRAME_S * LINE_RATE_HZ)
_CLOSE_S = 2.0
_TURN_OVER_S = 0.6  # a longer silence of the bot is the caller's turn: nothing else tells it on a phone
_HUNG_UP = 1000


def check_script(script: Script) -> None:
    """See that the script needs only what a phone has.

    Raises:
        InputError: It waits for states or words, or touches a screen.
    """
    if any(answer.state or answer.hears or answer.ui for answer in script.answers):
        raise InputError("on a phone, answers cannot depend on `state`, `hears` or `ui`", code="caller.bad_script")


async def make_phone_call(plan: CallPlan, watch: Watch = lambda _: None) -> CallRecord:
    """Make one call over Twilio Media Streams; it is completed if the server hangs up in order.

    Raises:
        InputError: Nobody answers at the address.
    """
    try:
        socket = await connect(plan.url, compression=None, max_size=2**20, close_timeout=_CLOSE_S)
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise InputError(f"no call possible at {plan.url}: {error}", code="caller.no_server") from error
    async with socket:
        call = _PhoneCall(plan, socket, watch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.listen())
            tasks.create_task(call.talk())
    return call.record_of()


class _PhoneCall:
    """Carrier and caller in one; `listen` and `talk` run side by side."""

    def __init__(self, plan: CallPlan, socket: ClientConnection, watch: Watch) -> None:
        self._plan, self._socket, self._watch = plan, socket, watch
        self._clock = Clock()
        self._began_s = self._clock.now_s()
        self._wire = CarrierWire(*(prefix + uuid.uuid4().hex for prefix in ("MZ", "CA", "AC")))
        self._buffer = CarrierBuffer()
        self._from_line = FromLine(RATE_HZ)
        self._microphone, self._speaker = Microphone(telephone=True), Speaker(telephone=False)
        self._mind = Dialogue(plan.script, plan.run)
        self._record = CallRecord()
        self._quiet_from_s: float | None = None  # None until the bot has said something
        self._over = False

    def record_of(self) -> CallRecord:
        """Return the record, with the sound of both sides."""
        self._record.caller = self._microphone.recording()
        self._record.bot = self._speaker.recording()
        return self._record

    async def listen(self) -> None:
        """Take in what the server sends, until it closes."""
        try:
            async for data in self._socket:
                await self._take(data)
        except ProtocolError as error:
            self._note("error", str(error))
            self._end("protocol_error")
        except ConnectionClosed:
            pass
        finally:
            self._over = True
            code = self._socket.close_code
            self._record.completed = self._record.end_reason is None and code == _HUNG_UP
            self._end("hung_up" if code == _HUNG_UP else f"closed:{code}")

    async def talk(self) -> None:
        """Send and play a frame every 20 ms by absolute deadlines."""
        await self._send(self._wire.connected())
        await self._send(self._wire.start())
        frames = 0
        while not self._over:
            frames += 1
            await asyncio.sleep(self._began_s + frames * FRAME_S - self._clock.now_s())
            pcm = np.frombuffer(self._microphone.next_frame(), "<i2").astype(np.int16)
            await self._send(self._wire.media(mulaw_encode(pcm)))
            await self._play()
            await self._act(self._decide())
        await self._socket.close()

    async def _take(self, data: str | bytes) -> None:
        match self._wire.receive(data):
            case PlayMedia(payload):
                self._buffer.media(payload)
            case PlaceMark(name):
                self._buffer.mark(name)
            case ClearBuffer():
                self._note("interrupted", "")
                for name in self._buffer.clear():
                    await self._send(self._wire.mark(name))

    async def _play(self) -> None:
        sound, marks = self._buffer.play(_FRAME_BYTES)
        now_s = self._clock.now_s()
        if sound:
            self._speaker.play(self._from_line.run(sound).astype("<i2").tobytes(), self._now_samples())
            self._quiet_from_s = now_s
            self._mind.receive(Status("speaking"))
        elif self._quiet_from_s is not None and now_s - self._quiet_from_s > _TURN_OVER_S:
            self._mind.receive(Status("listening"))
        for name in marks:
            await self._send(self._wire.mark(name))

    def _decide(self) -> Decision | None:
        if self._clock.now_s() - self._began_s > self._plan.limit_s:
            return GiveUp(f"the call did not end within {self._plan.limit_s:.0f} s")
        audible = self._buffer.waiting_bytes > 0
        return self._mind.decide(self._clock.now_s(), bot_audible=audible, speaking=self._microphone.speaking)

    async def _act(self, decision: Decision | None) -> None:
        match decision:
            case Speak(line):
                self._note("caller", line, at_samples=self._microphone.now_samples)
                self._microphone.say(self._plan.sounds[line])
            case GiveUp(why):
                self._note("error", why)
                self._end("caller_gave_up")
                await self._send(self._wire.stop())
                self._over = True

    async def _send(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            self._over = True

    def _end(self, reason: str) -> None:
        if self._record.end_reason is None:
            self._record.end_reason = reason
            self._note("end", reason)

    def _note(self, who: str, text: str, at_samples: int | None = None) -> None:
        event = Event(self._now_samples() if at_samples is None else at_samples, who, text)
        self._record.events.append(event)
        self._watch(event)

    def _now_samples(self) -> int:
        return round((self._clock.now_s() - self._began_s) * RATE_HZ)
