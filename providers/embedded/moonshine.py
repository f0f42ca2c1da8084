"""Quick readings with Moonshine tiny-en, run directly on onnxruntime."""

import numpy as np
import numpy.typing as npt

from providers.embedded import weights
from providers.embedded.log_mel import RATE_HZ, Floats
from providers.embedded.onnx import one_thread_session

_START_TOKEN = 1
_END_TOKEN = 2
_LAYERS = 6
_HEADS = 8
_HEAD_WIDTH = 36
# English comes at most at this rate; more is a model that repeats itself
_TOKENS_PER_S = 6.5
_SPARE_TOKENS = 6
# the encoder's convolutions need this much
_MIN_SAMPLES = RATE_HZ // 4
_WORD_START = "▁"


class MoonshineModel:
    """The loaded model; `read` may run in several threads at once."""

    def __init__(self) -> None:
        """Load encoder, decoder and word pieces.

        Raises:
            ConfigError: A file of it is missing.
        """
        self._encoder = one_thread_session(weights.MOONSHINE_ENCODER.locate())
        self._decoder = one_thread_session(weights.MOONSHINE_DECODER.locate())
        self._pieces = parse_pieces(weights.MOONSHINE_TOKENS.locate().read_bytes())
        self._memory_names = [
            f"past_key_values.{layer}.{part}.{kind}"
            for layer in range(_LAYERS)
            for part in ("decoder", "encoder")
            for kind in ("key", "value")
        ]

    def read(self, audio: Floats) -> str:
        """Decode speech (16 kHz, in [-1, 1]); blocks for about 30 ms a second of audio."""
        heard = np.pad(audio, (0, max(0, _MIN_SAMPLES - len(audio))))[None]
        mask = np.ones(heard.shape, np.int64)
        (encoded,) = self._encoder.run(None, {"input_values": heard, "attention_mask": mask})
        limit = int(len(audio) / RATE_HZ * _TOKENS_PER_S) + _SPARE_TOKENS
        tokens = self._decode({"encoder_hidden_states": encoded, "encoder_attention_mask": mask}, limit)
        text = b"".join(self._pieces[token] for token in tokens if not self._pieces[token].startswith(b"<"))
        return text.decode("utf-8", "ignore").replace(_WORD_START, " ").strip()

    def _decode(self, encoded: dict[str, npt.NDArray[np.generic]], limit: int) -> list[int]:
        """Return the likeliest tokens one by one, at most `limit`."""
        empty = np.zeros((0, _HEADS, 1, _HEAD_WIDTH), np.float32)
        memory = dict.fromkeys(self._memory_names, empty)
        tokens: list[int] = []
        token = _START_TOKEN
        while len(tokens) < limit:
            again = np.array([bool(tokens)])
            step = {"input_ids": np.array([[token]]), "use_cache_branch": again}
            scores, *present = self._decoder.run(None, encoded | memory | step)
            token = int(scores[0, -1].argmax())
            if token == _END_TOKEN:
                break
            # what the decoder knows of the sound does not change after the first step, and later steps return it empty
            for name, value in zip(self._memory_names, present, strict=True):
                if not tokens or ".decoder." in name:
                    memory[name] = value
            tokens.append(token)
        return tokens


def parse_pieces(data: bytes) -> list[bytes]:
    """Read `tokenizer.bin`: each word piece after its length, one byte below 128, else two (low seven bits first)."""
    pieces = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 0x80:
            length += data[at] * 0x80 - 0x80
            at += 1
        pieces.append(data[at : at + length])
        at += length
    return pieces
