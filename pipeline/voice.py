"""The speaking half of a call: makes one answer at a time and plays it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from flows.actions import Ask, ToolSpec
from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.ambience import fill_silence
from pipeline.answer import Answer, AnswerPorts
from pipeline.brain import Speech
from pipeline.carrier_acts import CarrierActs
from pipeline.dialogue import Dialogue
from pipeline.frames.audio import Ambience, AudioOut
from pipeline.frames.control import Interrupted, Recalled, StatusChanged
from pipeline.held_answer import HeldAnswer
from pipeline.line import Line, PlayoutLine
from pipeline.manner import PLAIN, Manner
from pipeline.playout import Playout
from pipeline.ports import CallObserver, LanguageModel, Leg, Message, Providers, ToolCall
from pipeline.turn_log import TurnTimes
from pipeline.turns.inputs import BotFinished, BotStarted

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ToolAsked:
    """A model called a tool; whoever steps the flow answers with what is to be spoken on."""

    call: ToolCall
    epoch: int
    reply: "asyncio.Future[tuple[Speech, ...]]"


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """A model was of no use; answered like `ToolAsked`."""

    epoch: int
    code: str
    reply: "asyncio.Future[tuple[Speech, ...]]"


@dataclass(frozen=True, slots=True)
class VoicePorts:
    """What the voice needs of its call.

    Attributes:
        spawn: Starts a task that the call owns.
        post: Queues something for the call's loop.
        acts: While they are at something, the caller is not here.
    """

    providers: Providers
    leg: Leg
    dialogue: Dialogue
    clock: Clock
    spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    post: Callable[[BotStarted | BotFinished | ToolAsked | ModelFailed], None]
    observer: CallObserver | None = None
    manner: Manner = PLAIN
    acts: CarrierActs | None = None


class Voice:
    """Owns the playout and the task that makes the current answer."""

    def __init__(self, ports: VoicePorts) -> None:
        """Be silent."""
        self._ports = ports
        capabilities = ports.leg.capabilities
        self.playout = Playout(
            capabilities.rate_out_hz,
            capabilities.lead_ms,
            self._send,
            self._started,
            lambda generation: ports.post(BotFinished(generation)),
            ports.clock,
        )
        self.playout.has_marks = capabilities.marks
        self._times = TurnTimes(None, 0.0)
        self._began_s = 0.0
        self._answer: asyncio.Task[None] | None = None
        self._held: tuple[HeldAnswer, asyncio.Task[None]] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def play(self, began_s: float) -> None:
        """Play for as long as the call lasts; it began at `began_s`."""
        self._began_s = self._ports.dialogue.log.began_s = began_s
        ports, underlay = self._ports, self._ports.manner.underlay
        if underlay is not None:
            ports.spawn(fill_silence(underlay, self.playout, self._send_ambience, self._is_on_hold, ports.clock))
        await self.playout.run()

    def start(self, generation: int, plan: Sequence[Speech], times: TurnTimes, *, paused: bool) -> None:
        """Make and play `plan`; while `paused`, make it only."""
        ports = self._ports
        self._times = times
        self.playout.begin(generation, paused=paused)
        ports.dialogue.bot_begins(times)
        line = PlayoutLine(self.playout, generation)
        filler = generation if ports.manner.fillers else None
        if self._held is not None and self._held[0].fits(plan, ports.dialogue.history()):
            (held, self._answer), self._held = self._held, None
            held.release(line, times, filler)
        else:
            self.drop_speculation()
            answer = Answer(self._answer_ports(line), times, filler)
            self._answer = ports.spawn(answer.run(plan))
        self._stop_warming()

    def speculate(self, plan: Sequence[Speech], said: str) -> bool:
        """Make `plan`, which would answer `said`, unheard; return whether this had to be begun and was."""
        prompt = self._ports.dialogue.history(said)
        if self._held is not None and self._held[0].fits(plan, prompt):
            return False
        self.drop_speculation()
        asks = any(isinstance(item, Ask) for item in plan)
        if not plan or (asks and self._ports.providers.llm is None):
            return False
        line = PlayoutLine(self.playout, -1)  # only its rate counts: what is held goes nowhere
        held = HeldAnswer(plan, prompt, self._answer_ports(line))
        self._held = held, self._ports.spawn(held.run())
        self._stop_warming()
        return True

    def drop_speculation(self) -> None:
        """Throw away what was made unheard."""
        if self._held is not None:
            self._held[1].cancel()
            self._held = None

    def pause(self) -> None:
        """Fall silent for now, here and on the way to the other side."""
        leg = self._ports.leg
        if self.playout.pause(recall=leg.capabilities.recalls):
            leg.send(Recalled(self.playout.generation))

    def stop(self, generation: int) -> None:
        """Silence an answer for good, here and at the other side; history keeps what was heard."""
        if self._answer is not None:
            self._answer.cancel()
        heard = self.playout.heard_text()
        self.playout.flush(generation)
        self._times.fell_silent(self._ports.clock.now_s())
        self._ports.leg.send(Interrupted(generation, self._ports.dialogue.shown_id))
        self._ports.dialogue.bot_ends(heard)
        self._ports.leg.send(StatusChanged("listening"))

    def warm(self) -> None:
        """The caller speaks and will be answered: open the connections that an answer needs, if any was lost."""
        if self._connecting is None or self._connecting.done():
            self._connecting = self._ports.spawn(_warm(self._ports.providers))

    def warm_model(self, ask: Ask | None, plan: Sequence[Speech]) -> None:
        """While the bot says something that needs no model, let the model read the prompt it may need next."""
        llm = self._ports.providers.llm
        if llm is None or ask is None or ask.llm is not None or any(isinstance(item, Ask) for item in plan):
            return
        prompt = [Message("system", ask.instructions), *self._ports.dialogue.history()]
        self._stop_warming()
        self._warming = self._ports.spawn(_prefill(llm, prompt, ask.tools))

    def _stop_warming(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
            self._warming = None

    # --- what an answer needs ------------------------------------------------------------------------------------
    def _answer_ports(self, line: Line) -> AnswerPorts:
        ports = self._ports
        return AnswerPorts(
            ports.providers.tts,
            ports.providers.llm,
            line,
            ports.clock,
            ports.dialogue.history,
            self._call_tool,
            self._model_failed,
            ports.dialogue.bot_text,
        )

    async def _call_tool(self, call: ToolCall, epoch: int) -> tuple[Speech, ...]:
        reply: asyncio.Future[tuple[Speech, ...]] = asyncio.get_running_loop().create_future()
        self._ports.post(ToolAsked(call, epoch, reply))
        return await reply

    async def _model_failed(self, epoch: int, code: str) -> tuple[Speech, ...]:
        reply: asyncio.Future[tuple[Speech, ...]] = asyncio.get_running_loop().create_future()
        self._ports.post(ModelFailed(epoch, code, reply))
        return await reply

    # --- sound out -----------------------------------------------------------------------------------------------
    def _send(self, frame: AudioOut, due_s: float) -> None:
        underlay = self._ports.manner.underlay
        if underlay is not None:
            frame = replace(frame, pcm=underlay.under(frame.pcm))
        self._ports.leg.send(frame)
        self._times.ended_s = due_s + len(frame.pcm) / 2 / self.playout.rate_hz
        self._record(frame.pcm, due_s)

    def _send_ambience(self, pcm: bytes, due_s: float) -> None:
        self._ports.leg.send(Ambience(pcm))
        self._record(pcm, due_s)

    def _is_on_hold(self) -> bool:
        return self._ports.acts is not None and self._ports.acts.is_busy

    def _record(self, pcm: bytes, due_s: float) -> None:
        if self._ports.observer is not None:
            self._ports.observer.spoke(pcm, self.playout.rate_hz, due_s - self._began_s)

    def _started(self, generation: int, audible_s: float) -> None:
        self._times.mark("playout", audible_s)
        met = self._ports.providers.incidents.since(self._times.began_s)
        self._times.reasons = tuple(f"{each.kind} {each.code} {each.remedy}" for each in met if each.at_s >= 0)
        waterfall = self._ports.dialogue.bot_audible()
        self._ports.leg.send(StatusChanged("speaking"))
        if waterfall is not None:
            self._ports.leg.send(waterfall)
        self._ports.post(BotStarted(generation))


async def _warm(providers: Providers) -> None:
    await providers.tts.warm()
    if providers.llm is not None:
        await providers.llm.warm()


async def _prefill(llm: LanguageModel, prompt: list[Message], tools: tuple[ToolSpec, ...]) -> None:
    try:
        await llm.prefill(prompt, tools)
    except ProviderError as error:
        log.info("prefill_failed", provider=error.provider, code=error.code)
