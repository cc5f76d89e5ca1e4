"""When a consumer is taken for stalled: records wait, twice told, through a long silence."""

from __future__ import annotations

import pytest

from consumers import stall
from consumers.kafka import Partition
from consumers.stall import StallDetector

OWNED, OTHER = Partition("border-crossings", 0), Partition("border-crossings", 1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stall, "time", clock)
    return clock


def silent(clock: Clock, *told: dict[Partition, int]) -> StallDetector:
    detector = StallDetector(silence_s=20.0)
    for lag in told:
        clock.now += 15
        detector.told(lag)
    return detector


def test_records_that_wait_through_a_long_silence_are_a_stall_once_a_minute(clock: Clock) -> None:
    detector = silent(clock, {OWNED: 3}, {OWNED: 3})
    assert detector.stalled([OWNED, OTHER])
    assert not detector.stalled([OWNED])
    clock.now += 61
    assert detector.stalled([OWNED])


@pytest.mark.parametrize(
    "told",
    [(), ({OWNED: 3},), ({OWNED: 3}, {OWNED: 0}), ({OWNED: 0}, {OWNED: 3}), ({OTHER: 3}, {OTHER: 3})],
    ids=["never told", "told once", "handled since", "only just come", "of another's partition"],
)
def test_nothing_else_is(clock: Clock, told: tuple[dict[Partition, int], ...]) -> None:
    detector = silent(clock, *told)
    clock.now += 100
    assert not detector.stalled([OWNED])


def test_a_consumer_that_was_heard_of_is_not_silent(clock: Clock) -> None:
    detector = silent(clock, {OWNED: 3}, {OWNED: 3})
    detector.heard()
    detector.told({OWNED: 3})
    detector.told({OWNED: 3})
    clock.now += 19
    assert not detector.stalled([OWNED])
    clock.now += 2
    assert detector.stalled([OWNED])


def test_between_two_assignments_any_partition_counts_and_afterwards_only_those_owned(clock: Clock) -> None:
    detector = StallDetector(silence_s=20.0)
    detector.taken()
    for _ in range(2):
        clock.now += 15
        detector.told({OTHER: 3})
    assert detector.stalled([])
    clock.now += 61
    detector.assigned()
    for _ in range(2):
        clock.now += 15
        detector.told({OTHER: 3})
    assert not detector.stalled([])


def test_what_was_told_before_the_broker_went_away_is_no_stall(clock: Clock) -> None:
    detector = silent(clock, {OWNED: 3}, {OWNED: 3}, {})
    clock.now += 100
    assert not detector.stalled([OWNED])
