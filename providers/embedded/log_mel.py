"""Log-mel features as Whisper and smart-turn were trained on.

Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), §2.2: 80 mel channels,
25 ms Hann windows every 10 ms; mel scale and area normalisation after Slaney's Auditory Toolbox (1998).
"""

import functools

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
HOP_SAMPLES = 160
CHANNELS = 80
_WINDOW_SAMPLES = 400
_FLOOR = 1e-10
_RANGE_DECADES = 8.0
# Slaney's scale: linear to 1 kHz (15 mel), then 27 steps for each factor of 6.4
_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0

Floats = npt.NDArray[np.float32]


def log_mel(audio: Floats, total_samples: int) -> Floats:
    """Return the features of `audio` followed by silence up to `total_samples`.

    Args:
        audio: Mono at 16 kHz, at most `total_samples` long.
        total_samples: A multiple of 160. The silent rest costs nothing: its value is known.

    Returns:
        Shape `(80, total_samples // 160)`.
    """
    assert len(audio) <= total_samples
    frames = total_samples // HOP_SAMPLES
    sounding = min(total_samples, len(audio) + _WINDOW_SAMPLES)
    half = _WINDOW_SAMPLES // 2
    padded = np.pad(np.pad(audio, (0, sounding - len(audio))), half, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::HOP_SAMPLES][:frames]
    spectrum = np.fft.rfft(windows * _hann(), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    features = np.full((CHANNELS, frames), np.log10(_FLOOR), np.float32)
    features[:, : len(power)] = np.log10(np.maximum(_filters() @ power.T, _FLOOR))
    np.maximum(features, features.max() - _RANGE_DECADES, out=features)
    return (features + 4.0) / 4.0


@functools.cache
def _hann() -> Floats:
    return np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


@functools.cache
def _filters() -> Floats:
    """Triangles between neighbouring points of the mel scale, each of area one; shape (80, 201)."""
    top_mel = _BREAK_MEL + np.log(RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP
    edges_hz = _mel_to_hz(np.linspace(0.0, top_mel, CHANNELS + 2))
    bins_hz = np.linspace(0.0, RATE_HZ / 2, _WINDOW_SAMPLES // 2 + 1)
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (high - low)
    return triangles.astype(np.float32)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ_PER_MEL, above)
