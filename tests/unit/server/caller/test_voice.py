"""The names of voices."""

from pathlib import Path

import numpy as np
import pytest

from kit.errors import ConfigError, InputError
from server.caller.sound import write_stereo_wav
from server.caller.voice import Voice, VoiceSpec


def test_a_voice_may_have_a_speed() -> None:
    assert VoiceSpec.parse("en-us+f2") == VoiceSpec("en-us+f2", VoiceSpec().words_per_minute)
    assert VoiceSpec.parse("en-us+f2@140") == VoiceSpec("en-us+f2", 140)


@pytest.mark.parametrize("text", ["en@fast", "en@20", "en@"])
def test_a_speed_that_no_one_speaks_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="80 to 300"):
        VoiceSpec.parse(text)


def test_a_file_is_played_instead_of_being_read_aloud(tmp_path: Path) -> None:
    sound = np.arange(1600, dtype=np.int16)
    write_stereo_wav(tmp_path / "hi.wav", sound, sound)
    assert np.array_equal(Voice(VoiceSpec("none")).sound_of(str(tmp_path / "hi.wav")), sound)


def test_a_voice_without_its_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="apt-get install espeak-ng"):
        Voice(VoiceSpec("en-us+m3")).sound_of("Hi")


def test_a_line_without_words_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to say"):
        Voice(VoiceSpec("deep")).sound_of("…")
