"""Records of a topic, read again: one by its place, or a span from some offset or time on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from consumers.kafka import Clients, Inbound, OnError, Partition, inbound
from consumers.reader import Reader
from consumers.restore import Interrupted, Stopping, divide, patiently
from consumers.telemetry import Log


class SourceReader:
    """Reads what was handled before: for redrives, and where the registry or the rules have changed since.

    One span is read at a time, piece by piece, so that new records need not wait for old ones.
    """

    def __init__(self, clients: Clients, on_error: OnError, stopping: Stopping, log: Log | None = None) -> None:
        self._clients = clients
        self._on_error = on_error
        self._stopping = stopping
        self._log = log
        self._single: Reader | None = None
        self._spanning: Reader | None = None
        # Where the span goes on that is being read.
        self._at: dict[Partition, int] = {}

    def read(self, topic: str, partition: int, offset: int) -> Inbound | None:
        """The record at a place, None where the topic does not hold it (any more). Raises Interrupted."""
        if self._single is None:
            self._single = Reader(self._clients, self._on_error, self._log)
        reader = self._single
        place = {Partition(topic, partition): offset}
        reader.assign(place)
        try:
            while True:
                messages = reader.consume(1, 0.2)
                if self._stopping():
                    raise Interrupted
                if not messages:
                    if reader.silent:
                        reader.replace(place)
                    continue
                (message,) = messages
                error = message.error()
                if error is None:
                    return inbound(message) if message.offset() == offset else None
                if error.code() == KafkaError._PARTITION_EOF:
                    return None
                time.sleep(0.1)
        finally:
            reader.release()

    def offset_at(self, place: Partition, millis: int) -> int | None:
        """Offset of the first record that the broker received at that time or later, None where there is none.

        Waits while Kafka is away; raises Interrupted.
        """
        wanted = [TopicPartition(place.topic, place.number, max(0, millis))]

        def ask() -> int | None:
            (found,) = self._spanner().consumer.offsets_for_times(wanted, timeout=10.0)
            if found.error is not None:
                raise KafkaException(found.error)
            return found.offset if found.offset >= 0 else None

        return patiently(ask, self._stopping)

    def open(self, place: Partition, start: int) -> None:
        """Begin to read a span; from the first record held, where `start` has expired."""
        self._at = {place: start}
        self._spanner().assign(self._at)

    def next(self, most: int) -> tuple[Sequence[Inbound], int | None]:
        """The next records of the span, at most so many, and the end of the partition where it was reached.

        The end is as it was when the client saw it, maybe some time ago: more may have come since. Does not wait.
        Raises KafkaException for what waiting will not mend.
        """
        reader = self._spanner()
        batch, ends = divide(reader.consume(most, 0))
        if batch:
            last = batch[-1]
            self._at = {Partition(last.topic, last.partition): last.offset + 1}
        elif not ends and self._at and reader.silent:
            reader.replace(self._at)
        return batch, max(ends.values(), default=None)

    def end(self) -> None:
        """Read the span no further."""
        self._at = {}
        if self._spanning is not None:
            self._spanning.release()

    def close(self) -> None:
        """Close the consumers."""
        for reader in (self._single, self._spanning):
            if reader is not None:
                reader.close()

    def _spanner(self) -> Reader:
        if self._spanning is None:
            self._spanning = Reader(self._clients, self._on_error, self._log)
        return self._spanning
