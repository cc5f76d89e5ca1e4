"""Each rule of Avro's schema resolution, kept and broken, and one law: what is called compatible can be read."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import SchemaParseException
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.compatibility import Break, Rule, breaks, transitive_breaks


def record(*fields: dict[str, Any], name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, name: str = "E", **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F") -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values}


def rules(reader: Any, writer: Any) -> list[tuple[str, Rule]]:
    return [(found.path, found.rule) for found in breaks(reader, writer)]


PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
# The table of the specification, written out: (writer, reader).
PROMOTED = {
    ("int", "long"),
    ("int", "float"),
    ("int", "double"),
    ("long", "float"),
    ("long", "double"),
    ("float", "double"),
    ("string", "bytes"),
    ("bytes", "string"),
}


@pytest.mark.parametrize("writer", PRIMITIVES)
@pytest.mark.parametrize("reader", PRIMITIVES)
def test_a_primitive_is_read_as_itself_or_as_what_it_promotes_to(reader: str, writer: str) -> None:
    expected = [] if reader == writer or (writer, reader) in PROMOTED else [(reader, Rule.TYPE)]
    assert rules(reader, writer) == expected


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        pytest.param(array("long"), array("int"), id="items are promoted"),
        pytest.param(mapping("double"), mapping("float"), id="map values are promoted"),
        pytest.param(fixed(4), fixed(4), id="fixed of one size"),
        pytest.param(fixed(4, "a.F"), fixed(4, "b.F"), id="only the unqualified names must agree"),
        pytest.param(fixed(4, "New") | {"aliases": ["F"]}, fixed(4), id="an alias of the reader"),
        pytest.param(fixed(4, "a.New") | {"aliases": ["Old"]}, fixed(4, "a.Old"), id="an alias in the namespace"),
        pytest.param(fixed(4, "a.New") | {"aliases": ["b.Old"]}, fixed(4, "b.Old"), id="a full alias"),
        pytest.param(enum("A", "B"), enum("A"), id="a symbol is added"),
        pytest.param(enum("B", "A"), enum("A", "B"), id="symbols in another order"),
        pytest.param(enum("A", default="A"), enum("A", "B"), id="a symbol is removed, with a default"),
        pytest.param(record(), record(field("a", "int")), id="a field is removed"),
        pytest.param(record(field("a", "int", default=0)), record(), id="a field is added, with a default"),
        pytest.param(record(field("a", ["null", "int"], default=None)), record(), id="null is a default"),
        pytest.param(
            record(field("b", "int"), field("a", "int")),
            record(field("a", "int"), field("b", "int")),
            id="fields in another order",
        ),
        pytest.param(
            record(field("new", "long", aliases=["old"])), record(field("old", "int")), id="a field renamed, with alias"
        ),
        pytest.param(record(name="New", aliases=["R"]), record(), id="a record renamed, with alias"),
        pytest.param(["null", "int"], "int", id="a type becomes a union"),
        pytest.param(["null", "long"], "int", id="a type becomes a union that promotes it"),
        pytest.param(["null", "int", "string"], ["null", "int"], id="a branch is added"),
        pytest.param("long", ["int", "long"], id="a union whose branches all promote"),
        pytest.param(["null", enum("A", "B")], ["null", enum("A")], id="an enum in a union grows"),
        pytest.param(["null", array("long")], array("int"), id="an array as a branch"),
        pytest.param(["null", mapping("long")], mapping("int"), id="a map as a branch"),
        pytest.param(["null", array(["null", "int"])], array("int"), id="items become a union inside a branch"),
        pytest.param({"type": "long"}, {"type": "int"}, id="primitives written as objects"),
    ],
)
def test_a_change_that_the_specification_resolves_is_no_break(reader: Any, writer: Any) -> None:
    assert breaks(reader, writer) == ()


@pytest.mark.parametrize(
    ("reader", "writer", "expected"),
    [
        pytest.param(array("int"), array("long"), [("array[]", Rule.TYPE)], id="items narrowed"),
        pytest.param(mapping("int"), mapping("string"), [("map{}", Rule.TYPE)], id="map values of another type"),
        pytest.param(array("int"), mapping("int"), [("array", Rule.TYPE)], id="a map is no array"),
        pytest.param(fixed(4), fixed(5), [("F", Rule.SIZE)], id="fixed of another size"),
        pytest.param(fixed(4, "G"), fixed(4), [("G", Rule.NAME)], id="fixed of another name"),
        pytest.param(fixed(4), "bytes", [("F", Rule.TYPE)], id="bytes are not fixed"),
        pytest.param(enum("A"), enum("A", "B"), [("E", Rule.SYMBOL)], id="a symbol is removed"),
        pytest.param(enum("A", name="G"), enum("A"), [("G", Rule.NAME)], id="enum of another name"),
        pytest.param(enum("A"), "string", [("E", Rule.TYPE)], id="text is no enum"),
        pytest.param("string", enum("A"), [("string", Rule.TYPE)], id="an enum is no text"),
        pytest.param(
            enum("A", default="A"),
            enum("A", "B", default="B", name="G"),
            [("E", Rule.NAME)],
            id="a default does not mend the name",
        ),
        pytest.param(record(field("a", "int")), record(), [("R.a", Rule.FIELD)], id="a field is added without default"),
        pytest.param(
            record(field("a", "int")), record(field("a", "string")), [("R.a", Rule.TYPE)], id="a field changes type"
        ),
        pytest.param(
            record(field("new", "int")), record(field("old", "int")), [("R.new", Rule.FIELD)], id="renamed, no alias"
        ),
        pytest.param(
            record(field("new", "int")),
            record(field("old", "int", aliases=["new"])),
            [("R.new", Rule.FIELD)],
            id="the writer's aliases do not count",
        ),
        pytest.param(record(name="S"), record(), [("S", Rule.NAME)], id="record of another name"),
        pytest.param(record(name="a.S", aliases=["R"]), record(name="b.R"), [("a.S", Rule.NAME)], id="alias elsewhere"),
        pytest.param("int", ["null", "int"], [("int", Rule.TYPE)], id="a union becomes one of its types"),
        pytest.param(["null", "int"], "string", [("union", Rule.BRANCH)], id="no branch fits"),
        pytest.param(["null", "int"], ["null", "long"], [("union", Rule.BRANCH)], id="a branch is narrowed"),
        pytest.param(["null", fixed(4)], fixed(5), [("union", Rule.BRANCH)], id="a branch of another size"),
        pytest.param(["null", array("int")], array("long"), [("union", Rule.BRANCH)], id="items narrowed in a branch"),
        pytest.param(["null", mapping("int")], mapping("long"), [("union", Rule.BRANCH)], id="values narrowed in one"),
        pytest.param(
            ["null", record(field("a", "int"))], record(), [("union.a", Rule.FIELD)], id="the branch that matches fails"
        ),
        pytest.param(
            ["null", enum("A")], ["null", enum("A", "B")], [("union", Rule.SYMBOL)], id="an enum in a union shrinks"
        ),
        pytest.param(
            record(field("a", {"type": "long", "logicalType": "timestamp-micros"})),
            record(field("a", {"type": "long", "logicalType": "timestamp-millis"})),
            [("R.a", Rule.MEANING)],
            id="milliseconds read as microseconds",
        ),
        pytest.param(
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3},
            [("bytes", Rule.MEANING)],
            id="another scale",
        ),
        pytest.param(
            {"type": "string", "logicalType": "uuid"}, "string", [("string", Rule.MEANING)], id="text read as a UUID"
        ),
    ],
)
def test_a_change_that_could_not_be_read_is_named_with_its_place_and_rule(
    reader: Any, writer: Any, expected: list[tuple[str, Rule]]
) -> None:
    assert rules(reader, writer) == [(path.removeprefix("a."), rule) for path, rule in expected]


def test_the_first_matching_branch_is_read_even_where_a_later_one_would_fit() -> None:
    first, second = record(field("a", "int"), name="a.R"), record(name="b.R")
    assert rules([first, second], record(name="b.R")) == [("union.a", Rule.FIELD)]
    assert rules([second, first], record(name="b.R")) == []


def test_every_break_is_named_not_only_the_first() -> None:
    reader = record(field("a", "int"), field("b", array(enum("A"))), field("c", "int"))
    writer = record(field("a", "string"), field("b", array(enum("B"))))
    assert rules(reader, writer) == [("R.a", Rule.TYPE), ("R.b[]", Rule.SYMBOL), ("R.c", Rule.FIELD)]


def test_a_recursive_type_is_compared_once() -> None:
    tree = record(field("value", "int"), field("children", array("R")))
    grown = record(field("value", "long"), field("children", array("R")))
    assert breaks(grown, tree) == ()
    assert rules(tree, grown) == [("R.value", Rule.TYPE)]


def test_a_named_type_is_found_where_it_is_referred_to() -> None:
    reader = record(field("a", enum("A")), field("b", "E"), namespace="n")
    writer = record(field("a", enum("A")), field("b", {"type": "string"}), namespace="n")
    assert rules(reader, writer) == [("R.b", Rule.TYPE)]


def test_a_schema_that_is_none_is_an_error() -> None:
    with pytest.raises(SchemaParseException):
        breaks(enum("A", default="B"), enum("A"))


def test_backward_transitive_compares_each_version_with_all_before_it() -> None:
    # 3 reads 2, and 2 reads 1, but 3 does not read 1: the default went after it had come.
    first = record()
    second = record(field("a", "int", default=0))
    third = record(field("a", "int"))
    assert transitive_breaks([first, second]) == ()
    assert transitive_breaks([first, second, third]) == (
        (3, 1, Break("R.a", Rule.FIELD, "the writer has no such field and the reader no default for it")),
    )


def test_a_break_reads_as_a_sentence() -> None:
    (found,) = breaks(enum("A"), enum("A", "B"))
    assert str(found) == "E: the reader has no B and no default symbol (enum-symbol-unknown-to-reader)"


# Small schemas over few names, so that two drawn at random are often nearly compatible.
PLAIN: dict[str, Any] = {"null": None, "boolean": True, "int": 1, "long": 2, "double": 0.5, "string": "x"}


@st.composite
def field_types(draw: st.DrawFn, name: str) -> Any:
    """A type for the field of that name; its named types are called after the field, in both schemas alike."""
    symbols = draw(st.lists(st.sampled_from("ABC"), min_size=1, unique=True))
    enums = enum(*symbols, name=f"E{name}"), enum(*symbols, name=f"E{name}", default=symbols[0])
    kind = draw(st.sampled_from([*PLAIN, *enums, fixed(draw(st.integers(1, 2)), f"F{name}")]))
    wrapped: list[Any] = [kind, kind, array(kind), mapping(kind)]
    if kind != "null":
        wrapped.append(["null", kind])
    if kind not in ("string", "int"):
        wrapped.append(["string", kind, "int"])
    return draw(st.sampled_from(wrapped))


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    fields = []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
        kind = draw(field_types(name))
        more = {"default": PLAIN[kind]} if isinstance(kind, str) and draw(st.booleans()) else {}
        fields.append(field(name, kind, **more))
    return record(*fields)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """All data of a schema, as fastavro takes them."""
    if isinstance(kind, list):
        return st.one_of([values(branch) for branch in kind])
    if isinstance(kind, str):
        return {
            "null": st.none(),
            "boolean": st.booleans(),
            "int": st.integers(-(2**31), 2**31 - 1),
            "long": st.integers(-(2**63), 2**63 - 1),
            "double": st.floats(allow_nan=False),
            "string": st.text("aå", max_size=3),
        }[kind]
    if kind["type"] == "enum":
        return st.sampled_from(kind["symbols"])
    if kind["type"] == "fixed":
        return st.binary(min_size=kind["size"], max_size=kind["size"])
    if kind["type"] == "array":
        return st.lists(values(kind["items"]), max_size=3)
    if kind["type"] == "map":
        return st.dictionaries(st.text("aå", max_size=3), values(kind["values"]), max_size=3)
    return st.fixed_dictionaries({part["name"]: values(part["type"]) for part in kind["fields"]})


@given(reader=records(), writer=records(), data=st.data())
def test_whatever_was_written_can_be_read_where_no_break_was_found(
    reader: dict[str, Any], writer: dict[str, Any], data: st.DataObject
) -> None:
    assume(not breaks(reader, writer))
    written = data.draw(values(writer))
    out = BytesIO()
    schemaless_writer(out, parse_schema(writer), written)
    out.seek(0)
    read: Any = schemaless_reader(out, parse_schema(writer), parse_schema(reader))
    for part in reader["fields"]:
        if part["name"] not in written:
            assert read[part["name"]] == part["default"]
    assert set(read) == {part["name"] for part in reader["fields"]}
