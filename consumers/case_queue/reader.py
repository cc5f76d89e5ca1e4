"""The read side of the case queue: lists and single items, masked before they leave (masking.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    Table,
    and_,
    func,
    or_,
    select,
    text,
)

from consumers.case_queue import migrate
from consumers.case_queue.cursor import Place, read_cursor, write_cursor
from consumers.case_queue.errors import QueueUnavailable, RecordUnreadable, database_errors
from consumers.case_queue.masking import mask_candidate, mask_evidence, must_mask
from consumers.case_queue.tables import candidate, candidate_version, evidence, identity_review
from consumers.case_queue.views import (
    CandidateDetail,
    CandidateQuery,
    CandidateSummary,
    EvidenceStanding,
    Facets,
    Page,
    ReviewDetail,
    ReviewQuery,
    ReviewSort,
    ReviewSummary,
    Sort,
    VersionSummary,
)
from schemas.records import CandidateState, Evidence, RevocationCandidate, Subject

_SUMMARY = [candidate.c[name] for name in CandidateSummary.model_fields if name != "masked"]
_STANDING = [evidence.c[name] for name in EvidenceStanding.model_fields]
# A review knows of its person's protection by itself or through the person's candidate; protected if either says so.
_REVIEW_PROTECTED = func.coalesce(
    func.nullif(candidate.c.protected_identity, False),
    identity_review.c.protected_identity,
    candidate.c.protected_identity,
).label("protected_identity")
_REVIEWS = identity_review.outerjoin(candidate, candidate.c.person_id == identity_review.c.person_id)
_REVIEW_SUMMARY = [
    identity_review.c[name] for name in ReviewSummary.model_fields if name not in ("masked", "protected_identity")
]
_REVIEW_DETAIL = [
    *_REVIEW_SUMMARY,
    identity_review.c.person_id,
    _REVIEW_PROTECTED,
    identity_review.c.record,
    identity_review.c.person,
]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the database answers, and whether its tables are those that this version needs."""

    database: bool
    migrations: bool


class QueueReader:
    """Reads the queue. Every method raises QueueUnavailable where the database does not answer in time."""

    def __init__(self, engine: Engine) -> None:
        # One snapshot for all statements of a view, and no way to write by mistake.
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def candidates(self, query: CandidateQuery) -> Page[CandidateSummary]:
        """A page of candidates. Raises CursorInvalid."""
        conditions: list[ColumnElement[bool]] = []
        if query.state is not None:
            conditions.append(candidate.c.state == query.state)
        if query.country is not None:
            conditions.append(candidate.c.countries.contains([query.country]))
        if query.outcome is not None:
            conditions.append(candidate.c.outcomes.contains([query.outcome.value]))
        if query.rule is not None:
            conditions.append(candidate.c.rule_ids.contains([query.rule]))
        occurred = query.sort in (Sort.OCCURRED_NEWEST, Sort.OCCURRED_OLDEST)
        order = _Order(
            query.sort,
            candidate.c.listed_at if occurred else candidate.c.received_at,
            candidate.c.candidate_id,
            newest=query.sort in (Sort.OCCURRED_NEWEST, Sort.RECEIVED_NEWEST),
        )
        chosen = select(*_SUMMARY).where(*conditions)
        with self._snapshot() as connection:
            total = _count(connection, candidate, conditions)
            rows, following = order.page(connection, chosen, query.cursor, query.limit)
        return Page(items=tuple(_summary(row) for row in rows), total=total, next=following)

    def facets(self) -> Facets:
        """Numbers of candidates by state and, among the open ones, by outcome, country and rule."""
        with self._snapshot() as connection:
            states = connection.execute(
                select(candidate.c.state, func.count().label("number")).group_by(candidate.c.state)
            ).all()

            def counts(column: Column[Any]) -> dict[str, int]:
                value = func.unnest(column).label("value")
                each = select(value).where(candidate.c.state == "OPEN").subquery()
                rows = connection.execute(
                    select(each.c.value, func.count().label("number")).group_by(each.c.value).order_by(each.c.value)
                )
                return {row.value: row.number for row in rows}

            return Facets.model_validate(
                {
                    "states": {row.state: row.number for row in states},
                    "outcomes": counts(candidate.c.outcomes),
                    "countries": counts(candidate.c.countries),
                    "rules": counts(candidate.c.rule_ids),
                }
            )

    def candidate(self, candidate_id: UUID) -> CandidateDetail | None:
        """One candidate with evidence and history, or None. Raises RecordUnreadable."""
        history = candidate_version
        with self._snapshot() as connection:
            row = (
                connection.execute(
                    select(*_SUMMARY, history.c.record)
                    .join(
                        history,
                        and_(
                            history.c.candidate_id == candidate.c.candidate_id,
                            history.c.row_version == candidate.c.row_version,
                        ),
                    )
                    .where(candidate.c.candidate_id == candidate_id)
                )
                .mappings()
                .first()
            )
            if row is None:
                return None
            standing = connection.execute(
                select(*_STANDING)
                .where(evidence.c.candidate_id == candidate_id)
                .order_by(evidence.c.occurred_at, evidence.c.match_id, evidence.c.revision)
            ).mappings()
            versions = connection.execute(
                select(
                    history.c.row_version,
                    history.c.version,
                    history.c.state,
                    history.c.received_at,
                    func.jsonb_array_length(history.c.record["evidence"]).label("evidence_count"),
                )
                .where(history.c.candidate_id == candidate_id)
                .order_by(history.c.row_version.desc())
            ).mappings()
            return _detail(row, [dict(item) for item in standing], [dict(item) for item in versions])

    def reviews(self, query: ReviewQuery) -> Page[ReviewSummary]:
        """A page of identity reviews. Raises CursorInvalid."""
        conditions: list[ColumnElement[bool]] = []
        if query.state is not None:
            conditions.append(identity_review.c.state == query.state)
        if query.country is not None:
            conditions.append(identity_review.c.country == query.country)
        order = _Order(
            query.sort,
            identity_review.c.received_at,
            identity_review.c.match_id,
            newest=query.sort is ReviewSort.RECEIVED_NEWEST,
        )
        chosen = select(*_REVIEW_SUMMARY, _REVIEW_PROTECTED).select_from(_REVIEWS).where(*conditions)
        with self._snapshot() as connection:
            total = _count(connection, identity_review, conditions)
            rows, following = order.page(connection, chosen, query.cursor, query.limit)
        items = tuple(ReviewSummary(**row, masked=must_mask(row["protected_identity"])) for row in rows)
        return Page(items=items, total=total, next=following)

    def review(self, match_id: UUID) -> ReviewDetail | None:
        """One identity review, or None. Raises RecordUnreadable."""
        with self._snapshot() as connection:
            row = (
                connection.execute(
                    select(*_REVIEW_DETAIL).select_from(_REVIEWS).where(identity_review.c.match_id == match_id)
                )
                .mappings()
                .first()
            )
            if row is None:
                return None
            others = connection.scalars(
                select(identity_review.c.match_id)
                .where(
                    identity_review.c.event_id == row["event_id"],
                    identity_review.c.match_id != match_id,
                    identity_review.c.state == CandidateState.OPEN,
                )
                .order_by(identity_review.c.match_id)
            ).all()
        masked = must_mask(row["protected_identity"])
        record = person = None
        if row["record"] is not None:
            try:
                record = Evidence.model_validate(row["record"])
                person = Subject.model_validate(row["person"]) if row["person"] is not None else None
            except ValidationError:
                raise RecordUnreadable(f"identity review {match_id}") from None
            if masked:
                record, person = mask_evidence(record, person), None
        return ReviewDetail.model_validate(
            {**row, "record": record, "person": person, "masked": masked, "others": tuple(others)}
        )

    def ready(self) -> Readiness:
        """Ask the database; never raises QueueUnavailable."""
        try:
            with self._snapshot() as connection:
                connection.execute(text("SELECT 1"))
                return Readiness(database=True, migrations=migrate.is_current(connection))
        except QueueUnavailable:
            return Readiness(database=False, migrations=False)

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        with database_errors(), self._engine.begin() as connection:
            yield connection


@dataclass(frozen=True, slots=True)
class _Order:
    """The order of a list, and its pages by keyset: by time, then by id where times are equal."""

    sort: str
    at: Column[Any]
    item: Column[Any]
    newest: bool

    def page(
        self, connection: Connection, chosen: Select[Any], cursor: str | None, limit: int
    ) -> tuple[list[RowMapping], str | None]:
        """The rows of a page and the cursor of the next one."""
        if cursor:
            chosen = chosen.where(self._after(read_cursor(self.sort, cursor)))
        columns = (self.at.desc(), self.item.desc()) if self.newest else (self.at.asc(), self.item.asc())
        chosen = chosen.add_columns(self.at.label("_at"), self.item.label("_item")).order_by(*columns)
        # One more than asked for tells whether there is a next page.
        found = list(connection.execute(chosen.limit(limit + 1)).mappings())
        rows = found[:limit]
        following = None
        if len(found) > limit:
            following = write_cursor(self.sort, Place(rows[-1]["_at"], rows[-1]["_item"]))
        return [{k: v for k, v in row.items() if k not in ("_at", "_item")} for row in rows], following  # type: ignore[misc]

    def _after(self, place: Place) -> ColumnElement[bool]:
        if self.newest:
            return or_(self.at < place.at, and_(self.at == place.at, self.item < place.item))
        return or_(self.at > place.at, and_(self.at == place.at, self.item > place.item))


def _count(connection: Connection, table: Table, conditions: list[ColumnElement[bool]]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def _summary(row: Any) -> CandidateSummary:
    return CandidateSummary.model_validate({**row, "masked": must_mask(row["protected_identity"])})


def _detail(row: RowMapping, standing: list[dict[str, Any]], versions: list[dict[str, Any]]) -> CandidateDetail:
    masked = must_mask(row["protected_identity"])
    record = None
    if row["record"] is not None:
        try:
            record = RevocationCandidate.model_validate(row["record"])
        except ValidationError:
            raise RecordUnreadable(f"candidate {row['candidate_id']}") from None
        record = mask_candidate(record) if masked else record
    return CandidateDetail.model_validate(
        {
            **row,
            "masked": masked,
            "record": record,
            "evidence": tuple(EvidenceStanding.model_validate(item) for item in standing),
            "history": tuple(VersionSummary.model_validate(item) for item in versions),
        }
    )
