import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ports import SttResult
from providers.embedded.agreement import disagreement, ends_with, word_count
from providers.embedded.log_mel import log_mel
from providers.embedded.loudness import raise_level, trim
from providers.embedded.moonshine import parse_pieces
from providers.embedded.samples import from_pcm, to_pcm
from providers.embedded.turn_audio import TurnAudio, is_silent, pause_in
from providers.embedded.whisper import Reading

RATE_HZ = 16_000


def sound(seconds: float, level: float = 0.2) -> bytes:
    noise = np.random.default_rng(1).uniform(-level, level, round(seconds * RATE_HZ))
    return to_pcm(noise.astype(np.float32))


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE_HZ))


# --- agreement ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("29340", "Two, nine, three, four, zero."),
        ("Go forward 10 meters.", "go forward ten meters"),
        ("I'm here.", "i’m here"),
        ("Re-do it!", "re do it"),
    ],
)
def test_readings_that_differ_only_in_spelling_agree(one: str, other: str) -> None:
    assert disagreement(one, other) == 0.0


def test_disagreement_is_the_share_of_other_words() -> None:
    assert disagreement("call me on monday", "call me on tuesday") == 0.25
    assert disagreement("yes", "no") == 1.0
    assert word_count("call 555") == 4


def test_an_ending_is_recognised_though_a_word_differs() -> None:
    assert ends_with("ask what you can do. The fox jumps", "the box jumps")
    assert ends_with("yes", "")
    assert not ends_with("ask what you can do", "the fox jumps")


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert 0.0 <= disagreement(one, other) <= 1.0


# --- whisper's own doubt --------------------------------------------------------------------------------------------
def test_confidence_falls_below_a_half_where_noise_begins_to_score() -> None:
    assert Reading("x", -0.3, 0.0).confidence > 0.85
    assert Reading("x", -0.89, 0.0).confidence > 0.5
    assert Reading("x", -0.91, 0.0).confidence < 0.5
    assert Reading("x", -2.0, 0.0).confidence < 0.05


def test_noise_needs_both_signs() -> None:
    assert Reading("You", -2.0, 0.9).is_noise
    assert not Reading("29340", -1.5, 0.1).is_noise
    assert not Reading("yes", -0.4, 0.9).is_noise


# --- the sound of a turn --------------------------------------------------------------------------------------------
def test_under_100_ms_and_near_silence_are_nothing_to_read() -> None:
    assert is_silent(from_pcm(sound(0.09)))
    assert is_silent(from_pcm(sound(1.0, level=0.001)))
    assert not is_silent(from_pcm(sound(0.2)))
    assert not is_silent(from_pcm(sound(1.0, level=0.01)))


def test_a_long_turn_is_cut_where_it_is_quietest() -> None:
    turn = TurnAudio()
    turn.feed(sound(9) + silence(0.4) + sound(9))
    first, second = turn.pieces()
    assert 9.0 <= len(first) / RATE_HZ <= 9.4
    assert len(first) + len(second) == round(18.4 * RATE_HZ)


@given(st.floats(0, 60))
def test_no_piece_is_longer_than_14_s_and_none_is_lost(seconds: float) -> None:
    turn = TurnAudio()
    turn.feed(sound(seconds))
    pieces = turn.pieces()
    assert max(len(piece) for piece in pieces) <= 14.1 * RATE_HZ
    assert sum(len(piece) for piece in pieces) == round(seconds * RATE_HZ)


def test_what_is_frozen_is_frozen_once() -> None:
    turn = TurnAudio()
    turn.feed(sound(2))
    turn.partial = (100, "old")
    turn.freeze(0, RATE_HZ, SttResult("one"))
    turn.freeze(0, RATE_HZ, SttResult("one"))
    assert turn.frozen == (SttResult("one"),)
    assert turn.partial == (RATE_HZ, "")
    assert turn.end_bytes == 4 * RATE_HZ
    assert len(turn.open_audio()) == 3 * RATE_HZ // 2


def test_a_reading_still_holds_while_only_silence_follows() -> None:
    turn = TurnAudio()
    turn.feed(sound(1))
    turn.feed(silence(0.3))
    assert turn.only_silence_since(2 * RATE_HZ)
    assert not turn.only_silence_since(RATE_HZ)
    assert not turn.only_silence_since(0)
    turn.feed(sound(0.1))
    assert not turn.only_silence_since(2 * RATE_HZ)


def test_the_longest_pause_is_found_between_sounds_only() -> None:
    middle, voiced_s = pause_in(from_pcm(silence(1) + sound(1) + silence(0.4) + sound(1) + silence(2)))
    assert middle / RATE_HZ == pytest.approx(2.2, abs=0.05)
    assert voiced_s == pytest.approx(2.0, abs=0.05)
    assert pause_in(from_pcm(sound(1) + silence(0.2) + sound(1)))[0] == 0


# --- sound in and out -----------------------------------------------------------------------------------------------
def test_features_of_padded_sound_are_those_of_sound_with_silence() -> None:
    audio = from_pcm(sound(0.5))
    padded = np.pad(audio, (0, 2 * RATE_HZ - len(audio)))
    np.testing.assert_allclose(log_mel(audio, 2 * RATE_HZ), log_mel(padded, 2 * RATE_HZ), atol=1e-5)


def test_a_tone_lands_in_the_channel_of_its_pitch() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    loudest = [
        int(log_mel(np.sin(2 * np.pi * hz * time_s).astype(np.float32), RATE_HZ)[:, 50].argmax())
        for hz in (200, 1000, 4000)
    ]
    # 80 triangles between 0 and 45.245 mel (Slaney), centres 0.5586 mel apart; 200 Hz is 3 mel, 1 kHz 15, 4 kHz 35.16
    assert loudest == [4, 26, 62]


def test_silence_around_speech_is_cut_to_what_was_asked() -> None:
    audio = from_pcm(silence(0.3) + sound(1) + silence(0.5))
    cut = trim(audio, RATE_HZ, lead_ms=10, tail_ms=80)
    assert len(cut) == round(1.09 * RATE_HZ)
    assert len(trim(from_pcm(silence(1)), RATE_HZ, lead_ms=10, tail_ms=80)) == 0


@given(st.floats(-1, 1))
def test_the_level_rises_5_db_and_never_clips(value: float) -> None:
    (louder,) = raise_level(np.array([value], np.float32))
    assert abs(louder) < 0.98
    assert abs(louder) >= min(abs(value), 0.969) - 1e-6
    if abs(value) < 0.39:
        assert louder == pytest.approx(1.7783 * value, rel=1e-3, abs=1e-9)


def test_word_pieces_have_one_or_two_length_bytes() -> None:
    long = bytes(200)
    assert parse_pieces(b"\x00\x02ab" + bytes([0x80 + 200 % 128, 200 // 128]) + long) == [b"", b"ab", long]
