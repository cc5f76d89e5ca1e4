"""The examples are what they say, cover what they must, and fix the bytes on the wire."""

from __future__ import annotations

import json

import pytest

from producers.preparing import Preparer
from schemas.codec import Codec
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS
from schemas.topics import TOPICS
from tests.contract.examples import ROOT, Accepted, Rejected, accepted, from_bytes, from_json, rejected

each_accepted = pytest.mark.parametrize("example", accepted(), ids=lambda example: f"{example.record}/{example.name}")
each_rejected = pytest.mark.parametrize("example", rejected(), ids=lambda example: f"{example.record}/{example.name}")

# Reasons that no record can cause by its content, and where they are tested instead.
ELSEWHERE = {
    Reason.PAYLOAD_TOO_LARGE: "the publisher, which knows the size",
    Reason.KEY_MISMATCH: "the services, which see the key beside the record",
    Reason.MRZ_FORMAT: "the MRZ reader",
    Reason.DOCUMENT_CHECK_DIGIT: "the MRZ reader",
    Reason.REDRIVE_SOURCE_GONE: "the redrive, which looks at the source",
    Reason.REDRIVE_SOURCE_CHANGED: "the redrive, which looks at the source",
    Reason.PERSON_TOO_LARGE: "the service candidates, which folds all that is known of a person",
    Reason.EVENT_TOO_LARGE: "the service matching, which remembers whom an event could be",
    Reason.HANDLER_FAILED: "the services: a fault of ours",
}

ANY_BYTES = {Reason.PAYLOAD_TRUNCATED, Reason.PAYLOAD_TRAILING}
# Framing and decoding are the same code for all records, so one record shows these.
FRAMING = {
    Reason.PAYLOAD_MISSING,
    Reason.FRAMING_UNKNOWN,
    Reason.SCHEMA_UNKNOWN,
    Reason.SCHEMA_INCOMPATIBLE,
    Reason.PAYLOAD_CORRUPT,
}
EVENT = ANY_BYTES | {
    Reason.JSON_INVALID,
    Reason.FIELD_INVALID,
    Reason.EVENT_ID_INVALID,
    Reason.REVISION_INVALID,
    Reason.TIME_IMPOSSIBLE,
    Reason.DAY_NOT_MIDNIGHT,
    Reason.DISCLOSURE_MISSING,
    Reason.AUTHORITY_NOT_PERMITTED,
    Reason.TRAVELLER_EMPTY,
    Reason.TEXT_TOO_LONG,
    Reason.TOO_MANY_VALUES,
    Reason.COUNTRY_UNKNOWN,
    Reason.BIRTH_DATE_IMPOSSIBLE,
    Reason.DOCUMENT_NUMBER_INVALID,
    Reason.PERSONAL_NUMBER_INVALID,
    Reason.DOSSIER_NUMBER_INVALID,
    Reason.PLACE_INVALID,
    Reason.STAY_IMPOSSIBLE,
}
CAUSES = dict.fromkeys(RECORDS, ANY_BYTES | {Reason.FIELD_INVALID}) | {
    "border-crossing": EVENT | FRAMING | {Reason.COUNTRY_BASIS_MISSING},
    "mission-observation": EVENT | {Reason.COUNTRY_MISSING, Reason.PASSPORT_MISSING},
    "protected-person": ANY_BYTES
    | {
        Reason.JSON_INVALID,
        Reason.FIELD_INVALID,
        Reason.EVENT_ID_INVALID,
        Reason.TOO_MANY_VALUES,
        Reason.TEXT_TOO_LONG,
        Reason.BIRTH_DATE_IMPOSSIBLE,
        Reason.COUNTRY_UNKNOWN,
        Reason.TIME_IMPOSSIBLE,
    },
    "identity-decision": ANY_BYTES
    | {
        Reason.FIELD_INVALID,
        Reason.EVENT_ID_INVALID,
        Reason.REVISION_INVALID,
        Reason.DECISION_UNSIGNED,
        Reason.TEXT_TOO_LONG,
    },
}


@each_accepted
def test_a_valid_example_is_accepted_and_comes_back_from_its_bytes(example: Accepted) -> None:
    model = from_json(example.record, example.json)
    decoded = Codec(example.record).decode(example.encoded)
    assert RECORDS[example.record].from_avro(decoded) == model
    from_bytes(example.record, example.encoded, {})


@each_accepted
def test_the_wire_format_is_the_committed_one(example: Accepted) -> None:
    """Fails when a change of schema, codec or library changes what agencies of other languages must write."""
    model = RECORDS[example.record].model_validate_json(example.json)
    assert Codec(example.record).encode(model.to_avro()).hex() == example.encoded.hex()


@each_accepted
def test_the_confluent_framing_differs_in_the_header_only(example: Accepted) -> None:
    values = RECORDS[example.record].model_validate_json(example.json).to_avro()
    framed = Codec(example.record, confluent_id=7).encode(values)
    assert framed[:5].hex() == "0000000007"
    assert framed[5:] == example.encoded[10:]


@each_rejected
def test_a_refused_example_is_refused_for_the_reason_and_field_that_it_names(example: Rejected) -> None:
    with pytest.raises(Refused) as refusal:
        example.take()
    assert (refusal.value.reason, refusal.value.field) == (example.reason, example.field)


PUBLISHED = {topic.record: topic for topic in TOPICS.values() if "agency" in topic.writers}


@pytest.mark.parametrize(
    "example", [example for example in accepted() if example.record in PUBLISHED], ids=lambda example: example.name
)
def test_the_publisher_sends_a_valid_example_as_exactly_these_bytes(example: Accepted) -> None:
    prepared = Preparer(PUBLISHED[example.record]).from_json(example.json)
    assert prepared.value == example.encoded
    assert prepared.key == json.loads(example.json)[PUBLISHED[example.record].key].encode()


@pytest.mark.parametrize(
    "example",
    [example for example in rejected() if example.record in PUBLISHED and example.data is None],
    ids=lambda example: example.name,
)
def test_the_publisher_refuses_an_example_for_the_reason_that_the_reader_would_name(example: Rejected) -> None:
    line = json.dumps(example.values) if example.line is None else example.line
    with pytest.raises(Refused) as refusal:
        Preparer(PUBLISHED[example.record]).from_json(line.encode())
    assert (refusal.value.reason, refusal.value.field) == (example.reason, example.field)


@each_rejected
def test_a_refused_example_is_named_after_its_reason(example: Rejected) -> None:
    assert example.name.startswith(f"refused-{example.reason.value}-")


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_has_a_valid_example(record: str) -> None:
    assert [example for example in accepted() if example.record == record]


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_has_a_refused_example_for_every_reason_it_can_cause(record: str) -> None:
    assert {example.reason for example in rejected() if example.record == record} == CAUSES[record]


def test_every_reason_is_shown_by_an_example_or_tested_elsewhere() -> None:
    shown = {example.reason for example in rejected()}
    assert shown.isdisjoint(ELSEWHERE)
    assert shown | set(ELSEWHERE) == set(Reason)


def test_there_are_no_files_among_the_examples_that_nothing_reads() -> None:
    read = {f"{example.record}/{example.name}.{kind}" for example in accepted() for kind in ("json", "hex")}
    read |= {f"{example.record}/{example.name}.json" for example in rejected()}
    assert {file.relative_to(ROOT).as_posix() for file in ROOT.rglob("*") if file.is_file()} == read
    assert {folder.name for folder in ROOT.iterdir()} == set(RECORDS)


def test_a_refusal_says_nothing_of_the_content() -> None:
    for example in rejected():
        with pytest.raises(Refused) as refusal:
            example.take()
        assert str(refusal.value) == (
            example.reason.value if example.field is None else f"{example.reason.value} ({example.field})"
        )
        assert refusal.value.__cause__ is None
