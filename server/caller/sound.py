"""Sound of the caller: rates, WAV files, the quiet of a room. int16 mono throughout."""

import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kit.errors import InputError

Sound = npt.NDArray[np.int16]
"""Mono samples, int16."""

RATE_HZ = 16_000
"""The rate of the caller's microphone, speaker and recording."""

_HALF_TAPS = 24  # input samples on each side of an output sample
_BLOCK = 4096  # output samples at a time: bounds the memory of a long file


def resample(samples: Sound, from_hz: int, to_hz: int) -> Sound:
    """Change the rate of a whole recording; no delay, for files and not for live sound."""
    if from_hz == to_hz or not len(samples):
        return samples
    cutoff = min(1.0, to_hz / from_hz) * 0.95
    reach = int(np.ceil(_HALF_TAPS / cutoff))
    padded = np.concatenate((np.zeros(reach), samples.astype(np.float64), np.zeros(reach + 1)))
    count = len(samples) * to_hz // from_hz
    blocks = []
    for first in range(0, count, _BLOCK):
        place = np.arange(first, min(first + _BLOCK, count)) * (from_hz / to_hz)
        whole = place.astype(np.int64)
        offsets = np.arange(-reach + 1, reach + 1)
        distance = offsets[None, :] - (place - whole)[:, None]
        window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / reach, -1, 1))
        weights = cutoff * np.sinc(cutoff * distance) * window
        blocks.append((padded[whole[:, None] + offsets[None, :] + reach] * weights).sum(axis=1))
    changed: Sound = np.clip(np.rint(np.concatenate(blocks)), -32768, 32767).astype(np.int16)
    return changed


def read_wav(source: Path | bytes) -> Sound:
    """Read a 16-bit WAV file of any rate and any number of channels as 16 kHz mono.

    Raises:
        InputError: It is not there, or is not a 16-bit WAV file.
    """
    name = source if isinstance(source, Path) else "the recording"
    try:
        with wave.open(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as file:
            if file.getsampwidth() != 2:
                raise InputError(f"{name}: only WAV files of 16 bits a sample can be spoken", code="caller.bad_audio")
            rate_hz, channels = file.getframerate(), file.getnchannels()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise InputError(f"{name}: cannot be read as a WAV file: {error}", code="caller.bad_audio") from error
    samples = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], dtype="<i2").reshape(-1, channels)
    return resample(samples.mean(axis=1).astype(np.int16), rate_hz, RATE_HZ)


def write_stereo_wav(path: Path, left: Sound, right: Sound) -> None:
    """Write two channels of 16 kHz as one WAV file; the shorter one is filled up with silence."""
    frames = np.zeros((max(len(left), len(right)), 2), dtype="<i2")
    frames[: len(left), 0] = left
    frames[: len(right), 1] = right
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(frames.tobytes())


def read_stereo_wav(path: Path) -> tuple[Sound, Sound]:
    """Read back what `write_stereo_wav` wrote: `(caller, bot)`."""
    with wave.open(str(path)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    return frames[:, 0].astype(np.int16), frames[:, 1].astype(np.int16)


def room_noise(seconds: float, level_dbfs: float = -66.0) -> Sound:
    """Return the hiss of a quiet room; the same on every run, to be repeated without end."""
    noise = np.random.default_rng(7).standard_normal(round(seconds * RATE_HZ))
    return np.rint(noise * 32768 * 10 ** (level_dbfs / 20)).astype(np.int16)
