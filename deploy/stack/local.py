"""The whole stack on this machine: Kafka, PostgreSQL, Prometheus where there is one, and the project's services."""

from __future__ import annotations

import enum
import json
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from deploy.stack.artifacts import Report, silent
from deploy.stack.errors import StackError
from deploy.stack.files import locked, read_json, write_atomically
from deploy.stack.kafka import KafkaServer
from deploy.stack.kept_settings import differing, kept
from deploy.stack.postgres import PostgresServer
from deploy.stack.process import ChildProcess
from deploy.stack.prometheus import PrometheusServer, find_prometheus, http_ok
from deploy.stack.server import Server, bring_up, wait_until
from deploy.stack.together import together


@dataclass(frozen=True)
class ServiceSpec:
    """One of our services: a program that answers `health_url` with success once it works.

    `env` is added to our own environment. `ready_timeout` is in seconds. `settings` is all that it works with, by name:
    digests of it are kept, to tell later whether a running service was started with the same.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    health_url: str
    ready_timeout: float = 30.0
    settings: Mapping[str, str] = field(default_factory=dict)


class State(enum.Enum):
    """What is known of a process."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DIED = "died"  # was started, was not stopped, is gone


@dataclass(frozen=True)
class Status:
    """One line of `status`: `address` is host:port or a health URL, `resident` is in bytes with children."""

    name: str
    pid: int | None
    state: State
    address: str
    since: datetime | None
    resident: int


class LocalStack:
    """Servers and services whose data, logs and pid files lie under `state`, and whose downloads lie in `cache`.

    Everything needed to find the stack again is in `state`, so that `down` and `status` work from another process than
    `up`. With `die_with_parent`, the kernel takes every process down when the one that started it is gone.
    `services` are started by `start_services`, after the caller has made topics and tables; more by `start_service`.
    """

    def __init__(
        self,
        state: Path,
        cache: Path,
        services: Sequence[ServiceSpec] = (),
        with_prometheus: bool = False,
        die_with_parent: bool = False,
    ) -> None:
        self._state = state.resolve()
        self._services = tuple(services)
        self._with_prometheus = with_prometheus
        self._die_with_parent = die_with_parent
        self._facts_file = self._state / "stack.json"
        self.kafka = KafkaServer(self._state, cache, die_with_parent=die_with_parent)
        self.postgres = PostgresServer(self._state, cache, die_with_parent=die_with_parent)

    def up(self, report: Report = silent) -> None:
        """Start Kafka and PostgreSQL, both at once, and return when both answer. What already runs is left as it is.

        Raises StackError; what this call had started is stopped again then. `report` is
        called from two threads.
        """
        with self._exclusive():
            servers: tuple[Server, ...] = (self.kafka, self.postgres)
            ours = [server for server in servers if not server.process.alive]
            try:
                together(lambda server: bring_up(server, report), servers)
            except BaseException:  # Ctrl-C too must not leave half a stack
                together(lambda server: server.stop(), ours)
                raise
            for server in servers:
                self._remember(server.name, server.address)

    def start_prometheus(self, config_file: Path) -> str | None:
        """Start Prometheus with this configuration; its URL, or None where the stack or the system has none."""
        if not self._with_prometheus or find_prometheus() is None:
            return None
        server = PrometheusServer(self._state, config_file, die_with_parent=self._die_with_parent)
        with self._exclusive():
            bring_up(server)
            self._remember(server.name, server.address)
        return server.url

    def start_services(self, report: Report = silent) -> None:
        """Start the services given at construction, one after the other. Raises StackError."""
        for done, spec in enumerate(self._services):
            report(f"starting {spec.name}", done, len(self._services))
            self.start_service(spec)

    def start_service(self, spec: ServiceSpec) -> None:
        """Start a service and return when it is healthy; harmless where it runs.

        Raises StackError `service-name`, `cannot-start`, `server-died`, `server-not-ready`; it is stopped again then.
        """
        if spec.name in _SERVERS:
            raise StackError("service-name", f"A service cannot be called {spec.name}: that is a server.")
        process = self._process(spec.name)
        with self._exclusive():
            if process.alive:
                return
            self._remember(spec.name, spec.health_url)
            try:
                note = {"settings": kept(spec.settings)}
                process.start(spec.argv, {**os.environ, **spec.env}, Path.cwd(), note)
                wait_until(lambda: http_ok(spec.health_url), process, spec.ready_timeout)
            except BaseException:
                process.stop()
                raise

    def differing(self, spec: ServiceSpec) -> list[str]:
        """Names of the settings with which the service runs otherwise than it would be started now."""
        before = self._process(spec.name).note.get("settings")
        return differing(before, spec.settings) if isinstance(before, dict) else []

    def stop_service(self, name: str) -> None:
        """Stop a service in order; harmless where it does not run."""
        with self._exclusive():
            self._process(name).stop()

    def down(self) -> None:
        """Stop everything: services before what they use. Data and logs stay."""
        with self._exclusive():
            names = list(self._known())
            together(lambda name: self._process(name).stop(), [name for name in names if name not in _SERVERS])
            together(lambda name: self._process(name).stop(), _SERVERS)

    def status(self) -> list[Status]:
        """All that was ever started in this state folder, servers first."""
        return [self._status(name, address) for name, address in sorted(self._known().items(), key=_servers_first)]

    def process(self, name: str) -> ChildProcess:
        """The process of a server or service, to pause or kill it. Raises StackError `unknown-process`."""
        if name not in self._known():
            names = ", ".join(self._known()) or "none"
            raise StackError("unknown-process", f"Nothing called {name} was started here. Known: {names}.")
        return self._process(name)

    def log_file(self, name: str) -> Path:
        """Where the server or service `name` writes what it says."""
        return self._process(name).log_file

    def _process(self, name: str) -> ChildProcess:
        stop_signal = signal.SIGINT if name == PostgresServer.name else signal.SIGTERM
        return ChildProcess(name, self._state, stop_signal=stop_signal, die_with_parent=self._die_with_parent)

    def _status(self, name: str, address: str) -> Status:
        process = self._process(name)
        pid = process.pid
        if pid is None:
            state = State.DIED if process.was_started else State.STOPPED
        else:
            state = State.PAUSED if process.paused else State.RUNNING
        return Status(name, pid, state, address, process.since, process.resident)

    def _known(self) -> dict[str, str]:
        """Name -> address of everything that was ever started here."""
        processes = read_json(self._facts_file).get("processes")
        return {str(k): str(v) for k, v in processes.items()} if isinstance(processes, dict) else {}

    def _remember(self, name: str, address: str) -> None:
        known = self._known() | {name: address}
        write_atomically(self._facts_file, json.dumps({"processes": known}, indent=1))

    def _exclusive(self) -> AbstractContextManager[None]:
        return locked(self._state / "stack.lock", timeout=120, waiting_for="starting or stopping this stack")


_SERVERS = (KafkaServer.name, PostgresServer.name, PrometheusServer.name)


def _servers_first(item: tuple[str, str]) -> tuple[bool, str]:
    return item[0] not in _SERVERS, item[0]
