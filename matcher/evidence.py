"""What an event shows about a person and the countries their claim was examined against: kinds kept apart (rule 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.countries import same_state
from schemas.records import (
    BorderCrossing,
    CountryBasis,
    Direction,
    DocumentKind,
    DocumentUse,
    Event,
    EvidenceKind,
    MissionObservation,
    Observation,
)

# Boarding a vehicle that goes there without a stop is travel; a ticket or a word at the counter is an intention.
_OBSERVED_TRAVEL = frozenset({CountryBasis.DIRECT_ROUTE, CountryBasis.OBSERVED, CountryBasis.STAMP})
_PASSPORT_USE = {
    DocumentUse.PRESENTED: EvidenceKind.HOME_PASSPORT_PRESENTED,
    DocumentUse.APPLIED_FOR: EvidenceKind.HOME_PASSPORT_APPLIED_FOR,
}


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """Kinds of evidence in an event, and the one country among those examined that it concerns."""

    kinds: frozenset[EvidenceKind]
    country: str


def evidence_in(event: Event, examined: Iterable[str]) -> EvidenceShown | None:
    """What the event shows about the examined countries; None where it concerns none of them."""
    states = {same_state(code): code for code in examined}
    kinds: set[EvidenceKind] = set()
    country: str | None = None
    for document in event.traveller.documents:
        kind = _PASSPORT_USE.get(document.use)
        state = same_state(document.issuing_state)
        if document.kind is DocumentKind.PASSPORT and kind is not None and state in states:
            kinds.add(kind)
            country = country or states[state]
    visited = _visited(event)
    if visited is not None and same_state(visited) in states:
        kinds |= _travel(event)
        country = states[same_state(visited)]
    return EvidenceShown(frozenset(kinds), country) if country is not None and kinds else None


def _visited(event: Event) -> str | None:
    return event.country if isinstance(event, BorderCrossing | MissionObservation) else None


def _travel(event: Event) -> set[EvidenceKind]:
    kinds: set[EvidenceKind] = set()
    if isinstance(event, BorderCrossing):
        if event.direction is Direction.ENTRY:
            kinds.add(EvidenceKind.TRAVELLED_TO)
            if event.stay_days:
                kinds.add(EvidenceKind.STAYED_IN)
        elif event.country_basis in _OBSERVED_TRAVEL:
            kinds.add(EvidenceKind.TRAVELLED_TO)
        else:
            kinds.add(EvidenceKind.INTENDED_DESTINATION)
    elif isinstance(event, MissionObservation):
        if event.observation is Observation.MET_IN_COUNTRY:
            kinds.add(EvidenceKind.MET_IN_COUNTRY)
        elif event.observation is Observation.STAY_STATED:
            kinds.add(EvidenceKind.STAYED_IN)
    return kinds
