"""The compiled writer gives the bytes that fastavro gives, and takes nothing that does not fit."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec, schema, without_logical_types
from schemas.compiled_writer import compile_writer
from schemas.records import RECORDS
from tests.builders import LAWS
from tests.contract.strategies import values, values_of

each_record = pytest.mark.parametrize("record", RECORDS)


def by_fastavro(definition: dict[str, Any], some: dict[str, Any]) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parse_schema(definition), some)
    return out.getvalue()


@each_record
@LAWS
@given(data=st.data())
def test_typed_values_are_written_as_fastavro_writes_them(record: str, data: st.DataObject) -> None:
    some = data.draw(values(record))
    assert compile_writer(schema(record))(some) == by_fastavro(schema(record), some)


@each_record
@LAWS
@given(data=st.data())
def test_raw_values_are_written_as_fastavro_writes_them(record: str, data: st.DataObject) -> None:
    plain = without_logical_types(schema(record))
    some = data.draw(values_of(plain))
    assert compile_writer(schema(record))(some) == by_fastavro(plain, some)


@each_record
@LAWS
@given(data=st.data())
def test_a_typed_record_is_written_as_its_values_are(record: str, data: st.DataObject) -> None:
    model = RECORDS[record].model_validate(data.draw(values(record)))
    assert Codec(record).encode_record(model) == Codec(record).encode(model.to_avro())


ALL: dict[str, Any] = {
    "type": "record",
    "name": "All",
    "fields": [
        {"name": "double", "type": "double", "default": 0.5},
        {"name": "float", "type": "float", "default": 0.25},
        {"name": "bytes", "type": "bytes"},
        {"name": "none", "type": "null", "default": None},
        {"name": "last_null", "type": ["int", "null"], "default": 7},
        {"name": "long", "type": "long"},
        {"name": "flag", "type": "boolean"},
        {"name": "kind", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "again", "type": {"type": "array", "items": "E"}},
    ],
}
GOOD: dict[str, Any] = {"bytes": b"\0x", "long": 1, "flag": True, "kind": "B", "again": ["A", "B"]}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"double": -1.5, "float": 2.0, "last_null": None, "flag": False, "again": []},
        *({"long": number} for number in (-65, -64, 63, 64, 2**63 - 1, -(2**63))),
        {"again": ["B"] * 100},
    ],
)
def test_every_type_and_default(change: dict[str, Any]) -> None:
    some = {**GOOD, **change}
    assert compile_writer(ALL)(some) == by_fastavro(ALL, some)


@pytest.mark.parametrize("change", [{"long": 2**63}, {"last_null": 2**31}, {"kind": "C"}, {"again": 1}, {"long": "1"}])
def test_what_does_not_fit_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, KeyError, AttributeError, OverflowError)):
        compile_writer(ALL)({**GOOD, **change})


def test_a_time_without_zone_and_a_missing_field_are_told_as_one_error() -> None:
    some: dict[str, Any] = {
        "topic": "border-crossings",
        "partition": 0,
        "offset": 1,
        "timestamp": datetime(2026, 3, 2, tzinfo=UTC),
        "sha256": "0" * 64,
        "size": 0,
        "reason": "payload-missing",
        "field": None,
        "service": "matching",
        "version": "1",
    }
    codec = Codec("dead-letter")
    assert codec.decode(codec.encode(some))["timestamp"] == some["timestamp"]
    for broken in ({**some, "timestamp": datetime(2026, 3, 2)}, {k: v for k, v in some.items() if k != "size"}):  # noqa: DTZ001
        with pytest.raises(ValueError, match="do not fit the schema of dead-letter"):
            codec.encode(broken)


@pytest.mark.parametrize("kind", [["null", "int", "string"], {"type": "map", "values": "int"}, ["int"]])
def test_what_this_project_does_not_use_is_refused_when_it_is_compiled(kind: Any) -> None:
    with pytest.raises(NotImplementedError):
        compile_writer({"type": "record", "name": "R", "fields": [{"name": "a", "type": kind}]})


def test_ids_may_be_text() -> None:
    one = {"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "string", "logicalType": "uuid"}}]}
    assert compile_writer(one)({"a": UUID(int=1)}) == compile_writer(one)({"a": str(UUID(int=1))})
