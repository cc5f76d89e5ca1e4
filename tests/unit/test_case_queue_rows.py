"""From records to rows: what a batch changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from consumers.case_queue.plan import Known, by_candidate, by_reviewed_person, plan_candidates
from consumers.case_queue.rows import QueueRecord, candidate_row, check_record, to_json
from schemas.codec import Codec
from schemas.ids import candidate_id
from schemas.reasons import Reason, Refused
from schemas.records import IdentityReview, RevocationCandidate
from tests.builders_queue import make_candidate, make_review, person_id

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CANDIDATES = "revocation-candidates"


def record(model: RevocationCandidate | IdentityReview | None, *, person: int = 1, offset: int = 0) -> QueueRecord:
    topic = "identity-reviews" if isinstance(model, IdentityReview) else CANDIDATES
    return QueueRecord(topic, 0, offset, str(person_id(person)).encode(), None if model is None else model.to_avro())


def test_a_row_says_what_the_evidence_says() -> None:
    row = candidate_row(make_candidate(pieces=2).to_avro())
    assert row["countries"] == ["IRQ"]
    assert row["kinds"] == ["HOME_PASSPORT_PRESENTED", "TRAVELLED_TO"]
    assert row["outcomes"] == ["REFUGEE_STATUS", "PERMIT", "TRAVEL_DOCUMENT"]
    assert row["rule_ids"] == ["home-passport-with-travel-document", "travelled-to-examined-country"]
    assert (row["evidence_count"], row["protected_identity"]) == (2, False)


def test_a_person_not_seen_in_the_register_is_neither_protected_nor_unprotected() -> None:
    assert candidate_row(make_candidate(known=False).to_avro())["protected_identity"] is None


def test_records_from_the_wire_and_from_models_give_the_same_row() -> None:
    candidate = make_candidate(pieces=2)
    codec = Codec("revocation-candidate")
    assert candidate_row(codec.decode(codec.encode(candidate.to_avro()))) == candidate_row(candidate.to_avro())


def test_the_last_version_is_the_state_and_each_is_history() -> None:
    first, second = make_candidate(pieces=1), make_candidate(pieces=2)
    records = by_candidate([record(first), record(first), record(second), record(first)])
    plan = plan_candidates(records, {}, NOW)
    assert [(row["row_version"], row["version"] == first.version, row["is_last"]) for row in plan.rows] == [
        (1, True, False),
        (2, False, False),
        (3, True, True),
    ]
    assert plan.unchanged == 1
    assert [piece["retracted_at"] for piece in plan.evidence] == [None, NOW]


def test_a_version_already_known_changes_nothing() -> None:
    candidate = make_candidate()
    known = {candidate.candidate_id: Known(candidate.version, 4)}
    plan = plan_candidates(by_candidate([record(candidate)]), known, NOW)
    assert (plan.rows, plan.evidence, plan.unchanged) == ([], [], 1)


def test_a_tombstone_takes_the_versions_before_it_along() -> None:
    records = by_candidate([record(make_candidate()), record(None), record(make_candidate(pieces=2))])
    plan = plan_candidates(records, {}, NOW)
    assert [body is None for body in plan.records] == [True, True, False]
    assert plan.erased == [candidate_id(person_id(1))]


def test_a_tombstone_of_somebody_unknown_leaves_no_row() -> None:
    plan = plan_candidates(by_candidate([record(None)]), {}, NOW)
    assert (plan.rows, plan.erased, plan.unchanged) == ([], [], 1)


def test_the_last_record_of_a_person_names_all_reviews_that_hold() -> None:
    reviews = by_reviewed_person([record(make_review(events=(0, 1))), record(make_review(events=(1,)))])
    assert [row["match_id"] for row in reviews[person_id(1)]] == [make_review(events=(1,)).reviews[0].match_id]


def test_a_null_sign_in_a_name_cannot_stop_postgresql() -> None:
    assert json.loads(to_json({"name": "a\0b", "path": "c\\u0000"})) == {"name": "a�b", "path": "c\\u0000"}


@pytest.mark.parametrize(
    ("key", "topic", "changes", "reason"),
    [
        (b"no uuid", CANDIDATES, {}, Reason.KEY_MISMATCH),
        (str(person_id(2)).encode(), CANDIDATES, {}, Reason.KEY_MISMATCH),
        (str(person_id(1)).encode(), CANDIDATES, {"candidate_id": UUID(int=7)}, Reason.KEY_MISMATCH),
        (str(person_id(1)).encode(), "border-crossings", {}, Reason.SCHEMA_INCOMPATIBLE),
        (b"\xff\xfe", CANDIDATES, {}, Reason.KEY_MISMATCH),
    ],
)
def test_a_record_that_contradicts_its_key_is_refused(
    key: bytes, topic: str, changes: dict[str, UUID], reason: Reason
) -> None:
    with pytest.raises(Refused) as refusal:
        check_record(QueueRecord(topic, 0, 0, key, make_candidate().to_avro() | changes))
    assert refusal.value.reason is reason


def test_a_fit_record_passes() -> None:
    check_record(record(make_candidate()))
    check_record(record(make_review()))
    check_record(record(None))
