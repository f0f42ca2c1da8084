"""Providers that dribble, flood, repeat, talk garbage, never end or die: the call goes on or ends kindly."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence

import pytest

from flows.actions import ToolSpec
from kit.errors import ProviderError
from pipeline.answer import FILLER_AFTER_S, LLM_CHUNK_LIMIT_S
from pipeline.frames.audio import AudioOut
from pipeline.frames.text import Caption
from pipeline.ports import AS_MADE, LlmOptions, LlmUsage, Message, SpeakOptions, SttResult, ToolCall, WordTimes
from pipeline.report import CallReport
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts, buzz
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, TapeLeg, call
from tests.support.call_truths import check_sound, watching
from tests.unit.pipeline.test_session import ONE_STATE

KIND = "Sorry"


async def _two_turns(lab: Lab) -> None:
    await lab.quiet(20)
    for _ in range(2):
        await lab.speak(1.0)
        await lab.quiet(20)


def _call(**parts: object) -> tuple[CallReport, TapeLeg]:
    setup = Setup(ONE_STATE, ["One, please.", "Two, please."], llm=FakeLlm([["I see."]]))
    for name, part in parts.items():
        setattr(setup, name, part)
    with watching():
        report, leg = call(setup, _two_turns)
    check_sound(leg)
    assert report.end_reason == "scenario_over", "it went on to its end"
    return report, leg


# --- voices -----------------------------------------------------------------------------------------------------------
class Voice(FakeTts):
    """Yields what a test scripts for each sentence."""

    def __init__(self, *chunks: bytes, gap_s: float = 0.0, endless: bool = False) -> None:
        super().__init__()
        self._chunks, self._gap_s, self._endless = chunks, gap_s, endless

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        self.spoken.append(text)
        while True:
            for chunk in self._chunks:
                await asyncio.sleep(self._gap_s)
                yield chunk
            if not self._endless:
                return
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "voice",
    [
        Voice(),
        Voice(b""),
        Voice(b"\x01"),
        Voice(b"\x01", b"\x02\x03", b"\x04\x05\x06"),
        Voice(*[b"\x00\x10"] * 500),
        Voice(buzz(320, 16_000), gap_s=0.5),
        Voice(buzz(16_000 * 4, 16_000)),
        Voice(b"RIFF\xff\xff\xff\xffWAVEfmt not audio at all"),
    ],
    ids=["nothing", "empty", "half a sample", "odd bytes", "crumbs", "dribble", "four seconds a word", "garbage"],
)
def test_a_bad_voice_leaves_the_call_its_turns(voice: Voice) -> None:
    report, leg = _call(tts=voice)
    assert [turn.caller for turn in report.turns if turn.caller] == ["One, please.", "Two, please."]
    assert leg.captions("assistant")[-1] == "I see.", "what cannot be heard can be read"


def test_a_voice_that_never_ends_can_be_talked_over() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(10)
        await lab.speak(1.0)
        await lab.quiet(0.5)

    setup = Setup(
        ONE_STATE, ["Stop it."], llm=FakeLlm([["I see."]]), tts=Voice(buzz(1600, 16_000), gap_s=0.01, endless=True)
    )
    report, leg = call(setup, scenario)
    assert report.turns[0].interrupted
    last_s = max(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 1)
    assert last_s <= 10 + 0.15 + 0.06


# --- models -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "answer",
    [
        ["word "] * 3000,
        ["a"] * 5000,
        ["Again. "] * 400,
        ["\x00\ud800\n\n"] * 5,
        ["…"] * 50,
        ["<b>", "&amp;", "}{", '"'],
    ],
    ids=["floods", "one word without end", "repeats itself", "garbage", "dots", "markup"],
)
def test_a_bad_model_can_be_talked_over(answer: list[str | ToolCall]) -> None:
    report, _ = _call(llm=FakeLlm([answer, ["I see."]]))
    assert [turn.caller for turn in report.turns if turn.caller] == ["One, please.", "Two, please."]


@pytest.mark.parametrize("pace", [Pace(stall_after=0), Pace(stall_after=1), Pace(fail_after=0), Pace(fail_after=1)])
def test_a_model_that_dies_is_apologised_for_within_15_s_of_being_found_dead(pace: Pace) -> None:
    report, leg = _call(llm=FakeLlm([["I see. ", "And then."]], pace=pace))
    assert "llm" in report.turns[0].failures
    assert KIND in report.turns[0].bot
    first_s = leg.of(AudioOut)[0][0]
    assert first_s <= FILLER_AFTER_S + 0.05, "a filler, or the apology itself"
    ends = [at_s for at_s, _ in leg.of(AudioOut)]
    assert max(later - sooner for sooner, later in itertools.pairwise(ends) if later < 20) <= 8.0 + 1.5


@pytest.mark.parametrize("whole_pieces", [0, 1, 2])
@pytest.mark.parametrize("voice_s", [0.0, 0.1, 0.5, 1.0])
def test_the_apology_is_heard_soon_after_the_watchdog(whole_pieces: int, voice_s: float) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(20)

    llm = FakeLlm([["I see. ", "And then. ", "What?"]], pace=Pace(first_s=0.2, stall_after=whole_pieces))
    setup = Setup(ONE_STATE, llm=llm, tts=FakeTts(pace=Pace(first_s=voice_s)))
    _, leg = call(setup, scenario)
    found_dead_s = LLM_CHUNK_LIMIT_S + (0.2 if whole_pieces else 0.0)
    apology_s = min(at_s for at_s, frame in leg.of(Caption) if KIND in frame.text)
    assert apology_s == pytest.approx(found_dead_s, abs=0.01)
    heard_s = min(at_s for at_s, _ in leg.of(AudioOut) if at_s >= found_dead_s)
    assert heard_s - found_dead_s <= voice_s + 0.02 <= 1.5


class Switches(FakeLlm):
    """Fails with another error each time."""

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        async for piece in super().stream(messages, tools, options):
            if len(self.requests) % 2:
                raise ProviderError("fake", "overloaded", retryable=True)
            yield piece


def test_a_model_that_fails_every_other_time_answers_the_others() -> None:
    report, _ = _call(llm=Switches([["I see."]]))
    assert any(turn.bot == "I see." for turn in report.turns)
    assert any(KIND in turn.bot for turn in report.turns)


# --- recognisers ------------------------------------------------------------------------------------------------------
class Reads(FakeSttStream):
    """Reads what a test scripts, whatever was said."""

    result = SttResult("")

    async def partial(self) -> SttResult:
        return self.result

    async def finalize(self) -> SttResult:
        return self.result


@pytest.mark.parametrize(
    ("text", "heard"),
    [("", 0), ("  \n", 0), ("word " * 5000, 2), ("\x00\x07", 2), ("....", 2), ("yes " * 300, 2)],
    ids=["nothing", "blank", "floods", "control signs", "dots", "repeats"],
)
def test_a_bad_recogniser_leaves_the_call_its_turns(text: str, heard: int) -> None:
    class Stream(Reads):
        result = SttResult(text, 0.5)

    class Stt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return Stream(self, language, rate_hz)

    report, _ = _call(stt=Stt([]))
    assert sum(1 for turn in report.turns if turn.caller) == heard


@pytest.mark.parametrize("probability", [float("nan"), -1.0, 7.0])
def test_an_end_of_turn_model_that_talks_nonsense_ends_turns_all_the_same(probability: float) -> None:
    report, _ = _call(end_of_turn=FakeEndOfTurn(probability))
    gaps_ms = [turn.gap_ms for turn in report.turns if turn.gap_ms is not None]
    assert len(gaps_ms) == 2
    assert max(gaps_ms) <= 1850, "the ceiling of what this flow asks for"
