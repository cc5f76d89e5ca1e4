"""From what an agency writes to the record that is sent: validated by the same rules as the reader's, then encoded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from producers.spool import Record as Bytes
from schemas.checks import EVENT_CHECKS, check_protected_person
from schemas.codec import Codec
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS, Record
from schemas.topics import Topic

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date()
_field_name = re.compile(r"[a-z][a-z_]{0,39}").fullmatch
_MILLISECOND = timedelta(milliseconds=1)


class Preparer:
    """Turns the events or registry rows of one topic into key and value.

    Args:
        topic: a topic that agencies write to.
        confluent_id: the schema's id where a Schema Registry is configured; None writes the single-object encoding.
    """

    def __init__(self, topic: Topic, *, confluent_id: int | None = None) -> None:
        self.topic = topic
        self._model = RECORDS[topic.record]
        self._codec = Codec(topic.record, raw=True, confluent_id=confluent_id)
        self._check = _check_of(topic)

    def from_json(self, line: bytes) -> Bytes:
        """The record of one JSON object. Types are strict: a time is a text with its offset, never a number.

        Raises Refused with reason and field path. An unknown field is named only where its name looks like one: what
        stands there may itself be personal data.
        """
        try:
            record = self._model.model_validate_json(line, strict=True)
        except ValidationError as error:
            # include_input=False and `from None`: the values must not travel in the exception.
            raise _refusal(error.errors(include_input=False, include_context=False, include_url=False)[0]) from None
        return self.from_record(record)

    def from_record(self, record: Record) -> Bytes:
        """The bytes of a typed record. Raises Refused."""
        values = to_raw(record.to_avro())
        self._check(values)
        key = values[self.topic.key].encode()
        try:
            value = self._codec.encode(values)
        except ValueError:
            raise Refused(Reason.FIELD_INVALID) from None
        if not self.topic.holds(key, value):
            raise Refused(Reason.PAYLOAD_TOO_LARGE)
        return Bytes(key, value)


def to_raw(values: dict[str, Any]) -> dict[str, Any]:
    """Values as `Codec(raw=True)` and `schemas.checks` take them: UUIDs as text, times in milliseconds, dates in days.

    Raises Refused where a whole number does not fit Avro's int, which fastavro would write without a word.
    """
    return {name: _raw(value, name) for name, value in values.items()}


def _raw(value: Any, name: str) -> Any:
    # None and text are most of what an event holds.
    if value is None or type(value) in (str, bool):
        return value
    if isinstance(value, dict):
        return {key: _raw(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_raw(item, name) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MILLISECOND
    if isinstance(value, date):
        return (value - _EPOCH_DAY).days
    if not -(2**31) <= value < 2**31:
        raise Refused(Reason.FIELD_INVALID, name)
    return value


def _check_of(topic: Topic) -> Callable[[Mapping[str, Any]], None]:
    if topic.record == "protected-person":
        return check_protected_person
    check = EVENT_CHECKS[topic.record]
    return lambda values: check(values, topic.authorities)


def _refusal(error: ErrorDetails) -> Refused:
    path = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden" and not _field_name(path[-1]):
        del path[-1]
        return Refused(Reason.FIELD_INVALID, ".".join(path) or None)
    if error["type"] == "json_invalid" or not path:
        return Refused(Reason.JSON_INVALID)
    if path[0] == "disclosure" and error["type"] == "missing":
        return Refused(Reason.DISCLOSURE_MISSING, ".".join(path))
    return Refused(Reason.FIELD_INVALID, ".".join(path))
