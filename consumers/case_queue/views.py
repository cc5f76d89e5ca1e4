"""What the reader gives and the API shows: closed, immutable models, masked where they must be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.records import CandidateState, Evidence, OutcomeKind, RevocationCandidate, Subject

MAX_PAGE = 100


class View(BaseModel):
    """Base of all views."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sort(StrEnum):
    """Order of a list."""

    OCCURRED_NEWEST = "occurred-newest"
    OCCURRED_OLDEST = "occurred-oldest"
    RECEIVED_NEWEST = "received-newest"
    RECEIVED_OLDEST = "received-oldest"


class ReviewSort(StrEnum):
    """Order of the list of identity reviews."""

    RECEIVED_NEWEST = "received-newest"
    RECEIVED_OLDEST = "received-oldest"


Country = Annotated[str, Field(pattern=r"^[A-Z]{1,3}$", description="Three-letter code of a country examined.")]
RuleId = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,80}$", description="Identity of a rule that fired.")]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE, description="Most items on a page.")]
Cursor = Annotated[str, Field(max_length=200, description="`next` of the page before; opaque.")]


class CandidateQuery(View):
    """What to list. There is no search by name or number: people are found through what happened (16 § UdL)."""

    state: CandidateState | None = None
    country: Country | None = None
    outcome: OutcomeKind | None = None
    rule: RuleId | None = None
    sort: Sort = Sort.OCCURRED_NEWEST
    limit: Limit = 25
    cursor: Cursor | None = None


class ReviewQuery(View):
    """Which identity reviews to list."""

    state: CandidateState | None = None
    country: Country | None = None
    sort: ReviewSort = ReviewSort.RECEIVED_NEWEST
    limit: Limit = 25
    cursor: Cursor | None = None


class CandidateSummary(View):
    """A candidate in a list: no name, number or place."""

    candidate_id: UUID
    state: CandidateState
    retract_reason: str | None
    protected_identity: bool | None = Field(description="Null where it is not known.")
    masked: bool = Field(description="True where personal data are taken away.")
    countries: tuple[str, ...]
    kinds: tuple[str, ...]
    outcomes: tuple[OutcomeKind, ...] = Field(description="Those that may be concerned.")
    rule_ids: tuple[str, ...]
    evidence_count: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
    last_recorded_at: datetime | None
    received_at: datetime
    updated_at: datetime
    row_version: int
    version: str


class EvidenceStanding(View):
    """Since when, and until when, a piece of evidence has counted."""

    match_id: UUID
    revision: int
    event_id: UUID
    source: str
    kinds: tuple[str, ...]
    country: str | None
    occurred_at: datetime
    recorded_at: datetime
    attached_at: datetime
    retracted_at: datetime | None


class VersionSummary(View):
    """What was known when."""

    row_version: int
    version: str
    state: CandidateState
    received_at: datetime
    evidence_count: int | None = Field(description="Null where the record was erased.")


class CandidateDetail(CandidateSummary):
    """A candidate with all that is known."""

    record: RevocationCandidate | None = Field(description="Null where it was erased.")
    evidence: tuple[EvidenceStanding, ...]
    history: tuple[VersionSummary, ...]


class ReviewSummary(View):
    """An identity review in a list."""

    match_id: UUID
    event_id: UUID
    state: CandidateState
    protected_identity: bool | None
    masked: bool
    country: str | None
    kinds: tuple[str, ...]
    occurred_at: datetime | None
    received_at: datetime
    updated_at: datetime
    row_version: int


class ReviewDetail(ReviewSummary):
    """A possible match, to be examined by a person; erased when it was taken back."""

    person_id: UUID
    record: Evidence | None
    person: Subject | None = Field(
        description="As in the registry; null where no row has been seen, and where it is masked."
    )
    others: tuple[UUID, ...] = Field(description="Open matches of the same event with other people.")


Item = TypeVar("Item")


class Page(View, Generic[Item]):
    """A page of a list.

    Attributes:
        total: how many the filters let through on all pages.
        next: cursor of the page after it; None on the last one.
    """

    items: tuple[Item, ...]
    total: int
    next: str | None


class Facets(View):
    """How many candidates there are of each kind, whatever the filters."""

    states: dict[CandidateState, int]
    outcomes: dict[OutcomeKind, int]
    countries: dict[str, int]
    rules: dict[str, int]
