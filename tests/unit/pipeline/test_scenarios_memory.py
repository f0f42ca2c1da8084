"""What a call remembers, as callers complain about it: each test is one row of their list, in whole calls."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from flows.actions import ToolSpec
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, UiAction
from pipeline.frames.text import Caption
from pipeline.ports import AS_MADE, LlmOptions, LlmUsage, Message, SpeakOptions, ToolCall, WordTime, WordTimes
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.tts import FakeTts, buzz
from tests.support.call_lab import Lab, Setup, TapeLeg, call
from tests.unit.pipeline.test_session import ONE_STATE

ANSWER = "Ships leave at nine, at noon and at five. The last one is small. Shall I book it for you?"
S_PER_CHAR = 0.06


def heard_s(leg: TapeLeg, generation: int) -> float:
    return 0.02 * sum(frame.generation == generation for _, frame in leg.of(AudioOut))


# --- 11: words never heard are in the history, or heard ones are missing ----------------------------------------------
@pytest.mark.parametrize("onset_s", [0.1 * tenth for tenth in range(2, 50, 3)])
def test_c11_history_is_what_was_heard(onset_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(onset_s)
        await lab.speak(0.8)
        await lab.quiet(3)

    llm = FakeLlm([[ANSWER], ["Yes."]])
    report, leg = call(Setup(ONE_STATE, ["Mhm but when?"], llm=llm), scenario)
    kept = report.turns[0].bot
    assert report.turns[0].interrupted
    assert ANSWER.startswith(kept), "it is the beginning of what was to be said"
    letters = heard_s(leg, 1) / S_PER_CHAR
    spoken = len(kept.replace(". ", ".").replace("nine, ", "nine,"))  # nothing is said between pieces
    assert spoken <= letters + 1e-6, "no word that was not heard"
    assert letters - spoken <= max(map(len, ANSWER.split())) + 1, "and none that was is missing"
    said = [message.content for message in llm.requests[1].messages if message.role == "assistant"]
    assert said == ([kept] if kept else []), "the model is shown the same"
    cut = [frame.text for _, frame in leg.of(Caption) if frame.interrupted]
    assert cut == [kept], "and so is the caller"


@pytest.mark.parametrize("taps_s", [(0.5,), (0.5, 1.0), (0.9, 1.2, 1.4), (0.1, 0.11, 0.12)])
def test_c11_turns_stay_in_the_order_in_which_they_were_heard(taps_s: tuple[float, ...]) -> None:
    flow = ONE_STATE.replace("transitions: {}", "transitions: {on_ui_event: {more: chat}}")

    async def scenario(lab: Lab) -> None:
        now_s = 0.0
        for tap_s in taps_s:
            await asyncio.sleep(tap_s - now_s)
            now_s = tap_s
            lab.call.receive(UiAction("more"))
        await asyncio.sleep(8)

    llm = FakeLlm([[f"Answer number {number}."] for number in range(8)])
    report, leg = call(Setup(flow, llm=llm), scenario)
    order = [frame.generation for _, frame in leg.of(AudioOut)]
    assert order == sorted(order)
    whole = [turn.bot for turn in report.turns if not turn.interrupted]
    assert whole == [f"Answer number {len(taps_s)}."], "only the last was heard to its end"
    for number, turn in enumerate(turn for turn in report.turns if turn.interrupted):
        assert f"Answer number {number}.".startswith(turn.bot) or turn.bot == ""


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000, 48_000])
@pytest.mark.parametrize("chunk_s", [0.02, 0.1, 0.35, 5.0])
def test_c11_what_was_heard_does_not_depend_on_how_the_voice_delivers(rate_hz: int, chunk_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(2.0)
        await lab.speak(0.8)
        await lab.quiet(1)

    tts = FakeTts(rate_hz=rate_hz, chunk_s=chunk_s)
    report, _ = call(Setup(ONE_STATE, ["Mhm but when?"], tts=tts, llm=FakeLlm([[ANSWER], ["Yes."]])), scenario)
    assert report.turns[0].bot == "Ships leave at nine, at noon and at", "2.1 s and the lead: 36 letters"


# --- 12: a tool call cut by a barge-in -------------------------------------------------------------------------------
@pytest.mark.parametrize("onset_s", [0.02, 0.1, 0.3, 0.5, 0.8, 1.1])
def test_c12_a_tool_runs_once_and_its_result_is_not_lost(onset_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(onset_s)
        await lab.speak(0.8)
        await lab.quiet(5)

    note = ToolCall("1", "note", {"topic": "tea"})
    llm = FakeLlm([["One moment, I write it down for you. ", note], ["Noted."], ["Yes."]])
    report, _ = call(Setup(ONE_STATE, ["Wait, not yet."], llm=llm), scenario)
    assert report.variables["topic"] == "tea", "the tool was called before the caller spoke"
    for request in llm.requests:
        calls = [made.call_id for message in request.messages for made in message.tool_calls]
        results = [message.tool_call_id for message in request.messages if message.role == "tool"]
        assert calls == results, "no call is left without its result"
        assert len(calls) <= 1, "and none is made twice"
    assert report.turns[-1].bot


# --- 13: a discarded generation runs its tools -----------------------------------------------------------------------
@pytest.mark.parametrize("onset_s", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("stubborn", [False, True])
def test_c13_an_answer_that_was_stopped_calls_nothing_any_more(onset_s: float, stubborn: bool) -> None:
    note = ToolCall("1", "note", {"topic": "tea"})

    class Stubborn(FakeLlm):
        """Goes on for a while when it is thrown away."""

        async def stream(
            self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
        ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
            try:
                async for piece in super().stream(messages, tools, options):
                    yield piece
            finally:
                await asyncio.sleep(0.3)

    async def scenario(lab: Lab) -> None:
        await lab.quiet(onset_s)
        await lab.speak(0.8)
        await lab.quiet(6)

    script: list[list[str | ToolCall]] = [["Well. ", "Let me see about that for you. ", note], ["Here I am."]]
    kind = Stubborn if stubborn else FakeLlm
    llm = kind(script, pace=Pace(gap_s=1.2))
    report, leg = call(Setup(ONE_STATE, ["Wait, stop."], llm=llm), scenario)
    assert leg.of(Interrupted)
    assert "topic" not in report.variables
    assert report.turns[-1].bot == "Here I am."


# --- 11: words that a voice times itself ------------------------------------------------------------------------------
class Uneven(FakeTts):
    """Says its first word for most of the time, which only its word times tell."""

    FIRST_S = 2.0

    def __init__(self) -> None:
        super().__init__(word_times=True)

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        words = text.split()
        starts_s = [0.0, *(self.FIRST_S + 0.2 * number for number in range(len(words)))]
        spans = zip(words, starts_s[:-1], starts_s[1:], strict=True)
        yield WordTimes(tuple(WordTime(word, start_s, end_s) for word, start_s, end_s in spans))
        yield buzz(round(starts_s[-1] * 16_000), 16_000)


@pytest.mark.parametrize(("cut_s", "heard"), [(1.56, ""), (1.98, "Hippopotamuses"), (2.34, "Hippopotamuses swim and")])
@pytest.mark.parametrize("begun_early", [False, True])
def test_c11_a_cut_is_at_the_word_where_the_voice_tells_its_words(cut_s: float, heard: str, begun_early: bool) -> None:
    line = "Hippopotamuses swim and they never sink."

    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.1)
        if begun_early:
            await lab.until_listening()
            await lab.speak(1.2)
            while not any(frame.generation == 2 for _, frame in lab.leg.of(AudioOut)):
                await lab.quiet(0.02)
        await lab.quiet(cut_s - (0.02 if begun_early else 0.1))
        await lab.speak(1.0)
        await lab.quiet(0.5)

    flow = ONE_STATE.replace("    agent:", f'    say: "{line if not begun_early else "Hm?"}"\n    agent:')
    llm = FakeLlm([[line]])
    setup = Setup(flow, ["Go on, please.", "Stop that."], llm=llm, tts=Uneven())
    report, _ = call(setup, scenario)
    turn = report.turns[1 if begun_early else 0]
    assert (turn.bot, turn.interrupted) == (heard, True)
    assert (turn.saved_ms is not None) == begun_early
