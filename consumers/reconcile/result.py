"""What a reconciliation found. It holds places, counts and ids, and nothing else of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consumers.kafka import Partition


class Problem(StrEnum):
    """Stable code of a difference."""

    COUNTS_UNREADABLE = "counts-unreadable"
    OUTCOMES_DIFFER = "outcomes-differ"
    UNCOUNTED = "records-uncounted"
    COUNTED_TOO_OFTEN = "records-counted-too-often"
    LOST = "records-lost"
    SKIPPED = "records-skipped"
    TOPIC_CUT = "topic-cut"
    LETTERS_DIFFER = "letters-differ"
    REFUSALS_DIFFER = "refusals-differ"
    MATCH_MISSING = "match-missing"
    MATCH_NOT_TAKEN_BACK = "match-not-taken-back"
    MATCH_DIFFERS = "match-differs"
    EVIDENCE_UNFOUNDED = "evidence-unfounded"
    NOT_IN_QUEUE = "not-in-queue"
    NOT_ON_TOPIC = "not-on-topic"
    QUEUE_DIFFERS = "queue-differs"
    REFUSED_BY_QUEUE = "refused-by-queue"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two things that must agree and do not.

    Attributes:
        problem: stable code.
        where: a partition as `topic/number`, or the kind and id of an object.
        detail: one sentence, with figures.
    """

    problem: Problem
    where: str
    detail: str


class Check(StrEnum):
    """How it was shown that every record of a partition was counted exactly once."""

    EVERY_OFFSET = "every-offset"
    READ_AGAIN = "read-again"
    BOUNDS = "bounds"
    NOTHING_READ = "nothing-read"

    @property
    def sentence(self) -> str:
        """What the check shows."""
        return {
            Check.EVERY_OFFSET: "Every offset from the first to the next is a record that was counted.",
            Check.READ_AGAIN: "The topic was read again and holds exactly as many records as were counted.",
            Check.BOUNDS: "Compaction or retention took records away: counted at least those still held, and no more "
            "than there are offsets.",
            Check.NOTHING_READ: "No record has been handled yet.",
        }[self]


@dataclass(frozen=True, slots=True)
class PartitionBooks:
    """The books of one group in one partition.

    Attributes:
        group: consumer group.
        partition: the partition.
        first: first offset that was handled, -1 for none.
        next: next offset to read, -1 for none.
        consumed: records counted.
        outcomes: records by outcome.
        check: which check was made.
        lag: records not handled yet.
        expired: offsets before the first handled one that the topic no longer holds.
    """

    group: str
    partition: Partition
    first: int
    next: int
    consumed: int
    outcomes: Mapping[str, int]
    check: Check
    lag: int
    expired: int


@dataclass(frozen=True, slots=True)
class LetterBooks:
    """Dead letters of one partition: counted by the service, still standing, and answered by a redrive."""

    partition: Partition
    counted: int
    standing: int
    answered: int


@dataclass(frozen=True, slots=True)
class MatchBooks:
    """Matches on `status-matches` against the evidence in candidates and identity reviews.

    Attributes:
        holding: matches that hold.
        taken_back: matches that were retracted.
        older: pieces of evidence whose match has left the topic with its retention.
        in_flight: people left out because records about them are on their way.
    """

    holding: int = 0
    taken_back: int = 0
    older: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class QueueBooks:
    """Candidates and identity reviews on Kafka against the rows in PostgreSQL.

    Attributes:
        candidates: people with a candidate on Kafka, and those among them that are open.
        open_candidates: as above.
        reviews: possible matches on Kafka.
        in_flight: people left out because records about them are on their way.
    """

    candidates: int = 0
    open_candidates: int = 0
    reviews: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All that was compared, and what did not agree.

    Attributes:
        due: source partitions whose events `matching` has still to compare with registry, decisions or rules that came
            after them.
    """

    books: tuple[PartitionBooks, ...]
    letters: tuple[LetterBooks, ...]
    matches: MatchBooks
    queue: QueueBooks
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()
    due: tuple[Partition, ...] = ()

    @property
    def lag(self) -> int:
        """Records that lie on the topics and have not been handled."""
        return sum(one.lag for one in self.books)

    @property
    def balanced(self) -> bool:
        """Whether all that has been handled agrees; more may be on its way."""
        return not self.differences

    @property
    def agrees(self) -> bool:
        """Whether everything has been handled, nothing is to be looked at again, and all of it agrees."""
        return self.balanced and self.lag == 0 and not self.due
