"""The transactional loop on a real broker: what it does when a transaction fails and the group stays as it was."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from consumers.kafka import Clients, Inbound, Outbound, Partition
from consumers.loop import Handled, Held, Pace, Tended, TransactionalLoop
from consumers.metrics import Metrics
from consumers.observe import watch_lag
from consumers.progress import Progress
from consumers.restore import Restorer, patiently
from deploy.stack import KafkaServer
from matcher.memory import Outcome
from schemas.reasons import Reason, Refused
from schemas.topics import BORDER_CROSSINGS, DEAD_LETTERS, STATUS_MATCHES
from tests.unit.consumers.fakes import KeptLog

RECORDS = 3_000


class Copying:
    """A handler that writes every record on, and remembers how many of each partition it saw since it took it up."""

    topics = (BORDER_CROSSINGS.name,)

    def __init__(self) -> None:
        self.taken: Counter[Partition] = Counter()
        self.dropped: Counter[Partition] = Counter()
        self.notes: dict[Partition, dict[str, Any]] = {}
        self.handled = threading.Event()

    def take(self, held: Mapping[Partition, Held], _restorer: Restorer) -> None:
        self.taken.update(held.keys())
        self.notes.update({place: dict(one.note) for place, one in held.items()})

    def drop(self, partitions: Sequence[Partition]) -> None:
        self.dropped.update(partitions)

    def tend(self, _position: Callable[[Partition], int]) -> Tended:
        return Tended()

    def note(self, place: Partition) -> Mapping[str, Any]:
        return {"partition": place.number}

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        handled = Handled([Outcome.MATCHED] * len(batch))
        for index, record in enumerate(batch):
            if record.value == b"refuse":
                handled.outcomes[index] = Outcome.DEAD
                handled.refusals[index] = Refused(Reason.PAYLOAD_CORRUPT)
            else:
                handled.outbound.append(Outbound(STATUS_MATCHES.name, record.key or b"", record.value))
        self.handled.set()
        return handled


class Slow(Copying):
    """One that takes two milliseconds for each record."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        self.sizes.append(len(batch))
        time.sleep(0.002 * len(batch))
        return super().handle(batch)


class Silent:
    """A consumer that keeps to itself what it reads."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        self._consumer.consume(num_messages=num_messages, timeout=timeout)
        return []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


@contextmanager
def _running(clients: Clients, handler: Copying, metrics: Metrics, pace: Pace) -> Iterator[TransactionalLoop]:
    stop = threading.Event()
    failures: list[BaseException] = []
    loop = TransactionalLoop(handler, clients, metrics, KeptLog(), stop.is_set, version="test", pace=pace)

    def run() -> None:
        try:
            loop.run()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="loop", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        stop.set()
        thread.join(30)
        assert failures == []
    assert not thread.is_alive()


def _publish(server: KafkaServer, values: Sequence[bytes]) -> None:
    producer = Producer({"bootstrap.servers": server.bootstrap, "partitioner": "murmur2_random", "log_level": 0})
    for number, value in enumerate(values):
        producer.produce(BORDER_CROSSINGS.name, value, str(number).encode())
    assert producer.flush(20) == 0
    producer.close()


def _topics(server: KafkaServer) -> None:
    admin = AdminClient({"bootstrap.servers": server.bootstrap})
    wanted = (BORDER_CROSSINGS, STATUS_MATCHES, DEAD_LETTERS)
    for future in admin.create_topics([NewTopic(t.name, t.partitions, 1, config=t.config) for t in wanted]).values():
        future.result()


def _read(clients: Clients, topic: str, partitions: int) -> list[bytes]:
    found: list[bytes] = []
    places = [Partition(topic, number) for number in range(partitions)]
    Restorer(clients, lambda _: None, lambda: False).read(places, lambda record: found.append(record.value or b""))
    return found


def _committed(clients: Clients) -> list[Progress]:
    consumer = clients.consumer(lambda _: None)
    try:
        asked = [TopicPartition(BORDER_CROSSINGS.name, number) for number in range(BORDER_CROSSINGS.partitions)]
        # A broker that has just started may not have its coordinator yet.
        committed = patiently(lambda: consumer.committed(asked, timeout=10), lambda: False)
        return [Progress.read(tp.offset, tp.metadata) for tp in committed]
    finally:
        consumer.close()


@pytest.mark.parametrize("when", ["in the middle of a transaction", "before the first"])
def test_a_fenced_producer_is_replaced_and_what_was_open_is_read_again(kafka_server: KafkaServer, when: str) -> None:
    _topics(kafka_server)
    clients = Clients(kafka_server.bootstrap, "copying", "one")
    metrics, handler = Metrics("copying"), Copying()
    values = [str(number).encode() for number in range(RECORDS)]
    # Slow transactions in small batches, so that the fence falls into an open one, however long the fencing client
    # takes to find the cluster (more than half a second was seen).
    pace = Pace(batch=100, commit_s=3.0, backlog_commit_s=3.0)
    with _running(clients, handler, metrics, pace):
        if when == "before the first":
            _fence(clients)
        _publish(kafka_server, values)
        assert handler.handled.wait(20)
        _fence(clients)
        _until(lambda: sum(p.consumed for p in _committed(clients)) == RECORDS)
    assert _count(metrics, "resesignal_transactions_aborted_total") >= 1
    # The group stayed as it was: everything was taken up again by the loop itself, not by a rebalance.
    assert _count(metrics, "resesignal_rebalances_total", kind="assigned") == 1
    assert min(handler.taken.values()) >= 2
    assert sorted(_read(clients, STATUS_MATCHES.name, STATUS_MATCHES.partitions)) == sorted(values)
    committed = _committed(clients)
    assert sum(p.consumed for p in committed) == RECORDS
    assert all(p.consumed == p.next_offset and sum(p.outcomes.values()) == p.consumed for p in committed)


def test_a_consumer_that_hands_nothing_over_though_records_wait_is_replaced(kafka_server: KafkaServer) -> None:
    _topics(kafka_server)
    clients = Clients(kafka_server.bootstrap, "copying", "one", transaction_timeout_ms=1_500)
    metrics, handler = Metrics("copying"), Copying()
    with (
        _running(clients, handler, metrics, Pace()) as loop,
        watch_lag(clients, handler.topics, metrics, KeptLog(), lambda _: None, loop.stall.told),
    ):
        _publish(kafka_server, [b"before"])
        _until(lambda: sum(p.consumed for p in _committed(clients)) == 1)
        # A consumer as it was seen after a broker's restart: assigned, polled, and silent.
        loop._member.consumer = Silent(loop._member.consumer)  # type: ignore[assignment]
        _publish(kafka_server, [b"after"])
        _until(lambda: sum(p.consumed for p in _committed(clients)) == 2)
    assert sorted(_read(clients, STATUS_MATCHES.name, STATUS_MATCHES.partitions)) == [b"after", b"before"]


def test_records_that_take_long_are_taken_few_at_a_time(kafka_server: KafkaServer) -> None:
    """Else their transaction would outlast its time, be aborted, and be tried again for ever."""
    _topics(kafka_server)
    clients = Clients(kafka_server.bootstrap, "copying", "one", transaction_timeout_ms=2_000)
    handler, metrics = Slow(), Metrics("copying")
    _publish(kafka_server, [b"%d" % number for number in range(RECORDS)])
    with _running(clients, handler, metrics, Pace(commit_s=0.05)):
        _until(lambda: sum(progress.consumed for progress in _committed(clients)) == RECORDS)
    assert sorted(_read(clients, STATUS_MATCHES.name, STATUS_MATCHES.partitions)) == sorted(
        b"%d" % number for number in range(RECORDS)
    )
    first, *others = handler.sizes
    assert first > 200
    # A tenth of the two seconds, at no less than two milliseconds each.
    assert max(others) <= 100


def test_a_refused_record_is_a_dead_letter_and_the_next_one_proceeds(kafka_server: KafkaServer) -> None:
    _topics(kafka_server)
    clients = Clients(kafka_server.bootstrap, "copying", "one")
    metrics, handler = Metrics("copying"), Copying()
    with _running(clients, handler, metrics, Pace()):
        _publish(kafka_server, [b"first", b"refuse", b"last"])
        _until(lambda: sum(p.consumed for p in _committed(clients)) == 3)
    assert sorted(_read(clients, STATUS_MATCHES.name, STATUS_MATCHES.partitions)) == [b"first", b"last"]
    (letter,) = _read(clients, DEAD_LETTERS.name, 1)
    assert b"refuse" not in letter
    assert b"payload-corrupt" in letter
    assert sum((p.outcomes for p in _committed(clients)), Counter()) == {"matched": 2, "dead-lettered": 1}
    assert _count(metrics, "resesignal_records_total", outcome="dead-lettered", reason="payload-corrupt") == 1


def _fence(clients: Clients) -> None:
    """Take over the instance's transactional id, as a second process under its name would."""
    rival = clients.producer(lambda _: None)
    rival.init_transactions(20)
    rival.close()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert any(thread.name == "loop" for thread in threading.enumerate()), "the loop has ended"
        assert time.monotonic() < deadline, "not within a minute"
        time.sleep(0.3)


def _count(metrics: Metrics, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for metric in metrics.registry.collect()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
