"""A whole stack of real processes for the tests of bad days: started, loaded, watched and asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import Addresses, LocalResesignal
from deploy.stack import KafkaServer, PostgresServer
from deploy.stack.ports import choose_port
from deploy.traffic import (
    differences,
    publish_events,
    publish_registry,
    read_found,
    wait_for_registry,
    wait_until_handled,
)
from producers.simulator import Scenario, SimulatedRecord, World, build
from tests.servers import absence_is_reported, shared_cache, temporary_state

SERVICES = ("matching", "candidates", "case-queue")
PATIENCE_S = 60.0
# Short, so that a pause of seconds is longer than both.
TIMEOUT_MS = 4_000
# So that on a slow machine, too, the load is not over before the harm is done.
_LEAD = 0.3
_ENVIRONMENT = {
    "RESESIGNAL_SESSION_TIMEOUT_MS": str(TIMEOUT_MS),
    "RESESIGNAL_TRANSACTION_TIMEOUT_MS": str(TIMEOUT_MS),
    "RESESIGNAL_LOG_FORMAT": "json",
}


def small_world(seed: int) -> World:
    """Enough for every category of the simulator, and some thousand travellers who concern nobody."""
    return build(Scenario(seed=seed, people=1_000, crossings=4_000, observations=400))


@contextmanager
def stack_of_one() -> Iterator[LocalResesignal]:
    """A stack in a folder of its own, nothing started yet; gone at the end, and with the test run."""
    with temporary_state() as state, absence_is_reported():
        local = LocalResesignal(state, shared_cache(), die_with_parent=True, environment=_ENVIRONMENT)
        _take_ports_of_its_own(local)
        try:
            yield local
        except BaseException:
            _tell(local)
            raise
        finally:
            local.down()
            local.stack.postgres.discard()


def _take_ports_of_its_own(local: LocalResesignal) -> None:
    """None of the usual ports: while a server is dead, another stack could take its port, and our services would work
    on that one's topics. It was seen.
    """
    local.stack.kafka = KafkaServer(local.state, shared_cache(), preferred_port=None, die_with_parent=True)
    local.stack.postgres = PostgresServer(local.state, shared_cache(), preferred_port=None, die_with_parent=True)
    ports: dict[str, int] = {}
    for name in (*SERVICES, "api"):
        ports[name] = choose_port(None, ports.values())
    (local.state / "ports.json").write_text(json.dumps(ports))


def _tell(local: LocalResesignal) -> None:
    """Print what the processes said last: pytest shows it where a test failed."""
    for file in sorted((local.state / "logs").iterdir()):
        print(f"--- {file.name}", *file.read_text("utf-8", "replace").splitlines()[-30:], sep="\n")  # noqa: T201


# --- traffic


class Load(threading.Thread):
    """Publishes the events of a world, spread over `seconds`, as an agency would: while Kafka is away it waits."""

    def __init__(self, world: World, kafka: str, seconds: float) -> None:
        super().__init__(name="load", daemon=True)
        self._world, self._kafka, self._seconds = world, kafka, seconds
        self._total = world.scenario.crossings + world.scenario.observations
        self._failure: BaseException | None = None
        self.handed_over = 0
        self._limit = _LEAD

    def run(self) -> None:
        """Publish."""
        try:
            assert publish_events(self._paced(), self._total, self._kafka, quiet) == self._total
        except BaseException as error:
            self._failure = error

    def _paced(self) -> Iterator[SimulatedRecord]:
        started = time.monotonic()
        for number, record in enumerate(self._world.events()):
            self.handed_over = number
            while number > self._limit * self._total:
                time.sleep(0.02)
            ahead = started + self._seconds * number / self._total - time.monotonic()
            if ahead > 0.02:
                time.sleep(ahead)
            yield record

    def at(self, share: float) -> None:
        """Wait until this share has been handed over to the client; until the next call it goes on by three tenths."""
        self._limit = share + _LEAD
        eventually(lambda: self.handed_over >= share * self._total)
        assert self.is_alive()

    def finish(self) -> None:
        """Wait until all is acknowledged. Raises what went wrong."""
        self._limit = 1.0
        self.join(2 * PATIENCE_S)
        assert not self.is_alive(), "publishing does not come to an end"
        if self._failure is not None:
            raise self._failure


def load_registry(world: World, addresses: Addresses) -> None:
    """Publish the registry, and wait until `matching` holds it."""
    publish_registry(world.registry(), world.scenario.people, addresses.kafka, quiet)
    wait_for_registry(addresses, world.scenario.people, PATIENCE_S, quiet)


def what_is_wrong(world: World, addresses: Addresses) -> list[str]:
    """Wait until all has been handled; how what came of it differs from what is true."""
    total = world.scenario.crossings + world.scenario.observations
    wait_until_handled(addresses.kafka, PATIENCE_S, quiet, total=total)
    return differences(read_found(addresses.kafka, addresses.database), world.truth)


def quiet(_done: int, _total: int) -> None:
    """No progress is shown in tests."""


# --- looking


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait until it holds; fails after that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def metric(url: str, name: str, **labels: str) -> float:
    """Sum of a metric's samples with these labels; 0 where there are none."""
    text = httpx.get(f"{url}/metrics", timeout=10).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def reachable(addresses: Addresses, what: str) -> dict[str, float]:
    """The metric `resesignal_<what>_reachable` of each service that has it set."""
    services = SERVICES if what == "kafka" else ("case-queue",)
    return {name: metric(addresses.observe[name], f"resesignal_{what}_reachable") for name in services}


def http_status(url: str) -> int:
    """The status of a GET; 0 where nobody answers."""
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.HTTPError:
        return 0


def said(local: LocalResesignal, service: str, event: str) -> int:
    """How often a service has logged an event."""
    lines = local.stack.log_file(service).read_text("utf-8").splitlines()
    return sum(json.loads(line)["event"] == event for line in lines if line.startswith("{"))


def each_said(local: LocalResesignal, event: str) -> dict[str, int]:
    """How often each of the three services has logged an event."""
    return {service: said(local, service, event) for service in SERVICES}


def personal_data(world: World, *, of_whom: Iterable[object] | None = None) -> frozenset[str]:
    """Names, numbers, document numbers, birth dates and ids of those whom the truth speaks of, in small letters."""
    truth = world.truth
    persons = of_whom if of_whom is not None else {*truth.candidates, *(person for _, person in truth.reviews)}
    wanted = {str(person) for person in persons}
    words: set[str] = set()
    for row in world.registry():
        if row["person_id"] in wanted:
            names = [part for name in row["names"] for part in (name["surname"], name["given_names"]) if part]
            words.update(word for name in names for word in _words(name))
            words.update((*row["personal_numbers"], *row["dossier_numbers"], *row["birth_dates"], row["person_id"]))
            words.update(document["number"] for document in row["documents"])
    return frozenset(word.lower() for word in words)


def words_of(text: str) -> frozenset[str]:
    """The words of a text in small letters, for comparing with `personal_data`; dates and ids are one word."""
    return frozenset(word.lower() for word in _words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:-[^\W_]+)*", text)


def leaks(folder: Path, world: World) -> dict[str, list[str]]:
    """Personal data by log file in a state folder; empty where there are none."""
    secret = personal_data(world)
    files = list((folder / "logs").iterdir())
    assert {"matching.log", "candidates.log", "case-queue.log", "api.log", "postgres.log", "kafka.log"} <= {
        file.name for file in files
    }
    found = {file.name: sorted(secret & words_of(file.read_text("utf-8", "replace"))) for file in files}
    return {name: words for name, words in found.items() if words}


# --- the command line


def command_environment(state: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has set the state folder and nothing else."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RESESIGNAL_") and name != "ONCE"}
    return clean | {"RESESIGNAL_STATE": str(state), "RESESIGNAL_CACHE": str(shared_cache())} | more


def resesignal(state: Path, *words: str, timeout: float = 120, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "deploy", *words],
        env=command_environment(state, **more),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def as_json(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command wrote as JSON, once it has ended with 0."""
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def processes_of(state: Path) -> list[str]:
    """Every process that has the state folder in its words, environment or working directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = " ".join(process.cmdline())
            if str(state) in " ".join((words, process.cwd(), *process.environ().values())):
                found.append(f"{process.pid} {words[:200]}")
        except (psutil.Error, OSError):
            continue
    return found
