"""Any call: whatever is said, tapped, stalled or broken in whatever order, some things always hold."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, PeerGone, RateAnnounced, StatusChanged, UiAction
from pipeline.ports import EndOfTurnModel, LanguageModel, SttResult, ToolCall
from pipeline.report import CallReport, TurnReport
from providers.fake.llm import FakeLlm
from providers.fake.pace import INSTANT, Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, TapeLeg, call

FLOW = """
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
S_PER_CHAR = 0.06
LEAD_S = 0.06
FRAME_S = 0.02


@dataclass(frozen=True)
class Deed:
    """Something that the other side does."""

    what: str
    seconds: float = 0.0
    word: str = ""


@dataclass
class Script:
    """One call: how its models behave, and what happens."""

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
                case "rate":
                    lab.call.receive(RateAnnounced(16_000))
                case "gone":
                    self.told_s.append(asyncio.get_running_loop().time())
                    lab.call.receive(PeerGone())
                    await asyncio.sleep(100)
        await lab.quiet(0.5)
        await asyncio.sleep(30)
        self.told_s.append(asyncio.get_running_loop().time())

    def setup(self) -> Setup:
        llm: LanguageModel | None = FakeLlm(self.answers, pace=self.llm) if self.answers else None
        model: EndOfTurnModel | None = FakeEndOfTurn(*self.ends) if self.ends is not None else None
        heard = [SttResult(text, 0.9) for text in self.heard]
        return Setup(
            FLOW,
            stt=FakeStt(heard, pace=self.stt, open_pace=self.opening),
            tts=FakeTts(s_per_char=S_PER_CHAR, pace=self.tts),
            llm=llm,
            end_of_turn=model,
        )


DEEDS = st.one_of(
    st.builds(Deed, st.just("speak"), st.sampled_from([0.06, 0.2, 0.3, 0.42, 0.6, 1.3])),
    st.builds(Deed, st.just("quiet"), st.sampled_from([0.02, 0.1, 0.24, 0.5, 1.0, 2.2])),
    st.builds(Deed, st.just("tap"), st.floats(0, 2), st.sampled_from(["next", "next", "back", "nothing"])),
    st.just(Deed("rate")),
)
ENDINGS = st.sampled_from([[], [], [], [Deed("gone")]])
WORDS = st.sampled_from(["", "mhm", "yes", "My name is Ada.", "stop", "and then", "größer als ½ 語"])
PIECES = st.sampled_from(
    ["Well. ", "One moment please. ", "", "\n", "…", "I see", ToolCall("1", "note", {"topic": "tea"}),
     ToolCall("2", "leave", {}), ToolCall("3", "unknown", {"x": None})]
)  # fmt: skip
SLOW, STALLS, BREAKS = Pace(first_s=0.4, gap_s=0.15), Pace(stall_after=1), Pace(fail_after=1)
SCRIPTS = st.builds(
    Script,
    st.builds(list.__add__, st.lists(DEEDS, max_size=14), ENDINGS),
    st.lists(WORDS, max_size=5),
    st.none() | st.lists(st.lists(PIECES, max_size=5), min_size=1, max_size=4),
    st.sampled_from([INSTANT, SLOW, Pace(first_s=1.2), Pace(stall_after=0), Pace(fail_after=0)]),
    st.sampled_from([INSTANT, Pace(first_s=2.0), Pace(fail_after=0), Pace(stall_after=0)]),
    st.sampled_from([INSTANT, SLOW, STALLS, BREAKS, Pace(first_s=1.5)]),
    st.sampled_from([INSTANT, SLOW, STALLS, BREAKS, Pace(first_s=3.0)]),
    st.none() | st.lists(st.sampled_from([0.1, 0.9]), min_size=1, max_size=3),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(SCRIPTS)
def test_whatever_happens_a_call_stays_a_call(script: Script) -> None:
    setup = script.setup()
    report, leg = call(setup, script.act)
    event(report.end_reason)
    assert report.end_reason in ("scenario_over", "peer_gone", "completed", "timeout", "error")
    if script.told_s:
        assert report.duration_s <= script.told_s[0] + 1.0, "a call that is told to end ends"
    status = [frame for _, frame in leg.sent][-1]
    assert status == StatusChanged("ended"), "nothing is sent after the end"
    nothing_stale_leaves(leg)
    one_voice_at_a_time(leg)
    nobody_is_left_waiting(report, leg)
    if script.tts in (INSTANT, SLOW, Pace(first_s=1.5)):
        what_is_written_was_heard(report.turns, leg)
    if isinstance(setup.llm, FakeLlm):
        said = {turn.bot for turn in report.turns}
        told = [m for request in setup.llm.requests for m in request.messages if m.role == "assistant"]
        assert all(m.content in said for m in told if not m.tool_calls), "the model is told what the report tells"


def nothing_stale_leaves(leg: TapeLeg) -> None:
    stale = 0
    for _, frame in leg.sent:
        if isinstance(frame, Interrupted):
            stale = max(stale, frame.generation)
        elif isinstance(frame, AudioOut):
            assert frame.generation > stale


def one_voice_at_a_time(leg: TapeLeg) -> None:
    generation, ends_s, position = 0, 0.0, 0
    for at_s, frame in leg.sent:
        if isinstance(frame, Interrupted):
            ends_s = 0.0
        elif isinstance(frame, AudioOut):
            assert frame.generation >= generation
            if frame.generation > generation:
                assert at_s >= ends_s - 1e-6, "what was said before has been heard"
            assert frame.pos_samples == position, "no sample is lost or repeated"
            position += len(frame.pcm) // 2
            generation, ends_s = frame.generation, max(ends_s, at_s) + FRAME_S


def nobody_is_left_waiting(report: CallReport, leg: TapeLeg) -> None:
    """Half a minute after the last sound the bot has given the floor back, or it speaks."""
    if report.end_reason != "scenario_over":
        return
    statuses = [status for _, status in leg.statuses() if status in ("speaking", "listening")]
    spoke_s = max((at_s for at_s, _ in leg.of(AudioOut)), default=0.0)
    assert statuses[-1:] == ["listening"] or spoke_s > report.duration_s - 10


def what_is_written_was_heard(turns: Iterable[TurnReport], leg: TapeLeg) -> None:
    """The fake voice takes the same time for each character, so that time tells how many were heard."""
    sent: dict[int, float] = {}
    for _, frame in leg.of(AudioOut):
        sent[frame.generation] = sent.get(frame.generation, 0.0) + FRAME_S
    audible = [turn for turn in turns if turn.spans]
    assert len(audible) == len(sent), "each answer that began is in the report, and no other"
    for turn, sent_s in zip(audible, sent.values(), strict=True):
        characters = len(turn.bot.replace(" ", ""))
        assert characters * S_PER_CHAR <= sent_s + 1e-6
        if not turn.interrupted:
            assert len(turn.bot) * S_PER_CHAR >= sent_s - LEAD_S * (turn.bot.count(".") + turn.bot.count("?") + 1)
