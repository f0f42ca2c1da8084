"""One call over a browser's WebSocket (docs/pvp.md) in real time."""

from websockets.asyncio.client import ClientConnection

from kit.errors import ProtocolError
from server.caller.dialogue import Decision, Touch
from server.caller.live_call import CallPlan, CallRecord, LiveCall, Watch, hold_call
from server.caller.sound import RATE_HZ
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

_NO_CALL = ("flow.not_found", "flow.invalid", "flow.check_failed")  # the server waits for us to go (§6)


async def make_call(plan: CallPlan, watch: Watch = lambda _: None) -> CallRecord:
    """Make one call and return what happened; it ends when the server closes or the caller gives up.

    Raises:
        InputError: Nobody answers at the address.
    """
    return await hold_call(plan, lambda socket: _Call(plan, socket, watch))


class _Call(LiveCall):
    """A call from a browser: the bot is heard to the end of what was sent, even when the server has closed."""

    def __init__(self, plan: CallPlan, socket: ClientConnection, watch: Watch) -> None:
        super().__init__(plan, socket, watch)
        self._configured = False

    async def begin(self) -> None:
        """Announce a rate that is not the usual one."""
        if self.plan.telephone:
            await self.send(rate_message(self.microphone.rate_hz))

    async def tick(self) -> None:
        """Send a frame."""
        frame = self.microphone.next_frame()
        if not self.over:
            await self.send(frame)
            await self.act(self.decide())

    def closed(self, code: int | None) -> None:
        """Note that the server closed without saying why."""
        self.end("hung_up" if code is None else f"closed:{code}")

    async def act(self, decision: Decision | None) -> None:
        """Speak, give up, or touch the screen."""
        match decision:
            case Touch(ui):
                self.note("screen", ui.action, dict(ui.data))
                await self.send(ui_message(ui.action, ui.data))
            case _:
                await super().act(decision)

    async def take(self, data: str | bytes) -> None:
        """Hear sound, read messages."""
        if isinstance(data, bytes):
            self._hear(data)
        else:
            self._read(decode(data))

    def _hear(self, pcm: bytes) -> None:
        if not self._configured:
            raise ProtocolError("pvp: sound came before config (§3)")
        if not pcm or len(pcm) % 2:
            raise ProtocolError(f"pvp: a frame of {len(pcm)} bytes; frames are even and never empty (§2)")
        self.speaker.play(pcm, self.now_samples())

    def _read(self, message: Message) -> None:
        self.mind.receive(message)
        match message:
            case Config(rate_hz):
                if self._configured or rate_hz != RATE_HZ:
                    raise ProtocolError(f"pvp: config of {rate_hz} Hz; this caller plays {RATE_HZ} Hz, told once")
                self._configured = True
            case Interrupted():
                self.speaker.flush(self.now_samples())
                self.note("interrupted", "")
            case Transcript(key, role, text, True):
                self.note("bot" if role == "assistant" else "heard", text, key)
            case Waterfall(_, gap_ms):
                self.note("waterfall", "" if gap_ms is None else f"{gap_ms:.0f} ms", message)
            case ServerError(text, code):
                self.note("error", f"{text} ({code})")
                if code in _NO_CALL:
                    self.end(code)
                    self.over = True
            case _:
                self._follow(message)

    def _follow(self, message: Message) -> None:
        """Keep up with the flow."""
        match message:
            case FlowState(state):
                if self.record.states()[-1:] != (state,):
                    self.note("state", state)
            case FlowVariable(key, value):
                self.record.variables[key] = value
            case FlowEnd(reason, variables):
                self.record.variables.update(variables)
                self.record.completed = reason == "completed"
                self.end(reason)
