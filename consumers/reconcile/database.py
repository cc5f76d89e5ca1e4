"""The queue's positions and rows, all as of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, select

from consumers.case_queue.errors import database_errors
from consumers.case_queue.tables import candidate, evidence, identity_review, refused_record, stream_position
from consumers.dead_letters import Place
from consumers.kafka import Partition
from consumers.reconcile.queue import CandidateState, QueueRows

Positions = Mapping[Partition, tuple[int, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """The queue at one moment: next offset and counts of each partition, and the rows."""

    positions: Positions
    rows: QueueRows


def read_queue(engine: Engine, group: str) -> QueueSnapshot:
    """Positions and rows in one snapshot. Raises QueueUnavailable."""
    with (
        database_errors(),
        engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection,
        connection.begin(),
    ):
        positions = _positions(connection, group)
        standing: dict[UUID, set[UUID]] = {}
        for row in connection.execute(
            select(evidence.c.candidate_id, evidence.c.match_id).where(evidence.c.retracted_at.is_(None))
        ):
            standing.setdefault(row.candidate_id, set()).add(row.match_id)
        candidates = {
            row.candidate_id: CandidateState(row.version, row.state, frozenset(standing.get(row.candidate_id, ())))
            for row in connection.execute(select(candidate.c.candidate_id, candidate.c.version, candidate.c.state))
        }
        reviews: dict[UUID, set[UUID]] = {}
        for row in connection.execute(
            select(identity_review.c.person_id, identity_review.c.match_id).where(identity_review.c.state == "OPEN")
        ):
            reviews.setdefault(row.person_id, set()).add(row.match_id)
        refused = refused_record.c
        places = frozenset(
            Place(row.topic, row.partition, row.record_offset)
            for row in connection.execute(
                select(refused.topic, refused.partition, refused.record_offset).where(refused.consumer_group == group)
            )
        )
    return QueueSnapshot(
        positions, QueueRows(candidates, {person: frozenset(ids) for person, ids in reviews.items()}, places)
    )


def read_positions(engine: Engine, group: str) -> Positions:
    """Next offset and counts of each partition. Raises QueueUnavailable."""
    with database_errors(), engine.connect() as connection:
        return _positions(connection, group)


def _positions(connection: Connection, group: str) -> Positions:
    c = stream_position.c
    rows = connection.execute(select(c.topic, c.partition, c.next_offset, c.counts).where(c.consumer_group == group))
    return {Partition(row.topic, row.partition): (row.next_offset, row.counts) for row in rows}
