"""A start from a snapshot ends as one that reads everything, or the snapshot is not used, and why is said."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import consumers
import matcher
import schemas
from consumers.kafka import Partition
from consumers.metrics import Metrics
from consumers.registry_snapshot import RegistrySnapshot
from consumers.registry_tail import RegistryTail
from consumers.snapshot_header import Header, program_files
from matcher.native import NativeIndex, snapshot_header
from schemas.records import ProtectedPerson
from schemas.topics import PROTECTION_STATUSES
from tests.builders import DOSSIER, NOON, codec, known, name, person, uuid
from tests.unit.consumers.fakes import KeptLog
from tests.unit.consumers.matchers import PERSONAL, register
from tests.unit.consumers.memory_kafka import MemoryClients, Topics
from tests.unit.natively import needs_native

pytestmark = needs_native

NOON_MS = int(NOON.timestamp() * 1000)


class Starts:
    """Starts instances, one after the other, on topics in memory, at a time of one's choice."""

    def __init__(self, folder: Path) -> None:
        self.topics = Topics()
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self.now = NOON
        self.log = KeptLog()

    def start(self, *, native: bool = True) -> RegistryTail:
        """Another instance, which has loaded the registry; its log is a new one."""
        self.log = KeptLog()
        return self._load(RegistrySnapshot(self.folder, lambda: self.now, self.log), native=native)

    def cold(self) -> RegistryTail:
        """An instance that knows of no snapshot."""
        return self._load(None)

    def _load(self, snapshot: RegistrySnapshot | None, *, native: bool = True) -> RegistryTail:
        clients, rows = MemoryClients(self.topics), codec("protected-person", raw=True)
        log = self.log if snapshot is not None else KeptLog()
        tail = RegistryTail(clients, rows, Metrics("test"), log, lambda _: None, native=native, snapshot=snapshot)
        tail.load(lambda: False)
        return tail

    def write(self, *numbers: int) -> None:
        for number in numbers:
            register(self.topics, someone(number))

    def remove(self, *numbers: int) -> None:
        for number in numbers:
            self.topics.write(PROTECTION_STATUSES.name, str(uuid(number)).encode(), None)

    @property
    def file(self) -> Path:
        return self.folder / "registry.snapshot"

    @property
    def header(self) -> Header:
        header = Header.read(snapshot_header(self.file) or b"")
        assert header is not None
        return header

    def told(self, event: str) -> list[dict[str, object]]:
        return [fields for _, name, fields in self.log.entries if name == event]

    def used(self) -> object:
        """True, or why not."""
        (fields,) = self.told("registry-snapshot")
        return fields["used"] or fields["reason"]


def someone(number: int, **changes: Any) -> ProtectedPerson:
    return person(number, **{"documents": (known(f"RD{number}"),), "dossier_numbers": (f"{number:08}",), **changes})


@pytest.fixture
def starts(tmp_path: Path) -> Starts:
    """Twenty people are registered, and one start has left its snapshot."""
    made = Starts(tmp_path / "snapshot")
    made.write(*range(1, 21))
    made.start()
    assert made.used() == "snapshot-absent"
    assert made.file.is_file()
    made.now = NOON + timedelta(seconds=1)
    return made


def everybody(tail: RegistryTail) -> dict[int, bytes | None]:
    return {number: tail.index.row(str(uuid(number))) for number in range(1, 60)}


def same(one: RegistryTail, other: RegistryTail) -> None:
    assert len(one.index) == len(other.index)
    assert everybody(one) == everybody(other)
    assert one.position == other.position


def test_a_start_from_a_snapshot_ends_as_one_from_nothing(starts: Starts) -> None:
    chance = random.Random(3)
    for _ in range(8):
        starts.write(*chance.sample(range(1, 40), 4))
        starts.remove(*chance.sample(range(1, 40), 4))
        register(starts.topics, someone(chance.randrange(1, 40), names=(name("Nytt", "Namn"),)))
        warm = starts.start()
        assert starts.used() is True
        same(warm, starts.cold())
        # It reads what came since and no more, until it is kept anew at an orderly stop.
        (loaded,) = starts.told("registry-loaded")
        assert loaded["rows"] == sum(map(len, starts.topics.logs.values())) - sum(starts.header.offsets)
        if chance.random() < 0.5:
            warm.keep()
            assert starts.header.offsets == warm.position[:6]


def test_what_comes_after_a_start_from_a_snapshot_is_followed(starts: Starts) -> None:
    warm = starts.start()
    starts.write(30)
    starts.remove(4)
    assert set(warm.follow()) == {str(uuid(30)), str(uuid(4))}
    same(warm, starts.cold())


def _flip(starts: Starts) -> None:
    content = bytearray(starts.file.read_bytes())
    content[-100] ^= 4
    starts.file.write_bytes(content)


def _of_another_program(starts: Starts) -> None:
    index = NativeIndex(codec("protected-person", raw=True))
    _instead(starts, starts.header.model_copy(update={"program": "another"}), index)


def _instead(starts: Starts, header: Header, index: NativeIndex) -> None:
    starts.file.unlink()
    index.write_snapshot(starts.file, header.line())


def _read_whole(starts: Starts, at_ms: int) -> None:
    index = NativeIndex(codec("protected-person", raw=True))
    assert index.restore_snapshot(starts.file, starts.header.line())
    _instead(starts, starts.header.model_copy(update={"whole_ms": at_ms}), index)


def _cut(starts: Starts) -> None:
    """The log of the topic ends before what the snapshot holds."""
    max(starts.topics.logs.values(), key=len).pop()


REFUSED: list[tuple[str, Callable[[Starts], object]]] = [
    ("snapshot-absent", lambda s: s.file.unlink()),
    ("snapshot-not-private", lambda s: s.file.chmod(0o640)),
    ("snapshot-not-private", lambda s: s.folder.chmod(0o701)),
    ("snapshot-unreadable", lambda s: s.file.write_bytes(b"")),
    ("snapshot-unreadable", lambda s: s.file.write_bytes(s.file.read_bytes()[:-1])),
    (
        "snapshot-unreadable",
        lambda s: _instead(
            s, s.header.model_copy(update={"offsets": (0,)}), NativeIndex(codec("protected-person", raw=True))
        ),
    ),
    ("snapshot-damaged", _flip),
    ("snapshot-of-another-program", _of_another_program),
    ("snapshot-of-another-topic", lambda s: setattr(s.topics, "topic_id", "bW9kZWxsZWQtdG9waWMtMg")),
    ("snapshot-topic-unknown", lambda s: setattr(s.topics, "topic_id", "AAAAAAAAAAAAAAAAAAAAAA")),
    ("snapshot-offsets-out-of-bounds", _cut),
    (
        "snapshot-offsets-out-of-bounds",
        lambda s: s.topics.first.update({Partition(PROTECTION_STATUSES.name, 0): 1}),
    ),
    ("snapshot-too-old", lambda s: setattr(s, "now", NOON + timedelta(hours=12, milliseconds=1))),
    ("snapshot-too-old", lambda s: setattr(s.topics, "tombstones_ms", 1_000)),
    ("snapshot-too-old", lambda s: setattr(s, "now", NOON - timedelta(milliseconds=1))),
    ("snapshot-not-read-whole-for-days", lambda s: _read_whole(s, NOON_MS - 7 * 86_400_000 - 1)),
    ("snapshot-not-read-whole-for-days", lambda s: _read_whole(s, NOON_MS + 86_400_000)),
]


@pytest.mark.parametrize(("reason", "spoil"), REFUSED)
def test_a_snapshot_in_doubt_is_not_used(starts: Starts, reason: str, spoil: Callable[[Starts], object]) -> None:
    spoil(starts)
    tail = starts.start()
    assert starts.used() == reason
    same(tail, starts.cold())
    assert len(tail.index) >= 19


def test_a_snapshot_is_used_until_it_is_half_as_old_as_tombstones_are_kept(starts: Starts) -> None:
    starts.now = NOON + timedelta(hours=12)
    starts.start()
    assert starts.used() is True


def test_after_a_refusal_the_file_is_written_anew(starts: Starts) -> None:
    _flip(starts)
    starts.start()
    assert starts.used() == "snapshot-damaged"
    starts.start()
    assert starts.used() is True


def test_what_no_start_will_use_is_deleted(starts: Starts) -> None:
    # Of whom nobody can read, and who keeps the next one from being written.
    starts.topics.write(PROTECTION_STATUSES.name, str(uuid(1)).encode(), b"\xc3\x01" + bytes(8))
    starts.now = NOON + timedelta(days=2)
    starts.start()
    assert starts.used() == "snapshot-too-old"
    assert not starts.file.exists()


def test_a_file_that_grows_too_old_under_an_instance_is_deleted(starts: Starts) -> None:
    tail = starts.start()
    starts.now = NOON + timedelta(hours=11)
    tail.look(lambda: False)
    assert starts.file.exists()
    starts.now = NOON + timedelta(hours=13)
    tail.look(lambda: False)
    assert not starts.file.exists()
    tail.keep()
    assert starts.file.exists()


def test_a_process_that_was_suspended_does_not_call_what_it_holds_new(starts: Starts) -> None:
    tail = starts.start()
    starts.now = NOON + timedelta(minutes=5)
    tail.look(lambda: False)
    starts.write(30)
    tail.follow()
    # Meanwhile a person is removed, and the tombstone has gone; the process wakes up and is stopped.
    starts.remove(2)
    starts.now = NOON + timedelta(days=3)
    tail.keep()
    assert starts.header.as_of_ms == NOON_MS + 300_000
    starts.start()
    assert starts.used() == "snapshot-too-old"


def test_a_process_that_was_away_for_too_long_hands_nothing_on(starts: Starts) -> None:
    """It may have missed that somebody was removed; a start that reads everything has not."""
    tail = starts.start()
    starts.remove(2)
    vanish(starts, 2)
    starts.now = NOON + timedelta(days=3)
    starts.write(30)
    tail.look(lambda: False)
    while tail.index.row(str(uuid(30))) is None:
        tail.follow()
    tail.look(lambda: False)
    tail.keep()
    assert tail.index.row(str(uuid(2))) is not None
    after = starts.start()
    assert starts.used() == "snapshot-absent"
    assert after.index.row(str(uuid(2))) is None
    same(after, starts.cold())


def vanish(starts: Starts, number: int) -> None:
    """Compaction has taken a person's records away; others stand in their places, so that offsets stay."""
    key = str(uuid(number)).encode()
    for log in starts.topics.logs.values():
        for at, record in enumerate(log):
            if record.key == key:
                log[at] = record._replace(key=str(uuid(999)).encode(), value=None)


def test_from_start_to_start_the_topic_is_read_whole_once_in_seven_days(starts: Starts) -> None:
    used = []
    for half_days in range(1, 17):
        starts.now = NOON + timedelta(hours=12 * half_days)
        starts.write(100 + half_days)
        tail = starts.start()
        used.append(starts.used())
        tail.keep()
    assert used == [True] * 14 + ["snapshot-not-read-whole-for-days", True]


def test_nothing_of_who_was_removed_stays_in_the_file(starts: Starts) -> None:
    tail = starts.start()
    assert uuid(2).int.to_bytes(16, "little") in starts.file.read_bytes()
    starts.remove(2)
    tail.follow()
    tail.look(lambda: False)
    tail.keep()
    assert uuid(2).int.to_bytes(16, "little") not in starts.file.read_bytes()
    same(starts.start(), starts.cold())


def test_it_is_as_new_as_the_newest_question_that_was_caught_up_with(starts: Starts) -> None:
    def take_in(number: int) -> None:
        while tail.index.row(str(uuid(number))) is None:
            tail.follow()

    tail = starts.start()
    starts.write(30)
    take_in(30)
    starts.write(31)
    starts.now = NOON + timedelta(minutes=1)
    tail.look(lambda: False)
    starts.now = NOON + timedelta(minutes=2)
    tail.keep()
    assert starts.header.as_of_ms == NOON_MS + 1000
    take_in(31)
    tail.keep()
    assert starts.header.as_of_ms == NOON_MS + 60_000


def test_it_is_written_only_where_that_is_of_use(starts: Starts) -> None:
    tail = starts.start()
    starts.log.entries.clear()
    tail.look(lambda: False)
    tail.keep()
    assert not starts.told("registry-snapshot-written")
    # Nothing has changed, but it would soon be too old.
    starts.now = NOON + timedelta(hours=2)
    tail.look(lambda: False)
    tail.keep()
    assert starts.told("registry-snapshot-written")
    assert starts.header.as_of_ms == int(starts.now.timestamp() * 1000)


def test_an_empty_registry_is_not_kept(tmp_path: Path) -> None:
    starts = Starts(tmp_path / "snapshot")
    starts.start().keep()
    assert not starts.file.exists()


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A disk that is not mounted: the data would go to the one below."""
    starts = Starts(tmp_path / "snapshot")
    starts.folder.rmdir()
    starts.write(1)
    starts.start()
    assert starts.used() == "snapshot-absent"
    (told,) = starts.told("registry-snapshot-unwritten")
    assert told["error"] == "FileNotFoundError"
    assert not starts.folder.exists()


def test_a_row_that_was_refused_is_read_again_at_each_start(starts: Starts) -> None:
    # Of a schema that is unknown today; tomorrow it may be known, and then the row counts.
    starts.topics.write(PROTECTION_STATUSES.name, str(uuid(30)).encode(), b"\xc3\x01" + bytes(8))
    before = starts.file.read_bytes()
    for _ in range(2):
        tail = starts.start()
        assert starts.used() is True
        counted = {"reason": "schema-unknown"}
        assert tail._metrics.registry.get_sample_value("resesignal_registry_rows_refused_total", counted) == 1
        starts.write(31)
        tail.follow()
        tail.keep()
    assert starts.file.read_bytes() == before


def test_file_and_folder_are_the_owners_alone(starts: Starts) -> None:
    assert stat.S_IMODE(starts.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(starts.folder.stat().st_mode) == 0o700
    assert [file.name for file in starts.folder.iterdir()] == ["registry.snapshot"]


def test_nothing_is_written_into_a_folder_that_others_can_enter(tmp_path: Path) -> None:
    starts = Starts(tmp_path)
    tmp_path.chmod(0o755)
    starts.write(1)
    starts.start()
    (told,) = starts.told("registry-snapshot-unwritten")
    assert told["error"] == "PermissionError"
    assert not starts.file.exists()


def test_a_failed_write_is_told_and_leaves_the_former_file(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_index: NativeIndex, file: Path, _header: bytes) -> None:
        file.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    before = starts.file.read_bytes()
    starts.write(30)
    tail = starts.start()
    monkeypatch.setattr(NativeIndex, "write_snapshot", full)
    tail.keep()
    (told,) = starts.told("registry-snapshot-unwritten")
    assert told["error"] == "OSError"
    assert starts.file.read_bytes() == before
    assert [file.name for file in starts.folder.iterdir()] == ["registry.snapshot"]
    same(tail, starts.cold())


def test_what_a_process_left_that_died_while_it_wrote_is_replaced(starts: Starts) -> None:
    (starts.folder / "registry.new").write_bytes(b"half of it")
    starts.write(30)
    starts.start().keep()
    assert [file.name for file in starts.folder.iterdir()] == ["registry.snapshot"]
    starts.start()
    assert starts.used() is True


def test_one_instance_writes_at_a_time(starts: Starts) -> None:
    before = starts.file.read_bytes()
    starts.write(30)
    tail = starts.start()
    other = os.open(starts.folder, os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        (starts.folder / "registry.new").write_bytes(b"the other's")
        tail.keep()
        assert starts.file.read_bytes() == before
        assert (starts.folder / "registry.new").exists()
    finally:
        os.close(other)
    tail.keep()
    assert starts.file.read_bytes() != before


def test_the_index_in_python_has_no_snapshot(starts: Starts) -> None:
    before = starts.file.read_bytes()
    starts.write(30)
    tail = starts.start(native=False)
    tail.keep()
    same(tail, starts.cold())
    assert starts.file.read_bytes() == before


def test_no_log_line_holds_personal_data(starts: Starts) -> None:
    register(starts.topics, person(50))
    for _, spoil in REFUSED[5:9]:
        starts.start().keep()
        said = repr(starts.log.entries)
        assert not [text for text in (*PERSONAL, DOSSIER, str(starts.folder)) if text in said]
        spoil(starts)


def test_every_file_of_matcher_and_schemas_tells_programs_apart(
    starts: Starts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = list(program_files())
    for package in (matcher, schemas):
        (folder,) = map(Path, package.__path__)
        # Not what cargo builds: only the extension in its place is loaded.
        there = {file for file in folder.rglob("*.py") if "target" not in file.parts}
        assert there <= set(files)
    assert {"_core.abi3.so", "protected-person.avsc", "registry_tail.py"} <= {file.name for file in files}
    other = tmp_path / files[0].name
    other.write_bytes(files[0].read_bytes() + b"\n")
    monkeypatch.setattr("consumers.snapshot_header.program_files", lambda: [other, *files[1:]])
    starts.start()
    assert starts.used() == "snapshot-of-another-program"


def test_a_program_that_cannot_read_itself_uses_no_snapshot(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.snapshot_header.program_files", lambda: [Path(consumers.__file__) / "absent"])
    starts.start().keep()
    assert starts.used() == "snapshot-of-another-program"
    assert not starts.file.exists()
