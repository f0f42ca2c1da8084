import numpy as np
import pytest

from telephony.tones import RATE_HZ, ToneState, listen

Part = tuple[float, float]  # Hz (0: silence) and seconds


def sound(*parts: Part, noise: float = 0.0) -> bytes:
    chance = np.random.default_rng(1)
    pieces = []
    for hz, seconds in parts:
        time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
        pieces.append(0.3 * np.sin(2 * np.pi * hz * time_s) if hz else np.zeros(len(time_s)))
    samples = np.concatenate(pieces)
    return (
        ((samples + noise * chance.standard_normal(len(samples))) * 32767).clip(-32768, 32767).astype("<i2").tobytes()
    )


def heard(pcm: bytes) -> list[str]:
    state, kinds = ToneState(), list[str]()
    for start in range(0, len(pcm) - 319, 320):
        state, tone = listen(state, pcm[start : start + 320])
        kinds += [tone.kind] if tone is not None else []
    return kinds


@pytest.mark.parametrize("hz", [420, 800, 1000, 1400, 1950])
@pytest.mark.parametrize("seconds", [0.2, 0.307, 0.5, 1.4])
def test_a_steady_tone_and_then_silence_is_a_beep(hz: float, seconds: float) -> None:
    assert heard(sound((0, 0.3), (hz, seconds), (0, 0.3))) == ["beep"]
    assert heard(sound((0, 0.3), (hz, seconds), (0, 0.3), noise=0.001)) == ["beep"]


@pytest.mark.parametrize(
    "parts",
    [
        ((1000, 0.08), (0, 0.5)),
        ((1000, 2.0), (0, 0.5)),
        ((300, 0.5), (0, 0.5)),
        ((2500, 0.5), (0, 0.5)),
        ((1000, 0.5),),
        ((0, 2.0),),
    ],
)
def test_what_is_too_short_too_long_too_low_too_high_or_not_over_is_none(parts: tuple[Part, ...]) -> None:
    assert heard(sound(*parts)) == []


def test_speech_like_sound_is_no_tone() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    pitch = 120 + 20 * np.sin(2 * np.pi * 3 * time_s)
    voice = sum(np.sin(2 * np.pi * np.cumsum(pitch * number) / RATE_HZ) / number for number in range(1, 20))
    pcm = (0.1 * np.asarray(voice) * 32767).astype("<i2").tobytes() + sound((0, 0.5))
    assert heard(pcm) == []
    assert heard(sound((0, 1.0), noise=0.1) + sound((0, 0.3))) == []
    keys = 0.2 * (np.sin(2 * np.pi * 770 * time_s) + np.sin(2 * np.pi * 1336 * time_s))
    assert heard((keys[:4000] * 32767).astype("<i2").tobytes() + sound((0, 0.3))) == [], "a telephone key is two tones"


def test_a_fax_that_answers_is_known_within_a_second_and_told_once() -> None:
    assert heard(sound((2100, 3.0), (0, 0.5), (2100, 3.0))) == ["fax"]


def test_a_fax_that_calls_is_known_by_its_second_tone() -> None:
    assert heard(sound((1100, 0.5), (0, 3.0), (1100, 0.5), (0, 0.5))) == ["beep", "fax"]


def test_three_rising_tones_are_a_number_out_of_service() -> None:
    parts = ((950, 0.33), (1400, 0.33), (1780, 0.33), (0, 0.5))
    assert heard(sound(*parts)) == ["out_of_service"]
    assert heard(sound(*parts[::-1], (0, 0.3))) == ["beep"], "in that order only"
