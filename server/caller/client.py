"""One call over a real WebSocket in real time: the shell around `dialogue.py`, `devices.py` and `wire.py`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from kit.clock import Clock
from kit.errors import InputError, ProtocolError
from server.caller.devices import FRAME_S, Microphone, Speaker
from server.caller.dialogue import Decision, Dialogue, GiveUp, Speak, Touch
from server.caller.script import Script
from server.caller.sound import RATE_HZ, Sound
from server.caller.wire import (
    Config,
    FlowEnd,
    FlowState,
    FlowVariable,
    Interrupted,
    Message,
    ServerError,
    Transcript,
    Waterfall,
    decode,
    rate_message,
    ui_message,
)

_CLOSE_S = 2.0
_NO_CALL = ("flow.not_found", "flow.invalid", "flow.check_failed")  # the server waits for us to go (§6)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call to be made.

    Attributes:
        url: The WebSocket address, flow included.
        sounds: Each line the script can say, spoken: int16 mono at 16 kHz.
        run: Chooses among the wordings of the script.
        limit_s: The caller hangs up after so long.
    """

    url: str
    script: Script
    sounds: Mapping[str, Sound]
    run: int = 0
    telephone: bool = False
    limit_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `who` is caller, bot, heard, state, screen, interrupted, waterfall, error or end."""

    at_samples: int
    who: str
    text: str
    detail: Any = None


@dataclass(slots=True)
class CallRecord:
    """What happened in a call; `caller` and `bot` are the two channels of the recording, 16 kHz."""

    events: list[Event] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    end_reason: str | None = None
    completed: bool = False
    caller: Sound = field(default_factory=lambda: Microphone(telephone=False).recording())
    bot: Sound = field(default_factory=lambda: Speaker(telephone=False).recording())

    def states(self) -> tuple[str, ...]:
        """Return the states the flow was in, in order, each entry once."""
        return tuple(event.text for event in self.events if event.who == "state")


Watch = Callable[[Event], None]
"""Told of each event as it happens."""


async def make_call(plan: CallPlan, watch: Watch = lambda _: None) -> CallRecord:
    """Make one call and return what happened; it ends when the server closes or the caller gives up.

    Raises:
        InputError: Nobody answers at the address.
    """
    try:
        socket = await connect(plan.url, compression=None, max_size=2**20, close_timeout=_CLOSE_S)
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise InputError(f"no call possible at {plan.url}: {error}", code="caller.no_server") from error
    async with socket:
        call = _Call(plan, socket, watch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.listen())
            tasks.create_task(call.talk())
    return call.record_of()


class _Call:
    """The state of one call; `listen` and `talk` run side by side."""

    def __init__(self, plan: CallPlan, socket: ClientConnection, watch: Watch) -> None:
        self._plan, self._socket, self._watch = plan, socket, watch
        self._clock = Clock()
        self._began_s = self._clock.now_s()
        self._mind = Dialogue(plan.script, plan.run)
        self._microphone = Microphone(telephone=plan.telephone)
        self._speaker = Speaker(telephone=plan.telephone)
        self._record = CallRecord()
        self._configured = False
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
                if isinstance(data, bytes):
                    self._hear(data)
                else:
                    self._read(decode(data))
        except ProtocolError as error:
            self._note("error", str(error))
            self._end("protocol_error")
        except ConnectionClosed:
            pass
        finally:
            self._over = True
            if self._record.end_reason is None:
                code = self._socket.close_code
                self._end("hung_up" if code is None else f"closed:{code}")

    async def talk(self) -> None:
        """Send a frame every 20 ms by absolute deadlines; then let the speaker play out."""
        if self._plan.telephone:
            await self._send(rate_message(self._microphone.rate_hz))
        frames = 0
        while not self._over or self._speaker.audible(self._now_samples()):
            frames += 1
            await asyncio.sleep(self._began_s + frames * FRAME_S - self._clock.now_s())
            frame = self._microphone.next_frame()
            if not self._over:
                await self._send(frame)
                await self._act(self._decide())
        await self._socket.close()

    def _decide(self) -> Decision | None:
        if self._clock.now_s() - self._began_s > self._plan.limit_s:
            return GiveUp(f"the call did not end within {self._plan.limit_s:.0f} s")
        return self._mind.decide(
            self._clock.now_s(),
            bot_audible=self._speaker.audible(self._now_samples()),
            speaking=self._microphone.speaking,
        )

    async def _act(self, decision: Decision | None) -> None:
        match decision:
            case Speak(line):
                self._note("caller", line, at_samples=self._microphone.now_samples)
                self._microphone.say(self._plan.sounds[line])
            case Touch(ui):
                self._note("screen", ui.action, dict(ui.data))
                await self._send(ui_message(ui.action, ui.data))
            case GiveUp(why):
                self._note("error", why)
                self._end("caller_gave_up")
                self._over = True

    async def _send(self, data: str | bytes) -> None:
        try:
            await self._socket.send(data)
        except ConnectionClosed:
            self._over = True

    def _hear(self, pcm: bytes) -> None:
        if not self._configured:
            raise ProtocolError("pvp: sound came before config (§3)")
        if not pcm or len(pcm) % 2:
            raise ProtocolError(f"pvp: a frame of {len(pcm)} bytes; frames are even and never empty (§2)")
        self._speaker.play(pcm, self._now_samples())

    def _read(self, message: Message) -> None:
        self._mind.receive(message)
        match message:
            case Config(rate_hz):
                if self._configured or rate_hz != RATE_HZ:
                    raise ProtocolError(f"pvp: config of {rate_hz} Hz; this caller plays {RATE_HZ} Hz, told once")
                self._configured = True
            case Interrupted():
                self._speaker.flush(self._now_samples())
                self._note("interrupted", "")
            case Transcript(key, role, text, True):
                self._note("bot" if role == "assistant" else "heard", text, key)
            case Waterfall(_, gap_ms):
                self._note("waterfall", "" if gap_ms is None else f"{gap_ms:.0f} ms", message)
            case ServerError(text, code):
                self._note("error", f"{text} ({code})")
                if code in _NO_CALL:
                    self._end(code)
                    self._over = True
            case _:
                self._follow(message)

    def _follow(self, message: Message) -> None:
        """Keep up with the flow."""
        match message:
            case FlowState(state):
                if self._record.states()[-1:] != (state,):
                    self._note("state", state)
            case FlowVariable(key, value):
                self._record.variables[key] = value
            case FlowEnd(reason, variables):
                self._record.variables.update(variables)
                self._record.completed = reason == "completed"
                self._end(reason)

    def _end(self, reason: str) -> None:
        if self._record.end_reason is None:
            self._record.end_reason = reason
            self._note("end", reason)

    def _note(self, who: str, text: str, detail: Any = None, at_samples: int | None = None) -> None:
        event = Event(self._now_samples() if at_samples is None else at_samples, who, text, detail)
        self._record.events.append(event)
        self._watch(event)

    def _now_samples(self) -> int:
        return round((self._clock.now_s() - self._began_s) * RATE_HZ)
