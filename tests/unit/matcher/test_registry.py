"""The index finds exactly whom a walk through all rows would find, whatever has been put in and taken out."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.blocking import NEEDED, Scope, date_variants, name_codes
from matcher.registry import RegistryIndex, document_key
from schemas.reasons import Reason, Refused
from schemas.records import DocumentKind, KnownDocument, PersonName, ProtectedPerson, SeenDocument, Traveller
from tests.builders import (
    DOSSIER,
    LAWS,
    PERSONAL_NUMBER,
    STRANGER,
    codec,
    crossing,
    encode,
    known,
    name,
    person,
    raw,
    seen,
    traveller,
    uuid,
)


def make_index(*people: ProtectedPerson) -> RegistryIndex:
    index = RegistryIndex(codec("protected-person", raw=True).decode, codec("protected-person").decode)
    for one in people:
        put(index, one)
    return index


def put(index: RegistryIndex, one: ProtectedPerson) -> None:
    index.upsert(str(one.person_id), encode("protected-person", one))


def find(index: RegistryIndex, one: Traveller) -> list[ProtectedPerson]:
    values = raw("border-crossing", crossing(traveller=one))["traveller"]
    return [index.person(slot) for slot in index.find(values)]


@pytest.mark.parametrize(
    ("state", "number", "key"),
    [
        ("UTO", "P0451298", "UTO:P0451298"),
        ("UTO", "p 0451-298", "UTO:P0451298"),
        ("D", "C01X00T47", "DEU:C01X00T47"),
        ("DEU", "c01x00t47", "DEU:C01X00T47"),
        ("XKX", "1", "RKS:1"),
    ],
)
def test_a_document_has_one_key_however_it_is_written(state: str, number: str, key: str) -> None:
    assert document_key(state, number) == key


ALONE = Traveller()


@pytest.mark.parametrize(
    "one",
    [
        Traveller(documents=(seen("RD 1234567", "SWE", DocumentKind.REFUGEE_TRAVEL_DOCUMENT),)),
        Traveller(documents=(seen("NOBODYS", "UTO"), seen("p0451298", "UTO"))),
        Traveller(personal_number=PERSONAL_NUMBER),
        Traveller(dossier_number=DOSSIER),
        Traveller(names=(name("AABERGSSON", "MARIA INVENTA"),), birth_date="1974-08-12"),
        Traveller(names=(name("Other", "One"), name()), birth_date="1974-08-12"),
        Traveller(names=(name("Abergson", "Inventa"),), birth_date="1974-08-12"),
        Traveller(names=(name(),), birth_date="1974-12-08"),
        Traveller(names=(name(),), birth_date="1975-08-12"),
        Traveller(names=(name(),), birth_date="1974"),
    ],
)
def test_each_key_finds_the_person(one: Traveller) -> None:
    assert find(make_index(person()), one) == [person()]


@pytest.mark.parametrize(
    "one",
    [
        STRANGER,
        ALONE,
        Traveller(documents=(seen("P0451298", "NOR"),)),
        Traveller(names=(name("Annan", "Maria"),), birth_date="1974-03-14"),
        Traveller(names=(name("", "Maria"),), birth_date="1974"),
        Traveller(names=(name("", ""),), birth_date="1974-08-12"),
        # A name alone makes nobody a possible match.
        Traveller(names=(name(),)),
        Traveller(personal_number=DOSSIER, dossier_number=PERSONAL_NUMBER),
    ],
)
def test_what_is_nobodys_finds_nobody(one: Traveller) -> None:
    assert find(make_index(person()), one) == []


def test_a_key_that_two_share_finds_both_and_after_a_removal_the_other() -> None:
    index = make_index(person(1), person(2), person(3))
    assert [one.person_id for one in find(index, traveller())] == [uuid(1), uuid(2), uuid(3)]
    index.remove(str(uuid(2)))
    assert [one.person_id for one in find(index, traveller())] == [uuid(1), uuid(3)]
    index.remove(str(uuid(1)))
    assert [one.person_id for one in find(index, traveller())] == [uuid(3)]
    assert len(index) == 1


def test_a_new_row_takes_the_place_of_the_old_one_also_where_it_had_been_read() -> None:
    index = make_index(person())
    assert find(index, traveller()) == [person()]
    moved = person(documents=(known("RD7654321"),), names=(name("Gift", "Annan"),))
    put(index, moved)
    assert find(index, traveller()) == []
    assert find(index, Traveller(documents=(seen("RD7654321", "SWE"),))) == [moved]
    assert len(index) == 1


def test_the_slot_of_a_person_who_was_taken_out_is_not_read() -> None:
    index = make_index(person())
    (slot,) = index.find(raw("border-crossing", crossing())["traveller"])
    index.remove(str(uuid(1)))
    with pytest.raises(KeyError):
        index.person(slot)


def test_taking_out_who_is_not_in_changes_nothing() -> None:
    index = make_index(person())
    index.remove(str(uuid(77)))
    assert find(index, traveller()) == [person()]


def test_a_row_that_cannot_be_read_leaves_the_person_as_they_were() -> None:
    index = make_index(person())
    with pytest.raises(Refused) as refusal:
        index.upsert(str(uuid(1)), encode("protected-person", person(names=()))[:-1])
    assert refusal.value.reason is Reason.PAYLOAD_TRUNCATED
    assert find(index, traveller()) == [person()]


def test_more_people_are_read_than_are_kept_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.registry._CACHED_PEOPLE", 2)
    index = make_index(*(person(n, dossier_numbers=(f"{n:08}",)) for n in range(1, 6)))
    for _ in range(2):
        for n in range(1, 6):
            assert [one.person_id for one in find(index, Traveller(dossier_number=f"{n:08}"))] == [uuid(n)]


# Few values, so that people share keys and lose them again.
NUMBERS = st.sampled_from(["P1", "P 1", "p2", "P3"])
STATES = st.sampled_from(["UTO", "D", "DEU"])
NAMES = st.builds(
    name, st.sampled_from(["Åbergsson", "AABERGSON", "Li", ""]), st.sampled_from(["Inventa Maria", "Inventa", "Li", ""])
)
DATES = st.sampled_from(["1974-08-12", "1974-12-08", "1974-08", "1975-08-12", "1980-01-01", "1980-05-05"])
PERSONALS = st.sampled_from([PERSONAL_NUMBER, "190001010107"])
DOSSIERS = st.sampled_from([DOSSIER, "87654321"])
PEOPLE = st.builds(
    person,
    st.integers(1, 4),
    documents=st.lists(st.builds(known, NUMBERS, STATES), max_size=2),
    personal_numbers=st.lists(PERSONALS, max_size=2),
    dossier_numbers=st.lists(DOSSIERS, max_size=2),
    names=st.lists(NAMES, max_size=2),
    birth_dates=st.lists(DATES, max_size=2),
)
TRAVELLERS = st.builds(
    Traveller,
    documents=st.lists(st.builds(seen, NUMBERS, STATES), max_size=2),
    personal_number=st.none() | PERSONALS,
    dossier_number=st.none() | DOSSIERS,
    names=st.lists(NAMES, max_size=2),
    birth_date=st.none() | DATES,
)


def same_document(one: SeenDocument, other: KnownDocument) -> bool:
    state = {"D": "DEU"}
    return (
        state.get(one.issuing_state, one.issuing_state) == state.get(other.issuing_state, other.issuing_state)
        and one.number.replace(" ", "").upper() == other.number.replace(" ", "").upper()
    )


def same_name(one: PersonName, other: PersonName, read: str | None, held: str | None) -> bool:
    """Whether enough of the names is alike for what is known of the birth: as `blocking` says, by counting."""
    codes = dict(name_codes(other.surname, other.given_names))
    shared = {code: weight for code, weight in name_codes(one.surname, one.given_names) if code in codes}
    weights = sorted(shared.values(), reverse=True)[:3]
    needed = []
    if read and held:
        if read[:4] == held[:4]:
            needed.append(NEEDED[Scope.YEAR])
        if len(held) == 10 and held in date_variants(read):
            needed.append(NEEDED[Scope.JANUARY if held.endswith("-01-01") else Scope.DATE])
    return bool(needed) and sum(weights) >= min(needed)


def concerns(one: Traveller, row: ProtectedPerson) -> bool:
    return (
        any(same_document(read, held) for read in one.documents for held in row.documents)
        or one.personal_number in row.personal_numbers
        or one.dossier_number in row.dossier_numbers
        or any(
            same_name(read, held, one.birth_date, born)
            for read in one.names
            for held in row.names
            for born in row.birth_dates or (None,)
        )
    )


@LAWS
@given(
    st.lists(PEOPLE | st.integers(1, 4), max_size=25),
    st.lists(TRAVELLERS, min_size=1, max_size=4),
)
def test_after_any_changes_the_index_finds_whom_a_walk_through_all_rows_finds(
    changes: list[ProtectedPerson | int], travellers: list[Traveller]
) -> None:
    index = make_index()
    rows: dict[UUID, ProtectedPerson] = {}
    for change in changes:
        if isinstance(change, int):
            index.remove(str(uuid(change)))
            rows.pop(uuid(change), None)
        else:
            put(index, change)
            rows[change.person_id] = change
        # Also in between: what is read must not outlive the next change.
        for one in travellers:
            got = find(index, one)
            assert sorted(got, key=lambda row: row.person_id) == sorted(
                (row for row in rows.values() if concerns(one, row)), key=lambda row: row.person_id
            )
    assert len(index) == len(rows)
