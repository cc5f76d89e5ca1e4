"""The registry in memory: from what stands in a document to the people it may name.

Holds each person's row as the bytes that came from Kafka, and small tables from keys to slots; a row is decoded when
one of its keys is hit, which is rare. Decoded rows would take several times the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from matcher.blocking import also_born, blocks, joined, name_codes, wanted
from schemas.countries import same_state
from schemas.records import ProtectedPerson

# Where one key names one person, as almost always, the slot itself is kept; else a tuple of slots.
Slots = int | tuple[int, ...]
# Few are met again soon, and each takes some kilobytes.
_CACHED_PEOPLE = 256


def document_key(issuing_state: str, number: str) -> str:
    """Key of a document: its state and its number, letters and digits only, in capitals."""
    if not number.isalnum():
        number = "".join(c for c in number if c.isalnum())
    return f"{same_state(issuing_state)}:{number.upper()}"


class RegistryIndex:
    """All protected people, found by document, personal number, dossier number, or by names (`blocking`).

    Args:
        decode_raw: bytes of a row to raw values (`Codec("protected-person", raw=True).decode`).
        decode: bytes of a row to typed values, for `ProtectedPerson.from_avro`.
    """

    def __init__(
        self, decode_raw: Callable[[bytes], dict[str, Any]], decode: Callable[[bytes], dict[str, Any]]
    ) -> None:
        self._decode_raw = decode_raw
        self._decode = decode
        self._slot_of: dict[str, int] = {}
        self._rows: list[bytes | None] = []
        self._ids: list[str] = []
        self._documents: dict[str, Slots] = {}
        self._personal_numbers: dict[str, Slots] = {}
        self._dossier_numbers: dict[str, Slots] = {}
        self._names: dict[str, Slots] = {}
        self._people: dict[int, ProtectedPerson] = {}

    def __len__(self) -> int:
        return len(self._slot_of)

    def upsert(self, person_id: str, row: bytes, values: Mapping[str, Any] | None = None) -> None:
        """Take in a person's newest row; it is found at once. Raises Refused; whatever it raises, nothing was changed.

        `values` are the row's raw values, where the caller has them already: decoding is half of what loading costs.
        """
        if values is None:
            values = self._decode_raw(row)
        keys = list(self._keys(values))
        slot = self._slot_of.get(person_id)
        if slot is None:
            slot = len(self._rows)
            self._slot_of[person_id] = slot
            self._rows.append(row)
            self._ids.append(person_id)
        else:
            if self._rows[slot] == row:
                return
            self._forget_keys(slot)
            self._rows[slot] = row
        for table, keys_in_it in keys:
            for key in keys_in_it:
                _add(table, key, slot)

    def upsert_batch(self, _keys: list[bytes | None], _values: list[bytes | None], start: int) -> int:
        """The native index takes in many rows at once; this one leaves each to `upsert`."""
        return start

    def remove(self, person_id: str) -> None:
        """Take a person out (a tombstone on the topic)."""
        slot = self._slot_of.pop(person_id, None)
        if slot is not None:
            self._forget_keys(slot)
            self._rows[slot] = None

    def row(self, person_id: str) -> bytes | None:
        """The row held of a person."""
        slot = self._slot_of.get(person_id)
        return None if slot is None else self._rows[slot]

    def person_id(self, slot: int) -> str:
        """Who is in a slot that `find` gave."""
        return self._ids[slot]

    def values(self, slot: int) -> dict[str, Any]:
        """Raw values of the row in a slot that `find` gave."""
        row = self._rows[slot]
        if row is None:
            raise KeyError(slot)
        return self._decode_raw(row)

    def person(self, slot: int) -> ProtectedPerson:
        """The person in a slot that `find` gave."""
        person = self._people.get(slot)
        if person is None:
            row = self._rows[slot]
            if row is None:
                raise KeyError(slot)
            person = ProtectedPerson.from_avro(self._decode(row))
            if len(self._people) >= _CACHED_PEOPLE:
                self._people.clear()
            self._people[slot] = person
        return person

    def find(self, traveller: Mapping[str, Any]) -> tuple[int, ...]:
        """Slots of the people whom the traveller (raw values) may be, rising; empty for almost everybody."""
        found: set[int] | None = None
        documents = self._documents
        for document in traveller["documents"]:
            hit = documents.get(document_key(document["issuing_state"], document["number"]))
            if hit is not None:
                found = _union(found, hit)
        number = traveller["personal_number"]
        if number is not None:
            hit = self._personal_numbers.get(number)
            if hit is not None:
                found = _union(found, hit)
        number = traveller["dossier_number"]
        if number is not None:
            hit = self._dossier_numbers.get(number)
            if hit is not None:
                found = _union(found, hit)
        if traveller["names"] and traveller["birth_date"] is not None:
            found = self._find_by_name(traveller, found)
        return () if found is None else tuple(sorted(found))

    def near(self, traveller: Mapping[str, Any]) -> Sequence[tuple[int, bool]]:
        """The same, of each of whom it is still to be asked whether the traveller could be them."""
        return [(slot, False) for slot in self.find(traveller)]

    def _find_by_name(self, traveller: Mapping[str, Any], found: set[int] | None) -> set[int] | None:
        """Whom the blocks of the traveller's names and birth date, with its variants, find besides."""
        names, asked = self._names, wanted(traveller["birth_date"])
        before = None
        for name in traveller["names"]:
            codes = name_codes(name["surname"], name["given_names"])
            # As printed and as in the MRZ they are mostly the same.
            if codes and codes != before:
                before = codes
                for scope, times in asked:
                    for text in joined(codes, scope):
                        for time in times:
                            hit = names.get(f"{time}|{text}")
                            if hit is not None:
                                found = _union(found, hit)
        return found

    def _forget_keys(self, slot: int) -> None:
        self._people.pop(slot, None)
        row = self._rows[slot]
        if row is not None:
            for table, keys in self._keys(self._decode_raw(row)):
                for key in keys:
                    _remove(table, key, slot)

    def _keys(self, row: Mapping[str, Any]) -> Iterable[tuple[dict[str, Slots], set[str]]]:
        yield self._documents, {document_key(d["issuing_state"], d["number"]) for d in row["documents"]}
        yield self._personal_numbers, set(row["personal_numbers"])
        yield self._dossier_numbers, set(row["dossier_numbers"])
        keys: set[str] = set()
        also = also_born(row["birth_dates"], countries_of(row))
        for codes in {name_codes(name["surname"], name["given_names"]) for name in row["names"]}:
            keys |= blocks(codes, row["birth_dates"], also)
        yield self._names, keys


def countries_of(row: Mapping[str, Any]) -> set[str]:
    """Codes of the countries of which a person (raw values) is a citizen, or against which a claim was examined."""
    return {*row["citizenships"], *(code for status in row["statuses"] for code in status["countries"])}


def _union(found: set[int] | None, hit: Slots) -> set[int]:
    if found is None:
        found = set()
    if isinstance(hit, int):
        found.add(hit)
    else:
        found.update(hit)
    return found


def _add(table: dict[str, Slots], key: str, slot: int) -> None:
    held = table.get(key)
    if held is None:
        table[key] = slot
    elif isinstance(held, int):
        if held != slot:
            table[key] = (held, slot)
    elif slot not in held:
        table[key] = (*held, slot)


def _remove(table: dict[str, Slots], key: str, slot: int) -> None:
    held = table.get(key)
    if held is None or held == slot:
        table.pop(key, None)
    elif isinstance(held, tuple):
        left = tuple(other for other in held if other != slot)
        table[key] = left if len(left) > 1 else left[0]
