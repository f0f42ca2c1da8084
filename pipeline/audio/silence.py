"""Silence around synthesised speech, cut while it streams."""

import numpy as np

_BLOCK_S = 0.005
_AUDIBLE = 131  # of 32768, -48 dBFS: above the noise of any voice, below its softest consonant
_LEAD_S = 0.01  # kept before the first sound: a soft onset
_TAIL_S = 0.15  # kept after the last
_HELD_S = 1.0  # silence held back until it is known whether more follows; a longer pause is passed on


def onset_samples(pcm: bytes) -> int:
    """Return where the first audible sample of int16 mono is; the length where all is silent."""
    samples = np.frombuffer(pcm, "<i2").astype(np.int32)
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    return int(audible[0]) if len(audible) else len(samples)


class SilenceTrimmer:
    """Takes int16 mono in pieces of any size; gives it back without silence at its beginning and little at its end.

    A pause in the middle stays as long as it was. Nothing that sounds is held back longer than 5 ms.
    """

    def __init__(self, rate_hz: int) -> None:
        """Start before the first sample."""
        self._rate_hz = rate_hz
        self._block = 2 * max(1, int(rate_hz * _BLOCK_S))
        self._lead, self._tail, self._hold = (2 * int(rate_hz * each) for each in (_LEAD_S, _TAIL_S, _HELD_S))
        self._rest = b""  # less than a block
        self._held = b""  # silence: before the first sound its last bit, later what exceeds the tail
        self._quiet = 0  # bytes of silence passed on since the last sound
        self._dropped = 0
        self.started = False

    @property
    def cut_s(self) -> float:
        """How much was cut at the beginning; final once `started`."""
        return self._dropped / 2 / self._rate_hz

    def feed(self, pcm: bytes) -> bytes:
        """Return what can be played now."""
        data = self._rest + pcm
        whole = len(data) // self._block
        data, self._rest = data[: whole * self._block], data[whole * self._block :]
        if not whole:
            return b""
        blocks = np.frombuffer(data, "<i2").astype(np.int32).reshape(whole, -1)
        loud = np.flatnonzero(np.abs(blocks).max(axis=1) > _AUDIBLE)
        return self._pass_on(data, int(loud[0]) if len(loud) else None, int(loud[-1]) + 1 if len(loud) else 0)

    def finish(self) -> bytes:
        """Return what is still to be played, now that nothing follows."""
        rest = self._rest[: len(self._rest) // 2 * 2]
        self._rest = b""
        if len(rest) and np.abs(np.frombuffer(rest, "<i2").astype(np.int32)).max() > _AUDIBLE:
            out, self._held, self.started = self._held + rest, b"", True
            return out
        self._held = b""
        return b""

    def _pass_on(self, data: bytes, first: int | None, sounding: int) -> bytes:
        if not self.started:
            if first is None:
                self._wait(data)
                return b""
            self._wait(data[: first * self._block])
            data, sounding, self.started = data[first * self._block :], sounding - first, True
        end = sounding * self._block
        out = b""
        if end:
            out, self._held, self._quiet = self._held + data[:end], b"", 0
        return out + self._hold_back(data[end:])

    def _wait(self, silence: bytes) -> None:
        """Keep the last bit of the silence before the first sound."""
        silence = self._held + silence
        kept = silence[max(0, len(silence) - self._lead) :]
        self._dropped += len(silence) - len(kept)
        self._held = kept

    def _hold_back(self, silence: bytes) -> bytes:
        """Pass on the tail, hold what exceeds it, and let go of what has been held too long."""
        silence = self._held + silence
        now = max(min(self._tail - self._quiet, len(silence)), len(silence) - self._hold, 0)
        self._quiet += now
        self._held = silence[now:]
        return silence[:now]
