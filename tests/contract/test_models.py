"""The models of schemas/records.py and the schema files are two writings of one thing."""

from __future__ import annotations

import types
from datetime import date
from enum import StrEnum
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, ValidationError
from pydantic.fields import FieldInfo

from schemas.codec import Codec, schema
from schemas.records import RECORDS, Event, EventKind, EventMemory, Record, RememberedMatch, StatusMatch, trusting
from tests.builders import LAWS, crossing
from tests.contract.strategies import values
from tests.contract.test_schema_files import definitions

REQUIRED = "required"


def of_schema(node: Any, named: dict[str, Any]) -> Any:
    """The shape of a schema: nested tuples of names, kinds, nullability and defaults, in order.

    Avro's two integers are one here, as they are in Python; what a nested record is called is left out.
    """
    if isinstance(node, list):
        null, inner = node
        assert null == "null"
        return ("nullable", of_schema(inner, named))
    if isinstance(node, str):
        if node in named:
            return of_schema(named[node], named)
        return "integer" if node in ("int", "long") else node
    if "logicalType" in node:
        return node["logicalType"]
    if node["type"] == "enum":
        return ("enum", node["name"], tuple(node["symbols"]))
    if node["type"] == "array":
        return ("array", of_schema(node["items"], named))
    return (
        "record",
        tuple(
            (field["name"], of_schema(field["type"], named), field.get("default", REQUIRED)) for field in node["fields"]
        ),
    )


PLAIN: dict[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    UUID: "uuid",
    AwareDatetime: "timestamp-millis",
    date: "date",
}


def of_model(annotation: Any) -> Any:
    """The shape of a model, in the same terms."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        inner, none = get_args(annotation)
        assert none is type(None)
        return ("nullable", of_model(inner))
    if get_origin(annotation) is tuple:
        inner, rest = get_args(annotation)
        assert rest is Ellipsis
        return ("array", of_model(inner))
    if hasattr(annotation, "__metadata__"):
        return of_model(get_args(annotation)[0])
    if issubclass(annotation, StrEnum):
        return ("enum", annotation.__name__, tuple(annotation))
    assert issubclass(annotation, Record)
    fields = annotation.model_fields.items()
    return ("record", tuple((name, of_model(field.rebuild_annotation()), default_of(field)) for name, field in fields))


def default_of(field: FieldInfo) -> Any:
    if field.is_required():
        return REQUIRED
    return [] if field.default == () else field.default


@pytest.mark.parametrize("record", RECORDS)
def test_the_model_has_the_fields_nullability_defaults_and_symbols_of_the_schema_in_its_order(record: str) -> None:
    named = {definition["name"]: definition for definition in definitions(record)}
    assert of_model(RECORDS[record]) == of_schema(schema(record), named)


@pytest.mark.parametrize("record", RECORDS)
@LAWS
@given(data=st.data())
def test_a_record_made_in_trust_is_the_one_that_pydantic_makes(record: str, data: st.DataObject) -> None:
    model = RECORDS[record].model_validate(data.draw(values(record)))
    made = trusting(RECORDS[record])(**model.__dict__)
    assert made == model
    assert (hash(made), repr(made), made.model_dump_json()) == (hash(model), repr(model), model.model_dump_json())
    assert made.model_copy() == model
    assert made.model_fields_set == model.model_fields_set


def test_a_record_made_in_trust_has_all_its_fields_and_no_other() -> None:
    make: Any = trusting(RememberedMatch)
    for wrong in ({}, {"digest": ""}, {"person_id": UUID(int=1), "digest": "", "more": 1}):
        with pytest.raises(TypeError, match="RememberedMatch"):
            make(**wrong)
    memory: Any = trusting(EventMemory)
    with_defaults = EventMemory(revision=1, kind=EventKind.REPORTED, matches=())
    assert memory(revision=1, kind=EventKind.REPORTED, matches=()) == with_defaults
    with pytest.raises(ValidationError):
        with_defaults.offset = 2
    with pytest.raises(ValidationError):
        memory(revision=1, kind=EventKind.REPORTED, matches=()).offset = 2


def test_a_codec_gives_records_of_its_own_model_and_of_what_that_is_made_of() -> None:
    codec, event = Codec("border-crossing"), crossing()
    data = codec.encode_record(event)
    assert codec.decode_record(data, Event) == codec.decode_record(data, type(event)) == event
    with pytest.raises(TypeError, match="border-crossing gives no StatusMatch"):
        codec.decode_record(data, StatusMatch)
