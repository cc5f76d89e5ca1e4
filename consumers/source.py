"""Records of a topic, read again: one by its place, or a span from some offset or time on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumers.kafka import Clients, Inbound, OnError, Partition, inbound
from consumers.restore import Interrupted, Stopping, divide, patiently


class SourceReader:
    """Reads what was handled before: for redrives, and where the registry or the rules have changed since.

    One span is read at a time, piece by piece, so that new records need not wait for old ones.
    """

    def __init__(self, clients: Clients, on_error: OnError, stopping: Stopping) -> None:
        self._clients = clients
        self._on_error = on_error
        self._stopping = stopping
        self._single: Consumer | None = None
        self._spanning: Consumer | None = None

    def read(self, topic: str, partition: int, offset: int) -> Inbound | None:
        """The record at a place, None where the topic does not hold it (any more). Raises Interrupted."""
        if self._single is None:
            self._single = self._clients.reader(self._on_error)
        consumer = self._single
        consumer.assign([TopicPartition(topic, partition, offset)])
        try:
            while True:
                message = consumer.poll(0.2)
                if self._stopping():
                    raise Interrupted
                if message is None:
                    continue
                error = message.error()
                if error is None:
                    return inbound(message) if message.offset() == offset else None
                if error.code() == KafkaError._PARTITION_EOF:
                    return None
                time.sleep(0.1)
        finally:
            consumer.unassign()

    def offset_at(self, place: Partition, millis: int) -> int | None:
        """Offset of the first record that the broker received at that time or later, None where there is none.

        Waits while Kafka is away; raises Interrupted.
        """
        wanted = [TopicPartition(place.topic, place.number, max(0, millis))]

        def ask() -> int | None:
            (found,) = self._spanner().offsets_for_times(wanted, timeout=10.0)
            if found.error is not None:
                raise KafkaException(found.error)
            return found.offset if found.offset >= 0 else None

        return patiently(ask, self._stopping)

    def open(self, place: Partition, start: int) -> None:
        """Begin to read a span; from the first record held, where `start` has expired."""
        self._spanner().assign([TopicPartition(place.topic, place.number, start)])

    def next(self, most: int) -> tuple[Sequence[Inbound], bool]:
        """The next records of the span, at most so many, and whether the end of the topic was reached. Does not wait.

        Raises KafkaException for what waiting will not mend.
        """
        batch, ends = divide(self._spanner().consume(num_messages=most, timeout=0))
        return batch, bool(ends)

    def end(self) -> None:
        """Read the span no further."""
        if self._spanning is not None:
            self._spanning.unassign()

    def close(self) -> None:
        """Close the consumers."""
        for consumer in (self._single, self._spanning):
            if consumer is not None:
                consumer.close()

    def _spanner(self) -> Consumer:
        if self._spanning is None:
            self._spanning = self._clients.reader(self._on_error)
        return self._spanning
