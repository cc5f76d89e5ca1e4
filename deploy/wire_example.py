"""One record taken apart byte by byte, for those who implement Resesignal's wire format in another language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_writer

from schemas.codec import Schema, schema_fingerprint, without_logical_types


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a record.

    Attributes:
        data: the bytes.
        field: path of the field that they belong to; empty in the header.
        meaning: what they say.
    """

    data: bytes
    field: str
    meaning: str


def pieces(definition: Schema, values: dict[str, Any]) -> list[Piece]:
    """A record in the single-object encoding as its pieces, in order; put together they are the record.

    Args:
        definition: the schema.
        values: raw values (times in milliseconds, UUIDs as text) in which every field is present.
    """
    header = [
        Piece(b"\xc3\x01", "", "Avro single-object encoding, version 1"),
        Piece(
            schema_fingerprint(definition),
            "",
            "CRC-64-AVRO fingerprint of the schema's parsing canonical form, little-endian",
        ),
    ]
    plain = without_logical_types(definition)
    return header + list(_Walk(plain).value(plain, values, ""))


class _Walk:
    """Follows Avro's binary encoding (specification 1.12, "Binary Encoding") through the types of these schemas."""

    def __init__(self, definition: Schema) -> None:
        self._names: dict[str, Any] = {}
        self._collect(definition)

    def _collect(self, node: Any) -> None:
        if isinstance(node, list):
            for branch in node:
                self._collect(branch)
        elif isinstance(node, dict):
            if "name" in node and node["type"] in ("record", "enum"):
                self._names[node["name"]] = node
            for part in (*(field["type"] for field in node.get("fields", ())), node.get("items")):
                self._collect(part)

    def value(self, node: Any, value: Any, path: str) -> Iterator[Piece]:
        if isinstance(node, str):
            node = self._names.get(node, {"type": node})
        if isinstance(node, list):
            yield from self._union(node, value, path)
        elif node["type"] == "record":
            for field in node["fields"]:
                yield from self.value(field["type"], value[field["name"]], f"{path}.{field['name']}".lstrip("."))
        elif node["type"] == "array":
            yield from self._array(node["items"], value, path)
        elif node["type"] == "enum":
            index = node["symbols"].index(value)
            yield Piece(_encoded("int", index), path, f"symbol {index} of {node['name']}: {value}")
        else:
            yield _primitive(node["type"], value, path)

    def _union(self, branches: list[Any], value: Any, path: str) -> Iterator[Piece]:
        # These schemas know one kind of union: null, or a value.
        index = 0 if value is None else 1
        yield Piece(
            _encoded("int", index), path, "branch 0 of the union: null" if index == 0 else "branch 1 of the union"
        )
        if index:
            yield from self.value(branches[1], value, path)

    def _array(self, items: Any, values: list[Any], path: str) -> Iterator[Piece]:
        if values:
            yield Piece(_encoded("long", len(values)), path, f"a block of {len(values)} items")
        for index, item in enumerate(values):
            yield from self.value(items, item, f"{path}[{index}]")
        yield Piece(_encoded("long", 0), path, "end of the array")


def _primitive(kind: str, value: Any, path: str) -> Piece:
    data = _encoded(kind, value)
    if kind == "string":
        size = len(value.encode())
        return Piece(data, path, f"length {size} as zigzag varint, then {size} bytes of UTF-8: {value}")
    if kind in ("int", "long"):
        return Piece(data, path, f"{value} as zigzag varint")
    return Piece(data, path, f"{value}")


def _encoded(kind: str, value: Any) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parse_schema(kind), value)
    return out.getvalue()


def murmur2(data: bytes) -> int:
    """Kafka's hash of a key (org.apache.kafka.common.utils.Utils.murmur2), as the Java client and librdkafka's
    `murmur2_random` use it: a key lives in partition `(hash & 0x7fffffff) % partitions`. Unsigned, 32 bits.
    """
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    value = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        part = int.from_bytes(data[start : start + 4], "little") * multiplier & mask
        part = (part ^ part >> 24) * multiplier & mask
        value = value * multiplier & mask ^ part
    if rest := data[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * multiplier & mask
    value = (value ^ value >> 13) * multiplier & mask
    return value ^ value >> 15
