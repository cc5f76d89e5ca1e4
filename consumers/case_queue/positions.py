"""Where a consumer group goes on reading, kept beside the rows that came of what it has read.

Compare-and-set makes PostgreSQL the arbiter: an instance that lost a partition in a rebalance still may believe that
it owns it, and its transaction must then change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from consumers.case_queue.errors import StalePosition

TopicPartition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to read and the number of records by outcome since the beginning."""

    next_offset: int
    counts: Mapping[str, int] = field(default_factory=dict)


_PLACES = "json_to_recordset(CAST(:places AS json)) AS p(topic text, partition int, next_offset bigint, counts jsonb)"

_READ = text(f"""
    SELECT s.topic, s.partition, s.next_offset, s.counts
    FROM stream_position s JOIN {_PLACES} USING (topic, partition)
    WHERE s.consumer_group = :group
""")  # noqa: S608 - the text put in is a constant

# Locked in one order by everybody, so two instances that share partitions for a moment wait and never deadlock.
_LOCK = text(f"""
    SELECT s.topic, s.partition, s.next_offset
    FROM stream_position s JOIN {_PLACES} USING (topic, partition)
    WHERE s.consumer_group = :group
    ORDER BY s.topic, s.partition
    FOR UPDATE OF s
""")  # noqa: S608 - as above

_ADVANCE = text(f"""
    UPDATE stream_position s
    SET next_offset = p.next_offset, counts = p.counts, updated_at = :now
    FROM {_PLACES}
    WHERE s.consumer_group = :group AND s.topic = p.topic AND s.partition = p.partition
""")  # noqa: S608 - as above

_FIRST = text("""
    INSERT INTO stream_position (consumer_group, topic, partition, next_offset, counts, updated_at)
    VALUES (:group, :topic, :partition, :next_offset, CAST(:counts AS jsonb), :now)
    ON CONFLICT DO NOTHING
""")


def read_positions(
    connection: Connection, group: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, Position]:
    """The positions of those partitions that have one."""
    rows = connection.execute(_READ, {"group": group, "places": _json(dict.fromkeys(partitions))})
    return {(row.topic, row.partition): Position(row.next_offset, row.counts) for row in rows}


def advance_positions(
    connection: Connection,
    group: str,
    expected: Mapping[TopicPartition, int | None],
    new: Mapping[TopicPartition, Position],
    now: datetime,
) -> None:
    """Move each position from the expected offset to the new one, and hold its row until the transaction ends.

    A partition without a row is expected as None or left out of `expected`. Raises StalePosition if any is elsewhere.

    READ COMMITTED is enough: a waiting `FOR UPDATE` or `ON CONFLICT` sees what the other transaction committed.
    """
    moves = {place: new[place] for place in sorted(new) if expected.get(place) is not None}
    found = {
        (row.topic, row.partition): row.next_offset
        for row in connection.execute(_LOCK, {"group": group, "places": _json(moves)})
    }
    for place in moves:
        if found.get(place) != expected[place]:
            raise StalePosition(*place)
    if moves:
        connection.execute(_ADVANCE, {"group": group, "places": _json(moves), "now": now})
    for place in sorted(new.keys() - moves.keys()):
        topic, partition = place
        values = {
            "group": group,
            "topic": topic,
            "partition": partition,
            "next_offset": new[place].next_offset,
            "counts": orjson.dumps(dict(new[place].counts)).decode(),
            "now": now,
        }
        if connection.execute(_FIRST, values).rowcount != 1:
            raise StalePosition(*place)


def _json(places: Mapping[TopicPartition, Position | None]) -> str:
    return orjson.dumps(
        [
            {"topic": topic, "partition": partition}
            | ({} if position is None else {"next_offset": position.next_offset, "counts": dict(position.counts)})
            for (topic, partition), position in places.items()
        ]
    ).decode()
