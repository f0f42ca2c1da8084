"""Final readings with Whisper tiny.en (int8) on CTranslate2, with a short window."""

import math
from dataclasses import dataclass

import ctranslate2
from tokenizers import Tokenizer

from kit.errors import ProviderError
from providers.embedded import weights
from providers.embedded.log_mel import HOP_SAMPLES, RATE_HZ, Floats, log_mel

# Padding to 30 s, as Whisper was trained, costs four times as much for one word error in a hundred; a window that just
# fits the speech makes it say short turns twice.
_MIN_WINDOW_S = 10.0
_TAIL_S = 1.5
MAX_AUDIO_S = 28.0
_TOKENS_PER_S = 7
_SPARE_TOKENS = 16
# The published rule for "nobody spoke": both must hold.
_NO_SPEECH_PROBABILITY = 0.6
_NO_SPEECH_SCORE = -1.0
# Speech scores -0.16 to -0.6 and noise -1.0 to -2.4: below -0.9 a reading is in doubt.
_DOUBTFUL_SCORE = -0.9
_STEEPNESS = 4.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one decode gave.

    Attributes:
        score: Mean log probability of the tokens.
        no_speech: Probability that nobody spoke.
    """

    text: str
    score: float
    no_speech: float

    @property
    def confidence(self) -> float:
        """Return 0 to 1; below 0.5 the reading is in doubt."""
        return 1.0 / (1.0 + math.exp(-_STEEPNESS * (self.score - _DOUBTFUL_SCORE)))

    @property
    def is_noise(self) -> bool:
        """Return whether the text was made up from noise."""
        return self.no_speech > _NO_SPEECH_PROBABILITY and self.score < _NO_SPEECH_SCORE


class WhisperModel:
    """The loaded model; `read` may run in several threads at once."""

    def __init__(self, workers: int) -> None:
        """Load the model for `workers` decodes in parallel, one core each.

        Raises:
            ConfigError: A file of it is missing.
        """
        for file in (weights.WHISPER_CONFIG, weights.WHISPER_WORDS):
            file.locate()
        folder = weights.WHISPER_MODEL.locate().parent
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=1, inter_threads=workers
        )
        self._tokens = Tokenizer.from_file(str(weights.WHISPER_TOKENS.locate()))
        self._prompt = [self._tokens.token_to_id(name) for name in ("<|startoftranscript|>", "<|notimestamps|>")]

    def read(self, audio: Floats) -> Reading:
        """Decode up to 28 s of speech (16 kHz, in [-1, 1]); blocks for about 200 ms.

        Raises:
            ProviderError: The engine failed.
        """
        audio_s = len(audio) / RATE_HZ
        assert audio_s <= MAX_AUDIO_S
        window_s = max(_MIN_WINDOW_S, audio_s + _TAIL_S)
        # the encoder halves the frames: their number must be even
        total_samples = math.ceil(window_s * RATE_HZ / (2 * HOP_SAMPLES)) * 2 * HOP_SAMPLES
        features = ctranslate2.StorageView.from_array(log_mel(audio, total_samples)[None])
        try:
            result = self._model.generate(
                features,
                [self._prompt],
                beam_size=1,
                max_length=int(audio_s * _TOKENS_PER_S) + _SPARE_TOKENS,
                repetition_penalty=1.1,
                no_repeat_ngram_size=4,
                return_scores=True,
                return_no_speech_prob=True,
            )[0]
        except RuntimeError as error:
            raise ProviderError("whisper", str(error), retryable=True) from error
        text = self._tokens.decode(result.sequences_ids[0], skip_special_tokens=True).strip()
        return Reading(text, result.scores[0], result.no_speech_prob)
