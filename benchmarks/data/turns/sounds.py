"""Sounds that are no words, made from noise: a street, a keyboard, a door, a cough. Floats at 16 kHz, deterministic."""

import numpy as np
import numpy.typing as npt

from server.caller.sound import RATE_HZ

Floats = npt.NDArray[np.float64]


def hiss(seconds: float, seed: int) -> Floats:
    """White noise with an RMS of 1."""
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))


def shaped(noise: Floats, peaks: tuple[tuple[float, float, float], ...]) -> Floats:
    """Filter by a sum of bells over frequency, each `(centre_hz, width_hz, gain)`; no delay."""
    hz = np.fft.rfftfreq(len(noise), 1 / RATE_HZ)
    gain = sum(level * np.exp(-(((hz - centre) / width) ** 2)) for centre, width, level in peaks)
    return np.fft.irfft(np.fft.rfft(noise) * gain, len(noise))


def street(seconds: float, seed: int) -> Floats:
    """A rumble of engines under tyre noise; a car goes by about every four seconds."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rumble = shaped(hiss(seconds, seed), ((90, 80, 1.0), (300, 250, 0.3)))
    tyres = shaped(hiss(seconds, seed + 1), ((900, 700, 1.0), (2200, 1500, 0.4)))
    rng = np.random.default_rng(seed + 2)
    passing = np.full(len(time_s), 0.25)
    for centre_s in np.arange(rng.uniform(0, 4), seconds + 2, 4.0):
        passing += np.exp(-(((time_s - centre_s) / rng.uniform(0.5, 1.1)) ** 2))
    return _unit(_unit(rumble) + 0.8 * passing * _unit(tyres))


def keyboard(seconds: float, seed: int) -> Floats:
    """Someone types, four to nine keys a second: a press and a fainter release each."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE_HZ))
    at_s = 0.05
    while at_s < seconds - 0.15:
        for delay_s, level in ((0.0, rng.uniform(0.6, 1.0)), (rng.uniform(0.06, 0.1), rng.uniform(0.2, 0.4))):
            _add(out, at_s + delay_s, level * _knock(0.03, 0.006, ((2500, 1200, 1.0), (5000, 1500, 0.5)), rng))
        at_s += rng.uniform(0.11, 0.25)
    return _unit(out)


def door(seed: int) -> Floats:
    """A latch, then a door that falls shut, 0.6 s; peak 1."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(0.6 * RATE_HZ))
    _add(out, 0.02, 0.4 * _knock(0.05, 0.01, ((1800, 900, 1.0),), rng))
    _add(out, 0.12, _knock(0.45, 0.09, ((70, 50, 1.0), (190, 120, 0.6), (600, 500, 0.12)), rng))
    return _peak(out)


def cough(seed: int) -> Floats:
    """A burst and its voiced tail through the resonances of a throat, about 0.45 s; peak 1."""
    rng = np.random.default_rng(seed)
    burst = _knock(0.12, 0.035, ((550, 250, 1.0), (1400, 400, 0.8), (2700, 700, 0.5)), rng)
    tail_s = rng.uniform(0.22, 0.32)
    time_s = np.arange(round(tail_s * RATE_HZ)) / RATE_HZ
    pitch_hz = rng.uniform(140, 230) * (1 - 0.5 * time_s / tail_s)
    voice = np.sign(np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ)) * (0.6 + 0.4 * hiss(tail_s, seed + 1))
    tail = shaped(voice, ((650, 200, 1.0), (1300, 300, 0.6), (2600, 600, 0.3))) * np.exp(-time_s / (0.35 * tail_s))
    out = np.zeros(round((0.08 + tail_s) * RATE_HZ) + len(burst))
    _add(out, 0.0, _peak(burst))
    _add(out, 0.08, 0.5 * _peak(tail))
    return _peak(out)


def room(dry: Floats) -> Floats:
    """What of a loudspeaker comes back into a microphone: its band, and four reflections."""
    wet = shaped(dry, ((1100, 1300, 1.0),))
    out = np.zeros(len(wet) + RATE_HZ // 8)
    for delay_s, gain in ((0.0, 1.0), (0.013, 0.5), (0.031, 0.35), (0.054, 0.2), (0.095, 0.1)):
        _add(out, delay_s, gain * wet)
    return out


def _knock(
    seconds: float, decay_s: float, peaks: tuple[tuple[float, float, float], ...], rng: np.random.Generator
) -> Floats:
    noise = rng.standard_normal(round(seconds * RATE_HZ))
    fading = np.exp(-np.arange(len(noise)) / RATE_HZ / decay_s)
    return _peak(shaped(noise, peaks) * fading)


def _add(out: Floats, at_s: float, sound: Floats) -> None:
    first = round(at_s * RATE_HZ)
    fitting = sound[: max(0, len(out) - first)]
    out[first : first + len(fitting)] += fitting


def _peak(sound: Floats) -> Floats:
    return sound / max(float(np.abs(sound).max()), 1e-9)


def _unit(sound: Floats) -> Floats:
    return sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)
