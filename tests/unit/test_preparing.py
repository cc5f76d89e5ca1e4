"""From a JSON line to bytes: what is refused says where and why and never what stood there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.preparing import Preparer, to_raw
from schemas.codec import Codec
from schemas.reasons import Reason, Refused
from schemas.records import BorderCrossing, ProtectedPerson
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, PROTECTION_STATUSES, TOPICS
from tests.events import EXAMPLES, crossing, person

PUBLISHED = (BORDER_CROSSINGS, MISSION_OBSERVATIONS, PROTECTION_STATUSES)
crossings = Preparer(BORDER_CROSSINGS)


def line(values: Any) -> bytes:
    return json.dumps(values).encode()


def refusal(content: bytes) -> tuple[Reason, str | None]:
    with pytest.raises(Refused) as caught:
        crossings.from_json(content)
    # Nothing of the line may travel with the exception, not even in what caused it.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.reason, caught.value.field


def examples(kind: str) -> list[Path]:
    return [file for topic in PUBLISHED for file in sorted((EXAMPLES / topic.record).glob(f"{kind}-*.json"))]


def preparer_of(file: Path) -> Preparer:
    return Preparer(next(topic for topic in PUBLISHED if topic.record == file.parent.name))


@pytest.mark.parametrize("file", examples("valid"), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_valid_example_becomes_the_bytes_beside_it_keyed_by_its_identity(file: Path) -> None:
    values = json.loads(file.read_text("utf-8"))
    record = preparer_of(file).from_json(line(values.get("record", values)))
    assert record.value == bytes.fromhex(file.with_suffix(".hex").read_text())
    assert record.key.decode() == values.get("event_id", values.get("person_id"))


# The others are faults of bytes, which no JSON line can have.
REFUSED_JSON = [file for file in examples("refused") if "hex" not in json.loads(file.read_text("utf-8"))]


@pytest.mark.parametrize("file", REFUSED_JSON, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_refused_example_that_can_be_written_as_json_is_refused_for_its_reason(file: Path) -> None:
    example = json.loads(file.read_text("utf-8"))
    content = example["line"].encode() if "line" in example else line(example["record"])
    with pytest.raises(Refused) as caught:
        preparer_of(file).from_json(content)
    assert (caught.value.reason.value, caught.value.field) == (example["expect"]["reason"], example["expect"]["field"])


def test_an_event_without_a_disclosure_is_refused_for_that() -> None:
    values = crossing(1)
    del values["disclosure"]
    assert refusal(line(values)) == (Reason.DISCLOSURE_MISSING, "disclosure")


def test_an_unknown_field_whose_name_may_be_a_value_is_not_named() -> None:
    values = crossing(1)
    values["traveller"]["Inventa Maria 740812"] = 1
    assert refusal(line(values)) == (Reason.FIELD_INVALID, "traveller")


@pytest.mark.parametrize(
    ("field", "value"),
    [("occurred_at", 1773480413), ("revision", "1"), ("revision", True), ("revision", 2**31), ("stay_days", 2**40)],
)
def test_types_are_strict(field: str, value: object) -> None:
    assert refusal(line({**crossing(1), field: value})) == (Reason.FIELD_INVALID, field)


@pytest.mark.parametrize("content", [b"", b"null", b"[1]", b"{", b"[" * 100_000, b'"\xff"', b"NaN", b"{} {}"])
def test_what_is_no_json_object_is_refused_as_such(content: bytes) -> None:
    assert refusal(content) == (Reason.JSON_INVALID, None)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else_happens(content: bytes) -> None:
    refusal(content)


def test_a_record_is_refused_when_it_would_not_pass_the_topics_limit_in_a_batch_of_its_own() -> None:
    values = crossing(1)
    values["traveller"]["names"] = [{"surname": "Ö" * 500, "given_names": "Å" * 500, "form": "PRINTED"}] * 50
    assert refusal(line(values)) == (Reason.PAYLOAD_TOO_LARGE, None)


def test_the_confluent_framing_is_written_where_a_schema_id_is_given() -> None:
    record = Preparer(BORDER_CROSSINGS, confluent_id=7).from_json(line(crossing(1)))
    assert record.value is not None
    assert record.value[:5] == b"\x00\x00\x00\x00\x07"


def test_typed_records_and_json_become_the_same_bytes() -> None:
    values = crossing(1)
    assert crossings.from_record(BorderCrossing.model_validate(values)) == crossings.from_json(line(values))


def test_what_was_sent_reads_back_as_what_was_meant() -> None:
    row = ProtectedPerson.model_validate(person(1))
    value = Preparer(PROTECTION_STATUSES).from_record(row).value
    assert ProtectedPerson.from_avro(Codec("protected-person").decode(value)) == row


def test_times_become_milliseconds_and_days() -> None:
    identity = UUID("7c2f1f5e-3d0a-4d0e-9a39-0d6f3a1c5b01")
    raw = to_raw(
        {
            "at": datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
            "later": datetime(2026, 3, 14, 9, 27, 10, 250_999, tzinfo=UTC),
            "on": date(1970, 1, 11),
            "id": identity,
            "list": (identity,),
        }
    )
    assert raw == {"at": -1, "later": 1773480430250, "on": 10, "id": str(identity), "list": [str(identity)]}


def test_every_topic_that_agencies_write_has_a_preparer() -> None:
    assert [topic.name for topic in TOPICS.values() if "agency" in topic.writers] == [t.name for t in PUBLISHED]
