"""Wiring of the three services: one function each, from settings to the running loop."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from consumers.candidates import Candidates
from consumers.case_queue.engine import make_engine
from consumers.case_queue.errors import QueueUnavailable
from consumers.case_queue.migrate import upgrade
from consumers.case_queue.sink import Sink
from consumers.case_queue.store import CandidateStore
from consumers.kafka import Clients
from consumers.loop import Handler, TransactionalLoop
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.observe import serve, watch_lag
from consumers.reachability import Reachability
from consumers.registry_tail import RegistryTail
from consumers.restore import Interrupted, patiently
from consumers.source import SourceReader
from consumers.telemetry import Log
from deploy.logs import configure_logs
from deploy.settings import Settings
from deploy.topics import require_topics
from matcher.rules import load_rules
from schemas.codec import Codec
from schemas.topics import DEAD_LETTERS, MEMORY_OF, PROTECTION_STATUSES

GROUPS = ("matching", "candidates", "case-queue")


def program_version() -> str:
    """Version of the program, as installed."""
    return version("resesignal")


def now() -> datetime:
    """The clock, for all that is handed one."""
    return datetime.now(UTC)


def run_matching(settings: Settings) -> None:
    """Run an instance of `matching` until SIGTERM or SIGINT."""
    rules = load_rules(settings.rules_file)
    with _service(settings, "matching") as service:
        clients, metrics, log = service.clients, service.metrics, service.log
        service.require([*Matching.topics, *(m.name for m in MEMORY_OF.values()), PROTECTION_STATUSES.name])
        reach = Reachability(metrics, log)
        registry = RegistryTail(
            clients,
            Codec(PROTECTION_STATUSES.record, raw=True, resolve_id=service.resolve_id),
            metrics,
            log,
            reach.on_error,
        )
        registry.load(service.stopping)
        # The registry stays as long as the process: keep the garbage collector from walking it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        source = SourceReader(clients, reach.on_error, service.stopping)
        handler = Matching(registry, rules, source, log, resolve_id=service.resolve_id, schema_ids=service.schema_ids)
        log.info("rules-loaded", version=rules.version, rules=len(rules.rule))
        service.run_loop(handler)


def run_candidates(settings: Settings) -> None:
    """Run an instance of `candidates` until SIGTERM or SIGINT."""
    with _service(settings, "candidates") as service:
        service.require([*Candidates.topics, "revocation-candidates", "identity-reviews"])
        service.run_loop(Candidates(service.log, resolve_id=service.resolve_id, schema_ids=service.schema_ids))


def run_case_queue(settings: Settings) -> None:
    """Run an instance of the sink `case-queue` until SIGTERM or SIGINT. Brings the tables up to date first."""
    url = settings.require_database()
    with _service(settings, "case-queue") as service:
        service.require(list(Sink.topics))
        _migrate(url, service)
        engine = make_engine(url, application=f"case-queue-{settings.instance}")
        try:
            sink = Sink(
                CandidateStore(engine, "case-queue"),
                service.clients,
                service.metrics,
                service.log,
                service.stopping,
                now,
                resolve_id=service.resolve_id,
            )
            service.ready = sink.ready
            with watch_lag(service.admin, "case-queue", Sink.topics, service.metrics, service.log):
                sink.run()
        finally:
            engine.dispose()


def _migrate(url: str, service: _Service) -> None:
    said = False
    while True:
        try:
            upgrade(url)
            return
        except QueueUnavailable as error:
            if not said:
                service.log.warning("database-unreachable", error=str(error), advice="waiting; nothing is lost")
                service.metrics.database_up.set(0)
                said = True
        if service.stop.wait(1.0):
            raise Interrupted


class _Service:
    """What every service has: clients, metrics, a log, and the wish to stop."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.stop = threading.Event()
        self.metrics = Metrics(name)
        self.log: Log = configure_logs(
            settings.log_format, settings.log_level, service=name, instance=settings.instance
        )
        self.clients: Clients = settings.clients(name)
        self.admin = self.clients.admin(lambda _error: None)
        self.ready: Callable[[], bool] = lambda: False
        self.resolve_id: Callable[[int], dict[str, Any]] | None = None
        self.schema_ids: dict[str, int] = {}

    def stopping(self) -> bool:
        return self.stop.is_set()

    def require(self, topics: list[str]) -> None:
        """Refuse to start on topics that are not as the table says; wait while no broker answers."""
        self.log.info("starting", version=program_version())
        wanted = [*topics, DEAD_LETTERS.name]
        patiently(lambda: require_topics(self.admin, wanted), self.stopping)

    def run_loop(self, handler: Handler) -> None:
        loop = TransactionalLoop(
            handler, self.clients, self.metrics, self.log, self.stopping, version=program_version()
        )
        self.ready = loop.ready
        with watch_lag(self.admin, self.name, handler.topics, self.metrics, self.log):
            loop.run()


@contextmanager
def _service(settings: Settings, name: str) -> Iterator[_Service]:
    service = _Service(settings, name)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop.set())
    with ExitStack() as stack:
        port = stack.enter_context(
            serve(settings.observe_host, settings.observe_port, service.metrics, lambda: service.ready())
        )
        service.log.info("observable", address=f"http://{settings.observe_host}:{port}/metrics")
        try:
            yield service
        except Interrupted:
            pass
        except Exception:
            service.log.error("stopped-by-error", exc_info=True)
            raise
        service.log.info("stopped")
