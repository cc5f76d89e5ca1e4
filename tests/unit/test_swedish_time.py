"""Swedish time and days without a database of time zones: the same on every machine, and what the database says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import TimePrecision
from schemas.swedish_time import MOST_AHEAD_OF_UTC_MS, clock_changes, day_begins_ms, in_sweden, swedish_day
from tests.builders import LAWS

EPOCH_DAY = date(1970, 1, 1).toordinal()


@pytest.mark.parametrize(
    ("utc", "swedish"),
    [
        ("2026-03-29T00:59:59", "2026-03-29 01.59"),
        ("2026-03-29T01:00:00", "2026-03-29 03.00"),
        ("2026-05-25T22:17:00", "2026-05-26 00.17"),
        ("2026-10-25T00:59:59", "2026-10-25 02.59"),
        ("2026-10-25T01:00:00", "2026-10-25 02.00"),
        ("2026-12-31T23:30:00", "2027-01-01 00.30"),
        # Years in which the 31st is the last Sunday.
        ("2024-03-31T01:00:00", "2024-03-31 03.00"),
        ("2021-10-31T01:00:00", "2021-10-31 02.00"),
        ("1996-01-01T00:00:00", "1996-01-01 01.00"),
        ("1995-12-31T23:59:59", "1995-12-31 23.59 UTC"),
        ("1950-07-01T12:00:00", "1950-07-01 12.00 UTC"),
    ],
)
def test_a_moment_is_told_on_the_clock_of_sweden(utc: str, swedish: str) -> None:
    local, mark = in_sweden(datetime.fromisoformat(utc).replace(tzinfo=UTC))
    assert f"{local:%Y-%m-%d %H.%M}{mark}" == swedish


@LAWS
@given(st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_it_is_what_the_database_of_time_zones_says(moment: datetime) -> None:
    try:
        zone = ZoneInfo("Europe/Stockholm")
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no database of time zones")
    aware = moment.replace(tzinfo=UTC)
    local, mark = in_sweden(aware)
    assert local.replace(tzinfo=None) == aware.astimezone(zone).replace(tzinfo=None)
    assert mark == ""


def test_the_zone_in_which_the_moment_is_given_makes_no_difference() -> None:
    moment = datetime(2026, 5, 25, 22, 17, tzinfo=UTC)
    given_elsewhere = moment.astimezone(timezone(timedelta(hours=-9)))
    assert in_sweden(given_elsewhere) == in_sweden(moment)
    assert in_sweden(given_elsewhere)[0].utcoffset() == timedelta(hours=2)


def at_ms(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-03-02T22:59:59", "2026-03-02"),
        ("2026-03-02T23:00:00", "2026-03-03"),
        ("2026-05-25T21:59:59", "2026-05-25"),
        ("2026-05-25T22:00:00", "2026-05-26"),
        # The evenings before and after clocks are changed.
        ("2026-03-28T22:30:00", "2026-03-28"),
        ("2026-03-29T22:30:00", "2026-03-30"),
        ("2026-10-24T22:30:00", "2026-10-25"),
        ("2026-10-25T22:30:00", "2026-10-25"),
        ("1995-12-31T23:30:00", "1995-12-31"),
        ("1996-01-01T23:30:00", "1996-01-02"),
    ],
)
def test_the_day_of_a_moment_is_the_one_in_sweden(utc: str, day: str) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    for precision in (None, *set(TimePrecision) - {TimePrecision.DAY}):
        assert swedish_day(moment, precision).isoformat() == day
        assert swedish_day(moment.astimezone(timezone(timedelta(hours=-9))), precision).isoformat() == day


@pytest.mark.parametrize("time", ["00:00", "22:00", "23:00", "23:59"])
@pytest.mark.parametrize("hours", [-9, 0, 4])
def test_a_day_that_was_told_is_never_another(time: str, hours: int) -> None:
    moment = datetime.fromisoformat(f"2026-05-25T{time}Z").astimezone(timezone(timedelta(hours=hours)))
    assert swedish_day(moment, TimePrecision.DAY) == date(2026, 5, 25)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        ("2026-03-03", "2026-03-02T23:00:00+00:00"),
        ("2026-05-26", "2026-05-25T22:00:00+00:00"),
        ("2026-03-29", "2026-03-28T23:00:00+00:00"),
        ("2026-03-30", "2026-03-29T22:00:00+00:00"),
        ("2026-10-25", "2026-10-24T22:00:00+00:00"),
        ("2026-10-26", "2026-10-25T23:00:00+00:00"),
        ("1995-07-01", "1995-07-01T00:00:00+00:00"),
        ("1996-01-01", "1996-01-01T00:00:00+00:00"),
        ("1996-01-02", "1996-01-01T23:00:00+00:00"),
    ],
)
def test_a_day_begins_at_midnight_in_sweden(day: str, begins: str) -> None:
    assert at_ms(day_begins_ms(date.fromisoformat(day).toordinal() - EPOCH_DAY)).isoformat() == begins


@LAWS
@given(st.dates(date(1990, 1, 1), date(2110, 1, 1)))
def test_every_day_begins_where_the_one_before_ends(day: date) -> None:
    begins = day_begins_ms(day.toordinal() - EPOCH_DAY)
    assert swedish_day(at_ms(begins)) == day
    assert swedish_day(at_ms(begins - 1)) == day - timedelta(days=1)
    midnight_in_utc = (day.toordinal() - EPOCH_DAY) * 86_400_000
    assert midnight_in_utc - MOST_AHEAD_OF_UTC_MS <= begins <= midnight_in_utc


def test_between_the_changes_of_clocks_that_are_told_nothing_changes() -> None:
    changes = clock_changes()
    assert at_ms(changes[0][0]).isoformat() == "1996-01-01T00:00:00+00:00"
    assert at_ms(changes[-1][0]).isoformat() == "2099-10-25T01:00:00+00:00"
    for (begin, ahead), (end, _) in pairwise(changes):
        assert begin < end
        for moment in (begin, end - 1):
            assert in_sweden(at_ms(moment))[0].utcoffset() == timedelta(milliseconds=ahead)
