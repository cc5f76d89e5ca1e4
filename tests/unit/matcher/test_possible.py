"""What a rule can fire on at all: that it is all there is, and that it says what real events and people would."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from random import Random
from typing import Any

from matcher import possible
from matcher.conditions import Circumstances, Conditions, TravelDocument, met, outcomes_held
from matcher.possible import ABOUT_EVENT, ABOUT_PERSON, EXAMINED, OTHER, Asked, excluding, fires_on, idle
from schemas.checks import EVENT_CHECKS, LIFETIME_DAYS
from schemas.reasons import Refused
from schemas.records import (
    BorderCrossing,
    CountryBasis,
    Direction,
    DocumentUse,
    EvidenceKind,
    MissionObservation,
    Observation,
    OutcomeKind,
    PermitKind,
    StatusKind,
)
from tests.builders import crossing, observation, raw, rules, seen, traveller

VALUES: dict[str, tuple[Any, ...]] = {
    "evidence": tuple(EvidenceKind),
    "and_evidence": tuple(EvidenceKind),
    "source": ("border-crossings", "mission-observations"),
    "direction": tuple(Direction),
    "country_basis": tuple(CountryBasis),
    "status": tuple(StatusKind),
    "permit": tuple(PermitKind),
    "holds_travel_document": (True, False),
    "travel_document": tuple(TravelDocument),
    "stateless": (True, False),
    "citizen_of_country": (True, False),
    "stay_days_at_least": (0, 1, 2, 30, LIFETIME_DAYS),
    "stay_days_at_most": (0, 1, 2, 30, LIFETIME_DAYS),
    "outcomes": tuple(OutcomeKind),
}
LISTS = ("evidence", "and_evidence", "country_basis", "status", "permit", "travel_document", "outcomes")


def test_every_condition_looks_at_the_event_or_at_the_person() -> None:
    assert set(Conditions.model_fields) == ABOUT_EVENT | ABOUT_PERSON
    assert not ABOUT_EVENT & ABOUT_PERSON
    assert set(VALUES) == {*Conditions.model_fields, "outcomes"}


def look(event: BorderCrossing | MissionObservation) -> tuple[object, ...]:
    """What a rule can tell of an event."""
    used = frozenset(document.use for document in event.traveller.documents) - {DocumentUse.HELD}
    what = (event.direction, event.country_basis) if isinstance(event, BorderCrossing) else (event.observation, None)
    return (*what, event.country, event.stay_days, used)


def candidates(stays: tuple[int | None, ...]) -> Iterator[tuple[str, BorderCrossing | MissionObservation]]:
    """Every combination of what an event can say, possible or not."""
    uses = [(), *combinations((DocumentUse.PRESENTED, DocumentUse.APPLIED_FOR), 1), tuple(DocumentUse)[:2]]
    for used, country, stay in product(uses, (EXAMINED, OTHER, None), stays):
        documents = tuple(seen(use=use) for use in (*used, DocumentUse.HELD))
        shared: dict[str, Any] = {"traveller": traveller(documents=documents), "country": country, "stay_days": stay}
        for direction, basis in product(Direction, (*CountryBasis, None)):
            yield "border-crossing", crossing(direction=direction, country_basis=basis, **shared)
        for what in Observation:
            yield "mission-observation", observation(observation=what, **shared)


def test_the_events_are_those_that_the_services_let_through() -> None:
    lengths = (0, 1, LIFETIME_DAYS)
    let_through = set()
    for record, event in candidates((None, *lengths, LIFETIME_DAYS + 1)):
        try:
            EVENT_CHECKS[record](raw(record, event), frozenset({event.disclosure.authority}))
        except Refused:
            continue
        let_through.add(look(event))
    assert {look(event) for event in possible.possible_events(lengths)} == let_through


def any_rule(random: Random) -> Asked:
    asked: dict[str, Any] = {}
    for name in ("evidence", *random.sample(sorted(VALUES.keys() - {"evidence", "outcomes"}), 3), "outcomes"):
        values = VALUES[name]
        some = random.sample(values, random.randint(1, min(2, len(values))))
        asked[name] = tuple(some) if name in LISTS else some[0]
    return asked


def fires_somewhere(asked: Asked) -> bool:
    """Each event with each person, as they would be examined."""
    when = Conditions.model_construct(**{name: value for name, value in asked.items() if name != "outcomes"})
    wanted = set(asked["outcomes"])
    lengths = possible._lengths([asked])
    for event, person in product(possible._events(lengths), possible._people()):
        both: Circumstances = event._replace(
            status=person.status,
            person=person.person,
            permits=person.permits,
            travel_documents=person.travel_documents,
        )
        if met(when, both) and wanted & outcomes_held(both):
            return True
    return False


def test_what_excludes_each_other_is_what_no_event_meets_with_any_person_and_no_less() -> None:
    random = Random(7)
    counts = {True: 0, False: 0}
    for _ in range(120):
        asked = any_rule(random)
        names = excluding(asked)
        counts[bool(names)] += 1
        assert fires_somewhere(asked) is not bool(names), asked
        for left_out in names:
            assert not fires_on({name: asked[name] for name in names if name != left_out}).nothing
    assert min(counts.values()) > 10


def test_each_value_alone_is_possible() -> None:
    for name, values in VALUES.items():
        for value in values:
            assert not fires_on({name: (value,) if name in LISTS else value}).nothing


def test_alternatives_that_make_no_rule_fire_are_named() -> None:
    asked: dict[str, Any] = {
        "evidence": (EvidenceKind.MET_IN_COUNTRY, EvidenceKind.STAYED_IN, EvidenceKind.TRAVELLED_TO),
        "direction": Direction.ENTRY,
        "status": (StatusKind.REFUGEE,),
        "outcomes": (OutcomeKind.REFUGEE_STATUS, OutcomeKind.ALTERNATIVE_PROTECTION),
    }
    assert list(idle(asked)) == [("evidence", "MET_IN_COUNTRY"), ("outcomes", "ALTERNATIVE_PROTECTION")]
    assert [list(idle(rule.asked)) for rule in rules().sets[0].rule] == [[], [], [], []]
