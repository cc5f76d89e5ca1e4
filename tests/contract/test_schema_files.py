"""The schema files: documented, typed, consistent with each other and with the table of topics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastavro import parse_schema

import schemas
from schemas.checks import EVENT_CHECKS
from schemas.codec import schema
from schemas.records import RECORDS
from schemas.topics import TOPICS

HERE = Path(schemas.__file__).parent
each_record = pytest.mark.parametrize("record", RECORDS)


def walk(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every definition and every field of a schema, with its place."""
    if isinstance(node, list):
        for branch in node:
            yield from walk(branch, path)
    elif isinstance(node, dict):
        yield path, node
        for field in node.get("fields", ()):
            yield f"{path}.{field['name']}", field
            yield from walk(field["type"], f"{path}.{field['name']}")
        yield from walk(node.get("items", "null"), f"{path}[]")


def definitions(record: str) -> list[dict[str, Any]]:
    return [node for _, node in walk(schema(record), record) if node.get("type") in ("record", "enum")]


def fields(record: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, node)
        for path, node in walk(schema(record), record)
        if "name" in node and "fields" not in node and "symbols" not in node
    ]


@each_record
def test_a_schema_parses_and_is_named_after_its_file(record: str) -> None:
    parsed: Any = parse_schema(schema(record))
    camel = "".join(part.capitalize() for part in record.split("-"))
    assert parsed["name"] == f"se.resesignal.{camel}"
    assert RECORDS[record].__name__ == camel


@each_record
def test_every_record_field_and_enum_says_what_it_means(record: str) -> None:
    undocumented = [
        path
        for path, node in walk(schema(record), record)
        if "name" in node and not (node.get("doc", "").endswith(".") and len(node["doc"]) > 8)
    ]
    assert undocumented == []


@each_record
def test_times_days_and_identities_have_logical_types(record: str) -> None:
    kinds = {"_at": ("long", "timestamp-millis"), "_on": ("int", "date"), "_id": ("string", "uuid")}
    # Rules are named by people, not numbered; `timestamp` is the only time without the ending.
    expected = {
        path: "timestamp-millis" if path.endswith(".timestamp") else kinds[path[-3:]][1]
        for path, _ in fields(record)
        if (path[-3:] in kinds and not path.endswith(".rule_id")) or path.endswith(".timestamp")
    }
    found = {}
    for path, field in fields(record):
        branches = field["type"] if isinstance(field["type"], list) else [field["type"]]
        for branch in branches:
            if isinstance(branch, dict) and "logicalType" in branch:
                found[path] = branch["logicalType"]
                base = {"timestamp-millis": "long", "date": "int", "uuid": "string"}[branch["logicalType"]]
                assert branch["type"] == base
    # valid_from and valid_to are days too, though their names end otherwise.
    days = {path for path, kind in found.items() if kind == "date" and path.endswith(("valid_from", "valid_to"))}
    assert {path: kind for path, kind in found.items() if path not in days} == expected
    assert days == {path for path, _ in fields(record) if path.endswith(("valid_from", "valid_to"))}


def test_every_topic_has_a_schema_a_model_and_a_folder_of_versions_and_nothing_is_left_over() -> None:
    of_topics = {topic.record for topic in TOPICS.values()}
    assert of_topics == set(RECORDS)
    assert {file.stem for file in (HERE / "avro").iterdir()} == set(RECORDS)
    assert {folder.name for folder in (HERE / "history").iterdir()} == set(RECORDS)
    assert set(EVENT_CHECKS) < set(RECORDS)


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_the_key_of_a_topic_is_a_field_of_its_record(topic: Any) -> None:
    names = [field["name"] for field in schema(topic.record)["fields"]]
    if topic.record == "event-memory":
        # Its key is the event's identity, which the value need not repeat.
        assert topic.key == "event_id"
        assert topic.key not in names
    else:
        assert topic.key in names


def test_a_type_that_occurs_in_several_files_is_the_same_in_all() -> None:
    seen: dict[str, dict[str, str]] = {}
    for record in RECORDS:
        for definition in definitions(record):
            body = {key: value for key, value in definition.items() if key != "namespace"}
            seen.setdefault(definition["name"], {})[json.dumps(expanded(body, record), sort_keys=True)] = record
    assert {name: list(forms.values()) for name, forms in seen.items() if len(forms) > 1} == {}
    # What the rule is for: these cross between records.
    assert {"Disclosure", "PersonName", "SeenDocument", "Finding", "Evidence"} <= set(seen)


def expanded(node: Any, record: str) -> Any:
    """The definition with every named type written out, as a file may define a type that another only refers to."""
    named = {definition["name"]: definition for definition in definitions(record)}
    if isinstance(node, str):
        return expanded(named[node], record) if node in named else node
    if isinstance(node, list):
        return [expanded(branch, record) for branch in node]
    parts = dict(node)
    if "fields" in parts:
        parts["fields"] = [field | {"type": expanded(field["type"], record)} for field in parts["fields"]]
    if "items" in parts:
        parts["items"] = expanded(parts["items"], record)
    return parts


@pytest.mark.parametrize("record", EVENT_CHECKS)
def test_what_identifies_comes_first_in_an_event_so_that_a_reader_can_stop_early(record: str) -> None:
    outer = [field["name"] for field in schema(record)["fields"]]
    assert outer[:8] == [
        "event_id",
        "revision",
        "kind",
        "occurred_at",
        "occurred_precision",
        "recorded_at",
        "traveller",
        "disclosure",
    ]
    (traveller,) = (definition for definition in definitions(record) if definition["name"] == "Traveller")
    inner = [field["name"] for field in traveller["fields"]]
    assert inner[:5] == ["documents", "personal_number", "dossier_number", "names", "birth_date"]


def test_what_identifies_comes_first_in_a_registry_row() -> None:
    names = [field["name"] for field in schema("protected-person")["fields"]]
    assert names[:7] == [
        "person_id",
        "recorded_at",
        "documents",
        "personal_numbers",
        "dossier_numbers",
        "names",
        "birth_dates",
    ]


@each_record
def test_a_field_that_may_be_null_is_null_by_default(record: str) -> None:
    nullable = [(path, field) for path, field in fields(record) if isinstance(field["type"], list)]
    wrong = [path for path, field in nullable if field["type"][0] != "null" or field.get("default", 0) is not None]
    assert wrong == []
