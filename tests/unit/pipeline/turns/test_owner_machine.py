"""The turn owner under any order of inputs, with a shell that does what it wants."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.turns.actions import (
    Action,
    BotDone,
    Commit,
    Decide,
    Discard,
    DropDecision,
    DropSpeculation,
    Pause,
    Resume,
    Speculate,
    StartAnswer,
    StopAnswer,
    TakeBack,
)
from pipeline.turns.inputs import (
    AnswerBegun,
    AnswerDue,
    BotFinished,
    BotStarted,
    BreathRead,
    EndExpected,
    EndHeard,
    EndJudged,
    EndWithdrawn,
    Heard,
    Input,
    PartialHeard,
    ProfileSet,
    Tick,
    TranscriptReady,
    TurnSettled,
    UserPaused,
    UserStarted,
    UserStopped,
    UserWentOn,
    VoiceDenied,
    VoiceHinted,
)
from pipeline.turns.owner import step
from pipeline.turns.speculation import MOST_A_TURN
from pipeline.turns.state import Bot, State, User

TEXTS = st.sampled_from(["", "mhm", "yes", "stop.", "go on and", "a table for two.", "a table for two please."])
BOT_WORDS = st.sampled_from(["", "shall I book a table for two please"])
HEARD = st.builds(Heard, TEXTS, st.sampled_from([0.3, 0.9]), st.none(), st.sampled_from([False, False, False, True]))


class AnyOrder(RuleBasedStateMachine):
    """Inputs come as they like; time goes on in between."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now_s = State(has_end_model=True), 0.0
        self.bot_turn: int | None = None
        self.paused = False
        self.decision: int | None = None
        self.held: Heard | None = None
        self.held_in_turn = 0
        self.open: Heard | None = None  # what was committed and may be taken back
        self.before: Heard | None = None

    def seldom(self) -> bool:
        """Whether what would otherwise end most turns may happen now."""
        return int(self.now_s * 100) % 4 == 0

    # --- the shell ----------------------------------------------------------------------------------------------------
    def tell(self, event: Input) -> None:
        before = self.state
        self.state, actions = step(self.state, event, self.now_s)
        assert self.state.generation >= before.generation
        for action in actions:
            self.perform(action)

    def perform(self, action: Action) -> None:
        match action:
            case StartAnswer(generation, paused):
                assert self.bot_turn is None, "never two bot turns at once"
                self.bot_turn, self.paused = generation, paused
            case StopAnswer(generation) | BotDone(generation):
                assert generation == self.bot_turn
                self.bot_turn, self.paused = None, False
            case TakeBack(generation):
                assert generation == self.bot_turn
                assert self.open is not None, "nothing that was heard or settled is taken back"
                self.bot_turn, self.paused, self.before, self.open = None, False, self.open, None
            case Pause():
                assert self.bot_turn is not None
                assert not self.paused
                self.paused = True
            case Resume():
                assert self.paused, "only what was paused goes on"
                self.paused = False
            case _:
                self.perform_of_the_user(action)

    def perform_of_the_user(self, action: Action) -> None:
        match action:
            case Decide(decision):
                assert self.decision is None, "one decision at a time"
                self.decision = decision
            case DropDecision(decision):
                assert decision == self.decision
                self.decision = None
            case Speculate(heard):
                assert self.bot_turn is None, "nothing is begun over the bot"
                if self.held is None or self.held.text != heard.text:
                    self.held, self.held_in_turn = heard, self.held_in_turn + 1
                    self.tell(AnswerBegun(asks_model=True))
            case DropSpeculation():
                assert self.held is not None, "only what was begun is dropped"
                self.held = None
            case Commit() | Discard():
                if isinstance(action, Discard):
                    assert self.held is None, "a turn that was nothing has no answer"
                if isinstance(action, Commit):
                    said = self.before.text.rstrip(".") if self.before is not None else ""
                    assert action.heard.text.startswith(said), "no word of a turn is lost"
                    self.open = None if action.heard.failed else action.heard
                self.decision, self.held, self.held_in_turn, self.before = None, None, 0, None

    # --- what happens -------------------------------------------------------------------------------------------------
    @rule(seconds=st.sampled_from([0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 7.0]))
    def time_passes(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.state.deadline_s is not None and self.state.deadline_s <= until_s:
            self.now_s = max(self.now_s, self.state.deadline_s)
            self.tell(Tick())
        self.now_s = until_s

    @rule(event=st.sampled_from([UserStarted(), UserPaused(), UserWentOn(), EndWithdrawn()]))
    def voice(self, event: Input) -> None:
        self.tell(event)

    @rule(denied=st.booleans())
    def a_window_is_voiced(self, denied: bool) -> None:
        self.tell(VoiceHinted())
        if denied:
            self.tell(VoiceDenied())

    @rule()
    def the_turn_has_effects(self) -> None:
        self.open = None
        self.tell(TurnSettled())

    @precondition(lambda self: self.state.bot is not Bot.PREPARING)
    @rule(text=st.sampled_from(["yes", "a table for two."]), more=st.sampled_from(["", "please.", "mhm", "stop."]))
    def the_user_pauses_and_goes_on(self, text: str, more: str) -> None:
        """A turn is ended too early; its answer is being made when the voice comes back."""
        for words in (text, more):
            self.tell(UserStarted())
            self.now_s += 0.4
            self.tell(UserStopped(self.now_s - 0.2))
            self.tell(TranscriptReady(self.state.decision, Heard(words, 0.9)))
            self.tell(EndJudged(self.state.decision, 0.9))
            if self.state.user is User.SILENT and self.state.bot is Bot.IDLE:
                self.tell(AnswerDue())
            self.now_s += 0.1

    @rule(ago_s=st.sampled_from([0.19, 0.25, 1.0]))
    def voice_stops(self, ago_s: float) -> None:
        self.tell(UserStopped(self.now_s - ago_s))

    @rule(text=TEXTS, bot_words=BOT_WORDS)
    def a_quick_reading(self, text: str, bot_words: str) -> None:
        self.tell(PartialHeard(text, bot_words))

    @rule(kind=st.sampled_from([BreathRead, EndExpected, EndHeard]), heard=HEARD)
    def an_early_reading(self, kind: type[BreathRead | EndExpected | EndHeard], heard: Heard) -> None:
        self.tell(kind(heard))

    @rule(stale=st.booleans(), heard=HEARD, bot_words=BOT_WORDS)
    def a_reading(self, stale: bool, heard: Heard, bot_words: str) -> None:
        self.tell(TranscriptReady(self.state.decision - stale, heard, bot_words))

    @rule(stale=st.booleans(), probability=st.sampled_from([0.1, 0.9, float("nan")]))
    def a_judgement(self, stale: bool, probability: float) -> None:
        self.tell(EndJudged(self.state.decision - stale, probability))

    @precondition(lambda self: self.seldom())
    @rule(interruptible=st.booleans())
    def the_flow_speaks(self, interruptible: bool) -> None:
        self.tell(AnswerDue(interruptible))

    @precondition(lambda self: self.state.bot is not Bot.IDLE)
    @rule()
    def the_answer_is_heard(self) -> None:
        self.open = None
        self.tell(BotStarted(self.state.generation))
        self.tell(BotFinished(self.state.generation))

    @precondition(lambda self: self.state.user is not User.TALKING)
    @rule(text=TEXTS)
    def the_user_says_something(self, text: str) -> None:
        self.tell(UserStarted())
        self.now_s += 0.5
        self.tell(PartialHeard(text))
        self.now_s += 0.1
        self.tell(UserPaused())

    @rule(kind=st.sampled_from([BotStarted, BotFinished]), stale=st.booleans())
    def the_playout_reports(self, kind: type[BotStarted | BotFinished], stale: bool) -> None:
        self.tell(kind(self.state.generation - stale))

    @rule(name=st.sampled_from(["default", "yes_no", "digits", "long_answer", "nonsense"]))
    def the_flow_expects(self, name: str) -> None:
        self.tell(ProfileSet(name))

    @precondition(lambda self: self.state.deadline_s is not None and self.seldom())
    @rule()
    def only_time_passes(self) -> None:
        """Nobody reports any more: it comes to rest by itself."""
        for _ in range(12):
            if self.state.deadline_s is None:
                break
            self.now_s = max(self.now_s, self.state.deadline_s)
            self.tell(Tick())
        assert self.state.deadline_s is None, "no wait is for ever"
        assert self.state.user is User.SILENT
        assert self.state.bot is not Bot.PREPARING
        assert not self.paused, "and nobody holds his breath"

    # --- what always holds ------------------------------------------------------------------------------------------
    @invariant()
    def the_owner_knows_what_is_done(self) -> None:
        assert (self.state.bot is Bot.IDLE) == (self.bot_turn is None)
        assert (self.state.paused or self.state.hushed) == self.paused
        assert not (self.state.hushed and self.state.user is not User.SILENT), "a hint that came true is a voice"

    @invariant()
    def every_wait_has_a_deadline(self) -> None:
        if self.state.user is not User.SILENT or self.state.bot is Bot.PREPARING:
            assert self.state.deadline_s is not None
            assert self.state.deadline_s <= self.now_s + 60.0

    @invariant()
    def what_is_begun_early_is_bounded(self) -> None:
        assert self.held_in_turn <= MOST_A_TURN
        if self.state.user is User.SILENT or self.bot_turn is not None:
            assert self.held is None, "it belongs to a turn of the user's"


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_any_order_of_inputs = AnyOrder.TestCase
