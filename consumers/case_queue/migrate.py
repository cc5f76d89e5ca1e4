"""Brings the tables to the newest version, or back; run from code, without an alembic.ini."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from consumers.case_queue.engine import database_url
from consumers.case_queue.errors import database_errors

_SCRIPTS = Path(__file__).parent / "migrations"
# Drawn once at random: two services that start at the same time migrate one after the other.
_LOCK = 7_215_330_611


def upgrade(url: str, revision: str = "head") -> None:
    """Create or upgrade the tables. Harmless where they are current. Raises QueueUnavailable."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str = "base") -> None:
    """Take the tables back to a revision, with loss of what they hold. Raises QueueUnavailable."""
    _run(url, lambda config: command.downgrade(config, revision))


@cache
def newest() -> str:
    """The revision that this version of the program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head


def is_current(connection: Connection) -> bool:
    """Whether the database has exactly the revision that this version of the program needs."""
    return MigrationContext.configure(connection).get_current_revision() == newest()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _run(url: str, step: Callable[[Config], None]) -> None:
    engine = create_engine(database_url(url), poolclass=NullPool, connect_args={"connect_timeout": 5})
    with database_errors(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        step(_config(connection))
