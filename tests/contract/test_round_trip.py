"""What is written is read again: every record, any data, both framings, both readers."""

from __future__ import annotations

import struct
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import Codec, schema, schema_fingerprint
from schemas.records import RECORDS
from tests.contract.strategies import values

each_record = pytest.mark.parametrize("record", RECORDS)
# Candidates and reviews nest deeply; drawing them takes its time, and that is no fault of the test.
patient = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def plain(value: Any) -> Any:
    """Logical values as the raw codec gives them."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "timestamp"):
        # In integers: a float's 53 bits lose the millisecond far from now.
        return (
            value.toordinal() * 86_400_000
            - EPOCH_MS
            + (((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000)
        )
    if isinstance(value, date):
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return value


EPOCH_MS = date(1970, 1, 1).toordinal() * 86_400_000


@each_record
@pytest.mark.parametrize("confluent_id", [None, 2**32 - 1])
@given(data=st.data())
@patient
def test_any_record_comes_back_as_it_was_written(record: str, confluent_id: int | None, data: st.DataObject) -> None:
    written = data.draw(values(record))
    codec = Codec(record, confluent_id=confluent_id, resolve_id={confluent_id: schema(record)}.__getitem__)
    encoded = codec.encode(written)
    assert codec.decode(encoded) == written
    assert Codec(record, raw=True, resolve_id=lambda _: schema(record)).decode(encoded) == plain(written)


@each_record
@given(data=st.data())
@patient
def test_any_record_comes_back_as_its_model(record: str, data: st.DataObject) -> None:
    model = RECORDS[record].model_validate(data.draw(values(record)))
    codec = Codec(record)
    assert RECORDS[record].from_avro(codec.decode(codec.encode(model.to_avro()))) == model
    assert RECORDS[record].model_validate_json(model.model_dump_json()) == model


@each_record
def test_the_header_says_the_framing_and_the_schema(record: str) -> None:
    values_of_it = _first_example(record)
    single = Codec(record).encode(values_of_it)
    assert single[:2] == b"\xc3\x01"
    assert single[2:10] == schema_fingerprint(schema(record))
    confluent = Codec(record, confluent_id=258).encode(values_of_it)
    assert confluent[:5] == struct.pack(">bI", 0, 258)
    assert confluent[5:] == single[10:]


def test_a_batch_gives_each_record_or_its_refusal_in_its_place() -> None:
    good = Codec("redrive").encode(_first_example("redrive"))
    rows, refused = Codec("redrive", raw=True).decode_batch([good, None, good + b"\0", good, good[:-1]])
    assert [row is None for row in rows] == [False, True, True, False, True]
    assert {index: refusal.reason.value for index, refusal in refused.items()} == {
        1: "payload-missing",
        2: "payload-trailing",
        4: "payload-truncated",
    }


@pytest.mark.parametrize(
    "changed",
    [{"partition": "three"}, {"offset": 2**63}, {"topic": None}, {"requested_at": "now"}, {"offset": ...}],
    ids=str,
)
def test_what_does_not_fit_the_schema_is_not_encoded(changed: dict[str, Any]) -> None:
    broken = _first_example("redrive") | changed
    if changed == {"offset": ...}:
        del broken["offset"]
    with pytest.raises(ValueError, match=r"schema|no value"):
        Codec("redrive").encode(broken)


def _first_example(record: str) -> dict[str, Any]:
    from tests.contract.examples import accepted

    example = next(example for example in accepted() if example.record == record)
    return RECORDS[record].model_validate_json(example.json).to_avro()
