"""Clients of Kafka as the services need them: which settings, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient

from schemas.topics import TOPICS

# A command gives up after so long.
OPERATOR_DELIVERY_S = 20.0

# RD_KAFKA_PARTITION_UA: the client takes the partition of the key.
_OF_ITS_KEY = -1

OnError = Callable[[KafkaError], None]
OnStatistics = Callable[[str], None]


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Inbound(NamedTuple):
    """A record as read. `timestamp` is the broker's or sender's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def inbound(message: Message) -> Inbound:
    """A confluent-kafka message without error as a plain tuple."""
    m: Any = message
    return Inbound(m.topic(), m.partition(), m.offset(), m.timestamp()[1], m.key(), m.value())


class Outbound(NamedTuple):
    """A record to write; a value of None is a tombstone. Without a partition, it goes to that of its key."""

    topic: str
    key: bytes
    value: bytes | None
    partition: int = _OF_ITS_KEY


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes clients for one service instance.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        group: consumer group, the service's name.
        instance: name of the instance, unique within the group and the same after a restart.
        extra: further librdkafka properties for every client, such as those of TLS and SASL.
        session_timeout_ms: after this long without a heartbeat the group takes an instance for dead.
        transaction_timeout_ms: after this long the broker aborts the transaction of an instance that hangs; until
            then a new owner waits for it.
    """

    bootstrap: str
    group: str
    instance: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    session_timeout_ms: int = 10_000
    transaction_timeout_ms: int = 10_000

    @property
    def silence_s(self) -> float:
        """A consumer that hands nothing over for so long, though there is more, is no longer believed.

        Twice as long as a predecessor's open transaction may hold records back.
        """
        return 2 * self.transaction_timeout_ms / 1000

    def consumer(self, on_error: OnError, on_statistics: OnStatistics | None = None) -> Consumer:
        """The group's consumer: offsets are committed by transactions only, so nothing is committed on its own."""
        config: dict[str, Any] = {
            **self._common(on_error),
            "group.id": self.group,
            "client.id": f"{self.group}-{self.instance}",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            # The default skips to the end where nothing is committed; a missed crossing leaves the order unmet.
            "auto.offset.reset": "earliest",
            # Also makes librdkafka wait for a predecessor's open transaction before it tells committed offsets.
            "isolation.level": "read_committed",
            # Topics that are joined have the same number of partitions; range gives a member the same ones of each.
            "partition.assignment.strategy": "range",
            "session.timeout.ms": self.session_timeout_ms,
            "heartbeat.interval.ms": max(200, self.session_timeout_ms // 4),
            # Tells where a topic ends, markers of transactions included; see `Progress.pass_to`.
            "enable.partition.eof": True,
            **_FETCH,
        }
        if on_statistics is not None:
            config |= {"stats_cb": on_statistics, "statistics.interval.ms": 5_000}
        return Consumer(config)

    def reader(self, on_error: OnError, *, end_events: bool = True) -> Consumer:
        """A consumer outside the group, for reading partitions from their start."""
        consumer = Consumer(
            {
                **self._common(on_error),
                "group.id": f"{self.group}-reader",  # needed by librdkafka, never used: nothing is committed
                "client.id": f"{self.group}-{self.instance}-reader",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.partition.eof": end_events,
                **_FETCH,
            }
        )
        with suppress(KafkaException):  # it will find the cluster by itself, only later
            meet(consumer, 2.0)
        return consumer

    def asker(self, on_error: OnError, *, stable: bool = False) -> Consumer:
        """A consumer that never joins: for asking what the group has committed.

        The admin client's way of asking ends the whole process when the coordinator moves, is not known yet, or its
        connection breaks at the wrong moment (librdkafka issues 5040 and 4605).

        Args:
            on_error: told of errors.
            stable: wait for transactions that commit offsets at this moment.
        """
        return Consumer(
            {
                **self._common(on_error),
                "group.id": self.group,
                "client.id": f"{self.group}-{self.instance}-asker",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "isolation.level": "read_committed" if stable else "read_uncommitted",
            }
        )

    def producer(self, on_error: OnError) -> Producer:
        """The instance's transactional producer; a second one with the same instance name fences the first."""
        return Producer(
            {
                **self._common(on_error),
                "client.id": f"{self.group}-{self.instance}",
                "transactional.id": f"{self.group}-{self.instance}",
                "transaction.timeout.ms": self.transaction_timeout_ms,
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": 2,
                # The broker holds a topic's limit against whole batches; the default would just reach the smallest.
                "batch.size": 262_144,
                "message.max.bytes": max(topic.max_bytes for topic in TOPICS.values()),
            }
        )

    def operators_producer(self) -> Producer:
        """A producer for an operator's command: outside any transaction, so that none of its offsets is a gap."""
        return Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "client.id": "operator",
                "error_cb": lambda _error: None,
                "log_level": 0,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "delivery.timeout.ms": int(OPERATOR_DELIVERY_S * 1000),
                **self.extra,
            }
        )

    def admin(self, on_error: OnError) -> AdminClient:
        """An admin client."""
        return AdminClient(self._common(on_error))

    def _common(self, on_error: OnError) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.bootstrap,
            "error_cb": on_error,
            # Quick to come back once the broker is there again.
            "reconnect.backoff.max.ms": 2_000,
            "log_level": 2,
            **self.extra,
        }


def meet(client: Consumer | Producer | AdminClient, seconds: float = 5.0) -> None:
    """Have a client find the cluster before it is asked for anything. Raises KafkaException.

    What is asked before the first connection stands, librdkafka takes up at its next turn: after half a second where a
    transaction is to be announced, one where partitions are to be read, three where their ends are asked for.
    """
    client.list_topics(timeout=seconds)


_FETCH = {
    # librdkafka stops fetching for this long once its queue is full; the default of a second stalls a fast reader.
    "fetch.queue.backoff.ms": 10,
    "fetch.wait.max.ms": 50,
    # Bounds the memory of a reader that is far behind.
    "queued.min.messages": 5_000,
    "queued.max.messages.kbytes": 4_096,
    # What is fetched of each partition at once, and lies in memory several times as large until it is handed over: some
    # thousand records. The default is four times as much.
    "fetch.message.max.bytes": 262_144,
}
