"""A turn that was taken for over is taken back when its speaker goes on before the answer is heard (ADR 0018)."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import pytest

from flows.actions import ToolSpec
from pipeline.answer import FILLER_AFTER_S
from pipeline.conversation import GRACE_S
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, PeerGone, Screen, UiAction
from pipeline.frames.text import Caption
from pipeline.ports import LlmOptions, LlmUsage, Message, SttResult, ToolCall
from pipeline.speech.fillers import filler_in
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, TapeLeg, call
from tests.support.call_truths import check_sound, watching
from tests.unit.pipeline.test_carrier_acts import Control

CHAT = """
id: chat
version: "1"
initial_state: chat
states:
  chat:
    agent: {prompt: "Chat with the user."}
    transitions: {}
"""
BOOK = """
id: book
version: "1"
initial_state: what
states:
  what:
    say: "Hello."
    agent: {prompt: "Take the booking.", tools: [note, leave]}
    tools: {note: {}, leave: {}}
    transitions:
      on_tool_call: {note: more, leave: done}
      on_ui_event: {skip: done}
      on_utterance:
        - {pattern: "for two", target: two}
        - {pattern: "table", target: table}
  table:
    say: "For how many?"
    transitions: {on_ui_event: {skip: done}}
  two:
    say: "A table for two, then."
    transitions: {on_ui_event: {skip: done}}
  more:
    say: "Anything else?"
    agent: {prompt: "Ask.", tools: [note]}
    tools: {note: {}}
    transitions: {on_ui_event: {skip: done}, on_tool_call: {note: done}}
  done:
    say: "Goodbye."
    transitions: {}
"""

CONSENT = """
id: consent
version: "1"
initial_state: ask
states:
  ask:
    say: "May I record this call?"
    transitions: {on_utterance: [{pattern: "no", target: bye}, {pattern: "yes", target: asked}]}
  asked:
    say: "Thank you. What is it about?"
    on_enter: [{emit: recording.resume}]
    transitions: {on_ui_event: {skip: bye}}
  bye:
    say: "Then I do not."
    transitions: {}
"""
LOOK = """
id: look
version: "1"
initial_state: what
states:
  what:
    say: "Hello."
    agent: {prompt: "Take the booking.", tools: [look]}
    tools: {look: {}}
    transitions: {on_ui_event: {skip: done}}
  done:
    say: "Goodbye."
    transitions: {}
"""


def _halves(pause_s: float, second_s: float = 0.8, after_s: float = 6.0) -> Callable[[Lab], Awaitable[None]]:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.8)
        await lab.quiet(pause_s)
        await lab.speak(second_s)
        await lab.quiet(after_s)

    return scenario


def _entered(leg: TapeLeg) -> list[str]:
    return [frame.action.state for _, frame in leg.of(Screen) if hasattr(frame.action, "state")]


@pytest.mark.parametrize("model_s", [0.4, 0.5, 0.6, 0.8])
@pytest.mark.parametrize("pause_s", [0.3, 0.34, 0.38, 0.42, 0.46])
def test_who_goes_on_before_the_answer_is_heard_has_one_turn(pause_s: float, model_s: float) -> None:
    llm = FakeLlm([["Hello."], ["One."], ["Two."], ["Three."]], pace=Pace(first_s=model_s))
    stt = FakeStt(["I would like a tea", "and some milk."], pace=Pace(first_s=0.05))
    with watching() as watched:
        report, leg = call(Setup(CHAT, stt=stt, llm=llm), _halves(pause_s))
    assert [turn.caller for turn in report.turns] == ["", "I would like a tea and some milk."]
    assert watched.committed == ["I would like a tea and some milk."]
    assert leg.captions("user") == ["I would like a tea and some milk."], "what was taken back was never final"
    assert report.turns[-1].bot in ("One.", "Two.", "Three.")
    assert leg.captions("assistant") == ["Hello.", report.turns[-1].bot], "nor was its answer shown"
    assert leg.of(Interrupted) == [], "nothing was said that could be interrupted"
    asked = [message.content for message in llm.requests[-1].messages[1:]]
    assert asked == ["Hello.", "I would like a tea and some milk."]
    check_sound(leg)


@pytest.mark.parametrize("pause_s", [0.3, 0.4, 0.5])
def test_the_flow_is_where_it_was(pause_s: float) -> None:
    stt = FakeStt(["I want a table", "for two."], pace=Pace(first_s=0.05))
    report, leg = call(Setup(BOOK, stt=stt, tts=FakeTts(pace=Pace(first_s=0.6))), _halves(pause_s))
    assert [turn.bot for turn in report.turns] == ["Hello.", "A table for two, then."]
    assert _entered(leg) == ["what", "two"], "it moved once, by all that was said"


def test_after_the_first_sample_it_is_an_interruption() -> None:
    stt = FakeStt(["I want a table", "for two."], pace=Pace(first_s=0.05))
    report, leg = call(Setup(BOOK, stt=stt), _halves(0.7))
    assert [turn.caller for turn in report.turns][:2] == ["", "I want a table"]
    assert _entered(leg)[:2] == ["what", "table"]
    assert len(leg.of(Interrupted)) == 1


@pytest.mark.parametrize("noise_s", [0.12, 0.2, 0.3])
@pytest.mark.parametrize("words", ["", "mhm"])
def test_a_noise_takes_nothing_back(noise_s: float, words: str) -> None:
    stt = FakeStt(["I want a table", words], pace=Pace(first_s=0.05))
    setup = Setup(BOOK, stt=stt, tts=FakeTts(pace=Pace(first_s=0.6)))
    report, leg = call(setup, _halves(0.36, second_s=noise_s))
    assert [turn.caller for turn in report.turns] == ["", "I want a table"]
    assert [turn.bot for turn in report.turns] == ["Hello.", "For how many?"]
    assert _entered(leg) == ["what", "table"]


def test_a_tool_of_a_turn_that_is_taken_back_never_runs() -> None:
    stt = FakeStt(["Note this", "or rather not."], pace=Pace(first_s=0.05))
    llm = FakeLlm([[ToolCall("1", "leave", {})], ["As you wish."]], pace=Pace(first_s=0.1))
    report, leg = call(Setup(BOOK, stt=stt, llm=llm), _halves(0.4))
    assert report.turns[1].caller == "Note this or rather not."
    assert report.turns[1].bot == "As you wish."
    assert not report.completed
    assert _entered(leg) == ["what"]


@pytest.mark.parametrize("model_s", [0.0, 0.1, 0.3, 0.9])
def test_a_tool_runs_once_and_not_before_the_turn_counts(model_s: float) -> None:
    stt = FakeStt(["Note this."], pace=Pace(first_s=0.05))
    llm = FakeLlm([[ToolCall("1", "note", {})]], pace=Pace(first_s=model_s))
    report, leg = call(Setup(BOOK, stt=stt, llm=llm), _halves(0.0, second_s=0.0))
    assert _entered(leg) == ["what", "more"]
    final_s = next(at_s for at_s, frame in leg.of(Caption) if frame.role == "user" and frame.is_final)
    ran_s = [at_s for at_s, frame in leg.of(Screen)][-1]
    assert final_s <= ran_s
    assert report.turns[1].bot == "Anything else?"


class _Names:
    """Keeps what a flow emits."""

    def __init__(self) -> None:
        self.emitted_names: list[str] = []

    def heard(self, pcm: bytes, at_s: float) -> None: ...

    def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None: ...

    def emitted(self, name: str) -> None:
        self.emitted_names.append(name)

    def closed(self) -> None: ...


@pytest.mark.parametrize(("second", "expected"), [("no, better not.", []), ("", ["recording.resume"])])
def test_a_consent_that_is_taken_back_records_nothing(second: str, expected: list[str]) -> None:
    names = _Names()
    setup = Setup(CONSENT, stt=FakeStt(["Yes", second], pace=Pace(first_s=0.05)), tts=FakeTts(pace=Pace(first_s=0.6)))
    setup.observer = names
    _, leg = call(setup, _halves(0.4, second_s=0.8 if second else 0.0))
    assert names.emitted_names == expected
    assert _entered(leg) == ["ask", "asked" if expected else "bye"]


class _SlowAfterTools(FakeLlm):
    """Needs six seconds to make something of what a tool returned."""

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        await asyncio.sleep(6.0 if messages[-1].role == "tool" else 0.0)
        async for piece in super().stream(messages, tools, options):
            yield piece


@pytest.mark.parametrize("tool_s", [0.1, 0.5, 1.0])
def test_a_filler_is_due_from_the_end_of_the_turn_whatever_tools_wait_for(tool_s: float) -> None:
    llm = _SlowAfterTools([[ToolCall("1", "look", {})], ["It is booked."]], pace=Pace(first_s=tool_s))
    stt = FakeStt(["Book it."], pace=Pace(first_s=0.05))
    report, _ = call(Setup(LOOK, stt=stt, llm=llm, end_of_turn=FakeEndOfTurn(0.9)), _halves(0.0, 0.0, 14.0))
    assert report.turns[1].bot == f"{filler_in('en', 2)} It is booked."
    assert report.turns[1].gap_ms is not None
    assert report.turns[1].gap_ms <= 1000 * (FILLER_AFTER_S + 0.3)


def test_what_a_turn_leads_to_waits_for_a_short_while_only() -> None:
    """A voice that needs seconds does not keep the screen waiting."""
    stt = FakeStt(["I want a table."], pace=Pace(first_s=0.05))
    setup = Setup(BOOK, stt=stt, tts=FakeTts(pace=Pace(first_s=3.0)), end_of_turn=FakeEndOfTurn(0.9))
    report, leg = call(setup, _halves(0.0, second_s=0.0, after_s=12.0))
    entered_s = [at_s for at_s, _ in leg.of(Screen)][-1]
    heard_s = next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)
    assert report.turns[1].bot == "For how many?"
    quiet_s = heard_s - report.turns[1].gap_ms / 1000  # type: ignore[operator]
    assert entered_s - quiet_s == pytest.approx(0.2 + GRACE_S, abs=0.03)


def test_a_tap_counts_the_turn_and_goes_on_from_it() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.8)
        await lab.quiet(0.3)
        lab.call.receive(UiAction("skip"))
        await lab.quiet(6)

    setup = Setup(BOOK, ["I want a table."], tts=FakeTts(pace=Pace(first_s=0.6)))
    report, leg = call(setup, scenario)
    assert _entered(leg) == ["what", "table", "done"]
    assert report.completed


def test_a_call_that_ends_meanwhile_keeps_the_turn() -> None:
    setup = Setup(BOOK, ["I want a table."], tts=FakeTts(pace=Pace(first_s=0.6)))
    report, leg = call(setup, _halves(0.0, second_s=0.0, after_s=0.4))
    assert report.turns[-1].caller == "I want a table."
    assert leg.captions("user") == ["I want a table."]
    assert _entered(leg) == ["what", "table"]


def test_a_turn_in_three_pieces_is_one() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for pause_s in (0.4, 0.7, 6.0):
            await lab.speak(0.8)
            await lab.quiet(pause_s)

    llm = FakeLlm([["Hello."], ["Sure."]], pace=Pace(first_s=0.7))
    heard = ["We came", "by train", "from Kyoto."]
    report, _ = call(Setup(CHAT, stt=FakeStt(heard, pace=Pace(first_s=0.05)), llm=llm), scenario)
    assert [turn.caller for turn in report.turns] == ["", "We came by train from Kyoto."]
    spoke_s = report.turns[1].caller_s
    assert spoke_s == pytest.approx(0.8 * 3 + 1.1, abs=0.1), "it began with its first word"


def test_who_was_taken_back_is_waited_for() -> None:
    """The same pause is not taken for the end again."""

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for _ in range(4):
            await lab.speak(0.8)
            await lab.quiet(0.34)
            await lab.speak(0.8)
            await lab.quiet(4)

    llm = FakeLlm([["Hello."], *[["Sure."]] * 9], pace=Pace(first_s=0.5))
    heard = [SttResult(f"Part {number}.") for number in range(9)]
    with watching() as watched:
        report, _ = call(Setup(CHAT, stt=FakeStt(heard, pace=Pace(first_s=0.05)), llm=llm), scenario)
    assert len([turn for turn in report.turns if turn.caller]) == 4
    assert watched.taken_back == 1


@pytest.mark.parametrize("again_s", [0.02 * step for step in range(8, 60, 3)])
def test_nothing_is_said_into_the_voice_of_who_goes_on(again_s: float) -> None:
    """From the moment that a window is voiced, no first sample goes out."""
    llm = FakeLlm([["Hello."], ["One."], ["Two."]], pace=Pace(first_s=0.3))
    stt = FakeStt(["I want tea", "and milk."], pace=Pace(first_s=0.1))
    _, leg = call(Setup(CHAT, stt=stt, llm=llm), _halves(again_s))
    firsts = [next(group)[0] for _, group in itertools.groupby(leg.of(AudioOut), lambda sent: sent[1].generation)]
    voiced_from_s = _onset_s(leg, again_s)
    for first_s in firsts:
        assert not voiced_from_s + 0.07 <= first_s <= voiced_from_s + 0.8


def _onset_s(leg: TapeLeg, again_s: float) -> float:
    greeted_s = next(at_s for at_s, status in leg.statuses() if status == "listening")
    return greeted_s + 0.8 + again_s


def _and_hangs_up(after_s: float, goes_on_s: float = 0.0) -> Callable[[Lab], Awaitable[None]]:
    """Say something and hang up before the answer is heard, perhaps while going on."""

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.8)
        await lab.quiet(after_s)
        await lab.speak(goes_on_s)
        lab.call.receive(PeerGone())
        await asyncio.sleep(0.5)

    return scenario


def test_who_hangs_up_before_the_answer_has_said_what_was_said() -> None:
    stt = FakeStt(["Book it."], pace=Pace(first_s=0.05))
    llm = FakeLlm([[ToolCall("1", "leave", {})]])
    report, leg = call(Setup(BOOK, stt=stt, llm=llm, tts=FakeTts(pace=Pace(first_s=0.6))), _and_hangs_up(0.4))
    assert report.end_reason == "peer_gone"
    assert report.turns[-1].caller == "Book it."
    assert _entered(leg) == ["what", "done"], "the tool that was waiting for the turn to count has run"


def test_who_hangs_up_while_going_on_may_have_taken_it_back() -> None:
    stt = FakeStt(["Book it.", "or rather not"], pace=Pace(first_s=0.05))
    llm = FakeLlm([[ToolCall("1", "leave", {})]])
    _, leg = call(Setup(BOOK, stt=stt, llm=llm, tts=FakeTts(pace=Pace(first_s=0.6))), _and_hangs_up(0.4, 0.2))
    assert _entered(leg) == ["what"]


@pytest.mark.parametrize("name", ["recording.resume"])
def test_what_a_flow_emits_for_the_last_turn_is_told_though_the_caller_is_gone(name: str) -> None:
    names = _Names()
    setup = Setup(CONSENT, stt=FakeStt(["Yes"], pace=Pace(first_s=0.05)), tts=FakeTts(pace=Pace(first_s=0.6)))
    setup.observer = names
    call(setup, _and_hangs_up(0.4))
    assert names.emitted_names == [name]


@pytest.mark.parametrize("goes_on_s", [0.0, 0.2])
def test_what_was_said_last_is_shown_before_the_carrier_hangs_up(goes_on_s: float) -> None:
    class Carrier(Control):
        async def hang_up(self) -> None:
            await asyncio.sleep(1.0)
            await super().hang_up()

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.8)
        await lab.quiet(0.4)
        await lab.speak(goes_on_s)
        lab.call.end("session_timeout")
        await asyncio.sleep(3)

    carrier = Carrier()
    stt = FakeStt(["Book it."], pace=Pace(first_s=0.05))
    _, leg = call(Setup(BOOK, stt=stt, tts=FakeTts(pace=Pace(first_s=0.6)), control=carrier), scenario)
    shown_s = next(at_s for at_s, frame in leg.of(Caption) if frame.role == "user" and frame.is_final)
    assert [what for what, _ in carrier.asked] == ["hang_up"]
    assert shown_s <= carrier.at_s[0] - 1.0
