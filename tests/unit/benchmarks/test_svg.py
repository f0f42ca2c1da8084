"""Plots are well-formed, true to scale, and made for both kinds of page."""

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.svg import Plot, Series, draw, shares, ticks

_SVG = "{http://www.w3.org/2000/svg}"


def _drawn(plot: Plot) -> ElementTree.Element:
    return ElementTree.fromstring(draw(plot))


@pytest.mark.parametrize("end", [0.7, 1.0, 9.0, 95.0, 1234.0])
def test_ticks_are_few_and_do_not_pass_the_end(end: float) -> None:
    found = ticks(end)
    assert found[0] == 0
    assert 3 <= len(found) <= 8
    assert end * 0.7 < found[-1] <= end


def test_nothing_has_one_tick() -> None:
    assert ticks(0.0) == [0.0]


def test_shares_rise_to_a_hundred() -> None:
    assert shares([30, 10, 20, 40]) == [(10, 25), (20, 50), (30, 75), (40, 100)]


def test_points_lie_where_the_axes_say() -> None:
    drawn = _drawn(Plot("t", "x", "y", [Series("a", [(0, 0), (50, 50), (100, 100)])], top=100, right=100))
    line = next(each for each in drawn.iter(f"{_SVG}polyline"))
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in line.attrib["points"].split())
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert y0 - y1 == pytest.approx(y1 - y2)
    assert x2 > x0
    assert y2 < y0


def test_what_is_beyond_the_edge_stays_on_the_page() -> None:
    drawn = _drawn(Plot("t", "x", "y", [Series("a", [(0, 0), (9000, 900)])], top=100, right=100))
    line = next(each for each in drawn.iter(f"{_SVG}polyline"))
    width = float(drawn.attrib["viewBox"].split()[2])
    assert all(0 <= float(point.split(",")[0]) <= width for point in line.attrib["points"].split())


def test_names_are_shown_whatever_they_hold() -> None:
    plot = Plot("a < b & c", "x", "y", [Series("p < 5", [(1, 1)], marks=True, labels=["<1>"])], [("x", 1, "<")])
    texts = [text.text for text in _drawn(plot).iter(f"{_SVG}text")]
    assert {"a < b & c", "p < 5", "<1>", "<"} <= set(texts)


def test_a_plot_of_nothing_is_a_plot() -> None:
    assert _drawn(Plot("t", "x", "y", [])).tag == f"{_SVG}svg"


def test_dark_pages_have_colours_of_their_own() -> None:
    assert "prefers-color-scheme:dark" in draw(Plot("t", "x", "y", []))
