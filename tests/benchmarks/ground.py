"""The stack to measure on: servers in a folder of their own, services on chosen cores, topics that can be emptied."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import orjson
import psutil
import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from psycopg import sql

from consumers.case_queue.migrate import upgrade
from consumers.kafka import Clients
from consumers.observe import lag
from deploy import topics
from deploy.local import LocalResesignal
from deploy.settings import PREFIX
from schemas.topics import TOPICS
from tests.servers import libpq_url, shared_cache, with_database

_LOOK_EVERY_S = 0.05
_GIVE_UP_S = 900.0
# Said until the first group has somebody to keep it, and until the last member is forgotten.
_PASSING = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NON_EMPTY_GROUP,
)


class Ground:
    """A running Kafka and PostgreSQL, and the services when asked for.

    The servers and this process share the first core and one service, the one that is measured, has the second to
    itself; with `everywhere()` all may use all.
    """

    def __init__(self, state: Path) -> None:
        # JSON, so that figures can be read from the log.
        self.local = LocalResesignal(
            state, shared_cache(), die_with_parent=True, environment={f"{PREFIX}LOG_FORMAT": "json"}
        )
        self.cores = sorted(os.sched_getaffinity(0))
        self.local.servers_up()
        self.kafka = self.local.stack.kafka.bootstrap
        self.database = self.local.stack.postgres.url
        self.admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        self._askers: dict[str, Consumer] = {}

    def close(self) -> None:
        """Stop everything."""
        for asker in self._askers.values():
            asker.close()
        self.everywhere()
        self.local.down()
        self.local.stack.postgres.discard()

    # --- cores

    @property
    def own_core(self) -> list[int]:
        """The core of what is measured alone."""
        return self.cores[-1:]

    def apart(self) -> None:
        """Servers and this process on the first core only."""
        self._pin(self.cores[:1])

    def everywhere(self) -> None:
        """Everybody on every core."""
        self._pin(self.cores)

    def _pin(self, cores: Sequence[int]) -> None:
        os.sched_setaffinity(0, cores)
        for name in ("kafka", "postgres"):
            pid = self.local.stack.process(name).pid
            if pid is not None:
                for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
                    # Each thread of its own: a new one follows the thread that starts it.
                    with suppress(psutil.NoSuchProcess):  # PostgreSQL's children come and go
                        for thread in process.threads():
                            with suppress(ProcessLookupError):
                                os.sched_setaffinity(thread.id, cores)

    # --- services

    @contextmanager
    def service(self, name: str, environment: Mapping[str, str] | None = None) -> Iterator[psutil.Process]:
        """One service alone on its core, healthy; stopped at the end."""
        spec = next(spec for spec in self.local.specs() if spec.name == name)
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.own_core)
        try:
            self.local.stack.start_service(replace(spec, env={**spec.env, **(environment or {})}))
        finally:
            os.sched_setaffinity(0, before)
        try:
            yield self.process(name)
        finally:
            self.local.stack.stop_service(name)

    def process(self, name: str) -> psutil.Process:
        """The process of a service that runs."""
        pid = self.local.stack.process(name).pid
        assert pid is not None, f"{name} has died"
        return psutil.Process(pid)

    def logged(self, service: str, event: str) -> dict[str, float]:
        """The newest entry of a service's log about the event."""
        lines = self.local.stack.log_file(service).read_bytes().splitlines()
        entries = (orjson.loads(line) for line in reversed(lines) if event.encode() in line)
        found: dict[str, float] = next(entry for entry in entries if entry.get("event") == event)
        return found

    # --- topics and databases

    def left(self, group: str, names: Sequence[str]) -> int:
        """Records that the group has not committed."""
        if group not in self._askers:
            self._askers[group] = Clients(self.kafka, group, "benchmark").asker(lambda _error: None)
        return sum(lag(self._askers[group], self.admin, names, lambda: False).values())

    def wait_until_handled(self, group: str, names: Sequence[str]) -> None:
        """Wait until the group has committed all there is."""
        deadline = time.monotonic() + _GIVE_UP_S
        while self.left(group, names):
            assert time.monotonic() < deadline, f"{group} does not get through"
            time.sleep(_LOOK_EVERY_S)

    def empty(self, names: Iterable[str]) -> None:
        """Make topics anew."""
        for future in self.admin.delete_topics(list(names)).values():
            future.result()
        deadline = time.monotonic() + 60
        while True:
            # Deleting goes on for a moment after it was promised.
            with suppress(KafkaException):
                topics.apply(self.admin, topics.plan(self.admin))
                if set(TOPICS) <= set(self.admin.list_topics(timeout=10).topics):
                    break
            assert time.monotonic() < deadline, "topics cannot be made anew"
            time.sleep(0.2)
        time.sleep(0.5)

    def forget(self, groups: Iterable[str]) -> None:
        """Delete what groups have committed; they must have no members."""
        left = list(groups)
        deadline = time.monotonic() + 60
        while left:
            asked = self.admin.delete_consumer_groups(left)
            left = []
            for group, future in asked.items():
                try:
                    future.result()
                except KafkaException as error:
                    code = error.args[0].code()
                    if code in _PASSING:
                        left.append(group)
                    elif code != KafkaError.GROUP_ID_NOT_FOUND:
                        raise
            assert time.monotonic() < deadline, "groups cannot be deleted"
            time.sleep(0.2)

    def new_database(self) -> str:
        """The address of a new, empty case queue."""
        name = f"bench_{secrets.token_hex(4)}"
        with psycopg.connect(libpq_url(self.database), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = with_database(self.database, name)
        upgrade(url)
        return url


def processor_s(process: psutil.Process) -> float:
    """Processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
