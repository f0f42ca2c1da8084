"""Tells a finished turn from a pause by its sound, with smart-turn v3.2."""

import numpy as np

from providers.embedded import weights
from providers.embedded.inference import InferencePool, Priority
from providers.embedded.log_mel import RATE_HZ, Floats, log_mel
from providers.embedded.onnx import one_thread_session
from providers.embedded.samples import from_pcm

_WINDOW_SAMPLES = 8 * RATE_HZ
_VARIANCE_FLOOR = 1e-7


class SmartTurn:
    """Judges the last 8 s of a turn; about 50 ms a judgement."""

    def __init__(self, pool: InferencePool) -> None:
        """Load the network.

        Raises:
            ConfigError: Its file is missing.
        """
        self._pool = pool
        self._session = one_thread_session(weights.SMART_TURN.locate())

    async def probability(self, pcm: bytes) -> float:
        """Return how likely the turn is over.

        Raises:
            BusyError: The pool is overloaded.
        """
        return await self._pool.run(Priority.END_OF_TURN, self.judge, pcm)

    def judge(self, pcm: bytes) -> float:
        """Do the work of `probability` in this thread."""
        features = turn_features(from_pcm(pcm[-2 * _WINDOW_SAMPLES :]))
        (output,) = self._session.run(None, {"input_features": features[None]})
        return float(output[0, 0])


def turn_features(audio: Floats) -> Floats:
    """Return what the network was trained on: silence before the turn up to 8 s, then zero mean and unit variance."""
    window = np.pad(audio, (_WINDOW_SAMPLES - len(audio), 0))
    scaled = (window - window.mean()) / np.sqrt(window.var() + _VARIANCE_FLOOR)
    return log_mel(scaled, _WINDOW_SAMPLES)
