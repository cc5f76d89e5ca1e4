"""The write side of the case queue: one batch from Kafka in one database transaction, with the offsets that follow it.

Order within the transaction: the positions first, because a stale owner must stop before it waits for anything else;
then candidates, evidence and reviews, each sorted by its key. All instances lock in this order, and a person lives in
one partition of each topic, so two instances wait for each other at most on a position and cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from consumers.case_queue import statements
from consumers.case_queue.errors import database_errors
from consumers.case_queue.plan import Known, by_candidate, by_reviewed_person, plan_candidates
from consumers.case_queue.positions import Position, TopicPartition, advance_positions, read_positions
from consumers.case_queue.rows import QueueRecord, to_json
from schemas.reasons import Reason


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that could not be used: its place and why, nothing of its content."""

    topic: str
    partition: int
    offset: int
    reason: Reason
    sha256: str
    size: int
    field: str | None = None


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What a batch did: records with something new, records without, and rows of each kind."""

    versions: int = 0
    unchanged: int = 0
    candidates: int = 0
    evidence_attached: int = 0
    evidence_retracted: int = 0
    reviews_written: int = 0
    reviews_retracted: int = 0


class CandidateStore:
    """What the sink writes, on behalf of one consumer group. Thread-safe as far as its engine is."""

    def __init__(self, engine: Engine, group: str) -> None:
        self._engine = engine
        self._group = group

    def positions(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Position]:
        """Where to go on reading; a partition never read is not among them. Raises QueueUnavailable."""
        with database_errors(), self._engine.begin() as connection:
            return read_positions(connection, self._group, partitions)

    def apply(
        self,
        batch: Sequence[QueueRecord],
        expected: Mapping[TopicPartition, int | None],
        new: Mapping[TopicPartition, Position],
        now: datetime,
        refused: Sequence[RefusedRecord] = (),
    ) -> ApplyResult:
        """Write a batch and move the positions, both or neither.

        Args:
            batch: records in the order of their offsets within each partition, each passed by `check_record`.
            expected: the offset at which each partition stands, as `positions` or the last `apply` said; None or
                absent where it has no position yet.
            new: the position of each partition after the batch, with its cumulative counts.
            now: the time of receipt.
            refused: records that are left out, to be remembered by place and reason.

        Raises:
            StalePosition: another instance has moved a partition; nothing was written.
            QueueUnavailable: the database is away or gave up; nothing was written, unless the answer to the commit
                was lost: read `positions` before trying again.
            RecordsUnfit: the database refuses the content; nothing was written.
            ValueError: a record or move lies outside what `expected` and `new` say.
        """
        _check_range(batch, expected, new)
        with database_errors(), self._engine.begin() as connection:
            advance_positions(connection, self._group, expected, new, now)
            result = _write_candidates(connection, batch, now)
            written, retracted = _write_reviews(connection, batch, now)
            if refused:
                connection.execute(statements.REFUSE, [self._refused_row(record, now) for record in refused])
        return ApplyResult(*result, reviews_written=written, reviews_retracted=retracted)

    def _refused_row(self, record: RefusedRecord, now: datetime) -> dict[str, object]:
        return {
            "group": self._group,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "reason": record.reason.value,
            "field": record.field,
            "sha256": record.sha256,
            "size": record.size,
            "now": now,
        }


def _check_range(
    batch: Sequence[QueueRecord],
    expected: Mapping[TopicPartition, int | None],
    new: Mapping[TopicPartition, Position],
) -> None:
    """Refuse what would skip or repeat records: a fault of the loop, not of the data. Raises ValueError."""
    for place, position in new.items():
        if position.next_offset < (expected.get(place) or 0):
            raise ValueError(f"{place[0]}/{place[1]} would move backwards")
    for record in batch:
        place = (record.topic, record.partition)
        if place not in new or not (expected.get(place) or 0) <= record.offset < new[place].next_offset:
            raise ValueError(f"{record.topic}/{record.partition}/{record.offset} is not between the two positions")


def _write_candidates(
    connection: Connection, batch: Sequence[QueueRecord], now: datetime
) -> tuple[int, int, int, int, int]:
    """Versions, unchanged records, candidates, evidence attached and retracted."""
    records = by_candidate(batch)
    if not records:
        return 0, 0, 0, 0, 0
    known = {
        row.candidate_id: Known(row.version, row.row_version)
        for row in connection.execute(statements.LOCK_CANDIDATES, {"ids": list(records)})
    }
    plan = plan_candidates(records, known, now)
    if not plan.rows:
        return 0, plan.unchanged, 0, 0, 0
    if plan.erased:
        connection.execute(statements.ERASE_HISTORY, {"ids": plan.erased})
        connection.execute(statements.ERASE_EVIDENCE, {"ids": plan.erased})
    retracted = 0
    # New candidates have nothing that could be retracted.
    seen = [candidate for candidate in plan.changed if candidate in known]
    if seen:
        values = {"ids": seen, "kept": to_json(plan.kept), "now": now}
        retracted = connection.execute(statements.RETRACT_EVIDENCE, values).rowcount
    connection.exec_driver_sql(
        statements.WRITE_CANDIDATES, {"rows": to_json(plan.rows), "records": plan.records, "now": now}
    )
    attached = 0
    if plan.evidence:
        rows = connection.execute(statements.ATTACH_EVIDENCE, {"rows": to_json(plan.evidence), "now": now})
        attached = sum(row.attached_at == now for row in rows)
    return len(plan.rows), plan.unchanged, len(plan.changed), attached, retracted


def _write_reviews(connection: Connection, batch: Sequence[QueueRecord], now: datetime) -> tuple[int, int]:
    """Reviews written and retracted."""
    persons = by_reviewed_person(batch)
    if not persons:
        return 0, 0
    rows = sorted((row for reviews in persons.values() for row in reviews), key=lambda row: row["match_id"])
    values = {"persons": list(persons), "kept": [row["match_id"] for row in rows], "now": now}
    retracted = connection.execute(statements.RETRACT_REVIEWS, values).rowcount
    written = connection.execute(statements.WRITE_REVIEWS, {"rows": to_json(rows), "now": now}).rowcount if rows else 0
    return written, retracted
