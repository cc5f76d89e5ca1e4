"""Plots of the benchmarks: well-formed, told in words too, and every point within the picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.benchmarks.plots import Point, plot

SVG = "{http://www.w3.org/2000/svg}"
CURVES = {
    "falling": [Point(10_000, 92_164, 90_000, 95_000), Point(3_000_000, 30_000, 29_000, 31_000)],
    "small": [Point(1, 0.012, 0.011, 0.013), Point(6, 0.02, 0.02, 0.02)],
    "alone": [Point(5, 7, 7, 7)],
    "a power of ten": [Point(1, 10, 10, 10), Point(10, 9.5, 9, 10)],
}


def parsed(points: list[Point]) -> ET.Element:
    return ET.fromstring(plot("Events & more", "people", "events/s", points))  # noqa: S314 - it was made here


@pytest.mark.parametrize("points", CURVES.values(), ids=CURVES)
def test_a_plot_shows_and_tells_each_point(points: list[Point]) -> None:
    root = parsed(points)
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == len(points)
    for dot in dots:
        assert 0 < float(dot.attrib["cx"]) < 640
        assert 0 < float(dot.attrib["cy"]) < 320
    assert root.findtext(f"{SVG}title") == "Events & more"
    assert (root.findtext(f"{SVG}desc") or "").count(" at ") == len(points)


def test_more_stands_higher() -> None:
    first, last = (float(dot.attrib["cy"]) for dot in parsed(CURVES["falling"]).findall(f"{SVG}circle"))
    assert first < last
