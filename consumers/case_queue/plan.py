"""What a batch changes, worked out before anything is written: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consumers.case_queue.rows import QueueRecord, review_rows
from schemas.topics import IDENTITY_REVIEWS, REVOCATION_CANDIDATES


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of a candidate before the batch."""

    version: str
    row_version: int


@dataclass(frozen=True, slots=True)
class CandidatePlan:
    """What becomes of the candidates.

    Attributes:
        rows: each new version in order, by candidate; `is_last` marks the one that is the state from now on.
        records: the record of each row as JSON; None where it is erased.
        evidence: all evidence of those versions, with `retracted_at` where the last one no longer has it.
        kept: candidate, match and revision of the evidence that the last versions have.
        erased: candidates with a tombstone: what was held before it goes.
        unchanged: records that brought nothing new.
    """

    rows: list[dict[str, Any]]
    records: list[str | None]
    evidence: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    erased: list[UUID]
    unchanged: int

    @property
    def changed(self) -> list[UUID]:
        """The candidates that change."""
        return [row["candidate_id"] for row in self.rows if row["is_last"]]


def by_candidate(batch: Iterable[QueueRecord]) -> dict[UUID, list[QueueRecord]]:
    """The candidate records of a batch, in their order, by candidate; candidates sorted."""
    found: dict[UUID, list[QueueRecord]] = defaultdict(list)
    for record in batch:
        if record.topic == REVOCATION_CANDIDATES.name:
            found[record.candidate_id].append(record)
    return dict(sorted(found.items()))


def by_reviewed_person(batch: Iterable[QueueRecord]) -> dict[UUID, list[dict[str, Any]]]:
    """The reviews that each person has after the batch; persons sorted. A tombstone leaves none."""
    last = {record.person_id: record.record for record in batch if record.topic == IDENTITY_REVIEWS.name}
    return {person: review_rows(values) if values else [] for person, values in sorted(last.items())}


def plan_candidates(
    records: Mapping[UUID, list[QueueRecord]], known: Mapping[UUID, Known], now: datetime
) -> CandidatePlan:
    """Compare the records with what is known: one row for each version that differs from the one before it."""
    plan = CandidatePlan([], [], [], [], [], 0)
    unchanged = 0
    for candidate, versions in records.items():
        before = known.get(candidate)
        version = before.version if before else None
        rows: list[dict[str, Any]] = []
        bodies: list[str | None] = []
        evidence: dict[tuple[UUID, int], dict[str, Any]] = {}
        last: set[tuple[UUID, int]] = set()
        for record in versions:
            row = record.row
            # Nothing is known yet that a tombstone could take away: None equals "".
            if row["version"] == (version or ""):
                unchanged += 1
                continue
            version = row["version"]
            if record.record is None:
                plan.erased.append(candidate)
                evidence.clear()
                last = set()
                bodies = [None] * (len(rows) + 1)
            else:
                pieces = {(piece["match_id"], piece["revision"]): piece for piece in record.evidence}
                evidence |= pieces
                last = set(pieces)
                bodies.append(record.body)
            rows.append(row)
        plan.records.extend(bodies)
        first = before.row_version + 1 if before else 1
        for number, row in enumerate(rows, start=first):
            plan.rows.append(row | {"row_version": number, "is_last": number == first + len(rows) - 1})
        for key, piece in evidence.items():
            plan.evidence.append(piece | {"retracted_at": None if key in last else now})
        plan.kept.extend({"candidate_id": candidate, "match_id": match, "revision": number} for match, number in last)
    return CandidatePlan(plan.rows, plan.records, plan.evidence, plan.kept, plan.erased, unchanged)
