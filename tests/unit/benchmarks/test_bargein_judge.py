"""What a sound over the bot did, read from the caller's side."""

import pytest

from benchmarks.bargein.judge import effects, sounding
from benchmarks.talk.tape import FRAME_SAMPLES, RATE_HZ
from tests.unit.benchmarks.recordings import bot, recording, turn

_ONSET_S = 3.0 + 0.4


def test_an_interruption_is_timed_from_its_first_voiced_sample_to_the_bots_last() -> None:
    call = recording([(turn(), 3.0)], bot(10, (1.0, _ONSET_S + 0.28)), over_bot_s=1.0)
    call.received = [(round((_ONSET_S + 0.2) * RATE_HZ), round((_ONSET_S + 0.28) * RATE_HZ))]
    call.interrupted = [round((_ONSET_S + 0.3) * RATE_HZ)]
    (effect,) = effects(call)
    assert effect.silent_ms == pytest.approx(280, abs=5)
    assert effect.duck_ms == pytest.approx(200 + 1000 * FRAME_SAMPLES / RATE_HZ, abs=1)
    assert effect.stopped
    assert effect.resumed_ms is None


def test_a_pause_after_which_the_bot_goes_on_is_a_resume_counted_from_the_end_of_the_sound() -> None:
    cough = turn(kind="cough", text="", true_end_s=None, speech=((0.4, 0.7),))
    call = recording([(cough, 3.0)], bot(10, (1.0, _ONSET_S + 0.2), (_ONSET_S + 0.3 + 0.22, 9.0)), over_bot_s=1.0)
    (effect,) = effects(call)
    assert not effect.stopped
    assert effect.resumed_ms == pytest.approx(220, abs=5)


def test_a_bot_that_talks_on_was_not_stopped() -> None:
    (effect,) = effects(recording([(turn(), 3.0)], bot(10, (1.0, 9.5)), over_bot_s=1.0))
    assert (effect.silent_ms, effect.duck_ms, effect.stopped) == (None, None, False)


def test_a_sound_that_the_bot_did_not_speak_at_is_left_out() -> None:
    assert effects(recording([(turn(), 3.0)], bot(10, (1.0, 2.0)), over_bot_s=1.0)) == []


def test_a_turn_that_waited_for_silence_is_no_interruption() -> None:
    assert effects(recording([(turn(), 3.0)], bot(10, (1.0, 9.0)))) == []


def test_a_sound_without_a_label_begins_where_it_is_loud() -> None:
    cough = turn(kind="cough", text="", true_end_s=None, speech=((0.4, 0.7),))
    unlabelled = type(cough)(cough.name, "cough", "", "default", None, (), cough.sound)
    assert unlabelled.voiced_s() == pytest.approx((0.4, 0.7), abs=0.01)


def test_a_stall_of_the_server_is_no_pause() -> None:
    track = bot(5, (1.0, 2.0), (2.06, 3.0), (3.12, 4.0))
    assert [round(stretch.start_samples / RATE_HZ, 2) for stretch in sounding(track)] == [1.0, 3.12]
    assert sounding(bot(1)) == []
