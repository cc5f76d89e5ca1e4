"""The shape of a typed record: its schema, with the types that `records.py` has for the values.

For a codec outside this room (`matcher.native`) that makes records without asking Pydantic again what the schema says.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args
from uuid import UUID, SafeUUID

from schemas.records import Record

# A node: the kind of value, then what belongs to the kind.
Shape = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)
_MOST_DAYS = 1 << 16


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


class _Days(dict[int, date]):
    """Dates by Avro's number, each made once; there are not many, and never more are kept."""

    def __missing__(self, days: int) -> date:
        if len(self) >= _MOST_DAYS:
            self.clear()
        made = self[days] = date.fromordinal(days + _EPOCH_DAY)
        return made


def _millis(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _days(day: date) -> int:
    return day.toordinal() - _EPOCH_DAY


# How values are made, and what is written of them.
MAKE = MappingProxyType(
    {
        "uuid": UUID,
        # How `UUID` itself makes one, without reading a text.
        "safe": SafeUUID.unknown,
        "moment": _moment,
        "day": _Days(),
        "millis": _millis,
        "days": _days,
        "new": object.__new__,
        # Past the models' being frozen.
        "set": object.__setattr__,
    }
)


def shape(schema: dict[str, Any], model: type[Record]) -> Shape:
    """A record's schema (as loaded from its .avsc) with its model. Raises NotImplementedError for other types.

    Returns:
        `("record", model, names of its fields, fields)`, each field as its name, its place among the fields of the
        model, and its node. Other nodes are `("enum", [(symbol, member), ...])`, `("array", node)`,
        `("union", [node, ...])`, and for all else the name of the type, or of the logical type, alone.
    """
    return _shape(schema, model, {})


def _shape(node: Any, annotation: Any, named: dict[str, Any]) -> Shape:
    if isinstance(node, list):
        if sum(branch != "null" for branch in node) > 1:
            raise NotImplementedError("a union of more than null and one type")
        return "union", [_shape(branch, annotation, named) for branch in node]
    node = named.get(node, node) if isinstance(node, str) else node
    kind = node["type"] if isinstance(node, dict) else node
    if isinstance(kind, dict | list):
        return _shape(kind, annotation, named)
    if kind in ("record", "enum"):
        named[node["name"]] = node
    if kind == "record":
        model = _class_in(annotation, Record)
        places = {name: place for place, name in enumerate(model.model_fields)}
        fields = [
            (field["name"], places[field["name"]], _shape(field["type"], _annotation(model, field["name"]), named))
            for field in node["fields"]
        ]
        # What Pydantic keeps of which fields were set is one set for all records; none of them changes it.
        return "record", model, set(places), fields
    if kind == "enum":
        member = _class_in(annotation, StrEnum) or str
        return "enum", [(symbol, member(symbol)) for symbol in node["symbols"]]
    if kind == "array":
        return "array", _shape(node["items"], annotation, named)
    told = node.get("logicalType", kind) if isinstance(node, dict) else kind
    if told not in ("null", "boolean", "int", "long", "string", "uuid", "timestamp-millis", "date"):
        raise NotImplementedError(f"Avro type {told!r}")
    return (told,)


def _annotation(model: type[Record], field: str) -> Any:
    return model.model_fields[field].annotation


def _class_in(annotation: Any, base: type) -> Any:
    """The class below `base` in `X`, `X | None` or `tuple[X, ...]`; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, base):
        return annotation
    return next((found for part in get_args(annotation) if (found := _class_in(part, base)) is not None), None)
