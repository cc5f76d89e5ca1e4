"""A writer of Avro binary, compiled from a schema to straight Python: the counterpart of `compiled.py`.

`compile_writer(schema)` writes the source of one function that encodes a record field by field, to the very bytes that
fastavro gives. It takes typed values (UUIDs, aware times, dates) and raw ones (text, milliseconds, days) alike; with
`models` it takes the typed records of `records.py`, which saves making dicts of them first. A union may have one branch
besides null; asking for another one, or for maps, fixed and recursive types, raises NotImplementedError.

Source: Avro 1.12 specification, "Binary encoding". `codec.py` decides when it is used.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.compiled import Source

# Writes a record's values, or a typed record.
Writer = Callable[[Any], bytes]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)
# What nearly all lengths, counts and small numbers are.
_SMALL = {number: bytes([number << 1 ^ number >> 63]) for number in range(-64, 64)}


def _long(number: int) -> bytes:
    small = _SMALL.get(number)
    if small is not None:
        return small
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    left = number << 1 ^ number >> 63
    out = bytearray()
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)
    return bytes(out)


def _int(number: int) -> bytes:
    if not -(2**31) <= number < 2**31:
        raise OverflowError
    return _long(number)


def _millis(moment: Any) -> bytes:
    if isinstance(moment, datetime):
        # Raises TypeError for a time without zone.
        moment = (moment - _EPOCH) // _MILLISECOND
    return _long(moment)


def _days(day: Any) -> bytes:
    return _int(day.toordinal() - _EPOCH_DAY if isinstance(day, date) else day)


_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


def compile_writer(schema: dict[str, Any], *, models: bool = False) -> Writer:
    """Compile a record schema (as loaded from its .avsc) to a writer of mappings, or of `models`.

    The writer raises TypeError, KeyError, AttributeError, OverflowError or ValueError where the values do not fit.
    """
    source = Source(
        _long=_long,
        _int=_int,
        _millis=_millis,
        _days=_days,
        _double=_DOUBLE.pack,
        _float=_FLOAT.pack,
    )
    source.add(0, "def write(v0):", "    parts = []", "    a = parts.append")
    _emit(source, schema, "v0", 1, models=models)
    source.add(1, "return b''.join(parts)")
    writer: Writer = source.function("write", f"<writer of {schema['name']}>")
    return writer


def _emit(source: Source, node: Any, value: str, depth: int, *, models: bool) -> None:
    """Write the lines that encode the value of an expression."""
    if isinstance(node, list):
        _emit_union(source, node, value, depth, models=models)
        return
    kind = node["type"] if isinstance(node, dict) else node
    if isinstance(kind, dict | list):
        _emit(source, kind, value, depth, models=models)
    elif kind == "record":
        source.types[node["name"]] = node
        if models:
            # Where Pydantic keeps the fields, defaults included.
            fields = source.name()
            source.add(depth, f"{fields} = {value}.__dict__")
            value = fields
        for field in node["fields"]:
            _emit_field(source, field, value, depth, models=models)
    elif kind == "enum":
        source.types[node["name"]] = node
        table = source.constant({symbol: _long(index) for index, symbol in enumerate(node["symbols"])})
        source.add(depth, f"a({table}[{value}])")
    elif kind == "array":
        item = source.name()
        source.add(depth, f"if {value}:", f"    a(_long(len({value})))", f"    for {item} in {value}:")
        _emit(source, node["items"], item, depth + 2, models=models)
        source.add(depth, "a(b'\\0')")
    elif kind in source.types:
        _emit(source, source.types[kind], value, depth, models=models)
    else:
        logical = node.get("logicalType") if isinstance(node, dict) else None
        lines = _PRIMITIVES.get((kind, logical))
        if lines is None:
            raise NotImplementedError(f"Avro type {kind!r} as {logical!r}")
        name = source.name()
        source.add(depth, *(line.format(value=value, name=name) for line in lines))


def _emit_field(source: Source, field: dict[str, Any], value: str, depth: int, *, models: bool) -> None:
    name = source.name()
    if "default" in field:
        source.add(depth, f"{name} = {value}.get({field['name']!r}, {source.constant(field['default'])})")
    else:
        source.add(depth, f"{name} = {value}[{field['name']!r}]")
    _emit(source, field["type"], name, depth, models=models)


def _emit_union(source: Source, branches: list[Any], value: str, depth: int, *, models: bool) -> None:
    others = [(index, branch) for index, branch in enumerate(branches) if branch != "null"]
    if len(others) != 1 or len(branches) != 2:
        raise NotImplementedError("a union of other than null and one type")
    (index, branch) = others[0]
    source.add(depth, f"if {value} is None:", f"    a({_long(1 - index)!r})", "else:", f"    a({_long(index)!r})")
    _emit(source, branch, value, depth + 1, models=models)


_TEXT = ("{name} = {value}.encode()", "a(_long(len({name})))", "a({name})")
_PRIMITIVES: dict[tuple[str, str | None], tuple[str, ...]] = {
    ("string", None): _TEXT,
    ("string", "uuid"): ("{name} = str({value}).encode()", *_TEXT[1:]),
    ("bytes", None): ("a(_long(len({value})))", "a({value})"),
    ("int", None): ("a(_int({value}))",),
    ("int", "date"): ("a(_days({value}))",),
    ("long", None): ("a(_long({value}))",),
    ("long", "timestamp-millis"): ("a(_millis({value}))",),
    ("boolean", None): ("a(b'\\1' if {value} else b'\\0')",),
    ("double", None): ("a(_double({value}))",),
    ("float", None): ("a(_float({value}))",),
    ("null", None): (),
}
