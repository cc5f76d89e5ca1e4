"""The sink on a real broker and a real database that is away for a while: it keeps its membership and its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Consumer, Message
from confluent_kafka import TopicPartition as Place

from consumers.case_queue.engine import make_engine
from consumers.case_queue.errors import QueueUnavailable
from consumers.case_queue.positions import Position, TopicPartition
from consumers.case_queue.rows import QueueRecord
from consumers.case_queue.sink import Sink
from consumers.case_queue.store import ApplyResult, CandidateStore, RefusedRecord
from consumers.kafka import Clients, Partition
from consumers.metrics import Metrics
from schemas.topics import REVOCATION_CANDIDATES
from tests.pipeline import Pipeline, eventually, pipeline
from tests.servers import PostgresAccess
from tests.unit.consumers.fakes import KeptLog

# Twice this long a consumer may be silent.
TRANSACTION_TIMEOUT_MS = 1_000


class Wavering(CandidateStore):
    """The store, of which the database is away while `away` is set. Counts in vain how often it was asked."""

    away = False
    in_vain = 0

    def _or_away(self) -> None:
        if self.away:
            self.in_vain += 1
            raise QueueUnavailable("away")

    def positions(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Position]:
        self._or_away()
        return super().positions(partitions)

    def apply(
        self,
        batch: Sequence[QueueRecord],
        expected: Mapping[TopicPartition, int | None],
        new: Mapping[TopicPartition, Position],
        now: datetime,
        refused: Sequence[RefusedRecord] = (),
    ) -> ApplyResult:
        self._or_away()
        return super().apply(batch, expected, new, now, refused)


class Distant:
    """A consumer of a broker far away: after each assignment the first records take a while."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._from = 0.0

    def assign(self, partitions: list[Place]) -> None:
        self._from = time.monotonic() + 0.3
        self._consumer.assign(partitions)

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        if time.monotonic() < self._from:
            time.sleep(timeout)
            return []
        return self._consumer.consume(num_messages=num_messages, timeout=timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


@pytest.fixture
def pipe(postgres_server: PostgresAccess) -> Iterator[Pipeline]:
    with pipeline(postgres_server) as made:
        yield made


def test_a_database_that_is_away_for_long_is_no_reason_to_leave_the_group(pipe: Pipeline) -> None:
    stop, log, metrics = threading.Event(), KeptLog(), Metrics("case-queue")
    engine = make_engine(pipe.database_url, application="test")
    store = Wavering(engine, "case-queue")
    clients = Clients(pipe.bootstrap, "case-queue", "test", transaction_timeout_ms=TRANSACTION_TIMEOUT_MS)
    sink = Sink(store, clients, metrics, log, stop.is_set, lambda: datetime.now(UTC))
    thread = threading.Thread(target=sink.run, daemon=True)
    thread.start()
    try:
        eventually(sink.ready)
        _publish(pipe)
        eventually(lambda: _stored(pipe) == 1)

        sink._member.consumer = Distant(sink._member.consumer)  # type: ignore[assignment]
        store.away = True
        topic, number, _ = _publish(pipe)
        eventually(lambda: metrics.database_up._value.get() == 0)
        for _ in range(2):
            sink.stall.told({Partition(topic, number): 1})
        # An attempt comes every 0.3 s; this is twice as long as a silence is believed.
        eventually(lambda: store.in_vain * 0.3 > 2 * clients.silence_s)
        store.away = False
        eventually(lambda: _stored(pipe) == 2)
        _publish(pipe)
        eventually(lambda: _stored(pipe) == 3)
    finally:
        stop.set()
        thread.join(30)
        engine.dispose()
    assert not thread.is_alive()
    said = [event for _, event, _ in log.entries]
    assert "consumer-stalled" not in said
    assert said.count("database-unreachable") == said.count("database-reachable-again") == 1
    assert metrics.rebalances.labels("assigned")._value.get() == 1


def _publish(pipe: Pipeline) -> tuple[str, int, int]:
    """A record that the queue refuses: a row is written for it all the same."""
    return pipe.write(REVOCATION_CANDIDATES.name, "a key", b"not a candidate")


def _stored(pipe: Pipeline) -> object:
    ((count,),) = pipe.sql("SELECT count(*) FROM refused_record")
    return count
