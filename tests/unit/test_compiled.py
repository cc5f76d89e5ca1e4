"""The compiled reader: every type it knows, read as fastavro reads it, and stricter where fastavro is lax."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from schemas.compiled import MalformedError, compile_reader

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "All",
    "fields": [
        {"name": "long", "type": "long"},
        {"name": "int", "type": {"type": "int"}},
        {"name": "double", "type": "double"},
        {"name": "float", "type": "float"},
        {"name": "bytes", "type": "bytes"},
        {"name": "string", "type": "string"},
        {"name": "boolean", "type": "boolean"},
        {"name": "union", "type": ["null", "string", "long"]},
        {"name": "enum", "type": {"type": "enum", "name": "E", "symbols": ["A", "B", "C"]}},
        {"name": "again", "type": {"type": "array", "items": "E"}},
        {"name": "lists", "type": {"type": "array", "items": {"type": "array", "items": "long"}}},
    ],
}
values = st.fixed_dictionaries(
    {
        "long": st.integers(-(2**63), 2**63 - 1),
        "int": st.integers(-(2**31), 2**31 - 1),
        "double": st.floats(allow_nan=False),
        "float": st.floats(width=32, allow_nan=False),
        "bytes": st.binary(max_size=200),
        "string": st.text(max_size=100),
        "boolean": st.booleans(),
        "union": st.none() | st.text(max_size=3) | st.integers(-(2**63), 2**63 - 1),
        "enum": st.sampled_from("ABC"),
        "again": st.lists(st.sampled_from("ABC"), max_size=70),
        "lists": st.lists(st.lists(st.integers(-9, 9), max_size=3), max_size=3),
    }
)
read = compile_reader(SCHEMA)


def of(kind: Any) -> Any:
    """A reader of a record with one field `a`."""
    return compile_reader({"type": "record", "name": "R", "fields": [{"name": "a", "type": kind}]})


@given(values, st.binary(max_size=3))
def test_every_type_is_read_and_the_end_is_told(record: dict[str, Any], rest: bytes) -> None:
    out = BytesIO(b"head")
    out.seek(4)
    schemaless_writer(out, parse_schema(SCHEMA), record)
    data = out.getvalue()
    assert read(data + rest, 4) == (record, len(data))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("long", b"\x80" * 9 + b"\x02", id="an integer of more than 64 bits"),
        pytest.param("long", b"\x80" * 10 + b"\x01", id="an integer of more than ten bytes"),
        pytest.param("int", b"\x80\x80\x80\x80\x10", id="2**31 as int"),
        pytest.param("string", b"\x01", id="a negative length"),
        pytest.param("string", b"\x81\x01" + b"x" * 99, id="a negative length of two bytes"),
        pytest.param("boolean", b"\x02", id="a boolean that is neither"),
        pytest.param(["null", "long"], b"\x04", id="a branch that is none"),
        pytest.param(["null", "long"], b"\x01", id="a negative branch"),
        pytest.param({"type": "enum", "name": "E", "symbols": ["A"]}, b"\x02", id="a symbol that is none"),
        pytest.param({"type": "enum", "name": "E", "symbols": ["A"]}, b"\x80\x00", id="a symbol written too long"),
        pytest.param({"type": "array", "items": "long"}, b"\xfe\xff\xff\x07\x02", id="more items than bytes"),
        pytest.param({"type": "array", "items": "long"}, b"\x01\x01\x02", id="a block of negative size"),
        pytest.param({"type": "array", "items": "long"}, b"\x80\x00", id="an end of two bytes"),
        pytest.param({"type": "array", "items": "long"}, b"\x02\x02\x80\x00\x00", id="an empty block before the end"),
    ],
)
def test_what_is_no_value_of_the_schema_is_malformed(kind: Any, data: bytes) -> None:
    with pytest.raises(MalformedError):
        of(kind)(data, 0)


@pytest.mark.parametrize("kind", ["double", "float", "long", "boolean", {"type": "array", "items": "long"}], ids=str)
def test_bytes_that_end_early_are_an_index_error(kind: Any) -> None:
    with pytest.raises(IndexError):
        of(kind)(b"\x80" if kind == "long" else b"", 0)


def test_a_text_that_is_cut_ends_beyond_the_bytes() -> None:
    assert of("string")(b"\x06ab", 0) == ({"a": "ab"}, 4)


def test_a_block_with_its_size_is_read_as_one_without() -> None:
    numbers = of({"type": "array", "items": "long"})
    assert numbers(b"\x03\x04\x02\x04\x00", 0) == ({"a": [1, 2]}, 5)
    assert numbers(b"\x02\x02\x02\x04\x00", 0) == ({"a": [1, 2]}, 5)


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "map", "values": "long"},
        {"type": "fixed", "name": "F", "size": 4},
        {"type": "enum", "name": "E", "symbols": [f"S{number}" for number in range(65)]},
    ],
    ids=["map", "fixed", "large enum"],
)
def test_a_type_that_no_schema_here_uses_is_not_compiled(kind: Any) -> None:
    with pytest.raises(NotImplementedError):
        of(kind)
