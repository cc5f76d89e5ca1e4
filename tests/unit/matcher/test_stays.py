"""Presence in a country from exits and returns: what was seen, what was told, and no guess where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.stays import stays
from schemas.ids import match_id
from schemas.records import (
    CountryBasis,
    Direction,
    Event,
    Evidence,
    EvidenceKind,
    Finding,
    Observation,
    Stay,
    StayCertainty,
    TimePrecision,
)
from tests.builders import LAWS, NOON, crossing, finding, observation, person, seen, status, traveller, uuid

BOTH = person(statuses=(status(countries=("UTO", "SYR")),))


def day(number: float) -> timedelta:
    return timedelta(days=number)


def evidence(*events: Event) -> Sequence[Evidence]:
    return [
        Evidence(match_id=match_id(event.event_id, BOTH.person_id), finding=finding(event, BOTH)) for event in events
    ]


def left(number: float, country: str = "UTO", basis: CountryBasis = CountryBasis.DIRECT_ROUTE) -> Event:
    return crossing(
        1000 + int(number * 4), at=NOON + day(number), direction=Direction.EXIT, country=country, country_basis=basis
    )


def back(number: float, country: str = "UTO", told: int | None = None) -> Event:
    return crossing(2000 + int(number * 4), at=NOON + day(number), country=country, stay_days=told)


def stay(start: int | None, end: int | None, days: int | None, *, country: str = "UTO", told: bool = False) -> Stay:
    return Stay(
        country=country,
        left_sweden_at=None if start is None else NOON + day(start),
        returned_at=None if end is None else NOON + day(end),
        days=days,
        told=told,
    )


def stated(number: float, days: int | None) -> Event:
    return observation(
        3000 + int(number * 4), at=NOON + day(number), observation=Observation.STAY_STATED, stay_days=days
    )


def met(number: float, country: str = "UTO") -> Event:
    return observation(5000 + int(number * 4), at=NOON + day(number), country=country)


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
            # Who leaves again, or comes back once more, crossed the border unseen in between.
            [left(0, "SYR"), left(1), back(4), back(9, "SYR")],
            [stay(0, None, None, country="SYR"), stay(1, 4, 3), stay(None, 9, None, country="SYR")],
        ),
        ([stated(2, 90)], [stay(None, None, 90, told=True)]),
        ([stated(2, None)], [stay(None, None, None, told=True)]),
        ([left(0), stated(2, 90), back(14)], [stay(0, 14, 14)]),
        ([left(0), stated(2, 90)], [stay(0, None, 90, told=True)]),
        ([left(0), back(14), stated(20, 90)], [stay(0, 14, 14), stay(None, None, 90, told=True)]),
        ([met(3), back(5)], [stay(None, None, None), stay(None, 5, None)]),
        # An exit that nobody returned from stands where it began, not at the end.
        (
            [left(0, "SYR"), left(1), back(4), stated(7, 2)],
            [stay(0, None, None, country="SYR"), stay(1, 4, 3), stay(None, None, 2, told=True)],
        ),
    ],
)
def test_stays_follow_from_exits_and_returns(events: list[Event], expected: list[Stay]) -> None:
    assert [seen_and_told(one) for one in stays(evidence(*events))] == [seen_and_told(one) for one in expected]


def seen_and_told(one: Stay) -> tuple[object, ...]:
    return one.country, one.left_sweden_at, one.returned_at, one.days, one.told


BOTH_ENDS, ONE_END, SEEN_THERE, TOLD, INTENDED = StayCertainty


def by_day(event: Event) -> Event:
    """The same event, known by its day only."""
    start = event.occurred_at.replace(hour=0, minute=0)
    return event.model_copy(update={"occurred_precision": TimePrecision.DAY, "occurred_at": start})


def elsewhere(number: float, direction: Direction) -> Event:
    """Seen at the border with a home passport, on a journey to or from another country."""
    at, passport = NOON + day(number), traveller(documents=(seen(),))
    return crossing(4000 + int(number * 4), at=at, direction=direction, country="NOR", traveller=passport)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # certainty, least and greatest length, told length, bounds before and after, transit
        ([left(0), back(14)], [(BOTH_ENDS, 13, 14, None, None, None, False)]),
        ([left(0), back(14, told=3)], [(BOTH_ENDS, 13, 14, 3, None, None, False)]),
        ([by_day(left(0)), by_day(back(14))], [(BOTH_ENDS, 13, 14, None, None, None, False)]),
        ([by_day(left(0)), back(14)], [(BOTH_ENDS, 13, 14, None, None, None, False)]),
        ([left(0, basis=CountryBasis.STATED), back(14)], [(BOTH_ENDS, 13, 14, None, None, None, False)]),
        ([left(0)], [(ONE_END, None, None, None, None, None, False)]),
        ([left(0, basis=CountryBasis.TICKET)], [(INTENDED, None, None, None, None, None, False)]),
        # A meeting there shows that the destination was reached.
        ([left(0, basis=CountryBasis.TICKET), met(3)], [(ONE_END, None, None, None, None, None, False)]),
        ([back(14)], [(ONE_END, None, None, None, None, None, False)]),
        ([back(14, told=9)], [(ONE_END, None, None, 9, None, None, False)]),
        ([back(14, told=0)], [(ONE_END, None, None, 0, None, None, True)]),
        ([met(3)], [(SEEN_THERE, None, None, None, None, None, False)]),
        ([stated(3, 90)], [(TOLD, None, None, 90, None, None, False)]),
        ([stated(3, None)], [(TOLD, None, None, None, None, None, False)]),
        ([left(0), stated(2, 90), met(3), back(14)], [(BOTH_ENDS, 13, 14, 90, None, None, False)]),
        # Back from a third country: the length is known at most, on either side.
        ([left(0), elsewhere(3, Direction.ENTRY)], [(ONE_END, None, 3, None, None, 3, False)]),
        ([elsewhere(3, Direction.EXIT), back(9)], [(ONE_END, None, 6, None, 3, None, False)]),
        (
            [left(0), elsewhere(3, Direction.ENTRY), back(9)],
            [(ONE_END, None, 3, None, None, 3, False), (ONE_END, None, 6, None, 3, None, False)],
        ),
        # Two exits in a row, and two returns.
        (
            [left(0), left(5), back(9)],
            [(ONE_END, None, 5, None, None, 5, False), (BOTH_ENDS, 3, 4, None, None, None, False)],
        ),
        (
            [left(0), back(3), back(9)],
            [(BOTH_ENDS, 2, 3, None, None, None, False), (ONE_END, None, 6, None, 3, None, False)],
        ),
        # From one examined country to the other: each at most as long as both.
        (
            [left(0), back(9, "SYR")],
            [(ONE_END, None, 9, None, None, 9, False), (ONE_END, None, 9, None, 0, None, False)],
        ),
        (
            [left(0, basis=CountryBasis.STATED), left(0.5)],
            [(INTENDED, None, 0, None, None, 0.5, False), (ONE_END, None, None, None, None, None, False)],
        ),
        # Back on the same day.
        ([left(0), back(0.25)], [(BOTH_ENDS, 0, 0, None, None, None, True)]),
        ([by_day(left(0)), by_day(back(0))], [(BOTH_ENDS, 0, 0, None, None, None, True)]),
        ([left(0), by_day(back(0))], [(BOTH_ENDS, 0, 0, None, None, None, True)]),
        ([left(0), elsewhere(1, Direction.ENTRY)], [(ONE_END, None, 1, None, None, 1, False)]),
    ],
)
def test_a_stay_says_what_it_rests_on_and_what_bounds_it(events: list[Event], expected: list[tuple[Any, ...]]) -> None:
    def moment(number: float | None) -> datetime | None:
        return None if number is None else NOON + day(number)

    got = [
        (
            one.certainty,
            one.days_at_least,
            one.days_at_most,
            one.told_days,
            one.seen_before_at,
            one.seen_after_at,
            one.may_be_transit,
        )
        for one in stays(evidence(*events))
    ]
    assert got == [(*one[:4], moment(one[4]), moment(one[5]), one[6]) for one in expected]


def test_a_return_and_a_new_exit_on_one_day_take_turns() -> None:
    """By their day alone they would be one trip of no length, and two without an end."""
    events = [left(0), by_day(back(5)), by_day(left(5)), back(9)]
    assert [seen_and_told(one)[1:4] for one in stays(evidence(*events))] == [
        (NOON, by_day(back(5)).occurred_at, 4),
        (by_day(left(5)).occurred_at, NOON + day(9), 4),
    ]


def test_precise_times_are_not_reordered_by_a_day_that_holds_them() -> None:
    morning, noon = back(5).model_copy(update={"occurred_at": NOON + day(4.8)}), left(5)
    by_its_day = by_day(crossing(777, at=NOON + day(5), country="SYR"))
    got = stays(evidence(by_its_day, morning, noon))
    assert [one.left_sweden_at for one in got if one.left_sweden_at] == [noon.occurred_at]
    assert not any(one.left_sweden_at and one.returned_at for one in got)


def test_a_crossing_known_by_its_day_was_in_that_swedish_day() -> None:
    """2 March 23:30 UTC is the 3rd in Sweden: no return of the 2nd comes after it, as by days in UTC it would."""
    late = left(0).model_copy(update={"occurred_at": NOON.replace(hour=23, minute=30)})
    (before, after) = stays(evidence(late, by_day(back(0))))
    assert (before.left_sweden_at, before.returned_at) == (None, by_day(back(0)).occurred_at)
    assert (after.left_sweden_at, after.returned_at) == (late.occurred_at, None)


def test_how_long_a_stay_was_at_least_and_at_most_is_told_by_swedish_days() -> None:
    """Out on the 2nd, which began at 23:00 UTC on the 1st; back on the 3rd at 00:30, by UTC still on the 2nd."""
    early = back(0).model_copy(update={"occurred_at": NOON.replace(hour=23, minute=30)})
    (one,) = stays(evidence(by_day(left(0)), early))
    assert (one.days_at_least, one.days, one.days_at_most, one.may_be_transit) == (0, 0, 1, False)


@pytest.mark.parametrize(("first", "again", "most"), [(14, 14, 0), (28, 30, 2), (29, 29, 0)])
def test_days_on_which_clocks_change_are_days(first: int, again: int, most: int) -> None:
    """On 29 March 2026 the Swedish day has 23 hours."""
    out, home = (
        by_day(event).model_copy(update={"occurred_at": _march(n)}) for event, n in ((left(0), first), (back(0), again))
    )
    (one,) = stays(evidence(out, home))
    assert (one.days, one.days_at_most, one.may_be_transit) == (again - first, most, again == first)


def test_the_day_on_which_clocks_go_back_is_one_day() -> None:
    october = datetime(2026, 10, 25, tzinfo=NOON.tzinfo)
    (one,) = stays(
        evidence(*(by_day(event).model_copy(update={"occurred_at": october}) for event in (left(0), back(0))))
    )
    assert (one.days, one.days_at_most, one.may_be_transit) == (0, 1, True)


def _march(day_of_month: int) -> datetime:
    return datetime(2026, 3, day_of_month, tzinfo=NOON.tzinfo)


def test_a_statement_is_of_the_latest_trip_that_was_under_way() -> None:
    events = [left(0), back(5), left(10), stated(12, 2), stated(7, 3), met(30, "SYR")]
    assert [(one.left_sweden_at, one.told_days) for one in stays(evidence(*events))] == [
        (NOON, None),
        (None, 3),
        (NOON + day(10), 2),
        (None, None),
    ]


def test_of_two_trips_on_the_day_of_a_meeting_it_belongs_to_the_later() -> None:
    events = [left(0), back(5), left(5.25), back(9), by_day(met(5))]
    assert [len(one.evidence) for one in stays(evidence(*events))] == [2, 3]


def test_a_passport_shown_is_no_stay() -> None:
    assert stays(evidence(crossing(1, country="NOR"))) == ()


def test_one_state_with_two_codes_is_one_country() -> None:
    row = person(statuses=(status(countries=("D",)),))
    there = finding(left(0, "DEU"), row).model_copy(update={"country": "DEU"})
    again = finding(back(9, "D"), row)
    (one,) = stays([Evidence(match_id=uuid(1), finding=there), Evidence(match_id=uuid(2), finding=again)])
    assert (one.country, one.days) == ("D", 9)


def test_a_stay_of_less_than_a_day_has_no_days() -> None:
    event = crossing(1, at=NOON + timedelta(hours=23), occurred_precision=TimePrecision.HOUR)
    assert stays(evidence(left(0), event))[0].days == 0


def test_a_finding_without_a_country_is_passed_over() -> None:
    nowhere = finding(left(0), BOTH).model_copy(update={"country": None})
    assert stays([Evidence(match_id=uuid(1), finding=nowhere)]) == ()


# --- laws


def _event(kind: str, at: float, country: str, told: int | None) -> Event:
    match kind:
        case "left":
            return left(at, country)
        case "intended":
            return left(at, country, CountryBasis.STATED)
        case "back":
            return back(at, country, told)
        case "met":
            return met(at, country)
        case "stated":
            return stated(at, told)
    return elsewhere(at, Direction.EXIT if kind == "out" else Direction.ENTRY)


@st.composite
def _pieces(draw: st.DrawFn) -> list[Evidence]:
    """Evidence of anything at any time, a few pieces at the same one, in any order."""
    chosen = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["left", "intended", "back", "met", "stated", "out", "in"]),
                st.integers(0, 40),
                st.sampled_from(["UTO", "SYR"]),
                st.one_of(st.none(), st.integers(0, 60)),
                st.sampled_from(TimePrecision),
            ),
            max_size=12,
        )
    )
    pieces = []
    for number, (kind, quarter, country, told, precision) in enumerate(chosen):
        event = _event(kind, quarter / 4, country, told)
        pieces.append(
            Evidence(
                match_id=uuid(number + 1), finding=_finding(event).model_copy(update={"occurred_precision": precision})
            )
        )
    return pieces


@cache
def _finding(event: Event) -> Finding:
    return finding(event, BOTH)


@LAWS
@given(pieces=_pieces(), chance=st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(pieces: list[Evidence], chance: Random) -> None:
    shuffled = list(pieces)
    chance.shuffle(shuffled)
    assert stays(shuffled) == stays(pieces)


@LAWS
@given(pieces=_pieces())
def test_every_piece_of_a_journey_or_presence_is_in_exactly_one_stay(pieces: list[Evidence]) -> None:
    kinds = set(EvidenceKind) - {EvidenceKind.HOME_PASSPORT_PRESENTED, EvidenceKind.HOME_PASSPORT_APPLIED_FOR}
    shown = sorted(piece.match_id for piece in pieces if kinds.intersection(piece.finding.kinds))
    assert sorted(match for one in stays(pieces) for match in one.evidence) == shown


@LAWS
@given(pieces=_pieces())
def test_no_length_is_negative_and_bounds_hold(pieces: list[Evidence]) -> None:
    for one in stays(pieces):
        least, most = one.days_at_least, one.days_at_most
        assert all(length is None or length >= 0 for length in (one.days, least, most, one.told_days))
        if one.certainty is BOTH_ENDS:
            assert least is not None
            assert most is not None
            assert one.days is not None
            assert least <= one.days <= most
        else:
            assert least is None
            assert one.told is (one.told_days is not None or one.certainty is TOLD)
        assert (most is None) is (
            one.certainty is not BOTH_ENDS and one.seen_before_at is None and one.seen_after_at is None
        )


@LAWS
@given(pieces=_pieces())
def test_stays_with_both_ends_seen_do_not_overlap_by_more_than_their_precision(pieces: list[Evidence]) -> None:
    whole = [one for one in stays(pieces) if one.certainty is BOTH_ENDS]
    for before, after in pairwise(whole):
        assert before.returned_at is not None
        assert after.left_sweden_at is not None
        assert after.left_sweden_at > before.returned_at - timedelta(days=1)
