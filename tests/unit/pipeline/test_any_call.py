"""Any call: whatever is said, tapped, stalled or broken in whatever order, some things always hold.

A call is a list of deeds (sound, silence, taps, keys) with a voice, a recogniser and a model that may be slow or break.
What must hold is in `tests/support/call_truths.py`: it is checked on all that the call sent, all that its owner
decided, and its report.
"""

import asyncio
from dataclasses import dataclass, field

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pipeline.frames.control import DtmfPressed, PeerGone, RateAnnounced, UiAction
from pipeline.ports import EndOfTurnModel, SttResult, ToolCall
from pipeline.session import CallSettings
from providers.fake.llm import FakeLlm
from providers.fake.pace import INSTANT, Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, call
from tests.support.call_truths import (
    S_PER_CHAR,
    all_words_are_kept,
    check_memory,
    check_sound,
    nobody_is_left_waiting,
    watching,
)
from tests.unit.pipeline.test_session import FLOW, ONE_STATE

LONG_FLOW = """
id: any
version: "1"
initial_state: greet
states:
  greet:
    say: "Hello there. What is your name?"
    agent: {tools: [save]}
    tools:
      save:
        parameters:
          full_name: {type: string, required: true, recognise: name}
    transitions:
      on_tool_call: {save: chat}
      on_ui_event: {next: chat}
      on_timeout: {seconds: 4, max_retries: 2}
  chat:
    agent:
      prompt: "Chat with the user."
      tools: [note, leave]
    tools:
      note:
        parameters: {topic: {type: string}}
      leave: {}
    transitions:
      on_tool_call: {leave: terms}
      on_ui_event: {next: terms, back: greet}
  terms:
    say: "This you must hear, and it takes a while."
    interruptible: false
    transitions:
      on_ui_event: {next: done, back: greet}
      on_utterance: [{pattern: "stop", target: done}]
  done:
    say: "Thank you and goodbye."
    transitions: {}
"""
FLOWS = [
    LONG_FLOW,
    LONG_FLOW,
    FLOW.replace("skip: done", "next: done"),
    ONE_STATE,
    FLOW.replace("on_ui_event: {skip: done}", "on_ui_event: {next: ask}"),
    FLOW.replace("    agent:\n", "    interruptible: false\n    agent:\n", 1),
    ONE_STATE.replace("transitions: {}", "transitions: {on_ui_event: {next: chat}}"),
]


@dataclass(frozen=True)
class Deed:
    """Something that the other side does."""

    what: str
    seconds: float = 0.0
    word: str = ""


@dataclass
class Script:
    """One call: how its models behave, and what happens."""

    flow: str
    deeds: list[Deed]
    heard: list[str]
    answers: list[list[str | ToolCall]] | None
    stt: Pace
    opening: Pace
    tts: Pace
    llm: Pace
    ends: list[float] | None
    told_s: list[float] = field(default_factory=list)

    async def act(self, lab: Lab) -> None:
        for deed in self.deeds:
            match deed.what:
                case "speak":
                    await lab.speak(deed.seconds)
                case "quiet":
                    await lab.quiet(deed.seconds)
                case "tap":
                    lab.call.receive(UiAction(deed.word, {"full_name": "Ada"} if deed.seconds > 1 else {}))
                case "key":
                    lab.call.receive(DtmfPressed(deed.word))
                case "rate":
                    lab.call.receive(RateAnnounced(16_000))
                case "gone":
                    self.told_s.append(asyncio.get_running_loop().time())
                    lab.call.receive(PeerGone())
                    await asyncio.sleep(100)
                case "rest":
                    await asyncio.sleep(3000)
        await lab.quiet(0.5)
        await asyncio.sleep(30)
        self.told_s.append(asyncio.get_running_loop().time())

    def setup(self) -> Setup:
        model: EndOfTurnModel | None = FakeEndOfTurn(*self.ends) if self.ends is not None else None
        heard = [SttResult(text, 0.9) for text in self.heard]
        return Setup(
            self.flow,
            stt=FakeStt(heard, pace=self.stt, partial_pace=self.stt, open_pace=self.opening),
            tts=FakeTts(s_per_char=S_PER_CHAR, pace=self.tts),
            llm=FakeLlm(self.answers, pace=self.llm) if self.answers else None,
            end_of_turn=model,
            settings=CallSettings(idle_s=15 if any(deed.what == "rest" for deed in self.deeds) else 120),
        )


DEEDS = st.one_of(
    st.builds(Deed, st.just("speak"), st.sampled_from([0.06, 0.12, 0.2, 0.3, 0.34, 0.42, 0.6, 1.3])),
    st.builds(Deed, st.just("quiet"), st.sampled_from([0.02, 0.04, 0.1, 0.2, 0.24, 0.5, 1.0, 2.2])),
    st.builds(Deed, st.just("tap"), st.floats(0, 2), st.sampled_from(["next", "next", "back", "nothing"])),
    st.builds(Deed, st.just("key"), st.just(0.0), st.sampled_from(["1", "42#"])),
    st.just(Deed("rate")),
)
ENDINGS = st.sampled_from([[], [], [Deed("rest")], [Deed("rest")], [Deed("gone")]])
WORDS = st.sampled_from(
    ["", "mhm", "Yes.", "My name is Ada.", "stop", "and then", "What is your name?", "Hello there. What", "größer ½ 語"]
)
PIECES = st.sampled_from(
    ["Well. ", "One moment please. ", "What is your name?", "", "\n", "Hm", "I see", ToolCall("2", "leave", {}),
     ToolCall("1", "note", {"topic": "tea"}), ToolCall("3", "unknown", {"x": None})]
)  # fmt: skip
PACES = st.one_of(
    st.just(INSTANT),
    st.builds(Pace, first_s=st.sampled_from([0.0, 0.1, 0.4, 1.6, 3.0]), gap_s=st.sampled_from([0.0, 0.05, 0.7])),
    st.builds(Pace, stall_after=st.integers(0, 2)),
    st.builds(Pace, fail_after=st.integers(0, 2), first_s=st.sampled_from([0.0, 0.3])),
)
SCRIPTS = st.builds(
    Script,
    st.sampled_from(FLOWS),
    st.builds(list.__add__, st.lists(DEEDS, max_size=14), ENDINGS),
    st.lists(WORDS, max_size=5),
    st.none() | st.lists(st.lists(PIECES, max_size=5), min_size=1, max_size=4),
    PACES,
    st.sampled_from([INSTANT, INSTANT, Pace(first_s=2.0), Pace(fail_after=0), Pace(stall_after=0)]),
    PACES,
    PACES,
    st.none() | st.lists(st.sampled_from([0.1, 0.9]), min_size=1, max_size=3),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(SCRIPTS)
def test_whatever_happens_a_call_stays_a_call(script: Script) -> None:
    setup = script.setup()
    with watching() as watched:
        report, leg = call(setup, script.act)
    event(report.end_reason)
    assert report.end_reason in ("scenario_over", "peer_gone", "completed", "timeout", "error", "idle")
    if script.told_s:
        assert report.duration_s <= script.told_s[0] + 1.0, "a call that is told to end ends"
    assert report.duration_s < 300, "and one that is left alone comes to rest"
    check_sound(leg)
    if report.end_reason == "scenario_over":
        nobody_is_left_waiting(report, leg)
    llm = setup.llm if isinstance(setup.llm, FakeLlm) else None
    sound_is_whole = script.tts.fail_after is None and script.tts.stall_after is None
    check_memory(report, leg, llm, setup.tts, sound_is_whole=sound_is_whole)
    all_words_are_kept(report, watched.committed)
