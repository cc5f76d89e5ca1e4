"""The fixtures that other tests stand on."""

from __future__ import annotations

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from tests.servers import PostgresAccess, libpq_url


def test_the_shared_kafka_answers(kafka_bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    assert admin.list_topics(timeout=10).brokers


@pytest.mark.parametrize("round_", [1, 2])
def test_every_test_gets_a_database_of_its_own(postgres_url: str, round_: int) -> None:
    with psycopg.connect(libpq_url(postgres_url)) as connection:
        connection.execute("CREATE TABLE only_mine (n int)")  # fails in the second round if the first one's is there


def test_a_database_is_dropped_even_when_a_connection_was_left_open(postgres_server: PostgresAccess) -> None:
    with postgres_server.database() as url:
        left_open = psycopg.connect(libpq_url(url))
    left_open.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(libpq_url(url))
