"""What the handlers meet, without servers: topics in memory, a reader of them, a log that is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zlib import crc32

from consumers.kafka import Inbound, Outbound, Partition
from consumers.loop import Handled, Handler
from consumers.restore import Restorer
from matcher.native import make_index
from schemas.records import ProtectedPerson
from schemas.topics import TOPICS
from tests.builders import codec, encode

TIMESTAMP = 1_772_452_800_000


class Topics:
    """All topics, as committed: what was written, in order, by partition."""

    def __init__(self) -> None:
        self.logs: dict[Partition, list[Inbound]] = {}

    def write(self, topic: str, key: bytes | None, value: bytes | None, *, like: bytes | None = None) -> Inbound:
        """Append a record to the partition of its key, or of another key that it should lie with."""
        number = crc32(like or key or b"") % TOPICS[topic].partitions
        log = self.logs.setdefault(Partition(topic, number), [])
        record = Inbound(topic, number, len(log), TIMESTAMP, key, value)
        log.append(record)
        return record

    def publish(self, records: Iterable[Outbound]) -> None:
        for record in records:
            self.write(record.topic, record.key, record.value)

    def newest(self, topic: str) -> dict[bytes, bytes]:
        """The newest value of each key, tombstones gone: what compaction leaves."""
        newest: dict[bytes, bytes | None] = {}
        for partition, log in self.logs.items():
            if partition.topic == topic:
                newest.update((record.key or b"", record.value) for record in log)
        return {key: value for key, value in newest.items() if value is not None}

    def read(self, topic: str, partition: int, offset: int) -> Inbound | None:
        """The record at a place: `consumers.matching.Source`."""
        log = self.logs.get(Partition(topic, partition), [])
        return log[offset] if offset < len(log) else None


class FakeRestorer(Restorer):
    """Hands over what the topics hold."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def read(self, partitions: Iterable[Partition], take: Callable[[Inbound], None]) -> int:
        records = [record for partition in partitions for record in self._topics.logs.get(partition, [])]
        for record in records:
            take(record)
        return len(records)


class FakeRegistry:
    """A registry that holds the people given, in the index that the tests run with."""

    native = False

    def __init__(self, *people: ProtectedPerson) -> None:
        self.index = make_index(codec("protected-person", raw=True), native=self.native)
        self.followed = 0
        for person in people:
            self.put(person)

    def put(self, person: ProtectedPerson) -> None:
        self.index.upsert(str(person.person_id), encode("protected-person", person))

    def follow(self) -> None:
        self.followed += 1


class KeptLog:
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.entries.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.entries.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.entries.append(("error", event, fields))


class Service:
    """A handler driven as the loop drives it: what it answers is written before the next batch."""

    def __init__(self, handler: Handler, topics: Topics) -> None:
        self.handler = handler
        self.topics = topics
        self.restart()

    def restart(self, handler: Handler | None = None) -> None:
        """Give up all partitions and take them up again from the topics, in the same process or in a new one."""
        partitions = [Partition(topic, n) for topic in self.handler.topics for n in range(TOPICS[topic].partitions)]
        self.handler.drop(partitions)
        self.handler = handler or self.handler
        self.handler.take(partitions, FakeRestorer(self.topics))

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        handled = self.handler.handle(batch)
        assert len(handled.outcomes) == len(batch)
        assert set(handled.refusals) == {n for n, one in enumerate(handled.outcomes) if one.value == "dead-lettered"}
        self.topics.publish(handled.outbound)
        return handled
