"""The committed examples, and the way that a record takes before it is accepted: JSON or bytes, model, checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import schemas
from schemas.checks import EVENT_CHECKS, check_identity_decision, check_protected_person
from schemas.codec import Codec, schema
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS, Record
from schemas.topics import TOPICS

ROOT = Path(schemas.__file__).parent / "examples"


@dataclass(frozen=True)
class Accepted:
    """A valid example: one event as an agency writes it in JSON, and the same as bytes on the topic."""

    record: str
    name: str
    json: bytes
    encoded: bytes


@dataclass(frozen=True)
class Rejected:
    """A refused example, with exactly one of `values` (an event as JSON), `line` (text) and `data` (bytes)."""

    record: str
    name: str
    reason: Reason
    field: str | None
    values: dict[str, Any] | None
    line: str | None
    data: bytes | None
    # What a Schema Registry would hold under an id: the name of a record.
    registry: Mapping[str, str]

    def take(self) -> None:
        """Take it the way of its kind, which raises Refused."""
        if self.data is not None:
            from_bytes(self.record, self.data, self.registry)
        else:
            line = json.dumps(self.values) if self.line is None else self.line
            from_json(self.record, line.encode())


@cache
def accepted() -> tuple[Accepted, ...]:
    return tuple(
        Accepted(file.parent.name, file.stem, file.read_bytes(), bytes.fromhex(file.with_suffix(".hex").read_text()))
        for file in sorted(ROOT.glob("*/valid-*.json"))
    )


@cache
def rejected() -> tuple[Rejected, ...]:
    return tuple(_rejected(file) for file in sorted(ROOT.glob("*/refused-*.json")))


def _rejected(file: Path) -> Rejected:
    content = json.loads(file.read_bytes())
    expect = content.pop("expect")
    example = Rejected(
        record=file.parent.name,
        name=file.stem,
        reason=Reason(expect["reason"]),
        field=expect["field"],
        values=content.pop("record", None),
        line=content.pop("line", None),
        data=bytes.fromhex(content.pop("hex")) if "hex" in content else None,
        registry=content.pop("registry", {}),
    )
    assert not content, f"{file.name} has parts that nothing reads: {sorted(content)}"
    assert [example.values, example.line, example.data].count(None) == 2, f"{file.name} must hold exactly one record"
    return example


def check_of(record: str) -> Callable[[Mapping[str, Any]], None]:
    """The check that a record's raw values must pass."""
    if record in EVENT_CHECKS:
        (authorities,) = (topic.authorities for topic in TOPICS.values() if topic.record == record)
        return lambda values: EVENT_CHECKS[record](values, authorities)
    if record == "protected-person":
        return check_protected_person
    if record == "identity-decision":
        return check_identity_decision
    return lambda _values: None


def from_json(record: str, line: bytes) -> Record:
    """The record of one line, as it must be on the topic. Raises Refused."""
    try:
        values = json.loads(line)
    except ValueError:
        raise Refused(Reason.JSON_INVALID) from None
    if not isinstance(values, dict):
        raise Refused(Reason.JSON_INVALID)
    try:
        model = RECORDS[record].model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        # Rule 6 has a reason of its own, whether a part of the disclosure is blank or left out.
        undisclosed = first["loc"][0] == "disclosure" and first["type"] == "missing"
        reason = Reason.DISCLOSURE_MISSING if undisclosed else Reason.FIELD_INVALID
        raise Refused(reason, ".".join(map(str, first["loc"]))) from None
    from_bytes(record, Codec(record).encode(model.to_avro()), {})
    return model


def from_bytes(record: str, data: bytes, registry: Mapping[str, str]) -> dict[str, Any]:
    """The raw values of one record, checked. Raises Refused."""
    values = Codec(record, raw=True, resolve_id=lambda number: schema(registry[str(number)])).decode(data)
    check_of(record)(values)
    return values
