"""What a rule can fire on at all: every event and person that there can be, as far as a rule tells them apart.

A condition looks either at the event or at the person, so a rule fires on the events that meet the one kind together
with the people who meet the other. Both are few enough to be gone through with the functions that examine real ones:
then it is certain which conditions exclude each other, and which of two rules fires on more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations, product
from typing import Any, NamedTuple
from uuid import UUID

from matcher.conditions import BORDER, MISSIONS, Circumstances, Conditions, TravelDocument, met, outcomes_held
from matcher.evidence import evidence_in
from schemas.checks import LIFETIME_DAYS
from schemas.countries import STATELESS
from schemas.records import (
    BorderCrossing,
    CountryBasis,
    Direction,
    Disclosure,
    DocumentKind,
    DocumentUse,
    EventKind,
    EvidenceKind,
    MissionObservation,
    Observation,
    OutcomeKind,
    PermitKind,
    ProtectedPerson,
    SeenDocument,
    StatusKind,
    TimePrecision,
    Traveller,
)

# What a rule asks for, by name: its conditions, and the outcomes that its legal basis names.
Asked = Mapping[str, Any]
OUTCOMES = "outcomes"
STAYS = ("stay_days_at_least", "stay_days_at_most")
ABOUT_EVENT = frozenset({"evidence", "and_evidence", "source", "direction", "country_basis", *STAYS})
ABOUT_PERSON = frozenset(
    {"status", "permit", "holds_travel_document", "travel_document", "stateless", "citizen_of_country"}
)

EXAMINED, OTHER = "UTO", "NOR"
_THEN = datetime(2020, 1, 1, tzinfo=UTC)
_USES = (DocumentUse.PRESENTED, DocumentUse.APPLIED_FOR)
_OBSERVED = {
    DocumentUse.PRESENTED: Observation.HOME_PASSPORT_PRESENTED,
    DocumentUse.APPLIED_FOR: Observation.HOME_PASSPORT_APPLIED_FOR,
}
_SHARED: dict[str, Any] = {
    "event_id": UUID(int=1),
    "revision": 1,
    "kind": EventKind.REPORTED,
    "occurred_at": _THEN,
    "occurred_precision": TimePrecision.DAY,
    "recorded_at": _THEN,
    "disclosure": Disclosure(
        authority="Polismyndigheten", unit="-", legal_ground="-", weighing="-", purpose="what a rule can fire on"
    ),
}


class Possible(NamedTuple):
    """What a rule fires on, by number: events, and people each with an outcome that it may concern. All go together."""

    events: frozenset[int]
    people: frozenset[tuple[int, OutcomeKind]]

    @property
    def nothing(self) -> bool:
        """Whether the rule can never fire."""
        return not (self.events and self.people)

    def within(self, other: Possible) -> bool:
        """Whether the other fires on all of it; both fire on something."""
        return self.events <= other.events and self.people <= other.people


def fires_on(asked: Asked, *beside: Asked) -> Possible:
    """What a rule fires on.

    Args:
        asked: what it asks for; outcomes that are not told are all four.
        beside: rules to compare it with; the numbers are those of the same events where all tell of the same rules.
    """
    lengths = _lengths([asked, *beside])
    on_event, on_person = _only(asked, ABOUT_EVENT), _only(asked, ABOUT_PERSON)
    outcomes = frozenset(asked.get(OUTCOMES, OutcomeKind))
    return Possible(
        frozenset(n for n, seen in enumerate(_events(lengths)) if met(on_event, seen)),
        frozenset(
            (n, outcome)
            for n, seen in enumerate(_people())
            if met(on_person, seen)
            for outcome in outcomes & outcomes_held(seen)
        ),
    )


def excluding(asked: Asked) -> tuple[str, ...]:
    """The fewest of what a rule asks for that no event and no person meet together; none where it can fire.

    Alone, each value of the vocabulary is possible.
    """
    if not fires_on(asked).nothing:
        return ()
    for count in range(2, len(asked)):
        for names in combinations(asked, count):
            if fires_on({name: asked[name] for name in names}).nothing:
                return names
    return tuple(asked)


def idle(asked: Asked) -> Iterator[tuple[str, str]]:
    """Alternatives, by name and value, for which alone the rule would never fire: they might as well not be there."""
    for name, values in asked.items():
        if isinstance(values, tuple):
            yield from ((name, value) for value in values if fires_on({**asked, name: (value,)}).nothing)


def _only(asked: Asked, names: frozenset[str]) -> Conditions:
    """The conditions of these names; what is not asked for, and the rest, is met by all."""
    chosen = {name: value for name, value in asked.items() if name in names}
    return Conditions.model_construct(**{"evidence": tuple(EvidenceKind), **chosen})


def _lengths(rules: Iterable[Asked]) -> tuple[int, ...]:
    """Lengths of stay that these rules can tell apart, each with its neighbours; evidence takes none and one apart."""
    bounds = {0, LIFETIME_DAYS} | {rule[name] for rule in rules for name in STAYS if name in rule}
    near = {days + step for days in bounds for step in (-1, 0, 1)}
    return tuple(sorted(days for days in near if 0 <= days <= LIFETIME_DAYS))


@lru_cache(maxsize=64)
def _events(lengths: tuple[int, ...]) -> Sequence[Circumstances]:
    """Each way in which events can look to a rule, once."""
    (someone,) = _people()[:1]
    found: dict[tuple[object, ...], Circumstances] = {}
    for event in possible_events(lengths):
        shown = evidence_in(event, (EXAMINED,))
        if shown is not None:
            crossing = event if isinstance(event, BorderCrossing) else None
            seen = someone._replace(
                source=BORDER if crossing else MISSIONS,
                kinds=shown.kinds,
                country_basis=crossing.country_basis if crossing else None,
                direction=crossing.direction.value if crossing else None,
                stay_days=event.stay_days,
            )
            found[seen.source, seen.kinds, seen.country_basis, seen.direction, seen.stay_days] = seen
    return tuple(found.values())


def possible_events(lengths: Sequence[int]) -> Iterator[BorderCrossing | MissionObservation]:
    """The events that `schemas.checks` lets through, as far as a rule tells them apart, with these lengths of stay."""
    told = (None, *lengths)
    for used in ((), _USES[:1], _USES[1:], _USES):
        shared = {**_SHARED, "traveller": Traveller(documents=tuple(map(_passport, used or (DocumentUse.HELD,))))}
        crossing = BorderCrossing(**shared, direction=Direction.ENTRY, border_point="SEARN")
        observed = MissionObservation(**shared, mission="TRIST", observation=Observation.MET_IN_COUNTRY)
        for direction in Direction:
            yield crossing.model_copy(update={"direction": direction})
            stays = told if direction is Direction.ENTRY else (None,)
            for country, basis, stay in product((EXAMINED, OTHER), CountryBasis, stays):
                changes = {"direction": direction, "country": country, "country_basis": basis, "stay_days": stay}
                yield crossing.model_copy(update=changes)
        of_passport = [(_OBSERVED[use], country) for use in used for country in (EXAMINED, OTHER, None)]
        in_country = list(product((Observation.MET_IN_COUNTRY, Observation.STAY_STATED), (EXAMINED, OTHER)))
        for (observation, where), stay in product([*of_passport, *in_country], told):
            yield observed.model_copy(update={"observation": observation, "country": where, "stay_days": stay})


def _passport(use: DocumentUse) -> SeenDocument:
    return SeenDocument(number="P0000001", issuing_state=EXAMINED, kind=DocumentKind.PASSPORT, use=use)


@lru_cache(maxsize=1)
def _people() -> Sequence[Circumstances]:
    """Each way in which people can look to a rule, with an event that shows every kind of evidence."""
    citizenships = ((EXAMINED,), (OTHER,), (STATELESS,), ())
    people = [
        ProtectedPerson(
            person_id=UUID(int=1),
            recorded_at=_THEN,
            documents=(),
            personal_numbers=(),
            dossier_numbers=(),
            names=(),
            birth_dates=(),
            citizenships=of,
            protected_identity=False,
            statuses=(),
            permits=(),
        )
        for of in citizenships
    ]
    return tuple(
        Circumstances(
            source=BORDER,
            kinds=frozenset(EvidenceKind),
            country=EXAMINED,
            country_basis=None,
            direction=None,
            stay_days=None,
            status=status,
            person=person,
            permits=frozenset(permits),
            travel_documents=frozenset(DocumentKind(kind.value) for kind in documents),
        )
        for status, person, permits, documents in product(
            StatusKind, people, _subsets(PermitKind), _subsets(TravelDocument)
        )
    )


def _subsets(kinds: Iterable[Any]) -> list[tuple[Any, ...]]:
    every = tuple(kinds)
    return [some for count in range(len(every) + 1) for some in combinations(every, count)]
