"""How far each group is, and how much lies before it: from Kafka for two groups, from PostgreSQL for the queue."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from consumers.candidates import Candidates
from consumers.case_queue.engine import make_engine
from consumers.case_queue.sink import Sink
from consumers.completeness import Compared
from consumers.kafka import Clients, Inbound, Partition
from consumers.matching import Matching
from consumers.progress import Progress
from consumers.reconcile.books import GAP_FREE
from consumers.reconcile.database import read_positions
from consumers.reconcile.result import Difference, Problem
from consumers.registry_tail import COMPARED_WITH, records_after
from consumers.scan import Scanner, Span
from schemas.topics import MEMORY_OF

QUEUE = "case-queue"
# The groups in the order of the way of an event, with what each reads.
GROUPS: dict[str, tuple[str, ...]] = {
    "matching": Matching.topics,
    "candidates": Candidates.topics,
    QUEUE: Sink.topics,
}
# A source that is further behind is not read to count its records: its offsets tell.
_FAR_BEHIND = 10_000
_POLL_S = 0.5


def group_progress(scanner: Scanner, group: str) -> tuple[dict[Partition, Progress], list[Difference]]:
    """What a group has committed to Kafka; counts that cannot be read are a difference. Raises KafkaAway."""
    found: dict[Partition, Progress] = {}
    unreadable: list[Difference] = []
    for place, held in scanner.committed(group, GROUPS[group]).items():
        try:
            found[place] = Progress.read(held.next_offset, held.metadata)
        except (ValueError, KeyError, TypeError):
            where = f"{group} {place.topic}/{place.number}"
            detail = "the committed offset carries no counts of this program"
            unreadable.append(Difference(Problem.COUNTS_UNREADABLE, where, detail))
            found[place] = Progress(next_offset=held.next_offset)
    return found, unreadable


def queue_progress(positions: Mapping[Partition, tuple[int, Mapping[str, int]]]) -> dict[Partition, Progress]:
    """The same for the case queue, from its positions in PostgreSQL."""
    found: dict[Partition, Progress] = {}
    for place, (next_offset, counts) in positions.items():
        outcomes = Counter({name: count for name, count in counts.items() if name not in ("first", "consumed")})
        found[place] = Progress(counts.get("first", -1), next_offset, counts.get("consumed", 0), outcomes)
    return found


def behind(
    scanner: Scanner, bounds: Mapping[Partition, Span], progress: Mapping[Partition, Progress]
) -> Counter[Partition]:
    """Records of each partition that the group has not handled; markers of transactions are none. Raises KafkaAway."""
    left: Counter[Partition] = Counter()
    near: dict[Partition, Span] = {}
    for place, span in bounds.items():
        tail = Span(max(span.start, progress.get(place, Progress()).next_offset), span.end)
        if place.topic in GAP_FREE and tail.end - tail.start > _FAR_BEHIND:
            left[place] = tail.end - tail.start
        else:
            near[place] = tail

    def count(record: Inbound) -> None:
        left[Partition(record.topic, record.partition)] += 1

    scanner.read(near, count)
    return left


def to_be_compared(progress: Mapping[Partition, Progress], ends: Mapping[Partition, int]) -> list[Partition]:
    """Source partitions whose events `matching` has not compared with all that there is, by what it has committed.

    Args:
        progress: what `matching` has committed.
        ends: of the topics in `COMPARED_WITH` at least, asked for after that.
    """
    return [place for place, held in progress.items() if place.topic in MEMORY_OF and _is_behind(held, ends)]


def _is_behind(held: Progress, ends: Mapping[Partition, int]) -> bool:
    if held.next_offset < 0:
        return False
    compared = Compared.read(held.note)
    if compared is None or Compared.is_due(held.note):
        return True
    return any(records_after(compared.registry, ends, topic) for topic in COMPARED_WITH)


def await_handled(
    clients: Clients,
    database_url: str,
    seconds: float,
    progress: Callable[[int, int], None] = lambda _left, _due: None,
    *,
    patience_s: float | None = None,
) -> int:
    """Wait until every record on the topics has been handled, at most so long; gives what is still left.

    What is left are records, and source partitions whose events are to be looked at again, of which `progress` is told
    apart. Raises KafkaAway, QueueUnavailable.
    """
    scanner = Scanner(clients, patience_s=patience_s)
    engine = make_engine(database_url, application="reconcile")
    deadline = time.monotonic() + seconds
    try:
        while True:
            left, due = _left(scanner, engine)
            progress(left, due)
            if not left + due or time.monotonic() > deadline:
                return left + due
            time.sleep(_POLL_S)
    finally:
        engine.dispose()


def _left(scanner: Scanner, engine: Engine) -> tuple[int, int]:
    left = 0
    progress: dict[str, dict[Partition, Progress]] = {}
    ends: dict[Partition, int] = {}
    # Upstream first: what a group has handled is on the topics before the next group is asked.
    for group, topics in GROUPS.items():
        if group == QUEUE:
            progress[group] = queue_progress(read_positions(engine, group))
        else:
            progress[group], _unreadable = group_progress(scanner, group)
        bounds = scanner.bounds(topics)
        ends |= {place: span.end for place, span in bounds.items()}
        left += behind(scanner, bounds, progress[group]).total()
    return left, len(to_be_compared(progress["matching"], ends))
