"""The whole of Resesignal on this machine: servers, topics, tables, services, API and Prometheus where there is one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from confluent_kafka.admin import AdminClient

from consumers.case_queue.migrate import upgrade
from deploy import topics
from deploy.local_settings import check_settings, works_with
from deploy.monitoring import prometheus_config
from deploy.settings import PREFIX
from deploy.stack import LocalStack, Report, ServiceSpec, State, choose_port, find_prometheus
from deploy.stack.artifacts import silent
from deploy.stack.files import read_json, write_atomically

# Preferred ports; another is taken where one is in use. Instances beyond the first take any.
_PORTS = {"matching": 9401, "candidates": 9402, "case-queue": 9403, "api": 8080}
_RULES = Path(__file__).parent / "prometheus" / "rules.yml"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are to be found.

    Attributes:
        kafka: bootstrap servers.
        database: address of PostgreSQL, with its password.
        queue: the caseworker's pages.
        prometheus: its pages, None where there is none.
        observe: by instance, the address of /metrics and /health.
    """

    kafka: str
    database: str
    queue: str
    prometheus: str | None
    observe: Mapping[str, str]


class LocalResesignal:
    """The stack in one state folder.

    Args:
        state: folder for data, logs and process files.
        cache: folder for downloaded servers.
        instances: number of instances of each service.
        die_with_parent: take every process down with this one, however it ends.
        environment: settings for the services beside those that follow from the stack.
    """

    def __init__(
        self,
        state: Path,
        cache: Path,
        *,
        instances: Mapping[str, int] | None = None,
        die_with_parent: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.state = state.resolve()
        self._instances = {"matching": 1, "candidates": 1, "case-queue": 1, "api": 1} | dict(instances or {})
        self._environment = dict(environment or {})
        self._ports_file = self.state / "ports.json"
        self.stack = LocalStack(
            self.state, cache.resolve(), with_prometheus=find_prometheus() is not None, die_with_parent=die_with_parent
        )

    def up(self, report: Report = silent) -> Addresses:
        """Start what does not run, and return once everything is ready.

        Raises SettingsError, RuleSetError and NotLoopback before anything is started, StackError and TopicError; what
        was ready by then runs on.
        """
        check_settings(self._environment)
        self.servers_up(report)
        specs = self.specs()
        for done, spec in enumerate(specs):
            report(f"starting {spec.name}", done, len(specs))
            self.stack.start_service(spec)
        config = self.state / "prometheus.yml"
        config.write_text(prometheus_config(self._targets(), _RULES), "utf-8")
        prometheus = self.stack.start_prometheus(config)
        if prometheus is not None:
            # One that ran already still has the targets of its own start.
            httpx.post(f"{prometheus}/-/reload", timeout=10)
        report("ready", len(specs), len(specs))
        return self.addresses()

    def servers_up(self, report: Report = silent) -> None:
        """Start Kafka and PostgreSQL, and bring topics and tables up to date."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.stack.up(report)
        report("creating topics and tables", 0, 1)
        admin = AdminClient({"bootstrap.servers": self.stack.kafka.bootstrap})
        topics.apply(admin, topics.plan(admin))
        upgrade(self.stack.postgres.url)

    def down(self) -> None:
        """Stop everything; data and logs stay."""
        self.stack.down()

    def addresses(self) -> Addresses:
        """Where things are to be found, once they were started."""
        running = {s.name: s.address for s in self.stack.status() if s.state in (State.RUNNING, State.PAUSED)}
        prometheus = running.get("prometheus")
        ports = self._ports()
        return Addresses(
            kafka=self.stack.kafka.bootstrap,
            database=self.stack.postgres.url,
            queue=f"http://127.0.0.1:{ports.get('api', _PORTS['api'])}/",
            prometheus=f"http://{prometheus}/" if prometheus else None,
            observe={name: f"http://127.0.0.1:{port}" for name, port in ports.items() if name != "api"},
        )

    def running(self) -> list[str]:
        """Names of all that runs, paused or not, servers first."""
        return [s.name for s in self.stack.status() if s.state in (State.RUNNING, State.PAUSED)]

    def other_settings(self) -> dict[str, list[str]]:
        """By service that runs, the settings with which it was started otherwise than it would be now."""
        ports, running = self._ports(), self.running()
        found = {
            name: self.stack.differing(self.spec(_service_of(name), name, port))
            for name, port in ports.items()
            if name in running
        }
        return {name: settings for name, settings in found.items() if settings}

    def specs(self) -> list[ServiceSpec]:
        """All services to start, with ports that are free or already theirs."""
        known = self._ports()
        alive = set(self.running())
        taken: set[int] = {port for name, port in known.items() if name in alive}
        specs = []
        for service, count in self._instances.items():
            for number in range(1, count + 1):
                name = service if number == 1 else f"{service}-{number}"
                if name not in alive:
                    preferred = known.get(name) or (_PORTS[service] if number == 1 else None)
                    known[name] = choose_port(preferred, taken)
                    taken.add(known[name])
                specs.append(self.spec(service, name, known[name]))
        write_atomically(self._ports_file, json.dumps(known, indent=1))
        return specs

    def spec(self, service: str, name: str, port: int) -> ServiceSpec:
        """How an instance of a service is run."""
        shared = {**self.environment(), **self._environment}
        return ServiceSpec(
            name=name,
            argv=(sys.executable, "-P", "-m", "deploy", "run", service),
            env={**shared, **_own(service, name, port)},
            health_url=f"http://127.0.0.1:{port}/health/ready",
            ready_timeout=120.0,
            settings=works_with(service, shared),
        )

    def environment(self) -> dict[str, str]:
        """The settings under which any command of ours speaks to this stack."""
        return {
            f"{PREFIX}KAFKA_BOOTSTRAP": self.stack.kafka.bootstrap,
            f"{PREFIX}DATABASE_URL": self.stack.postgres.url,
            f"{PREFIX}STATE": os.fspath(self.state),
        }

    def _targets(self) -> dict[str, list[str]]:
        targets: dict[str, list[str]] = {}
        for name, port in self._ports().items():
            service = _service_of(name)
            if service != "api":
                targets.setdefault(service, []).append(f"127.0.0.1:{port}")
        return targets

    def _ports(self) -> dict[str, int]:
        return {str(name): int(str(port)) for name, port in read_json(self._ports_file).items()}


def _service_of(name: str) -> str:
    return next(key for key in _PORTS if name == key or name.startswith(f"{key}-"))


def _own(service: str, name: str, port: int) -> dict[str, str]:
    port_setting = "API_PORT" if service == "api" else "OBSERVE_PORT"
    return {f"{PREFIX}INSTANCE": name, f"{PREFIX}{port_setting}": str(port)}


def own_command() -> str:
    """How a person calls this program here: by its name where it is on the PATH, else by the path that leads to it."""
    return "resesignal" if shutil.which("resesignal") else os.path.relpath(Path(sys.executable).parent / "resesignal")
