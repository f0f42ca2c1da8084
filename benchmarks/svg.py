"""Draws line plots as SVG that can be read on light and on dark pages. Pure; needs nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _ROW = 64, 20, 44, 18
_BOTTOM = 52
_TICKS = 6
# Okabe and Ito's colours, which colour-blind people can tell apart, and lighter ones for dark pages.
_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#9c4f96", "#b07900", "#3d8fc4", "#666666", "#b3426b")
_DARK = ("#4da6e0", "#ff8c4d", "#2ecc9b", "#d59ad0", "#f0c04d", "#8fd0f5", "#b0b0b0", "#f08fb0")
_DASHES = ("", "7 4", "2 3", "10 3 2 3", "", "7 4", "2 3", "10 3 2 3")


@dataclass(frozen=True, slots=True)
class Series:
    """One line; with `marks`, its points are shown, and `labels` beside them."""

    name: str
    points: Sequence[tuple[float, float]]
    marks: bool = False
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn.

    Attributes:
        limits: Targets, `(axis, value, what it is)`, axis `x` or `y`.
        top: Where the y axis ends; None: where the data does.
        right: The same for the x axis.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    limits: Sequence[tuple[str, float, str]] = field(default_factory=tuple)
    top: float | None = None
    right: float | None = None


def draw(plot: Plot) -> str:
    """Return `plot` as an SVG document; both axes begin at zero."""
    frame = _Frame.of(plot)
    parts = [*_axes(plot, frame), *_limits(plot, frame)]
    for index, series in enumerate(plot.series):
        parts.extend(_line(series, index, frame))
    parts.extend(_legend(plot, frame))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {frame.height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">\n'
        f"<title>{escape(plot.title)}</title>\n<style>{_style()}</style>\n"
        f'<rect class="page" width="{_WIDTH}" height="{frame.height}"/>\n{body}\n</svg>\n'
    )


def ticks(end: float) -> list[float]:
    """Return round values from zero up to `end` or shortly before it."""
    if end <= 0:
        return [0.0]
    rough = end / _TICKS
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * scale for factor in (1, 2, 2.5, 5, 10) if factor * scale >= rough * 0.999)
    return [round(step * number, 10) for number in range(int(end / step + 1e-9) + 1)]


def shares(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the distribution of `values` as points `(value, percent of values not above it)`."""
    ranked = sorted(values)
    return [(value, 100 * (rank + 1) / len(ranked)) for rank, value in enumerate(ranked)]


@dataclass(frozen=True, slots=True)
class _Frame:
    right: float
    top: float
    height: int

    @classmethod
    def of(cls, plot: Plot) -> "_Frame":
        points = [point for series in plot.series for point in series.points]
        xs = [x for x, _ in points] + [value for axis, value, _ in plot.limits if axis == "x"]
        ys = [y for _, y in points] + [value for axis, value, _ in plot.limits if axis == "y"]
        right = plot.right if plot.right is not None else 1.05 * max(xs, default=1.0)
        top = plot.top if plot.top is not None else 1.08 * max(ys, default=1.0)
        return cls(right or 1.0, top or 1.0, _HEIGHT + _ROW * len(plot.series))

    def x(self, value: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * min(value, self.right) / self.right, 1)

    def y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * min(value, self.top) / self.top, 1)


def _style() -> str:
    light = "".join(f".s{i}{{stroke:{colour};fill:{colour}}}" for i, colour in enumerate(_LIGHT))
    dark = "".join(f".s{i}{{stroke:{colour};fill:{colour}}}" for i, colour in enumerate(_DARK))
    return (
        ".page{fill:#ffffff}text{fill:#1f2328}.grid{stroke:#d8dee4}.limit{stroke:#57606a;stroke-dasharray:4 4}"
        f".line{{fill:none!important;stroke-width:2}}.dot{{stroke:none}}{light}"
        "@media(prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#e6edf3}.grid{stroke:#30363d}"
        f".limit{{stroke:#9198a1}}{dark}}}"
    )


def _axes(plot: Plot, frame: _Frame) -> list[str]:
    x0, x1, y0 = _LEFT, _WIDTH - _RIGHT, frame.y(0)
    parts = [f'<text x="{_LEFT}" y="24" font-size="15" font-weight="600">{escape(plot.title)}</text>']
    for value in ticks(frame.top):
        y = frame.y(value)
        parts.append(f'<line class="grid" x1="{x0}" x2="{x1}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{x0 - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>')
    for value in ticks(frame.right):
        x = frame.x(value)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{y0}" y2="{_TOP}"/>')
        parts.append(f'<text x="{x}" y="{y0 + 18}" text-anchor="middle">{value:g}</text>')
    middle = (_TOP + y0) / 2
    parts.append(f'<text x="{(x0 + x1) / 2}" y="{y0 + 38}" text-anchor="middle">{escape(plot.x_label)}</text>')
    parts.append(
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">'
        f"{escape(plot.y_label)}</text>"
    )
    return parts


def _limits(plot: Plot, frame: _Frame) -> list[str]:
    parts = []
    for axis, value, name in plot.limits:
        if axis == "x":
            x = frame.x(value)
            parts.append(f'<line class="limit" x1="{x}" x2="{x}" y1="{frame.y(0)}" y2="{_TOP}"/>')
            parts.append(f'<text x="{x + 4}" y="{_TOP + 12}" font-size="11">{escape(name)}</text>')
        else:
            y = frame.y(value)
            parts.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(
                f'<text x="{_WIDTH - _RIGHT - 4}" y="{y - 4}" text-anchor="end" font-size="11">{escape(name)}</text>'
            )
    return parts


def _line(series: Series, index: int, frame: _Frame) -> list[str]:
    style = index % len(_LIGHT)
    path = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in series.points)
    parts = [f'<polyline class="line s{style}" stroke-dasharray="{_DASHES[style]}" points="{path}"/>']
    if series.marks:
        parts += [f'<circle class="dot s{style}" cx="{frame.x(x)}" cy="{frame.y(y)}" r="4"/>' for x, y in series.points]
    for (x, y), label in zip(series.points, series.labels, strict=False):
        parts.append(f'<text x="{frame.x(x) + 7}" y="{frame.y(y) - 6}" font-size="11">{escape(label)}</text>')
    return parts


def _legend(plot: Plot, frame: _Frame) -> list[str]:
    parts = []
    for index, series in enumerate(plot.series):
        style = index % len(_LIGHT)
        y = _HEIGHT + _ROW * index
        parts.append(
            f'<line class="line s{style}" stroke-dasharray="{_DASHES[style]}" x1="{_LEFT}" x2="{_LEFT + 32}" '
            f'y1="{y}" y2="{y}"/>'
        )
        parts.append(f'<text x="{_LEFT + 40}" y="{y + 4}">{escape(series.name)}</text>')
    return parts
