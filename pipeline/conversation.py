"""What a call does: the turn owner and the flow decide, and what they want is done here.

The time comes from outside (`tick`, `deadline_s`), and so does everything that happens; `session.py` brings both.
"""

from dataclasses import dataclass, replace

import structlog

from flows import events as flow_events
from flows.actions import Ask, FlowEnded, Say
from flows.model import Flow
from flows.state import State as FlowState
from pipeline.brain import Brain, Outcome, Speech
from pipeline.conversation_ports import ConversationPorts
from pipeline.dialogue import Moment
from pipeline.frames.control import Screen, StatusChanged
from pipeline.turn_log import TurnTimes
from pipeline.turns import actions, inputs, owner
from pipeline.turns.apologies import Apologies, apologies_in
from pipeline.turns.state import Bot, State, User
from pipeline.voice import ModelFailed, ToolAsked

log = structlog.get_logger()

HIDDEN = "[not shown]"  # in place of a secret
_SAYING_S = 0.5  # an echo has the beginning of the word that is not heard to its end yet
GRACE_S = 0.6  # how long after a turn's end its effects may wait for the answer to be heard
_NEARLY_OVER = "The time for this call is nearly over. Tell the caller so now, in one short sentence that fits."
_OF_WARNING = -1  # no flow has this epoch
_WARNING_TOKENS = 60


@dataclass(frozen=True, slots=True)
class _Undo:
    """What there was before the user's last turn; it can be gone back to until `until_s`, or the answer is heard."""

    flow: FlowState
    dialogue: Moment
    hang_up: str | None
    completed: bool
    acts: int
    times: TurnTimes
    until_s: float


class Conversation:
    """Steps the two machines of a call and performs what they want.

    Attributes:
        owner: What the turn owner knows.
        brain: The flow.
        end_reason: Why the call is over; None while it is not.
        completed: The flow reached its end.
    """

    def __init__(
        self, flow: Flow, ports: ConversationPorts, language: str, *, has_end_model: bool, wait_scale: float = 1.0
    ) -> None:
        """Prepare; nothing happens before `start`. `language` is spoken where the flow names none."""
        self.owner = State(has_end_model=has_end_model, language=language, wait_scale=wait_scale)
        self._default_language = language
        self.brain = Brain(flow)
        self.end_reason: str | None = None
        self.completed = False
        self._reader, self._voice, self._dialogue = ports.reader, ports.voice, ports.dialogue
        self._leg, self._clock, self._spoken_s = ports.leg, ports.clock, ports.spoken_s
        self._acts, self._on_emitted = ports.acts, ports.on_emitted
        self._times = TurnTimes(None, 0.0)
        self._due: tuple[Speech, ...] = ()
        self._hang_up: str | None = None
        self._leaving = self._quiet = False
        self._opening: tuple[Say, ...] = ()
        self._introduction: tuple[Say, ...] = ()  # for whoever asks, once they have finished asking
        self._warning = ""
        self._undo: _Undo | None = None
        self._tools: list[ToolAsked] = []  # what a turn calls that may be taken back
        self._emitted: list[str] = []  # what it emits
        self._voice_from_s: float | None = None  # of a turn that was

    # --- what happens ----------------------------------------------------------------------------------------------
    def start(self, event: flow_events.Started) -> None:
        """Begin the flow."""
        now_s = self._clock.now_s()
        self._times = TurnTimes(None, now_s)
        outcome = self.brain.step(event, now_s)
        self._opening = tuple(item for item in outcome.speech if isinstance(item, Say))
        self._apply(outcome)

    @property
    def language(self) -> str:
        """What the caller is expected to speak now, BCP 47."""
        return self.brain.language or self._default_language

    @property
    def _apologies(self) -> Apologies:
        return apologies_in(self.language)

    def end(self, reason: str) -> None:
        """End the call; a second reason changes nothing."""
        self.end_reason = self.end_reason or reason

    def hear(self, event: inputs.Input) -> None:
        """Take something of the turn: a voice edge, a reading, a moment of the bot's."""
        if not self._leg.is_holding:
            self._settle()  # the answer is heard since
        if isinstance(event, inputs.PartialHeard | inputs.TranscriptReady | inputs.EndHeard):
            event = replace(event, bot_words=self._voice.playout.heard_text(_SAYING_S))
        self._advance(event)

    def by_hand(self, event: flow_events.UiEvent | flow_events.Dtmf) -> None:
        """Take a tap or a key."""
        self._settle()
        now_s = self._clock.now_s()
        self._times = TurnTimes(None, now_s)
        self._apply(self.brain.step(event, now_s))
        if self.owner.user is not User.SILENT:
            self._perform(actions.UserTookFloor())  # the timers that a tap starts wait for the user's words

    def say_goodbye(self, reason: str, text: str) -> None:
        """Say a last sentence, whatever the flow is about, and hang up when it was heard."""
        self._settle()
        self._leaving, self._hang_up = True, reason
        self._speak((Say(text, interruptible=False),))

    def keep_quiet(self) -> None:
        """A machine speaks: say nothing and take nothing for an answer, until a goodbye."""
        self._settle()
        self._quiet = True
        if self.owner.bot is not Bot.IDLE:
            self._speak(())

    def introduce(self, text: str) -> None:
        """Answer who asks for our name, in these words or the opening ones; then the flow goes on where it is."""
        self._introduction = (Say(text),) if text else self._opening
        if self.owner.user is User.SILENT:
            self._settle()
            self._speak_introduction()

    def warn(self, text: str, *, by_model: bool) -> None:
        """Tell the caller that the call is nearly over, in these words or in the model's; then it goes on."""
        self._warning, self._times = text, TurnTimes(None, self._clock.now_s())
        told = f"{self.brain.flow.settings.base_system_prompt}\n\n{_NEARLY_OVER}"
        self._speak((Ask(told, (), _OF_WARNING, max_tokens=_WARNING_TOKENS) if by_model else Say(text),))

    def line_done(self, event: flow_events.LineDone) -> None:
        """The carrier did what the flow wanted, or did not."""
        self._settle()
        now_s = self._clock.now_s()
        self._times = TurnTimes(None, now_s)
        self._apply(self.brain.step(event, now_s))

    def serve_answer(self, item: ToolAsked | ModelFailed) -> None:
        """Step the flow for an answer under way; what it wants said is said by that answer."""
        if item.reply.done():
            return  # the answer was stopped meanwhile
        match item:
            case ModelFailed(epoch) if epoch == _OF_WARNING:
                item.reply.set_result((Say(self._warning),))
                return
            case ToolAsked() if self._undo is not None:
                self._tools.append(item)
                return
            case ToolAsked(call, epoch):
                event: flow_events.Event = flow_events.ToolCalled(call.call_id, call.name, call.arguments, epoch)
            case ModelFailed(epoch, code):
                event = flow_events.AskFailed(epoch, code)
        outcome = self.brain.step(event, self._clock.now_s())
        self._show(outcome)
        self._expect()
        if any(isinstance(wish, Say) and not wish.interruptible for wish in outcome.speech):
            self._advance(inputs.AnswerGuarded())
        item.reply.set_result(outcome.speech)

    @property
    def deadline_s(self) -> float | None:
        """When `tick` is wanted."""
        waits = (self.owner.deadline_s, self._flow_due_s, self._settled_s)
        return min((due for due in waits if due is not None), default=None)

    @property
    def _flow_due_s(self) -> float | None:
        """When the flow wants a tick; a machine that speaks stops its timers."""
        return None if self._quiet else self.brain.deadline_s

    @property
    def _settled_s(self) -> float | None:
        """When the last turn can no longer be taken back; not while the user may be going on with it."""
        goes_on = self.owner.user is not User.SILENT or self.owner.hinted
        return None if self._undo is None or goes_on else self._undo.until_s

    def tick(self) -> None:
        """The deadline has come."""
        now_s = self._clock.now_s()
        if self.owner.deadline_s is not None and now_s >= self.owner.deadline_s:
            self._advance(inputs.Tick())
        elif self._settled_s is not None and now_s >= self._settled_s:
            self._settle()
        elif self._flow_due_s is not None and now_s >= self._flow_due_s:
            self._settle()
            self._times = TurnTimes(None, now_s)
            self._apply(self.brain.step(flow_events.Tick(), now_s))

    # --- turns that are taken back ---------------------------------------------------------------------------------
    def _settle(self) -> None:
        """The user's last turn counts: what it led to is shown and done."""
        if self._undo is None:
            return
        self._undo = None
        self._leg.let_go()
        self._tell_emitted()
        self._advance(inputs.TurnSettled())
        tools, self._tools = self._tools, []
        for tool in tools:
            self.serve_answer(tool)

    def close(self) -> None:
        """The call ends: who was not going on with the last turn meant it."""
        if self._settled_s is not None:
            self._settle()

    def _take_back(self, generation: int) -> None:
        """The user goes on with the last turn: nothing that it led to has happened."""
        assert self._undo is not None, "only what was not settled is taken back"
        undo, self._undo = self._undo, None
        self._voice.stop(generation)
        self._tools, self._emitted = [], []
        self.brain.state = undo.flow
        self._dialogue.go_back(undo.dialogue)
        self._hang_up, self.completed, self._voice_from_s = undo.hang_up, undo.completed, undo.times.voice_from_s
        self._leg.take_back()
        self._acts.forget(undo.acts)
        log.info("turn_taken_back")
        self._expect()

    # --- the turn owner's wishes ---------------------------------------------------------------------------------
    def _advance(self, event: inputs.Input) -> None:
        self.owner, wishes = owner.step(self.owner, event, self._clock.now_s())
        for wish in wishes:
            self._perform(wish)

    def _perform(self, action: actions.Action) -> None:
        match action:
            case actions.ShowWords(text):
                self._dialogue.user_partial(HIDDEN if self.brain.hides else text)
            case actions.UserTookFloor():
                self._apply(self.brain.step(flow_events.UserStarted(), self._clock.now_s()))
            case actions.Commit(heard):
                self._commit(heard)
                self._voice.drop_speculation()  # what was begun and not used
            case actions.Discard(bot_was_stopped):
                self._discard(bot_was_stopped)
            case actions.Pause():
                self._voice.pause()
            case actions.Resume():
                self._voice.playout.resume()
            case actions.Speculate(heard):
                self._speculate(heard)
            case actions.DropSpeculation():
                self._voice.drop_speculation()
            case actions.Decide() | actions.DropDecision() | actions.ReadBreath() | actions.DropBreath():
                self._perform_reading(action)
            case _:
                self._perform_answer(action)

    def _perform_reading(self, action: actions.ReadAction) -> None:
        match action:
            case actions.Decide(decision):
                self._reader.decide(decision)
            case actions.DropDecision():
                self._reader.drop()
            case actions.ReadBreath(judged):
                self._reader.read_breath(judged=judged)
            case actions.DropBreath():
                self._reader.drop_breath()

    def _speculate(self, heard: inputs.Heard) -> None:
        if self._quiet or self._introduction:
            return
        event = flow_events.Heard(heard.text, heard.confidence, heard.alternative)
        speech = self.brain.preview(event, self._clock.now_s()).speech
        if self._voice.speculate(speech, HIDDEN if self.brain.hides else heard.text):
            self._advance(inputs.AnswerBegun(any(isinstance(item, Ask) for item in speech)))

    def _perform_answer(self, action: actions.AnswerAction) -> None:
        if isinstance(action, actions.TakeBack):
            self._take_back(action.generation)
            return
        if not isinstance(action, actions.StartAnswer):
            self._settle()
        match action:
            case actions.StartAnswer(generation, paused):
                self._voice.start(generation, self._due, self._times, paused=paused)
                self._voice.warm_model(self.brain.likely_ask(), self._due)
            case actions.StopAnswer(generation):
                self._voice.stop(generation)
            case actions.BotDone():
                self._dialogue.bot_ends(None)
                self._leg.send(StatusChanged("listening"))
                if self._hang_up is None:
                    self._apply(self.brain.step(flow_events.BotFinished(), self._clock.now_s()))
                else:
                    self.end_reason = self._hang_up
                    if self._leaving:
                        variables = self.brain.variables
                        self._leg.send(Screen(FlowEnded(self.brain.flow.id, self._hang_up, variables)))
            case actions.Recover():
                log.warning("answer_late")
                self._speak((Say(self._apologies.too_late),))

    def _discard(self, bot_was_stopped: bool) -> None:
        self._reader.close_turn()
        self._dialogue.user_nothing()
        if self.owner.bot is Bot.IDLE:
            now_s = self._clock.now_s()
            self._times = TurnTimes(None, now_s)
            # The flow asks again what the noise cut off; else its timers go on, which stopped for the noise.
            event = flow_events.Heard("", 0.0) if bot_was_stopped else flow_events.BotFinished()
            self._apply(self.brain.step(event, now_s))

    def _commit(self, heard: inputs.Heard) -> None:
        now_s = self._clock.now_s()
        self._times = self._reader.times(self._spoken_s, failed=heard.failed)
        self._reader.close_turn()
        self._times.mark("end_of_turn", now_s)
        if self._quiet or self._introduction:
            self._commit_beside_the_flow(heard)
            return
        if heard.failed:
            self._dialogue.user_nothing()
            sorry = self._apologies
            self._speak((Say(sorry.not_heard if self._reader.broken is None else sorry.deaf),))
            return
        if self._voice_from_s is not None:
            self._times.voice_from_s, self._voice_from_s = self._voice_from_s, None
        before = self.brain.state, self._dialogue.moment, self._hang_up, self.completed, self._acts.waiting
        self._undo = _Undo(*before, self._times, now_s + GRACE_S)
        self._leg.hold()
        self._dialogue.user_final(HIDDEN if self.brain.hides else heard.text)
        outcome = self.brain.step(flow_events.Heard(heard.text, heard.confidence, heard.alternative), now_s)
        self._apply(outcome)
        if not outcome.speech:
            self._settle()
        if not outcome.speech and self.end_reason is None:
            # Nothing to say is a finished bot turn too: the flow's timers start.
            self._apply(self.brain.step(flow_events.BotFinished(), now_s))

    def _commit_beside_the_flow(self, heard: inputs.Heard) -> None:
        if heard.failed:
            self._dialogue.user_nothing()
        else:
            self._dialogue.user_final(HIDDEN if self.brain.hides else heard.text)
        self._advance(inputs.TurnSettled())
        if not self._quiet:
            self._speak_introduction()

    # --- the flow's wishes ---------------------------------------------------------------------------------------
    def _apply(self, outcome: Outcome) -> None:
        if self._leaving or self._quiet:
            return  # the flow has nothing more to say
        self._show(outcome)
        self._times.mark("flow", self._clock.now_s())
        self._expect()
        if outcome.speech:
            self._speak(outcome.speech)
        if self.owner.bot is Bot.IDLE:
            if self._hang_up is not None:
                self.end_reason = self._hang_up
            self._acts.perform()

    def _expect(self) -> None:
        """Tell how the flow expects the caller to answer now."""
        self._advance(inputs.ProfileSet(self.brain.profile, self.language))
        self._reader.expect(self.language, self.brain.recogniser)

    def _show(self, outcome: Outcome) -> None:
        for action in outcome.screen:
            self.completed = self.completed or (isinstance(action, FlowEnded) and action.reason == "completed")
            self._leg.send(Screen(action))
        self._emitted += outcome.emitted
        if self._undo is None:
            self._tell_emitted()
        self._hang_up = outcome.hang_up or self._hang_up
        self._acts.want(*outcome.line)

    def _tell_emitted(self) -> None:
        names, self._emitted = self._emitted, []
        for name in names:
            log.info("flow_event", name=name)
            self._on_emitted(name)

    def _speak(self, speech: tuple[Speech, ...]) -> None:
        self._due = speech
        interruptible = all(item.interruptible for item in speech if isinstance(item, Say | Ask))
        self._advance(inputs.AnswerDue(interruptible))

    def _speak_introduction(self) -> None:
        speech, self._introduction = self._introduction, ()
        if speech:
            self._speak(speech)
