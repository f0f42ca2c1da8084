"""What holds in every call, whatever its caller, its screen and its providers do."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, StatusChanged
from pipeline.report import CallReport, TurnReport
from pipeline.turns import owner
from pipeline.turns.actions import Action, BotDone, Commit, Decide, DropDecision, StartAnswer, StopAnswer, TakeBack
from pipeline.turns.inputs import Input
from pipeline.turns.state import Bot, State, User
from providers.fake.llm import FakeLlm
from providers.fake.tts import FakeTts
from tests.support.call_lab import TapeLeg

S_PER_CHAR = 0.06
FRAME_S = 0.02


@dataclass
class Watched:
    """Each decision of a call's owner, checked as it is made."""

    bot_turn: int | None = None
    decision: int | None = None
    committed: list[str] = field(default_factory=list)
    taken_back: int = 0

    def see(self, state: State, actions: tuple[Action, ...], now_s: float) -> None:
        for action in actions:
            match action:
                case StartAnswer(generation):
                    assert self.bot_turn is None, "never two bot turns at once"
                    self.bot_turn = generation
                case StopAnswer(generation) | BotDone(generation) | TakeBack(generation):
                    assert generation == self.bot_turn
                    self.bot_turn = None
                    if isinstance(action, TakeBack):
                        self.committed.pop()
                        self.taken_back += 1
                case Decide(decision):
                    self.decision = decision
                case DropDecision(decision):
                    assert decision == self.decision
                case Commit(heard):
                    self.committed.append(heard.text)
        waiting = state.user is not User.SILENT or state.bot is Bot.PREPARING
        assert not waiting or state.deadline_s is not None, "every wait has a deadline"
        assert state.deadline_s is None or state.deadline_s <= now_s + 60.0, "and it is not for ever"
        assert not (state.paused and state.bot is Bot.IDLE), "a pause has something to resume"
        assert not (state.paused and state.user is User.SILENT), "and somebody to wait for"


@contextmanager
def watching() -> Iterator[Watched]:
    """See each step of the owners of all calls."""
    watched, decide = Watched(), owner.step

    def step(state: State, event: Input, now_s: float) -> tuple[State, tuple[Action, ...]]:
        after, actions = decide(state, event, now_s)
        watched.see(after, actions, now_s)
        return after, actions

    with patch.object(owner, "step", step):
        yield watched


def check_sound(leg: TapeLeg) -> None:
    """No audio of a stale generation leaves, no sample is sent twice, and not faster than it is heard."""
    lead_s = leg.capabilities.lead_ms / 1000
    newest, stopped, pos_samples, ends_s = 0, 0, 0, 0.0
    began: dict[int, tuple[float, int]] = {}
    for at_s, frame in leg.sent:
        if isinstance(frame, Interrupted):
            stopped, ends_s = max(stopped, frame.generation), 0.0
        if isinstance(frame, AudioOut):
            assert frame.generation > stopped, "what was stopped is silent"
            assert frame.generation >= newest, "no audio of a stale generation leaves"
            assert frame.generation == newest or at_s >= ends_s - 1e-6, "what was said before has been heard"
            assert frame.pos_samples == pos_samples, "the line has neither gaps nor repetitions"
            first_s, number = began.get(frame.generation, (at_s, 0))
            assert FRAME_S * number <= at_s - first_s + lead_s + 1e-6, "at most the lead is on its way"
            began[frame.generation] = first_s, number + 1
            newest, pos_samples = frame.generation, pos_samples + len(frame.pcm) // 2
            ends_s = max(ends_s, at_s) + FRAME_S
    assert [frame for _, frame in leg.sent][-1] == StatusChanged("ended"), "nothing is sent after the end"


def check_memory(report: CallReport, leg: TapeLeg, llm: FakeLlm | None, tts: FakeTts, *, sound_is_whole: bool) -> None:
    """What is kept is what was heard, or shown instead where the voice is broken."""
    kept = [turn.bot for turn in report.turns if turn.bot]
    if sound_is_whole:
        what_is_written_was_heard(report.turns, leg)
    said = " ".join(tts.spoken).split()
    assert all(word in said for text in kept for word in text.split()), "no word was made up"
    for request in llm.requests if llm else ():
        shown = [m.content for m in request.messages if m.role == "assistant" and not m.tool_calls]
        assert shown == kept[: len(shown)], "the model is shown the same, in the same order"


def what_is_written_was_heard(turns: Iterable[TurnReport], leg: TapeLeg) -> None:
    """The fake voice takes the same time for each character, so that time tells how many were heard."""
    lead_s = leg.capabilities.lead_ms / 1000
    sent: dict[int, float] = {}
    for _, frame in leg.of(AudioOut):
        sent[frame.generation] = sent.get(frame.generation, 0.0) + FRAME_S
    audible = [turn for turn in turns if turn.spans]
    assert len(audible) == len(sent), "each answer that began is in the report, and no other"
    for turn, sent_s in zip(audible, sent.values(), strict=True):
        characters = len(turn.bot.replace(" ", ""))
        assert characters * S_PER_CHAR <= sent_s + 1e-6
        if not turn.interrupted:
            assert len(turn.bot) * S_PER_CHAR >= sent_s - lead_s * (turn.bot.count(".") + turn.bot.count("?") + 1)


def nobody_is_left_waiting(report: CallReport, leg: TapeLeg) -> None:
    """Half a minute after the last sound the bot has given the floor back, or it speaks."""
    statuses = [status for _, status in leg.statuses() if status in ("speaking", "listening")]
    spoke_s = max((at_s for at_s, _ in leg.of(AudioOut)), default=0.0)
    assert statuses[-1:] == ["listening"] or spoke_s > report.duration_s - 10


def all_words_are_kept(report: CallReport, committed: Sequence[str]) -> None:
    """All that was said is in the report, in order."""
    assert [turn.caller for turn in report.turns if turn.caller] == [text for text in committed if text]
