"""What kind of evidence an event is, and about which of the countries examined: kept apart (rules 4 and 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from matcher.evidence import EvidenceShown, evidence_in
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    DocumentUse,
    Event,
    EventKind,
    EvidenceKind,
    Observation,
    SeenDocument,
    TimePrecision,
    Traveller,
)
from tests.builders import NOON, POLICE, STRANGER, crossing, observation, seen, traveller, uuid

PRESENTED = EvidenceKind.HOME_PASSPORT_PRESENTED
APPLIED_FOR = EvidenceKind.HOME_PASSPORT_APPLIED_FOR
INTENDED = EvidenceKind.INTENDED_DESTINATION
TRAVELLED = EvidenceKind.TRAVELLED_TO
STAYED = EvidenceKind.STAYED_IN
MET = EvidenceKind.MET_IN_COUNTRY
NOWHERE: dict[str, Any] = {"country": None, "country_basis": None}


@pytest.mark.parametrize(
    ("document", "kinds"),
    [
        (seen(), {PRESENTED}),
        (seen(use=DocumentUse.APPLIED_FOR), {APPLIED_FOR}),
        (seen(use=DocumentUse.HELD), set()),
        (seen(issuing_state="NOR"), set()),
        (seen(kind=DocumentKind.IDENTITY_CARD), set()),
        (seen(kind=DocumentKind.REFUGEE_TRAVEL_DOCUMENT), set()),
        (seen(kind=DocumentKind.VISA), set()),
    ],
)
@pytest.mark.parametrize("make", [crossing, observation])
def test_only_a_passport_of_an_examined_country_that_was_used_is_evidence(
    make: Any, document: SeenDocument, kinds: set[EvidenceKind]
) -> None:
    nowhere = NOWHERE if make is crossing else {"country": None, "observation": Observation.HOME_PASSPORT_PRESENTED}
    event = make(traveller=traveller(documents=(document,)), **nowhere)
    assert evidence_in(event, ("UTO",)) == (EvidenceShown(frozenset(kinds), "UTO") if kinds else None)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"direction": Direction.ENTRY}, {TRAVELLED}),
        ({"direction": Direction.ENTRY, "country_basis": CountryBasis.STATED}, {TRAVELLED}),
        ({"direction": Direction.ENTRY, "stay_days": 1}, {TRAVELLED, STAYED}),
        ({"direction": Direction.ENTRY, "stay_days": 0}, {TRAVELLED}),
        ({"direction": Direction.EXIT, "country_basis": CountryBasis.DIRECT_ROUTE}, {TRAVELLED}),
        ({"direction": Direction.EXIT, "country_basis": CountryBasis.OBSERVED}, {TRAVELLED}),
        ({"direction": Direction.EXIT, "country_basis": CountryBasis.STAMP}, {TRAVELLED}),
        ({"direction": Direction.EXIT, "country_basis": CountryBasis.STATED}, {INTENDED}),
        ({"direction": Direction.EXIT, "country_basis": CountryBasis.TICKET}, {INTENDED}),
        ({"country": "NOR"}, set()),
        ({"country": None, "country_basis": None}, set()),
    ],
)
def test_a_crossing_shows_travel_or_an_intention_by_how_the_country_is_known(
    changes: dict[str, Any], kinds: set[EvidenceKind]
) -> None:
    shown = evidence_in(crossing(traveller=STRANGER, **changes), ("UTO",))
    assert shown == (EvidenceShown(frozenset(kinds), "UTO") if kinds else None)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"observation": Observation.MET_IN_COUNTRY}, {MET}),
        ({"observation": Observation.STAY_STATED, "stay_days": 14}, {STAYED}),
        ({"observation": Observation.STAY_STATED}, {STAYED}),
        ({"observation": Observation.MET_IN_COUNTRY, "country": "NOR"}, set()),
        ({"observation": Observation.HOME_PASSPORT_PRESENTED}, set()),
    ],
)
def test_a_mission_observes_a_meeting_or_a_stay(changes: dict[str, Any], kinds: set[EvidenceKind]) -> None:
    shown = evidence_in(observation(traveller=STRANGER, **changes), ("UTO",))
    assert shown == (EvidenceShown(frozenset(kinds), "UTO") if kinds else None)


def test_passport_and_travel_in_one_event_are_two_kinds_about_the_country_visited() -> None:
    two_passports = traveller(documents=(seen(), seen("S1", "SYR", use=DocumentUse.APPLIED_FOR)))
    shown = evidence_in(crossing(traveller=two_passports, country="SYR"), ("UTO", "SYR"))
    assert shown == EvidenceShown(frozenset({PRESENTED, APPLIED_FOR, TRAVELLED}), "SYR")


def test_the_first_passport_names_the_country_where_none_was_visited() -> None:
    documents = (seen("N1", "NOR"), seen("S1", "SYR"), seen())
    shown = evidence_in(crossing(traveller=traveller(documents=documents), **NOWHERE), ("UTO", "SYR"))
    assert shown == EvidenceShown(frozenset({PRESENTED}), "SYR")


def test_nationality_is_not_what_is_compared() -> None:
    citizen = traveller(documents=(), citizenships=("UTO",))
    assert evidence_in(crossing(traveller=citizen, country="NOR"), ("UTO",)) is None


@pytest.mark.parametrize(("examined", "read"), [("DEU", "D"), ("D", "DEU"), ("RKS", "XKX")])
def test_one_state_with_two_codes_is_one_state_and_keeps_the_code_of_the_grant(examined: str, read: str) -> None:
    passport = evidence_in(crossing(traveller=traveller(documents=(seen("C1", read),)), **NOWHERE), (examined,))
    visit = evidence_in(crossing(traveller=STRANGER, country=read), (examined,))
    assert passport == EvidenceShown(frozenset({PRESENTED}), examined)
    assert visit == EvidenceShown(frozenset({TRAVELLED}), examined)


def test_nothing_is_shown_where_no_country_was_examined() -> None:
    assert evidence_in(crossing(), ()) is None


def test_an_event_of_neither_kind_shows_its_passports_only() -> None:
    event = Event(
        event_id=uuid(1),
        revision=1,
        kind=EventKind.REPORTED,
        occurred_at=NOON,
        occurred_precision=TimePrecision.DAY,
        recorded_at=NOON + timedelta(hours=1),
        traveller=Traveller(documents=(seen(),)),
        disclosure=POLICE,
    )
    assert evidence_in(event, ("UTO",)) == EvidenceShown(frozenset({PRESENTED}), "UTO")
