"""The background noises that an operator has put into DATA_DIR/noise."""

from collections.abc import Sequence
from pathlib import Path


class NoiseFolder:
    """`control_api.agents.checking.NoiseAssets`: WAV files of a folder, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Sequence[str]:
        """See the port."""
        return sorted(path.name for path in self.folder.glob("*.wav"))
