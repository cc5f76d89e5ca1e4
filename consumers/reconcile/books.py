"""One group's books of one partition: consumed = sum of outcomes = what the topic held. Pure.

An idempotent producer without transactions leaves no gap in the offsets, so for the sources, the redrives and the
decisions the offsets alone are the proof. Where markers of transactions lie between records, the topic is read again.
Where compaction or retention has taken records away, the count can only be kept within bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consumers.kafka import Partition
from consumers.progress import Progress
from consumers.reconcile.result import Check, Difference, PartitionBooks, Problem
from consumers.scan import Span
from schemas.topics import IDENTITY_DECISIONS, MEMORY_OF, REDRIVES, TOPICS, CleanUp

# Written without transactions and never compacted: every offset is a record.
GAP_FREE = frozenset({*MEMORY_OF, REDRIVES.name, IDENTITY_DECISIONS.name})

_Differs = Callable[[Problem, str], None]


@dataclass(frozen=True, slots=True)
class Held:
    """What the topic holds now, in records.

    Attributes:
        before: records before the first one that was handled.
        within: records from the first one handled up to the next to read; None where it was not read again.
        after: records from the next to read up to the end.
    """

    before: int = 0
    within: int | None = None
    after: int = 0


def must_read_again(progress: Progress) -> bool:
    """Whether the offsets alone do not show that every record was counted."""
    return progress.consumed > 0 and progress.consumed != progress.next_offset - progress.first_offset


def check_books(
    group: str, partition: Partition, progress: Progress, bounds: Span, held: Held
) -> tuple[PartitionBooks, list[Difference]]:
    """The books of a partition and what is wrong with them."""
    where = f"{group} {partition.topic}/{partition.number}"
    found: list[Difference] = []

    def differs(problem: Problem, detail: str) -> None:
        found.append(Difference(problem, where, detail))

    added = sum(progress.outcomes.values())
    if added != progress.consumed:
        differs(Problem.OUTCOMES_DIFFER, f"{progress.consumed} records were consumed, their outcomes add up to {added}")
    check = Check.NOTHING_READ
    expired = 0
    if progress.consumed:
        expired = min(progress.first_offset, bounds.start) if partition.topic in GAP_FREE else 0
        check = _check_count(partition, progress, bounds, held, differs)
        if held.before:
            differs(Problem.SKIPPED, f"{held.before} records before the first one handled were passed over")
    if progress.next_offset > bounds.end:
        differs(
            Problem.TOPIC_CUT,
            f"the topic ends at {bounds.end} and was read up to {progress.next_offset}: it was cut or made anew",
        )
    elif 0 <= progress.next_offset < bounds.start:
        # Some may be markers of transactions, where there are any.
        at_most = "" if partition.topic in GAP_FREE else "up to "
        lost = bounds.start - progress.next_offset
        differs(Problem.LOST, f"{at_most}{lost} records expired before they were read")
    books = PartitionBooks(
        group=group,
        partition=partition,
        first=progress.first_offset,
        next=progress.next_offset,
        consumed=progress.consumed,
        outcomes=dict(sorted(progress.outcomes.items())),
        check=check,
        lag=held.after,
        expired=expired,
    )
    return books, found


def _check_count(partition: Partition, progress: Progress, bounds: Span, held: Held, differs: _Differs) -> Check:
    span = progress.next_offset - progress.first_offset
    consumed = progress.consumed
    if consumed > span:
        differs(Problem.COUNTED_TOO_OFTEN, f"{consumed} records were counted within {span} offsets")
        return Check.EVERY_OFFSET
    if consumed == span:
        return Check.EVERY_OFFSET
    within = held.within or 0
    compacted = TOPICS[partition.topic].clean_up is not CleanUp.DELETE
    whole = not compacted and bounds.start <= progress.first_offset
    if within > consumed:
        differs(Problem.UNCOUNTED, f"the topic holds {within} records there and only {consumed} were counted")
    elif whole and within < consumed:
        differs(Problem.COUNTED_TOO_OFTEN, f"the topic holds {within} records there and {consumed} were counted")
    elif not whole and partition.topic in GAP_FREE:
        differs(Problem.LOST, f"{span - consumed} records expired before they were read, or were never counted")
    # A compacted topic that still holds all that was counted has lost nothing.
    return Check.READ_AGAIN if whole or within == consumed else Check.BOUNDS
