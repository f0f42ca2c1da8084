"""Recognisers that hear by themselves when a turn is over, in whole calls on the virtual clock."""

from collections.abc import AsyncGenerator

import pytest

from kit.errors import ProviderError
from pipeline.capabilities import SttCapabilities
from pipeline.ports import EagerEnd, EndOfTurn, Resumed, SttSignal
from pipeline.report import CallReport
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_speculation import CHAT


class SignallingStt(FakeStt):
    """Makes no partial readings, so that nothing but its signals is early."""

    streams: list[FakeSttStream]

    def __init__(self, *heard: str, final_s: float = 0.4) -> None:
        capabilities = SttCapabilities(end_of_turn=True)
        super().__init__(heard, pace=Pace(first_s=final_s), partial_pace=Pace(fail_after=0), capabilities=capabilities)
        self.streams = []

    async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
        self.streams.append(await super().open(language, rate_hz))
        return self.streams[-1]

    def signal(self, signal: SttSignal) -> None:
        self.streams[-1].signal(signal)


def _call(stt: SignallingStt, *after: SttSignal, wait_s: float = 0.04) -> tuple[CallReport, FakeLlm]:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.5)
        for signal in after:
            await lab.quiet(wait_s)
            stt.signal(signal)
        await lab.quiet(6)

    llm = FakeLlm([["I see."]], pace=Pace(first_s=0.2))
    setup = Setup(CHAT, stt=stt, llm=llm, tts=FakeTts(pace=Pace(first_s=0.1)), end_of_turn=FakeEndOfTurn(0.1))
    report, _ = call(setup, scenario)
    assert [turn.caller for turn in report.turns if turn.caller] == ["What time is it?"]
    return report, llm


def test_an_eager_end_has_the_answer_ready() -> None:
    report, llm = _call(SignallingStt("What time is it?"), EagerEnd("What time is it?", 0.8))
    assert report.turns[1].saved_ms == pytest.approx(300, abs=5)
    assert report.turns[1].gap_ms == pytest.approx(900, abs=25), "but it is the end only at the ceiling"
    assert len(llm.requests) == 1


def test_an_end_that_is_heard_spares_the_wait_for_the_ceiling_and_for_the_reading() -> None:
    end = EndOfTurn("What time is it?", 0.95)
    report, llm = _call(SignallingStt("What time is it?"), EagerEnd("What time is it?", 0.8), end, wait_s=0.12)
    assert report.turns[1].gap_ms == pytest.approx(420, abs=30), "as soon as its models have made it"
    assert len(llm.requests) == 1
    late, _ = _call(SignallingStt("What time is it?"), end, wait_s=0.3)
    assert late.turns[1].gap_ms == pytest.approx(600, abs=30), "heard after 0.3 s, and then both models"


def test_a_withdrawn_end_frees_the_model() -> None:
    report, llm = _call(SignallingStt("What time is it?"), EagerEnd("What time?", 0.8), Resumed())
    assert llm.cancelled == 1
    assert llm.requests[-1].messages[-1].content == "What time is it?"
    assert report.turns[1].bot == "I see."


def test_signals_that_break_leave_the_call_to_the_silence() -> None:
    class Breaks(FakeSttStream):
        async def signals(self) -> AsyncGenerator[SttSignal, None]:
            raise ProviderError("fake", "no signals", retryable=False)
            yield Resumed()

    class Breaking(SignallingStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await FakeStt.open(self, language, rate_hz)
            return Breaks(self, language, rate_hz)

    report, _ = _call(Breaking("What time is it?"))
    assert report.turns[1].bot == "I see."


def test_an_end_without_words_ends_nothing() -> None:
    report, _ = _call(SignallingStt("What time is it?"), EndOfTurn(" ", 0.1))
    assert report.turns[1].gap_ms == pytest.approx(900, abs=25)
