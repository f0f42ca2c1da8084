"""The sound of one user turn: what is still to be read, and the readings so far."""

import numpy as np

from pipeline.ports import SttResult
from providers.embedded.log_mel import RATE_HZ, Floats
from providers.embedded.samples import from_pcm

_BLOCK_SAMPLES = RATE_HZ // 50
_DIP_BLOCKS = 10
_MIN_PAUSE_BLOCKS = 15
_MAX_PIECE_BLOCKS = 700
_MIN_AUDIO_S = 0.1
_SILENCE_RMS = 0.0015
# relative to the loudest 20 ms of the turn
_TAIL_SHARE = 0.05
_PAUSE_SHARE = 0.08
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

    def feed(self, pcm: bytes) -> None:
        """Add sound."""
        self._open += pcm
        surplus = len(self._open) - _MAX_OPEN_BYTES
        if surplus > 0:
            self._drop(surplus)

    def open_audio(self) -> Floats:
        """Return what is not frozen."""
        return from_pcm(self._open)

    def pieces(self) -> list[Floats]:
        """Return what is not frozen, cut into pieces of 7 to 14 s at their quietest places."""
        audio = self.open_audio()
        starts = [0, *(cut * _BLOCK_SAMPLES for cut in _cuts(_block_rms(audio)))]
        return [audio[start:end] for start, end in zip(starts, [*starts[1:], len(audio)], strict=True)]

    def freeze(self, start_bytes: int, size_bytes: int, reading: SttResult) -> None:
        """Keep `reading` for the `size_bytes` from `start_bytes` on, unless they were frozen meanwhile."""
        if start_bytes == self.dropped_bytes:
            self.frozen += (reading,)
            self._drop(size_bytes)
            self.partial = (self.dropped_bytes, "")

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


def pause_in(audio: Floats) -> tuple[int, float]:
    """Return the middle of the longest pause between sounds, in samples (0 if there is none), and how long sound lasts.

    A pause counts from 300 ms on; how long sound lasts is in seconds, without any silence.
    """
    rms = _block_rms(audio)
    sounding = np.flatnonzero(rms >= max(_SILENCE_RMS, _PAUSE_SHARE * float(rms.max())))
    voiced_s = len(sounding) * _BLOCK_SAMPLES / RATE_HZ
    gaps = np.diff(sounding)
    if len(gaps) == 0 or gaps.max() < _MIN_PAUSE_BLOCKS:
        return 0, voiced_s
    longest = int(np.argmax(gaps))
    middle = (int(sounding[longest]) + int(sounding[longest + 1])) // 2
    return middle * _BLOCK_SAMPLES, voiced_s


def _cuts(rms: Floats) -> list[int]:
    """Return the blocks, by number, at which a new piece begins."""
    cuts, start = [], 0
    while len(rms) - start > _MAX_PIECE_BLOCKS:
        start = _quietest(rms, start + _MAX_PIECE_BLOCKS // 2, start + _MAX_PIECE_BLOCKS)
        cuts.append(start)
    return cuts


def _quietest(rms: Floats, first: int, end: int) -> int:
    """Return the middle of the quietest 200 ms between two blocks."""
    power = np.convolve(np.square(rms[first:end]), np.ones(_DIP_BLOCKS), "valid")
    return first + int(np.argmin(power)) + _DIP_BLOCKS // 2


def _block_rms(audio: Floats) -> Floats:
    """Return the level of each 20 ms."""
    whole = len(audio) // _BLOCK_SAMPLES
    blocks = audio[: whole * _BLOCK_SAMPLES].reshape(whole, _BLOCK_SAMPLES)
    level: Floats = np.sqrt(np.mean(np.square(blocks), axis=1))
    return level
