"""The server's own part of a turn is what nothing else explains."""

from dataclasses import fields
from pathlib import Path

import pytest

from benchmarks.talk.overhead import TurnMoments, covered


def test_what_models_and_their_overlap_cover_counts_once() -> None:
    assert covered([(0.0, 2.0), (1.0, 3.0), (5.0, 9.0)], 0.5, 6.0) == pytest.approx(3.5)
    assert covered([], 0.0, 1.0) == 0.0


def test_a_turn_one_model_after_the_other_leaves_the_time_between() -> None:
    models = ((0.0, 0.1), (0.103, 0.303), (0.305, 0.405))
    turn = TurnMoments(silent_s=-0.006, asked_s=0.0, decided_s=0.0, committed_s=0.101, out_s=0.407, models=models)
    assert turn.overhead_s() == pytest.approx(0.006 + 0.003 + 0.002 + 0.002)


def test_a_wait_on_purpose_is_no_overhead() -> None:
    models = ((0.0, 0.1), (0.501, 0.701), (0.701, 0.801))
    turn = TurnMoments(silent_s=None, asked_s=0.0, decided_s=0.0, committed_s=0.5, out_s=0.802, models=models)
    assert turn.overhead_s() == pytest.approx(0.002)


def test_a_breath_that_is_waited_out_is_no_overhead_though_its_reading_was_there() -> None:
    models = ((0.0, 0.1), (0.16, 0.22), (0.221, 0.421), (0.421, 0.521))
    turn = TurnMoments(silent_s=None, asked_s=0.0, decided_s=0.16, committed_s=0.22, out_s=0.522, models=models)
    assert turn.overhead_s() == pytest.approx(0.002)


def test_work_begun_early_never_makes_it_negative() -> None:
    models = ((0.0, 0.1), (-0.2, 0.0), (0.0, 0.1))
    assert TurnMoments(None, 0.0, 0.0, 0.1005, 0.102, models).overhead_s() == pytest.approx(0.002)


def test_moments_survive_json() -> None:
    told = {
        "silent_s": None,
        "asked_s": 0.0,
        "decided_s": 0.0,
        "committed_s": 0.1,
        "out_s": 0.2,
        "models": [[0.0, 0.1]],
    }
    assert TurnMoments.read(told).models == ((0.0, 0.1),)


def test_the_peers_server_tells_every_moment() -> None:
    """It runs in an environment of its own, where nothing of ours can be imported."""
    written = (Path(__file__).parents[3] / "benchmarks" / "peers" / "pipecat_latency.py").read_text(encoding="utf-8")
    assert [each.name for each in fields(TurnMoments) if f'"{each.name}":' not in written] == []
