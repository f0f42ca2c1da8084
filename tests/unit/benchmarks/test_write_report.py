"""The report says what was measured, what was not, and whether a target is met."""

from typing import Any

from benchmarks.plots import capacity_curve, cut_offs, latency_cdf
from benchmarks.report import percentiles
from benchmarks.targets import Target
from benchmarks.write_report import page

_MACHINE = {
    "processor": "a processor",
    "cores": 2,
    "memory_gib": 8.0,
    "load_1_min": 0.1,
    "system": "Linux",
    "python": "3.11",
    "packages": {"antiphon": "0.1.0", "gone": None},
}


def _point(calls: int) -> dict[str, Any]:
    names = ("late_p99_ms", "drift_p99_ms", "loop_lag_p99_ms", "cpu_ms_per_session_s", "mb_per_call", "frames")
    return {"calls": calls} | dict.fromkeys(names, 1.5)


_CAPACITY = {
    "machine": _MACHINE,
    "columns": [
        {"name": "antiphon, Twilio", "group": "ours", "wire": "twilio", "calls_per_core": 80, "points": [_point(80)]},
        {"name": "pipecat, stock", "group": "pipecat", "wire": "twilio", "calls_per_core": 0, "points": [_point(4)]},
    ],
}


_WEBRTC_POINT = {"late_p99_ms": 9.0, "core_share": 0.9, "cpu_ms_per_session_s": 25.0, "mb_per_call": 1.0}
_WEBRTC = {
    "machine": _MACHINE,
    "good": {"late_p99_ms": 20.0, "core_share": 0.95},
    "columns": [
        {
            "name": "antiphon, whole bot",
            "calls_per_core": 35,
            "points": [{"calls": 35, **_WEBRTC_POINT, "late_p99_ms": 90.0}, {"calls": 35, **_WEBRTC_POINT}],
        },
        {"name": "aiortc, echo", "calls_per_core": 0, "points": []},
    ],
}


def _text(**found: Any) -> str:
    return "\n".join(page(found, {}))


def test_what_was_not_measured_is_said() -> None:
    assert _text().count("Not measured yet: `python -m benchmarks.") == 8


def test_a_peer_that_is_not_installed_is_named() -> None:
    (line,) = [line for line in _text(capacity=_CAPACITY).splitlines() if line.startswith("| livekit")]
    assert "not installed: make bench-peers" in line


def test_targets_stand_beside_the_figures() -> None:
    text = _text(capacity=_CAPACITY)
    assert "≥ 75" in text
    assert "not met" in text  # 1.5 MB for a call


def test_calls_over_webrtc_are_told_at_the_load_that_went_well() -> None:
    lines = _text(webrtc=_WEBRTC).splitlines()
    [target] = [line for line in lines if line.startswith("| whole-bot calls over WebRTC per core")]
    assert "≥ 30" in target
    assert "not met" not in target
    [row] = [line for line in lines if line.startswith("| antiphon, whole bot")]
    assert "| 9 " in row


def test_the_machine_and_versions_are_told() -> None:
    text = _text(capacity=_CAPACITY)
    assert "a processor" in text
    assert "Python 3.11, antiphon 0.1.0 " in text


def test_a_limit_is_an_upper_or_a_lower_one() -> None:
    assert Target("a", 5.0, 5, "ms").met
    assert not Target("a", 5.1, 5, "ms").met
    assert Target("a", 80.0, 75, "", at_least=True).met
    assert not Target("a", None, 75, "", at_least=True).met
    assert Target("a", 0.0, 0, "").row() == {"measure": "a", "target": "≤ 0", "measured": "0", "met": "met"}


def test_percentiles_tell_how_many_samples_they_are_of() -> None:
    assert percentiles([float(value) for value in range(101)]) == {"p50": 50, "p95": 95, "p99": 99, "samples": 101}
    assert percentiles([])["p50"] is None


def test_plots_take_what_the_benchmarks_wrote() -> None:
    latency = {
        "samples_ms": {"ours": [300.0, 200.0], "nobody": []},
        "curve": [
            {"curve": "ours", "p50 ms": 300.0, "cut off %": "4.0"},
            {"curve": "ours", "p50 ms": 200.0, "cut off %": "9.5"},
            {"curve": "ours", "p50 ms": None, "cut off %": "100.0"},
        ],
    }
    assert [series.points for series in latency_cdf(latency).series] == [[(200.0, 50.0), (300.0, 100.0)]]
    assert [series.points for series in cut_offs(latency).series] == [[(200.0, 9.5), (300.0, 4.0)]]
    assert [len(series.points) for series in capacity_curve(_CAPACITY).series] == [1, 1]
