"""One call, from its first frame to its last: the shell around the turn owner and the flow.

Everything that happens goes through one queue and is decided by two pure machines; what they want is done here. One
call is one task group: when `run` returns, nothing of it is left.
"""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from flows import events as flow_events
from flows.actions import Ask, FlowEnded, Say
from flows.model import Flow
from flows.priority import rank
from kit.clock import Clock
from pipeline.brain import Brain, Outcome, Speech
from pipeline.dialogue import Dialogue
from pipeline.ears import Ears
from pipeline.frames.audio import AudioIn
from pipeline.frames.base import ControlFrame, DataFrame, SystemFrame
from pipeline.frames.control import (
    CallFailed,
    DtmfPressed,
    Farewell,
    PeerGone,
    RateAnnounced,
    Screen,
    StatusChanged,
    UiAction,
)
from pipeline.ingest import FRAME_SAMPLES, RATE_HZ
from pipeline.media_time import MediaTime
from pipeline.ports import CallObserver, Frame, Leg, Providers, VoiceGate
from pipeline.report import CallReport
from pipeline.turn_log import TurnTimes
from pipeline.turn_reader import TurnReader
from pipeline.turns import actions, inputs, owner
from pipeline.turns.state import Bot, State, User
from pipeline.turns.voice_activity import SpeechStarted, SpeechStopped
from pipeline.vad import VadScheduler
from pipeline.voice import ModelFailed, ToolAsked, Voice, VoicePorts

log = structlog.get_logger()

_FROM_OUTSIDE = 512  # what the other side may have waiting; what the call tells itself always fits
_CLOSE_LIMIT_S = 0.5
_SAYING_S = 0.5  # an echo has the beginning of the word that is not heard to its end yet
_MISSING_S = 1.0  # a caller who talks and of whom nothing comes for so long has stopped
# What waits at the same moment is taken in the language's order, else as it came.
_RANKS: Mapping[type, int] = {
    UiAction: rank(flow_events.UiEvent),
    ToolAsked: rank(flow_events.ToolCalled),
    ModelFailed: rank(flow_events.AskFailed),
}
_RANK_OF_SPEECH = rank(flow_events.Heard)
_TOO_LATE = "Sorry, that took too long on my side. Could you say that again?"
_NOT_HEARD = "Sorry, I could not hear you. Could you say that again?"


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
    """

    call_id: str
    flow: Flow
    context: Mapping[str, Any] = field(default_factory=dict)
    today: str = "1970-01-01"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class _Ending:
    """Wakes the loop of a call that was told to end."""


_Item = (
    SystemFrame
    | DataFrame
    | ControlFrame
    | inputs.Input
    | SpeechStarted
    | SpeechStopped
    | ToolAsked
    | ModelFailed
    | _Ending
)


class CallSession:
    """A call. Made by the wiring, fed by a transport through `receive`, over when `run` returns."""

    def __init__(
        self,
        about: CallContext,
        providers: Providers,
        leg: Leg,
        host: CallHost,
        observer: CallObserver | None = None,
    ) -> None:
        """Prepare; nothing happens before `run`."""
        self._about, self._providers, self._leg, self._clock = about, providers, leg, host.clock
        self._observer = observer
        self._settings = host.settings
        self._inbox: asyncio.PriorityQueue[tuple[int, int, _Item]] = asyncio.PriorityQueue()
        self._arrivals = itertools.count()
        self._brain = Brain(about.flow)
        self._owner = State(has_end_model=providers.end_of_turn is not None)
        self._ears = Ears(leg.capabilities.rate_in_hz, host.vad, host.new_gate() if host.new_gate else None, self._post)
        self._reader = TurnReader(self._ears, providers.end_of_turn, self._spawn, self._post, host.clock)
        self._dialogue = Dialogue(leg.send)
        self._voice = Voice(VoicePorts(providers, leg, self._dialogue, host.clock, self._spawn, self._post, observer))
        self._times = TurnTimes(None, 0.0)
        self._due: tuple[Speech, ...] = ()
        self._live: set[asyncio.Task[None]] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._began_s = self._active_s = self._heard_s = 0.0
        self._media_time = MediaTime()
        self._hang_up: str | None = None
        self._farewell: Farewell | None = None
        self._end_reason: str | None = None
        self._completed = False

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
            case RateAnnounced(rate_hz):
                self._ears.announce_rate(rate_hz)
            case _ if self._inbox.qsize() < _FROM_OUTSIDE:
                self._post(frame)
            case _:
                log.warning("inbox_full", dropped=type(frame).__name__)

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._end_reason = self._end_reason or reason
        self._post(_Ending())

    async def run(self) -> CallReport:
        """Run the call to its end, whatever ends it."""
        started_at = self._clock.utc()
        self._began_s = self._active_s = self._clock.now_s()
        with structlog.contextvars.bound_contextvars(call_id=self._about.call_id):
            try:
                async with asyncio.TaskGroup() as self._tasks:
                    self._spawn(self._voice.play(self._began_s))
                    self._spawn(self._reader.open(self._providers.stt, self._spoken_here, self._leg.send))
                    self._start_flow()
                    await self._decide_all()
                    await self._cancel_all()
            except* Exception:
                log.exception("call_failed")
                self._end_reason = "internal"
            finally:
                self._tasks = None
                await self._close()
        return CallReport(
            self._about.call_id,
            self._about.flow.id,
            started_at,
            self._clock.now_s() - self._began_s,
            self._end_reason or "internal",
            self._completed,
            dict(self._brain.state.variables),
            self._dialogue.log.turns(),
            self._providers.usage.uses(),
            self._providers.incidents.since(self._began_s),
        )

    @property
    def _spoken_here(self) -> str:
        return self._brain.language or self._about.language

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
        while self._end_reason is None:
            try:
                async with asyncio.timeout_at(self._next_deadline_s()):
                    _, _, item = await self._inbox.get()
            except TimeoutError:
                self._tick()
            else:
                self._handle(item)

    def _next_deadline_s(self) -> float:
        waits = [self._began_s + self._settings.longest_s]
        if self._owner.phase == "listening":
            waits.append(self._active_s + self._settings.idle_s)
        if self._owner.user is User.TALKING:
            waits.append(self._heard_s + _MISSING_S)
        waits.extend(due for due in (self._owner.deadline_s, self._brain.deadline_s) if due is not None)
        return min(waits)

    def _tick(self) -> None:
        now_s = self._clock.now_s()
        if self._owner.deadline_s is not None and now_s >= self._owner.deadline_s:
            self._advance(inputs.Tick())
        elif self._brain.deadline_s is not None and now_s >= self._brain.deadline_s:
            self._times = TurnTimes(None, now_s)
            self._apply(self._brain.step(flow_events.Tick(), now_s))
        elif self._owner.user is User.TALKING and now_s >= self._heard_s + _MISSING_S:
            self._heard_s = now_s
            self._ears.miss()
        elif now_s >= self._began_s + self._settings.longest_s:
            self._end_reason = "too_long"
        elif self._owner.phase == "listening" and now_s >= self._active_s + self._settings.idle_s:
            self._leg.send(CallFailed("call.idle", "Nobody spoke for a while, so the call was ended."))
            self._end_reason = "idle"

    def _handle(self, item: "_Item") -> None:
        self._active_s = self._clock.now_s()
        match item:
            case SpeechStarted():
                self._advance(inputs.UserStarted())
                self._reader.follow(self._settings.partial_every_s, soon=self._owner.paused)
            case SpeechStopped(pos_samples):
                self._advance(inputs.UserStopped(self._active_s - self._ears.seconds_since(pos_samples)))
            case UiAction(action, data):
                self._by_hand(flow_events.UiEvent(action, data))
            case DtmfPressed(digits):
                self._by_hand(flow_events.Dtmf(digits))
            case ToolAsked() | ModelFailed():
                self._serve_answer(item)
            case Farewell(reason, text):
                self._farewell, self._hang_up = item, reason
                self._speak((Say(text, interruptible=False),))
            case inputs.PartialHeard() | inputs.TranscriptReady():
                self._advance(replace(item, bot_words=self._voice.playout.heard_text(_SAYING_S)))
            case inputs.BotStarted() | inputs.BotFinished() | inputs.EndJudged():
                self._advance(item)

    def _post(self, item: "_Item") -> None:
        """Queue something for the loop. Only `receive` may refuse: a lost event of its own would stall the call."""
        self._inbox.put_nowait((_RANKS.get(type(item), _RANK_OF_SPEECH), next(self._arrivals), item))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        assert self._tasks is not None, "a call spawns only while it runs"
        task = self._tasks.create_task(work)
        self._live.add(task)
        task.add_done_callback(self._live.discard)
        return task

    async def _cancel_all(self) -> None:
        """Cancel until all is gone: what is being thrown away may hang once more."""
        while self._live:
            for task in self._live:
                task.cancel()
            await asyncio.wait(self._live, timeout=_CLOSE_LIMIT_S)

    # --- the turn owner's wishes ---------------------------------------------------------------------------------
    def _advance(self, event: inputs.Input) -> None:
        self._owner, wishes = owner.step(self._owner, event, self._clock.now_s())
        for wish in wishes:
            self._perform(wish)

    def _perform(self, action: actions.Action) -> None:
        match action:
            case actions.Decide(decision):
                self._reader.decide(decision)
            case actions.DropDecision():
                self._reader.drop()
            case actions.ShowWords(text):
                self._dialogue.user_partial(text)
            case actions.UserTookFloor():
                self._apply(self._brain.step(flow_events.UserStarted(), self._clock.now_s()))
            case actions.Commit(heard):
                self._commit(heard)
            case actions.Discard(bot_was_stopped):
                self._discard(bot_was_stopped)
            case actions.Pause():
                self._voice.playout.pause()
            case actions.Resume():
                self._voice.playout.resume()
            case _:
                self._perform_answer(action)

    def _perform_answer(self, action: actions.AnswerAction) -> None:
        match action:
            case actions.StartAnswer(generation, paused):
                self._voice.start(generation, self._due, self._times, paused=paused)
                self._voice.warm_model(self._brain.likely_ask(), self._due)
            case actions.StopAnswer(generation):
                self._voice.stop(generation)
            case actions.BotDone():
                self._dialogue.bot_ends(None)
                self._leg.send(StatusChanged("listening"))
                if self._hang_up is None:
                    self._apply(self._brain.step(flow_events.BotFinished(), self._clock.now_s()))
                else:
                    self._end_reason = self._hang_up
                    if self._farewell is not None:
                        flow, variables = self._about.flow, self._brain.state.variables
                        self._leg.send(Screen(FlowEnded(flow.id, self._farewell.reason, dict(variables))))
            case actions.Recover():
                log.warning("answer_late")
                self._speak((Say(_TOO_LATE),))

    def _by_hand(self, event: flow_events.UiEvent | flow_events.Dtmf) -> None:
        self._times = TurnTimes(None, self._active_s)
        self._apply(self._brain.step(event, self._active_s))
        if self._owner.user is not User.SILENT:
            self._perform(actions.UserTookFloor())  # the timers that a tap starts wait for the user's words

    def _discard(self, bot_was_stopped: bool) -> None:
        self._reader.close_turn()
        self._dialogue.user_nothing()
        if self._owner.bot is Bot.IDLE:
            now_s = self._clock.now_s()
            self._times = TurnTimes(None, now_s)
            # The flow asks again what the noise cut off; else its timers go on, which stopped for the noise.
            event = flow_events.Heard("", 0.0) if bot_was_stopped else flow_events.BotFinished()
            self._apply(self._brain.step(event, now_s))

    def _commit(self, heard: inputs.Heard) -> None:
        now_s = self._clock.now_s()
        self._times = self._reader.times(lambda pos: self._began_s + self._media_time.spoken_s(pos))
        self._reader.close_turn()
        self._times.mark("end_of_turn", now_s)
        if heard.failed:
            self._dialogue.user_nothing()
            self._speak((Say(_NOT_HEARD),))
            return
        self._dialogue.user_final(heard.text)
        outcome = self._brain.step(flow_events.Heard(heard.text, heard.confidence, heard.alternative), now_s)
        self._apply(outcome)
        if not outcome.speech and self._end_reason is None:
            # Nothing to say is a finished bot turn too: the flow's timers start.
            self._apply(self._brain.step(flow_events.BotFinished(), now_s))

    # --- the flow's wishes ---------------------------------------------------------------------------------------
    def _start_flow(self) -> None:
        now_s = self._clock.now_s()
        self._times = TurnTimes(None, now_s)
        started = flow_events.Started(self._about.context, self._providers.llm is not None, self._about.today)
        self._apply(self._brain.step(started, now_s))

    def _apply(self, outcome: Outcome) -> None:
        if self._farewell is not None:
            return  # the flow has nothing more to say
        self._show(outcome)
        self._times.mark("flow", self._clock.now_s())
        self._advance(inputs.ProfileSet(self._brain.profile))
        self._ears.language = self._spoken_here
        if outcome.speech:
            self._speak(outcome.speech)
        if self._hang_up is not None and self._owner.bot is Bot.IDLE:
            self._end_reason = self._hang_up

    def _show(self, outcome: Outcome) -> None:
        for action in outcome.screen:
            self._completed = self._completed or (isinstance(action, FlowEnded) and action.reason == "completed")
            self._leg.send(Screen(action))
        for name in outcome.emitted:
            log.info("flow_event", name=name)
        self._hang_up = outcome.hang_up or self._hang_up

    def _speak(self, speech: tuple[Speech, ...]) -> None:
        self._due = speech
        interruptible = all(item.interruptible for item in speech if isinstance(item, Say | Ask))
        self._advance(inputs.AnswerDue(interruptible))

    def _serve_answer(self, item: ToolAsked | ModelFailed) -> None:
        """Step the flow for an answer under way; what it wants said is said by that answer."""
        if item.reply.done():
            return  # the answer was stopped meanwhile
        match item:
            case ToolAsked(call, epoch):
                event: flow_events.Event = flow_events.ToolCalled(call.call_id, call.name, call.arguments, epoch)
            case ModelFailed(epoch, code):
                event = flow_events.AskFailed(epoch, code)
        outcome = self._brain.step(event, self._clock.now_s())
        self._show(outcome)
        self._advance(inputs.ProfileSet(self._brain.profile))
        self._ears.language = self._spoken_here
        item.reply.set_result(outcome.speech)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_LIMIT_S):
                await self._reader.aclose()
        except Exception:  # a call ends here: its record is not lost with its recogniser
            log.exception("stt_not_closed")
        if self._owner.bot is not Bot.IDLE:
            self._dialogue.bot_ends(self._voice.playout.heard_text())
        self._leg.send(StatusChanged("ended"))
        if self._observer is not None:
            self._observer.closed()
