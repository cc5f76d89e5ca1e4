"""Typed records, one model for each Avro schema in `avro/`, for every path that is not hot.

The schema files are the contract; a contract test proves that these models have the same fields. Models are frozen,
refuse unknown fields and naive times, and hold times to the millisecond, as Avro's `timestamp-millis` does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ParamSpec, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _to_millis(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


# Avro's int; fastavro would write a larger number without a word, and no reader would take it.
Int = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
Moment = Annotated[AwareDatetime, AfterValidator(_to_millis)]


class Record(BaseModel):
    """Base of all records: immutable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_avro(self) -> dict[str, Any]:
        """The record as `codec.Codec.encode` takes it."""
        return self.model_dump()

    @classmethod
    def from_avro(cls, values: dict[str, Any]) -> Self:
        """The record from what `codec.Codec.decode` gives. Raises pydantic.ValidationError."""
        return cls.model_validate(values)


_Fields = ParamSpec("_Fields")
_Made = TypeVar("_Made")


def trusting(model: Callable[_Fields, _Made]) -> Callable[_Fields, _Made]:
    """A maker of records that takes values as they are: for those taken from other records, a tenth of the cost.

    Only the names of the fields are looked at; it raises TypeError where one is missing or unknown.
    """
    assert isinstance(model, type)  # noqa: S101 - asked for as a callable so that its arguments are checked
    assert issubclass(model, Record)  # noqa: S101
    fields = model.model_fields
    arguments = [name if field.is_required() else f"{name}=defaults[{name!r}]" for name, field in fields.items()]
    source = f"""
def make(*, {", ".join(arguments)}):
    record = new(model)
    put(record, "__dict__", {{{", ".join(f"{name!r}: {name}" for name in fields)}}})
    put(record, "__pydantic_fields_set__", told)
    put(record, "__pydantic_extra__", None)
    put(record, "__pydantic_private__", None)
    return record
"""
    scope: dict[str, Any] = {
        "defaults": {name: field.default for name, field in fields.items()},
        "model": model,
        "new": object.__new__,
        "put": object.__setattr__,
        # One set for all, as with the records that `matcher.native` reads; none of them changes it.
        "told": set(fields),
    }
    exec(source, scope)  # noqa: S102 - written from the names of a model's fields, never from data
    make = scope["make"]
    make.__qualname__ = f"trusting({model.__name__})"  # what a TypeError names
    return make  # type: ignore[no-any-return]


class NameForm(StrEnum):
    """How a name was written."""

    PRINTED = "PRINTED"
    MRZ = "MRZ"
    ORIGINAL_SCRIPT = "ORIGINAL_SCRIPT"


class DocumentKind(StrEnum):
    """Kind of travel or identity document."""

    PASSPORT = "PASSPORT"
    IDENTITY_CARD = "IDENTITY_CARD"
    REFUGEE_TRAVEL_DOCUMENT = "REFUGEE_TRAVEL_DOCUMENT"
    STATELESS_TRAVEL_DOCUMENT = "STATELESS_TRAVEL_DOCUMENT"
    ALIENS_PASSPORT = "ALIENS_PASSPORT"
    RESIDENCE_PERMIT_CARD = "RESIDENCE_PERMIT_CARD"
    VISA = "VISA"
    OTHER = "OTHER"


class DocumentUse(StrEnum):
    """What was done with a document."""

    PRESENTED = "PRESENTED"
    APPLIED_FOR = "APPLIED_FOR"
    HELD = "HELD"


class Sex(StrEnum):
    """Sex as in the document (ICAO Doc 9303); X where unspecified."""

    F = "F"
    M = "M"
    X = "X"


class EventKind(StrEnum):
    """What a revision does to its event."""

    REPORTED = "REPORTED"
    CORRECTED = "CORRECTED"
    WITHDRAWN = "WITHDRAWN"


class TimePrecision(StrEnum):
    """How exactly a time is known."""

    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"


class CountryBasis(StrEnum):
    """How a country is known."""

    STATED = "STATED"
    TICKET = "TICKET"
    DIRECT_ROUTE = "DIRECT_ROUTE"
    STAMP = "STAMP"
    OBSERVED = "OBSERVED"


class Direction(StrEnum):
    """Into or out of Sweden."""

    ENTRY = "ENTRY"
    EXIT = "EXIT"


class Observation(StrEnum):
    """What a mission observed."""

    HOME_PASSPORT_PRESENTED = "HOME_PASSPORT_PRESENTED"
    HOME_PASSPORT_APPLIED_FOR = "HOME_PASSPORT_APPLIED_FOR"
    MET_IN_COUNTRY = "MET_IN_COUNTRY"
    STAY_STATED = "STAY_STATED"


class StatusKind(StrEnum):
    """Flyktingstatus or alternativ skyddsstatus."""

    REFUGEE = "REFUGEE"
    ALTERNATIVE = "ALTERNATIVE"


class EndReason(StrEnum):
    """Why a status ended."""

    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NATURALISED = "NATURALISED"
    DECEASED = "DECEASED"


class PermitKind(StrEnum):
    """Kind of residence permit."""

    PERMANENT = "PERMANENT"
    TEMPORARY = "TEMPORARY"


class IdentityLevel(StrEnum):
    """How sure it is that the traveller is the person."""

    IDENTIFIED = "IDENTIFIED"
    POSSIBLE = "POSSIBLE"


class EvidenceKind(StrEnum):
    """Kinds of evidence, kept apart (rule 5)."""

    HOME_PASSPORT_PRESENTED = "HOME_PASSPORT_PRESENTED"
    HOME_PASSPORT_APPLIED_FOR = "HOME_PASSPORT_APPLIED_FOR"
    INTENDED_DESTINATION = "INTENDED_DESTINATION"
    TRAVELLED_TO = "TRAVELLED_TO"
    STAYED_IN = "STAYED_IN"
    MET_IN_COUNTRY = "MET_IN_COUNTRY"


class FeatureResult(StrEnum):
    """Result of comparing one feature."""

    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    MISSING = "MISSING"


class OutcomeKind(StrEnum):
    """The four outcomes, never one."""

    REFUGEE_STATUS = "REFUGEE_STATUS"
    ALTERNATIVE_PROTECTION = "ALTERNATIVE_PROTECTION"
    PERMIT = "PERMIT"
    TRAVEL_DOCUMENT = "TRAVEL_DOCUMENT"


class RetractReason(StrEnum):
    """Why a match no longer holds."""

    WITHDRAWN = "WITHDRAWN"
    CORRECTED = "CORRECTED"
    RECONSIDERED = "RECONSIDERED"


class TakenBackReason(StrEnum):
    """Why evidence counts no longer: as its retraction says; UNCERTAIN where the match is only possible now."""

    WITHDRAWN = "WITHDRAWN"
    CORRECTED = "CORRECTED"
    RECONSIDERED = "RECONSIDERED"
    UNCERTAIN = "UNCERTAIN"


class StayCertainty(StrEnum):
    """What a stay rests on."""

    BOTH_ENDS = "BOTH_ENDS"
    ONE_END = "ONE_END"
    SEEN_THERE = "SEEN_THERE"
    TOLD = "TOLD"
    INTENDED = "INTENDED"


class CandidateState(StrEnum):
    """State of a candidate."""

    OPEN = "OPEN"
    RETRACTED = "RETRACTED"


class IdentityVerdict(StrEnum):
    """What a person decided about who a traveller is; UNDECIDED takes an earlier decision back."""

    SAME_PERSON = "SAME_PERSON"
    NOT_SAME_PERSON = "NOT_SAME_PERSON"
    UNDECIDED = "UNDECIDED"


class Decision(StrEnum):
    """What a person decided."""

    REVOKED = "REVOKED"
    NOT_REVOKED = "NOT_REVOKED"
    NO_ACTION = "NO_ACTION"


class PersonName(Record):
    """One way in which a person's name was written."""

    surname: str
    given_names: str
    form: NameForm


class SeenDocument(Record):
    """A document as it was read."""

    number: str
    issuing_state: str
    kind: DocumentKind
    use: DocumentUse


class Traveller(Record):
    """The traveller as read, never as looked up."""

    documents: tuple[SeenDocument, ...] = ()
    personal_number: str | None = None
    dossier_number: str | None = None
    names: tuple[PersonName, ...] = ()
    birth_date: str | None = None
    citizenships: tuple[str, ...] = ()
    sex: Sex | None = None


class Disclosure(Record):
    """Why this may be told; every part is required."""

    authority: str
    unit: str
    legal_ground: str
    weighing: str
    purpose: str


class Event(Record):
    """What every event carries."""

    event_id: UUID
    revision: Int
    kind: EventKind
    occurred_at: Moment
    occurred_precision: TimePrecision
    recorded_at: Moment
    traveller: Traveller
    disclosure: Disclosure


class BorderCrossing(Event):
    """A person crossed an external border of Sweden."""

    direction: Direction
    border_point: str
    country: str | None = None
    country_basis: CountryBasis | None = None
    stay_days: Int | None = None


class MissionObservation(Event):
    """A Swedish mission abroad saw something of a person who holds a status in Sweden."""

    mission: str
    observation: Observation
    country: str | None = None
    stay_days: Int | None = None


class KnownDocument(Record):
    """A document issued to, or known of, a person in the registry."""

    number: str
    issuing_state: str
    kind: DocumentKind
    valid_from: date | None = None
    valid_to: date | None = None


class ProtectionStatus(Record):
    """One grant of a protection status, as recorded at one time."""

    status_id: UUID
    kind: StatusKind
    countries: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None
    end_reason: EndReason | None = None
    recorded_at: Moment
    superseded_at: Moment | None = None


class Permit(Record):
    """A residence permit."""

    permit_id: UUID
    kind: PermitKind
    valid_from: date
    valid_to: date | None = None


class ProtectedPerson(Record):
    """A registry row: all that is held of one person."""

    person_id: UUID
    recorded_at: Moment
    documents: tuple[KnownDocument, ...]
    personal_numbers: tuple[str, ...]
    dossier_numbers: tuple[str, ...]
    names: tuple[PersonName, ...]
    birth_dates: tuple[str, ...]
    citizenships: tuple[str, ...]
    sex: Sex | None = None
    protected_identity: bool
    statuses: tuple[ProtectionStatus, ...]
    permits: tuple[Permit, ...]
    naturalised_on: date | None = None


class Feature(Record):
    """One thing compared between traveller and person."""

    name: str
    result: FeatureResult
    detail: str | None = None
    weight: Int | None = None


class StatusAtEvent(Record):
    """The grant of status that held at the time of the event; `row_recorded_at` is when the grant was recorded."""

    status_id: UUID
    kind: StatusKind
    countries: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None
    row_recorded_at: Moment


class OutcomeBasis(Record):
    """What a rule rests on for one of the outcomes that it may concern."""

    outcome: OutcomeKind
    legal_basis: tuple[str, ...]


class FiredRule(Record):
    """A rule whose conditions were all met; `bases` keeps apart, by outcome, what `legal_basis` has as one."""

    rule_id: str
    title: str
    legal_basis: tuple[str, ...]
    outcomes: tuple[OutcomeKind, ...]
    favourable: tuple[str, ...]
    bases: tuple[OutcomeBasis, ...] = ()


class Finding(Record):
    """What was found in one event about one person."""

    source: str
    event_id: UUID
    revision: Int
    identity: IdentityLevel
    kinds: tuple[EvidenceKind, ...]
    occurred_at: Moment
    occurred_precision: TimePrecision
    recorded_at: Moment
    country: str | None = None
    country_basis: CountryBasis | None = None
    stay_days: Int | None = None
    direction: str | None = None
    place: str
    documents: tuple[SeenDocument, ...]
    names: tuple[PersonName, ...]
    birth_date: str | None = None
    citizenships: tuple[str, ...]
    disclosure: Disclosure
    features: tuple[Feature, ...]
    status: StatusAtEvent
    rules: tuple[FiredRule, ...]
    rule_set: str
    matcher: str


class StatusMatch(Record):
    """A match that holds (`finding`) or its retraction (`retracted`)."""

    match_id: UUID
    person_id: UUID
    event_id: UUID
    revision: Int
    retracted: RetractReason | None = None
    finding: Finding | None = None


class Evidence(Record):
    """One match as part of a candidate or review."""

    match_id: UUID
    finding: Finding


class Subject(Record):
    """The person as in the registry row last seen."""

    recorded_at: Moment
    names: tuple[PersonName, ...]
    birth_dates: tuple[str, ...]
    citizenships: tuple[str, ...]
    dossier_numbers: tuple[str, ...]
    protected_identity: bool


class OutcomeConcerned(Record):
    """Whether and why one of the four outcomes may be concerned."""

    concerned: bool
    rules: tuple[str, ...]
    legal_basis: tuple[str, ...]


class Outcomes(Record):
    """The four outcomes, kept apart."""

    refugee_status: OutcomeConcerned
    alternative_protection: OutcomeConcerned
    permit: OutcomeConcerned
    travel_document: OutcomeConcerned


class Stay(Record):
    """A presence in a country that the evidence shows."""

    country: str
    left_sweden_at: Moment | None = None
    returned_at: Moment | None = None
    days: Int | None = None
    told: bool
    certainty: StayCertainty | None = None
    days_at_least: Int | None = None
    days_at_most: Int | None = None
    told_days: Int | None = None
    seen_before_at: Moment | None = None
    seen_after_at: Moment | None = None
    may_be_transit: bool = False
    evidence: tuple[UUID, ...] = ()


class TakenBack(Record):
    """A match that was evidence and is none any more."""

    match_id: UUID
    reason: TakenBackReason


class RevocationCandidate(Record):
    """All that is known of one person that may concern their protection."""

    candidate_id: UUID
    person_id: UUID
    version: str
    state: CandidateState
    retract_reason: str | None = None
    person: Subject | None = None
    outcomes: Outcomes
    favourable: tuple[str, ...]
    explanation: tuple[str, ...]
    stays: tuple[Stay, ...]
    evidence: tuple[Evidence, ...]
    first_occurred_at: Moment | None = None
    last_occurred_at: Moment | None = None
    last_recorded_at: Moment | None = None
    taken_back: tuple[TakenBack, ...] = ()


class IdentityReview(Record):
    """Possible matches of one person, for a human to review."""

    person_id: UUID
    version: str
    protected_identity: bool | None = None
    reviews: tuple[Evidence, ...]
    person: Subject | None = None


class IdentityDecision(Record):
    """What a named person decided about the identity in one match."""

    match_id: UUID
    event_id: UUID
    person_id: UUID
    revision: Int
    verdict: IdentityVerdict
    decided_by: str
    reason: str
    decided_at: Moment


class CaseOutcome(Record):
    """An outcome that a named person decided."""

    outcome_id: UUID
    candidate_id: UUID
    person_id: UUID
    case_number: Int
    concerns: OutcomeKind | None = None
    decision: Decision
    decided_by: str
    reason: str
    legal_ground: str
    decided_at: Moment
    in_force_on: date | None = None


class DeadLetter(Record):
    """A record that was refused: its place and reason, nothing of its content."""

    topic: str
    partition: Int
    offset: int
    timestamp: Moment
    sha256: str
    size: Int
    reason: str
    field: str | None = None
    service: str
    version: str


class Redrive(Record):
    """An order to read a dead record again, or to look anew at the events of a span, up to `until`."""

    topic: str
    partition: Int
    offset: int
    sha256: str
    requested_by: str
    requested_at: Moment
    until: int = -1


class RememberedMatch(Record):
    """A match that holds, as matching remembers it."""

    person_id: UUID
    digest: str


class EventMemory(Record):
    """What matching has said of one event."""

    revision: Int
    kind: EventKind
    matches: tuple[RememberedMatch, ...]
    offset: int = -1


RECORDS: dict[str, type[Record]] = {
    "border-crossing": BorderCrossing,
    "mission-observation": MissionObservation,
    "protected-person": ProtectedPerson,
    "status-match": StatusMatch,
    "revocation-candidate": RevocationCandidate,
    "identity-review": IdentityReview,
    "identity-decision": IdentityDecision,
    "case-outcome": CaseOutcome,
    "dead-letter": DeadLetter,
    "redrive": Redrive,
    "event-memory": EventMemory,
}
