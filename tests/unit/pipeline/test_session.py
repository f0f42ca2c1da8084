"""Whole calls on the virtual clock. The fake voice speaks 0.06 s a character; a decision needs 0.192 s of silence."""

import asyncio

import pytest

from flows.actions import FlowEnded, StateEntered
from kit.errors import ProviderError
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import CallFailed, DtmfPressed, Interrupted, PeerGone, Screen, UiAction, Waterfall
from pipeline.frames.text import Caption
from pipeline.ports import SttResult, ToolCall
from pipeline.session import CallSettings
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, call

FLOW = """
id: greeting
version: "1"
initial_state: ask
states:
  ask:
    say: "Hello there. What is your name?"
    agent:
      tools: [save]
    tools:
      save:
        parameters:
          full_name: {type: string, required: true, recognise: name}
    transitions:
      on_tool_call: {save: done}
      on_ui_event: {skip: done}
  done:
    say: "Thank you and goodbye."
    transitions: {}
"""
ONE_STATE = """
id: chat
version: "1"
initial_state: chat
states:
  chat:
    agent:
      prompt: "Chat with the user."
      tools: [note]
    tools:
      note:
        parameters: {topic: {type: string}}
    transitions: {}
"""


def test_a_call_goes_from_greeting_to_goodbye() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(20)

    report, leg = call(Setup(FLOW, ["My name is Ada Lovelace."]), scenario)
    assert (report.end_reason, report.completed) == ("completed", True)
    assert report.variables["full_name"] == "Ada Lovelace"
    assert [turn.caller for turn in report.turns] == ["", "My name is Ada Lovelace."]
    assert leg.captions("assistant") == ["Hello there. What is your name?", "Thank you and goodbye."]
    assert leg.captions("user") == ["My name is Ada Lovelace."]
    assert [status for _, status in leg.statuses()] == ["speaking", "listening", "speaking", "listening", "ended"]
    ends = [frame for _, frame in leg.of(Screen) if isinstance(frame.action, FlowEnded)]
    assert len(ends) == 1


def test_the_greeting_starts_at_once() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.5)

    _, leg = call(Setup(FLOW), scenario)
    assert leg.of(AudioOut)[0][0] < 0.01


def test_the_gap_before_an_answer_is_the_silence_that_proves_it_over() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(5)

    report, leg = call(Setup(FLOW, ["My name is Ada Lovelace."]), scenario)
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    assert 690 <= gap_ms <= 750, "as soon as the answer to a few words is heard"
    waterfall = leg.of(Waterfall)[1][1]
    assert [span.name for span in waterfall.spans] == ["endpoint", "stt", "end_of_turn", "flow", "tts", "playout"]
    assert waterfall.spans[-1].end_ms == waterfall.gap_ms
    assert all(a.end_ms == b.start_ms for a, b in zip(waterfall.spans, waterfall.spans[1:], strict=False))


def test_model_times_show_in_the_waterfall() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(5)

    stt = FakeStt(["My name is Ada Lovelace."], pace=Pace(first_s=0.3), partial_pace=Pace(fail_after=0))
    report, leg = call(Setup(FLOW, stt=stt, tts=FakeTts(pace=Pace(first_s=0.1))), scenario)
    spans = {span.name: span.end_ms - span.start_ms for span in leg.of(Waterfall)[1][1].spans}
    assert spans["stt"] == pytest.approx(300 - 160, abs=20), "it was asked in the breath, five windows sooner"
    assert spans["tts"] == pytest.approx(100, abs=2)
    assert report.turns[1].gap_ms == pytest.approx(sum(spans.values()), abs=1)


def test_speech_over_the_bot_stops_it_and_history_keeps_what_was_heard() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(1.2)
        await lab.speak(1.0)
        await lab.quiet(8)

    report, leg = call(Setup(FLOW, ["My name is Ada Lovelace."]), scenario)
    interrupted = leg.of(Interrupted)[0][0]
    assert 1.2 < interrupted < 1.2 + 0.75
    quiet_for = min(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2) - max(
        at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 1
    )
    assert quiet_for > 0.8
    assert report.turns[0].bot == "Hello there. What is"
    assert report.turns[0].interrupted
    assert report.completed


def test_a_pause_takes_effect_within_the_frames_already_sent() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(1.2)
        await lab.speak(0.24)
        await lab.quiet(0.1)

    _, leg = call(Setup(FLOW, [""]), scenario)
    paused_s = max(at_s for at_s, _ in leg.of(AudioOut))
    assert paused_s <= 1.2 + 0.14


def test_a_cough_does_not_stop_the_bot() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(1.0)
        await lab.speak(0.34)
        await lab.until_listening()

    report, leg = call(Setup(FLOW, [""]), scenario)
    assert leg.of(Interrupted) == []
    assert report.turns[0].bot == "Hello there. What is your name?"
    positions = [frame.pos_samples for _, frame in leg.of(AudioOut)]
    assert positions == list(range(0, 320 * len(positions), 320)), "no sample is lost or repeated"


def test_a_thinking_pause_does_not_cut_the_caller_off() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.6)
        await lab.quiet(0.5)
        await lab.speak(0.6)
        await lab.quiet(5)

    setup = Setup(FLOW, ["My name is Ada Lovelace."], end_of_turn=FakeEndOfTurn(0.1, 0.9))
    report, _ = call(setup, scenario)
    assert [turn.caller for turn in report.turns] == ["", "My name is Ada Lovelace."]


def test_a_click_on_the_screen_answers_at_once_and_replaces_what_was_being_said() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.5)
        lab.call.receive(UiAction("skip"))
        await lab.quiet(10)

    report, leg = call(Setup(FLOW), scenario)
    assert leg.of(Interrupted)[0][1].generation == 1
    first_of_second = next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)
    assert first_of_second == pytest.approx(0.5, abs=0.03)
    assert report.completed


def test_noise_that_nobody_can_read_leaves_no_trace() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.4)
        await lab.quiet(3)

    report, leg = call(Setup(FLOW, [""]), scenario)
    assert len(report.turns) == 1
    assert leg.captions("user") == []


def test_a_broken_recogniser_is_admitted_aloud() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.6)
        await lab.quiet(6)

    _, leg = call(Setup(FLOW, stt=FakeStt(["x"], pace=Pace(fail_after=0))), scenario)
    assert "could not hear" in leg.captions("assistant")[1]


def test_a_stalled_recogniser_is_admitted_aloud() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.6)
        await lab.quiet(12)

    _, leg = call(Setup(FLOW, stt=FakeStt(["x"], pace=Pace(stall_after=0))), scenario)
    assert "could not hear" in leg.captions("assistant")[1]


def test_a_recogniser_that_cannot_be_opened_is_said_on_the_screen() -> None:
    class Unreachable(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> "FakeStt":  # type: ignore[override]
            raise ProviderError("nobody", "no answer", retryable=True)

    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)

    _, leg = call(Setup(FLOW, stt=Unreachable([])), scenario)
    assert [frame.code for _, frame in leg.of(CallFailed)] == ["provider.failed"]


def test_a_stalled_voice_still_shows_its_words_and_the_call_goes_on() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(10)

    report, leg = call(Setup(FLOW, tts=FakeTts(pace=Pace(stall_after=0))), scenario)
    assert leg.captions("assistant")[0] == "Hello there. What is your name?"
    assert report.end_reason == "scenario_over"


def test_a_caller_who_hangs_up_ends_the_call_at_once() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.3)
        lab.call.receive(PeerGone())
        await asyncio.sleep(60)

    report, leg = call(Setup(FLOW), scenario)
    assert report.end_reason == "peer_gone"
    assert report.duration_s == pytest.approx(0.3, abs=0.03)
    assert leg.last_audio_s() <= 0.34


def test_nobody_there_ends_the_call_after_a_while() -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(10_000)

    report, leg = call(Setup(ONE_STATE.replace("prompt:", "unused:"), settings=CallSettings(idle_s=120)), scenario)
    assert report.end_reason == "idle"
    assert 120 <= report.duration_s <= 130
    assert leg.of(CallFailed)[0][1].code == "call.idle"


def test_a_language_model_speaks_sentence_by_sentence() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(3)

    llm = FakeLlm([["Hello ", "you. ", "How ", "are ", "you?"]], pace=Pace(first_s=0.2, gap_s=0.1))
    _, leg = call(Setup(ONE_STATE, llm=llm), scenario)
    assert leg.of(AudioOut)[0][0] == pytest.approx(0.3, abs=0.02), "it does not wait for the second sentence"
    texts = [frame.text for _, frame in leg.of(Caption)]
    assert texts[-1] == "Hello you. How are you?"


def test_a_cancelled_answer_frees_the_model() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.6)
        await lab.speak(0.8)
        await lab.quiet(0.02)

    llm = FakeLlm([["One. "] * 50], pace=Pace(first_s=0.1, gap_s=0.2))
    call(Setup(ONE_STATE, ["stop"], llm=llm), scenario)
    assert llm.cancelled == 1


def test_a_tool_call_reaches_the_flow_and_its_result_the_model() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(6)

    llm = FakeLlm([["One moment. ", ToolCall("1", "note", {"topic": "tea"})], ["Noted."]])
    report, _ = call(Setup(ONE_STATE, llm=llm), scenario)
    assert report.variables["topic"] == "tea"
    assert report.turns[0].bot == "One moment. Noted."
    assert [message.role for message in llm.requests[1].messages][-2:] == ["assistant", "tool"]


def test_a_model_that_calls_tools_for_ever_is_stopped() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(6)

    llm = FakeLlm([[ToolCall("1", "note", {"topic": "tea"})]])
    report, _ = call(Setup(ONE_STATE, llm=llm), scenario)
    assert len(llm.requests) <= 5
    assert report.turns, "something is said in the end"


@pytest.mark.parametrize("pace", [Pace(fail_after=0), Pace(stall_after=0), Pace(fail_after=2)])
def test_a_model_that_breaks_does_not_leave_silence(pace: Pace) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(14)

    report, leg = call(Setup(ONE_STATE, llm=FakeLlm([["Hello ", "there"]], pace=pace)), scenario)
    assert leg.captions("assistant"), "an apology at least"
    assert report.end_reason == "scenario_over"


def test_variables_given_beforehand_are_shown_before_the_first_state() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.1)

    _, leg = call(Setup(FLOW, context={"full_name": "Ada"}), scenario)
    kinds = [type(frame.action).__name__ for _, frame in leg.of(Screen)]
    assert kinds[:2] == ["VariableSet", "StateEntered"]
    entered = leg.of(Screen)[1][1].action
    assert isinstance(entered, StateEntered)
    assert entered.variables["full_name"] == "Ada"


def test_captions_grow_while_the_caller_speaks() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(3.0)
        await lab.quiet(5)

    _, leg = call(Setup(FLOW, [SttResult("My name is Ada Lovelace and I live here.")]), scenario)
    user = [frame for _, frame in leg.of(Caption) if frame.role == "user"]
    assert [frame.is_final for frame in user] == [False] * (len(user) - 1) + [True]
    assert len(user) >= 3
    assert len({frame.id for frame in user}) == 1


def test_the_model_reads_its_prompt_while_the_bot_says_a_written_line() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)

    llm = FakeLlm([["Hello."]])
    call(Setup(FLOW, llm=llm), scenario)
    assert llm.requests == []
    assert len(llm.prefills) == 1
    assert "What is your name?" in llm.prefills[0][0].content


def test_a_flood_of_events_cannot_keep_a_call_from_ending() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.3)
        for _ in range(2000):
            lab.call.receive(UiAction("nothing"))
        lab.call.receive(PeerGone())
        await asyncio.sleep(60)

    report, _ = call(Setup(FLOW), scenario)
    assert report.end_reason == "peer_gone"
    assert report.duration_s < 1


def test_noise_does_not_stop_the_flow_from_minding_the_silence() -> None:
    patient = FLOW.replace("on_ui_event:", "on_timeout: {seconds: 5, target: done}\n      on_ui_event:")

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.4)
        await lab.quiet(20)

    report, _ = call(Setup(patient, [""]), scenario)
    assert report.end_reason == "timeout"


def test_a_telephone_key_answers_at_once() -> None:
    menu = FLOW.replace("on_ui_event:", 'on_dtmf: {"1": done}\n      on_ui_event:')

    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.5)
        lab.call.receive(DtmfPressed("1"))
        await lab.quiet(10)

    report, leg = call(Setup(menu), scenario)
    first_of_second = next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)
    assert first_of_second == pytest.approx(0.5, abs=0.03)
    assert report.completed


def test_phrases_that_end_an_answer_reach_the_model() -> None:
    terse = ONE_STATE.replace("prompt: ", 'response_constraint: {stop_phrases: ["Goodbye"]}\n      prompt: ')

    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)

    llm = FakeLlm([["Hello."]])
    call(Setup(terse, llm=llm), scenario)
    assert llm.requests[0].options.stop == ("Goodbye",)


def test_a_tap_that_waits_beside_a_key_is_taken_first() -> None:
    menu = FLOW.replace("on_ui_event: {skip: done}", 'on_dtmf: {"1": other}\n      on_ui_event: {skip: done}')
    menu += "  other:\n    say: This is the other state.\n    transitions: {}\n"

    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.5)
        lab.call.receive(DtmfPressed("1"))
        lab.call.receive(UiAction("skip"))
        await lab.quiet(10)

    _, leg = call(Setup(menu), scenario)
    assert "This is the other state." not in leg.captions("assistant")
