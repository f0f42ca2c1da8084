"""Voice activity and end of turn by plain rules."""

import numpy as np
import numpy.typing as npt

from providers.fake.pace import INSTANT, Pace


class FakeVad:
    """Calls a window speech if it is loud.

    Attributes:
        batches: The size of each batch so far.
    """

    window_samples = 512
    rate_hz = 16_000

    def __init__(self, *, threshold_rms: float = 0.01) -> None:
        """Take the level, of full scale 1, from which on it is speech."""
        self.batches: list[int] = []
        self._threshold_rms = threshold_rms

    def new_state(self) -> npt.NDArray[np.float32]:
        """Return a memory of one number: windows seen."""
        return np.zeros(1, np.float32)

    def run(
        self, windows: npt.NDArray[np.float32], states: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return 1 for loud windows and 0 for others."""
        self.batches.append(len(windows))
        loud = np.sqrt(np.mean(np.square(windows), axis=1)) >= self._threshold_rms
        return loud.astype(np.float32), states + 1


class FakeGate:
    """Lets through whatever is not digital silence."""

    def may_be_speech(self, pcm: bytes) -> bool:
        """Judge one frame."""
        return any(pcm)


class FakeEndOfTurn:
    """Gives each question the next of `probabilities`; the last one repeats.

    Attributes:
        asked: Bytes of audio in each question so far.
    """

    def __init__(self, *probabilities: float, pace: Pace = INSTANT) -> None:
        """Take the answers; by default a turn is over."""
        self.asked: list[int] = []
        self._probabilities = probabilities or (0.95,)
        self._pace = pace

    async def probability(self, pcm: bytes) -> float:
        """Return the next answer."""
        index = min(len(self.asked), len(self._probabilities) - 1)
        self.asked.append(len(pcm))
        await self._pace.before(0)
        return self._probabilities[index]
