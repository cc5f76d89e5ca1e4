"""How far each group is, and how much lies before it: from Kafka for two groups, from PostgreSQL for the queue."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from consumers.candidates import Candidates
from consumers.case_queue.engine import make_engine
from consumers.case_queue.sink import Sink
from consumers.kafka import Clients, Inbound, Partition
from consumers.matching import Matching
from consumers.progress import Progress
from consumers.reconcile.books import GAP_FREE
from consumers.reconcile.database import read_positions
from consumers.reconcile.result import Difference, Problem
from consumers.scan import Scanner, Span

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


def await_handled(
    clients: Clients,
    database_url: str,
    seconds: float,
    progress: Callable[[int], None] = lambda _left: None,
    *,
    patience_s: float | None = None,
) -> int:
    """Wait until every record on the topics has been handled, at most so long; gives the records still left.

    Raises KafkaAway, QueueUnavailable.
    """
    scanner = Scanner(clients, patience_s=patience_s)
    engine = make_engine(database_url, application="reconcile")
    deadline = time.monotonic() + seconds
    try:
        while True:
            left = _left(scanner, engine)
            progress(left)
            if left == 0 or time.monotonic() > deadline:
                return left
            time.sleep(_POLL_S)
    finally:
        engine.dispose()


def _left(scanner: Scanner, engine: Engine) -> int:
    left = 0
    # Upstream first: what a group has handled is on the topics before the next group is asked.
    for group, topics in GROUPS.items():
        if group == QUEUE:
            held = queue_progress(read_positions(engine, group))
        else:
            held, _unreadable = group_progress(scanner, group)
        left += behind(scanner, scanner.bounds(topics), held).total()
    return left
