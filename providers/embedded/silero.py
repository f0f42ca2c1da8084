"""Voice activity with Silero's network, batched over calls."""

import numpy as np
import numpy.typing as npt

from providers.embedded import weights
from providers.embedded.onnx import one_thread_session

_CONTEXT_SAMPLES = 64
_LAYERS = 2
_CELLS = 128
_MEMORY = _LAYERS * _CELLS


class SileroVad:
    """Scores 32 ms windows of many calls in one run of the network.

    A call's state is one vector: the network's recurrent memory (2 × 128), then the last 64 samples heard, which the
    network wants in front of the next window.
    """

    window_samples = 512
    rate_hz = 16_000

    def __init__(self) -> None:
        """Load the network.

        Raises:
            ConfigError: Its file is missing.
        """
        self._session = one_thread_session(weights.SILERO.locate())
        self._rate = np.array(self.rate_hz, np.int64)

    def new_state(self) -> npt.NDArray[np.float32]:
        """Return the memory of a call that has heard nothing."""
        return np.zeros(_MEMORY + _CONTEXT_SAMPLES, np.float32)

    def run(
        self, windows: npt.NDArray[np.float32], states: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Score one window of each call; see `VoiceActivityModel.run`."""
        calls = len(windows)
        memory = states[:, :_MEMORY].reshape(calls, _LAYERS, _CELLS).transpose(1, 0, 2)
        heard = np.concatenate((states[:, _MEMORY:], windows), axis=1)
        feed = {"input": heard, "state": np.ascontiguousarray(memory), "sr": self._rate}
        output, memory = self._session.run(None, feed)
        flat = memory.transpose(1, 0, 2).reshape(calls, _MEMORY)
        return output[:, 0], np.concatenate((flat, heard[:, -_CONTEXT_SAMPLES:]), axis=1)
