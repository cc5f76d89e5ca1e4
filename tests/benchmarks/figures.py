"""What a measurement gives: figures of several runs, with what they are to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to reach: at least, or at most, so much."""

    value: float
    at_least: bool = True

    def reached(self, value: float) -> bool:
        """Whether a figure reaches it."""
        return value >= self.value if self.at_least else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {shown(self.value)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity.

    Attributes:
        name: what it is.
        unit: its unit.
        runs: its value in each run.
        target: what it is to reach, None for nothing in particular.
    """

    name: str
    unit: str
    runs: tuple[float, ...]
    target: Target | None = None

    @property
    def median(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def verdict(self) -> str:
        """In a word whether the target is reached; empty where there is none."""
        if self.target is None:
            return ""
        return "reached" if self.target.reached(self.median) else "missed"


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of one measurement.

    Attributes:
        key: short name, as on the command line.
        title: what is measured.
        how: how, in sentences.
        figures: what came of it.
    """

    key: str
    title: str
    how: str
    figures: tuple[Figure, ...]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered), -int(-share * len(ordered) // 1)) - 1)]


def shown(value: float) -> str:
    """A number with as many digits as it deserves."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
