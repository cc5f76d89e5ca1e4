"""Wiring of the three services: one function each, from settings to the running loop."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from consumers.candidates import Candidates
from consumers.completeness import RulesOlderError
from consumers.kafka import Clients, Partition
from consumers.loop import Handler, TransactionalLoop
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.observe import serve, watch_lag
from consumers.reachability import Reachability
from consumers.registry_snapshot import RegistrySnapshot
from consumers.registry_tail import RegistryTail
from consumers.restore import Interrupted, Stopping, patiently
from consumers.schema_registry import RegistryAwayError, RegistryError, SchemaRegistry
from consumers.snapshot_header import Unused
from consumers.source import SourceReader
from consumers.telemetry import Log
from deploy.logs import configure_logs
from deploy.settings import PREFIX, Settings, SettingsError, unknown_settings
from deploy.topics import TopicError, require_topics
from matcher.rule_book import load_rule_book
from schemas.codec import Codec, ResolveId
from schemas.topics import PROTECTION_STATUSES, TOPICS, Topic

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

# Bounds how long a wish to stop waits for a Kafka that does not answer.
_REQUIRE_S = 4.0


def topics_of(service: str) -> list[str]:
    """The topics that a service reads or writes, by the table."""
    return [name for name, topic in TOPICS.items() if service in (*topic.readers, *topic.writers)]


def program_version() -> str:
    """Version of the program, as installed."""
    return version("resesignal")


def now() -> datetime:
    """The clock, for all that is handed one."""
    return datetime.now(UTC)


# Of glibc's malloc.h.
_M_ARENA_MAX = -8


def _share_one_heap() -> None:
    """All threads allocate from one heap: else glibc keeps for each of librdkafka's what it once had fetched."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def run_matching(settings: Settings) -> None:
    """Run an instance of `matching` until SIGTERM or SIGINT."""
    _share_one_heap()
    rules = load_rule_book(settings.rules_file)
    native = settings.use_native()
    with _service(settings, "matching") as service:
        clients, metrics, log = service.clients, service.metrics, service.log
        service.require(*topics_of("matching"))
        registry = RegistryTail(
            clients,
            Codec(PROTECTION_STATUSES.record, raw=True, resolve_id=service.resolve_id),
            metrics,
            log,
            service.reach.on_error,
            resolve_id=service.resolve_id,
            native=native,
            snapshot=_snapshot(settings, log, native),
        )
        log.info("registry-index", native=native)
        registry.load(service.stopping)
        # The registry stays as long as the process: keep the garbage collector from walking it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 20, 50)
        source = SourceReader(clients, service.reach.on_error, service.stopping, log)
        handler = Matching(
            registry, rules, source, metrics, log, resolve_id=service.resolve_id, schema_ids=service.schema_ids
        )
        log.info("rules-loaded", version=rules.version, digest=rules.digest, sets=len(rules.sets))
        service.run_loop(handler, registry.look)
        registry.keep()


def _snapshot(settings: Settings, log: Log, native: bool) -> RegistrySnapshot | None:
    if settings.snapshot is None:
        return None
    if not native:
        log.info("registry-snapshot", used=False, reason=Unused.INDEX_IN_PYTHON.value)
        return None
    return RegistrySnapshot(settings.snapshot, now, log)


def run_candidates(settings: Settings) -> None:
    """Run an instance of `candidates` until SIGTERM or SIGINT."""
    with _service(settings, "candidates") as service:
        service.require(*topics_of("candidates"))
        service.run_loop(
            Candidates(
                service.log,
                resolve_id=service.resolve_id,
                schema_ids=service.schema_ids,
                native=settings.use_native(),
            )
        )


def run_case_queue(settings: Settings) -> None:
    """Run an instance of the sink `case-queue` until SIGTERM or SIGINT. Brings the tables up to date first."""
    # Here, since they bring SQLAlchemy and Alembic along, and the other services start in half the time without.
    from consumers.case_queue.engine import make_engine
    from consumers.case_queue.sink import Sink
    from consumers.case_queue.store import CandidateStore

    url = settings.require_database()
    with _service(settings, "case-queue") as service:
        service.require(*Sink.topics)
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
                reach=service.reach,
            )
            service.ready = sink.ready
            with service.watch_lag(Sink.topics, sink.stall.told):
                sink.run()
        finally:
            engine.dispose()


def _migrate(url: str, service: _Service) -> None:
    from consumers.case_queue.errors import QueueUnavailable
    from consumers.case_queue.migrate import upgrade

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
        self.reach = Reachability(self.metrics, self.log)
        self.admin = self.clients.admin(self.reach.on_error)
        self.ready: Callable[[], bool] = lambda: False
        self.resolve_id: ResolveId | None = None
        self.schema_ids: dict[str, int] = {}

    def stopping(self) -> bool:
        return self.stop.is_set()

    def require(self, *topics: str) -> None:
        """Refuse to start on topics that are not as the table says; wait while no broker answers."""
        self.log.info("starting", version=program_version())
        patiently(lambda: require_topics(self.admin, topics, timeout_s=_REQUIRE_S), self.stopping)

    def use_registry(self, client: httpx.Client, writes: Iterable[Topic]) -> None:
        """Read and write records with the ids of a Schema Registry. Waits while it is away; raises RegistryError."""
        registry = SchemaRegistry(client, clock=time.monotonic, wait=self.stop.wait)
        self.resolve_id = lambda number: self._insist(lambda: registry.resolve_id(number))
        self.schema_ids = self._insist(lambda: registry.ids_for(writes))

    def _insist(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer: no record may be refused because the registry is away. Raises Interrupted."""
        said = False
        while True:
            try:
                return ask()
            except RegistryAwayError:
                if not said:
                    self.log.warning("schema-registry-unreachable", advice="waiting; nothing is lost")
                    said = True
            if self.stop.wait(1.0):
                raise Interrupted

    def watch_lag(
        self,
        topics: Sequence[str],
        tell: Callable[[Mapping[Partition, int]], None],
        look: Callable[[Stopping], None] | None = None,
    ) -> AbstractContextManager[None]:
        """Measure the service's lag while the context lasts, and tell it."""
        return watch_lag(self.clients, topics, self.metrics, self.log, self.reach.on_error, tell, look)

    def run_loop(self, handler: Handler, look: Callable[[Stopping], None] | None = None) -> None:
        loop = TransactionalLoop(
            handler,
            self.clients,
            self.metrics,
            self.log,
            self.stopping,
            version=program_version(),
            schema_ids=self.schema_ids,
            reach=self.reach,
        )
        self.ready = loop.ready
        with self.watch_lag(handler.topics, loop.stall.told, look):
            loop.run()


@contextmanager
def _service(settings: Settings, name: str) -> Iterator[_Service]:
    service = _Service(settings, name)
    for unknown in unknown_settings(os.environ):
        service.log.warning("setting-unknown", name=unknown)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop.set())
    with ExitStack() as stack:
        try:
            port = stack.enter_context(
                serve(settings.observe_host, settings.observe_port, service.metrics, lambda: service.ready())
            )
        except OSError as error:
            names = f"{PREFIX}OBSERVE_HOST, {PREFIX}OBSERVE_PORT"
            raise SettingsError(f"{names}: cannot listen there: {error.strerror}") from None
        service.log.info("observable", address=f"http://{settings.observe_host}:{port}/metrics")
        stack.enter_context(service.reach.watch(service.admin))
        try:
            if settings.schema_registry_url is not None:
                # As in `consumers.schema_registry`.
                import httpx

                client = httpx.Client(base_url=str(settings.schema_registry_url), timeout=10.0)
                stack.enter_context(client)
                service.use_registry(client, [topic for topic in TOPICS.values() if name in topic.writers])
            yield service
        except Interrupted:
            pass
        except (SettingsError, TopicError, RegistryError, RulesOlderError):
            raise  # a sentence for the operator
        except Exception:
            service.log.error("stopped-by-error", exc_info=True)
            # No traceback after that: the text of an exception may quote a record.
            raise SystemExit(1) from None
        service.log.info("stopped")
