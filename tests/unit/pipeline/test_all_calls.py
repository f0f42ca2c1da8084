"""Any call at all: whatever the caller, the screen and the providers do, and in whatever order.

A call is a list of moments (sound, silence, taps) with a voice, a recogniser and a model that may be slow or break.
What must hold in each is checked on all that it sent, all that its owner decided, and its report.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, UiAction
from pipeline.ports import ToolCall
from pipeline.report import CallReport
from pipeline.session import CallSettings
from pipeline.turns import owner
from pipeline.turns.actions import Action, BotDone, Commit, Decide, DropDecision, StartAnswer, StopAnswer
from pipeline.turns.inputs import Input
from pipeline.turns.state import Bot, State, User
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, TapeLeg, call
from tests.unit.pipeline.test_session import FLOW, ONE_STATE

FLOWS = [
    FLOW,
    ONE_STATE,
    FLOW.replace("on_ui_event: {skip: done}", "on_ui_event: {skip: ask}"),
    FLOW.replace("    agent:\n", "    interruptible: false\n    agent:\n", 1),
    ONE_STATE.replace("transitions: {}", "transitions: {on_ui_event: {skip: chat}}"),
]
WORDS = ["", "mhm", "Yes.", "stop", "My name is Ada.", "I want tea and", "What is your name?", "Hello there. What"]

moments = st.lists(
    st.one_of(
        st.tuples(st.just("speak"), st.sampled_from([0.06, 0.12, 0.2, 0.34, 0.6, 1.2])),
        st.tuples(st.just("quiet"), st.sampled_from([0.04, 0.2, 0.24, 0.5, 1.0, 2.0])),
        st.tuples(st.just("tap"), st.just(0.0)),
    ),
    max_size=9,
)
paces = st.one_of(
    st.just(Pace()),
    st.builds(Pace, first_s=st.sampled_from([0.0, 0.1, 0.4, 1.6]), gap_s=st.sampled_from([0.0, 0.05, 0.7])),
    st.builds(Pace, stall_after=st.integers(0, 2)),
    st.builds(Pace, fail_after=st.integers(0, 2), first_s=st.sampled_from([0.0, 0.3])),
)
answers = st.lists(
    st.lists(
        st.sampled_from(["", "Sure. ", "Let me ", "see, now. ", "What is your name?", ToolCall("1", "note", {})]),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=3,
)


@dataclass
class Watched:
    """Each decision of a call's owner, checked as it is made."""

    bot_turn: int | None = None
    decision: int | None = None
    committed: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)

    def see(self, state: State, actions: tuple[Action, ...], now_s: float) -> None:
        for action in actions:
            match action:
                case StartAnswer(generation):
                    assert self.bot_turn is None, "never two bot turns at once"
                    self.bot_turn = generation
                case StopAnswer(generation) | BotDone(generation):
                    assert generation == self.bot_turn
                    self.bot_turn = None
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
        self.state = state


@contextmanager
def watching() -> Iterator[Watched]:
    watched, decide = Watched(), owner.step

    def step(state: State, event: Input, now_s: float) -> tuple[State, tuple[Action, ...]]:
        after, actions = decide(state, event, now_s)
        watched.see(after, actions, now_s)
        return after, actions

    with patch.object(owner, "step", step):
        yield watched


def check_sound(leg: TapeLeg) -> None:
    """No audio of a stale generation leaves, no sample is sent twice, and not faster than it is heard."""
    newest, stopped, pos_samples = 0, set[int](), 0
    for _, frame in leg.sent:
        if isinstance(frame, Interrupted):
            stopped.add(frame.generation)
        if isinstance(frame, AudioOut):
            assert frame.generation not in stopped, "what was stopped is silent"
            assert frame.generation >= newest, "no audio of a stale generation leaves"
            assert frame.pos_samples == pos_samples, "the line has neither gaps nor repetitions"
            newest, pos_samples = frame.generation, pos_samples + len(frame.pcm) // 2
    lead_s = leg.capabilities.lead_ms / 1000
    for generation in range(1, newest + 1):
        times = [at_s for at_s, frame in leg.of(AudioOut) if frame.generation == generation]
        for number, at_s in enumerate(times):
            assert 0.02 * number <= at_s - times[0] + lead_s + 1e-6, "at most the lead is on its way"


def check_memory(report: CallReport, leg: TapeLeg, llm: FakeLlm, tts: FakeTts, voice: Pace) -> None:
    """What is kept is what was heard, or shown instead where the voice is broken."""
    kept = [turn.bot for turn in report.turns if turn.bot]
    if voice.fail_after is None and voice.stall_after is None:
        heard_s = 0.02 * len(leg.of(AudioOut))
        assert 0.06 * sum(len(text.replace(" ", "")) for text in kept) <= heard_s + 1e-6, "no word was not heard"
    said = " ".join(tts.spoken).split()
    assert all(word in said for text in kept for word in text.split()), "and none was made up"
    for request in llm.requests:
        shown = [m.content for m in request.messages if m.role == "assistant" and not m.tool_calls]
        assert shown == kept[: len(shown)], "the model is shown the same, in the same order"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    flow=st.sampled_from(FLOWS),
    heard=st.lists(st.sampled_from(WORDS), max_size=5),
    script=answers,
    voice=paces,
    recogniser=paces,
    model=paces,
    judge=st.sampled_from([None, 0.1, 0.9]),
    what=moments,
)
def test_any_call_is_sound(
    flow: str,
    heard: list[str],
    script: list[list[str | ToolCall]],
    voice: Pace,
    recogniser: Pace,
    model: Pace,
    judge: float | None,
    what: list[tuple[str, float]],
) -> None:
    async def scenario(lab: Lab) -> None:
        for kind, seconds in what:
            match kind:
                case "speak":
                    await lab.speak(seconds)
                case "quiet":
                    await lab.quiet(seconds)
                case _:
                    lab.call.receive(UiAction("skip"))
        await lab.quiet(0.4)
        await asyncio.sleep(3000)

    tts, llm = FakeTts(pace=voice), FakeLlm(script, pace=model)
    setup = Setup(
        flow,
        tts=tts,
        stt=FakeStt(heard, pace=recogniser, partial_pace=recogniser),
        llm=llm,
        end_of_turn=None if judge is None else FakeEndOfTurn(judge),
        settings=CallSettings(idle_s=15),
    )
    with watching() as watched:
        report, leg = call(setup, scenario)
    assert report.end_reason in ("idle", "completed"), "it comes to rest by itself"
    assert report.duration_s < 200
    assert leg.statuses()[-1][1] == "ended"
    check_sound(leg)
    check_memory(report, leg, llm, tts, voice)
    callers = [turn.caller for turn in report.turns if turn.caller]
    assert callers == [text for text in watched.committed if text], "all that was said is in the report, in order"
