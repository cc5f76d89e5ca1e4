"""What a person held on a day, as known now and as known then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.status import is_stateless, permit_kinds, statuses_at, travel_document_kinds
from schemas.records import DocumentKind, EndReason, ProtectedPerson, ProtectionStatus, StatusKind
from tests.builders import GRANTED, LAWS, known, permit, person, status, uuid

ONE_DAY = timedelta(days=1)
ENDED = date(2025, 6, 1)


def held(row: ProtectedPerson, day: date, known_at: datetime | None = None) -> list[int]:
    """Numbers of the grants, as `status(number)` gave them."""
    return [one.status_id.int - uuid(0).int - 900 for one in statuses_at(row, day, known_at)]


@pytest.mark.parametrize(
    ("day", "numbers"),
    [
        (GRANTED - ONE_DAY, []),
        (GRANTED, [1]),
        (ENDED - ONE_DAY, [1]),
        (ENDED, []),
        (ENDED + ONE_DAY, []),
    ],
)
def test_a_status_holds_from_its_first_day_until_the_day_before_it_ended(day: date, numbers: list[int]) -> None:
    assert held(person(statuses=(status(1, valid_to=ENDED, end_reason=EndReason.REVOKED),)), day) == numbers


@pytest.mark.parametrize(("day", "numbers"), [(date(2024, 5, 1), [1]), (date(2024, 5, 2), []), (date(2024, 5, 3), [])])
def test_a_citizen_holds_no_status_from_the_day_of_naturalisation(day: date, numbers: list[int]) -> None:
    assert held(person(naturalised_on=date(2024, 5, 2)), day) == numbers


def test_a_status_that_was_corrected_away_does_not_hold() -> None:
    wrong = status(1, countries=("ERI",), superseded_at=datetime(2020, 1, 1, tzinfo=UTC))
    right = status(1, countries=("ETH",), recorded_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert statuses_at(person(statuses=(wrong, right)), date(2019, 6, 1)) == (right,)


CORRECTED = datetime(2020, 1, 1, 12, tzinfo=UTC)
RECORDED = status().recorded_at
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("known_at", "countries"),
    [
        (RECORDED - TICK, []),
        (RECORDED, ["ERI"]),
        (CORRECTED - TICK, ["ERI"]),
        (CORRECTED, ["ETH"]),
        (None, ["ETH"]),
    ],
)
def test_what_was_known_then_is_what_had_been_recorded_and_not_yet_corrected(
    known_at: datetime | None, countries: list[str]
) -> None:
    wrong = status(1, countries=("ERI",), superseded_at=CORRECTED)
    right = status(1, countries=("ETH",), recorded_at=CORRECTED)
    got = statuses_at(person(statuses=(wrong, right)), date(2026, 1, 1), known_at)
    assert [country for one in got for country in one.countries] == countries


def test_of_two_statuses_the_newer_comes_first_and_of_equal_days_the_lower_id() -> None:
    rows = (status(3), status(1), status(2, valid_from=date(2022, 1, 1), kind=StatusKind.ALTERNATIVE))
    assert held(person(statuses=rows), date(2023, 1, 1)) == [2, 1, 3]
    assert held(person(statuses=rows[::-1]), date(2023, 1, 1)) == [2, 1, 3]


DAYS = st.dates(date(2019, 1, 1), date(2019, 1, 8))
MOMENTS = st.integers(0, 6).map(lambda hours: datetime(2019, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
STATUSES = st.builds(
    status,
    st.integers(1, 3),
    valid_from=DAYS,
    valid_to=st.none() | DAYS,
    recorded_at=MOMENTS,
    superseded_at=st.none() | MOMENTS,
    kind=st.sampled_from(StatusKind),
)


def days_of(one: ProtectionStatus) -> set[date]:
    """Every day of the tested span on which the grant holds, counted one by one."""
    days, day = set(), one.valid_from
    while day <= date(2019, 1, 9) and day != one.valid_to:
        if one.valid_to is not None and one.valid_to < one.valid_from:
            break
        days.add(day)
        day += ONE_DAY
    return days


@LAWS
@given(st.lists(STATUSES, max_size=4), st.none() | DAYS, DAYS, st.none() | MOMENTS)
def test_the_statuses_on_a_day_are_those_whose_days_counted_one_by_one_hold_it(
    statuses: list[ProtectionStatus], naturalised_on: date | None, day: date, known_at: datetime | None
) -> None:
    def is_known(one: ProtectionStatus) -> bool:
        if known_at is None:
            return one.superseded_at is None
        return not known_at < one.recorded_at and not (one.superseded_at and one.superseded_at <= known_at)

    citizen = naturalised_on is not None and day >= naturalised_on
    expected = [one for one in statuses if is_known(one) and day in days_of(one) and not citizen]
    got = statuses_at(person(statuses=tuple(statuses), naturalised_on=naturalised_on), day, known_at)
    assert sorted(got, key=repr) == sorted(expected, key=repr)
    assert [one.valid_from for one in got] == sorted((one.valid_from for one in got), reverse=True)


@pytest.mark.parametrize(
    ("day", "holds"),
    [(date(2023, 5, 1), False), (date(2023, 5, 2), True), (date(2028, 5, 1), True), (date(2028, 5, 2), False)],
)
def test_a_travel_document_holds_on_the_days_of_its_validity(day: date, holds: bool) -> None:
    assert bool(travel_document_kinds(person(documents=(known(),)), day)) is holds


@pytest.mark.parametrize(
    ("kind", "state", "holds"),
    [
        (DocumentKind.REFUGEE_TRAVEL_DOCUMENT, "SWE", True),
        (DocumentKind.STATELESS_TRAVEL_DOCUMENT, "SWE", True),
        (DocumentKind.ALIENS_PASSPORT, "SWE", True),
        (DocumentKind.REFUGEE_TRAVEL_DOCUMENT, "NOR", False),
        (DocumentKind.PASSPORT, "SWE", False),
        (DocumentKind.RESIDENCE_PERMIT_CARD, "SWE", False),
    ],
)
def test_only_a_resedokument_or_framlingspass_of_sweden_counts(kind: DocumentKind, state: str, holds: bool) -> None:
    row = person(documents=(known("RD1", state, kind, None, None),))
    assert bool(travel_document_kinds(row, date(2026, 1, 1))) is holds


@pytest.mark.parametrize(
    ("day", "holds"),
    [(date(2025, 2, 19), False), (date(2025, 2, 20), True), (date(2027, 2, 19), True), (date(2027, 2, 20), False)],
)
def test_a_permit_holds_on_the_days_of_its_validity(day: date, holds: bool) -> None:
    assert bool(permit_kinds(person(), day)) is holds
    assert not permit_kinds(person(permits=()), day)


def test_a_permanent_permit_holds_without_end() -> None:
    assert permit_kinds(person(permits=(permit(valid_to=None),)), date(2099, 1, 1))


@pytest.mark.parametrize(
    ("citizenships", "stateless"),
    [(("XXA",), True), (("XXA", "XXA"), True), (("XXA", "UTO"), False), (("UTO",), False), ((), False)],
)
def test_only_who_has_no_citizenship_at_all_is_stateless(citizenships: tuple[str, ...], stateless: bool) -> None:
    assert is_stateless(person(citizenships=citizenships)) is stateless
