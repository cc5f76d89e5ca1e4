"""Hypothesis strategies for the data of a schema, as fastavro and the models take them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from schemas.codec import Schema, schema

# Beyond year 9999 there is no datetime, and Avro's milliseconds begin where datetime does.
_LAST_MS = 253_402_300_799_999
_FIRST_MS = -62_135_596_800_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LOGICAL: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.uuids(),
    "timestamp-millis": st.integers(_FIRST_MS, _LAST_MS).map(lambda ms: _EPOCH + timedelta(milliseconds=ms)),
    "date": st.dates(date.min, date.max),
}
_PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "string": st.text(max_size=12),
}


@cache
def values(record: str) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a record of the newest schema: every type at its bounds, any text, no thought of meaning."""
    return values_of(schema(record))


def values_of(definition: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a record of this schema."""
    return _of(definition, {})


def _of(node: Any, named: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    if isinstance(node, list):
        return st.one_of([_of(branch, named) for branch in node])
    if isinstance(node, str):
        return named[node] if node in named else _PRIMITIVES[node]
    if "logicalType" in node:
        return _LOGICAL[node["logicalType"]]
    if node["type"] == "array":
        return st.lists(_of(node["items"], named), max_size=3)
    if node["type"] == "enum":
        named[node["name"]] = st.sampled_from(node["symbols"])
    elif node["type"] == "record":
        parts = {field["name"]: _of(field["type"], named) for field in node["fields"]}
        named[node["name"]] = st.fixed_dictionaries(parts)
    else:
        return _PRIMITIVES[node["type"]]
    return named[node["name"]]
