"""Swedish time without a database of time zones: the same on every machine, and what the database says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.swedish_time import in_sweden
from tests.builders import LAWS


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
