"""The way in: whatever a leg sends becomes 20 ms frames at 16 kHz."""

from pipeline.audio.resample import Resampler

RATE_HZ = 16_000
FRAME_SAMPLES = RATE_HZ // 50
FRAME_BYTES = 2 * FRAME_SAMPLES


class Ingest:
    """Resamples and cuts one caller's audio; media time is the count of samples given out."""

    def __init__(self, rate_hz: int) -> None:
        """Expect audio at `rate_hz`."""
        self.pos_samples = 0
        self._rest = bytearray()
        self.announce_rate(rate_hz)

    def announce_rate(self, rate_hz: int) -> None:
        """Expect another rate from now on."""
        self._resample = Resampler(rate_hz, RATE_HZ)

    def feed(self, pcm: bytes) -> list[bytes]:
        """Take any number of whole samples; return the frames that are now complete (640 bytes each)."""
        return self._cut(self._resample(pcm))

    def silence(self, frames: int) -> list[bytes]:
        """Stand in for audio that did not come; return that many frames."""
        return self._cut(bytes(frames * FRAME_BYTES))

    def _cut(self, pcm: bytes) -> list[bytes]:
        if not self._rest and len(pcm) == FRAME_BYTES:  # as most legs send it: nothing to cut
            self.pos_samples += FRAME_SAMPLES
            return [pcm]
        self._rest += pcm
        whole = len(self._rest) // FRAME_BYTES
        frames = [bytes(self._rest[i * FRAME_BYTES : (i + 1) * FRAME_BYTES]) for i in range(whole)]
        del self._rest[: whole * FRAME_BYTES]
        self.pos_samples += whole * FRAME_SAMPLES
        return frames
