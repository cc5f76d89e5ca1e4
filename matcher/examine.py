"""One event against the registry: the people it concerns, and what was found about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from matcher import MATCHER_VERSION
from matcher.evidence import evidence_in
from matcher.identity import Identity, compare
from matcher.rule_book import RuleBook
from matcher.rules import Circumstances, fire
from matcher.status import statuses_at
from schemas.records import (
    BorderCrossing,
    Event,
    EventKind,
    Feature,
    FeatureResult,
    Finding,
    IdentityLevel,
    MissionObservation,
    ProtectedPerson,
    StatusAtEvent,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A person whom the event concerns, and the finding."""

    person_id: UUID
    finding: Finding


def examine(source: str, event: Event, people: Sequence[ProtectedPerson], rules: RuleBook) -> tuple[Found, ...]:
    """What the event shows about each of the people its keys point at, by person.

    Nothing is found for a withdrawn event, for a person who is not the traveller, who held no status then, or where no
    rule fires: such a traveller leaves no trace (rule 7).

    Args:
        source: topic of the event.
        event: the event.
        people: whom `RegistryIndex.find` gave for its traveller.
        rules: the rule sets; the one for the day of the event is applied.
    """
    if event.kind is EventKind.WITHDRAWN:
        return ()
    found = (
        Found(person.person_id, finding)
        for person, identity in _who(event, people)
        if (finding := _finding(source, event, person, identity, rules)) is not None
    )
    return tuple(sorted(found, key=lambda one: one.person_id))


def _who(event: Event, people: Sequence[ProtectedPerson]) -> list[tuple[ProtectedPerson, Identity]]:
    """The people the traveller may be. One traveller is one person, so:

    * if documents or numbers name several people, each of them is only possible, and the contradiction is shown;
    * if one is identified, people who merely share name and birth date are not the traveller.
    """
    compared = [(person, identity) for person in people if (identity := compare(event.traveller, person)) is not None]
    strong = [(person, identity) for person, identity in compared if identity.has_strong_key]
    if len(strong) > 1:
        other = Feature(name="other-key", result=FeatureResult.DISAGREE, detail="another-key-names-another-person")
        return [(person, Identity(IdentityLevel.POSSIBLE, (*identity.features, other))) for person, identity in strong]
    if strong and strong[0][1].level is IdentityLevel.IDENTIFIED:
        return strong
    return compared


def _finding(source: str, event: Event, person: ProtectedPerson, identity: Identity, book: RuleBook) -> Finding | None:
    day = event.occurred_at.astimezone(UTC).date()
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
                day=day,
            ),
        )
        if not fired:
            continue
        traveller = event.traveller
        return Finding(
            source=source,
            event_id=event.event_id,
            revision=event.revision,
            identity=identity.level,
            kinds=tuple(sorted(shown.kinds)),
            occurred_at=event.occurred_at,
            occurred_precision=event.occurred_precision,
            recorded_at=event.recorded_at,
            country=shown.country,
            country_basis=basis,
            stay_days=stay_days,
            direction=direction,
            place=event.border_point if isinstance(event, BorderCrossing) else _mission(event),
            documents=traveller.documents,
            names=traveller.names,
            birth_date=traveller.birth_date,
            citizenships=traveller.citizenships,
            disclosure=event.disclosure,
            features=identity.features,
            status=StatusAtEvent(
                status_id=status.status_id,
                kind=status.kind,
                countries=status.countries,
                valid_from=status.valid_from,
                valid_to=status.valid_to,
                row_recorded_at=person.recorded_at,
            ),
            rules=fired,
            rule_set=rules.version,
            matcher=MATCHER_VERSION,
        )
    return None


def _mission(event: Event) -> str:
    return event.mission if isinstance(event, MissionObservation) else ""
