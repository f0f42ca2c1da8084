"""What every simulated call over a real socket is: a plan, a record, and a caller with ears, a mouth and a mind."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from kit.clock import Clock
from kit.errors import InputError, ProtocolError
from server.caller.devices import FRAME_S, Microphone, Speaker
from server.caller.dialogue import Decision, Dialogue, GiveUp, Speak
from server.caller.script import Script
from server.caller.sound import RATE_HZ, Sound

_CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call to be made.

    Attributes:
        url: The WebSocket address, flow included.
        sounds: Each line the script can say, spoken: int16 mono at 16 kHz.
        run: Chooses among the wordings of the script.
        limit_s: The caller hangs up after so long.
        headers: Of the handshake.
    """

    url: str
    script: Script
    sounds: Mapping[str, Sound]
    run: int = 0
    telephone: bool = False
    limit_s: float = 300.0
    headers: Mapping[str, str] = field(default_factory=dict)


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


class LiveCall:
    """One call; `listen` and `talk` run side by side. What differs by protocol is in the methods that are not here."""

    def __init__(self, plan: CallPlan, socket: ClientConnection, watch: Watch) -> None:
        self.plan, self.socket = plan, socket
        self.mind = Dialogue(plan.script, plan.run)
        self.record = CallRecord()
        self.over = False
        self.microphone, self.speaker = self.devices(telephone=plan.telephone)
        self._watch = watch
        self._clock = Clock()
        self._began_s = self._clock.now_s()

    # --- what a protocol says -----------------------------------------------------------------------------------
    def devices(self, *, telephone: bool) -> tuple[Microphone, Speaker]:
        """Return what the caller speaks into and hears with."""
        return Microphone(telephone=telephone), Speaker(telephone=telephone)

    async def begin(self) -> None:
        """Open the conversation."""

    async def take(self, data: str | bytes) -> None:
        """Take in a message of the server."""
        raise NotImplementedError

    async def tick(self) -> None:
        """Do what is to be done every 20 ms."""
        raise NotImplementedError

    def closed(self, code: int | None) -> None:
        """Note that the server has closed."""
        raise NotImplementedError

    async def act(self, decision: Decision | None) -> None:
        """Do what was decided."""
        match decision:
            case Speak(line):
                self.note("caller", line, at_samples=self.microphone.now_samples)
                self.microphone.say(self.plan.sounds[line])
            case GiveUp(why):
                self.note("error", why)
                self.end("caller_gave_up")
                self.over = True

    @property
    def audible(self) -> bool:
        """Whether the bot is heard."""
        return self.speaker.audible(self.now_samples())

    # --- what all do --------------------------------------------------------------------------------------------
    def record_of(self) -> CallRecord:
        """Return the record, with the sound of both sides."""
        self.record.caller = self.microphone.recording()
        self.record.bot = self.speaker.recording()
        return self.record

    async def listen(self) -> None:
        """Take in what the server sends, until it closes."""
        try:
            async for data in self.socket:
                await self.take(data)
        except ProtocolError as error:
            self.note("error", str(error))
            self.end("protocol_error")
        except ConnectionClosed:
            pass
        finally:
            self.over = True
            self.closed(self.socket.close_code)

    async def talk(self) -> None:
        """Act every 20 ms by absolute deadlines; once it is over, close."""
        await self.begin()
        frames = 0
        while not self.over or self.audible:
            frames += 1
            await asyncio.sleep(self._began_s + frames * FRAME_S - self._clock.now_s())
            await self.tick()
        await self.socket.close()

    def decide(self) -> Decision | None:
        """Ask the caller's mind what to do now."""
        if self.elapsed_s() > self.plan.limit_s:
            return GiveUp(f"the call did not end within {self.plan.limit_s:.0f} s")
        return self.mind.decide(self._clock.now_s(), bot_audible=self.audible, speaking=self.microphone.speaking)

    async def send(self, data: str | bytes) -> None:
        """Send a message; a server that has gone ends the call."""
        try:
            await self.socket.send(data)
        except ConnectionClosed:
            self.over = True

    def end(self, reason: str) -> None:
        """Note why the call is over; the first reason stands."""
        if self.record.end_reason is None:
            self.record.end_reason = reason
            self.note("end", reason)

    def note(self, who: str, text: str, detail: Any = None, at_samples: int | None = None) -> None:
        """Note an event."""
        event = Event(self.now_samples() if at_samples is None else at_samples, who, text, detail)
        self.record.events.append(event)
        self._watch(event)

    def elapsed_s(self) -> float:
        """Return how long the call has lasted."""
        return self._clock.now_s() - self._began_s

    def now_samples(self) -> int:
        """Return where the call's line of time is."""
        return round(self.elapsed_s() * RATE_HZ)


async def hold_call(
    plan: CallPlan, new_call: Callable[[ClientConnection], LiveCall], subprotocols: Sequence[str] = ()
) -> CallRecord:
    """Connect, hold the call that `new_call` makes to its end, and return what happened.

    Raises:
        InputError: Nobody answers at the address.
    """
    spoken = [Subprotocol(each) for each in subprotocols] or None
    try:
        socket = await connect(
            plan.url,
            compression=None,
            max_size=2**20,
            close_timeout=_CLOSE_S,
            subprotocols=spoken,
            additional_headers=plan.headers,
        )
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise InputError(f"no call possible at {plan.url}: {error}", code="caller.no_server") from error
    async with socket:
        call = new_call(socket)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.listen())
            tasks.create_task(call.talk())
    return call.record_of()
