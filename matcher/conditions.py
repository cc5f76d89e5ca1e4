"""The vocabulary of the rules: what a condition may ask of an event and of the person, and whether it is met.

All conditions of a rule that are stated must hold. Unknown fields are refused, so that a misspelt condition can never
silently widen a rule. Which conditions exclude each other is found by `possible`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from matcher.status import is_citizen_of, is_stateless
from schemas.checks import LIFETIME_DAYS
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    EvidenceKind,
    OutcomeKind,
    PermitKind,
    ProtectedPerson,
    StatusKind,
)

Word = TypeVar("Word", bound=StrEnum)


class TravelDocument(StrEnum):
    """The Swedish travel documents: of DocumentKind, those that a condition may name."""

    REFUGEE_TRAVEL_DOCUMENT = "REFUGEE_TRAVEL_DOCUMENT"
    STATELESS_TRAVEL_DOCUMENT = "STATELESS_TRAVEL_DOCUMENT"
    ALIENS_PASSPORT = "ALIENS_PASSPORT"


def _in_order(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Each once, in alphabetical order: a list of alternatives means the same whatever its order."""
    return tuple(sorted(set(words)))


AnyOf = Annotated[tuple[Word, ...], Field(min_length=1), AfterValidator(_in_order)]
Days = Annotated[int, Field(strict=True, ge=0, le=LIFETIME_DAYS)]  # as an event's stay
YesNo = Annotated[bool, Field(strict=True)]
BORDER, MISSIONS = "border-crossings", "mission-observations"


class Closed(BaseModel):
    """Base of what a rule set says: immutable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Conditions(Closed):
    """All that are stated must hold; at least the evidence is stated. Each tells what it means and gives an example."""

    evidence: AnyOf[EvidenceKind] = Field(
        description="the event shows at least one of these kinds of evidence, about a country examined",
        examples=['evidence = ["TRAVELLED_TO", "STAYED_IN"]'],
    )
    and_evidence: AnyOf[EvidenceKind] = Field(
        default=(),
        description="the same event shows at least one of these as well",
        examples=['and_evidence = ["HOME_PASSPORT_PRESENTED"]'],
    )
    source: Literal["border-crossings", "mission-observations"] | None = Field(
        default=None, description="the event came by that topic", examples=['source = "mission-observations"']
    )
    direction: Direction | None = Field(
        default=None,
        description="the crossing went into, or out of, Sweden; never for an observation",
        examples=['direction = "ENTRY"'],
    )
    country_basis: AnyOf[CountryBasis] = Field(
        default=(),
        description="the country travelled to or from is known in one of these ways; never for an observation",
        examples=['country_basis = ["DIRECT_ROUTE", "STAMP"]'],
    )
    status: AnyOf[StatusKind] = Field(
        default=(), description="the status held then is one of them", examples=['status = ["REFUGEE"]']
    )
    permit: AnyOf[PermitKind] = Field(
        default=(),
        description="a residence permit of one of these kinds was valid that day",
        examples=['permit = ["PERMANENT"]'],
    )
    holds_travel_document: YesNo | None = Field(
        default=None,
        description="a Swedish resedokument or främlingspass was valid that day, or none was",
        examples=["holds_travel_document = true"],
    )
    travel_document: AnyOf[TravelDocument] = Field(
        default=(),
        description="a Swedish travel document of one of these kinds was valid that day",
        examples=['travel_document = ["ALIENS_PASSPORT"]'],
    )
    stateless: YesNo | None = Field(
        default=None, description="the registry has the person as stateless, or not", examples=["stateless = false"]
    )
    citizen_of_country: YesNo | None = Field(
        default=None,
        description="the registry has the person as a citizen of the country concerned (the one examined that was "
        "travelled to or from or stayed in, else the one whose passport was used), or only of others; neither is "
        "met where it knows of no citizenship",
        examples=["citizen_of_country = true"],
    )
    stay_days_at_least: Days | None = Field(
        default=None,
        description="a length of stay was told with the event, and is at least that; not met where none was told",
        examples=["stay_days_at_least = 90"],
    )
    stay_days_at_most: Days | None = Field(
        default=None, description="the same, as an upper bound", examples=["stay_days_at_most = 14"]
    )

    @property
    def stated(self) -> dict[str, Any]:
        """The conditions that are stated, by their name, in the order of the vocabulary."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in values if value is not None and value != ()}


class Circumstances(NamedTuple):
    """What the conditions look at.

    Attributes:
        permits: kinds of residence permit that the person held that day.
        travel_documents: kinds of Swedish travel document that the person held that day.
    """

    source: str
    kinds: frozenset[EvidenceKind]
    country: str
    country_basis: CountryBasis | None
    direction: str | None
    stay_days: int | None
    status: StatusKind
    person: ProtectedPerson
    permits: frozenset[PermitKind]
    travel_documents: frozenset[DocumentKind]


def met(when: Conditions, seen: Circumstances) -> bool:
    """Whether all conditions that are stated hold."""
    stay = seen.stay_days
    return (
        not seen.kinds.isdisjoint(when.evidence)
        and (not when.and_evidence or not seen.kinds.isdisjoint(when.and_evidence))
        and (when.source is None or when.source == seen.source)
        and (when.direction is None or when.direction == seen.direction)
        and (not when.country_basis or seen.country_basis in when.country_basis)
        and (not when.status or seen.status in when.status)
        and (not when.permit or not seen.permits.isdisjoint(when.permit))
        and (when.holds_travel_document is None or when.holds_travel_document is bool(seen.travel_documents))
        and (not when.travel_document or not seen.travel_documents.isdisjoint(when.travel_document))
        and (when.stateless is None or when.stateless is is_stateless(seen.person))
        and (when.citizen_of_country is None or when.citizen_of_country is is_citizen_of(seen.person, seen.country))
        and (when.stay_days_at_least is None or (stay is not None and stay >= when.stay_days_at_least))
        and (when.stay_days_at_most is None or (stay is not None and stay <= when.stay_days_at_most))
    )


_OUTCOME_OF = {
    StatusKind.REFUGEE: OutcomeKind.REFUGEE_STATUS,
    StatusKind.ALTERNATIVE: OutcomeKind.ALTERNATIVE_PROTECTION,
}
# Looking up the member of an enum costs as much as a whole condition (CPython 3.11).
_PERMIT, _TRAVEL_DOCUMENT = OutcomeKind.PERMIT, OutcomeKind.TRAVEL_DOCUMENT


def outcomes_held(seen: Circumstances) -> set[OutcomeKind]:
    """An outcome can only concern what the person holds (rule 3)."""
    held = {_OUTCOME_OF[seen.status]}
    if seen.permits:
        held.add(_PERMIT)
    if seen.travel_documents:
        held.add(_TRAVEL_DOCUMENT)
    return held
