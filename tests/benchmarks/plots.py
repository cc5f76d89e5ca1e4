"""A plot of a few points as SVG, readable on light and dark pages, with no library behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.benchmarks.figures import shown

_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 44, 52, 52
_STYLE = """
    .bg { fill: #ffffff; stroke: #d5dae1 }
    .axis { stroke: #5b6775; stroke-width: 1 }
    .line { fill: none; stroke: #1f5f9e; stroke-width: 2 }
    .range { stroke: #1f5f9e; stroke-width: 1.2 }
    .dot { fill: #1f5f9e }
    text { fill: #1b2430 }
    @media (prefers-color-scheme: dark) {
      .bg { fill: #11161d; stroke: #303a46 }
      .axis { stroke: #a4b0bd }
      .line, .range { stroke: #69aef0 }
      .dot { fill: #69aef0 }
      text { fill: #e8edf3 }
    }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A quantity at some size: its median, least and greatest of several runs."""

    x: float
    median: float
    least: float
    greatest: float


def plot(title: str, x_title: str, y_title: str, points: Sequence[Point]) -> str:
    """The points joined by a line: x logarithmic, y from 0, the range of the runs as a bar."""
    low, high = math.log(points[0].x), math.log(points[-1].x)
    top = 1.1 * max(point.greatest for point in points)

    def across(x: float) -> float:
        share = (math.log(x) - low) / (high - low) if high > low else 0.5
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def down(y: float) -> float:
        return _HEIGHT - _BOTTOM - y / top * (_HEIGHT - _TOP - _BOTTOM)

    told = "; ".join(f"{shown(point.median)} at {_mark(point.x)}" for point in points)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="t d" font-family="system-ui, \'Segoe UI\', Roboto, sans-serif" font-size="12">',
        f'  <title id="t">{escape(title)}</title>',
        f'  <desc id="d">{escape(y_title)} by {escape(x_title)}: {told}.</desc>',
        f"  <style>{_STYLE}  </style>",
        f'  <rect class="bg" x=".5" y=".5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="10"/>',
        f'  <text x="{_LEFT}" y="26" font-size="14" font-weight="600">{escape(title)}</text>',
        f'  <path class="axis" fill="none" d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}"/>',
        f'  <text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>',
        f'  <text x="16" y="{_TOP - 2}">{escape(y_title)}</text>',
    ]
    step = _step(top)
    for number in range(int(top / step) + 1):
        y = down(number * step)
        lines.append(f'  <text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_mark(number * step)}</text>')
        lines.append(f'  <path class="axis" d="M{_LEFT - 4} {y:.1f}h4"/>')
    way = " ".join(f"{across(point.x):.1f},{down(point.median):.1f}" for point in points)
    lines.append(f'  <polyline class="line" points="{way}"/>')
    for point in points:
        x = across(point.x)
        lines += [
            f'  <path class="range" d="M{x:.1f} {down(point.least):.1f}V{down(point.greatest):.1f}"/>',
            f'  <circle class="dot" cx="{x:.1f}" cy="{down(point.median):.1f}" r="3.5"/>',
            f'  <text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{_mark(point.x)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def _step(top: float) -> float:
    """A round distance of the marks: some four to eight of them."""
    power = 10.0 ** math.floor(math.log10(top))
    return next(power * part for part in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if top / (power * part) <= 8)


def _mark(value: float) -> str:
    """A number at an axis: round ones without decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2g}"
