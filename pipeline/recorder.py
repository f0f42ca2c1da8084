"""A call as a stereo WAV: the caller left, the bot right, both where they were on the call's clock."""

import struct
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.audio.resample import Resampler
from pipeline.ingest import RATE_HZ

PAUSE, RESUME = "recording.pause", "recording.resume"
_SETTLED_S = 2.0  # nothing is written into the past any more
_BLOCK_S = 2.0


_HEADER_BYTES = 44
_SIZES = ((4, 8), (40, _HEADER_BYTES))  # where a WAV file says how much follows, and from where on that counts


def mend(path: Path) -> bool:
    """Make a recording whole whose process died: its header says how long it is. False if there is no sound in it.

    Raises:
        FileNotFoundError: There is none.
    """
    size = path.stat().st_size
    if size <= _HEADER_BYTES:
        return False
    with path.open("r+b") as file:
        for at, since in _SIZES:
            file.seek(at)
            file.write(struct.pack("<L", size - since))
    return True


class Recorder:
    """Fills a `pipeline.ports.CallObserver`; keeps a few seconds in memory and the rest on disk.

    The file gets its name when it is whole: until then it ends in `.part`. What is said while it is paused is silence
    of the same length, so that the rest stays where it was on the call's clock.
    """

    def __init__(self, path: Path, in_order: Callable[[Callable[[], None]], None]) -> None:
        """Write to `path` through `in_order`, which runs what it is given off the event loop, one after the other."""
        self._paused = False
        self._path = path
        self._part = path.with_suffix(".part")
        self._in_order = in_order
        self._lanes = np.zeros((int((_SETTLED_S + 4 * _BLOCK_S) * RATE_HZ), 2), np.int16)
        self._start = 0  # position of the first row of `_lanes`
        self._end = 0
        self._resampler: Resampler | None = None
        self._bot_rate_hz = RATE_HZ
        self._file: wave.Wave_write | None = None
        self._closed = False
        in_order(self._open)

    def heard(self, pcm: bytes, at_s: float) -> None:
        """Take caller audio at 16 kHz."""
        self._put(0, pcm, at_s)

    def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None:
        """Take bot audio."""
        if self._resampler is None or rate_hz != self._bot_rate_hz:
            self._resampler, self._bot_rate_hz = Resampler(rate_hz, RATE_HZ), rate_hz
        self._put(1, self._resampler(pcm), at_s)

    def emitted(self, name: str) -> None:
        """Pause and go on as the flow says (`recording.pause`, `recording.resume`)."""
        if name in (PAUSE, RESUME):
            self._paused = name == PAUSE

    def closed(self) -> None:
        """Write the rest and give the file its name; may be called twice."""
        if self._closed:
            return
        self._closed = True
        rest = self._lanes[: self._end - self._start].copy()
        self._in_order(lambda: self._write(rest))
        self._in_order(self._finish)

    def _put(self, lane: int, pcm: bytes, at_s: float) -> None:
        if self._closed:
            return
        samples = np.frombuffer(bytes(len(pcm)) if self._paused else pcm, np.int16)
        first = max(int(at_s * RATE_HZ), self._start)
        last = first + len(samples)
        while last - self._start > len(self._lanes):
            self._shift(min(int(_BLOCK_S * RATE_HZ), len(self._lanes)))
            first = max(first, self._start)
        room = last - first
        self._lanes[first - self._start : last - self._start, lane] = samples[len(samples) - room :]
        self._end = max(self._end, last)
        if self._end - self._start > int((_SETTLED_S + _BLOCK_S) * RATE_HZ):
            self._shift(int(_BLOCK_S * RATE_HZ))

    def _shift(self, rows: int) -> None:
        block = self._lanes[:rows].copy()
        self._lanes[:-rows] = self._lanes[rows:]
        self._lanes[-rows:] = 0
        self._start += rows
        self._in_order(lambda: self._write(block))

    # --- off the loop, in order ---------------------------------------------------------------------------------
    def _open(self) -> None:
        self._part.parent.mkdir(parents=True, exist_ok=True)
        self._file = wave.open(str(self._part), "wb")  # noqa: SIM115  open for the length of the call
        self._file.setnchannels(2)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)

    def _write(self, rows: np.ndarray) -> None:
        if self._file is not None:
            self._file.writeframesraw(rows.astype("<i2").tobytes())

    def _finish(self) -> None:
        if self._file is not None:
            self._file.close()
            self._part.replace(self._path)
