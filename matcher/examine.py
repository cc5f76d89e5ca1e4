"""One event against the registry: the people it concerns, and what was found about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from matcher import MATCHER_VERSION
from matcher.conditions import Circumstances
from matcher.evidence import EvidenceShown, evidence_in
from matcher.identity import MOST_POSSIBLE, HoldNames, Identity, compare, hold_names
from matcher.rule_book import RuleBook
from matcher.rules import fire
from matcher.status import permit_kinds, statuses_at, travel_document_kinds
from schemas.records import (
    BorderCrossing,
    Event,
    EventKind,
    Feature,
    FeatureResult,
    Finding,
    FiredRule,
    IdentityLevel,
    IdentityVerdict,
    MissionObservation,
    ProtectedPerson,
    ProtectionStatus,
    StatusAtEvent,
    trusting,
)
from schemas.swedish_time import swedish_day

# The feature that stands for what a person decided.
DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided about one match.

    Attributes:
        says: whether the traveller is the person.
        revision: of the event, as it was examined.
    """

    says: IdentityVerdict
    revision: int

    def confirms(self, revision: int) -> bool:
        """Whether the traveller of this revision is the person; what a later one says of them was not examined."""
        return self.says is IdentityVerdict.SAME_PERSON and revision <= self.revision

    @property
    def rejects(self) -> bool:
        """Whether the traveller is not the person, in whatever revision."""
        return self.says is IdentityVerdict.NOT_SAME_PERSON


# What people have decided about one event, by person.
Decided = Mapping[UUID, Verdict]
_NOTHING_DECIDED: Decided = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """A person whom the event concerns, and the finding."""

    person_id: UUID
    finding: Finding


@dataclass(frozen=True, slots=True)
class Examined:
    """What an event shows.

    Attributes:
        found: whom it concerns, by person.
        heeded: who else the traveller could be. Of them nothing is said, yet if they change, or somebody decides about
            them, something else may be found: what is remembered of the event must name them.
        too_many: whether of them nothing is said because they are so many.
    """

    found: tuple[Found, ...] = ()
    heeded: tuple[UUID, ...] = ()
    too_many: bool = False


def examine(
    source: str,
    event: Event,
    people: Sequence[ProtectedPerson],
    rules: RuleBook,
    decided: Decided = _NOTHING_DECIDED,
    hold: HoldNames = hold_names,
) -> Examined:
    """What the event shows about each of the people its keys point at.

    Nothing is found for a withdrawn event, for a person who is not the traveller, who held no status then, or where no
    rule fires: where that is so of everybody, the traveller leaves no trace (rule 7).

    Args:
        source: topic of the event.
        event: the event.
        people: whom `RegistryIndex.find` gave for its traveller.
        rules: the rule sets; the one for the day of the event is applied.
        decided: what people have decided about this event.
        hold: holds names against each other.
    """
    if event.kind is EventKind.WITHDRAWN:
        return Examined()
    grounds = {person.person_id: ground for person in people if (ground := _ground(source, event, person, rules))}
    if not grounds:
        return Examined()
    compared = [
        (person, identity) for person in people if (identity := compare(event.traveller, person, hold)) is not None
    ]
    if grounds.keys().isdisjoint(person.person_id for person, _ in compared):
        return Examined()
    who = _who(compared, decided, event.revision)
    found: list[Found] = []
    heeded: list[UUID] = []
    for person, _ in compared:
        ground, identity = grounds.get(person.person_id), who.get(person.person_id)
        if ground is not None and identity is not None:
            found.append(Found(person.person_id, _finding(source, event, identity, ground)))
        else:
            heeded.append(person.person_id)
    too_many = not who and len(compared) > MOST_POSSIBLE
    return Examined(tuple(sorted(found, key=lambda one: one.person_id)), tuple(sorted(heeded)), too_many)


def _who(compared: Sequence[tuple[ProtectedPerson, Identity]], decided: Decided, revision: int) -> dict[UUID, Identity]:
    """The people the traveller may be. One traveller is one person, so:

    * whom a human has confirmed in this revision is the traveller, and nobody else is; in a later one it is only shown
      that somebody had; whom a human has rejected is not the traveller (rule 10);
    * if documents or numbers name several people, each of them is only possible, and the contradiction is shown,
      also where all but one were rejected;
    * if one is identified, people who merely share name and birth date are not the traveller;
    * nor are they if there are more than `MOST_POSSIBLE`, but for whom a human had confirmed.

    A decision makes no match of its own: of people who were not compared it says nothing, so it may come at any time.
    """
    every = {person.person_id: identity for person, identity in compared}
    if len(every) == 1 and not decided:
        return every
    verdicts = {person: verdict for person in every if (verdict := decided.get(person)) is not None}
    confirmed = {person: every[person] for person, verdict in verdicts.items() if verdict.confirms(revision)}
    if confirmed:
        return _confirmed(confirmed)
    left = {
        person: identity for person, identity in every.items() if person not in verdicts or not verdicts[person].rejects
    }
    lapsed = Feature(name=DECISION, result=FeatureResult.MISSING, detail="decided-for-an-earlier-revision")
    had_confirmed = [person for person, one in verdicts.items() if one.says is IdentityVerdict.SAME_PERSON]
    for person in had_confirmed:
        left[person] = Identity(left[person].level, (*left[person].features, lapsed))
    strong = {person: identity for person, identity in left.items() if identity.has_strong_key}
    if sum(identity.has_strong_key for identity in every.values()) > 1:
        other = Feature(name="other-key", result=FeatureResult.DISAGREE, detail="another-key-names-another-person")
        strong = {
            person: Identity(IdentityLevel.POSSIBLE, (*identity.features, other)) for person, identity in strong.items()
        }
        return strong or left
    if any(identity.level is IdentityLevel.IDENTIFIED for identity in strong.values()):
        return strong
    if len(left) <= MOST_POSSIBLE:
        return left
    return {person: identity for person, identity in left.items() if person in strong or person in had_confirmed}


def _confirmed(people: dict[UUID, Identity]) -> dict[UUID, Identity]:
    """Whom humans have confirmed: one is identified; several contradict each other."""
    result, detail, level = FeatureResult.AGREE, "decided-by-a-person", IdentityLevel.IDENTIFIED
    if len(people) > 1:
        result, detail, level = FeatureResult.DISAGREE, "decided-for-several-people", IdentityLevel.POSSIBLE
    decision = Feature(name=DECISION, result=result, detail=detail)
    return {person: Identity(level, (*identity.features, decision)) for person, identity in people.items()}


@dataclass(frozen=True, slots=True)
class _Ground:
    """Why an event matters for a person, if the traveller is them."""

    status: ProtectionStatus
    shown: EvidenceShown
    fired: tuple[FiredRule, ...]
    rule_set: str


def _ground(source: str, event: Event, person: ProtectedPerson, book: RuleBook) -> _Ground | None:
    """The first of the person's statuses for which a rule fires; cheaper than to compare them with the traveller."""
    day = swedish_day(event.occurred_at, event.occurred_precision)
    rules = book.at(day)
    if rules is None:
        return None
    direction = event.direction.value if isinstance(event, BorderCrossing) else None
    basis = event.country_basis if isinstance(event, BorderCrossing) else None
    stay_days = event.stay_days if isinstance(event, BorderCrossing | MissionObservation) else None
    for status in statuses_at(person, day):
        shown = evidence_in(event, status.countries)
        if shown is None:
            continue
        fired = fire(
            rules,
            Circumstances(
                source=source,
                kinds=shown.kinds,
                country=shown.country,
                country_basis=basis,
                direction=direction,
                stay_days=stay_days,
                status=status.kind,
                person=person,
                permits=permit_kinds(person, day),
                travel_documents=travel_document_kinds(person, day),
            ),
        )
        if fired:
            return _Ground(status, shown, fired, rules.version)
    return None


_make_finding, _make_status = trusting(Finding), trusting(StatusAtEvent)


def _finding(source: str, event: Event, identity: Identity, ground: _Ground) -> Finding:
    status, shown, traveller = ground.status, ground.shown, event.traveller
    crossing = event if isinstance(event, BorderCrossing) else None
    return _make_finding(
        source=source,
        event_id=event.event_id,
        revision=event.revision,
        identity=identity.level,
        kinds=tuple(sorted(shown.kinds)),
        occurred_at=event.occurred_at,
        occurred_precision=event.occurred_precision,
        recorded_at=event.recorded_at,
        country=shown.country,
        country_basis=crossing.country_basis if crossing else None,
        stay_days=event.stay_days if isinstance(event, BorderCrossing | MissionObservation) else None,
        direction=crossing.direction.value if crossing else None,
        place=crossing.border_point if crossing else _mission(event),
        documents=traveller.documents,
        names=traveller.names,
        birth_date=traveller.birth_date,
        citizenships=traveller.citizenships,
        disclosure=event.disclosure,
        features=identity.features,
        status=_make_status(
            status_id=status.status_id,
            kind=status.kind,
            countries=status.countries,
            valid_from=status.valid_from,
            valid_to=status.valid_to,
            # That of the row moves with what changes nothing here too, and so would the bytes.
            row_recorded_at=status.recorded_at,
        ),
        rules=ground.fired,
        rule_set=ground.rule_set,
        matcher=MATCHER_VERSION,
    )


def _mission(event: Event) -> str:
    return event.mission if isinstance(event, MissionObservation) else ""
