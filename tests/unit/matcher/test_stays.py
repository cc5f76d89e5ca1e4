"""Presence in a country from exits and returns: what was seen, what was told, and no guess where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from matcher.stays import stays
from schemas.ids import match_id
from schemas.records import CountryBasis, Direction, Event, Evidence, Observation, Stay, TimePrecision
from tests.builders import NOON, crossing, finding, observation, person, seen, status, traveller, uuid

BOTH = person(statuses=(status(countries=("UTO", "SYR")),))


def day(number: int) -> timedelta:
    return timedelta(days=number)


def evidence(*events: Event) -> Sequence[Evidence]:
    return [
        Evidence(match_id=match_id(event.event_id, BOTH.person_id), finding=finding(event, BOTH)) for event in events
    ]


def left(number: int, country: str = "UTO", basis: CountryBasis = CountryBasis.DIRECT_ROUTE) -> Event:
    return crossing(100 + number, at=NOON + day(number), direction=Direction.EXIT, country=country, country_basis=basis)


def back(number: int, country: str = "UTO", told: int | None = None) -> Event:
    return crossing(200 + number, at=NOON + day(number), country=country, stay_days=told)


def stay(start: int | None, end: int | None, days: int | None, *, country: str = "UTO", told: bool = False) -> Stay:
    return Stay(
        country=country,
        left_sweden_at=None if start is None else NOON + day(start),
        returned_at=None if end is None else NOON + day(end),
        days=days,
        told=told,
    )


def stated(number: int, days: int | None) -> Event:
    return observation(300 + number, at=NOON + day(number), observation=Observation.STAY_STATED, stay_days=days)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([left(0), back(14)], [stay(0, 14, 14)]),
        ([left(0), back(14, told=3)], [stay(0, 14, 14)]),
        ([left(0, basis=CountryBasis.STATED), back(14)], [stay(0, 14, 14)]),
        ([left(0)], [stay(0, None, None)]),
        ([back(14)], [stay(None, 14, None)]),
        ([back(14, told=9)], [stay(None, 14, 9, told=True)]),
        ([back(14, told=0)], [stay(None, 14, 0, told=True)]),
        ([left(0), left(5), back(9)], [stay(0, None, None), stay(5, 9, 4)]),
        ([left(0), back(3), back(9)], [stay(0, 3, 3), stay(None, 9, None)]),
        ([left(0), back(3), left(5), back(9)], [stay(0, 3, 3), stay(5, 9, 4)]),
        ([left(0), back(9, "SYR")], [stay(0, None, None), stay(None, 9, None, country="SYR")]),
        (
            [left(0, "SYR"), left(1), back(4), back(9, "SYR")],
            [stay(0, 9, 9, country="SYR"), stay(1, 4, 3)],
        ),
        ([stated(2, 90)], [stay(None, None, 90, told=True)]),
        ([stated(2, None)], [stay(None, None, None, told=True)]),
        ([left(0), stated(2, 90), back(14)], [stay(0, 14, 14), stay(None, None, 90, told=True)]),
        # An exit that nobody returned from stands where it began, not at the end.
        (
            [left(0, "SYR"), left(1), back(4), stated(7, 2)],
            [stay(0, None, None, country="SYR"), stay(1, 4, 3), stay(None, None, 2, told=True)],
        ),
    ],
)
def test_stays_follow_from_exits_and_returns(events: list[Event], expected: list[Stay]) -> None:
    assert list(stays(evidence(*events))) == expected


def test_a_passport_shown_or_a_meeting_is_no_stay() -> None:
    shown = crossing(1, country="NOR")
    assert stays(evidence(shown, observation())) == ()


def test_a_passport_shown_on_the_way_to_another_country_closes_nothing() -> None:
    """The finding's country is then the passport's, not one that was visited."""
    on_return_from_elsewhere = crossing(1, at=NOON + day(3), country="NOR", traveller=traveller(documents=(seen(),)))
    assert stays(evidence(left(0), on_return_from_elsewhere, back(9))) == (stay(0, 9, 9),)


def test_a_stay_of_less_than_a_day_has_no_days() -> None:
    event = crossing(1, at=NOON + timedelta(hours=23), occurred_precision=TimePrecision.HOUR)
    assert stays(evidence(left(0), event))[0].days == 0


def test_a_finding_without_a_country_is_passed_over() -> None:
    nowhere = finding(left(0), BOTH).model_copy(update={"country": None})
    assert stays([Evidence(match_id=uuid(1), finding=nowhere)]) == ()
