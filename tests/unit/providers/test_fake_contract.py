"""The fakes keep to what they stand in for, and so does what counts them."""

import pytest

from pipeline.capabilities import SttCapabilities
from pipeline.metered import MeteredLlm, MeteredStt, MeteredTts
from pipeline.ports import LanguageModel, LlmUsage, SpeechToText, TextToSpeech, ToolCall
from pipeline.usage import UsageMeter
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from tests.support.provider_contract import LlmContract, SttContract, TtsContract

_SHORTLY = Pace(first_s=0.001, gap_s=0.001)


def _stt() -> FakeStt:
    can = SttCapabilities(partials=True, end_of_turn=True)
    return FakeStt(["hello there"] * 9, pace=_SHORTLY, capabilities=can)


def _llm() -> FakeLlm:
    return FakeLlm([["Hel", "lo.", ToolCall("1", "weather", {"city": "Oslo"}), LlmUsage(9, 3)]], pace=_SHORTLY)


class TestFakeStt(SttContract):
    @pytest.fixture
    def provider(self) -> SpeechToText:
        return _stt()

    @pytest.mark.skip(reason="a script has words for every turn")
    async def test_a_turn_of_silence_has_no_words(self) -> None:  # type: ignore[override]
        ...


class TestMeteredStt(TestFakeStt):
    @pytest.fixture
    def provider(self) -> SpeechToText:
        return MeteredStt(_stt(), UsageMeter())


class TestFakeLlm(LlmContract):
    @pytest.fixture
    def provider(self) -> LanguageModel:
        return _llm()


class TestMeteredLlm(LlmContract):
    @pytest.fixture
    def provider(self) -> LanguageModel:
        return MeteredLlm(_llm(), UsageMeter())


class TestFakeTts(TtsContract):
    @pytest.fixture
    def provider(self) -> TextToSpeech:
        return FakeTts(pace=_SHORTLY)


class TestMeteredTts(TtsContract):
    @pytest.fixture
    def provider(self) -> TextToSpeech:
        return MeteredTts(FakeTts(pace=_SHORTLY, word_times=True), UsageMeter())
