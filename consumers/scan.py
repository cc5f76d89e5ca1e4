"""What the operator's commands ask of Kafka: where partitions begin and end, how far a group is, what lies between.

Unlike a service, a command does not wait for ever: where nothing comes for some time, it ends with `KafkaAway`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from consumers.kafka import Clients, Inbound, Partition, inbound
from consumers.restore import committed_offsets, passes
from schemas.topics import TOPICS

T = TypeVar("T")

_REQUEST_S = 5.0


class KafkaAway(Exception):  # noqa: N818 - it reads as what happened
    """Nothing came from Kafka for too long: no broker answers, a topic is missing, or a transaction stays open."""


class Span(NamedTuple):
    """A stretch of a partition: offsets from `start` up to, and not including, `end`."""

    start: int
    end: int


class Committed(NamedTuple):
    """What a group has committed: the next offset to read, negative for none, and the metadata beside it."""

    next_offset: int
    metadata: str | None


class Scanner:
    """Reads partitions and their offsets; changes nothing.

    Args:
        clients: of which no instance joins a group.
        patience_s: seconds without any answer after which Kafka counts as away; longer, if not told, than the
            transaction of a service that died may stay open and hold up readers.
    """

    def __init__(self, clients: Clients, *, patience_s: float | None = None) -> None:
        self._clients = clients
        self._patience_s = clients.transaction_timeout_ms / 1000 + 5 if patience_s is None else patience_s
        self._admin = clients.admin(_quiet)
        self._askers: dict[str, Consumer] = {}

    def reach(self, seconds: float = 5.0) -> None:
        """Make sure that a broker answers. Raises KafkaAway."""
        try:
            self._admin.list_topics(timeout=seconds)
        except KafkaException as error:
            raise KafkaAway(error.args[0].name()) from None

    def bounds(self, topics: Iterable[str]) -> dict[Partition, Span]:
        """First offset still held and end of every partition of the topics, transactions that are open included.

        Raises KafkaAway.
        """
        wanted = [Partition(topic, number) for topic in topics for number in range(TOPICS[topic].partitions)]
        starts = self._patiently(lambda: self._offsets(wanted, OffsetSpec.earliest()))  # type: ignore[no-untyped-call]
        # Asked last: what is written in between lies between the two.
        ends = self._patiently(lambda: self._offsets(wanted, OffsetSpec.latest()))  # type: ignore[no-untyped-call]
        return {place: Span(starts[place], ends[place]) for place in wanted}

    def since(self, topics: Iterable[str], timestamp_ms: int) -> dict[Partition, Span]:
        """From the first record of that time or later to the end, of every partition of the topics. Raises KafkaAway.

        Args:
            topics: whose partitions.
            timestamp_ms: time of the records, milliseconds since 1970; a source's is the broker's.
        """
        bounds = self.bounds(topics)
        found = self._patiently(lambda: self._offsets(bounds, OffsetSpec.for_timestamp(timestamp_ms)))
        # Negative where no record is as late.
        return {place: Span(found[place] if found[place] >= 0 else end, end) for place, (_, end) in bounds.items()}

    def committed(self, group: str, topics: Iterable[str]) -> dict[Partition, Committed]:
        """What the group has committed for every partition of the topics. Raises KafkaAway.

        Waits for transactions that commit offsets at this moment, so that no answer is older than the question.
        """
        wanted = [TopicPartition(topic, number) for topic in topics for number in range(TOPICS[topic].partitions)]

        # Kept: whoever waits for a group asks again and again.
        if group not in self._askers:
            self._askers[group] = replace(self._clients, group=group).asker(_quiet, stable=True)
        answer = self._patiently(lambda: committed_offsets(self._askers[group], wanted, _REQUEST_S))
        return {Partition(tp.topic, tp.partition): Committed(tp.offset, tp.metadata) for tp in answer}

    def read(self, spans: Mapping[Partition, Span], take: Callable[[Inbound], None]) -> None:
        """Hand every committed record within the spans to `take`, in order within each partition. Raises KafkaAway."""
        left = {place: span for place, span in spans.items() if span.end > span.start}
        if not left:
            return
        consumer = self._clients.reader(_quiet)
        heard = time.monotonic()
        try:
            consumer.assign([TopicPartition(*place, span.start) for place, span in left.items()])
            while left:
                for message in consumer.consume(num_messages=2000, timeout=0.05):
                    place = Partition(message.topic() or "", message.partition() or 0)
                    offset, error = message.offset() or 0, message.error()
                    if error is None:
                        heard = time.monotonic()
                        if place in left and offset < left[place].end:
                            take(inbound(message))
                        # The last offsets may be no records but markers of transactions: hence also the next branch.
                        reached = offset + 1
                    elif error.code() == KafkaError._PARTITION_EOF:
                        heard, reached = time.monotonic(), offset
                    elif passes(error):
                        continue
                    else:
                        raise KafkaException(error)
                    if place in left and reached >= left[place].end:
                        del left[place]
                if time.monotonic() - heard > self._patience_s:
                    raise KafkaAway(f"{min(left).topic} could not be read to its end")
        finally:
            consumer.close()

    def _offsets(self, wanted: Iterable[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        futures: dict[TopicPartition, Future[Any]] = self._admin.list_offsets(
            {TopicPartition(*place): spec for place in wanted},
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=_REQUEST_S,
        )
        return {Partition(tp.topic, tp.partition): future.result().offset for tp, future in futures.items()}

    def _patiently(self, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return attempt()
            except KafkaException as error:
                cause: KafkaError = error.args[0]
                if not passes(cause):
                    raise
                if time.monotonic() > deadline:
                    raise KafkaAway(cause.name()) from None
            time.sleep(0.1)


def _quiet(_error: KafkaError) -> None:
    """What goes wrong is told once, as KafkaAway."""
