"""The tables as migrations make them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from consumers.case_queue import migrate
from consumers.case_queue.engine import make_engine
from consumers.case_queue.errors import QueueUnavailable
from consumers.case_queue.tables import metadata


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    migrate.downgrade(postgres_url)
    engine = make_engine(postgres_url, application="tests")
    yield engine
    engine.dispose()


def our_tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def checks(connection: Connection) -> set[tuple[str, str]]:
    """Constraints with their definitions, which alembic does not compare."""
    rows = connection.execute(
        text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace"
        )
    )
    return {(row.conname, row.pg_get_constraintdef) for row in rows}


def test_up_down_and_up_again(engine: Engine, postgres_url: str) -> None:
    assert our_tables(engine) == set()
    migrate.upgrade(postgres_url)
    assert our_tables(engine) == set(metadata.tables)
    migrate.downgrade(postgres_url)
    assert our_tables(engine) == set()
    migrate.upgrade(postgres_url)
    assert our_tables(engine) == set(metadata.tables)


def test_the_migrated_tables_are_those_of_the_code(engine: Engine, postgres_url: str) -> None:
    migrate.upgrade(postgres_url)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        migrated = checks(connection)
    migrate.downgrade(postgres_url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        assert checks(connection) == migrated
        assert len(migrated) >= 6


def test_it_is_known_whether_the_tables_are_current(engine: Engine, postgres_url: str) -> None:
    with engine.connect() as connection:
        assert not migrate.is_current(connection)
    migrate.upgrade(postgres_url)
    with engine.connect() as connection:
        assert migrate.is_current(connection)


def test_two_services_that_start_together_migrate_once(engine: Engine, postgres_url: str) -> None:
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(migrate.upgrade, postgres_url)
        migrate.upgrade(postgres_url)
        waiting.result(timeout=30)
    with engine.connect() as connection:
        assert migrate.is_current(connection)


def test_a_database_that_is_away_is_told_as_such() -> None:
    with pytest.raises(QueueUnavailable):
        migrate.upgrade("postgresql://nobody:x@127.0.0.1:9/none")
