"""What is simulated, what comes out of it, and what is true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from schemas.swedish_time import day_begins_ms

_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Beyond this the affine mix of `people.py` would repeat a number.
MAX_PEOPLE = 9_000_000
# Statuses that begin or end within the scenario need days before and after it.
MIN_DAYS = 6


@dataclass(frozen=True, slots=True)
class Scenario:
    """A period of traffic. The same scenario gives the same bytes, on any machine.

    Attributes:
        seed: all chance follows from it.
        people: rows in the registry.
        crossings: records on `border-crossings`, resends, corrections and refused ones included.
        observations: records on `mission-observations`, likewise.
        start: first day; days are Swedish.
        days: length; events are published within it.
    """

    seed: int
    people: int = 20_000
    crossings: int = 100_000
    observations: int = 2_000
    start: date = date(2026, 5, 1)
    days: int = 30

    def __post_init__(self) -> None:
        if not 100 <= self.people <= MAX_PEOPLE:
            raise ValueError(f"people: from 100 to {MAX_PEOPLE}")
        if self.days < MIN_DAYS:
            raise ValueError(f"days: at least {MIN_DAYS}")
        if self.crossings < 0 or self.observations < 0 or self.seed < 0:
            raise ValueError("seed, crossings and observations are not negative")

    @property
    def start_ms(self) -> int:
        """The first moment, milliseconds since 1970."""
        return day_begins_ms(self.first_day)

    @property
    def end_ms(self) -> int:
        """The moment after the last one."""
        return day_begins_ms(self.first_day + self.days)

    @property
    def first_day(self) -> int:
        """The first day, days since 1970."""
        return self.start.toordinal() - _EPOCH_DAY


class SimulatedRecord(NamedTuple):
    """One record to publish.

    Attributes:
        topic: name of the topic.
        key: the record's key.
        value: its bytes.
        category: name of the category, see `plan.py`.
        person_id: the protected person it was made from, as text; None for bulk travellers.
    """

    topic: str
    key: bytes
    value: bytes
    category: str
    person_id: str | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What must come of a scenario once every record has been handled: known from how it was made, not from matching.

    Attributes:
        candidates: for each person with an open candidate, the events that are its evidence, no more and no fewer. A
            person whose evidence was all corrected away or withdrawn is not in it: no candidate, or a retracted one.
        reviews: event and person of each possible match that a human must review.
        dead_letters: records refused, by topic and reason code.
        categories: records published, by category.
    """

    candidates: Mapping[UUID, frozenset[UUID]]
    reviews: frozenset[tuple[UUID, UUID]]
    dead_letters: Mapping[str, Mapping[str, int]]
    categories: Mapping[str, int]
