"""The caller's voice: lines of text or audio files in, sound at 16 kHz out.

Two sources. The embedded voice, moved in pitch and formants so that it is not the bot's: on every machine, and clear on
the telephone. espeak-ng, where it is installed: many voices, machine-like, hard to understand on the telephone.
"""

import functools
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kit.errors import ConfigError, InputError
from server.caller.sound import RATE_HZ, Sound, read_wav, resample

_TIMEOUT_S = 20.0
_USUAL_WORDS_PER_MINUTE = 150
_LEVEL = 1.8  # the embedded voice is quiet; this is 5 dB
_SEED = 1

MOVED_VOICES = {"deep": 0.84, "low": 0.9, "bright": 1.12}
"""Embedded voices by name: the factor by which pitch and formants are moved."""


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """One of `MOVED_VOICES` or an espeak-ng voice such as `en-us+m3`, and its speed in words a minute."""

    name: str = "deep"
    words_per_minute: int = _USUAL_WORDS_PER_MINUTE

    @classmethod
    def parse(cls, text: str) -> "VoiceSpec":
        """Read `NAME` or `NAME@SPEED`, such as `en-us+f2@140`.

        Raises:
            InputError: The speed is no number between 80 and 300.
        """
        name, at, speed = text.partition("@")
        if not at:
            return cls(name)
        if not speed.isdecimal() or not 80 <= int(speed) <= 300:
            raise InputError(f"voice {text!r}: the speed must be 80 to 300 words a minute", code="caller.bad_voice")
        return cls(name, int(speed))


class Voice:
    """Speak lines; each is made once."""

    def __init__(self, spec: VoiceSpec) -> None:
        """Speak with `spec`; nothing is loaded or started yet."""
        self.spec = spec
        self._made: dict[str, Sound] = {}

    def sound_of(self, line: str) -> Sound:
        """Return `line` spoken, or the sound of the file if it ends in `.wav`; int16 mono at 16 kHz.

        Raises:
            ConfigError: espeak-ng is needed and not installed.
            InputError: The voice is unknown, the line cannot be spoken, or the file cannot be read.
        """
        if line not in self._made:
            self._made[line] = self._make(line)
        return self._made[line]

    def _make(self, line: str) -> Sound:
        if line.lower().endswith(".wav"):
            return read_wav(Path(line))
        if self.spec.name in MOVED_VOICES:
            return _moved(line, self.spec)
        return _espeak(line, self.spec)


@functools.cache
def _engine() -> Callable[..., np.ndarray[tuple[int], np.dtype[np.float32]]]:
    # loaded only by callers that speak with it: the models' runtime costs a second
    from hibari import Hibari

    from providers.embedded.weights import HIBARI

    engine: Callable[..., np.ndarray[tuple[int], np.dtype[np.float32]]] = Hibari(
        voice="heart", model=str(HIBARI.locate()), threads=1
    )
    return engine


def _moved(text: str, spec: VoiceSpec) -> Sound:
    """Speak faster or slower, and play slower or faster: the pace stays, the voice is another's."""
    if not any(character.isalnum() for character in text):
        raise InputError(f"{text!r} has nothing to say aloud", code="caller.bad_voice")
    factor = MOVED_VOICES[spec.name]
    audio = _engine()(text, speed=spec.words_per_minute / _USUAL_WORDS_PER_MINUTE / factor, seed=_SEED)
    pcm = np.clip(np.rint(audio * (_LEVEL * 32768)), -32768, 32767).astype(np.int16)
    return resample(pcm, round(24_000 * factor), RATE_HZ)


def _espeak(text: str, spec: VoiceSpec) -> Sound:
    program = shutil.which("espeak-ng")
    if program is None:
        raise ConfigError(
            f"voice {spec.name!r} needs espeak-ng, which is not installed. Fix: `apt-get install espeak-ng` (Debian, "
            f"Ubuntu), `brew install espeak-ng` (macOS), or an embedded voice: {', '.join(MOVED_VOICES)}",
            code="caller.no_voice",
        )
    command = [program, "-v", spec.name, "-s", str(spec.words_per_minute), "--stdin", "--stdout"]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_TIMEOUT_S, check=True)
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise InputError(
            f"espeak-ng cannot speak with voice {spec.name!r}: {reason}", code="caller.bad_voice"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"espeak-ng did not finish within {_TIMEOUT_S:.0f} s", code="caller.bad_voice") from error
    if not done.stdout:
        raise InputError(f"espeak-ng gave no sound for voice {spec.name!r}", code="caller.bad_voice")
    return read_wav(done.stdout)
