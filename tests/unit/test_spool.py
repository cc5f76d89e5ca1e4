"""The spool: what was accepted is there after a crash, a cut file or a full disk, and nobody else can read it."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.spool import Record, Spool, SpoolError, SpoolFault, SpoolFull

DATABASE = "spool.sqlite"
LOG = "spool.sqlite-wal"

records = st.builds(Record, st.binary(min_size=1, max_size=40), st.none() | st.binary(max_size=6_000))
batches = st.lists(st.lists(records, min_size=1, max_size=5), min_size=1, max_size=6)


def rows(count: int, size: int = 300) -> list[Record]:
    return [Record(b"key-%d" % number, b"%d" % number * (size // 4)) for number in range(count)]


def held(spool: Spool) -> list[Record]:
    return [spooled.record for spooled in spool.read(0, 1_000_000)]


def crash(folder: Path, into: Path) -> Path:
    """What a dead process leaves behind: the files as they are, while the spool is still open."""
    shutil.copytree(folder, into)
    return into


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name) / "spool"


def test_what_was_accepted_is_there_after_a_crash_in_its_order(folder: Path) -> None:
    with Spool(folder) as spool:
        spool.append([Record(b"a", b"1"), Record(b"b", None)])
        spool.append([Record(b"a", b"")])
        left = crash(folder, folder.parent / "left")
    with Spool(left) as after:
        assert held(after) == [Record(b"a", b"1"), Record(b"b", None), Record(b"a", b"")]
        assert after.waiting == 3


@settings(max_examples=60, deadline=None)
@given(batches=batches, cut=st.floats(0, 1))
def test_a_log_cut_at_any_byte_gives_a_prefix_of_the_batches(batches: list[list[Record]], cut: float) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "spool"
        with Spool(folder) as spool:
            for batch in batches:
                spool.append(batch)
            left = crash(folder, Path(name) / "left")
        log = left / LOG
        with log.open("r+b") as file:
            file.truncate(int(cut * log.stat().st_size))
        with Spool(left) as after:
            found = held(after)
    prefixes = [[record for batch in batches[:count] for record in batch] for count in range(len(batches) + 1)]
    assert found in prefixes


@settings(max_examples=40, deadline=None)
@given(batches=batches, data=st.data())
def test_a_damaged_database_is_told_and_never_read_as_something_else(
    batches: list[list[Record]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "spool"
        with Spool(folder) as spool:
            for batch in batches:
                spool.append(batch)
        content = bytearray((folder / DATABASE).read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del content[place:]
        (folder / DATABASE).write_bytes(content)
        accepted = [record for batch in batches for record in batch]
        try:
            with Spool(folder) as spool:
                found = held(spool)
        except SpoolError:
            return
        assert all(record in accepted for record in found)


steps = st.lists(
    st.one_of(
        st.lists(records, min_size=1, max_size=4),  # append
        st.integers(0, 5),  # remove so many of the oldest
        st.just("crash"),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_through_any_crashes_exactly_what_was_not_removed_is_there(steps: list[list[Record] | int | str]) -> None:
    with TemporaryDirectory() as name:
        generation = 0
        spool = Spool(Path(name) / "0")
        expected: list[Record] = []
        for step in steps:
            if isinstance(step, list):
                spool.append(step)
                expected += step
            elif isinstance(step, int):
                spool.remove([spooled.id for spooled in spool.read(0, step)])
                expected = expected[step:]
            else:
                left = crash(Path(name) / str(generation), Path(name) / str(generation + 1))
                spool.close()
                generation += 1
                spool = Spool(left)
            assert held(spool) == expected
            assert spool.waiting == len(expected)
        spool.close()


def test_a_flipped_bit_in_a_record_is_noticed(folder: Path) -> None:
    with Spool(folder) as spool:
        spool.append([Record(b"key", b"to be damaged")])
    file = folder / DATABASE
    file.write_bytes(file.read_bytes().replace(b"to be damaged", b"to be damagee"))
    with Spool(folder) as spool, pytest.raises(SpoolError) as caught:
        spool.read(0, 10)
    assert caught.value.fault is SpoolFault.DAMAGED


def test_only_the_owner_can_read_it_whatever_the_umask_and_the_folders_earlier_mode(folder: Path) -> None:
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with Spool(folder) as spool:
        spool.append(rows(3))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert modes == {"spool": 0o700, DATABASE: 0o600, LOG: 0o600}


def test_a_spool_in_use_is_refused_and_free_again_afterwards(folder: Path) -> None:
    with Spool(folder), pytest.raises(SpoolError) as caught:
        Spool(folder)
    assert caught.value.fault is SpoolFault.LOCKED
    with Spool(folder) as again:
        assert again.waiting == 0


def test_a_spool_at_its_limit_refuses_the_whole_batch_and_keeps_the_earlier_ones(folder: Path) -> None:
    with Spool(folder, max_bytes=200_000) as spool:
        with pytest.raises(SpoolFull):  # noqa: PT012 - which of them does not fit is SQLite's affair
            for _ in range(100):
                spool.append(rows(20))
        accepted = spool.waiting
        assert 0 < accepted < 2_000
        assert held(spool) == rows(20) * (accepted // 20)
        spool.remove([spooled.id for spooled in spool.read(0, 100)])
        spool.append(rows(20))
        assert spool.waiting == accepted - 80


def test_after_full_delivery_nothing_of_the_records_is_left_in_the_folder(folder: Path) -> None:
    with Spool(folder) as spool:
        spool.append([Record(b"key", b"AABERGSSON<<INVENTA" * 50)] * 200)
        spool.remove([spooled.id for spooled in spool.read(0, 200)])
    files = list(folder.iterdir())
    assert [file.name for file in files] == [DATABASE]
    assert b"AABERGSSON" not in files[0].read_bytes()
    assert files[0].stat().st_size < 20_000


def test_what_is_not_a_spool_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / DATABASE).write_bytes(b"something else entirely" * 1_000)
    with pytest.raises(SpoolError) as caught:
        Spool(folder)
    assert caught.value.fault is SpoolFault.DAMAGED


def test_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    folder.parent.joinpath("file").write_text("in the way")
    with pytest.raises(SpoolError) as caught:
        Spool(folder.parent / "file" / "spool")
    assert caught.value.fault is SpoolFault.UNUSABLE


# A limit on file size behaves as a full disk does: no write succeeds, not even the one that a deletion needs.
_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from producers.spool import Record, Spool, SpoolFull

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
spool = Spool(Path(sys.argv[1]))
batch = [Record(b"key", bytes(range(256)) * 2)] * 100
accepted = 0
try:
    while True:
        spool.append(batch)
        accepted += 100
except SpoolFull:
    pass
assert spool.waiting == len(spool.read(0, 10**6)) == accepted, "the failed batch left something, or took something"
ids = [spooled.id for spooled in spool.read(0, 10**6)]
for part in range(0, accepted, 100):
    spool.remove(ids[part : part + 100])
    assert spool.waiting == accepted - part - 100
    assert [spooled.id for spooled in spool.read(0, 10**6)] == ids[part + 100 :]
spool.append(batch)
assert spool.waiting == 100
spool.close()
print(accepted)
"""


def test_on_a_full_disk_what_was_accepted_is_kept_and_delivery_makes_room_again(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500
    with Spool(folder) as spool:
        assert spool.waiting == 100
