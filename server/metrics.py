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

from pipeline.report import CallReport, TurnReport
from pipeline.turn_log import SPANS

_BUCKETS_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
_REASONS = ("completed", "peer_gone", "idle", "too_long", "peer_too_slow", "server_stopping", "internal")
_REASON_OF_FLOW = "flow"  # flows may name reasons of their own: as many as they like
_PROVIDERS = ("stt", "end_of_turn", "llm", "tts")


class CallMetrics:
    """Counts what is in the reports of calls."""

    def __init__(self, active_calls: Callable[[], int], places: int) -> None:
        """Begin at zero; `active_calls` is asked at each scrape, out of `places`."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it bears no types; else each series comes twice
        self._registry = registry = CollectorRegistry()
        active = Gauge("antiphon_active_calls", "Calls that go on now", registry=registry)
        active.set_function(active_calls)
        Gauge("antiphon_call_places", "Calls that can go on at once", registry=registry).set(places)
        self._calls = Counter("antiphon_calls", "Calls that are over, by why they ended", ["reason"], registry=registry)
        self._interruptions = Counter("antiphon_interruptions", "Answers that were cut off", registry=registry)
        self._failures = Counter(
            "antiphon_provider_failures", "Requests to providers that failed", ["provider"], registry=registry
        )
        self._gap = Histogram(
            "antiphon_gap_seconds",
            "From the caller's last voiced sample to the first sample of the answer",
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
        for failure in report.failures:
            self._failures.labels(failure.partition(" ")[0]).inc()
        for turn in report.turns:
            self._observe_turn(turn)

    def render(self) -> tuple[bytes, str]:
        """Return all metrics as text, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _observe_turn(self, turn: TurnReport) -> None:
        self._interruptions.inc(turn.interrupted)
        for provider in turn.failures:
            self._failures.labels(provider).inc()
        if turn.gap_ms is None:
            return  # the bot spoke unasked: nobody waited
        self._gap.observe(turn.gap_ms / 1000)
        if turn.saved_ms is not None:
            self._saved.observe(turn.saved_ms / 1000)
        for span in turn.spans:
            self._span.labels(span.name).observe((span.end_ms - span.start_ms) / 1000)
