"""A consumer outside the group, replaced where it falls silent.

After a broker had gone and come back, librdkafka consumers were seen to hand nothing over any more, without a word. Who
knows that there is more to come asks `silent`, and has the consumer replaced by one that goes on at a given place.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from confluent_kafka import Consumer, Message, TopicPartition

from consumers.bounded import Overdue, bounded
from consumers.kafka import Clients, OnError, Partition
from consumers.stall import Silence
from consumers.telemetry import Log

_CLOSING_S = 5.0


class Reader:
    """Reads given partitions from given offsets on. Used from one thread."""

    def __init__(self, clients: Clients, on_error: OnError, log: Log | None = None) -> None:
        self._clients = clients
        self._on_error = on_error
        self._log = log
        self._silence = Silence()
        self.consumer: Consumer = clients.reader(on_error)

    def assign(self, starts: Mapping[Partition, int]) -> None:
        """Read these partitions and no others, from these offsets on."""
        self._silence.heard()
        self.consumer.assign([TopicPartition(p.topic, p.number, start) for p, start in starts.items()])

    def release(self) -> None:
        """Read nothing further."""
        self.consumer.unassign()

    def consume(self, most: int, timeout_s: float) -> list[Message]:
        """The next messages, ends of partitions and errors among them."""
        messages = self.consumer.consume(num_messages=most, timeout=timeout_s)
        if messages:
            self._silence.heard()
        else:
            self._silence.asked_in_vain()
        return messages

    @property
    def silent(self) -> bool:
        """Whether nothing has come for longer than an open transaction may hold records back, twice."""
        return self._silence.seconds > self._clients.silence_s

    def replace(self, starts: Mapping[Partition, int]) -> None:
        """Go on at these places with another consumer."""
        if self._log is not None:
            self._log.warning("reader-replaced", places=sorted(f"{p.topic}/{p.number}" for p in starts))
        former, self.consumer = self.consumer, self._clients.reader(self._on_error)
        with suppress(Overdue):  # then it is left to itself: it holds nothing that anybody waits for
            bounded(former.close, _CLOSING_S)
        self.assign(starts)

    def close(self) -> None:
        """Close the consumer."""
        self.consumer.close()
