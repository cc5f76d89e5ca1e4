"""The sink on a real broker and a real database that is away for a while, slow, or will not take a record."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import pytest
from confluent_kafka import Consumer, Message
from confluent_kafka import TopicPartition as Place
from sqlalchemy import Engine

from consumers.case_queue.engine import make_engine
from consumers.case_queue.errors import QueueUnavailable, RecordsUnfit, StalePosition
from consumers.case_queue.positions import Position, TopicPartition
from consumers.case_queue.rows import QueueRecord
from consumers.case_queue.sink import Sink
from consumers.case_queue.store import ApplyResult, CandidateStore, RefusedRecord
from consumers.kafka import Clients, Partition
from consumers.metrics import Metrics
from schemas.topics import REVOCATION_CANDIDATES
from tests.builders import encode
from tests.builders_queue import make_candidate
from tests.pipeline import Pipeline, eventually, pipeline
from tests.servers import PostgresAccess
from tests.unit.consumers.fakes import KeptLog

# Twice this long a consumer may be silent.
TRANSACTION_TIMEOUT_MS = 1_000

Store = TypeVar("Store", bound=CandidateStore)


class Hindered(CandidateStore):
    """The store, with something in the way of each batch: what that is, the kinds below tell."""

    def hinder(self, batch: Sequence[QueueRecord], new: Mapping[TopicPartition, Position]) -> None:
        """Called before a batch is written."""

    def apply(
        self,
        batch: Sequence[QueueRecord],
        expected: Mapping[TopicPartition, int | None],
        new: Mapping[TopicPartition, Position],
        now: datetime,
        refused: Sequence[RefusedRecord] = (),
    ) -> ApplyResult:
        self.hinder(batch, new)
        return super().apply(batch, expected, new, now, refused)


class Wavering(Hindered):
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

    def hinder(self, batch: Sequence[QueueRecord], new: Mapping[TopicPartition, Position]) -> None:
        self._or_away()


class Slow(Hindered):
    """The store, which says of each batch when it has come to it, and waits to be let go on."""

    def __init__(self, engine: Engine, group: str) -> None:
        super().__init__(engine, group)
        self.begun: list[list[int]] = []
        self.go_on = threading.Semaphore(0)
        self.next_is_stale = False

    def hinder(self, batch: Sequence[QueueRecord], new: Mapping[TopicPartition, Position]) -> None:
        self.begun.append([record.offset for record in batch])
        assert self.go_on.acquire(timeout=30)
        if self.next_is_stale:
            self.next_is_stale = False
            raise StalePosition(*next(iter(new)))


class Fussy(Hindered):
    """The store, of a database that will not take one record."""

    def hinder(self, batch: Sequence[QueueRecord], new: Mapping[TopicPartition, Position]) -> None:
        if any(record.offset == 1 for record in batch):
            raise RecordsUnfit("DataError")


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


@dataclass
class Running(Generic[Store]):
    """A sink that runs in a thread, with what it was given."""

    sink: Sink
    store: Store
    clients: Clients
    metrics: Metrics
    log: KeptLog
    stop: Callable[[], None]


@contextmanager
def running(pipe: Pipeline, kind: Callable[[Engine, str], Store], *, wait: bool = True) -> Iterator[Running[Store]]:
    """A sink over a store of this kind, ready if asked for, until the context ends; it must end when told to."""
    stop, log, metrics = threading.Event(), KeptLog(), Metrics("case-queue")
    engine = make_engine(pipe.database_url, application="test")
    store = kind(engine, "case-queue")
    clients = Clients(pipe.bootstrap, "case-queue", "test", transaction_timeout_ms=TRANSACTION_TIMEOUT_MS)
    sink = Sink(store, clients, metrics, log, stop.is_set, lambda: datetime.now(UTC))
    thread = threading.Thread(target=sink.run, daemon=True)
    thread.start()
    try:
        if wait:
            eventually(sink.ready)
        yield Running(sink, store, clients, metrics, log, stop.set)
    finally:
        stop.set()
        thread.join(30)
        engine.dispose()
    assert not thread.is_alive()


def test_a_database_that_is_away_for_long_is_no_reason_to_leave_the_group(pipe: Pipeline) -> None:
    with running(pipe, Wavering) as run:
        _publish(pipe)
        eventually(lambda: _refused(pipe) == 1)

        run.sink._member.consumer = Distant(run.sink._member.consumer)  # type: ignore[assignment]
        run.store.away = True
        topic, number, _ = _publish(pipe)
        eventually(lambda: run.metrics.database_up._value.get() == 0)
        for _ in range(2):
            run.sink.stall.told({Partition(topic, number): 1})
        # An attempt comes every 0.3 s; this is twice as long as a silence is believed.
        eventually(lambda: run.store.in_vain * 0.3 > 2 * run.clients.silence_s)
        run.store.away = False
        eventually(lambda: _refused(pipe) == 2)
        _publish(pipe)
        eventually(lambda: _refused(pipe) == 3)
    said = [event for _, event, _ in run.log.entries]
    assert "consumer-stalled" not in said
    assert said.count("database-unreachable") == said.count("database-reachable-again") == 1
    assert run.metrics.rebalances.labels("assigned")._value.get() == 1


def test_the_next_batch_is_read_meanwhile_and_written_behind_the_one_before(pipe: Pipeline) -> None:
    with running(pipe, Slow) as run:
        topic, number, _ = _candidate(pipe, pieces=1)
        eventually(lambda: run.store.begun == [[0]])
        _candidate(pipe, pieces=2)
        eventually(lambda: run.metrics.batch_size._sum.get() == 2)
        assert run.store.begun == [[0]]
        run.store.go_on.release()
        eventually(lambda: run.store.begun == [[0], [1]])
        assert run.store.positions([(topic, number)])[topic, number].next_offset == 1
        eventually(lambda: _told_kafka(run.clients, topic, number) >= 1)
        time.sleep(0.3)  # as long as it takes to hear that no more records follow
        assert _told_kafka(run.clients, topic, number) == 1
        run.store.go_on.release()
        eventually(lambda: _told_kafka(run.clients, topic, number) == 2)
    assert _versions(pipe) == [1, 2]


def test_what_was_read_behind_a_batch_that_failed_is_read_again(pipe: Pipeline) -> None:
    with running(pipe, Slow) as run:
        run.store.next_is_stale = True
        topic, number, _ = _candidate(pipe, pieces=1)
        eventually(lambda: run.store.begun == [[0]])
        _candidate(pipe, pieces=2)
        eventually(lambda: run.metrics.batch_size._sum.get() == 2)
        run.store.go_on.release(10)
        eventually(lambda: _told_kafka(run.clients, topic, number) == 2)
    assert run.store.begun[1][0] == 0
    assert _versions(pipe) == [1, 2]
    assert [event for _, event, _ in run.log.entries].count("position-moved-by-another-instance") == 1


def test_what_is_being_written_when_it_is_told_to_stop_is_finished_and_told(pipe: Pipeline) -> None:
    with running(pipe, Slow) as run:
        topic, number, _ = _candidate(pipe, pieces=1)
        eventually(lambda: run.store.begun == [[0]])
        run.stop()
        run.store.go_on.release()
    assert _versions(pipe) == [1]
    assert _told_kafka(run.clients, topic, number) == 1


def test_a_partition_is_given_away_when_what_is_being_written_is_in(pipe: Pipeline) -> None:
    with running(pipe, Slow) as one:
        topic, number, _ = _candidate(pipe, pieces=1)
        eventually(lambda: one.store.begun == [[0]])
        with running(pipe, Slow, wait=False) as other:
            eventually(lambda: one.metrics.rebalances.labels("revoked")._value.get() == 1)
            time.sleep(1)
            assert not other.sink.ready()
            one.store.go_on.release()
            eventually(other.sink.ready)
            one.store.go_on.release(10)
            other.store.go_on.release(10)
            _candidate(pipe, pieces=2)
            eventually(lambda: _told_kafka(one.clients, topic, number) == 2)
    assert sorted(one.store.begun + other.store.begun) == [[0], [1]]
    assert _versions(pipe) == [1, 2]


def test_a_record_that_the_database_will_not_take_holds_up_no_other(pipe: Pipeline) -> None:
    for pieces in (1, 2, 3):
        topic, number, _ = _candidate(pipe, pieces=pieces)
    with running(pipe, Fussy) as run:
        eventually(lambda: _told_kafka(run.clients, topic, number) == 3)
        held = run.store.positions([(topic, number)])[topic, number]
    assert pipe.sql("SELECT record_offset, reason FROM refused_record") == [(1, "field-invalid")]
    assert pipe.sql("SELECT row_version, evidence_count FROM candidate") == [(2, 3)]
    assert held.counts == {"first": 0, "consumed": 3, "taken-in": 2, "dead-lettered": 1}


def _publish(pipe: Pipeline) -> tuple[str, int, int]:
    """A record that the queue refuses: a row is written for it all the same."""
    return pipe.write(REVOCATION_CANDIDATES.name, "a key", b"not a candidate")


def _refused(pipe: Pipeline) -> object:
    ((count,),) = pipe.sql("SELECT count(*) FROM refused_record")
    return count


def _candidate(pipe: Pipeline, *, pieces: int) -> tuple[str, int, int]:
    """One person's candidate, with so many pieces of evidence."""
    candidate = make_candidate(pieces=pieces)
    return pipe.write(
        REVOCATION_CANDIDATES.name, str(candidate.person_id), encode(REVOCATION_CANDIDATES.record, candidate)
    )


def _versions(pipe: Pipeline) -> list[object]:
    return [number for (number,) in pipe.sql("SELECT row_version FROM candidate_version ORDER BY row_version")]


def _told_kafka(clients: Clients, topic: str, number: int) -> int:
    asker = clients.asker(lambda _error: None)
    try:
        (place,) = asker.committed([Place(topic, number)], timeout=10)
    finally:
        asker.close()
    return int(place.offset)
