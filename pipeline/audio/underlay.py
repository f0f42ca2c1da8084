"""A sound that goes round and round under speech."""

import numpy as np
import numpy.typing as npt


class Loop:
    """Fills a `pipeline.manner.Underlay`; one for each call, which it follows."""

    def __init__(self, samples: npt.NDArray[np.int16], volume: float) -> None:
        """Play `samples` (mono, at the leg's rate, at least one) at `volume`, 0 to 1."""
        self._samples = samples.astype(np.float32) * volume
        self._at = 0

    def under(self, pcm: bytes) -> bytes:
        """Mix in as much as `pcm` is long."""
        speech = np.frombuffer(pcm, np.int16)
        places = (self._at + np.arange(len(speech))) % len(self._samples)
        self._at = int((self._at + len(speech)) % len(self._samples))
        return np.clip(np.rint(speech + self._samples[places]), -32768, 32767).astype(np.int16).tobytes()
