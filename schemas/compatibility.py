"""Whether data written with one schema can be read with another: the rules of Avro's schema resolution, statically.

`breaks(reader, writer)` names every place where some datum of the writer's schema could not be read, or would be read
as something else. An empty answer is a proof for all data, not only for those that a test happened to write.

Source: Apache Avro 1.12 specification, "Schema Resolution" and "Aliases". Stricter than it in one point: where a
logical type is added, dropped or changed, the bytes resolve but mean something else (milliseconds read as
microseconds), so that counts as a break.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastavro import parse_schema

# A schema or part of one: a name, a definition, or a union's list of branches.
Node = Any


class Rule(StrEnum):
    """Which rule of the schema resolution is broken."""

    TYPE = "type-mismatch"
    NAME = "name-mismatch"
    SIZE = "fixed-size-differs"
    SYMBOL = "enum-symbol-unknown-to-reader"
    FIELD = "reader-field-without-default"
    BRANCH = "union-branch-not-readable"
    MEANING = "logical-type-differs"


@dataclass(frozen=True, slots=True)
class Break:
    """One place where reading could fail.

    Attributes:
        path: where, in the reader's names, such as `BorderCrossing.traveller.names[].form`.
        rule: the rule that is broken.
        detail: what differs.
    """

    path: str
    rule: Rule
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail} ({self.rule.value})"


# Writer's primitive -> what else it may be read as.
_PROMOTIONS = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
_NAMED = frozenset({"record", "error", "enum", "fixed"})
_LOGICAL = ("logicalType", "precision", "scale")


def breaks(reader: Node, writer: Node) -> tuple[Break, ...]:
    """Every break, none where all data of `writer` can be read with `reader`.

    Both as loaded from their .avsc files. Raises fastavro.schema.SchemaParseException where one is no valid schema.
    """
    return _Resolution(_Schema(reader), _Schema(writer)).breaks()


def transitive_breaks(versions: Sequence[Node]) -> tuple[tuple[int, int, Break], ...]:
    """Breaks of BACKWARD_TRANSITIVE: every version must read every earlier one.

    Args:
        versions: the oldest first.

    Returns: (number of the reader, number of the writer, break), counted from 1.
    """
    return tuple(
        (reader, writer, found)
        for reader in range(2, len(versions) + 1)
        for writer in range(1, reader)
        for found in breaks(versions[reader - 1], versions[writer - 1])
    )


class _Schema:
    """A parsed schema and its named types, under their full names."""

    def __init__(self, definition: Node) -> None:
        self._names: dict[str, Node] = {}
        # fastavro checks it and writes every name and reference in full.
        self.root: Node = parse_schema(definition, named_schemas=self._names)

    def look_up(self, node: Node) -> Node:
        """The definition: a list for a union, else a dict with `type`."""
        if isinstance(node, list):
            return node
        if isinstance(node, dict):
            return (
                node
                if isinstance(node["type"], str) and node["type"] not in self._names
                else self.look_up(node["type"])
            )
        return self._names.get(node, {"type": node})


class _Resolution:
    """Walks the two schemas side by side."""

    def __init__(self, reader: _Schema, writer: _Schema) -> None:
        self._reader = reader
        self._writer = writer
        # Pairs of named types that are being, or have been, compared: a recursive type ends here.
        self._seen: set[tuple[str, str]] = set()

    def breaks(self) -> tuple[Break, ...]:
        reader = self._reader.look_up(self._reader.root)
        return tuple(self._compare(reader, self._writer.root, _title(reader)))

    def _compare(self, reader: Node, writer: Node, path: str) -> Iterator[Break]:
        reader, writer = self._reader.look_up(reader), self._writer.look_up(writer)
        if isinstance(writer, list):
            # Any branch may have been written, so each must be readable.
            for branch in writer:
                yield from self._compare(reader, branch, path)
        elif isinstance(reader, list):
            yield from self._compare_with_union(reader, writer, path)
        else:
            yield from self._compare_types(reader, writer, path)

    def _compare_with_union(self, branches: list[Node], writer: Node, path: str) -> Iterator[Break]:
        for branch in branches:
            candidate = self._reader.look_up(branch)
            if self._matches(candidate, writer):
                # The first branch that matches is the one that is read, even where a later one would fit better.
                yield from self._compare_types(candidate, writer, path)
                return
        yield Break(path, Rule.BRANCH, f"no branch of the reader's union reads {_title(writer)}")

    def _matches(self, reader: Node, writer: Node) -> bool:
        """Whether two definitions match in the specification's sense, which does not look into records."""
        if isinstance(reader, list) or isinstance(writer, list):
            return True  # "either schema is a union"
        if reader["type"] != writer["type"]:
            return reader["type"] in _PROMOTIONS.get(writer["type"], ())
        if reader["type"] == "array":
            return self._matches(self._reader.look_up(reader["items"]), self._writer.look_up(writer["items"]))
        if reader["type"] == "map":
            return self._matches(self._reader.look_up(reader["values"]), self._writer.look_up(writer["values"]))
        return _same_name(reader, writer) and reader.get("size") == writer.get("size")

    def _compare_types(self, reader: Node, writer: Node, path: str) -> Iterator[Break]:
        kind = writer["type"]
        if reader["type"] != kind and reader["type"] not in _PROMOTIONS.get(kind, ()):
            yield Break(path, Rule.TYPE, f"{_title(writer)} cannot be read as {_title(reader)}")
            return
        if any(reader.get(key) != writer.get(key) for key in _LOGICAL):
            meanings = [schema.get("logicalType", "none") for schema in (writer, reader)]
            yield Break(path, Rule.MEANING, "logical type was {}, is {}".format(*meanings))
        if kind in _NAMED and not _same_name(reader, writer):
            yield Break(path, Rule.NAME, f"{_title(writer)} has another name than {_title(reader)}")
        elif kind == "fixed" and reader["size"] != writer["size"]:
            yield Break(path, Rule.SIZE, f"size was {writer['size']}, is {reader['size']}")
        elif kind == "enum":
            yield from _compare_symbols(reader, writer, path)
        elif kind == "array":
            yield from self._compare(reader["items"], writer["items"], f"{path}[]")
        elif kind == "map":
            yield from self._compare(reader["values"], writer["values"], f"{path}{{}}")
        elif kind == "record":
            yield from self._compare_fields(reader, writer, path)

    def _compare_fields(self, reader: Node, writer: Node, path: str) -> Iterator[Break]:
        pair = (reader["name"], writer["name"])
        if pair in self._seen:
            return
        self._seen.add(pair)
        written = {field["name"]: field["type"] for field in writer["fields"]}
        for field in reader["fields"]:
            inner = f"{path}.{field['name']}"
            known = [name for name in (field["name"], *field.get("aliases", ())) if name in written]
            if known:
                yield from self._compare(field["type"], written[known[0]], inner)
            elif "default" not in field:
                yield Break(inner, Rule.FIELD, "the writer has no such field and the reader no default for it")


def _compare_symbols(reader: Node, writer: Node, path: str) -> Iterator[Break]:
    unknown = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
    if unknown and "default" not in reader:
        yield Break(path, Rule.SYMBOL, f"the reader has no {', '.join(unknown)} and no default symbol")


def _same_name(reader: Node, writer: Node) -> bool:
    """Whether the unqualified names agree, or an alias of the reader is the writer's name; true for unnamed types."""
    if "name" not in writer:
        return True
    if _short(reader["name"]) == _short(writer["name"]):
        return True
    space = reader["name"].rpartition(".")[0]
    aliases = (alias if "." in alias or not space else f"{space}.{alias}" for alias in reader.get("aliases", ()))
    return writer["name"] in aliases


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _title(node: Node) -> str:
    if isinstance(node, list):
        return "union"
    return _short(node["name"]) if "name" in node else str(node["type"])
