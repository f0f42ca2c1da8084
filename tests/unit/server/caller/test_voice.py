"""The names of voices."""

import pytest

from kit.errors import InputError
from server.caller.voice import VoiceSpec


def test_a_voice_may_have_a_speed() -> None:
    assert VoiceSpec.parse("en-us+f2") == VoiceSpec("en-us+f2", VoiceSpec().words_per_minute)
    assert VoiceSpec.parse("en-us+f2@140") == VoiceSpec("en-us+f2", 140)


@pytest.mark.parametrize("text", ["en@fast", "en@20", "en@"])
def test_a_speed_that_no_one_speaks_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="80 to 300"):
        VoiceSpec.parse(text)
