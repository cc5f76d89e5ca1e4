"""How far a partition has been read and what became of its records: kept in the commit metadata of its offset.

Because it is committed with the offset, in the same transaction as what the records led to, the counts can be neither
ahead nor behind. `resesignal reconcile` adds them up. Beside them stands a note of the service's own, such as what
the records have been compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_VERSION = 1
# Kafka's offset.metadata.max.bytes; the counts take a few hundred bytes.
MAX_BYTES = 4096


@dataclass(slots=True)
class Progress:
    """Progress of one consumer group in one partition.

    Attributes:
        first_offset: offset of the first record ever handled; -1 before that.
        next_offset: offset of the next record to read; -1 where nothing was handled yet.
        consumed: number of records handled.
        outcomes: number of records by outcome; they add up to `consumed`.
        note: what the service notes of the partition, plain values.
    """

    first_offset: int = -1
    next_offset: int = -1
    consumed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    note: Mapping[str, Any] = field(default_factory=dict)

    def advance(self, offset: int, outcome: str) -> None:
        """Count the record at `offset`."""
        if self.first_offset < 0:
            self.first_offset = offset
        self.next_offset = offset + 1
        self.consumed += 1
        self.outcomes[outcome] += 1

    def advance_all(self, first: int, last: int, outcomes: Mapping[str, int]) -> None:
        """Count many records at once: their first and last offset, and how many had each outcome."""
        if self.first_offset < 0:
            self.first_offset = first
        self.next_offset = last + 1
        self.consumed += sum(outcomes.values())
        self.outcomes.update(outcomes)

    def pass_to(self, offset: int) -> bool:
        """Pass over markers of transactions up to the topic's end at `offset`; whether that moved anything.

        They are no records, but while they lie between the committed offset and the end, lag would never be zero.
        """
        if self.next_offset < 0 or offset <= self.next_offset:
            return False
        self.next_offset = offset
        return True

    def metadata(self) -> str:
        """The progress as commit metadata."""
        values = {**self.counts(), "note": self.note} if self.note else self.counts()
        return orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()

    def counts(self) -> dict[str, Any]:
        """The counts and the first offset, as plain values."""
        return {
            "v": _VERSION,
            "first": self.first_offset,
            "consumed": self.consumed,
            "outcomes": {name: count for name, count in self.outcomes.items() if count},
        }

    @classmethod
    def read(cls, next_offset: int, metadata: str | None) -> Progress:
        """Progress from a committed offset (negative for none) and its metadata.

        Raises ValueError where the metadata was written by something else: then the counts would start from nothing
        without anyone noticing.
        """
        if next_offset < 0:
            return cls()
        if not metadata:
            raise ValueError("the committed offset carries no counts; it was not committed by this service")
        return cls.from_counts(next_offset, orjson.loads(metadata))

    @classmethod
    def from_counts(cls, next_offset: int, counts: Mapping[str, Any]) -> Progress:
        """Progress from `counts()`. Raises ValueError for another version of them."""
        if counts.get("v") != _VERSION:
            raise ValueError(f"counts of version {counts.get('v')!r}; this program reads version {_VERSION}")
        return cls(
            int(counts["first"]),
            next_offset,
            int(counts["consumed"]),
            Counter(counts["outcomes"]),
            counts.get("note", {}),
        )
