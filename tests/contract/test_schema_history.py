"""Versions of the schemas: BACKWARD_TRANSITIVE, shown by the rules and by really writing old and reading new."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas
import schemas.codec
from schemas.codec import Codec, history, schema
from schemas.compatibility import transitive_breaks
from schemas.records import RECORDS
from schemas.versions import Step, unrecorded_change, unrecorded_changes
from tests.contract.strategies import values_of

each_record = pytest.mark.parametrize("record", RECORDS)


def test_every_change_of_a_schema_has_been_recorded_as_a_version() -> None:
    assert [str(change) for change in unrecorded_changes()] == []


@each_record
def test_the_newest_version_is_the_schema_in_use(record: str) -> None:
    assert history(record)[-1] == schema(record)


@each_record
def test_versions_are_numbered_from_one_without_a_gap(record: str) -> None:
    folder = Path(schemas.__file__).parent / "history" / record
    assert sorted(int(file.stem) for file in folder.iterdir()) == list(range(1, len(history(record)) + 1))


@each_record
def test_every_version_reads_every_earlier_one(record: str) -> None:
    assert transitive_breaks(history(record)) == ()


@each_record
@given(data=st.data())
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_was_written_with_any_version_is_read_with_the_newest(record: str, data: st.DataObject) -> None:
    for version in history(record):
        written = data.draw(values_of(version))
        read = Codec(record).decode(written_with(version, record, written))
        assert set(read) == {field["name"] for field in schema(record)["fields"]}
        RECORDS[record].from_avro(read)


def written_with(version: dict[str, Any], record: str, values: dict[str, Any]) -> bytes:
    """Bytes as a publisher wrote them who still has that version."""
    from io import BytesIO

    from fastavro import parse_schema, schemaless_writer

    out = BytesIO()
    out.write(b"\xc3\x01" + schemas.codec.schema_fingerprint(version))
    schemaless_writer(out, parse_schema(version), values)
    return out.getvalue()


def changed(record: str, change: Any) -> dict[str, Any]:
    """A copy of a schema with one change made to it."""
    definition = copy.deepcopy(schema(record))
    change(definition)
    return definition


def drop_field(definition: dict[str, Any]) -> None:
    definition["fields"] = [field for field in definition["fields"] if field["name"] != "field"]


def add_field(definition: dict[str, Any]) -> None:
    definition["fields"].append({"name": "host", "type": "string", "doc": "Where it ran."})


def change_a_doc(definition: dict[str, Any]) -> None:
    definition["fields"][0]["doc"] = "Another sentence."


def change_a_logical_type(definition: dict[str, Any]) -> None:
    (timestamp,) = (field for field in definition["fields"] if field["name"] == "timestamp")
    timestamp["type"]["logicalType"] = "timestamp-micros"


@pytest.mark.parametrize("raw", [False, True], ids=["logical", "raw"])
def test_a_record_from_before_a_field_came_is_read_with_its_default(raw: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    older = changed("dead-letter", drop_field)
    monkeypatch.setattr("schemas.codec.history", lambda record: (older, schema(record)))
    values: dict[str, Any] = {
        "topic": "border-crossings",
        "partition": 3,
        "offset": 41,
        "timestamp": 1_773_480_431_003,
        "sha256": "00",
        "size": 0,
        "reason": "payload-missing",
        "service": "matching",
        "version": "0.1.0",
    }
    read = Codec("dead-letter", raw=raw).decode(written_with(older, "dead-letter", values))
    assert read["field"] is None
    assert read["version"] == "0.1.0"
    assert (read["timestamp"] == values["timestamp"]) is raw


def test_a_schema_that_did_not_change_needs_nothing() -> None:
    assert unrecorded_change("redrive", schema("redrive"), history("redrive")) is None


@pytest.mark.parametrize(
    ("newest", "committed", "step", "sentence"),
    [
        pytest.param(
            changed("dead-letter", change_a_doc),
            (schema("dead-letter"),),
            Step.COPY,
            "copy it over schemas/history/dead-letter/1.avsc",
            id="documentation",
        ),
        pytest.param(
            schema("dead-letter"),
            (changed("dead-letter", drop_field),),
            Step.NEW_VERSION,
            "copy it to schemas/history/dead-letter/2.avsc",
            id="a field with a default",
        ),
        pytest.param(
            schema("dead-letter"), (), Step.NEW_VERSION, "copy it to schemas/history/dead-letter/1.avsc", id="the first"
        ),
        pytest.param(
            changed("dead-letter", add_field),
            (schema("dead-letter"),),
            Step.REPAIR,
            "version 1: DeadLetter.host: the writer has no such field",
            id="a field without a default",
        ),
        pytest.param(
            changed("dead-letter", change_a_logical_type),
            (schema("dead-letter"),),
            Step.REPAIR,
            "logical type was timestamp-millis, is timestamp-micros",
            id="another unit of time",
        ),
        pytest.param(
            changed("dead-letter", add_field),
            (changed("dead-letter", add_field), schema("dead-letter"), changed("dead-letter", drop_field)),
            Step.REPAIR,
            "version 2: DeadLetter.host",
            id="compatible with the first and not with the second",
        ),
    ],
)
def test_a_changed_schema_is_told_what_to_do(
    newest: dict[str, Any], committed: tuple[dict[str, Any], ...], step: Step, sentence: str
) -> None:
    change = unrecorded_change("dead-letter", newest, committed)
    assert change is not None
    assert (change.record, change.step) == ("dead-letter", step)
    assert sentence in str(change)
