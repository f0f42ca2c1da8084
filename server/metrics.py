"""What a monitoring system may know of this process: numbers, no words, and labels with few values.

Fed once per call, by its report; nothing is counted while audio flows.
"""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from kit.money import MICROCENTS
from pipeline.report import CallReport, TurnReport
from pipeline.turn_log import SPANS

_BUCKETS_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
_REASONS = ("completed", "peer_gone", "idle", "too_long", "peer_too_slow", "server_stopping", "internal")
_REASON_OF_FLOW = "flow"  # flows may name reasons of their own: as many as they like
_PROVIDERS = ("stt", "end_of_turn", "llm", "tts")
_DURATIONS_S = (30, 60, 120, 300, 600, 1200, 1800, 3600)
_HTTP_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _PrepatuMetrics:
    """The same under the names that dashboards made for Prepatu Cloud ask for."""

    def __init__(self, registry: CollectorRegistry, active_calls: Callable[[], int]) -> None:
        active = Gauge("prepatu_voice_sessions_active", "Calls that go on now", registry=registry)
        active.set_function(active_calls)
        self._total = Counter("prepatu_voice_sessions", "Calls that are over", registry=registry)
        self._duration = Histogram(
            "prepatu_voice_session_duration_seconds",
            "How long calls were",
            registry=registry,
            buckets=_DURATIONS_S,
        )
        self.credits = Counter("prepatu_credits_deducted_usd_cents", "What calls have cost", registry=registry)

    def observe(self, report: CallReport) -> None:
        """Take a call that is over."""
        self._total.inc()
        self._duration.observe(report.duration_s)


class CallMetrics:
    """Counts what is in the reports of calls."""

    def __init__(self, active_calls: Callable[[], int], places: int) -> None:
        """Begin at zero; `active_calls` is asked at each scrape, out of `places`."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it bears no types; else each series comes twice
        self._registry = registry = CollectorRegistry()
        active = Gauge("antiphon_active_calls", "Calls that go on now", registry=registry)
        active.set_function(active_calls)
        Gauge("antiphon_call_places", "Calls that can go on at once", registry=registry).set(places)
        self._prepatu = _PrepatuMetrics(registry, active_calls)
        self._requests = Counter(
            "http_requests", "Requests that were answered", ["handler", "method", "status"], registry=registry
        )
        self._request_time = Histogram(
            "http_request_duration_seconds",
            "From a request to the end of its answer",
            ["handler"],
            registry=registry,
            buckets=_HTTP_BUCKETS_S,
        )
        self._calls = Counter("antiphon_calls", "Calls that are over, by why they ended", ["reason"], registry=registry)
        self._interruptions = Counter("antiphon_interruptions", "Answers that were cut off", registry=registry)
        self._failures = Counter(
            "antiphon_provider_failures", "Requests to providers that failed", ["provider"], registry=registry
        )
        self._gap = Histogram(
            "antiphon_gap_seconds",
            "From the caller's last voiced sample to the first audible sample of the answer",
            registry=registry,
            buckets=_BUCKETS_S,
        )
        self._span = Histogram(
            "antiphon_span_seconds", "One part of that gap", ["span"], registry=registry, buckets=_BUCKETS_S
        )
        self._saved = Histogram(
            "antiphon_saved_seconds",
            "How much sooner an answer came because it was begun before the turn was over",
            registry=registry,
            buckets=_BUCKETS_S,
        )
        for counter, values in ((self._calls, (*_REASONS, _REASON_OF_FLOW)), (self._failures, _PROVIDERS)):
            for value in values:
                counter.labels(value)  # a rate needs the zero before the first event
        for name in SPANS:
            self._span.labels(name)

    def observe(self, report: CallReport) -> None:
        """Take a call that is over."""
        self._calls.labels(report.end_reason if report.end_reason in _REASONS else _REASON_OF_FLOW).inc()
        self._prepatu.observe(report)
        for incident in report.incidents:
            self._failures.labels(incident.kind).inc()
        for turn in report.turns:
            self._observe_turn(turn)

    def observe_request(self, handler: str, method: str, status: int, took_s: float) -> None:
        """Take a request that was answered.

        Args:
            handler: The route's pattern: paths themselves would be as many series as there are calls and flows.
            method: Its own word; what is none of HTTP's counts as `OTHER`.
            status: Of the answer.
            took_s: How long it took.
        """
        self._requests.labels(handler, method if method in _METHODS else "OTHER", status).inc()
        self._request_time.labels(handler).observe(took_s)

    def observe_charge(self, microcents: int) -> None:
        """Take what a call that is over has cost."""
        self._prepatu.credits.inc(microcents / MICROCENTS)

    def render(self) -> tuple[bytes, str]:
        """Return all metrics as text, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _observe_turn(self, turn: TurnReport) -> None:
        self._interruptions.inc(turn.interrupted)
        self._failures.labels("end_of_turn").inc(turn.failures.count("end_of_turn"))  # which nothing stands in for
        if turn.gap_ms is None:
            return  # the bot spoke unasked: nobody waited
        self._gap.observe(turn.gap_ms / 1000)
        if turn.saved_ms is not None:
            self._saved.observe(turn.saved_ms / 1000)
        for span in turn.spans:
            self._span.labels(span.name).observe((span.end_ms - span.start_ms) / 1000)
