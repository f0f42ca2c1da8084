import dataclasses
import datetime

from prometheus_client.parser import text_string_to_metric_families

from pipeline.frames.control import Span
from pipeline.incidents import Incident
from pipeline.report import CallReport, TurnReport
from pipeline.usage import Kind
from server.metrics import CallMetrics

ANSWER = TurnReport(1, "Tomorrow", "At nine?", 420.0, (Span("endpoint", 0.0, 240.0), Span("tts", 240.0, 420.0)))
GREETING = TurnReport(0, "", "Hello.", None, (Span("tts", 0.0, 40.0),))
CUT_OFF = TurnReport(2, "Yes", "Thank", 900.0, (), interrupted=True, failures=("llm", "llm", "tts"))


def _report(end_reason: str, *turns: TurnReport) -> CallReport:
    started_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return CallReport("c1", "greet", started_at, 12.5, end_reason, end_reason == "completed", {"name": "Zoë"}, turns)


def _values(metrics: CallMetrics) -> dict[tuple[str, str], float]:
    """Sample name and its one label's value, or nothing, to the sample's value."""
    text, content_type = metrics.render()
    assert content_type.startswith("text/plain")
    families = text_string_to_metric_families(text.decode())
    return {(s.name, ",".join(s.labels.values())): s.value for family in families for s in family.samples}


def test_each_answer_counts_in_the_gap_and_in_its_spans() -> None:
    metrics = CallMetrics(lambda: 0, 8)
    metrics.observe(_report("completed", GREETING, ANSWER, CUT_OFF))
    values = _values(metrics)
    assert values["antiphon_gap_seconds_count", ""] == 2
    assert values["antiphon_gap_seconds_sum", ""] == 1.32
    assert (values["antiphon_gap_seconds_bucket", "0.4"], values["antiphon_gap_seconds_bucket", "0.5"]) == (0, 1)
    assert values["antiphon_span_seconds_sum", "endpoint"] == 0.24
    assert values["antiphon_span_seconds_count", "tts"] == 1, "nobody waited for the greeting"
    assert values["antiphon_interruptions_total", ""] == 1


def test_what_answers_begun_early_saved_is_counted_for_those_alone() -> None:
    metrics = CallMetrics(lambda: 0, 8)
    metrics.observe(_report("completed", GREETING, ANSWER, dataclasses.replace(ANSWER, saved_ms=300.0)))
    values = _values(metrics)
    assert (values["antiphon_saved_seconds_count", ""], values["antiphon_saved_seconds_sum", ""]) == (1, 0.3)


def test_failures_are_counted_by_kind_and_are_zero_before() -> None:
    metrics = CallMetrics(lambda: 0, 8)
    assert _values(metrics)["antiphon_provider_failures_total", "stt"] == 0
    kinds: tuple[Kind, ...] = ("llm", "llm", "tts")
    noted = [Incident(kind, "vendor", "provider.failed", "replaced", 1.0) for kind in kinds]
    deaf = dataclasses.replace(CUT_OFF, failures=("end_of_turn", "llm"))
    metrics.observe(dataclasses.replace(_report("completed", deaf), incidents=tuple(noted)))
    values = _values(metrics)
    counted = [values["antiphon_provider_failures_total", kind] for kind in ("stt", "llm", "tts", "end_of_turn")]
    assert counted == [0, 2, 1, 1]


def test_calls_are_counted_by_why_they_ended_and_reasons_of_flows_share_one_series() -> None:
    metrics = CallMetrics(lambda: 0, 8)
    before = set(_values(metrics))
    for reason in ("completed", "completed", "idle", "no_table_left", "another reason of a flow"):
        metrics.observe(_report(reason))
    values = _values(metrics)
    assert [values["antiphon_calls_total", reason] for reason in ("completed", "idle", "flow")] == [2, 1, 2]
    assert set(values) == before, "no report makes a new series"


def test_places_are_asked_at_each_scrape() -> None:
    active = 3
    metrics = CallMetrics(lambda: active, 8)
    assert _values(metrics)["antiphon_active_calls", ""] == 3
    active = 1
    assert _values(metrics)["antiphon_active_calls", ""] == 1
    assert _values(metrics)["antiphon_call_places", ""] == 8


def test_all_names_are_ours_or_those_that_dashboards_know() -> None:
    assert all(name.startswith(("antiphon_", "prepatu_", "http_")) for name, _ in _values(CallMetrics(lambda: 0, 1)))


def test_calls_are_counted_under_the_names_of_prepatu_too() -> None:
    metrics = CallMetrics(lambda: 3, 8)
    metrics.observe(_report("completed"))
    metrics.observe_charge(3_000_000)
    values = _values(metrics)
    assert values["prepatu_voice_sessions_active", ""] == 3
    assert values["prepatu_voice_sessions_total", ""] == 1
    assert values["prepatu_credits_deducted_usd_cents_total", ""] == 3
    assert [values["prepatu_voice_session_duration_seconds_bucket", f"{s}.0"] for s in (30, 3600)] == [1, 1]
    assert values["prepatu_voice_session_duration_seconds_sum", ""] == 12.5


def test_requests_are_counted_by_route_and_unknown_methods_share_one_series() -> None:
    metrics = CallMetrics(lambda: 0, 8)
    metrics.observe_request("/v1/flows/{flow_id}", "GET", 200, 0.02)
    for method in ("BREW", "PROPFIND"):
        metrics.observe_request("none", method, 405, 0.001)
    values = _values(metrics)
    assert values["http_requests_total", "/v1/flows/{flow_id},GET,200"] == 1
    assert values["http_requests_total", "none,OTHER,405"] == 2
    assert values["http_request_duration_seconds_count", "none"] == 2
