"""Dead letters as an operator sees them: which stand, what was tried, and which can be redriven. Pure.

A letter stands until a redrive of its record succeeds: `matching` then writes a tombstone in its place. A redrive that
is refused again becomes a letter of its own, on the order's place in the topic `redrives`; here it is shown with the
letter that it was to answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import ValidationError

from consumers.kafka import Inbound
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import DeadLetter, Redrive
from schemas.topics import (
    DEAD_LETTERS,
    IDENTITY_DECISIONS,
    MEMORY_OF,
    PROTECTION_STATUSES,
    REDRIVES,
    dead_letter_key,
)

_PLACE = re.compile(r"([A-Za-z0-9._-]{1,249})/(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,18})").fullmatch


class PlaceError(ValueError):
    """A place is not written as TOPIC/PARTITION/OFFSET."""


class Place(NamedTuple):
    """Where a record is: the key of its letter."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `topic/partition/offset`. Raises PlaceError."""
        parts = _PLACE(text)
        if parts is None:
            raise PlaceError(f"{text!r} is not of the form TOPIC/PARTITION/OFFSET, such as border-crossings/3/1207")
        return cls(parts[1], int(parts[2]), int(parts[3]))

    @property
    def key(self) -> bytes:
        """Key of the letter and of a redrive."""
        return dead_letter_key(*self)

    def __str__(self) -> str:
        return self.key.decode()


def place_of(record: DeadLetter | Redrive) -> Place:
    """The place that a letter or an order names."""
    return Place(record.topic, record.partition, record.offset)


def advice(reason: str) -> str:
    """The sentence for a reason code; a letter may hold one of a newer version."""
    try:
        return Reason(reason).advice
    except ValueError:
        return "This reason code is not known to this version of the program."


class Redrivable(StrEnum):
    """Whether a redrive of a letter is possible."""

    YES = "yes"
    REGISTRY_ROW = "registry-row"
    ORDER = "order"
    DECISION = "decision"
    DERIVED = "derived"

    @property
    def sentence(self) -> str:
        """What to do instead."""
        return {
            Redrivable.YES: "It can be redriven.",
            Redrivable.REGISTRY_ROW: "A registry row is not redriven: publish the person's row again.",
            Redrivable.ORDER: "It is a redrive that was refused: redrive the record that it names.",
            Redrivable.DECISION: "A decision is not redriven: decide again, with resesignal identity decide.",
            Redrivable.DERIVED: "It is not from a source: see resesignal replay --again, over when the event came in.",
        }[self]


def redrivable(topic: str) -> Redrivable:
    """Whether letters of a topic can be redriven; `matching` reads only its own sources again."""
    if topic in MEMORY_OF:
        return Redrivable.YES
    if topic == PROTECTION_STATUSES.name:
        return Redrivable.REGISTRY_ROW
    if topic == IDENTITY_DECISIONS.name:
        return Redrivable.DECISION
    return Redrivable.ORDER if topic == REDRIVES.name else Redrivable.DERIVED


@dataclass(slots=True)
class Letters:
    """What the topics `dead-letters` and `redrives` hold, gathered record by record.

    Attributes:
        standing: letters without a tombstone after them, by place.
        orders: orders to redrive, by their own place in the topic `redrives`.
        unreadable: letters that this version cannot read.
    """

    standing: dict[Place, DeadLetter] = field(default_factory=dict)
    orders: dict[Place, Redrive] = field(default_factory=dict)
    unreadable: int = 0

    def attempts(self) -> Mapping[Place, tuple[DeadLetter, ...]]:
        """Redrives that were refused, by the place that they were to answer, the earliest first."""
        found: dict[Place, list[DeadLetter]] = {}
        for place, letter in sorted(self.standing.items()):
            order = self.orders.get(place)
            if order is not None:
                found.setdefault(place_of(order), []).append(letter)
        return {place: tuple(sorted(tried, key=lambda one: one.timestamp)) for place, tried in found.items()}

    def answered(self) -> frozenset[Place]:
        """Places that an order names and whose letter is gone."""
        return frozenset(place for order in self.orders.values() if (place := place_of(order)) not in self.standing)


class LetterReader:
    """Takes the records of `dead-letters` and `redrives` into `letters`."""

    def __init__(self, resolve_id: ResolveId | None = None) -> None:
        self.letters = Letters()
        self._letter = Codec(DEAD_LETTERS.record, resolve_id=resolve_id)
        self._order = Codec(REDRIVES.record, resolve_id=resolve_id)

    def take(self, record: Inbound) -> None:
        """Take in one record of either topic."""
        if record.topic == REDRIVES.name:
            self._take_order(record)
            return
        try:
            place = Place.parse((record.key or b"").decode("ascii", "replace"))
            if record.value is None:
                self.letters.standing.pop(place, None)
                return
            self.letters.standing[place] = self._letter.decode_record(record.value, DeadLetter)
        except (PlaceError, Refused, ValidationError):
            self.letters.unreadable += 1

    def _take_order(self, record: Inbound) -> None:
        try:
            order = self._order.decode_record(record.value, Redrive)
        except (Refused, ValidationError):
            return  # matching refuses it too, and its letter stands
        if order.until < 0:  # else it is about a span, and answers no letter
            self.letters.orders[Place(record.topic, record.partition, record.offset)] = order


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter with the redrives of it that were refused."""

    place: Place
    letter: DeadLetter
    attempts: tuple[DeadLetter, ...] = ()

    @property
    def redrivable(self) -> Redrivable:
        return redrivable(self.place.topic)


def select(letters: Letters, *, reason: str | None = None, topic: str | None = None) -> list[Listed]:
    """Letters that stand, by place; of one reason or topic where told.

    A refused redrive is not listed beside its letter, nor once that letter is answered, unless its topic is asked for.
    """
    attempts = letters.attempts()
    chosen = []
    for place, letter in sorted(letters.standing.items()):
        if topic is None and place in letters.orders:
            continue
        if (reason is None or letter.reason == reason) and (topic is None or place.topic == topic):
            chosen.append(Listed(place, letter, attempts.get(place, ())))
    return chosen


def count_reasons(listed: Iterable[Listed]) -> dict[str, int]:
    """Number of letters by reason, the most frequent first."""
    return dict(Counter(one.letter.reason for one in listed).most_common())
