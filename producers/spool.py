"""What an agency has accepted and Kafka has not acknowledged yet: on disk, safe from crashes and power cuts.

One SQLite database per topic, in write-ahead mode with `synchronous=FULL`: `append` returns after the operating system
has confirmed the batch on disk (one fsync for all of it), a batch torn by a crash is not there after it, and a full
disk undoes the batch and keeps all earlier ones. SQLite and not a log format of our own, because torn pages, directory
syncs, failed writes and reuse of space are what it has been tested for over decades, and an operator can look into it
with a common tool. What it lacks is added: a CRC-32 for each record (SQLite does not notice a flipped bit in a
value), folder and files that only their owner can read, and a way out of a full disk, on which SQLite cannot delete.
Deleted records are overwritten with zeros in the database.

The folder must be on a local disk: network file systems lie about locks and syncs.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

DEFAULT_MAX_BYTES = 4 * 1024**3
_PAGE = 4096
_FILE = "spool.sqlite"

_TABLE = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a late acknowledgement cannot remove another record
    key BLOB NOT NULL,
    value BLOB,
    crc INTEGER NOT NULL
) STRICT
"""


class SpoolFault(StrEnum):
    """Why the spool cannot do what is asked."""

    FULL = "spool-full"
    LOCKED = "spool-locked"
    DAMAGED = "spool-damaged"
    UNUSABLE = "spool-unusable"


_ADVICE = {
    SpoolFault.FULL: "The spool is full (its limit, the disk or a quota): free space, or let Kafka take what waits.",
    SpoolFault.LOCKED: "Another process is publishing with this spool: wait for it, or use another folder.",
    SpoolFault.DAMAGED: "The spool's file is damaged: put the folder aside and publish again from the source.",
    SpoolFault.UNUSABLE: "The spool's folder cannot be written: check that it exists, its owner and the disk's health.",
}


class SpoolError(Exception):
    """The spool cannot be opened, read or written. What was appended before is not touched.

    `fault` is the stable code; the text says what to do and holds nothing of the records.
    """

    def __init__(self, fault: SpoolFault) -> None:
        super().__init__(f"{_ADVICE[fault]} [{fault}]")
        self.fault = fault


class SpoolFull(SpoolError):  # noqa: N818 - it reads as what happened
    """No room: nothing of the batch was accepted, everything accepted before is safe. It may fit later."""

    def __init__(self) -> None:
        super().__init__(SpoolFault.FULL)


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes on their way to Kafka; a value of None is a tombstone."""

    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Spooled:
    """A record in the spool, with its place in the order of acceptance."""

    id: int
    record: Record


class Spool:
    """The records of one topic that wait for Kafka. For one process at a time, one thread in it.

    Args:
        folder: its own folder, made if need be; nothing else may lie there.
        max_bytes: limit of the database in bytes; the write-ahead log beside it adds a batch or two.

    Raises SpoolError: LOCKED where another process has it, DAMAGED, UNUSABLE.
    """

    def __init__(self, folder: Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._acknowledged: set[int] = set()  # still in the table: no room to delete them
        try:
            _make_private(folder)
            self._lock = _lock(folder)
        except BlockingIOError as error:
            raise SpoolError(SpoolFault.LOCKED) from error
        except OSError as error:
            raise SpoolError(SpoolFault.UNUSABLE) from error
        try:
            self._database = _connect(folder / _FILE, max_bytes)
            self._rows: int = self._database.execute("SELECT count(*) FROM record").fetchone()[0]
        except sqlite3.Error as error:
            os.close(self._lock)
            raise _translated(error) from error

    @property
    def waiting(self) -> int:
        """How many records Kafka has not acknowledged."""
        return self._rows - len(self._acknowledged)

    def append(self, records: Sequence[Record]) -> None:
        """Accept records: all of them are on disk when it returns, none where it raises SpoolError."""
        self._write(
            "INSERT INTO record (key, value, crc) VALUES (?, ?, ?)",
            [(record.key, record.value, _crc(record)) for record in records],
        )
        self._rows += len(records)

    def read(self, after: int, limit: int) -> list[Spooled]:
        """The next records after an id, oldest first, at most `limit`. Raises SpoolError where one is damaged."""
        try:
            rows = self._database.execute(
                "SELECT id, key, value, crc FROM record WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
            ).fetchall()
        except sqlite3.Error as error:
            raise _translated(error) from error
        spooled = []
        for number, key, value, crc in rows:
            if number in self._acknowledged:
                continue
            record = Record(key, value)
            if _crc(record) != crc:
                raise SpoolError(SpoolFault.DAMAGED)
            spooled.append(Spooled(number, record))
        return spooled

    def remove(self, ids: Iterable[int]) -> None:
        """Remove what Kafka has acknowledged. Raises SpoolError.

        Where there is no room even for deleting, it is left for the next call; a crash before that sends it twice.
        """
        self._acknowledged.update(ids)
        if self._acknowledged and len(self._acknowledged) == self._rows:
            try:
                self._delete()
            except SpoolFull:
                self._start_afresh()
        else:
            with suppress(SpoolFull):
                self._delete()

    def close(self) -> None:
        """Close it and give the lock back; where nothing waits, shrink it to nothing first."""
        with suppress(sqlite3.Error):
            # Only tidying: a disk too full for it holds nothing that is missing.
            if self._rows == 0:
                self._database.execute("VACUUM")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _delete(self) -> None:
        self._write("DELETE FROM record WHERE id = ?", [(number,) for number in self._acknowledged])
        self._rows -= len(self._acknowledged)
        self._acknowledged.clear()

    def _start_afresh(self) -> None:
        """Begin with an empty file: nothing waits, and unlinking needs no room."""
        self._database.close()
        file = self._folder / _FILE
        # The database first: SQLite throws away a log that it finds beside an empty database.
        file.unlink()
        file.with_name(f"{_FILE}-wal").unlink(missing_ok=True)
        self._acknowledged.clear()
        self._rows = 0
        try:
            _make_private(self._folder)
            self._database = _connect(file, self._max_bytes)
        except sqlite3.Error as error:
            raise _translated(error) from error
        except OSError as error:
            raise SpoolError(SpoolFault.UNUSABLE) from error

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement for every row, all of them in one transaction."""
        if not rows:
            return
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(statement, rows)
            database.execute("COMMIT")
        except sqlite3.Error as error:
            # SQLite has rolled back by itself after some faults.
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise _translated(error) from error


def _make_private(folder: Path) -> None:
    """The folder 0700 and its file 0600 before anything is in them, both known to survive a power cut."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # mkdir's mode is subject to the umask, and the folder may be an old one
    # The log beside the database takes over its permissions.
    handle = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)
    for path in (folder, folder.parent):
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _lock(folder: Path) -> int:
    """Lock the folder for this process; it is free again when the handle is closed or the process dies."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _connect(file: Path, max_bytes: int) -> sqlite3.Connection:
    # timeout 0: a spool in use is told at once. isolation_level None: transactions are written out here.
    database = sqlite3.connect(file, timeout=0, isolation_level=None)
    try:
        # No shared-memory file is needed; another process is kept out by the lock on the folder already.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA fullfsync = ON")  # on macOS fsync alone does not reach the disk
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA temp_store = MEMORY")  # nothing outside the folder
        database.execute("BEGIN EXCLUSIVE")
        database.execute(_TABLE)
        database.execute("COMMIT")
        database.execute(f"PRAGMA max_page_count = {max(max_bytes // _PAGE, 8)}")
    except BaseException:
        database.close()
        raise
    return database


def _crc(record: Record) -> int:
    # The first byte tells a tombstone from an empty value.
    start = zlib.crc32(record.key, zlib.crc32(b"\0" if record.value is None else b"\1"))
    return zlib.crc32(record.value or b"", start)


def _translated(error: sqlite3.Error) -> SpoolError:
    name = getattr(error, "sqlite_errorname", "")
    # A quota or a limit on file size comes as a failed write.
    if name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return SpoolFull()
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return SpoolError(SpoolFault.LOCKED)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return SpoolError(SpoolFault.DAMAGED)
    return SpoolError(SpoolFault.UNUSABLE)
