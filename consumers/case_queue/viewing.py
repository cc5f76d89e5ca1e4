"""Reading with a trace: everything that shows somebody's data goes through here and is logged before it leaves.

So that a person may learn when and why they were looked up (CJEU C-579/21), lists log which ids they showed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from consumers.case_queue.audit import Action, AuditEntry, AuditLog, Detail
from consumers.case_queue.reader import QueueReader
from consumers.case_queue.views import (
    CandidateDetail,
    CandidateQuery,
    CandidateSummary,
    Page,
    ReviewDetail,
    ReviewQuery,
    ReviewSummary,
)


class LoggedReader:
    """The reader as one channel (`api` or `page`) uses it. Raises what the reader and the audit log raise."""

    def __init__(
        self, reader: QueueReader, audit: AuditLog, now: Callable[[], datetime], *, actor: str, channel: str
    ) -> None:
        self._reader = reader
        self._audit = audit
        self._now = now
        self._actor = actor
        self._channel = channel

    def candidates(self, query: CandidateQuery) -> Page[CandidateSummary]:
        """As `QueueReader.candidates`."""
        page = self._reader.candidates(query)
        self._listed("candidate", query, (item.candidate_id for item in page.items))
        return page

    def candidate(self, candidate_id: UUID) -> CandidateDetail | None:
        """As `QueueReader.candidate`."""
        detail = self._reader.candidate(candidate_id)
        self._viewed("candidate", candidate_id, None if detail is None else detail.row_version)
        return detail

    def reviews(self, query: ReviewQuery) -> Page[ReviewSummary]:
        """As `QueueReader.reviews`."""
        page = self._reader.reviews(query)
        self._listed("identity-review", query, (item.match_id for item in page.items))
        return page

    def review(self, match_id: UUID) -> ReviewDetail | None:
        """As `QueueReader.review`."""
        detail = self._reader.review(match_id)
        # Other matches are named too, and with them that other people are asked about.
        others = () if detail is None else detail.others
        self._viewed("identity-review", match_id, None if detail is None else detail.row_version, others)
        return detail

    def _listed(self, kind: str, query: CandidateQuery | ReviewQuery, shown: Iterable[UUID]) -> None:
        chosen = query.model_dump(mode="json", exclude_none=True, exclude={"cursor"})
        details: dict[str, Detail] = {
            "channel": self._channel,
            "query": chosen,
            "ids": [str(identity) for identity in shown],
        }
        self._audit.append(AuditEntry(self._actor, Action.LISTED, kind, None, details), self._now())

    def _viewed(self, kind: str, identity: UUID, row_version: int | None, named: Iterable[UUID] = ()) -> None:
        action = Action.NOT_FOUND if row_version is None else Action.VIEWED
        details: dict[str, Detail] = {"channel": self._channel, "row_version": row_version}
        if ids := [str(other) for other in named]:
            details["ids"] = ids
        self._audit.append(AuditEntry(self._actor, action, kind, str(identity), details), self._now())
