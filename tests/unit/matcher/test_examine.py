"""One event against the people its keys point at: who, which status, which rules, and nothing about anybody else."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from matcher import MATCHER_VERSION
from matcher.examine import Verdict, examine
from matcher.identity import MOST_POSSIBLE
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    DocumentUse,
    EndReason,
    Event,
    EventKind,
    EvidenceKind,
    Feature,
    FeatureResult,
    Finding,
    IdentityLevel,
    IdentityVerdict,
    Observation,
    OutcomeKind,
    ProtectedPerson,
    StatusAtEvent,
    StatusKind,
    TimePrecision,
)
from tests.builders import (
    CROSSINGS,
    DOSSIER,
    GRANTED,
    MISSIONS,
    NOON,
    POLICE,
    STRANGER,
    crossing,
    finding,
    found,
    known,
    name,
    observation,
    permit,
    person,
    rules,
    seen,
    status,
    traveller,
    uuid,
)

PASSPORT_RULE = "home-passport-despite-travel-document"
LEFT_RULE = "left-for-examined-country"
RETURNED_RULE = "returned-from-examined-country"
OBSERVED_RULE = "observed-by-mission-in-examined-country"
STATUS_AND_ALL = (OutcomeKind.REFUGEE_STATUS, OutcomeKind.PERMIT, OutcomeKind.TRAVEL_DOCUMENT)
# Read from the Swedish travel document: no home passport is shown.
BY_TRAVEL_DOCUMENT = traveller(documents=(seen("RD1234567", "SWE", DocumentKind.REFUGEE_TRAVEL_DOCUMENT),))
ELSEWHERE: dict[str, Any] = {"country": "NOR"}


def rules_of(event: Event, row: ProtectedPerson) -> list[str]:
    return [rule.rule_id for one in found(event, row) for rule in one.finding.rules]


@pytest.mark.parametrize(
    ("event", "fired"),
    [
        (crossing(**ELSEWHERE), [PASSPORT_RULE]),
        (crossing(traveller=traveller(documents=(seen(use=DocumentUse.APPLIED_FOR),)), **ELSEWHERE), [PASSPORT_RULE]),
        (observation(observation=Observation.HOME_PASSPORT_PRESENTED, country=None), [PASSPORT_RULE]),
        (crossing(traveller=BY_TRAVEL_DOCUMENT, direction=Direction.EXIT), [LEFT_RULE]),
        (
            crossing(traveller=BY_TRAVEL_DOCUMENT, direction=Direction.EXIT, country_basis=CountryBasis.STATED),
            [LEFT_RULE],
        ),
        (crossing(traveller=BY_TRAVEL_DOCUMENT), [RETURNED_RULE]),
        (crossing(traveller=BY_TRAVEL_DOCUMENT, stay_days=40), [RETURNED_RULE]),
        (observation(traveller=BY_TRAVEL_DOCUMENT), [OBSERVED_RULE]),
        (observation(traveller=BY_TRAVEL_DOCUMENT, observation=Observation.STAY_STATED), [OBSERVED_RULE]),
        (crossing(), [PASSPORT_RULE, RETURNED_RULE]),
        (crossing(direction=Direction.EXIT), [PASSPORT_RULE, LEFT_RULE]),
        (observation(), [PASSPORT_RULE, OBSERVED_RULE]),
    ],
)
def test_the_shipped_rules_fire_on_what_they_describe(event: Event, fired: list[str]) -> None:
    assert rules_of(event, person()) == fired


@pytest.mark.parametrize(
    ("event", "row"),
    [
        # Another country than those examined, whatever the nationality.
        (crossing(traveller=BY_TRAVEL_DOCUMENT, country="NOR"), person()),
        (crossing(), person(statuses=(status(countries=("SYR",)),))),
        # Before the status, after it, after naturalisation, and a grant that was corrected away.
        (crossing(at=datetime.fromisoformat("2019-02-19T23:59:59+01:00")), person()),
        (crossing(), person(statuses=(status(valid_to=NOON.date(), end_reason=EndReason.REVOKED),))),
        (crossing(), person(naturalised_on=NOON.date())),
        (crossing(), person(statuses=(status(superseded_at=NOON),))),
        (crossing(), person(statuses=())),
        # A home passport alone, where Sweden has issued no travel document, or none that was valid.
        (crossing(**ELSEWHERE), person(documents=(known("P0451298", "UTO", DocumentKind.PASSPORT),))),
        (
            crossing(**ELSEWHERE),
            person(documents=(known("P0451298", "UTO", DocumentKind.PASSPORT), known(valid_to=NOON.date()))),
        ),
        # Somebody else.
        (crossing(traveller=STRANGER), person()),
        (crossing(traveller=traveller(documents=(), birth_date="1980-01-01")), person()),
        # Taken back by its sender.
        (crossing(revision=2, kind=EventKind.WITHDRAWN), person()),
    ],
)
def test_what_concerns_no_status_or_country_leaves_no_trace(event: Event, row: ProtectedPerson) -> None:
    assert found(event, row) == ()


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("2019-02-20T00:00:00+01:00", 1),
        ("2022-05-31T23:59:59+02:00", 1),
        ("2022-06-01T00:00:00+02:00", 2),
    ],
)
def test_the_status_is_the_one_that_held_on_the_day_of_the_event(at: str, number: int) -> None:
    change = date(2022, 6, 1)
    row = person(
        statuses=(status(1, valid_to=change), status(2, kind=StatusKind.ALTERNATIVE, valid_from=change)),
        permits=(permit(GRANTED, None),),
    )
    assert finding(crossing(at=datetime.fromisoformat(at)), row).status.status_id == uuid(900 + number)


def test_an_older_status_counts_where_the_newer_one_concerns_another_country() -> None:
    newer = status(2, valid_from=date(2022, 1, 1), countries=("SYR",))
    assert finding(crossing(), person(statuses=(newer, status(1)))).status.status_id == uuid(901)
    both = finding(crossing(), person(statuses=(status(1), status(2, valid_from=date(2022, 1, 1)))))
    assert both.status.status_id == uuid(902)


IN_WINTER, IN_SUMMER = date(2026, 3, 3), date(2026, 6, 6)


@pytest.mark.parametrize(
    ("at", "precision", "day"),
    [
        # Half past midnight, on a day that has not begun in UTC.
        ("2026-03-03T00:30:00+01:00", TimePrecision.SECOND, IN_WINTER),
        ("2026-06-06T00:30:00+02:00", TimePrecision.MINUTE, IN_SUMMER),
        ("2026-03-02T23:30:00Z", TimePrecision.MINUTE, IN_WINTER),
        ("2026-06-05T23:30:00Z", TimePrecision.HOUR, IN_SUMMER),
        ("2026-03-03T22:59:59Z", TimePrecision.SECOND, IN_WINTER),
        ("2026-06-06T21:59:59Z", TimePrecision.SECOND, IN_SUMMER),
        # A day as it was told.
        ("2026-03-03T00:00:00Z", TimePrecision.DAY, IN_WINTER),
        ("2026-03-03T23:00:00Z", TimePrecision.DAY, IN_WINTER),
        ("2026-06-06T00:00:00Z", TimePrecision.DAY, IN_SUMMER),
        ("2026-06-06T23:00:00Z", TimePrecision.DAY, IN_SUMMER),
    ],
)
@pytest.mark.parametrize("make", [crossing, observation])
def test_the_day_of_an_event_is_the_swedish_one(make: Any, at: str, precision: TimePrecision, day: date) -> None:
    event = make(at=datetime.fromisoformat(at), occurred_precision=precision)
    next_day = day + timedelta(days=1)
    assert not found(event, person(naturalised_on=day))
    assert found(event, person(naturalised_on=next_day))
    assert found(event, person(statuses=(status(valid_from=day),)))
    assert not found(event, person(statuses=(status(valid_from=next_day),)))
    assert not found(event, person(statuses=(status(valid_to=day),)))
    assert found(event, person(statuses=(status(valid_to=next_day),)))


@pytest.mark.parametrize(
    ("at", "day"), [("2026-03-03T00:30:00+01:00", IN_WINTER), ("2026-06-06T00:30:00+02:00", IN_SUMMER)]
)
def test_documents_and_permits_are_those_of_the_swedish_day(at: str, day: date) -> None:
    event = crossing(at=datetime.fromisoformat(at), **ELSEWHERE)
    home_passport = known("P0451298", "UTO", DocumentKind.PASSPORT)
    assert not found(event, person(documents=(home_passport, known(valid_to=day))))
    for held, is_valid in ((permit(day, None), True), (permit(valid_to=day), False)):
        row = person(documents=(home_passport, known(valid_from=day)), permits=(held,))
        (fired,) = finding(event, row).rules
        assert fired.rule_id == PASSPORT_RULE
        assert (OutcomeKind.PERMIT in fired.outcomes) is is_valid


def test_alternative_protection_concerns_its_own_outcome() -> None:
    fired = finding(crossing(), person(statuses=(status(kind=StatusKind.ALTERNATIVE),))).rules
    assert fired[0].outcomes == (
        OutcomeKind.ALTERNATIVE_PROTECTION,
        OutcomeKind.PERMIT,
        OutcomeKind.TRAVEL_DOCUMENT,
    )
    assert fired[1].outcomes == (OutcomeKind.ALTERNATIVE_PROTECTION, OutcomeKind.PERMIT)


def test_a_finding_tells_all_that_was_seen_and_nothing_looked_up_but_the_status() -> None:
    event = crossing(stay_days=12)
    agree = FeatureResult.AGREE
    missing = FeatureResult.MISSING
    got = finding(event)
    assert got.model_copy(update={"rules": ()}) == Finding(
        source="border-crossings",
        event_id=event.event_id,
        revision=1,
        identity=IdentityLevel.IDENTIFIED,
        kinds=(EvidenceKind.HOME_PASSPORT_PRESENTED, EvidenceKind.STAYED_IN, EvidenceKind.TRAVELLED_TO),
        occurred_at=NOON,
        occurred_precision=TimePrecision.MINUTE,
        recorded_at=NOON + timedelta(minutes=1),
        country="UTO",
        country_basis=CountryBasis.DIRECT_ROUTE,
        stay_days=12,
        direction="ENTRY",
        place="SEARN",
        documents=event.traveller.documents,
        names=event.traveller.names,
        birth_date="1974-08-12",
        citizenships=("UTO",),
        disclosure=POLICE,
        features=(
            Feature(name="document", result=agree, weight=20),
            Feature(name="personal-number", result=missing, weight=0),
            Feature(name="dossier-number", result=missing, weight=0),
            Feature(
                name="name",
                result=agree,
                detail="given 1 = given 1, given 2 = given 2, surname 1 = surname 1",
                weight=24,
            ),
            Feature(name="birth-date", result=agree, weight=14),
            Feature(name="citizenship", result=agree, weight=2),
            Feature(name="sex", result=agree, weight=1),
        ),
        status=StatusAtEvent(
            status_id=uuid(901),
            kind=StatusKind.REFUGEE,
            countries=("UTO",),
            valid_from=GRANTED,
            valid_to=None,
            row_recorded_at=person().statuses[0].recorded_at,
        ),
        rules=(),
        rule_set="2026-1",
        matcher=MATCHER_VERSION,
    )
    assert [rule.outcomes for rule in got.rules] == [
        STATUS_AND_ALL,
        (OutcomeKind.REFUGEE_STATUS, OutcomeKind.PERMIT),
    ]
    assert all(rule.title and rule.legal_basis and rule.favourable for rule in got.rules)


def test_an_observation_is_told_with_its_mission_and_without_a_direction() -> None:
    got = finding(observation(observation=Observation.STAY_STATED, stay_days=90))
    assert (got.source, got.place, got.direction, got.country_basis, got.stay_days, got.disclosure) == (
        "mission-observations",
        "UTOPI",
        None,
        None,
        90,
        MISSIONS,
    )


def other(number: int, **changes: Any) -> ProtectedPerson:
    """Somebody with nothing in common with `person()` but their protection from Utopia."""
    values: dict[str, Any] = {
        "documents": (known(f"RD000000{number}"), known(f"P000000{number}", "UTO", DocumentKind.PASSPORT)),
        "personal_numbers": (),
        "dossier_numbers": (f"0000000{number}",),
        "names": (name("Annan", "Helt"),),
        "birth_dates": ("1980-01-01",),
    }
    return person(number, **{**values, **changes})


def test_keys_of_two_people_make_each_of_them_only_possible_and_the_contradiction_is_shown() -> None:
    both = traveller(dossier_number="00000002")
    results = found(crossing(traveller=both), person(), other(2))
    assert [one.person_id for one in results] == [uuid(1), uuid(2)]
    for one in results:
        assert one.finding.identity is IdentityLevel.POSSIBLE
        assert one.finding.features[-1] == Feature(
            name="other-key", result=FeatureResult.DISAGREE, detail="another-key-names-another-person"
        )


def test_a_document_that_two_rows_claim_identifies_neither() -> None:
    twice = other(2, documents=(known("P0451298", "UTO", DocumentKind.PASSPORT),))
    levels = {one.person_id: one.finding.identity for one in found(crossing(), person(), twice)}
    assert levels == {uuid(1): IdentityLevel.POSSIBLE, uuid(2): IdentityLevel.POSSIBLE}


def test_who_only_shares_name_and_birth_date_with_an_identified_traveller_is_left_alone() -> None:
    namesake = other(2, names=(name(),), birth_dates=("1974-08-12",))
    assert [one.person_id for one in found(crossing(), namesake, person())] == [uuid(1)]


def test_a_contradicted_document_and_a_namesake_are_both_possible() -> None:
    """The document is one person's, name and birth date another's: a human must look at both."""
    holder = other(2, documents=(known("P0451298", "UTO", DocumentKind.PASSPORT),))
    namesake = other(3, names=(name(),), birth_dates=("1974-08-12",))
    levels = {one.person_id: one.finding.identity for one in found(crossing(), namesake, holder)}
    assert levels == {uuid(2): IdentityLevel.POSSIBLE, uuid(3): IdentityLevel.POSSIBLE}


def test_a_namesake_alone_is_only_possible() -> None:
    (one,) = found(crossing(traveller=traveller(documents=(), sex=None)), person())
    assert one.finding.identity is IdentityLevel.POSSIBLE


def namesakes(count: int) -> list[ProtectedPerson]:
    """So many people called as the traveller and born on the same day, from the number 2 on."""
    return [other(number, names=(name(),), birth_dates=("1974-08-12",)) for number in range(2, count + 2)]


BY_NAME = traveller(documents=(), sex=None)


def test_a_name_and_a_date_that_point_at_too_many_people_point_at_nobody() -> None:
    many, more = namesakes(MOST_POSSIBLE), namesakes(MOST_POSSIBLE + 1)
    event = crossing(traveller=BY_NAME)
    examined = examine(CROSSINGS, event, many, rules())
    assert (len(examined.found), examined.heeded, examined.too_many) == (MOST_POSSIBLE, (), False)
    examined = examine(CROSSINGS, event, more, rules())
    assert (examined.found, examined.too_many) == ((), True)
    # Should one of them change, the event is looked at again.
    assert examined.heeded == tuple(one.person_id for one in more)


def test_whom_a_key_or_a_human_points_at_is_found_among_however_many() -> None:
    people = [*namesakes(MOST_POSSIBLE + 1), other(99, documents=(known("P0451298", "UTO", DocumentKind.PASSPORT),))]
    assert [one.person_id for one in found(crossing(), *people)] == [uuid(99)]
    confirmed = {uuid(7): Verdict(IdentityVerdict.SAME_PERSON, 1)}
    corrected = crossing(revision=2, traveller=BY_NAME)
    examined = examine(CROSSINGS, corrected, people, rules(), confirmed)
    assert [(one.person_id, one.finding.identity) for one in examined.found] == [(uuid(7), IdentityLevel.POSSIBLE)]
    assert not examined.too_many


def test_a_decision_taken_back_points_at_nobody_among_too_many() -> None:
    people = namesakes(MOST_POSSIBLE + 1)
    undecided = {uuid(7): Verdict(IdentityVerdict.UNDECIDED, 1)}
    examined = examine(CROSSINGS, crossing(traveller=BY_NAME), people, rules(), undecided)
    assert (examined.found, examined.too_many) == ((), True)


def test_a_number_that_identifies_needs_no_document() -> None:
    (one,) = found(crossing(traveller=traveller(documents=(), dossier_number=DOSSIER)), person())
    assert one.finding.identity is IdentityLevel.IDENTIFIED


def test_the_order_of_the_people_makes_no_difference() -> None:
    people = [person(), other(2, names=(name(),), birth_dates=("1974-08-12",)), other(3, personal_numbers=())]
    event = crossing(traveller=traveller(dossier_number="00000003"))
    assert found(event, *people) == found(event, *reversed(people))
    assert len(found(event, *people)) == 2
