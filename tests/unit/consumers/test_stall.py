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


def ask(detector: StallDetector, clock: Clock, seconds: float) -> None:
    """Ask for records in vain, time and again for so long."""
    for _ in range(round(seconds / 0.5)):
        clock.now += 0.5
        detector.asked_in_vain()


def silent(clock: Clock, *told: dict[Partition, int]) -> StallDetector:
    detector = StallDetector(silence_s=20.0)
    detector.asked_in_vain()
    for lag in told:
        ask(detector, clock, 15)
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
    ask(detector, clock, 100)
    assert not detector.stalled([OWNED])


def test_a_consumer_that_was_heard_of_is_not_silent(clock: Clock) -> None:
    detector = silent(clock, {OWNED: 3}, {OWNED: 3})
    detector.heard()
    detector.told({OWNED: 3})
    detector.told({OWNED: 3})
    ask(detector, clock, 19)
    assert not detector.stalled([OWNED])
    ask(detector, clock, 2)
    assert detector.stalled([OWNED])


def test_between_two_assignments_any_partition_counts_and_afterwards_only_those_owned(clock: Clock) -> None:
    detector = StallDetector(silence_s=20.0)
    detector.taken()
    for _ in range(2):
        ask(detector, clock, 15)
        detector.told({OTHER: 3})
    assert detector.stalled([])
    clock.now += 61
    detector.assigned()
    for _ in range(2):
        ask(detector, clock, 15)
        detector.told({OTHER: 3})
    assert not detector.stalled([])


def test_what_was_told_before_the_broker_went_away_is_no_stall(clock: Clock) -> None:
    detector = silent(clock, {OWNED: 3}, {OWNED: 3}, {})
    ask(detector, clock, 100)
    assert not detector.stalled([OWNED])


@pytest.mark.parametrize("asked_s", [0, 19])
def test_what_its_owner_did_meanwhile_is_no_silence(clock: Clock, asked_s: float) -> None:
    """A long batch, a database that is away, a process that was suspended."""
    detector = StallDetector(silence_s=20.0)
    ask(detector, clock, asked_s)
    detector.told({OWNED: 3})
    detector.told({OWNED: 3})
    clock.now += 1000
    assert not detector.stalled([OWNED])
    detector.asked_in_vain()
    assert not detector.stalled([OWNED])
    ask(detector, clock, 20)
    assert detector.stalled([OWNED])
