"""A reader of Avro binary, compiled from a schema to straight Python: about twice as fast as walking the schema.

`compile_reader(schema)` writes the source of one function that reads a record field by field, with no look-up of types
at run time, and gives plain values: text, integers (milliseconds, days), floats, bytes, None, dicts and lists. It is
stricter than fastavro: negative lengths, indices out of range, over-long integers and invalid UTF-8 are refused.
Maps, fixed and recursive types do not occur in this project's schemas; asking for one raises NotImplementedError.

Source: Avro 1.12 specification, "Binary encoding". `codec.py` decides when it is used.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

# Reads a record from data at an index; gives the values and the index behind them.
Reader = Callable[[bytes, int], tuple[dict[str, Any], int]]


class MalformedError(ValueError):
    """The bytes are not a value of the schema."""


def _varint(data: bytes, at: int, low: int) -> tuple[int, int]:
    """The rest of a variable-length integer whose first byte was `low` (>= 128), before zigzag decoding."""
    # Written out for the lengths that nearly all have: two bytes, three (days), six (milliseconds).
    second = data[at]
    if second < 128:
        return low + (second << 7) - 0x80, at + 1
    third = data[at + 1]
    if third < 128:
        return low + (second << 7) + (third << 14) - 0x4080, at + 2
    fourth = data[at + 2]
    if fourth > 127:
        fifth = data[at + 3]
        if fifth > 127:
            sixth = data[at + 4]
            if sixth < 128:
                upper = (third << 14) + (fourth << 21) + (fifth << 28) + (sixth << 35)
                return low + (second << 7) + upper - 0x810204080, at + 5
    value = low & 127
    shift = 7
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value >> 64:
                raise MalformedError
            return value, at
        shift += 7
        if shift > 63:
            raise MalformedError


def _length(data: bytes, at: int, low: int) -> tuple[int, int]:
    """A length whose first byte is odd (negative) or continues: the uncommon case of `_emit_length`."""
    value, at = _varint(data, at, low) if low >= 128 else (low, at)
    if value & 1:
        raise MalformedError
    return value >> 1, at


def _block(data: bytes, at: int, low: int) -> tuple[int, int]:
    """Count of an array block; a negative count is followed by the block's size in bytes, which is passed over.

    An array ends with one zero byte. A zero written longer is refused: what follows could be read in two ways.
    """
    value, at = _varint(data, at, low) if low >= 128 else (low, at)
    count = (value >> 1) ^ -(value & 1)
    if count < 0:
        low = data[at]
        _, at = _length(data, at + 1, low)
        count = -count
    if count > len(data):
        raise MalformedError  # every item takes a byte at least: a hostile count must not make a long loop
    if count == 0:
        raise MalformedError
    return count, at


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


class Source:
    """Collects the lines of a function, with fresh variable names and the constants they need."""

    def __init__(self, **constants: Any) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = constants
        self._names = 0
        self.types: dict[str, Any] = {}
        self.typed = False

    def name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def constant(self, value: Any) -> str:
        name = f"C{len(self.constants)}"
        self.constants[name] = value
        return name

    def add(self, depth: int, *lines: str) -> None:
        self.lines.extend("    " * depth + line for line in lines)

    def function(self, name: str, file: str) -> Any:
        """The function of that name, compiled."""
        code = compile("\n".join(self.lines), file, "exec")
        exec(code, self.constants)  # noqa: S102 - the source is written from a committed schema, never from data
        return self.constants[name]


def compile_reader(schema: dict[str, Any], *, typed: bool = False) -> Reader:
    """Compile a record schema (as loaded from its .avsc) to a reader; a typed one makes UUIDs, times and dates.

    The reader raises IndexError or MalformedError where the bytes end early or are no value of the schema, and
    UnicodeDecodeError for text that is not UTF-8; a typed one also ValueError and OverflowError for a UUID, time or
    date that is none. It does not look at what follows the record. An index beyond the
    end means that the last text was cut.
    """
    source = Source(
        _varint=_varint,
        _length=_length,
        _block=_block,
        MalformedError=MalformedError,
        _double=_DOUBLE.unpack_from,
        _float=_FLOAT.unpack_from,
        _UUID=UUID,
        _EPOCH=_EPOCH,
        _timedelta=timedelta,
        _date=date.fromordinal,
    )
    source.typed = typed
    source.add(0, "def read(b, i):")
    result = _emit(source, schema, 1)
    source.add(1, f"return {result}, i")
    reader: Reader = source.function("read", f"<reader of {schema['name']}>")
    return reader


def _emit(source: Source, node: Any, depth: int) -> str:
    """Write the lines that read one value; gives the expression that holds it."""
    if isinstance(node, list):
        return _emit_union(source, node, depth)
    kind = node["type"] if isinstance(node, dict) else node
    if isinstance(kind, dict | list):
        return _emit(source, kind, depth)
    if kind == "record":
        source.types[node["name"]] = node
        # A field named `type` aside, each field's value is an expression of its own; the dict is built in one go.
        parts = [f"{field['name']!r}: {_emit(source, field['type'], depth)}" for field in node["fields"]]
        value = source.name()
        source.add(depth, f"{value} = {{{', '.join(parts)}}}")
        return value
    if kind == "enum":
        source.types[node["name"]] = node
        return _emit_enum(source, node, depth)
    if kind == "array":
        return _emit_array(source, node["items"], depth)
    primitive = _PRIMITIVES.get(kind)
    if primitive is not None:
        plain = primitive(source, depth)
        made = _TYPED.get(node.get("logicalType", "")) if source.typed and isinstance(node, dict) else None
        return made.format(plain) if made is not None else plain
    if kind in source.types:
        return _emit(source, source.types[kind], depth)
    raise NotImplementedError(f"Avro type {kind!r}")


def _emit_length(source: Source, depth: int) -> str:
    size = source.name()
    source.add(depth, f"{size} = b[i]; i += 1", f"if {size} & 129: {size}, i = _length(b, i, {size})")
    source.add(depth, f"else: {size} >>= 1")
    return size


def _emit_string(source: Source, depth: int) -> str:
    size = _emit_length(source, depth)
    value = source.name()
    source.add(depth, f"{value} = b[i:i + {size}].decode(); i += {size}")
    return value


def _emit_bytes(source: Source, depth: int) -> str:
    size = _emit_length(source, depth)
    value = source.name()
    source.add(depth, f"{value} = b[i:i + {size}]; i += {size}")
    return value


def _emit_long(source: Source, depth: int) -> str:
    value = source.name()
    source.add(
        depth,
        f"{value} = b[i]; i += 1",
        f"if {value} > 127: {value}, i = _varint(b, i, {value})",
        f"{value} = ({value} >> 1) ^ -({value} & 1)",
    )
    return value


def _emit_int(source: Source, depth: int) -> str:
    value = _emit_long(source, depth)
    source.add(depth, f"if not -2147483648 <= {value} <= 2147483647: raise MalformedError")
    return value


def _emit_boolean(source: Source, depth: int) -> str:
    value = source.name()
    source.add(depth, f"{value} = b[i]; i += 1", f"if {value} > 1: raise MalformedError", f"{value} = {value} == 1")
    return value


def _emit_null(_source: Source, _depth: int) -> str:
    return "None"


def _emit_fixed_width(function: str, width: int) -> Callable[[Source, int], str]:
    def emit(source: Source, depth: int) -> str:
        value = source.name()
        source.add(depth, f"if i + {width} > len(b): raise IndexError", f"{value} = {function}(b, i)[0]; i += {width}")
        return value

    return emit


_PRIMITIVES: dict[str, Callable[[Source, int], str]] = {
    "string": _emit_string,
    "bytes": _emit_bytes,
    "int": _emit_int,
    "long": _emit_long,
    "boolean": _emit_boolean,
    "null": _emit_null,
    "double": _emit_fixed_width("_double", 8),
    "float": _emit_fixed_width("_float", 4),
}


# Of a plain value the typed one, by logical type.
_TYPED = {
    "uuid": "_UUID({})",
    "timestamp-millis": "_EPOCH + _timedelta(milliseconds={})",
    "date": f"_date({{}} + {date(1970, 1, 1).toordinal()})",
}


def _emit_enum(source: Source, node: dict[str, Any], depth: int) -> str:
    # All symbols' indices fit one byte; a byte that continues, is odd or too large is not in the table.
    if len(node["symbols"]) > 64:
        raise NotImplementedError("an enum of more than 64 symbols")
    table = source.constant({2 * index: symbol for index, symbol in enumerate(node["symbols"])})
    value = source.name()
    source.add(depth, f"{value} = {table}.get(b[i]); i += 1", f"if {value} is None: raise MalformedError")
    return value


def _emit_union(source: Source, branches: list[Any], depth: int) -> str:
    value = source.name()
    tag = source.name()
    source.add(depth, f"{tag} = b[i]; i += 1")
    for index, branch in enumerate(branches):
        source.add(depth, f"{'if' if index == 0 else 'elif'} {tag} == {2 * index}:")
        result = _emit(source, branch, depth + 1)
        source.add(depth + 1, f"{value} = {result}")
    source.add(depth, "else: raise MalformedError")
    return value


def _emit_array(source: Source, items: Any, depth: int) -> str:
    value, count = source.name(), source.name()
    source.add(depth, f"{value} = []", f"{count} = b[i]; i += 1", f"while {count}:")
    source.add(depth + 1, f"if {count} & 129: {count}, i = _block(b, i, {count})", f"else: {count} >>= 1")
    source.add(depth + 1, f"for _ in range({count}):")
    result = _emit(source, items, depth + 2)
    source.add(depth + 2, f"{value}.append({result})")
    source.add(depth + 1, f"{count} = b[i]; i += 1")
    return value
