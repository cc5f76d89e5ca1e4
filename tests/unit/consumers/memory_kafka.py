"""Topics in memory, and clients that read them as librdkafka would: what the handlers' own readers run on in tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from confluent_kafka import KafkaError, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import ConfigResource, OffsetSpec  # type: ignore[attr-defined]

from consumers.kafka import Clients, Inbound, Outbound, Partition
from schemas.topics import TOPICS

TIMESTAMP = 1_772_452_800_000  # builders.NOON


class Topics:
    """All topics, as committed: what was written, in order, by partition.

    Attributes:
        now: the broker's clock, in milliseconds.
        topic_id: Kafka's own id of every topic.
        first: first offset held, of partitions of which something was deleted.
        tombstones_ms: `delete.retention.ms` of every topic.
    """

    def __init__(self) -> None:
        self.logs: dict[Partition, list[Inbound]] = {}
        self.now = TIMESTAMP
        self.topic_id = "bW9kZWxsZWQtdG9waWMtMQ"
        self.first: dict[Partition, int] = {}
        self.tombstones_ms = 86_400_000

    def write(
        self, topic: str, key: bytes | None, value: bytes | None, *, like: bytes | None = None, partition: int = -1
    ) -> Inbound:
        """Append a record to a partition, or to that of its key, or of another key that it should lie with."""
        number = partition if partition >= 0 else crc32(like or key or b"") % TOPICS[topic].partitions
        log = self.logs.setdefault(Partition(topic, number), [])
        record = Inbound(topic, number, len(log), self.now, key, value)
        log.append(record)
        return record

    def publish(self, records: Iterable[Outbound]) -> None:
        for record in records:
            self.write(record.topic, record.key, record.value, partition=record.partition)

    def newest(self, topic: str) -> dict[bytes, bytes]:
        """The newest value of each key, tombstones gone: what compaction leaves."""
        newest: dict[bytes, bytes | None] = {}
        for partition, log in self.logs.items():
            if partition.topic == topic:
                newest.update((record.key or b"", record.value) for record in log)
        return {key: value for key, value in newest.items() if value is not None}


def _message(record: Inbound, failure: KafkaError | None = None) -> Message:
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=(2, record.timestamp),
        key=record.key,
        value=record.value,
        error=failure,
    )


class MemoryConsumer:
    """Reads what it is assigned, and says once where a partition ends."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._next: dict[Partition, int] = {}
        self._said: dict[Partition, int] = {}

    def assign(self, places: Sequence[TopicPartition]) -> None:
        self._next = {Partition(tp.topic, tp.partition): max(0, tp.offset) for tp in places}
        self._said = {}

    def unassign(self) -> None:
        self._next = {}

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        found: list[Message] = []
        for place, offset in self._next.items():
            log = self._topics.logs.get(place, [])
            some = log[offset : offset + num_messages - len(found)]
            found += [_message(record) for record in some]
            self._next[place] = end = offset + len(some)
            if end >= len(log) and self._said.get(place) != end and len(found) < num_messages:
                self._said[place] = end
                nothing = Inbound(place.topic, place.number, end, -1, None, None)
                found.append(_message(nothing, KafkaError(KafkaError._PARTITION_EOF)))
        return found

    def poll(self, timeout: float) -> Message | None:
        return next(iter(self.consume(1, timeout)), None)

    def offsets_for_times(self, places: Sequence[TopicPartition], timeout: float) -> list[TopicPartition]:
        found = []
        for tp in places:
            log = self._topics.logs.get(Partition(tp.topic, tp.partition), [])
            offset = next((record.offset for record in log if record.timestamp >= tp.offset), -1)
            found.append(TopicPartition(tp.topic, tp.partition, offset))
        return found

    def close(self) -> None:
        self._next = {}


class MuteConsumer(MemoryConsumer):
    """As librdkafka's was seen after a broker had come back: assigned, polled, and silent."""

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        return []


class _MemoryAdmin:
    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def list_topics(self, **_settings: Any) -> None:
        """There is no cluster to find."""

    def list_offsets(self, wanted: Mapping[TopicPartition, Any], **_settings: Any) -> dict[TopicPartition, Future[Any]]:
        earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        found: dict[TopicPartition, Future[Any]] = {}
        for tp, spec in wanted.items():
            place = Partition(*_place(tp))
            first, end = self._topics.first.get(place, 0), len(self._topics.logs.get(place, []))
            found[tp] = _answer(SimpleNamespace(offset=first if spec == earliest else end))
        return found

    def describe_topics(self, wanted: TopicCollection, **_settings: Any) -> dict[str, Future[Any]]:
        return {name: _answer(SimpleNamespace(topic_id=self._topics.topic_id)) for name in wanted.topic_names}

    def describe_configs(self, wanted: Iterable[ConfigResource], **_settings: Any) -> dict[Any, Future[Any]]:
        entries = {"delete.retention.ms": SimpleNamespace(value=str(self._topics.tombstones_ms))}
        return {resource: _answer(entries) for resource in wanted}


def _answer(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def _place(tp: TopicPartition) -> tuple[str, int]:
    return tp.topic, tp.partition


class MemoryClients(Clients):
    """Clients whose readers read the topics in memory; the first `mute` of them hand nothing over."""

    def __init__(self, topics: Topics, *, mute: int = 0) -> None:
        # A silence is over quickly where it is waited for.
        super().__init__("memory", "test", "test", transaction_timeout_ms=5 if mute else 10_000)
        object.__setattr__(self, "topics", topics)
        object.__setattr__(self, "mute", [*range(mute)])

    def reader(self, *_settings: Any, **_more: Any) -> Any:
        silent: list[int] = self.mute  # type: ignore[attr-defined]
        if silent:
            silent.pop()
            return MuteConsumer(self.topics)  # type: ignore[attr-defined]
        return MemoryConsumer(self.topics)  # type: ignore[attr-defined]

    def admin(self, *_settings: Any) -> Any:
        return _MemoryAdmin(self.topics)  # type: ignore[attr-defined]
