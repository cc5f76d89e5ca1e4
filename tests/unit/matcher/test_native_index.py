"""The native index answers as the one in Python, whatever has been put in and taken out."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.native import Index, NativeIndex, make_index
from schemas.checks import check_protected_person
from schemas.codec import Codec, schema
from schemas.reasons import Refused
from schemas.records import ProtectedPerson, Traveller
from tests.builders import (
    DOSSIER,
    LAWS,
    PERSONAL_NUMBER,
    codec,
    crossing,
    encode,
    known,
    name,
    person,
    raw,
    seen,
    status,
    uuid,
)
from tests.unit.natively import needs_native

pytestmark = needs_native

ROWS = codec("protected-person", raw=True)
ROW = encode("protected-person", person())
KEY = str(uuid(1)).encode()

# Few values, so that people share keys and lose them again; and some that only Python's text knows how to compare.
NUMBERS = st.sampled_from(["P1", "P 1", "p2", "ı1", "I1", "ß-1", "SS1", ""])
STATES = st.sampled_from(["UTO", "D", "DEU", "XKX", "RKS"])
PARTS = [
    "Åberg",
    "AABERG",
    "Li",
    "al-Hasan",
    "ՀԱՍ",
    "Ann Maria",
    "A B C D E F G H I J",
    "Bb Cc Dd Ee Ff Gg Hh Ii Jj",
    "",
]
NAMES = st.builds(name, st.sampled_from(PARTS), st.sampled_from(PARTS))
DATES = st.sampled_from(["1974-08-12", "1974-12-08", "1974-08", "1980-01-01", "1980", "2000-02-29"])
PERSONALS = st.sampled_from([PERSONAL_NUMBER, "190001010107"])
DOSSIERS = st.sampled_from([DOSSIER, "87654321"])
UUIDS_AND_LENGTHS = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda one: str(one).upper()),
    st.uuids().map(lambda one: str(one).replace("-", "_", 1)),
    st.uuids().map(lambda one: f"H{one}"),
    st.integers(1, 400).map("x".__mul__),
)
PEOPLE = st.builds(
    person,
    st.integers(1, 4),
    documents=st.lists(st.builds(known, NUMBERS, STATES), max_size=3),
    personal_numbers=st.lists(PERSONALS, max_size=2),
    dossier_numbers=st.lists(DOSSIERS, max_size=2),
    names=st.lists(NAMES, max_size=3),
    birth_dates=st.lists(DATES, max_size=3),
)
TRAVELLERS = st.builds(
    Traveller,
    documents=st.lists(st.builds(seen, NUMBERS, STATES), max_size=2),
    personal_number=st.none() | PERSONALS,
    dossier_number=st.none() | DOSSIERS,
    names=st.lists(NAMES, max_size=2),
    birth_date=st.none() | DATES,
)


def both() -> tuple[Index, Index]:
    return make_index(ROWS, native=True), make_index(ROWS, native=False)


def values_of(one: Traveller) -> dict[str, Any]:
    values: dict[str, Any] = raw("border-crossing", crossing(traveller=one))["traveller"]
    return values


def found(index: Index, one: Traveller) -> list[UUID]:
    return sorted(index.person(slot).person_id for slot in index.find(values_of(one)))


def batch(index: Index, *records: tuple[bytes | None, bytes | None], start: int = 0) -> int:
    return index.upsert_batch([key for key, _ in records], [value for _, value in records], start)


@LAWS
@given(
    st.lists(st.tuples(PEOPLE | st.integers(1, 4), st.booleans()), max_size=25),
    st.lists(TRAVELLERS, min_size=1, max_size=4),
)
def test_both_find_the_same_people_after_any_changes(
    changes: list[tuple[ProtectedPerson | int, bool]], travellers: list[Traveller]
) -> None:
    ours, twin = both()
    for change, at_once in changes:
        person_id = uuid(change) if isinstance(change, int) else change.person_id
        row = None if isinstance(change, int) else encode("protected-person", change)
        if at_once:
            assert batch(ours, (str(person_id).encode(), row)) == 1
        elif row is None:
            ours.remove(str(person_id))
        else:
            ours.upsert(str(person_id), row)
        if row is None:
            twin.remove(str(person_id))
        else:
            twin.upsert(str(person_id), row)
        assert ours.row(str(person_id)) == twin.row(str(person_id)) == row
        for one in travellers:
            assert found(ours, one) == found(twin, one)
    assert len(ours) == len(twin)


def test_thousands_who_share_keys_come_and_go() -> None:
    chance = random.Random(7)
    ours, twin = both()
    numbers = [f"P{n}" for n in range(400)]
    for step in range(6000):
        n = chance.randrange(1, 1500)
        if chance.random() < 0.4:
            ours.remove(str(uuid(n)))
            twin.remove(str(uuid(n)))
        else:
            documents = tuple(known(number, "UTO") for number in chance.sample(numbers, 3))
            born = (f"19{chance.randrange(50, 60)}-03-{chance.randrange(1, 4):02}",)
            row = encode("protected-person", person(n, documents=documents, birth_dates=born))
            ours.upsert(str(uuid(n)), row)
            twin.upsert(str(uuid(n)), row)
        if step % 50 == 0:
            one = Traveller(documents=(seen(chance.choice(numbers)),), names=(name(),), birth_date="1955-03-02")
            assert found(ours, one) == found(twin, one)
    assert len(ours) == len(twin)
    for number in numbers:
        one = Traveller(documents=(seen(number),))
        assert found(ours, one) == found(twin, one)


def nobody(n: int, **fields: Any) -> ProtectedPerson:
    """Somebody without a key, but for these."""
    return person(n, **{"documents": (), "personal_numbers": (), "dossier_numbers": (), "names": (), **fields})


def test_rows_that_grow_shrink_and_go_leave_all_others_as_they_are(tmp_path: Path) -> None:
    """The core keeps rows one behind the other, and moves them together once a quarter is of those that are no more."""
    chance = random.Random(3)
    index = NativeIndex(ROWS)
    held: dict[int, bytes] = {}
    moved = 0
    while moved < 4 * 2**20:
        n = chance.randrange(1, 1000)
        moved += len(held.pop(n, b""))
        if chance.random() < 0.1:
            index.remove(str(uuid(n)))
            continue
        # Some of more than half of a block, which has a megabyte.
        long = 200 if chance.random() < 0.003 else chance.randrange(3)
        names = tuple(name("\N{GRINNING FACE}" * 400, "x" * 400) for _ in range(long))
        held[n] = encode("protected-person", nobody(n, names=names, dossier_numbers=(f"{n:08}",)))
        index.upsert(str(uuid(n)), held[n])
    assert max(map(len, held.values())) > 2**18
    again = NativeIndex(ROWS)
    index.write_snapshot(tmp_path / "snapshot", b"header")
    assert again.restore_snapshot(tmp_path / "snapshot", b"header")
    for n in range(1, 1000):
        for one in (index, again):
            assert one.row(str(uuid(n))) == held.get(n)
            assert found(one, Traveller(dossier_number=f"{n:08}")) == [uuid(n)] * (n in held)


# A document and a dossier number whose keys have hashes with the same first 40 bits, which is what the table keeps.
ALIKE = known("N01968219", "SYR"), "11965593"
BY_ALIKE = Traveller(documents=(seen("N01968219", "SYR"),)), Traveller(dossier_number="11965593")


def test_two_keys_that_look_alike_to_the_table_are_two_keys(tmp_path: Path) -> None:
    document, dossier = ALIKE
    index = make_index(ROWS, native=True)
    assert isinstance(index, NativeIndex)
    index.upsert(str(uuid(1)), encode("protected-person", nobody(1, documents=(document,))))
    assert [found(index, one) for one in BY_ALIKE] == [[uuid(1)], []]
    index.upsert(str(uuid(2)), encode("protected-person", nobody(2, dossier_numbers=(dossier,))))
    index.upsert(str(uuid(3)), encode("protected-person", nobody(3, documents=(document,), dossier_numbers=(dossier,))))
    told = [[uuid(1), uuid(3)], [uuid(2), uuid(3)]]
    assert [found(index, one) for one in BY_ALIKE] == told
    index.write_snapshot(tmp_path / "snapshot", b"header")
    again = NativeIndex(ROWS)
    assert again.restore_snapshot(tmp_path / "snapshot", b"header")
    assert [found(again, one) for one in BY_ALIKE] == told
    for n in (3, 1, 2):
        index.remove(str(uuid(n)))
        told = [[one for one in ones if one != uuid(n)] for ones in told]
        assert [found(index, one) for one in BY_ALIKE] == told


BAD = [
    pytest.param(KEY, ROW[:-1], id="cut"),
    pytest.param(KEY, ROW + b"\0", id="trailing"),
    pytest.param(KEY, b"\0\0\0\0\7" + ROW[10:], id="id-of-a-schema-registry"),
    pytest.param(KEY, b"\xc3\1" + bytes(8) + ROW[10:], id="another-schema"),
    pytest.param(KEY, b"", id="nothing"),
    pytest.param(str(uuid(2)).encode(), ROW, id="another-key"),
    pytest.param(None, ROW, id="no-key"),
    pytest.param(KEY, encode("protected-person", person(statuses=(status(countries=()),))), id="no-country"),
    pytest.param(KEY, encode("protected-person", person(statuses=(status(countries=("XY",)),))), id="which-country"),
    pytest.param(KEY, encode("protected-person", person(birth_dates=("1974-02-30",))), id="no-such-day"),
    pytest.param(KEY, encode("protected-person", person(names=(name("x" * 501),))), id="long-name"),
    pytest.param(KEY, encode("protected-person", person(dossier_numbers=(DOSSIER,) * 201)), id="too-many"),
]


@pytest.mark.parametrize(("key", "value"), BAD)
def test_a_row_in_doubt_is_left_and_changes_nothing(key: bytes | None, value: bytes) -> None:
    index = make_index(ROWS, native=True)
    first, last = encode("protected-person", person(8)), encode("protected-person", person(9))
    records = ((str(uuid(8)).encode(), first), (KEY, ROW), (key, value), (str(uuid(9)).encode(), last))
    assert batch(index, *records) == 2
    assert found(index, Traveller(dossier_number=DOSSIER)) == [uuid(1), uuid(8)]
    assert batch(index, *records, start=3) == 4
    assert len(index) == 3


def test_tombstones_are_taken_in_their_place() -> None:
    index = make_index(ROWS, native=True)
    assert batch(index, (KEY, ROW), (KEY, None), (b"nobody", None)) == 3
    assert len(index) == 0
    assert index.row(str(uuid(1))) is None
    assert batch(index, (KEY, None), (KEY, ROW)) == 2
    assert len(index) == 1


@LAWS
@given(PEOPLE, st.data())
def test_damaged_bytes_are_left_or_mean_what_they_mean_in_python(row: ProtectedPerson, data: st.DataObject) -> None:
    value = bytearray(encode("protected-person", row))
    for _ in range(data.draw(st.integers(1, 3))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    ours, twin = both()
    key = str(row.person_id).encode()
    if batch(ours, (key, bytes(value))) == 0:
        return
    values = ROWS.decode(bytes(value))
    check_protected_person(values)
    assert values["person_id"].encode() == key
    twin.upsert(key.decode(), bytes(value))
    one = Traveller(
        documents=tuple(seen(d["number"], d["issuing_state"]) for d in values["documents"]),
        names=row.names,
        birth_date=row.birth_dates[0] if row.birth_dates else None,
    )
    assert found(ours, one) == found(twin, one)


@LAWS
@given(st.lists(UUIDS_AND_LENGTHS, min_size=1, max_size=6))
@example(["x" * 151])  # behind it an id begins at the last place that is looked at, and at the first that is not
@example(["x" * 152])
@example([KEY.decode(), "é" * 127 + "H" + KEY.decode()])
def test_a_row_is_given_back_as_it_came_though_its_ids_are_packed(texts: list[str]) -> None:
    """Whatever looks like an id, and wherever the ids stand."""
    ours = NativeIndex(ROWS)
    row = person(names=tuple(name(text, "Y") for text in texts))
    for one in (row, person(), row):
        value = encode("protected-person", one)
        assert ours.upsert_batch([KEY], [value], 0) == 1
        assert ours.row(KEY.decode()) == value


def test_a_row_of_another_framing_is_held_in_the_one_form() -> None:
    rows = Codec("protected-person", raw=True, resolve_id=lambda _number: schema("protected-person"))
    index = NativeIndex(rows)
    framed = b"\0\0\0\0\7" + ROW[10:]
    assert batch(index, (KEY, framed)) == 0
    index.upsert(KEY.decode(), framed)
    assert index.row(KEY.decode()) == ROW
    # Now the id is known to be the newest schema's.
    other = encode("protected-person", person(2))
    assert batch(index, (str(uuid(2)).encode(), b"\0\0\0\0\7" + other[10:])) == 1


def test_a_row_that_cannot_be_read_leaves_the_person_as_they_were() -> None:
    index = make_index(ROWS, native=True)
    index.upsert(KEY.decode(), ROW)
    with pytest.raises(Refused):
        index.upsert(KEY.decode(), ROW[:-1])
    with pytest.raises(ValueError, match="does not take"):
        index.upsert(str(uuid(2)), ROW)
    assert index.row(KEY.decode()) == ROW
    assert len(index) == 1


def test_the_slot_of_a_person_who_was_taken_out_is_not_read() -> None:
    index = make_index(ROWS, native=True)
    index.upsert(KEY.decode(), ROW)
    (slot,) = index.find(values_of(Traveller(dossier_number=DOSSIER)))
    assert index.person(slot) is index.person(slot)
    index.remove(KEY.decode())
    with pytest.raises(KeyError):
        index.person(slot)


def test_more_people_are_read_than_are_kept_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.native._CACHED_PEOPLE", 2)
    index = make_index(ROWS, native=True)
    for n in range(1, 6):
        index.upsert(str(uuid(n)), encode("protected-person", person(n, dossier_numbers=(f"{n:08}",))))
    for _ in range(2):
        for n in range(1, 6):
            assert found(index, Traveller(dossier_number=f"{n:08}")) == [uuid(n)]


@pytest.mark.parametrize("native", [True, False])
def test_a_row_of_two_hundred_names_and_birth_dates_takes_bounded_time(native: bool) -> None:
    """As many as a row may have; each name is joined with each date."""
    letters = [f"{chr(65 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
    names = tuple(name(f"Ål{one}und Berg{one}s", f"In{one}venta Ma{one}ria") for one in letters)
    born = tuple(f"{1900 + n % 100}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(200))
    row = person(names=names, birth_dates=born)
    index = make_index(ROWS, native=native)
    started = time.process_time()
    index.upsert(str(row.person_id), encode("protected-person", row))
    index.upsert(str(row.person_id), encode("protected-person", row.model_copy(update={"names": names[:199]})))
    assert time.process_time() - started < 20.0
    assert found(index, Traveller(names=names[7:8], birth_date=born[9])) == [row.person_id]


def test_a_fault_in_making_codes_is_told_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> tuple[tuple[str, int], ...]:
        raise ArithmeticError

    monkeypatch.setattr("matcher.blocking.codes", fail)
    index = make_index(ROWS, native=True)
    # Letters of no table, which Python is asked about.
    row = encode("protected-person", person(names=(name("กขค", "Inventa"),)))
    with pytest.raises(ArithmeticError):
        index.upsert(KEY.decode(), row)
    assert len(index) == 0
    assert found(index, Traveller(dossier_number=DOSSIER)) == []


def test_without_the_extension_there_is_no_native_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.native._AVAILABLE", False)
    with pytest.raises(RuntimeError, match="make setup"):
        make_index(ROWS, native=True)
