"""Bytes to Kafka: idempotent, acknowledged by all in-sync replicas, in order, each record's fate told exactly once.

What is sent is kept here until Kafka has acknowledged it. librdkafka repeats what can be repeated, without end; where
its idempotent producer has broken down for good (a fatal error: the broker has forgotten its sequence), a new one
takes its place and everything that was not acknowledged is sent again in the order in which it came. Used by the
publisher, the register feed and the simulator; knows nothing of what the bytes mean. Not thread-safe: reports are
handed out inside `send`, `poll` and `flush`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

from producers.kafka_config import ClientConfig


class ProducerLike(Protocol):
    """What the transport uses of confluent_kafka.Producer."""

    def produce(
        self, topic: str, *, value: bytes | None, key: bytes, on_delivery: Callable[[KafkaError | None, object], None]
    ) -> None:
        """Queue a record; raises BufferError or KafkaException."""

    def poll(self, timeout: float = ...) -> int:
        """Serve reports."""

    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None:
        """Drop what is queued."""

    def __len__(self) -> int:
        """Records and reports not served yet."""


class KafkaRefusal(Exception):  # noqa: N818 - it reads as what happened, like schemas.reasons.Refused
    """Kafka does not take a record, and repeating would not help: no permission, no such topic, larger than it allows.

    `code` is Kafka's name of the error, such as TOPIC_AUTHORIZATION_FAILED.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"Kafka refuses the record: {code}")
        self.code = code


class KafkaAway(Exception):  # noqa: N818 - as above
    """Kafka has not answered for as long as the caller is prepared to wait. `code` is what the connection said last."""

    def __init__(self, code: str | None) -> None:
        super().__init__(f"Kafka does not answer{f': {code}' if code else ''}")
        self.code = code


OnDelivered = Callable[[KafkaRefusal | None], None]


@dataclass(slots=True)
class Statistics:
    """Counts since the start; bytes are of keys and values, before compression."""

    sent: int = 0
    sent_bytes: int = 0
    delivered: int = 0
    refused: int = 0
    queue_full: int = 0
    producers_replaced: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    topic: str
    key: bytes
    value: bytes | None
    on_delivered: OnDelivered | None


# What an idempotent producer cannot recover from by itself; the first is librdkafka's own name for "it is over".
_FATAL = frozenset(
    {
        KafkaError._FATAL,
        KafkaError._INCONSISTENT,
        KafkaError._GAPLESS_GUARANTEE,
        KafkaError._FENCED,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError._PURGE_QUEUE,
        KafkaError._PURGE_INFLIGHT,
    }
)
# So many producers in a row without one acknowledgement: replacing does not help.
_MAX_REPLACED = 5
_SERVE_EVERY = 200
_SLICE = 0.1


class Transport:
    """Sends records and tells of each whether Kafka has it.

    Args:
        config: settings from `kafka_config.producer_config`.
        patience: how many seconds `send` waits for a place in a full queue while nothing is acknowledged.
        make_producer: builds the producer, for tests.
        clock: a monotonic clock in seconds.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        patience: float = 60.0,
        make_producer: Callable[[dict[str, Any]], ProducerLike] = Producer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = Statistics()
        self._config: dict[str, Any] = {**config, "error_cb": self._connection_said}
        self._patience = patience
        self._make_producer = make_producer
        self._clock = clock
        self._unacknowledged: dict[int, _Record] = {}  # in the order in which they came
        self._next = 0
        self._generation = 0
        self._broken = False
        self._replaced_in_vain = 0
        self._last_progress = clock()
        self._producer = make_producer(self._config)

    @property
    def in_flight(self) -> int:
        """Records sent whose fate is not known yet."""
        return len(self._unacknowledged)

    @property
    def last_progress(self) -> float:
        """When, on the clock, Kafka acknowledged something last; the start where it never has."""
        return self._last_progress

    def send(self, topic: str, key: bytes, value: bytes | None, on_delivered: OnDelivered | None = None) -> None:
        """Hand a record over; `on_delivered` is called once, with None when all in-sync replicas have it.

        A value of None is a tombstone. Waits while the queue is full. Raises KafkaAway when nothing has been
        acknowledged for `patience` seconds meanwhile: this record was then not taken, those before it still are.
        """
        number = self._next
        self._enqueue(number, _Record(topic, key, value, on_delivered), self._clock() + self._patience)
        self._next += 1
        self.statistics.sent += 1
        self.statistics.sent_bytes += len(key) + len(value or b"")
        if number % _SERVE_EVERY == 0:
            self.poll(0)

    def poll(self, timeout: float = 0.0) -> None:
        """Serve delivery reports, waiting up to `timeout` seconds for the first. Raises KafkaAway."""
        self._producer.poll(timeout)
        if self._broken:
            self._replace()

    def flush(self, timeout: float) -> int:
        """Wait up to `timeout` seconds until the fate of every record is known; how many are still unknown."""
        deadline = self._clock() + timeout
        while self._unacknowledged and (left := deadline - self._clock()) > 0:
            self.poll(min(_SLICE, left))
        return len(self._unacknowledged)

    def close(self) -> None:
        """Drop what is not acknowledged: the sender still has it, in a spool or in its source."""
        self._generation += 1
        self._unacknowledged.clear()
        self._discard()

    def _enqueue(self, number: int, record: _Record, deadline: float) -> None:
        waited = False
        while True:
            report = partial(self._report, self._generation, number)
            # Known before it is queued: the report may come at any later call into the producer.
            self._unacknowledged[number] = record
            try:
                self._producer.produce(record.topic, value=record.value, key=record.key, on_delivery=report)
            except BufferError:
                del self._unacknowledged[number]
                self.statistics.queue_full += not waited
                waited = True
            except KafkaException as error:
                if error.args[0].code() in _FATAL:
                    # Among the unacknowledged already, it goes out with them.
                    self._broken = True
                    self.poll(0)
                else:
                    self._finish(number, KafkaRefusal(error.args[0].name()))
                return
            else:
                return
            if self._clock() > max(deadline, self._last_progress + self._patience):
                raise KafkaAway(self.statistics.last_error)
            self.poll(_SLICE)

    def _report(self, generation: int, number: int, error: KafkaError | None, _message: object) -> None:
        if error is None:
            self._finish(number, None)
        elif generation != self._generation:
            return  # sent again by the producer that replaced this one
        elif error.code() in _FATAL or self._broken:
            self.statistics.last_error = error.name()
            self._broken = True
        else:
            self._finish(number, KafkaRefusal(error.name()))

    def _finish(self, number: int, refusal: KafkaRefusal | None) -> None:
        record = self._unacknowledged.pop(number, None)
        if record is None:
            return
        if refusal is None:
            self.statistics.delivered += 1
            self._last_progress = self._clock()
            self._replaced_in_vain = 0
        else:
            self.statistics.refused += 1
            self.statistics.last_error = refusal.code
        if record.on_delivered is not None:
            record.on_delivered(refusal)

    def _replace(self) -> None:
        """A new producer, and everything that was not acknowledged sent again in its order."""
        while self._broken:
            if self._replaced_in_vain >= _MAX_REPLACED:
                raise KafkaAway(self.statistics.last_error)
            self._replaced_in_vain += 1
            self.statistics.producers_replaced += 1
            self._generation += 1
            self._discard()
            self._broken = False
            self._producer = self._make_producer(self._config)
            for number, record in list(self._unacknowledged.items()):
                self._requeue(number, record)
                if self._broken:
                    break

    def _requeue(self, number: int, record: _Record) -> None:
        while not self._broken and number in self._unacknowledged:
            try:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    on_delivery=partial(self._report, self._generation, number),
                )
            except BufferError:
                self._producer.poll(_SLICE)
            except KafkaException as error:
                if error.args[0].code() in _FATAL:
                    self._broken = True
                else:
                    self._finish(number, KafkaRefusal(error.args[0].name()))
            else:
                return

    def _discard(self) -> None:
        """Drop the producer's queue; reports of success that are still on their way are heard."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        for _ in range(50):
            if not len(self._producer):
                break
            self._producer.poll(0.02)

    def _connection_said(self, error: KafkaError) -> None:
        self.statistics.last_error = error.name()
        if error.fatal():
            self._broken = True
