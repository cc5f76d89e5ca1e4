"""The audit log: who saw or did what, append only and chained by SHA-256, so that a change shows (rule 12).

Each entry's hash covers its content and the hash before it. What the chain cannot show by itself is that its end was
cut off or that all of it was written anew: keep `head` elsewhere from time to time and give it to `verify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, insert, select, text

from consumers.case_queue.errors import database_errors
from consumers.case_queue.tables import audit_log

# Drawn once at random. One appender at a time: each needs the hash of the entry before its own.
_LOCK = 4_930_118_274
_NOTHING_BEFORE = "0" * 64
_CHUNK = 1000

Detail = str | int | bool | None | Sequence["Detail"] | Mapping[str, "Detail"]


class Action(StrEnum):
    """What was done."""

    LISTED = "LISTED"
    VIEWED = "VIEWED"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What to log. Ids and codes only: no name, number or date of a person.

    Attributes:
        actor: who did it.
        action: what was done.
        object_kind: to what, such as `candidate`.
        object_id: to which, None for several; these stand in `details`.
        details: more, in JSON without fractions (they do not keep their spelling in the database).
    """

    actor: str
    action: Action
    object_kind: str
    object_id: str | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number and hash: what to keep elsewhere."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds.

    Attributes:
        entries: entries that were found in order.
        broken_at: number of the first entry that is wrong or missing, None where all are right.
    """

    entries: int
    broken_at: int | None

    @property
    def intact(self) -> bool:
        """True if nothing was changed, taken out or put in."""
        return self.broken_at is None


class AuditLog:
    """Appends to the log and verifies it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, entry: AuditEntry, now: datetime) -> Head:
        """Log an entry, committed when this returns. Raises QueueUnavailable: then nothing may be shown."""
        with database_errors(), self._engine.begin() as connection:
            return append(connection, entry, now)

    def head(self) -> Head:
        """The last entry. Raises QueueUnavailable."""
        with database_errors(), self._engine.begin() as connection:
            return _head(connection)

    def verify(self, kept: Head | None = None) -> Verdict:
        """Walk the whole chain, and compare with a head kept elsewhere. Raises QueueUnavailable."""
        previous, number = _NOTHING_BEFORE, 0
        kept_seen = kept is None or kept == Head(0, _NOTHING_BEFORE)
        with (
            database_errors(),
            self._engine.connect().execution_options(yield_per=_CHUNK) as connection,
            connection.execute(select(audit_log).order_by(audit_log.c.id)) as rows,
        ):
            for row in rows.mappings():
                number += 1
                content = {name: row[name] for name in _CONTENT}
                if row["id"] != number or row["previous_hash"] != previous or row["hash"] != _hash(content, previous):
                    return Verdict(number - 1, number)
                previous = row["hash"]
                if kept is not None and kept.id == number:
                    if kept.hash != previous:
                        return Verdict(number - 1, number)
                    kept_seen = True
        return Verdict(number, None if kept_seen else number + 1)


def append(connection: Connection, entry: AuditEntry, now: datetime) -> Head:
    """Log an entry in the caller's transaction, so that what is done and its trace are one. READ COMMITTED only.

    The lock is held until the transaction ends: append last.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = _head(connection)
    content = {
        "id": before.id + 1,
        "at": now,
        "actor": entry.actor,
        "action": entry.action.value,
        "object_kind": entry.object_kind,
        "object_id": entry.object_id,
        "details": dict(entry.details),
    }
    digest = _hash(content, before.hash)
    connection.execute(insert(audit_log).values(**content, previous_hash=before.hash, hash=digest))
    return Head(before.id + 1, digest)


_CONTENT = ("id", "at", "actor", "action", "object_kind", "object_id", "details")


def _head(connection: Connection) -> Head:
    row = connection.execute(
        select(audit_log.c.id, audit_log.c.hash).order_by(audit_log.c.id.desc()).limit(1)
    ).one_or_none()
    return Head(0, _NOTHING_BEFORE) if row is None else Head(row.id, row.hash)


def _hash(content: Mapping[str, Any], previous: str) -> str:
    """SHA-256 of the canonical JSON (sorted keys, UTC) of the content and the hash before it."""
    moment: datetime = content["at"]
    canonical = orjson.dumps(
        {**content, "at": moment.astimezone(UTC), "previous_hash": previous}, option=orjson.OPT_SORT_KEYS
    )
    return hashlib.sha256(canonical).hexdigest()
