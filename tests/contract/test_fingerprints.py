"""The fingerprint that stands in every header is the one that all implementations of Avro compute."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.codec import history, schema_fingerprint
from schemas.records import RECORDS

# CRC-64-AVRO of the parsing canonical form as a signed 64-bit number, from the vectors of the Avro project
# (share/test/data/schema-tests.txt, numbered as there).
VECTORS: dict[str, tuple[Any, int]] = {
    "000 null": ("null", 7195948357588979594),
    "002 boolean": ("boolean", -6970731678124411036),
    "004 int": ("int", 8247732601305521295),
    "005 int as an object": ({"type": "int"}, 8247732601305521295),
    "006 long": ("long", -3434872931120570953),
    "008 float": ("float", 5583340709985441680),
    "010 double": ("double", -8181574048448539266),
    "012 bytes": ("bytes", 5746618253357095269),
    "014 string": ("string", -8142146995180207161),
    "017 union": (["int"], -5232228896498058493),
    "018 union": (["int", {"type": "boolean"}], 5392556393470105090),
    "020 namespace": ({"fields": [], "type": "record", "name": "foo", "namespace": "x.y"}, 5916914534497305771),
    "021 full name": ({"fields": [], "type": "record", "name": "a.b.foo", "namespace": "x.y"}, -4616218487480524110),
    "024 doc and aliases": (
        {"fields": [], "type": "record", "name": "foo", "doc": "foo", "aliases": ["foo", "bar"]},
        -4824392279771201922,
    ),
    "025 field": (
        {"fields": [{"type": {"type": "boolean"}, "name": "f1"}], "type": "record", "name": "foo"},
        7843277075252814651,
    ),
    "028 enum": (
        {"namespace": "x.y.z", "type": "enum", "name": "foo", "doc": "foo bar", "symbols": ["A1", "A2"]},
        -4448647247586288245,
    ),
    "029 fixed": ({"name": "foo", "type": "fixed", "size": 15}, 1756455273707447556),
    "031 array": ({"items": {"type": "null"}, "type": "array"}, -589620603366471059),
    "032 map": ({"values": "string", "type": "map"}, -8732877298790414990),
    "033 recursive": (
        {
            "type": "record",
            "name": "PigValue",
            "fields": [{"name": "value", "type": ["null", "int", "long", "PigValue"]}],
        },
        -1759257747318642341,
    ),
}

# Of every committed version, the oldest first. A line is added with a version and never changed.
COMMITTED = {
    "border-crossing": ["ab05c7ccfc36a1f6"],
    "mission-observation": ["49cc0b4050607ef6"],
    "protected-person": ["cc1db93346ea71ba"],
    "status-match": ["e5d0f20dcdaca1b1", "f4d817cfcdf85f97", "41668885d4c542df"],
    "revocation-candidate": ["22c5473ea86511df", "6b4ae054b2976246", "bbae84dd88f6ba49", "bf66e6932f511531"],
    "identity-review": ["1f8d49fc36663d75", "b21ae514aa8f9989", "628ab7cc552d0ad8", "ce2e7e221cef829a"],
    "identity-decision": ["e93f320eaaa56347"],
    "case-outcome": ["44192d2f39585382"],
    "dead-letter": ["1a8b9e0cf570b2fb"],
    "redrive": ["d63366b800d352eb", "a1102c6450348ff2"],
    "event-memory": ["683beb3381661ad9", "652bc872627936aa"],
}


@pytest.mark.parametrize(("definition", "number"), VECTORS.values(), ids=VECTORS)
def test_the_fingerprint_agrees_with_the_avro_projects_vectors(definition: Any, number: int) -> None:
    assert schema_fingerprint(definition) == number.to_bytes(8, "little", signed=True)


def test_the_fingerprint_of_int_stands_in_the_header_as_in_the_specification() -> None:
    assert schema_fingerprint({"type": "int"}).hex() == "8f5c393f1ad57572"


@pytest.mark.parametrize("record", RECORDS)
def test_a_committed_version_is_never_altered(record: str) -> None:
    assert [schema_fingerprint(version).hex() for version in history(record)] == COMMITTED[record]


def test_every_fingerprint_belongs_to_one_record() -> None:
    every = [fingerprint for versions in COMMITTED.values() for fingerprint in versions]
    assert len(every) == len(set(every))
