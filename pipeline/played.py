"""What the other side plays, on the count of what comes from there: does it come back? Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.audio import echo
from pipeline.ingest import RATE_HZ

_KEPT_FRAMES = 200  # 4 s, for the detector may be late
_LOOK_BACK_SAMPLES = RATE_HZ  # an echo comes back within 0.8 s
_JOINED_SAMPLES = RATE_HZ * 6 // 100  # sound that is sent so little late is played without a gap
_STEP = RATE_HZ // echo.RATE_HZ
_ECHO_SHARE = 0.5


@dataclass(slots=True)
class _Frame:
    start_samples: int
    pcm: bytes
    rate_hz: int
    low: npt.NDArray[np.float32] | None = None  # once it was needed

    @property
    def end_samples(self) -> int:
        return self.start_samples + len(self.pcm) // 2 * RATE_HZ // self.rate_hz

    def lowered(self) -> npt.NDArray[np.float32]:
        if self.low is None:
            self.low = echo.lowered([self.pcm], self.rate_hz)
        return self.low


class Played:
    """The last seconds of what is played, silence between two answers included.

    An echo of a first syllable has silence before it; without that it would be like nothing that was played.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._frames: deque[_Frame] = deque(maxlen=_KEPT_FRAMES)

    def note(self, pcm: bytes, rate_hz: int, pos_samples: int) -> None:
        """Take what is sent now, while the caller's sample `pos_samples` comes in: it is played after what was sent."""
        end_samples = self._frames[-1].end_samples if self._frames else 0
        follows = pos_samples - end_samples < _JOINED_SAMPLES
        self._frames.append(_Frame(end_samples if follows else pos_samples, pcm, rate_hz))

    def drop(self, pos_samples: int) -> None:
        """The other side forgets what it has not played yet."""
        while self._frames and self._frames[-1].start_samples >= pos_samples:
            self._frames.pop()

    def lately(self, end_samples: int) -> bool:
        """Tell whether anything was played of which an echo may still come in before `end_samples`."""
        return bool(self._frames) and self._frames[-1].end_samples > end_samples - _LOOK_BACK_SAMPLES

    def echoes(self, heard: Sequence[bytes], end_samples: int) -> bool:
        """Tell whether `heard` (int16 at 16 kHz, up to `end_samples`) is what was played."""
        since = end_samples - _LOOK_BACK_SAMPLES
        played = np.zeros(_LOOK_BACK_SAMPLES // _STEP, np.float32)
        for frame in reversed(self._frames):
            if frame.end_samples <= since:
                break
            if frame.start_samples >= end_samples:
                continue
            at = (frame.start_samples - since) // _STEP
            low = frame.lowered()[max(0, -at) : len(played) - at]
            played[max(0, at) : max(0, at) + len(low)] = low
        return echo.echo_share(echo.lowered(heard, RATE_HZ), played) >= _ECHO_SHARE
