"""Freezes and dead air as callers complain about them: each test is one row of their list, in whole calls."""

import asyncio
import itertools

import pytest

from pipeline.answer import FILLER_AFTER_S
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import CallFailed, PeerGone, UiAction
from pipeline.report import CallReport
from pipeline.session import CallSettings
from pipeline.speech.fillers import filler_in
from pipeline.turns.owner import DECISION_LIMIT_S
from providers.fake.llm import FakeLlm
from providers.fake.pace import INSTANT, Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, TapeLeg, call
from tests.unit.pipeline.test_session import FLOW, ONE_STATE

BROKEN = [
    Pace(stall_after=0),
    Pace(fail_after=0),
    Pace(fail_after=0, retryable=False),
    Pace(stall_after=1),
    Pace(fail_after=1),
    Pace(first_s=3.0),
    Pace(gap_s=1.0),
]
SHORT_IDLE = CallSettings(idle_s=15)


def _until_idle(setup: Setup) -> tuple[CallReport, TapeLeg]:
    """The caller says one thing, then nothing more."""

    async def scenario(lab: Lab) -> None:
        await lab.quiet(4)
        await lab.speak(0.6)
        await lab.quiet(0.5)
        await asyncio.sleep(3000)

    setup.settings = SHORT_IDLE
    return call(setup, scenario)


# --- 6: "speaking" or "listening" for ever ---------------------------------------------------------------------------
@pytest.mark.parametrize("pace", BROKEN, ids=str)
@pytest.mark.parametrize("part", ["tts", "llm", "stt", "end_of_turn"])
def test_b6_whatever_breaks_the_call_comes_to_rest(part: str, pace: Pace) -> None:
    setup = Setup(
        ONE_STATE,
        tts=FakeTts(pace=pace if part == "tts" else INSTANT),
        llm=FakeLlm([["Hello. ", "How are you?"]], pace=pace if part == "llm" else INSTANT),
        stt=FakeStt(["I am well."], pace=pace if part == "stt" else INSTANT),
        end_of_turn=FakeEndOfTurn(0.9, pace=pace if part == "end_of_turn" and pace.fail_after is None else INSTANT),
    )
    report, leg = _until_idle(setup)
    assert report.end_reason == "idle", "the bot gave the floor back, and nobody took it"
    assert leg.statuses()[-1][1] == "ended"
    assert [status for _, status in leg.statuses()][-2] == "listening"
    assert report.duration_s < 60


# --- 7: speech stops after the first sentence ------------------------------------------------------------------------
@pytest.mark.parametrize("gap_s", [0.1, 0.4, 1.0, 2.0, 4.0])
def test_b7_a_model_that_dribbles_is_spoken_to_its_end(gap_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(60)

    pieces = ["One is done. ", "Two is ", "done. ", "Three is done."]
    report, leg = call(Setup(ONE_STATE, llm=FakeLlm([pieces], pace=Pace(gap_s=gap_s))), scenario)
    assert [turn.bot for turn in report.turns] == ["One is done. Two is done. Three is done."]
    assert leg.of(AudioOut)[0][0] < 0.01
    assert [status for _, status in leg.statuses()] == ["speaking", "listening", "ended"]


# --- 8: one slow part freezes the rest -------------------------------------------------------------------------------
@pytest.mark.parametrize("slow_s", [0.5, 2.0, 5.0])
def test_b8_a_slow_recogniser_does_not_hold_a_tap(slow_s: float) -> None:
    tapped_s = 0.0

    async def scenario(lab: Lab) -> None:
        nonlocal tapped_s
        await lab.until_listening()
        await lab.speak(0.6)
        await lab.quiet(0.3)
        tapped_s = asyncio.get_running_loop().time()
        lab.call.receive(UiAction("skip"))
        await lab.quiet(8)

    report, leg = call(Setup(FLOW, stt=FakeStt([""], pace=Pace(first_s=slow_s))), scenario)
    assert report.completed
    first_s = next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)
    assert first_s <= tapped_s + max(0.0, slow_s - 0.1) + 0.05, "it waits for nothing but the words under way"


@pytest.mark.parametrize("gap_s", [0.05, 0.3, 1.0])
def test_b8_a_slow_model_does_not_disturb_what_is_playing(gap_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(2)

    pieces = ["This is the first sentence, and it is long enough. ", *["more "] * 5, "and done."]
    _, leg = call(Setup(ONE_STATE, llm=FakeLlm([pieces], pace=Pace(gap_s=gap_s))), scenario)
    # A sentence is known once the next begins; from then on the line is even.
    times = [at_s for at_s, _ in leg.of(AudioOut)]
    steady = [b - a for a, b in itertools.pairwise(times) if a > times[0] + 0.07]
    assert steady
    assert steady == [pytest.approx(0.02, abs=1e-6)] * len(steady)


# --- 9: a half-dead provider -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [0, 1, 2])
def test_b9_a_model_that_stalls_is_noticed_and_admitted(after: int) -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(30)

    llm = FakeLlm([["That ", "is ", "it."]], pace=Pace(stall_after=after))
    report, leg = call(Setup(ONE_STATE, llm=llm), scenario)
    assert leg.of(AudioOut)[0][0] == pytest.approx(FILLER_AFTER_S, abs=0.01), "the caller hears something at once"
    assert "trouble" in report.turns[0].bot or "sorry" in report.turns[0].bot.lower()
    assert leg.statuses()[1][1] == "listening"
    assert leg.statuses()[1][0] < 14


def test_b9_a_recogniser_that_stalls_is_noticed_and_admitted() -> None:
    stopped_s = 0.0

    async def scenario(lab: Lab) -> None:
        nonlocal stopped_s
        await lab.until_listening()
        await lab.speak(0.64)
        stopped_s = asyncio.get_running_loop().time()
        await lab.quiet(10)

    _, leg = call(Setup(FLOW, stt=FakeStt(["x"], pace=Pace(stall_after=0))), scenario)
    second_s = next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)
    assert second_s == pytest.approx(stopped_s + 0.192 + DECISION_LIMIT_S, abs=0.05)
    assert "could not hear" in leg.captions("assistant")[1]


def test_b9_an_end_of_turn_model_that_stalls_costs_the_ceiling_and_no_more() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.64)
        await lab.quiet(6)

    stalled = FakeEndOfTurn(0.9, pace=Pace(stall_after=0))
    report, _ = call(Setup(FLOW, ["My name is Ada Lovelace."], end_of_turn=stalled), scenario)
    assert report.turns[1].gap_ms == pytest.approx(900, abs=22)


@pytest.mark.parametrize("first_s", [1.6, 2.5, 5.0, 7.5])
def test_b9_a_slow_model_has_one_filler_before_its_answer(first_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(20)

    llm = FakeLlm([["All is well. ", "Really."]], pace=Pace(first_s=first_s))
    report, leg = call(Setup(ONE_STATE, llm=llm), scenario)
    assert [turn.bot for turn in report.turns] == [f"{filler_in('en', 1)} All is well. Really."]
    assert leg.of(AudioOut)[0][0] == pytest.approx(FILLER_AFTER_S, abs=0.01)


@pytest.mark.parametrize("first_s", [0.0, 0.5, 1.0, 1.1])
def test_b9_a_model_that_is_fast_enough_has_no_filler(first_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(20)

    llm = FakeLlm([["All is well. ", "Really."]], pace=Pace(first_s=first_s))
    report, leg = call(Setup(ONE_STATE, llm=llm), scenario)
    assert [turn.bot for turn in report.turns] == ["All is well. Really."]
    assert leg.of(AudioOut)[0][0] == pytest.approx(first_s, abs=0.01)


def test_b9_a_filler_before_nothing_is_followed_by_an_apology() -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(20)

    report, _ = call(Setup(ONE_STATE, llm=FakeLlm([[""]], pace=Pace(first_s=2.0))), scenario)
    assert report.turns[0].bot.startswith(filler_in("en", 1))
    assert len(report.turns[0].bot) > len(filler_in("en", 1))


def test_b9_talking_over_a_filler_takes_the_floor() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(FILLER_AFTER_S + 0.1)
        await lab.speak(0.8)
        await lab.quiet(6)

    llm = FakeLlm([["Too late."], ["Here I am."]], pace=Pace(first_s=2.9))
    report, _ = call(Setup(ONE_STATE, ["Are you there?"], llm=llm), scenario)
    assert report.turns[0].interrupted
    assert "Too late." not in report.turns[0].bot
    assert report.turns[1].caller == "Are you there?"


# --- 10: a call that never ends --------------------------------------------------------------------------------------
@pytest.mark.parametrize("at_s", [0.0, 0.3, 1.9, 2.4, 2.9, 3.1, 3.6])
@pytest.mark.parametrize("how", ["peer_gone", "told_to"])
def test_b10_a_call_ends_when_it_is_to_whatever_is_under_way(how: str, at_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        asyncio.get_running_loop().call_later(at_s, end, lab)
        await lab.quiet(2.2)
        await lab.speak(0.64)
        await lab.quiet(3000)

    def end(lab: Lab) -> None:
        if how == "peer_gone":
            lab.call.receive(PeerGone())
        else:
            lab.call.end("told_to")

    llm = FakeLlm([["Hello, how are you today?"]], pace=Pace(first_s=0.3))
    report, leg = call(Setup(ONE_STATE, ["I am well."], llm=llm), scenario)
    assert report.end_reason == how
    assert report.duration_s == pytest.approx(at_s, abs=1e-3)
    assert leg.sent[-1][0] == pytest.approx(at_s, abs=1e-3), "nothing is sent afterwards"


@pytest.mark.parametrize("longest_s", [1.0, 5.0, 30.0])
def test_b10_no_call_is_longer_than_allowed(longest_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        while True:
            await lab.speak(0.64)
            await lab.quiet(1.0)

    report, _ = call(Setup(FLOW, settings=CallSettings(longest_s=longest_s)), scenario)
    assert report.end_reason == "too_long"
    assert report.duration_s == pytest.approx(longest_s, abs=0.01)


@pytest.mark.parametrize("idle_s", [5.0, 20.0, 120.0])
def test_b10_a_caller_who_is_gone_without_a_word_is_not_waited_for(idle_s: float) -> None:
    async def scenario(_lab: Lab) -> None:
        await asyncio.sleep(3000)

    report, leg = call(Setup(FLOW, settings=CallSettings(idle_s=idle_s)), scenario)
    assert report.end_reason == "idle"
    said_s = 0.06 * len("Hello there. What is your name?")
    assert report.duration_s == pytest.approx(said_s + idle_s, abs=0.1)
    assert [frame.code for _, frame in leg.of(CallFailed)] == ["call.idle"]
    assert [turn.bot for turn in report.turns] == ["Hello there. What is your name?"], "the record is not lost"


@pytest.mark.parametrize("seconds", [2, 4, 9])
def test_b10_a_flow_that_minds_the_silence_ends_it_to_the_moment(seconds: int) -> None:
    patient = FLOW.replace("on_ui_event:", f"on_timeout: {{seconds: {seconds}, target: done}}\n      on_ui_event:")

    async def scenario(_lab: Lab) -> None:
        await asyncio.sleep(100)

    report, leg = call(Setup(patient), scenario)
    heard_s = leg.statuses()[1][0]
    first_s = next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)
    assert first_s - heard_s == pytest.approx(seconds, abs=0.02)
    assert report.end_reason == "timeout"
