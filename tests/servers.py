"""Where tests get their servers: named in the environment, else containers, else the local stack."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from deploy.stack import KafkaServer, PostgresServer, StackError, ensure_kafka_aot, user_cache
from deploy.stack.server import Server, bring_up

KAFKA_VARIABLE = "RESESIGNAL_TEST_KAFKA"
POSTGRES_VARIABLE = "RESESIGNAL_TEST_POSTGRES"

# Repositories of images that testcontainers can drive. Only images that are already here are used: pulling one takes
# minutes, and no registry is named in this project.
KAFKA_IMAGE = "confluentinc/cp-kafka"
POSTGRES_IMAGE = "postgres"
DOCKER_SOCKET = "/var/run/docker.sock"

# What the machine lacks, as opposed to what is broken.
_ABSENT = {"no-network", "no-fetcher", "no-java", "no-postgres", "no-account"}


@dataclass(frozen=True)
class PostgresAccess:
    """A PostgreSQL in which tests may create databases, by an administrator's address."""

    admin_url: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a database of one's own, dropped at the end."""
        # At random: several runs may share the server that the environment names.
        name = f"test_{secrets.token_hex(6)}"
        self.execute("CREATE DATABASE {}", name)
        try:
            yield with_database(self.admin_url, name)
        finally:
            # FORCE: a test that failed may have left a connection open.
            self.execute("DROP DATABASE {} WITH (FORCE)", name)

    def execute(self, statement: LiteralString, *names: str) -> None:
        """Run a statement as administrator, names put in for its `{}`."""
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(libpq_url(self.admin_url), autocommit=True) as connection:
            connection.execute(query)


def libpq_url(url: str) -> str:
    """The address as psycopg itself wants it: without SQLAlchemy's `+driver`."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def with_database(url: str, database: str) -> str:
    """The address of another database on the same server, for SQLAlchemy with psycopg."""
    changed: URL = make_url(url).set(drivername="postgresql+psycopg", database=database)
    return changed.render_as_string(hide_password=False)


def shared_cache() -> Path:
    """The cache of downloads that tests share with the user's own stacks."""
    return user_cache(os.environ)


@contextmanager
def temporary_state() -> Iterator[Path]:
    """A state folder that unprivileged servers can enter (pytest's own temporary folders are closed to others)."""
    state = Path(tempfile.mkdtemp(prefix="resesignal-test-"))
    state.chmod(0o755)
    try:
        yield state
    finally:
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def absence_is_reported() -> Iterator[None]:
    """Skip, with the reason, where a server cannot be had here; fail where it must be (CI=true)."""
    try:
        yield
    except StackError as error:
        if error.code in _ABSENT and os.environ.get("CI") != "true":
            pytest.skip(str(error))
        raise


@contextmanager
def local_kafka() -> Iterator[KafkaServer]:
    """A Kafka of one's own on a free port, which dies with the test run."""
    with temporary_state() as state, absence_is_reported():
        # Ten seconds once per machine; every start after that takes half the time.
        ensure_kafka_aot(shared_cache())
        server = KafkaServer(state, shared_cache(), preferred_port=None, die_with_parent=True)
        with _running(server):
            yield server


@contextmanager
def local_postgres(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A PostgreSQL of one's own on a free port, which dies with the test run."""
    with temporary_state() as state, absence_is_reported():
        server = PostgresServer(state, shared_cache(), preferred_port=None, die_with_parent=True, settings=settings)
        try:
            with _running(server):
                yield server
        finally:
            server.discard()


@contextmanager
def any_kafka() -> Iterator[str]:
    """host:port of a Kafka that tests share."""
    with ExitStack() as stack:
        if named := os.environ.get(KAFKA_VARIABLE):
            yield named
        elif image := _local_image(KAFKA_IMAGE):
            yield stack.enter_context(_kafka_container(image))
        else:
            yield stack.enter_context(local_kafka()).bootstrap


@contextmanager
def any_postgres() -> Iterator[PostgresAccess]:
    """A PostgreSQL that tests share."""
    with ExitStack() as stack:
        if named := os.environ.get(POSTGRES_VARIABLE):
            url = named
        elif image := _local_image(POSTGRES_IMAGE):
            url = stack.enter_context(_postgres_container(image))
        else:
            # Nothing here must survive the machine, and every commit is quicker for it.
            url = stack.enter_context(local_postgres({"fsync": "off"})).url
        yield PostgresAccess(url)


@contextmanager
def _running(server: Server) -> Iterator[None]:
    try:
        bring_up(server)
        yield
    finally:
        server.stop()


def _local_image(repository: str) -> str | None:
    """The newest local image of this repository, or None; None too where no Docker daemon answers."""
    # Asked first because the client leaks its socket where no daemon answers, and a leak is an error here.
    if "DOCKER_HOST" not in os.environ and not _accepts(DOCKER_SOCKET):
        return None
    import docker  # type: ignore[import-untyped]
    from docker.errors import DockerException  # type: ignore[import-untyped]

    try:
        with closing(docker.from_env(timeout=2)) as client:
            tags = [tag for image in client.images.list(name=repository) for tag in image.tags]
    except DockerException:
        return None
    return max(tags, default=None)


def _accepts(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        return probe.connect_ex(path) == 0


@contextmanager
def _kafka_container(image: str) -> Iterator[str]:
    from testcontainers.community.kafka import KafkaContainer

    _without_reaper()
    container = KafkaContainer(image).with_kraft()
    for key, value in {
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS": "1000",
    }.items():
        container.with_env(key, value)
    with container as running:
        yield running.get_bootstrap_server()


@contextmanager
def _postgres_container(image: str) -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer

    _without_reaper()
    with PostgresContainer(image, driver="psycopg") as running:
        yield running.get_connection_url()


def _without_reaper() -> None:
    """The reaper is an image of its own, which may not be here."""
    from testcontainers.core.config import testcontainers_config

    testcontainers_config.ryuk_disabled = True
