"""The labelled turns are what their index says."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.data.turns.plan import planned
from benchmarks.turn_set import FOLDER, Turn, turns
from pipeline.turns.endpointing import PROFILES

_ALL = turns()


def test_there_are_enough_turns_of_both_bands_in_both_halves() -> None:
    assert len(_ALL) >= 120
    assert Counter(turn.band for turn in _ALL) == {"wideband": len(_ALL) // 2, "telephone": len(_ALL) // 2}
    for half in (True, False):
        assert {turn.band for turn in _ALL if turn.held_out is half} == {"wideband", "telephone"}
        assert {turn.kind for turn in _ALL if turn.held_out is half} == {turn.kind for turn in _ALL}


def test_the_index_follows_the_plan() -> None:
    assert [(plan.turn_id, plan.kind, plan.rule) for plan in planned()] == [
        (turn.id, turn.kind, turn.state_rule) for turn in _ALL
    ]


def test_a_turn_ends_with_its_last_word_unless_the_bot_has_the_floor() -> None:
    for turn in _ALL:
        answered = bool(turn.speech) and not turn.over_bot
        assert turn.true_end_s == (turn.speech[-1][1] if answered else None)
        assert all(0 <= start < end <= turn.seconds - 1 for start, end in turn.speech)
    assert {turn.state_rule or "default" for turn in _ALL} == set(PROFILES) - {"text"}, "any words, as for the default"


@pytest.mark.parametrize("turn", _ALL[::8], ids=lambda turn: turn.id)
def test_a_file_has_the_length_and_the_words_where_the_index_has_them(turn: Turn) -> None:
    samples = turn.samples().astype(np.float64)
    assert len(samples) / turn.rate_hz == pytest.approx(turn.seconds, abs=0.01)
    for start_s, end_s in turn.speech:
        words = samples[round(start_s * turn.rate_hz) : round(end_s * turn.rate_hz)]
        assert np.sqrt(np.mean(words**2)) > 150
    assert len(turn.samples(2.5)) == len(samples) + round(2.5 * turn.rate_hz)


def test_the_set_stays_small_and_every_file_is_in_the_index() -> None:
    files = {path.name: path.stat().st_size for path in (FOLDER / "audio").iterdir()}
    assert set(files) == {turn.file.removeprefix("audio/") for turn in _ALL}
    assert sum(files.values()) < 15_000_000
