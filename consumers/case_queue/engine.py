"""The connection to PostgreSQL as the case queue needs it: bounded waits, and no row in any error text."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Engine, create_engine, event, make_url

Answer = TypeVar("Answer")


def database_url(url: str) -> URL:
    """The address with the psycopg 3 driver, whichever of `postgres://` and `postgresql://` it is written with."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg")


def make_engine(
    url: str,
    *,
    application: str,
    pool_size: int = 5,
    connect_timeout_s: int = 3,
    statement_timeout_ms: int = 10_000,
    pool_timeout_s: float = 3,
    answer_timeout_s: float | None = None,
) -> Engine:
    """An engine; nothing is connected yet.

    Args:
        url: address of the database, with its password.
        application: shown in `pg_stat_activity`, such as `case-queue`.
        pool_size: most connections at a time.
        connect_timeout_s: seconds until a host that does not answer counts as away.
        statement_timeout_ms: milliseconds after which PostgreSQL cancels a statement.
        pool_timeout_s: seconds to wait for a free connection.
        answer_timeout_s: seconds after which a server that holds the connection and says nothing counts as away; more
            than the statement time-out, after which a server that lives says something. By default two seconds more.
    """
    engine = create_engine(
        database_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout_s,
        pool_pre_ping=True,
        # Parameters are personal data, and SQLAlchemy would quote them in its errors.
        hide_parameters=True,
        connect_args={
            "connect_timeout": connect_timeout_s,
            "application_name": application,
            "options": f"-c statement_timeout={statement_timeout_ms} -c timezone=UTC",
            # A host that vanished is noticed within a quarter of a minute, not after the kernel's two hours.
            "keepalives_idle": 5,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        },
    )
    limit = answer_timeout_s if answer_timeout_s is not None else statement_timeout_ms / 1000 + 2

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, args: Any, named: Any) -> psycopg.Connection[Any]:
        connection = _Bounded.connect(*args, **named)
        connection.limit_s = limit
        return connection

    return engine


class _Bounded(psycopg.Connection[Any]):
    """A connection that does not wait for ever.

    No setting of libpq or the kernel helps against a server that is frozen (SIGSTOP, a hung disk): its host still
    acknowledges every packet.
    """

    limit_s: float | None = None

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Raises psycopg.OperationalError when the server has been silent for too long."""
        try:
            return super().wait(gen, interval, timeout or self.limit_s)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()  # what it still may answer belongs to nothing
            raise
