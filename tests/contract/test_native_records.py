"""The core's codec of typed records gives what Python gives, or leaves it to Python: never anything else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.native import make_codec, make_index
from schemas.codec import Codec, schema
from schemas.reasons import Refused
from schemas.records import RECORDS, Record
from schemas.shape import shape
from tests.builders import LAWS, codec
from tests.contract.examples import Accepted
from tests.contract.strategies import values
from tests.contract.test_hostile_bytes import each_example
from tests.unit.natively import needs_native

pytestmark = needs_native
each_record = pytest.mark.parametrize("record", RECORDS)


@pytest.fixture(scope="module")
def fast() -> dict[str, Codec]:
    index = make_index(codec("protected-person", raw=True), native=True)
    return {record: Codec(record, fast=make_codec(index, record)) for record in RECORDS}


def outcome(codec: Codec, data: bytes) -> Any:
    """The record with all that Pydantic keeps of it, or the reason why there is none."""
    try:
        return _kept(codec.decode_record(data, Record))
    except Refused as refusal:
        return refusal.reason


def _kept(value: Any) -> Any:
    if isinstance(value, Record):
        fields = [(name, _kept(part)) for name, part in value.__dict__.items()]
        return type(value), fields, value.model_fields_set, value.model_extra, value.__pydantic_private__
    if isinstance(value, tuple):
        return [_kept(part) for part in value]
    return type(value), value


@each_record
@LAWS
@given(data=st.data())
def test_a_record_is_written_and_read_as_by_python(fast: dict[str, Codec], record: str, data: st.DataObject) -> None:
    model = RECORDS[record].model_validate(data.draw(values(record)))
    encoded = Codec(record).encode_record(model)
    core = fast[record]._fast
    assert core is not None
    # By the core itself, not by what stands in for it.
    assert core.write(model, encoded[:10]) == encoded
    assert outcome(fast[record], encoded) == outcome(Codec(record), encoded)
    read = core.read(encoded, 10)
    if re.search(b"[\x80-\xff]{9}", encoded):
        return  # a number of ten bytes, perhaps; those are left to Python
    assert read == model
    assert hash(read) == hash(model)
    assert read.model_dump_json() == model.model_dump_json()


@each_example
def test_damaged_bytes_give_the_same_record_or_the_same_refusal(fast: dict[str, Codec], example: Accepted) -> None:
    data, plain = bytearray(example.encoded), Codec(example.record)
    for index in range(len(data)):
        for change in (1, 2, 0x80, 0xFF):
            data[index] ^= change
            assert outcome(fast[example.record], bytes(data)) == outcome(plain, bytes(data)), (index, change)
            data[index] ^= change
    for length in range(len(data)):
        assert outcome(fast[example.record], bytes(data[:length])) == outcome(plain, bytes(data[:length]))
    assert outcome(fast[example.record], bytes([*data, 0])) == outcome(plain, bytes([*data, 0]))


def test_what_the_core_cannot_write_is_left_to_python(fast: dict[str, Codec]) -> None:
    core = fast["event-memory"]._fast
    memory = RECORDS["event-memory"].model_construct(revision=2**40, kind="NONE", matches=(), offset=0)
    assert core is not None
    assert core.write(memory, b"") is None
    with pytest.raises((KeyError, OverflowError)):
        fast["event-memory"].encode_record(memory)


def test_a_schema_that_is_not_that_of_its_model_is_not_taken() -> None:
    with pytest.raises(KeyError):
        shape(schema("redrive"), RECORDS["event-memory"])
    odd = {"type": "record", "name": "R", "fields": [{"name": "revision", "type": "double"}]}
    with pytest.raises(NotImplementedError):
        shape(odd, RECORDS["event-memory"])
    odd["fields"] = [{"name": "revision", "type": ["null", "int", "string"]}]
    with pytest.raises(NotImplementedError):
        shape(odd, RECORDS["event-memory"])
