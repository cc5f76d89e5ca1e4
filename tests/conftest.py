"""Servers as fixtures; where they come from is told in tests/servers.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.stack import KafkaServer, PostgresServer
from tests import servers


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """host:port of a Kafka that all tests share: use topic and group names of your own."""
    with servers.any_kafka() as bootstrap:
        yield bootstrap


@pytest.fixture
def kafka_server() -> Iterator[KafkaServer]:
    """A Kafka of the test's own, empty, to be killed, paused and restarted."""
    with servers.local_kafka() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresAccess]:
    """The PostgreSQL that all tests share."""
    with servers.any_postgres() as access:
        yield access


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresAccess) -> Iterator[str]:
    """SQLAlchemy address of a database of the test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def killable_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, without the template, to be killed, paused and restarted."""
    with servers.local_postgres() as server:
        yield server
