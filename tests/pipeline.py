"""The three services in threads of the test's own process, on real servers; what a test publishes goes all the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import psycopg
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from consumers.candidates import Candidates
from consumers.case_queue.engine import make_engine
from consumers.case_queue.migrate import upgrade
from consumers.case_queue.sink import Sink
from consumers.case_queue.store import CandidateStore
from consumers.kafka import Clients
from consumers.loop import TransactionalLoop
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.registry_tail import RegistryTail
from consumers.source import SourceReader
from matcher.native import available
from schemas.codec import Codec
from schemas.records import Event, ProtectedPerson
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, PROTECTION_STATUSES, TOPICS
from tests import servers
from tests.builders import FIRST_RULES, encode, rules


class Pipeline:
    """The whole way from the topics to PostgreSQL."""

    def __init__(self, bootstrap: str, database_url: str) -> None:
        self.bootstrap = bootstrap
        self.database_url = database_url
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        new = [NewTopic(topic.name, topic.partitions, 1, config=topic.config) for topic in TOPICS.values()]
        for future in self._admin.create_topics(new).values():
            future.result()
        upgrade(database_url)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "log_level": 0,
            }
        )

    def clients(self, group: str = "operator") -> Clients:
        return Clients(self.bootstrap, group, "test", session_timeout_ms=6000)

    def environment(self) -> dict[str, str]:
        """The settings of a command, with the rules that the services here run with."""
        return {
            "RESESIGNAL_KAFKA_BOOTSTRAP": self.bootstrap,
            "RESESIGNAL_DATABASE_URL": self.database_url,
            "RESESIGNAL_RULES_FILE": str(FIRST_RULES),
        }

    def close(self) -> None:
        self._producer.close()

    # --- publishing

    def publish(self, *events: Event) -> list[tuple[str, int, int]]:
        """Publish events; gives the place of each."""
        places = []
        for event in events:
            topic = BORDER_CROSSINGS if hasattr(event, "border_point") else MISSION_OBSERVATIONS
            places.append(self.write(topic.name, str(event.event_id), encode(topic.record, event)))
        return places

    def register(self, *people: ProtectedPerson) -> None:
        for person in people:
            value = encode(PROTECTION_STATUSES.record, person)
            self.write(PROTECTION_STATUSES.name, str(person.person_id), value)

    def write(self, topic: str, key: str, value: bytes | None) -> tuple[str, int, int]:
        """Write one record; gives its place."""
        places: list[tuple[str, int, int]] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            assert error is None
            places.append((topic, message.partition() or 0, message.offset() or 0))

        self._producer.produce(topic, value, key, on_delivery=delivered)
        self._producer.flush(20)
        (place,) = places
        return place

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run a statement on the queue's database; rows where it gives some."""
        with psycopg.connect(servers.libpq_url(self.database_url), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    # --- services

    @contextmanager
    def running(self) -> Iterator[None]:
        """The three services, until the context ends; fails where one of them failed."""
        stop = threading.Event()
        failures: list[BaseException] = []
        log = _Silent()
        engine = make_engine(self.database_url, application="test")
        clients = self.clients("matching")
        metrics = Metrics("matching")
        rows = Codec("protected-person", raw=True)
        registry = RegistryTail(clients, rows, metrics, log, _quiet, native=available())
        source = SourceReader(clients, _quiet, stop.is_set)
        with closing(registry), closing(source):
            registry.load(stop.is_set)
            matching = Matching(registry, rules(), source, metrics, log)
            queue = CandidateStore(engine, "case-queue")
            loops = [
                TransactionalLoop(matching, clients, metrics, log, stop.is_set, version="test"),
                TransactionalLoop(
                    Candidates(log, native=available()),
                    self.clients("candidates"),
                    Metrics("c"),
                    log,
                    stop.is_set,
                    version="test",
                ),
                Sink(queue, self.clients("case-queue"), Metrics("q"), log, stop.is_set, lambda: datetime.now(UTC)),
            ]

            def run(loop: TransactionalLoop | Sink) -> None:
                try:
                    loop.run()
                except BaseException as error:
                    failures.append(error)

            threads = [threading.Thread(target=run, args=(loop,), daemon=True) for loop in loops]
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                stop.set()
                for thread in threads:
                    thread.join(30)
                engine.dispose()
        assert not failures, failures
        assert not any(thread.is_alive() for thread in threads)


class _Silent:
    """A log that keeps nothing."""

    def __init__(self, *_args: object, **_more: object) -> None:
        pass

    def _say(self, *_args: object, **_values: object) -> None:
        pass

    debug = info = warning = error = exception = _say


def _quiet(_error: KafkaError) -> None:
    pass


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until it holds; fails after that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


@contextmanager
def pipeline(postgres: servers.PostgresAccess) -> Iterator[Pipeline]:
    """A pipeline on a Kafka of its own and a database of its own. The services are not running yet."""
    with servers.local_kafka() as kafka, postgres.database() as url:
        made = Pipeline(kafka.bootstrap, url)
        try:
            yield made
        finally:
            made.close()
