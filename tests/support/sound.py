"""Sound for tests that compare what was sent with what arrived."""

import io
import wave

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000


def noise(seconds: float, seed: int) -> bytes:
    """Syllable-like bursts of band-limited noise: nothing else correlates with it. 16 kHz mono int16."""
    count = round(seconds * RATE_HZ)
    white = np.random.default_rng(seed).standard_normal(count)
    smooth = np.convolve(white, np.ones(6) / 6, "same")
    envelope = 0.25 + 0.75 * np.abs(np.sin(np.linspace(0, 3.3 * np.pi * seconds, count)))
    return (np.clip(0.35 * smooth * envelope, -1, 1) * 32767).astype("<i2").tobytes()


def humming(seconds: float, seed: int) -> bytes:
    """Tones that wander, well above what a codec for speech filters out: it keeps their shape. 16 kHz mono int16."""
    count = round(seconds * RATE_HZ)
    at = np.arange(0, count + RATE_HZ, RATE_HZ // 5)
    random = np.random.default_rng(seed)
    pitch_hz = np.interp(np.arange(count), at, random.uniform(300, 700, len(at)))
    loudness = np.interp(np.arange(count), at, random.uniform(0.1, 0.3, len(at)))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    tones = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 7))
    return (np.clip(loudness * tones, -1, 1) * 32767).astype("<i2").tobytes()


def samples(pcm: bytes) -> npt.NDArray[np.float64]:
    """Int16 bytes as floats in [-1, 1]."""
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768


def wav_bytes(pcm: bytes) -> bytes:
    """`pcm` (16 kHz mono) as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(pcm)
    return file.getvalue()


def in_band(sound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What Opus for speech keeps the shape of: lower, it turns the phase; higher, it only keeps the colour."""
    spectrum, hz = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(hz < 500) | (hz > 3_000)] = 0
    return np.fft.irfft(spectrum, len(sound))


def likeness_through_opus(spoken: npt.NDArray[np.float64], heard: npt.NDArray[np.float64]) -> float:
    """How much of `spoken` is in `heard`, which a codec has changed, in [-1, 1]: the median over tenths of seconds."""
    needle, hay = in_band(spoken), in_band(heard)
    window = RATE_HZ // 10
    starts = range(0, len(needle) - window + 1, window)
    return float(np.median([_correlation(needle[start : start + window], hay) for start in starts]))


def likeness(needle: npt.NDArray[np.float64], hay: npt.NDArray[np.float64]) -> float:
    """How much of `needle` is in `hay`, in [-1, 1]: the median over its quarter seconds.

    A busy machine drops a few milliseconds now and then, which shifts the rest; short windows do not mind.
    """
    window = RATE_HZ // 4
    starts = range(0, len(needle) - window + 1, window)
    return float(np.median([_correlation(needle[start : start + window], hay) for start in starts]))


def _correlation(needle: npt.NDArray[np.float64], hay: npt.NDArray[np.float64]) -> float:
    """Best normalised correlation of `needle` anywhere in `hay`, in [-1, 1]; 0 where it does not fit."""
    if len(hay) < len(needle):
        return 0.0
    size = 1 << (len(hay) + len(needle)).bit_length()
    product = np.fft.irfft(np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle, size)), size)
    energy = np.concatenate(([0.0], np.cumsum(hay**2)))
    lags = len(hay) - len(needle) + 1
    local = energy[len(needle) :] - energy[:lags]
    norm = np.sqrt(np.maximum(local, 1e-6) * np.sum(needle**2))
    return float(np.max(product[:lags] / norm))
