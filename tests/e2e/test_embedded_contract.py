"""The embedded models keep to the ports as every other provider does."""

from collections.abc import Iterator

import pytest

from pipeline.ports import SpeechToText, TextToSpeech
from providers.embedded.load import EmbeddedModels, load
from tests.support.provider_contract import SttContract, TtsContract
from tests.support.recordings import WORDS, recording


@pytest.fixture(scope="module")
def models() -> Iterator[EmbeddedModels]:
    loaded = load(2)
    yield loaded
    loaded.close()


class TestEmbeddedStt(SttContract):
    words = WORDS["pae_hello_world"]
    foreign = "de"

    @pytest.fixture
    def provider(self, models: EmbeddedModels) -> SpeechToText:
        return models.stt

    def turn(self, rate_hz: int) -> bytes:
        return recording("pae_hello_world")


class TestEmbeddedTts(TtsContract):
    @pytest.fixture
    def provider(self, models: EmbeddedModels) -> TextToSpeech:
        return models.tts
