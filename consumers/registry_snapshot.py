"""A file with the registry as an instance holds it in memory: where the next start begins, instead of at nothing.

Only a starting point. The topic stays the truth: the file is used where it is certain that reading on from the offsets
noted in it ends as reading everything does, and at any doubt everything is read. So it needs no backup, and may be
deleted at any time. It holds personal data of protected people: see docs/operation.md.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from confluent_kafka import KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    OffsetSpec,
    ResourceType,
)

from consumers.kafka import Partition
from consumers.snapshot_header import Header, TopicFacts, Unused, program_digest
from consumers.telemetry import Log
from matcher.native import NativeIndex, snapshot_header
from schemas.topics import PROTECTION_STATUSES

_FILE = "registry.snapshot"
_PLACES = [Partition(PROTECTION_STATUSES.name, number) for number in range(PROTECTION_STATUSES.partitions)]
# One that has not changed is written anew after so long, so that it does not grow too old.
_FRESH_MS = 60 * 60 * 1000
_ASK_S = 10.0
# What brokers say of a topic that has no id.
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"

_TO_BE_SEEN_TO = frozenset({Unused.NOT_PRIVATE, Unused.UNREADABLE, Unused.DAMAGED})
_USELESS = frozenset(
    {
        Unused.OTHER_PROGRAM,
        Unused.OTHER_TOPIC,
        Unused.OUT_OF_BOUNDS,
        Unused.TOO_OLD,
        Unused.WHOLE_LONG_AGO,
        Unused.DAMAGED,
        Unused.UNREADABLE,
    }
)

Ends = Mapping[Partition, int]


class RegistrySnapshot:
    """Takes up and keeps the snapshot in a folder. Used from one thread, but for `told`.

    Positions are those of `RegistryTail`, which begin with the partitions of the registry.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime], log: Log) -> None:
        self._folder = folder
        self._file = folder / _FILE
        self._now = now
        self._log = log
        # At the start, while the files are those of the code that runs.
        self._program = _digest()
        self._facts: TopicFacts | None = None
        self._kept: Header | None = None
        self._told: tuple[int, Ends] | None = None
        self._as_of_ms = -1
        self._whole_ms = -1
        # Whether a tombstone may have come and gone unseen.
        self._is_whole = True

    def now_ms(self) -> int:
        """The clock, in Unix milliseconds."""
        return int(self._now().timestamp() * 1000)

    def take_up(self, index: NativeIndex, admin: AdminClient, ends: Ends) -> tuple[int, ...]:
        """Fill an empty index from the file; gives the offsets to read on from, none where it is not used.

        `ends` are those of the topic.
        """
        started = time.monotonic()
        self._whole_ms = self.now_ms()
        try:
            # Asked once: where the broker does not answer, reading everything is the way that waits for it.
            self._facts = _ask(admin, tuple(ends[place] for place in _PLACES))
        except (KafkaException, KeyError, ValueError):
            self._facts = None
        found = self._usable(self._facts)
        if isinstance(found, Header) and not index.restore_snapshot(self._file, found.line()):
            found = Unused.DAMAGED
        if isinstance(found, Unused):
            tell = self._log.warning if found in _TO_BE_SEEN_TO else self._log.info
            tell("registry-snapshot", used=False, reason=found.value)
            if found in _USELESS:
                self._delete()
            return ()
        self._kept = found
        self._as_of_ms, self._whole_ms = found.as_of_ms, found.whole_ms
        self._log.info(
            "registry-snapshot",
            used=True,
            people=len(index),
            age_s=(self.now_ms() - found.as_of_ms) // 1000,
            seconds=round(time.monotonic() - started, 3),
        )
        return found.offsets

    def _usable(self, facts: TopicFacts | None) -> Header | Unused:
        if facts is None:
            return Unused.TOPIC_UNKNOWN
        try:
            if not (_is_private(self._folder) and _is_private(self._file)):
                return Unused.NOT_PRIVATE
        except FileNotFoundError:
            return Unused.ABSENT
        except OSError:
            return Unused.UNREADABLE
        line = snapshot_header(self._file)
        header = None if line is None else Header.read(line)
        if header is None or header.line() != line:
            return Unused.UNREADABLE
        if self._program is None:
            return Unused.OTHER_PROGRAM
        return header.unusable(self._program, facts, self.now_ms()) or header

    def told(self, asked_ms: int, ends: Ends, position: Sequence[int]) -> None:
        """The broker was asked at this time for the ends of the partitions. From any thread."""
        self._settle(position)
        self._told = asked_ms, ends
        facts, kept = self._facts, self._kept
        if facts is not None and kept is not None and asked_ms - kept.as_of_ms > facts.usable_ms:
            self._kept = None
            self._delete()

    def _delete(self) -> None:
        """Delete a file that no start will use: it would hold people's data for nothing."""
        with suppress(OSError):  # then it is replaced, or is the operator's to delete
            self._file.unlink(missing_ok=True)

    def _settle(self, position: Sequence[int]) -> None:
        """Once all is taken in that a question found, all is that was written before it was asked.

        The clock alone would not do: a process that was suspended for days is behind by days when it goes on. And where
        it was behind for too long, a tombstone may be gone that it has not seen: then it writes no more.
        """
        if self._told is not None:
            asked_ms, ends = self._told
            if all(next_ >= ends[place] for place, next_ in zip(_PLACES, position, strict=False)):
                facts, before = self._facts, self._as_of_ms
                if facts is not None and before >= 0 and not 0 <= asked_ms - before <= facts.usable_ms:
                    self._is_whole = False
                self._as_of_ms = max(before, asked_ms)

    def keep(self, index: NativeIndex, position: Sequence[int]) -> None:
        """Write the file anew, where that is of use. A failure is logged and changes nothing."""
        self._settle(position)
        facts, kept, offsets = self._facts, self._kept, tuple(position[: len(_PLACES)])
        if self._program is None or facts is None or self._as_of_ms < 0 or not self._is_whole or not any(offsets):
            return
        if kept is not None and kept.offsets == offsets and self._as_of_ms - kept.as_of_ms < _FRESH_MS:
            return
        header = Header(
            program=self._program,
            topic_id=facts.topic_id,
            first=facts.first,
            offsets=offsets,
            as_of_ms=self._as_of_ms,
            whole_ms=self._whole_ms,
        )
        started = time.monotonic()
        try:
            self._write(index, header)
        except BlockingIOError:
            return  # another instance is writing the same
        except OSError as error:
            self._log.warning(
                "registry-snapshot-unwritten",
                error=type(error).__name__,
                advice="see that the folder is there, its owner and mode (0700), and disk space; "
                "the next start reads the whole topic",
            )
            return
        self._kept = header
        seconds = round(time.monotonic() - started, 3)
        self._log.info("registry-snapshot-written", people=len(index), seconds=seconds)

    def _write(self, index: NativeIndex, header: Header) -> None:
        # It is not made here: where a disk is not mounted, data would go to the one below.
        if not _is_private(self._folder):
            raise PermissionError
        new = self._file.with_suffix(".new")
        with _locked(self._folder) as folder:
            # What a process left that died while it wrote.
            new.unlink(missing_ok=True)
            try:
                index.write_snapshot(new, header.line())
                new.replace(self._file)
            except OSError:
                with suppress(OSError):
                    new.unlink(missing_ok=True)
                raise
            os.fsync(folder)


def _digest() -> str | None:
    try:
        return program_digest()
    except OSError:
        return None  # where the program is no files, it cannot tell itself from another version


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """The folder's descriptor; instances may share it. Raises BlockingIOError while another has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_private(path: Path) -> bool:
    """Whether it is this user's and nobody else can use it."""
    about = path.stat()
    return about.st_uid == os.geteuid() and not stat.S_IMODE(about.st_mode) & 0o077


def _ask(admin: AdminClient, ends: tuple[int, ...]) -> TopicFacts:
    """What the broker says of the topic. Raises KafkaException; ValueError where it does not know what is needed."""
    name = PROTECTION_STATUSES.name
    resource = ConfigResource(ResourceType.TOPIC, name)
    earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    places = {TopicPartition(*place): earliest for place in _PLACES}
    described = admin.describe_topics(TopicCollection([name]), request_timeout=_ASK_S)[name]
    configs = admin.describe_configs([resource], request_timeout=_ASK_S)[resource]
    offsets = admin.list_offsets(places, request_timeout=_ASK_S)
    first = {place.partition: future.result().offset for place, future in offsets.items()}
    topic_id = str(described.result().topic_id)
    if topic_id == _NO_ID:
        raise ValueError("a broker without topic ids")
    tombstones_ms = int(configs.result()["delete.retention.ms"].value)
    return TopicFacts(topic_id, tombstones_ms, tuple(first[place.number] for place in _PLACES), ends)
