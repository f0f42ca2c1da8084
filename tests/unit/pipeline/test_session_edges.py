"""Calls at their edges: what must not cost a call its voice, its ears or its end."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from flows.actions import StateEntered, ToolSpec
from kit.errors import ProviderError
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import CallFailed, Interrupted, PeerGone, RateAnnounced, Screen, UiAction
from pipeline.frames.text import Caption
from pipeline.ports import AS_MADE, LlmOptions, Message, SpeakOptions, SttResult, ToolCall
from pipeline.session import CallSession
from providers.fake.llm import FakeLlm, Request
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts, buzz
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_session import FLOW, ONE_STATE


class Counted:
    """Counts what was heard."""

    def __init__(self) -> None:
        self.heard_at_s: list[float] = []
        self.closings = 0

    def heard(self, pcm: bytes, at_s: float) -> None:
        assert len(pcm) == 640
        self.heard_at_s.append(at_s)

    def emitted(self, name: str) -> None: ...

    def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None:
        pass

    def closed(self) -> None:
        self.closings += 1


def test_a_flood_of_events_does_not_make_the_call_miss_its_own() -> None:
    class FloodsAtTheFirstSample(Counted):
        call: CallSession | None = None

        def emitted(self, name: str) -> None: ...

        def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None:
            if self.call is not None:
                for _ in range(2000):
                    self.call.receive(UiAction("nothing"))
                self.call = None

    flooding = FloodsAtTheFirstSample()

    async def scenario(lab: Lab) -> None:
        await lab.quiet(20)

    setup = Setup(FLOW, tts=FakeTts(s_per_char=1.0), observer=flooding)
    setup.beforehand = lambda session: setattr(flooding, "call", session)
    _, leg = call(setup, scenario)
    assert leg.of(Interrupted) == [], "the call knows that its greeting has started"


def test_a_new_rate_counts_from_the_very_next_frame() -> None:
    counted = Counted()

    async def scenario(lab: Lab) -> None:
        lab.call.receive(RateAnnounced(48_000))
        for _ in range(50):
            lab.call.receive(AudioIn(buzz(960, 48_000)))

    call(Setup(FLOW, observer=counted), scenario)
    assert len(counted.heard_at_s) == 50


def test_a_caller_who_is_gone_before_the_call_begins_ends_it() -> None:
    async def scenario(_lab: Lab) -> None:
        await asyncio.sleep(60)

    report, _ = call(Setup(FLOW, beforehand=lambda session: session.receive(PeerGone())), scenario)
    assert report.end_reason == "peer_gone"
    assert report.duration_s < 0.1


def test_a_line_cut_off_before_its_first_sound_was_not_heard() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.5)
        lab.call.receive(UiAction("skip"))
        await lab.quiet(8)

    report, leg = call(Setup(FLOW, tts=FakeTts(pace=Pace(first_s=1.0))), scenario)
    assert [turn.bot for turn in report.turns] == ["Thank you and goodbye."]
    assert [frame.text for _, frame in leg.of(Caption) if frame.interrupted] == [""]


def test_a_recogniser_that_does_not_close_cannot_keep_a_call_from_ending() -> None:
    class Clings(FakeSttStream):
        async def aclose(self) -> None:
            await super().aclose()
            await asyncio.sleep(1000)

    class ClingingStt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return Clings(self)

    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)

    report, leg = call(Setup(FLOW, stt=ClingingStt([])), scenario)
    assert report.duration_s < 2.1
    assert leg.statuses()[-1][1] == "ended"


def test_a_recogniser_that_breaks_when_it_is_closed_leaves_the_report() -> None:
    class Breaks(FakeSttStream):
        async def aclose(self) -> None:
            await super().aclose()
            raise OSError("broken pipe")

    class BreakingStt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return Breaks(self)

    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)

    counted = Counted()
    report, leg = call(Setup(FLOW, stt=BreakingStt([]), observer=counted), scenario)
    assert report.end_reason == "scenario_over"
    assert leg.statuses()[-1][1] == "ended"
    assert counted.closings == 1


@pytest.mark.parametrize("how", ["hangs", "breaks"])
def test_a_model_whose_answer_cannot_be_cancelled_does_not_hold_the_call(how: str) -> None:
    class Clings(FakeLlm):
        async def stream(
            self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
        ) -> AsyncGenerator[str | ToolCall, None]:
            self.requests.append(Request(tuple(messages), tuple(tools), options))
            try:
                yield "Hello. "
                await asyncio.sleep(7)
            finally:
                if how == "breaks":
                    raise ProviderError("fake", "cannot be cancelled", retryable=False)
                await asyncio.sleep(1000)

    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)
        lab.call.end("told_to")
        await asyncio.sleep(2000)

    report, leg = call(Setup(ONE_STATE, llm=Clings([["x"]])), scenario)
    assert report.end_reason == "told_to"
    assert report.duration_s < 2.1
    assert not any("trouble" in text for text in leg.captions("assistant"))


def test_a_recogniser_that_opens_in_mid_turn_reads_it_from_its_beginning() -> None:
    fed: list[int] = []

    class Counts(FakeSttStream):
        async def finalize(self) -> SttResult:
            fed.append(self.fed_bytes)
            return await super().finalize()

    class LateStt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return Counts(self)

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(8)

    report, _ = call(Setup(FLOW, stt=LateStt(["My name is Ada."], open_pace=Pace(first_s=2.5))), scenario)
    assert report.variables["full_name"] == "Ada"
    assert fed[0] >= 32_000, "the whole second of speech"


def test_a_recogniser_that_never_opens_is_admitted_on_the_screen_and_aloud() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(15)

    report, leg = call(Setup(FLOW, stt=FakeStt([], open_pace=Pace(stall_after=0))), scenario)
    assert [frame.code for _, frame in leg.of(CallFailed)] == ["provider.stalled"]
    assert "could not hear" in leg.captions("assistant")[1], "while it may still open"
    assert [(each.code, each.remedy) for each in report.incidents] == [("provider.stalled", "none")]


def test_a_call_without_a_recogniser_goes_on_by_hand() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(1.0)
        await lab.until_listening()
        lab.call.receive(UiAction("skip"))
        await lab.quiet(10)

    report, leg = call(Setup(FLOW, stt=FakeStt([], open_pace=Pace(fail_after=0))), scenario)
    assert [turn.bot for turn in report.turns] == [
        "Hello there. What is your name?",
        "Sorry, I cannot hear you in this call. You can go on with the keys, or on the screen.",
        "Thank you and goodbye.",
    ]
    assert report.turns[1].failures == ("stt",)
    assert report.end_reason == "completed"
    assert [(each.code, each.remedy) for each in report.incidents] == [("provider.failed", "none")]
    assert [frame.code for _, frame in leg.of(CallFailed)] == ["provider.failed"]


@pytest.mark.parametrize("pieces", [[], ["", ""], ["  ", "…"]])
def test_a_model_that_says_nothing_does_not_leave_silence(pieces: list[str]) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(8)

    report, leg = call(Setup(ONE_STATE, llm=FakeLlm([pieces])), scenario)
    assert leg.captions("assistant"), "an apology at least"
    assert report.turns[0].bot


def test_a_model_that_dribbles_nothing_has_stalled() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(25)

    llm = FakeLlm([["Hello. ", "How ", *[""] * 1000]], pace=Pace(gap_s=2.0))
    _, leg = call(Setup(ONE_STATE, llm=llm), scenario)
    at_s, status = leg.statuses()[1]
    assert status == "listening"
    assert 10 < at_s < 20, "the bot gives the floor back"


def test_each_tool_call_has_a_result_when_the_model_is_asked_again() -> None:
    two_states = ONE_STATE.replace("transitions: {}", "transitions: {on_tool_call: {note: more}}") + (
        "  more:\n    agent: {prompt: 'Chat on.'}\n    transitions: {}\n"
    )

    async def scenario(lab: Lab) -> None:
        await lab.quiet(6)

    calls = [ToolCall("1", "note", {"topic": "tea"}), ToolCall("2", "note", {"topic": "milk"})]
    llm = FakeLlm([["One moment. ", *calls], ["Noted."]])
    call(Setup(two_states, llm=llm), scenario)
    messages = llm.requests[1].messages
    asked = [made.call_id for message in messages for made in message.tool_calls]
    assert asked == ["1", "2"]
    assert [message.tool_call_id for message in messages if message.role == "tool"] == ["1", "2"]
    assert [message.role for message in messages][-3:] == ["assistant", "tool", "tool"]


def test_a_voice_that_cuts_samples_in_two_is_played() -> None:
    class Odd(FakeTts):
        async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes, None]:
            pcm = buzz(self.duration_samples(text), self.rate_hz)
            for start in range(0, len(pcm), 333):
                yield pcm[start : start + 333]

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()

    report, _ = call(Setup(FLOW, tts=Odd(rate_hz=24_000)), scenario)
    assert report.end_reason == "scenario_over"
    assert report.turns[0].bot == "Hello there. What is your name?"


def test_noise_long_enough_to_stop_the_bot_does_not_leave_silence() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(1.0)
        await lab.speak(0.7)
        await lab.quiet(8)

    report, leg = call(Setup(FLOW, [""]), scenario)
    assert report.turns[0].interrupted
    assert "What is your name?" in report.turns[1].bot, "the question is asked again"
    assert leg.captions("user") == [], "nobody said anything"


def test_noise_before_the_greeting_does_not_lose_it() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.speak(0.7)
        await lab.quiet(8)

    report, _ = call(Setup(FLOW, [""], tts=FakeTts(pace=Pace(first_s=0.5))), scenario)
    assert [turn.bot for turn in report.turns] == ["Hello there. What is your name?"]
    assert not report.turns[0].interrupted


def test_what_the_caller_said_stays_in_the_report_when_its_answer_never_began() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(1.6)  # the turn counts, and its answer is not heard yet
        await lab.speak(1.0)
        await lab.quiet(6)

    llm = FakeLlm([["Hello. "], ["Sure. "]])
    tts = FakeTts(pace=Pace(first_s=2.0))
    report, _ = call(Setup(ONE_STATE, tts=tts, heard=["I want tea.", "With milk, please."], llm=llm), scenario)
    assert [(turn.caller, turn.bot) for turn in report.turns] == [
        ("", "Hello."),
        ("I want tea.", ""),
        ("With milk, please.", "Sure."),
    ]


def test_a_long_story_is_read_to_its_end() -> None:
    fed: list[int] = []

    class Counts(FakeSttStream):
        async def finalize(self) -> SttResult:
            fed.append(self.fed_bytes)
            return await super().finalize()

    class CountingStt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return Counts(self)

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for _ in range(4):
            await lab.speak(30.0)
            await lab.quiet(0.5)
        await lab.quiet(2)

    ends = FakeEndOfTurn(0.1)
    call(Setup(FLOW, stt=CountingStt(["My name is Ada."]), end_of_turn=ends), scenario)
    assert fed[-1] / 32_000 == pytest.approx(122, abs=1)
    assert max(ends.asked) <= 91 * 32_000, "the model that judges the end needs no more"


def test_a_tap_on_the_screen_starts_no_timer_under_the_callers_words() -> None:
    patient = FLOW.replace("on_ui_event:", "on_timeout: {seconds: 2, target: done}\n      on_ui_event:")

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        lab.call.receive(UiAction("nothing"))
        await lab.speak(3.0)
        await lab.quiet(0.1)

    _, leg = call(Setup(patient, ["My name is Ada."]), scenario)
    entered = [frame.action.state for _, frame in leg.of(Screen) if isinstance(frame.action, StateEntered)]
    assert entered == ["ask"], "the silence that the timer minds has not begun"


def test_a_microphone_that_goes_off_in_mid_word_ends_the_turn() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await asyncio.sleep(3)  # a browser that is muted may send nothing at all
        assert lab.leg.captions("user") == ["My name is Ada."]
        await lab.quiet(1)

    report, _ = call(Setup(FLOW, ["My name is Ada."]), scenario)
    assert report.turns[1].gap_ms is not None
    assert report.turns[1].gap_ms < 2000


def test_a_flow_asks_for_consent_before_anything_is_recorded() -> None:
    class Watcher(Counted):
        def emitted(self, name: str) -> None:
            names.append(name)

    names: list[str] = []
    flow = """
id: consent
version: "1"
initial_state: ask
states:
  ask:
    say: "May I record this call?"
    on_enter: [{emit: recording.pause}]
    transitions: {on_utterance: [{pattern: "yes", target: asked}, {pattern: "no", target: bye}]}
  asked:
    say: "Thank you."
    on_enter: [{emit: recording.resume}]
    transitions: {}
  bye:
    say: "Then I do not."
    transitions: {}
"""

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        assert names == ["recording.pause"]
        await lab.speak(1.0)
        await lab.quiet(10)

    for said, expected in (("Yes please", ["recording.pause", "recording.resume"]), ("No", ["recording.pause"])):
        names.clear()
        call(Setup(flow, [said], observer=Watcher()), scenario)
        assert names == expected
