"""Recorded speech, and what the telephone makes of it."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from providers.embedded.samples import from_pcm, to_pcm

FOLDER = Path(__file__).parent.parent / "data" / "audio"
RATE_HZ = 16_000
Floats = npt.NDArray[np.float32]

WORDS = {
    "jfk": "and so my fellow americans ask not what your country can do for you ask what you can do for your country",
    "goforward": "go forward ten meters",
    "pae_quick_brown_fox": "the quick brown fox jumps over the lazy dog",
    "pae_hello_world": "hello world",
    "libri_0930": "he might even have been made amiable himself",
    "cards_002": "four queen of clubs",
    "tidigits_2934z": "two nine three four zero",
    "phon_sf3_cln": "cottage cheese with chives is delicious",
    "ast16_vm-next": "press six to play the next message",
    "ast8_vm-next": "press six to play the next message",
    "ast16_vm-msgsaved": "your message has been saved",
    "ast8_vm-msgsaved": "your message has been saved",
    "ast8_conf-onlyperson": "you are currently the only person in this conference",
}


def recording(name: str) -> bytes:
    """Return 16 kHz int16 mono."""
    with wave.open(str(FOLDER / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        pcm: bytes = file.readframes(file.getnframes())
    return pcm


def telephone(pcm: bytes) -> bytes:
    """Return it as a telephone passes it: 300 to 3400 Hz, with the rounding of 8-bit µ-law, at 16 kHz again."""
    audio = from_pcm(pcm)
    spectrum = np.fft.rfft(audio)
    hz = np.fft.rfftfreq(len(audio), 1 / RATE_HZ)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    narrow = np.fft.irfft(spectrum, len(audio))
    code = np.round(np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    return to_pcm((np.sign(narrow) * np.expm1(code * np.log(256)) / 255).astype(np.float32))


def resampled(audio: Floats, from_hz: int, to_hz: int) -> Floats:
    """Return a whole recording at another rate, by its spectrum."""
    samples = len(audio) * to_hz // from_hz
    bins = min(samples, len(audio)) // 2 + 1
    spectrum = np.zeros(samples // 2 + 1, np.complex128)
    spectrum[:bins] = np.fft.rfft(audio)[:bins]
    return (np.fft.irfft(spectrum, samples) * (samples / len(audio))).astype(np.float32)
