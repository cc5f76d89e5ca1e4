"""Property 1 on real Kafka: rows, events and revisions in any order, while instances come and go, end as the model.

The same model as `tests/unit/consumers/test_completeness.py` has, with one to four instances of `matching`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from consumers.kafka import Clients, Inbound, Partition
from consumers.loop import TransactionalLoop
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.observe import lag
from consumers.registry_tail import RegistryTail
from consumers.restore import Interrupted, Restorer
from consumers.source import SourceReader
from matcher.native import available
from schemas.records import Event, EventKind
from schemas.topics import MEMORY_OF, STATUS_MATCHES
from tests import servers
from tests.builders import NOON, codec, crossing, observation, rules, uuid
from tests.pipeline import Pipeline, eventually, pipeline
from tests.unit.consumers.completeness_model import ROWS, TRAVELLERS, Model, holding_in, is_as
from tests.unit.consumers.fakes import KeptLog

MOST_INSTANCES = 4
STEPS = 40


class Instance:
    """An instance of `matching` in a thread, from `start` to `stop`."""

    def __init__(self, way: Pipeline, number: int) -> None:
        self._clients = Clients(way.bootstrap, "matching", f"m{number}", session_timeout_ms=6000)
        self.metrics = Metrics("matching")
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        clients, stopping, log = self._clients, self._stop.is_set, KeptLog()
        rows = codec("protected-person", raw=True)
        registry = RegistryTail(clients, rows, self.metrics, log, lambda _: None, native=available())
        source = SourceReader(clients, lambda _: None, stopping)
        try:
            registry.load(stopping)
            handler = Matching(registry, rules(), source, self.metrics, log)
            TransactionalLoop(handler, clients, self.metrics, log, stopping, version="test").run()
        except Interrupted:
            pass  # stopped before it was ready
        except BaseException as error:
            self._failure = error
        finally:
            source.close()
            registry.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert self._failure is None

    def looks_again(self) -> bool:
        return bool(self.metrics.registry.get_sample_value("resesignal_reexamination_due_partitions"))


@contextmanager
def fleet(way: Pipeline) -> Iterator[dict[int, Instance]]:
    running: dict[int, Instance] = {}
    try:
        yield running
    finally:
        for instance in running.values():
            instance.stop()


def some_event(rng: random.Random) -> Event:
    make = rng.choice([crossing, crossing, observation])
    revision = rng.choice([1, 1, 1, 2, 3])
    kind = EventKind.WITHDRAWN if revision > 1 and rng.random() < 0.4 else None
    event: Event = make(
        rng.randint(1, 40) + (100 if make is observation else 0),
        revision=revision,
        kind=kind,
        at=NOON - timedelta(days=rng.choice([0, 1, 5, 9, 400])),
        traveller=rng.choice(TRAVELLERS),
        country=rng.choice(["UTO", "UTO", "NOR"]),
    )
    return event


def test_any_order_ends_as_the_model_says_however_many_instances_come_and_go(
    postgres_server: servers.PostgresAccess,
) -> None:
    rng, model = random.Random(1), Model()
    with pipeline(postgres_server) as way, fleet(way) as running:
        for step in range(STEPS):
            match rng.choice(["events", "events", "events", "row", "row", "remove", "start", "stop", "wait"]):
                case "events":
                    events = [some_event(rng) for _ in range(rng.randint(1, 12))]
                    model.events += events
                    way.publish(*events)
                case "row":
                    row = rng.choice(ROWS)
                    model.rows[row.person_id] = row
                    way.register(row)
                case "remove":
                    number = rng.randint(1, 3)
                    model.rows.pop(uuid(number), None)
                    way.write("protection-statuses", str(uuid(number)), None)
                case "start" if len(running) < MOST_INSTANCES:
                    running[step] = Instance(way, step)
                case "stop" if running:
                    running.pop(rng.choice(list(running))).stop()
                case _:
                    time.sleep(rng.random())
        if not running:
            running[STEPS] = Instance(way, STEPS)
        asker, admin = way.clients("matching").asker(lambda _: None), way.clients("matching").admin(lambda _: None)
        eventually(lambda: not sum(lag(asker, admin, tuple(MEMORY_OF), lambda: False).values()), 90)
        eventually(lambda: not any(one.looks_again() for one in running.values()), 60)
        eventually(lambda: is_as(holding_in(_matches(way)), model), 60)
        asker.close()


def _matches(way: Pipeline) -> list[Inbound]:
    records: list[Inbound] = []
    places = [Partition(STATUS_MATCHES.name, n) for n in range(STATUS_MATCHES.partitions)]
    Restorer(way.clients(), lambda _: None, lambda: False).read(places, records.append)
    return records
