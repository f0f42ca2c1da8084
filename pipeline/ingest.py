"""The way in: whatever a leg sends becomes 20 ms frames at 16 kHz; a telephone's are kept as they came besides."""

from typing import NamedTuple

from pipeline.audio.resample import Resampler

RATE_HZ = 16_000
FRAME_SAMPLES = RATE_HZ // 50
FRAME_BYTES = 2 * FRAME_SAMPLES
LINE_RATE_HZ = 8000  # of telephones; what recognisers that know it are given without conversion
_LINE_BYTES = 2 * LINE_RATE_HZ // 50


class Sound(NamedTuple):
    """20 ms of a caller.

    Attributes:
        pcm: At 16 kHz.
        line: At 8 kHz, as it came; None where it came at another rate.
    """

    pcm: bytes
    line: bytes | None = None


class Ingest:
    """Resamples and cuts one caller's audio; media time is the count of samples given out.

    Attributes:
        rate_hz: Of what the leg sends.
    """

    def __init__(self, rate_hz: int) -> None:
        """Expect audio at `rate_hz`."""
        self.pos_samples = 0
        self._rest = bytearray()
        self.announce_rate(rate_hz)

    def announce_rate(self, rate_hz: int) -> None:
        """Expect another rate from now on."""
        self.rate_hz = rate_hz
        self._resample = Resampler(rate_hz, RATE_HZ)
        self._rest.clear()  # less than 20 ms, at another rate

    def feed(self, pcm: bytes) -> list[Sound]:
        """Take any number of whole samples; return the frames that are now complete."""
        if self.rate_hz == LINE_RATE_HZ:
            return [Sound(self._resample(line), line) for line in self._cut(pcm, _LINE_BYTES)]
        return [Sound(frame) for frame in self._cut(self._resample(pcm), FRAME_BYTES)]

    def silence(self, frames: int) -> list[Sound]:
        """Stand in for audio that did not come; return that many frames."""
        if self.rate_hz == LINE_RATE_HZ:
            return self.feed(bytes(frames * _LINE_BYTES))
        return [Sound(frame) for frame in self._cut(bytes(frames * FRAME_BYTES), FRAME_BYTES)]

    def _cut(self, pcm: bytes, frame_bytes: int) -> list[bytes]:
        if not self._rest and len(pcm) == frame_bytes:  # as most legs send it: nothing to cut
            self.pos_samples += FRAME_SAMPLES
            return [pcm]
        self._rest += pcm
        whole = len(self._rest) // frame_bytes
        frames = [bytes(self._rest[i * frame_bytes : (i + 1) * frame_bytes]) for i in range(whole)]
        del self._rest[: whole * frame_bytes]
        self.pos_samples += whole * FRAME_SAMPLES
        return frames
