"""Presence in a country, from exits, returns, meetings and statements: what was seen, what was told, and the gaps.

Crossings of Sweden's border are put into their order in time, and each tells where the person was: an exit towards a
country is joined with the next crossing if that is a return from there. If it is another one, the end of the stay was
not seen, but came before that crossing, and likewise for a return without its exit: the length is then known at most.
Only evidence is looked at: a crossing that was not relevant leaves no trace, and so no bound either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.countries import same_state
from schemas.records import Direction, Evidence, EvidenceKind, Finding, Stay, StayCertainty, TimePrecision
from schemas.swedish_time import day_begins, swedish_day

_TRAVEL = frozenset({EvidenceKind.TRAVELLED_TO, EvidenceKind.INTENDED_DESTINATION})
_PRESENCE = frozenset({EvidenceKind.MET_IN_COUNTRY, EvidenceKind.STAYED_IN})
_LENGTH = {
    TimePrecision.SECOND: timedelta(seconds=1),
    TimePrecision.MINUTE: timedelta(minutes=1),
    TimePrecision.HOUR: timedelta(hours=1),
    TimePrecision.DAY: timedelta(days=1),
}
_DAY = timedelta(days=1)
_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A piece of evidence. It happened at `start` or later, and before `end`."""

    item: Evidence
    start: datetime
    end: datetime

    @property
    def finding(self) -> Finding:
        return self.item.finding

    @property
    def told_at(self) -> datetime:
        """When it happened, as it was told: a day alone is 00:00 UTC of that date."""
        return self.finding.occurred_at

    @property
    def country(self) -> str:
        return same_state(self.finding.country or "")

    @property
    def is_travel(self) -> bool:
        return self.finding.country is not None and not _TRAVEL.isdisjoint(self.finding.kinds)


@dataclass(slots=True)
class _Trip:
    """What becomes a stay: its ends as far as seen, the crossings that bound it, and what was seen or told of it."""

    left: _Sign | None = None
    returned: _Sign | None = None
    before: _Sign | None = None
    after: _Sign | None = None
    other: list[_Sign] = field(default_factory=list)

    @property
    def signs(self) -> list[_Sign]:
        return sorted([sign for sign in (self.left, self.returned) if sign] + self.other, key=_by_time)

    def may_hold(self, sign: _Sign) -> bool:
        """Whether something seen or told of the country may have been while the person was away."""
        end = self.returned or self.after
        return (
            self.left is not None
            and self.left.country == sign.country
            and self.left.start < sign.end
            and (end is None or sign.start < end.end)
        )


def stays(evidence: Iterable[Evidence]) -> tuple[Stay, ...]:
    """Stays that the evidence shows, by their first sign. An end not seen is None: a gap, not a guess.

    The order of the evidence does not matter. Each piece of evidence of a journey, a stay or a meeting is part of
    exactly one stay. A length that was told is the stay's only where none was observed, and stands beside it otherwise.
    """
    signs = sorted((_sign(item) for item in evidence), key=_by_time)
    trips = _trips(_in_turn([sign for sign in signs if sign.finding.direction is not None]))
    away = list(trips)
    for sign in signs:
        finding = sign.finding
        if finding.direction is None and finding.country is not None and not _PRESENCE.isdisjoint(finding.kinds):
            trip = next((trip for trip in reversed(away) if trip.may_hold(sign)), None)
            if trip is None:
                trips.append(_Trip(other=[sign]))
            else:
                trip.other.append(sign)
    return tuple(_stay(trip) for trip in sorted(trips, key=lambda trip: _by_time(trip.signs[0])))


def _in_turn(crossings: Sequence[_Sign]) -> Iterator[_Sign]:
    """Crossings in the order of time. Where their precision leaves it open, an exit and an entry take turns.

    Args:
        crossings: by the beginning of the interval in which each happened.
    """
    left = list(crossings)
    abroad = False
    while left:
        first = left[0]
        near = list(_while_before(left, first.end))
        earliest_end = min(sign.end for sign in near)
        wanted = Direction.ENTRY if abroad else Direction.EXIT
        turn = (sign for sign in near if sign.start < earliest_end and sign.finding.direction == wanted)
        chosen = next(turn, first)
        left.remove(chosen)
        abroad = chosen.finding.direction == Direction.EXIT
        yield chosen


def _while_before(signs: Sequence[_Sign], end: datetime) -> Iterator[_Sign]:
    for sign in signs:
        if sign.start >= end:
            return
        yield sign


def _trips(crossings: Iterable[_Sign]) -> list[_Trip]:
    """Journeys to and from countries examined, in the order of their first crossing."""
    trips: list[_Trip] = []
    away: _Trip | None = None
    last: _Sign | None = None
    for crossing in crossings:
        returns = crossing.finding.direction == Direction.ENTRY
        if away is not None and away.left is not None:
            if returns and crossing.is_travel and crossing.country == away.left.country:
                away.returned = crossing
            else:
                away.after = crossing
        if returns:
            if crossing.is_travel and (away is None or away.returned is None):
                trips.append(_Trip(returned=crossing, before=last))
            away = None
        else:
            away = _Trip(left=crossing) if crossing.is_travel else None
            if away is not None:
                trips.append(away)
        last = crossing
    return trips


def _stay(trip: _Trip) -> Stay:
    signs = trip.signs
    start, end = trip.left or trip.before, trip.returned or trip.after
    longest = end.end - start.start if start and end else None
    told_days = max((days for sign in signs if (days := sign.finding.stay_days) is not None), default=None)
    observed = at_least = None
    if trip.left and trip.returned:
        observed = _whole_days(trip.returned.told_at - trip.left.told_at)
        at_least = _whole_days(trip.returned.start - trip.left.end + _MOMENT)
    certainty = _certainty(trip)
    # The day on which clocks go back has 25 hours.
    one_day = start is not None and end is not None and start.start == end.start
    brief = told_days == 0 if longest is None else one_day or longest <= _DAY
    return Stay(
        # As the grant writes it that held last.
        country=signs[-1].finding.country or "",
        left_sweden_at=trip.left.told_at if trip.left else None,
        returned_at=trip.returned.told_at if trip.returned else None,
        days=told_days if observed is None else observed,
        told=observed is None and (told_days is not None or certainty is StayCertainty.TOLD),
        certainty=certainty,
        days_at_least=at_least,
        days_at_most=None if longest is None else _whole_days(longest - _MOMENT),
        told_days=told_days,
        seen_before_at=trip.before.told_at if trip.before else None,
        seen_after_at=trip.after.told_at if trip.after else None,
        may_be_transit=brief and certainty is not StayCertainty.INTENDED,
        evidence=tuple(sign.item.match_id for sign in signs),
    )


def _certainty(trip: _Trip) -> StayCertainty:
    if trip.left and trip.returned:
        return StayCertainty.BOTH_ENDS
    seen_there = any(EvidenceKind.MET_IN_COUNTRY in sign.finding.kinds for sign in trip.other)
    if trip.returned or (trip.left and (trip.other or EvidenceKind.TRAVELLED_TO in trip.left.finding.kinds)):
        return StayCertainty.ONE_END
    if trip.left:
        return StayCertainty.INTENDED
    return StayCertainty.SEEN_THERE if seen_there else StayCertainty.TOLD


def _sign(item: Evidence) -> _Sign:
    finding = item.finding
    start, precision = finding.occurred_at, finding.occurred_precision
    if finding.direction is not None and precision is TimePrecision.DAY:
        # The border is Sweden's, and so is the day; a mission's is that of a country whose clocks are not known here.
        day = swedish_day(start, precision)
        return _Sign(item, day_begins(day), day_begins(day + _DAY))
    return _Sign(item, start, start + _LENGTH[precision])


def _by_time(sign: _Sign) -> tuple[datetime, object]:
    return sign.start, sign.item.match_id


def _whole_days(length: timedelta) -> int:
    return max(0, length // _DAY)
