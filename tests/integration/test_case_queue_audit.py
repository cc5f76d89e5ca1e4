"""The audit log on a real PostgreSQL: append only, chained, and telling what was tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from consumers.case_queue.audit import Action, AuditEntry, AuditLog, Head, append
from tests.builders_queue import START, queue_engine

ENTRY = AuditEntry("somebody", Action.VIEWED, "candidate", "id-1", {"ids": ["å", 'b"'], "n": 2, "none": None})


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = queue_engine(postgres_url, pool_size=8)
    yield engine
    engine.dispose()


@pytest.fixture
def log(engine: Engine) -> AuditLog:
    log = AuditLog(engine)
    for number in range(4):
        log.append(ENTRY, START + timedelta(microseconds=number))
    return log


def tamper(engine: Engine, statement: str) -> None:
    """What somebody with the owner's rights could do."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        connection.execute(text(statement))
        connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))


def test_an_untouched_log_is_intact(log: AuditLog) -> None:
    verdict = log.verify()
    assert (verdict.intact, verdict.entries) == (True, 4)
    assert log.head().id == 4


def test_an_empty_log_is_intact(engine: Engine) -> None:
    log = AuditLog(engine)
    assert log.verify(log.head()).intact
    assert log.head().id == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE id = 4",
        "TRUNCATE audit_log",
    ],
)
def test_changes_are_refused(engine: Engine, log: AuditLog, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="append only"), engine.begin() as connection:
        connection.execute(text(statement))
    assert log.verify().entries == 4


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_log SET actor = 'x' WHERE id = 2", 2),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = 3", 3),
        ("""UPDATE audit_log SET details = '{"ids": []}' WHERE id = 1""", 1),
        ("UPDATE audit_log SET object_id = NULL WHERE id = 4", 4),
        ("DELETE FROM audit_log WHERE id = 2", 2),
        ("DELETE FROM audit_log WHERE id = 1", 1),
        ("UPDATE audit_log SET hash = previous_hash WHERE id = 3", 3),
        ("INSERT INTO audit_log SELECT 5, at, actor, action, object_kind, object_id, details, hash, hash"
         " FROM audit_log WHERE id = 4", 5),
    ],
)  # fmt: skip
def test_tampering_shows_at_its_place(engine: Engine, log: AuditLog, statement: str, broken_at: int) -> None:
    tamper(engine, statement)
    assert log.verify().broken_at == broken_at


def test_a_log_cut_at_its_end_shows_against_a_head_kept_elsewhere(engine: Engine, log: AuditLog) -> None:
    kept = log.head()
    tamper(engine, "DELETE FROM audit_log WHERE id > 2")
    assert log.verify().intact
    assert log.verify(kept).broken_at == 3


def test_a_log_written_anew_shows_against_a_head_kept_elsewhere(engine: Engine, log: AuditLog) -> None:
    kept = log.head()
    tamper(engine, "DELETE FROM audit_log")
    for _ in range(5):
        log.append(ENTRY, START)
    assert log.verify().intact
    assert log.verify(kept).broken_at == 4
    assert log.verify(Head(5, log.head().hash)).intact


def test_many_at_once_make_one_chain(engine: Engine) -> None:
    log = AuditLog(engine)
    with ThreadPoolExecutor(8) as pool:
        heads = list(pool.map(lambda n: log.append(ENTRY, START + timedelta(seconds=n)), range(40)))
    assert {head.id for head in heads} == set(range(1, 41))
    assert log.verify().entries == 40


def test_an_entry_goes_with_the_transaction_that_wrote_it(engine: Engine, log: AuditLog) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        append(connection, ENTRY, START)
        transaction.rollback()
    assert log.verify().entries == 4


def test_times_of_another_zone_verify_too(engine: Engine, log: AuditLog) -> None:
    log.append(ENTRY, START.astimezone(timezone(timedelta(hours=2))))
    assert log.verify().intact
