"""One record of a topic, read again by its place."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaError, TopicPartition

from consumers.kafka import Clients, Inbound, OnError, inbound
from consumers.restore import Interrupted, Stopping


class SourceReader:
    """Reads single records; slow, and only for redrives and the operator's commands."""

    def __init__(self, clients: Clients, on_error: OnError, stopping: Stopping) -> None:
        self._clients = clients
        self._on_error = on_error
        self._stopping = stopping
        self._consumer: Consumer | None = None

    def read(self, topic: str, partition: int, offset: int) -> Inbound | None:
        """The record at a place, None where the topic does not hold it (any more). Raises Interrupted."""
        if self._consumer is None:
            self._consumer = self._clients.reader(self._on_error)
        consumer = self._consumer
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

    def close(self) -> None:
        """Close the consumer."""
        if self._consumer is not None:
            self._consumer.close()
