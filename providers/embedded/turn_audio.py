"""The sound of one user turn: what is still to be read, and the readings so far."""

import numpy as np

from pipeline.ports import SttResult
from providers.embedded.log_mel import RATE_HZ, Floats
from providers.embedded.samples import from_pcm

_BLOCK_SAMPLES = RATE_HZ // 50
_PAUSE_BLOCKS = 10
_MIN_AUDIO_S = 0.1
_SILENCE_RMS = 0.0015
# relative to the loudest 20 ms of the turn
_TAIL_SHARE = 0.05
_CUT_FROM_S = 6.0
_CUT_TO_S = 11.0
# A turn this long without a reading is not a turn; the oldest sound goes.
_MAX_OPEN_BYTES = 300 * RATE_HZ * 2


class TurnAudio:
    """One turn. Its beginning may be *frozen*: read for good, and its sound dropped.

    Attributes:
        frozen: The readings of what was dropped.
        dropped_bytes: How much that was.
        partial: The last quick reading and how far into the turn it reaches, in bytes.
        final: The same for the last best reading.
    """

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.frozen: tuple[SttResult, ...] = ()
        self.dropped_bytes = 0
        self.partial: tuple[int, str] = (0, "")
        self.final: tuple[int, SttResult] | None = None
        self._open = bytearray()

    @property
    def end_bytes(self) -> int:
        """Return how far the turn reaches."""
        return self.dropped_bytes + len(self._open)

    @property
    def open_s(self) -> float:
        """Return how much is not frozen."""
        return len(self._open) / 2 / RATE_HZ

    def feed(self, pcm: bytes) -> None:
        """Add sound."""
        self._open += pcm
        surplus = len(self._open) - _MAX_OPEN_BYTES
        if surplus > 0:
            self._drop(surplus)

    def open_audio(self) -> Floats:
        """Return what is not frozen."""
        return from_pcm(self._open)

    def head(self) -> tuple[int, Floats]:
        """Return the part that may be frozen next, cut in the quietest 200 ms between 6 and 11 s, and its bytes."""
        audio = from_pcm(self._open[: int(_CUT_TO_S * RATE_HZ) * 2])
        power = np.convolve(np.square(_block_rms(audio)), np.ones(_PAUSE_BLOCKS), "valid")
        first = int(_CUT_FROM_S * RATE_HZ) // _BLOCK_SAMPLES
        quietest = first + int(np.argmin(power[first:]))
        cut = (quietest + _PAUSE_BLOCKS // 2) * _BLOCK_SAMPLES
        return 2 * cut, audio[:cut]

    def freeze(self, start_bytes: int, size_bytes: int, reading: SttResult) -> None:
        """Keep `reading` for the `size_bytes` from `start_bytes` on, unless they were frozen meanwhile."""
        if start_bytes == self.dropped_bytes:
            self.frozen += (reading,)
            self._drop(size_bytes)

    def only_silence_since(self, end_bytes: int) -> bool:
        """Return whether nothing was said after `end_bytes`."""
        rms = _block_rms(self.open_audio())
        heard = max(0, end_bytes - self.dropped_bytes) // 2 // _BLOCK_SAMPLES
        tail = rms[heard:]
        return heard > 0 and (len(tail) == 0 or bool(tail.max() < _TAIL_SHARE * rms.max()))

    def _drop(self, size_bytes: int) -> None:
        del self._open[:size_bytes]
        self.dropped_bytes += size_bytes


def is_silent(audio: Floats) -> bool:
    """Return whether there is nothing to read: under 100 ms, or never louder than about -56 dB of full scale."""
    if len(audio) < _MIN_AUDIO_S * RATE_HZ:
        return True
    return bool(_block_rms(audio).max() < _SILENCE_RMS)


def _block_rms(audio: Floats) -> Floats:
    """Return the level of each 20 ms."""
    whole = len(audio) // _BLOCK_SAMPLES
    blocks = audio[: whole * _BLOCK_SAMPLES].reshape(whole, _BLOCK_SAMPLES)
    level: Floats = np.sqrt(np.mean(np.square(blocks), axis=1))
    return level
