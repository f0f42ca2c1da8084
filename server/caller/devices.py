"""The caller's microphone and speaker, both on one line of time: the samples since the call began."""

import itertools

import numpy as np

from server.caller.sound import RATE_HZ, Sound, room_noise
from telephony.band import LINE_RATE_HZ, FromLine, PhoneLine, ToLine

FRAME_S = 0.02
"""The length of a frame of the microphone."""

FRAME_SAMPLES = round(FRAME_S * RATE_HZ)
_NOISE_S = 3.0
_LATELY = 100  # parts, of 20 ms each as a rule


class Microphone:
    """Give frames without end: what is being said over the noise of a room."""

    def __init__(self, *, telephone: bool) -> None:
        """With `telephone`, speak through a phone line and give frames at 8 kHz."""
        self.rate_hz = LINE_RATE_HZ if telephone else RATE_HZ
        self._line = (ToLine(RATE_HZ), FromLine(RATE_HZ)) if telephone else None
        self._noise = itertools.cycle(room_noise(_NOISE_S).reshape(-1, FRAME_SAMPLES))
        self._rest: Sound = np.zeros(0, dtype=np.int16)
        self._recorded: list[Sound] = []

    @property
    def now_samples(self) -> int:
        """Where the next frame begins."""
        return len(self._recorded) * FRAME_SAMPLES

    @property
    def speaking(self) -> bool:
        """Whether something is still to be said."""
        return len(self._rest) > 0

    def say(self, sound: Sound) -> None:
        """Begin `sound` with the next frame; what was being said is broken off."""
        self._rest = sound

    def next_frame(self) -> bytes:
        """Return the next 20 ms as PCM at `rate_hz`, and record them."""
        frame = next(self._noise).copy()
        said, self._rest = self._rest[:FRAME_SAMPLES], self._rest[FRAME_SAMPLES:]
        frame[: len(said)] = np.clip(frame[: len(said)].astype(np.int32) + said, -32768, 32767)
        if self._line is None:
            self._recorded.append(frame)
            return frame.astype("<i2").tobytes()
        to_line, from_line = self._line
        coded = to_line.run(frame)
        self._recorded.append(from_line.run(coded))
        return FromLine(LINE_RATE_HZ).run(coded).astype("<i2").tobytes()

    def recording(self) -> Sound:
        """Return all frames so far, at 16 kHz."""
        return np.concatenate(self._recorded) if self._recorded else np.zeros(0, dtype=np.int16)


class Speaker:
    """Play what arrives, in order and in real time, and remember when each sample was heard."""

    def __init__(self, *, telephone: bool) -> None:
        """With `telephone`, the sound comes through a phone line."""
        self._line = PhoneLine(RATE_HZ) if telephone else None
        self._parts: list[tuple[int, Sound]] = []
        self._end_samples = 0

    def play(self, pcm: bytes, now_samples: int) -> None:
        """Queue `pcm` (16 kHz) behind what is playing; with nothing playing it is heard at once."""
        sound = np.frombuffer(pcm, dtype="<i2").astype(np.int16)
        if self._line is not None:
            sound = self._line.run(sound)
        start = max(self._end_samples, now_samples)
        self._parts.append((start, sound))
        self._end_samples = start + len(sound)

    def flush(self, now_samples: int) -> None:
        """Drop what has not been heard at `now_samples`."""
        self._parts = [(start, sound[: now_samples - start]) for start, sound in self._parts if start < now_samples]
        self._end_samples = min(self._end_samples, now_samples)

    def audible(self, now_samples: int) -> bool:
        """Return whether something is being heard at `now_samples`, or still to be."""
        return self._end_samples > now_samples

    def between(self, start_samples: int, count: int) -> Sound:
        """Return what was heard in `count` samples from `start_samples` on, which must be of late."""
        heard = np.zeros(count, dtype=np.int16)
        for start, sound in self._parts[-_LATELY:]:
            first, last = max(start, start_samples), min(start + len(sound), start_samples + count)
            if first < last:
                heard[first - start_samples : last - start_samples] = sound[first - start : last - start]
        return heard

    def recording(self) -> Sound:
        """Return what was heard, with the silences between, at 16 kHz."""
        track = np.zeros(self._end_samples, dtype=np.int16)
        for start, sound in self._parts:
            track[start : start + len(sound)] = sound
        return track
