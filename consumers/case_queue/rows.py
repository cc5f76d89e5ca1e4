"""From the records of a batch to the rows of the tables: pure, without a database.

Records are what `schemas.codec.Codec.decode` gives (dicts with datetimes and UUIDs), not Pydantic models: building
models and taking them apart again would cost more than all the rest here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from schemas.ids import candidate_id
from schemas.reasons import Reason, Refused
from schemas.topics import IDENTITY_REVIEWS, REVOCATION_CANDIDATES

Values = Mapping[str, Any]

ERASED = "ERASED"
_OUTCOMES = (
    ("refugee_status", "REFUGEE_STATUS"),
    ("alternative_protection", "ALTERNATIVE_PROTECTION"),
    ("permit", "PERMIT"),
    ("travel_document", "TRAVEL_DOCUMENT"),
)


@dataclass(frozen=True)
class QueueRecord:
    """A record from Kafka, decoded. What is written of it is worked out once, on the first question.

    Attributes:
        topic: `revocation-candidates` or `identity-reviews`.
        partition: its partition.
        offset: its offset.
        key: the record's key, the person's id as text.
        record: the values as `Codec(...).decode` gives them (not raw); None for a tombstone.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | str
    record: Values | None

    @cached_property
    def person_id(self) -> UUID:
        """The person whom the key names. Raises ValueError."""
        return UUID(self.key.decode("ascii") if isinstance(self.key, bytes) else self.key)

    @cached_property
    def candidate_id(self) -> UUID:
        """The candidate of that person."""
        return candidate_id(self.person_id)

    @cached_property
    def row(self) -> dict[str, Any]:
        """The row of `candidate`; for a candidate's record or its tombstone."""
        return erased_row(self.candidate_id, self.person_id) if self.record is None else candidate_row(self.record)

    @cached_property
    def body(self) -> str | None:
        """The record as JSON; None for a tombstone."""
        return None if self.record is None else to_json(self.record)

    @cached_property
    def evidence(self) -> list[dict[str, Any]]:
        """The rows of `evidence`, for a candidate's record."""
        return [] if self.record is None else evidence_rows(self.record)

    def prepare(self) -> None:
        """Work out what there is to be written: for whoever has time while the database is busy."""
        if self.topic == REVOCATION_CANDIDATES.name:
            _ = self.row, self.body, self.evidence


def check_record(record: QueueRecord) -> None:
    """Check what the tables rely on. Raises Refused with reason and field.

    The sink calls it for each record before `CandidateStore.apply`, so that one unfit record does not stop a batch.
    """
    try:
        person = record.person_id
    except ValueError:
        raise Refused(Reason.KEY_MISMATCH, "key") from None
    values = record.record
    if record.topic not in (REVOCATION_CANDIDATES.name, IDENTITY_REVIEWS.name):
        raise Refused(Reason.SCHEMA_INCOMPATIBLE, "topic")
    if values is None:
        return
    if values["person_id"] != person:
        raise Refused(Reason.KEY_MISMATCH, "person_id")
    if record.topic == REVOCATION_CANDIDATES.name and values["candidate_id"] != record.candidate_id:
        raise Refused(Reason.KEY_MISMATCH, "candidate_id")


def candidate_row(values: Values) -> dict[str, Any]:
    """The row of `candidate`, without what only the database knows."""
    person = values["person"]
    findings = [piece["finding"] for piece in values["evidence"]]
    return {
        "candidate_id": values["candidate_id"],
        "person_id": values["person_id"],
        "version": values["version"],
        "state": values["state"],
        "retract_reason": values["retract_reason"],
        "protected_identity": None if person is None else person["protected_identity"],
        "countries": sorted({finding["country"] for finding in findings if finding["country"]}),
        "kinds": sorted({kind for finding in findings for kind in finding["kinds"]}),
        "outcomes": [kind for field, kind in _OUTCOMES if values["outcomes"][field]["concerned"]],
        "rule_ids": sorted({rule["rule_id"] for finding in findings for rule in finding["rules"]}),
        "evidence_count": len(findings),
        "first_occurred_at": values["first_occurred_at"],
        "last_occurred_at": values["last_occurred_at"],
        "last_recorded_at": values["last_recorded_at"],
    }


def erased_row(candidate: UUID, person: UUID) -> dict[str, Any]:
    """The row of a candidate whose record was tombstoned: that it existed, and nothing of what it held."""
    return {
        "candidate_id": candidate,
        "person_id": person,
        "version": "",
        "state": "RETRACTED",
        "retract_reason": ERASED,
        "protected_identity": None,
        "countries": [],
        "kinds": [],
        "outcomes": [],
        "rule_ids": [],
        "evidence_count": 0,
    }


def evidence_rows(values: Values) -> list[dict[str, Any]]:
    """The rows of `evidence`."""
    return [
        {
            "candidate_id": values["candidate_id"],
            "match_id": piece["match_id"],
            **{
                field: piece["finding"][field]
                for field in (
                    "event_id",
                    "revision",
                    "source",
                    "identity",
                    "kinds",
                    "country",
                    "occurred_at",
                    "recorded_at",
                )
            },
        }
        for piece in values["evidence"]
    ]


def review_rows(values: Values) -> list[dict[str, Any]]:
    """The rows of `identity_review`, one for each possible match."""
    by_match = {
        piece["match_id"]: {
            "match_id": piece["match_id"],
            "person_id": values["person_id"],
            "event_id": piece["finding"]["event_id"],
            "protected_identity": values.get("protected_identity"),
            "country": piece["finding"]["country"],
            "kinds": piece["finding"]["kinds"],
            "occurred_at": piece["finding"]["occurred_at"],
            "record": to_json(piece),
            "person": None if values.get("person") is None else to_json(values["person"]),
        }
        for piece in values["reviews"]
    }
    return list(by_match.values())


def to_json(values: Values | Sequence[Values]) -> str:
    """JSON that PostgreSQL takes.

    U+0000 is lawful in Avro and JSON but not in PostgreSQL's text; it becomes U+FFFD, so that a hostile name cannot
    stop the queue.
    """
    data = orjson.dumps(values)
    if rb"\u0000" in data:
        data = orjson.dumps(_without_nul(orjson.loads(data)))
    return data.decode()


def _without_nul(node: Any) -> Any:
    if isinstance(node, str):
        return node.replace("\0", "�")
    if isinstance(node, dict):
        return {_without_nul(key): _without_nul(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_nul(item) for item in node]
    return node
