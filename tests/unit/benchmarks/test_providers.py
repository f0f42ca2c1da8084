"""What a provider adds is counted request by request, since a busy machine makes all of them late together."""

from benchmarks.providers.overhead import row
from benchmarks.write_report import page
from tests.unit.benchmarks.test_write_report import _MACHINE


def test_what_is_added_is_the_difference_of_each_pair() -> None:
    added = row("Cartesia", "hosted", [12.0, 105.0], [10.0, 101.0])
    assert (added["added p50 ms"], added["added p99 ms"], added["samples"]) == ("3.00", "3.98", 2)
    assert row("Cartesia", "raw", [10.0], [10.0])["added p50 ms"] is None


def test_the_report_shows_both_tables() -> None:
    figures = [row("Cartesia", "hosted", [12.0], [10.0])]
    costs = [{"call": "pipecat 1.14 pipeline, stock", "CPU ms per session-second": "26.7"}]
    text = "\n".join(page({"providers": {"machine": _MACHINE, "rows": figures, "costs": costs}}, {}))
    assert "2.00" in text
    assert "26.7" in text
