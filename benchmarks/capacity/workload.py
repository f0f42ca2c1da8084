"""What callers say and bots answer: the same for all who are measured. Standard library and numpy only.

A caller speaks for 2 s (a recording with a pause in it) and is quiet for 6 s; a bot answers at once with two sentences
of 2 s. That makes two to three times as many turns as real calls have.
"""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

RECORDINGS = Path(__file__).parents[2] / "tests" / "data" / "audio"
FRAME_S = 0.02
ANSWER = ("Sure, I can help you with that.", "Which time do you prefer?")
WORDS = "book me a table for two"
_SPEECH_S, _QUIET_S = 2.0, 6.0
_SENTENCE_S = 2.0
_NOISE_RMS = 60  # of a quiet room


def caller_cycle(rate_hz: int) -> list[npt.NDArray[np.int16]]:
    """Return the 20 ms frames that a caller sends round and round."""
    speech = recording("jfk.wav", _SPEECH_S, rate_hz)
    noise = np.random.default_rng(1).normal(0, _NOISE_RMS, int(_QUIET_S * rate_hz)).astype(np.int16)
    sound = np.concatenate((speech, noise))
    size = int(FRAME_S * rate_hz)
    return [sound[start : start + size] for start in range(0, len(sound) - size + 1, size)]


def sentence(rate_hz: int) -> bytes:
    """Return the sound of any sentence of a bot, int16."""
    return recording("pae_quick_brown_fox.wav", _SENTENCE_S, rate_hz).tobytes()


def recording(name: str, seconds: float, rate_hz: int) -> npt.NDArray[np.int16]:
    """Return the beginning of a recording at `rate_hz`: 8000, or the rate of the file."""
    with wave.open(str(RECORDINGS / name)) as file:
        step, rest = divmod(file.getframerate(), rate_hz)
        assert not rest, f"{name} has {file.getframerate()} Hz"
        sound = np.frombuffer(file.readframes(int(seconds * file.getframerate())), np.int16)
    if step > 1:  # the mean is a poor filter, and good enough for a load
        sound = sound[: len(sound) // step * step].reshape(-1, step).mean(axis=1).astype(np.int16)
    return np.resize(sound, int(seconds * rate_hz))
