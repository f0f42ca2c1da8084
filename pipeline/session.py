"""One call, from its first frame to its last: the shell around the turn owner and the flow.

Everything that happens goes through one queue, and `conversation.py` decides and does what follows. All tasks of a
call belong to it: when `run` returns, nothing of it is left.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from flows import events as flow_events
from flows.model import Flow
from flows.priority import rank
from kit.clock import Clock
from kit.errors import AntiphonError
from pipeline.call_tasks import CallTasks, Work
from pipeline.carrier_acts import CarrierActs, LineReported
from pipeline.conversation import Conversation
from pipeline.conversation_ports import ConversationPorts
from pipeline.dialogue import Dialogue
from pipeline.ears import Ears
from pipeline.frames.audio import AudioIn
from pipeline.frames.base import ControlFrame, DataFrame, SystemFrame
from pipeline.frames.control import (
    CallFailed,
    DtmfPressed,
    Farewell,
    Introduce,
    KeepQuiet,
    LineBack,
    LineLost,
    PeerGone,
    Played,
    RateAnnounced,
    StatusChanged,
    UiAction,
)
from pipeline.ingest import FRAME_SAMPLES, RATE_HZ
from pipeline.manner import PLAIN, Manner
from pipeline.media_time import MediaTime
from pipeline.outbox import Outbox
from pipeline.ports import CallObserver, Frame, Leg, Providers, VoiceGate
from pipeline.report import CallReport
from pipeline.turn_reader import TurnReader
from pipeline.turns import inputs
from pipeline.turns.state import Bot, User
from pipeline.turns.voice_activity import (
    SpeechDenied,
    SpeechHinted,
    SpeechPaused,
    SpeechStarted,
    SpeechStopped,
    SpeechWentOn,
    VoiceEdge,
)
from pipeline.vad import VadScheduler
from pipeline.voice import ModelFailed, ToolAsked, Voice, VoicePorts
from pipeline.watch import Watch, watched

log = structlog.get_logger()

_FROM_OUTSIDE = 512  # what the other side may have waiting; what the call tells itself always fits
_CLOSE_LIMIT_S = 0.5
_HANG_UP_LIMIT_S = 3.0
_MISSING_S = 1.0  # a caller who talks and of whom nothing comes for so long has stopped
# What waits at the same moment is taken in the language's order, else as it came.
_RANKS: Mapping[type, int] = {
    UiAction: rank(flow_events.UiEvent),
    ToolAsked: rank(flow_events.ToolCalled),
    ModelFailed: rank(flow_events.AskFailed),
}
_RANK_OF_SPEECH = rank(flow_events.Heard)


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Bounds of a call.

    Attributes:
        idle_s: Neither speech nor screen nor bot for this long ends the call.
        longest_s: No call is longer.
        partial_every_s: How often a turn under way is read; None for never.
    """

    idle_s: float = 120.0
    longest_s: float = 7200.0
    partial_every_s: float | None = 0.8


@dataclass(frozen=True, slots=True)
class CallHost:
    """What the process lends to each of its calls.

    Attributes:
        new_gate: Makes a call's voice gate; None lets all audio through to the model.
    """

    vad: VadScheduler
    clock: Clock
    new_gate: Callable[[], VoiceGate] | None = None
    settings: CallSettings = field(default_factory=CallSettings)


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a call is about.

    Attributes:
        context: Variables to set before the first state.
        today: The caller's date, ISO 8601.
        language: BCP 47, where the flow names none.
        manner: What this call has of its own.
    """

    call_id: str
    flow: Flow
    context: Mapping[str, Any] = field(default_factory=dict)
    today: str = "1970-01-01"
    language: str = "en"
    manner: Manner = PLAIN


@dataclass(frozen=True, slots=True)
class _Ending:
    """Wakes the loop of a call that was told to end."""


_OfAnswers = ToolAsked | ModelFailed | LineReported
_Item = SystemFrame | DataFrame | ControlFrame | inputs.Input | VoiceEdge | _OfAnswers | _Ending


class CallSession:
    """A call. Made by the wiring, fed by a transport through `receive`, over when `run` returns."""

    def __init__(
        self,
        about: CallContext,
        providers: Providers,
        leg: Leg,
        host: CallHost,
        observer: CallObserver | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Prepare; nothing happens before `run`."""
        post, told = self._post, watched(watch, self._post)
        self._about, self._providers, self._clock = about, providers, host.clock
        self._observer = observer
        self._settings = _limited(host.settings, about.manner)
        self._warning_s = about.manner.warning_due_s(self._settings.longest_s)
        self._inbox: asyncio.PriorityQueue[tuple[int, int, _Item]] = asyncio.PriorityQueue()
        self._arrivals = itertools.count()
        gate = host.new_gate() if host.new_gate else None
        self._ears = Ears(leg.capabilities.rate_in_hz, host.vad, gate, told, about.manner)
        self._leg = Outbox(leg, partial(self._ears.note_played, leg.capabilities.rate_out_hz), self._ears.note_dropped)
        self._reader = TurnReader(self._ears, providers, self._spawn, told, host.clock)
        self._dialogue = Dialogue(self._leg.send)
        self._acts = CarrierActs(leg.control, self._spawn, post)
        self._voice = Voice(
            VoicePorts(
                providers, self._leg, self._dialogue, host.clock, self._spawn, post, observer, about.manner, self._acts
            )
        )
        self._control = leg.control
        ports = ConversationPorts(
            self._reader, self._voice, self._dialogue, self._leg, host.clock, self._spoken_s, self._acts, self._emitted
        )
        has_end_model = providers.end_of_turn is not None
        self._talk = Conversation(
            about.flow, ports, about.language, has_end_model=has_end_model, wait_scale=about.manner.wait_scale
        )
        self._tasks: CallTasks | None = None
        self._began_s = self._active_s = self._heard_s = 0.0
        self._media_time = MediaTime()

    # --- from outside --------------------------------------------------------------------------------------------
    def receive(self, frame: Frame) -> None:
        """Take a frame from the other side. Never waits; ignored once the call is over."""
        match frame:
            case PeerGone():
                self.end("peer_gone")
            case _ if self._tasks is None:
                return
            case AudioIn(pcm):
                self._hear(pcm)
            case Played(pos_samples):
                self._voice.playout.acknowledge(pos_samples)
            case LineLost(heard_s):
                self._voice.playout.hold(heard_s)
            case LineBack():
                self._voice.playout.release()
            case RateAnnounced(rate_hz):
                self._ears.announce_rate(rate_hz)
            case _ if self._inbox.qsize() < _FROM_OUTSIDE:
                self._post(frame)
            case _:
                log.warning("inbox_full", dropped=type(frame).__name__)

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._talk.end(reason)
        self._post(_Ending())

    async def run(self) -> CallReport:
        """Run the call to its end, whatever ends it."""
        started_at = self._clock.utc()
        self._began_s = self._active_s = self._clock.now_s()
        with structlog.contextvars.bound_contextvars(call_id=self._about.call_id):
            tasks = self._tasks = CallTasks(self._break)
            try:
                self._spawn(self._voice.play(self._began_s))
                self._spawn(self._reader.open(self._talk.language, self._leg.send))
                has_llm = self._providers.llm is not None
                about, abilities = self._about, self._acts.abilities
                self._talk.start(flow_events.Started(about.context, has_llm, about.today, abilities))
                await self._decide_all()
                self._talk.close()
            except Exception:  # a call ends here: its record is not lost, and the others go on
                log.exception("call_failed")
                self._break()
            finally:
                await tasks.end()
                self._tasks = None
                await self._close()
        return CallReport(
            self._about.call_id,
            self._about.flow.id,
            started_at,
            self._clock.now_s() - self._began_s,
            self._talk.end_reason or "internal",
            self._talk.completed,
            self._talk.brain.variables,
            self._dialogue.log.turns(),
            self._providers.usage.uses(),
            self._providers.incidents.since(self._began_s),
        )

    def _break(self) -> None:
        self._talk.end_reason = "internal"
        self._post(_Ending())

    def _spoken_s(self, pos_samples: int) -> float:
        return self._began_s + self._media_time.spoken_s(pos_samples)

    def _emitted(self, name: str) -> None:
        if self._observer is not None:
            self._observer.emitted(name)

    def _hear(self, pcm: bytes) -> None:
        self._heard_s = self._clock.now_s()
        frames = self._ears.feed(pcm)
        end_s = self._media_time.at_s(self._ears.pos_samples, self._heard_s - self._began_s)
        at_s = end_s - len(frames) * FRAME_SAMPLES / RATE_HZ
        for frame in frames:
            if self._observer is not None:
                self._observer.heard(frame, at_s)
            at_s += len(frame) / 2 / RATE_HZ

    # --- the loop ------------------------------------------------------------------------------------------------
    async def _decide_all(self) -> None:
        while self._talk.end_reason is None:
            try:
                async with asyncio.timeout_at(self._next_deadline_s()):
                    _, _, item = await self._inbox.get()
            except TimeoutError:
                self._tick()
            else:
                self._handle(item)

    def _next_deadline_s(self) -> float:
        waits = [self._began_s + self._settings.longest_s]
        if self._is_quiet():
            waits.append(self._active_s + self._settings.idle_s)
            if self._warning_s is not None:
                waits.append(self._began_s + self._warning_s)
        if self._expects_sound():
            waits.append(self._heard_s + _MISSING_S)
        if self._talk.deadline_s is not None:
            waits.append(self._talk.deadline_s)
        return min(waits)

    def _is_quiet(self) -> bool:
        return self._talk.owner.phase == "listening" and not self._acts.is_busy

    def _expects_sound(self) -> bool:
        return self._talk.owner.user is User.TALKING or self._talk.owner.hinted

    def _tick(self) -> None:
        now_s = self._clock.now_s()
        if self._talk.deadline_s is not None and now_s >= self._talk.deadline_s:
            self._talk.tick()
        elif self._expects_sound() and now_s >= self._heard_s + _MISSING_S:
            self._heard_s = now_s
            self._ears.miss()
        elif now_s >= self._began_s + self._settings.longest_s:
            self._talk.end("too_long" if self._about.manner.longest_s is None else "session_timeout")
        elif self._warning_s is not None and now_s >= self._began_s + self._warning_s and self._is_quiet():
            self._warn()
        elif self._is_quiet() and now_s >= self._active_s + self._settings.idle_s:
            self._leg.send(CallFailed("call.idle", "Nobody spoke for a while, so the call was ended."))
            self._talk.end("idle")

    def _warn(self) -> None:
        self._warning_s, manner = None, self._about.manner
        self._talk.warn(manner.warning, by_model=manner.warning_by_model and self._providers.llm is not None)

    def _handle(self, item: "_Item") -> None:
        if isinstance(item, VoiceEdge):
            self._follow_voice(item)
            return
        self._active_s = self._clock.now_s()
        match item:
            case UiAction(action, data):
                self._talk.by_hand(flow_events.UiEvent(action, data))
            case DtmfPressed(digits):
                self._talk.by_hand(flow_events.Dtmf(digits))
            case ToolAsked() | ModelFailed():
                self._talk.serve_answer(item)
            case LineReported(done):
                self._talk.line_done(done)
            case Farewell(reason, text):
                self._talk.say_goodbye(reason, text)
            case KeepQuiet():
                self._talk.keep_quiet()
            case Introduce(text):
                self._talk.introduce(text)
            case (
                inputs.PartialHeard()
                | inputs.BreathRead()
                | inputs.BreathJudged()
                | inputs.EndExpected()
                | inputs.EndWithdrawn()
                | inputs.EndHeard()
                | inputs.TranscriptReady()
                | inputs.BotStarted()
                | inputs.BotFinished()
                | inputs.EndJudged()
            ):
                self._talk.hear(item)

    def _follow_voice(self, edge: VoiceEdge) -> None:
        now_s = self._clock.now_s()
        if not isinstance(edge, SpeechHinted | SpeechDenied):
            self._active_s = now_s  # a click keeps no call alive
        match edge:
            case SpeechHinted():
                self._talk.hear(inputs.VoiceHinted())
            case SpeechDenied():
                self._talk.hear(inputs.VoiceDenied())
            case SpeechStarted():
                self._voice.warm()
                self._talk.hear(inputs.UserStarted())
                self._reader.follow(self._settings.partial_every_s, soon=self._talk.owner.paused)
            case SpeechPaused():
                self._talk.hear(inputs.UserPaused())
            case SpeechWentOn():
                self._talk.hear(inputs.UserWentOn())
            case SpeechStopped(pos_samples):
                self._talk.hear(inputs.UserStopped(now_s - self._ears.seconds_since(pos_samples)))

    def _post(self, item: "_Item") -> None:
        """Queue something for the loop. Only `receive` may refuse: a lost event of its own would stall the call."""
        self._inbox.put_nowait((_RANKS.get(type(item), _RANK_OF_SPEECH), next(self._arrivals), item))

    def _spawn(self, work: Work) -> "asyncio.Task[None]":
        assert self._tasks is not None, "a call spawns only while it runs"
        return self._tasks.spawn(work)

    async def _hang_up(self) -> None:
        """End the call at the carrier too, unless it is over there or somebody else has it now."""
        if self._control is None or self._talk.end_reason in ("peer_gone", "transferred"):
            return
        try:
            async with asyncio.timeout(_HANG_UP_LIMIT_S):
                await self._control.hang_up()
        except (TimeoutError, AntiphonError) as error:  # closing the line ends the call as well
            log.warning("not_hung_up", reason=type(error).__name__)

    async def _close(self) -> None:
        closing = CallTasks(lambda: None)  # a call ends though its recogniser breaks or hangs: its record is not lost
        closing.spawn(self._reader.aclose())
        await closing.end(_CLOSE_LIMIT_S)
        self._leg.let_go()
        if self._talk.owner.bot is not Bot.IDLE:
            self._dialogue.bot_ends(self._voice.playout.heard_text())
        await self._hang_up()
        self._leg.send(StatusChanged("ended"))
        if self._observer is not None:
            self._observer.closed()


def _limited(usual: CallSettings, manner: Manner) -> CallSettings:
    """Put a call's own limits over those of the server."""
    longest_s = usual.longest_s if manner.longest_s is None else min(manner.longest_s, usual.longest_s)
    return replace(usual, longest_s=longest_s, idle_s=usual.idle_s if manner.idle_s is None else manner.idle_s)
