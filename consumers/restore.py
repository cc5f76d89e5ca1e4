"""Reading partitions from their start to an end that is certain, for state that lives in compacted topics.

A predecessor may have died within a transaction. What it wrote is either committed or aborted, but until the broker has
decided, a read_committed consumer sees only up to the last stable offset. So the *uncommitted* end is taken first, and
the read is complete once a read_committed consumer has passed it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from consumers.batch import Batch
from consumers.kafka import Clients, Inbound, OnError, Partition, inbound, meet
from consumers.reader import Reader
from consumers.telemetry import Log

Stopping = Callable[[], bool]
T = TypeVar("T")


class Interrupted(BaseException):
    """The service was asked to stop while it waited. No fault, so what handles faults must not catch it."""


def end_offsets(
    admin: AdminClient, partitions: Iterable[Partition], stopping: Stopping, *, committed: bool = False
) -> dict[Partition, int]:
    """Ends of partitions, from their leaders; with `committed`, those before the first open transaction.

    Waits while Kafka is away; raises Interrupted.
    """
    isolation = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    wanted = {TopicPartition(p.topic, p.number): latest for p in partitions}

    def ask() -> dict[Partition, int]:
        # Each time: it asks by the leaders it knows, and after FENCED_LEADER_EPOCH it does not look for new ones.
        meet(admin)
        futures = admin.list_offsets(wanted, isolation_level=isolation, request_timeout=10)
        try:
            return {Partition(tp.topic, tp.partition): future.result().offset for tp, future in futures.items()}
        except KafkaException as error:
            if error.args[0].code() in _NOT_YET_KNOWN:
                raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE)) from None
            raise

    return patiently(ask, stopping)


def committed_offsets(consumer: Consumer, places: list[TopicPartition], seconds: float) -> list[TopicPartition]:
    """What the consumer's group has committed, asked once. Raises KafkaException, also for one partition."""
    committed = consumer.committed(places, timeout=seconds)
    for tp in committed:
        if tp.error is not None:
            raise KafkaException(tp.error)
    return committed


def patiently(attempt: Callable[[], T], stopping: Stopping) -> T:
    """Repeat an attempt while it fails for reasons that pass, with growing pauses. Raises Interrupted when stopping."""
    pause = 0.1
    while True:
        try:
            return attempt()
        except KafkaException as error:
            if not passes(error.args[0]):
                raise
        if stopping():
            raise Interrupted
        time.sleep(pause)
        pause = min(2.0, pause * 2)


def passes(error: KafkaError) -> bool:
    """Whether waiting may help: the broker is away, an election or a predecessor's transaction is under way."""
    return error.retriable() or error.code() in _PASSING


# The topics were there when the service started; a broker that has just come back does not yet tell of them.
_NOT_YET_KNOWN = frozenset(
    {
        KafkaError._NOENT,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)

_PASSING = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._WAIT_COORD,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        KafkaError.CONCURRENT_TRANSACTIONS,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.BROKER_NOT_AVAILABLE,
    }
)


class Restorer:
    """Reads whole partitions. One short-lived consumer a call, so nothing is held between rebalances."""

    def __init__(self, clients: Clients, on_error: OnError, stopping: Stopping, log: Log | None = None) -> None:
        self._clients = clients
        self._on_error = on_error
        self._stopping = stopping
        self._log = log
        self._admin = clients.admin(on_error)

    def read(
        self,
        partitions: Iterable[Partition],
        take: Callable[[Inbound], None],
        starts: Mapping[Partition, int] | None = None,
    ) -> dict[Partition, int]:
        """Hand every committed record of the partitions to `take`, in order within each; returns where each ends.

        Complete up to what had been written when it was called, open transactions included. Raises Interrupted.

        Args:
            partitions: what to read.
            take: is handed each record.
            starts: first offset to read, where that is not the first one held.
        """
        wanted = list(partitions)
        if not wanted:
            return {}
        starts = starts or {}
        ends = end_offsets(self._admin, wanted, self._stopping)
        left = {p: end for p, end in ends.items() if end > starts.get(p, 0)}
        if left:
            reader = Reader(self._clients, self._on_error, self._log)
            try:
                self._drain(reader, {p: starts.get(p, 0) for p in left}, left, take)
            finally:
                reader.close()
        return ends

    def pause(self) -> None:
        """Wait a moment for what another consumer is about to read. Raises Interrupted."""
        if self._stopping():
            raise Interrupted
        time.sleep(0.01)

    def _drain(
        self,
        reader: Reader,
        position: dict[Partition, int],
        left: dict[Partition, int],
        take: Callable[[Inbound], None],
    ) -> None:
        reader.assign(position)
        while left:
            for message in reader.consume(1000, 0.1):
                place = Partition(message.topic() or "", message.partition() or 0)
                error = message.error()
                if error is None:
                    take(inbound(message))
                    position[place] = (message.offset() or 0) + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    # The offset of this event counts control records and aborted ones too.
                    if (message.offset() or 0) >= left.get(place, 0):
                        left.pop(place, None)
                elif not passes(error):
                    raise KafkaException(error)
            if self._stopping():
                raise Interrupted
            if reader.silent:
                reader.replace({place: position[place] for place in left})


def divide(messages: list[Message]) -> tuple[Batch, dict[Partition, int]]:
    """What was consumed, as records and as ends of partitions that were reached. Raises what waiting will not mend."""
    ends: dict[Partition, int] = {}
    if any(map(Message.error, messages)):
        good = []
        for message in messages:
            error = message.error()
            if error is None:
                good.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ends[Partition(message.topic() or "", message.partition() or 0)] = message.offset() or 0
            elif not passes(error):
                raise KafkaException(error)
        messages = good
    return Batch(messages), ends
