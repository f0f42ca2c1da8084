"""The caller's voice: lines of text or audio files in, sound at 16 kHz out. espeak-ng speaks the texts."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kit.errors import ConfigError, InputError
from server.caller.sound import Sound, read_wav

_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """An espeak-ng voice such as `en-us+m3`, and its speed in words a minute."""

    name: str = "en-us+m3"
    words_per_minute: int = 150

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
        """Speak with `spec`; nothing is started yet."""
        self._spec = spec
        self._made: dict[str, Sound] = {}

    def sound_of(self, line: str) -> Sound:
        """Return `line` spoken, or the sound of the file if it ends in `.wav`; int16 mono at 16 kHz.

        Raises:
            ConfigError: espeak-ng is not installed.
            InputError: The voice is unknown, the line cannot be spoken, or the file cannot be read.
        """
        if line not in self._made:
            self._made[line] = read_wav(Path(line)) if line.lower().endswith(".wav") else _espeak(line, self._spec)
        return self._made[line]


def _espeak(text: str, spec: VoiceSpec) -> Sound:
    program = shutil.which("espeak-ng")
    if program is None:
        raise ConfigError(
            "espeak-ng, the caller's voice, is not installed. Fix: `apt-get install espeak-ng` (Debian, Ubuntu), "
            "`brew install espeak-ng` (macOS), or speak recordings with --audio",
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
