"""A word that nobody heard is found; a real call has none."""

import numpy as np
import pytest

from benchmarks.bargein.unheard import VARIANTS, Variant, _NumberedVoice, compare, heard, one_call
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted

_RATE_HZ = 16_000


def _audio(value: int, seconds: float) -> AudioOut:
    return AudioOut(np.full(round(seconds * _RATE_HZ), value, "<i2").tobytes(), 0, 1)


def test_a_listener_plays_in_real_time_and_drops_what_was_not_played() -> None:
    sent = [(0.0, _audio(1, 0.5)), (0.0, _audio(2, 0.5)), (0.6, Interrupted(1)), (2.0, _audio(3, 0.1))]
    lengths = [(int(values[0]), len(values) / _RATE_HZ) for values in heard(sent) if len(values)]
    assert lengths == [(1, 0.5), (2, pytest.approx(0.1, abs=0.001)), (3, 0.1)]


def test_a_word_of_which_nothing_was_heard_is_counted() -> None:
    voice = _NumberedVoice(["xaa xbb xcc."], Variant("test"))
    numbers = voice.numbers
    sent = [
        (0.0, _audio(numbers["xaa"], voice.word_samples("xaa") / _RATE_HZ)),
        (0.5, _audio(numbers["xbb"], 0.05)),
    ]
    tally = compare("test", {"xaa", "xbb", "xcc"}, voice, sent)
    assert (tally.unheard_words, tally.cut_words, tally.history_words) == (1, 2, 3)


def test_a_word_that_was_heard_and_forgotten_is_counted() -> None:
    voice = _NumberedVoice(["xaa xbb."], Variant("test"))
    sent = [(0.0, _audio(voice.numbers["xaa"], voice.word_samples("xaa") / _RATE_HZ))]
    assert compare("test", set(), voice, sent).forgotten_words == 1


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_history_of_an_interrupted_call_has_no_unheard_word(variant: Variant) -> None:
    tally = one_call(variant, seed=1)
    assert tally.interruptions >= 10
    assert tally.history_words >= 10
    assert tally.unheard_words == 0
