"""An index written to a file and restored from it is the same index; what is not whole is not taken."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.native import NativeIndex, snapshot_header
from schemas.records import ProtectedPerson, Traveller
from tests.builders import DOSSIER, LONG_LAWS, encode, known, name, person, uuid
from tests.unit.matcher.test_native_index import PEOPLE, ROWS, TRAVELLERS, batch, values_of
from tests.unit.natively import needs_native

pytestmark = needs_native

HEADER = b'{"invented": true}'
CHANGES = st.lists(PEOPLE | st.integers(1, 4), max_size=20)
Change = ProtectedPerson | int


def change(index: NativeIndex, changes: list[Change]) -> None:
    for one in changes:
        if isinstance(one, int):
            index.remove(str(uuid(one)))
        else:
            index.upsert(str(one.person_id), encode("protected-person", one))


def restored(file: Path, header: bytes = HEADER) -> NativeIndex | None:
    index = NativeIndex(ROWS)
    return index if index.restore_snapshot(file, header) else None


def small(folder: Path) -> Path:
    """A file of two people who share a key, and of the slot of a third, who was taken out."""
    index, file = NativeIndex(ROWS), folder / "small"
    for number in (1, 2, 3):
        one = person(number, documents=(known(f"P{number}"),), names=(), birth_dates=(), statuses=(), permits=())
        index.upsert(str(one.person_id), encode("protected-person", one))
    index.remove(str(uuid(2)))
    index.write_snapshot(file, HEADER)
    return file


@LONG_LAWS
@given(CHANGES, CHANGES, CHANGES, st.lists(TRAVELLERS, min_size=1, max_size=4))
def test_what_is_restored_behaves_as_what_was_written(
    first: list[Change], second: list[Change], third: list[Change], travellers: list[Traveller]
) -> None:
    twin = NativeIndex(ROWS)
    change(twin, first)
    with tempfile.TemporaryDirectory() as folder:
        # Twice over: what was restored is changed and written as well.
        once = through_a_file(twin, Path(folder, "first"))
        same(once, twin, travellers)
        for index in (once, twin):
            change(index, second)
        again = through_a_file(once, Path(folder, "second"))
    same(again, twin, travellers)
    for index in (again, twin):
        change(index, third)
    same(again, twin, travellers)


def through_a_file(index: NativeIndex, file: Path) -> NativeIndex:
    index.write_snapshot(file, HEADER)
    copy = restored(file)
    assert copy is not None
    return copy


def same(one: NativeIndex, other: NativeIndex, travellers: list[Traveller]) -> None:
    assert len(one) == len(other)
    for number in range(1, 5):
        assert one.row(str(uuid(number))) == other.row(str(uuid(number)))
    for traveller in travellers:
        values = values_of(traveller)
        assert one.find(values) == other.find(values)
        assert list(one.near(values)) == list(other.near(values))


def test_keys_that_hundreds_share_are_restored(tmp_path: Path) -> None:
    index, file = NativeIndex(ROWS), tmp_path / "many"
    rows = [(str(uuid(n)).encode(), encode("protected-person", person(n, names=(name(),)))) for n in range(1, 501)]
    assert batch(index, *rows) == 500
    for number in range(1, 400, 3):
        index.remove(str(uuid(number)))
    copy = through_a_file(index, file)
    seen = values_of(Traveller(dossier_number=DOSSIER, names=(name(),), birth_date="1974-08-12"))
    assert len(index.find(seen)) == len(index) == 367
    assert copy.find(seen) == index.find(seen)
    # They come and go from the lists as before.
    for both in (index, copy):
        for number in range(2, 500):
            both.remove(str(uuid(number)))
    assert [UUID(copy.person_id(slot)) for slot in copy.find(seen)] == [uuid(500)]
    assert copy.find(seen) == index.find(seen)


def test_no_part_of_a_file_is_taken_for_the_whole(tmp_path: Path) -> None:
    whole = small(tmp_path).read_bytes()
    file = tmp_path / "part"
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert restored(file) is None
    file.write_bytes(whole + b"\0")
    assert restored(file) is None
    file.write_bytes(whole)
    assert restored(file) is not None


def test_a_file_with_one_flipped_bit_is_refused(tmp_path: Path) -> None:
    whole = bytearray(small(tmp_path).read_bytes())
    file, index = tmp_path / "flipped", NativeIndex(ROWS)
    for bit in range(len(whole) * 8):
        whole[bit // 8] ^= 1 << bit % 8
        file.write_bytes(whole)
        # With the header as it stands there too, so that it is not its difference alone that is noticed.
        for header in {HEADER, snapshot_header(file) or HEADER}:
            assert not index.restore_snapshot(file, header)
        assert len(index) == 0
        whole[bit // 8] ^= 1 << bit % 8


@given(st.binary(max_size=200), st.booleans())
def test_any_other_bytes_are_refused(content: bytes, begins_well: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = small(Path(folder)).read_bytes()[:8] if begins_well else b""
        file = Path(folder, "any")
        file.write_bytes(start + content)
        assert restored(file) is None


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert snapshot_header(tmp_path) is None
    assert snapshot_header(tmp_path / "absent") is None
    assert restored(tmp_path) is None


def test_a_file_with_another_header_is_not_taken(tmp_path: Path) -> None:
    file = small(tmp_path)
    assert snapshot_header(file) == HEADER
    assert restored(file, b"another") is None


def test_only_an_empty_index_takes_a_file_over(tmp_path: Path) -> None:
    index = NativeIndex(ROWS)
    index.upsert(str(uuid(4)), encode("protected-person", person(4)))
    assert not index.restore_snapshot(small(tmp_path), HEADER)
    assert len(index) == 1


def test_a_file_is_its_owners_alone_and_is_not_written_over(tmp_path: Path) -> None:
    file = small(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        NativeIndex(ROWS).write_snapshot(file, HEADER)
    assert file.read_bytes() == before


def test_a_header_too_long_to_be_one_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="invalid"):
        NativeIndex(ROWS).write_snapshot(tmp_path / "long", b"x" * 2**17)
    assert list(tmp_path.iterdir()) == []
