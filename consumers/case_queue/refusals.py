"""The records that the sink refused, for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from consumers.case_queue.errors import database_errors
from consumers.case_queue.tables import refused_record


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused record: its place and why, nothing of its content. `sha256` and `size` are those of its value."""

    topic: str
    partition: int
    offset: int
    reason: str
    field: str | None
    sha256: str
    size: int
    refused_at: datetime


def read_refusals(engine: Engine, group: str) -> list[Refusal]:
    """All records that the group refused, by place. Raises QueueUnavailable."""
    c = refused_record.c
    columns = (c.topic, c.partition, c.record_offset, c.reason, c.field, c.sha256, c.size, c.refused_at)
    with database_errors(), engine.connect() as connection:
        rows = connection.execute(
            select(*columns).where(c.consumer_group == group).order_by(c.topic, c.partition, c.record_offset)
        )
        return [Refusal(*row) for row in rows]
