"""Birth dates of other calendars: conversions against dates that are known, and what is one day in two calendars."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.birth_dates import compare_dates
from matcher.blocking import also_born
from matcher.calendars import are_one_day, ethiopian, ethiopian_dates, in_ours, lunar, solar, to_ethiopian
from matcher.native import make_index
from tests.builders import LAWS, codec, crossing, encode, name, person, raw, traveller
from tests.unit.natively import needs_native

# New years, leap days and dates of history, as almanacs have them.
SOLAR = {
    "1300-01-01": "1921-03-21",
    "1340-01-01": "1961-03-21",
    "1353-05-21": "1974-08-12",
    "1357-11-22": "1979-02-11",
    "1375-12-30": "1997-03-20",
    "1376-01-01": "1997-03-21",
    "1399-12-30": "2021-03-20",
    "1403-01-01": "2024-03-20",
}
LUNAR = {"1400-01-01": "1979-11-21", "1420-01-01": "1999-04-17", "1445-09-01": "2024-03-11"}
ETHIOPIAN = {
    "1966-12-06": "1974-08-12",
    "1983-09-16": "1991-05-24",
    "1992-01-01": "1999-09-12",
    "2000-01-01": "2007-09-12",
    "2013-01-01": "2020-09-11",
    "2015-13-05": "2023-09-10",
}


def parts(text: str) -> tuple[int, int, int]:
    year, month, day = map(int, text.split("-"))
    return year, month, day


@pytest.mark.parametrize(("told", "meant"), SOLAR.items())
def test_the_solar_hijri_calendar(told: str, meant: str) -> None:
    assert solar(*parts(told)) == date.fromisoformat(meant)
    assert meant in in_ours(told)
    assert are_one_day(told, meant)
    assert are_one_day(meant, told)


@pytest.mark.parametrize(("told", "meant"), LUNAR.items())
def test_the_lunar_hijri_calendar(told: str, meant: str) -> None:
    assert lunar(*parts(told)) == date.fromisoformat(meant)
    assert meant in in_ours(told)
    for days in (-2, -1, 0, 1, 2):
        assert are_one_day(told, (date.fromisoformat(meant) + timedelta(days=days)).isoformat())
    assert not are_one_day(told, (date.fromisoformat(meant) + timedelta(days=3)).isoformat())


@pytest.mark.parametrize(("told", "meant"), ETHIOPIAN.items())
def test_the_ethiopian_calendar(told: str, meant: str) -> None:
    assert ethiopian(*parts(told)) == date.fromisoformat(meant)
    assert to_ethiopian(date.fromisoformat(meant)) == told
    assert are_one_day(told, meant)
    assert not are_one_day(told, (date.fromisoformat(meant) + timedelta(days=1)).isoformat())


@LAWS
@given(st.dates(date(1860, 1, 1), date(2100, 12, 31)))
def test_the_ethiopian_calendar_and_back(day: date) -> None:
    assert ethiopian(*parts(to_ethiopian(day))) == day
    one_day, next_day = to_ethiopian(day), to_ethiopian(day + timedelta(days=1))
    assert one_day < next_day
    assert to_ethiopian(day) in ethiopian_dates(day.isoformat())


@LAWS
@given(st.dates(date(1860, 3, 21), date(2100, 12, 31)))
def test_each_day_has_one_date_of_the_solar_hijri_calendar(day: date) -> None:
    found = [
        (year, month, number)
        for year in (day.year - 622, day.year - 621)
        for month in range(1, 13)
        for number in range(1, 32)
        if solar(year, month, number) == day and (month < 12 or number < 30 or solar(year + 1, 1, 1) != day)
    ]
    assert len(found) == 1


@pytest.mark.parametrize(
    "told", ["1353", "1353-05", "1353-00-10", "1353-13-01", "1353-08-31", "1974-08-12", "1974-02-30", "2010-13-06"]
)
def test_what_is_no_whole_date_of_a_hijri_calendar(told: str) -> None:
    assert all(date.fromisoformat(one) for one in in_ours(told))
    assert not are_one_day(told, "1974")
    assert not are_one_day(told, told)


@pytest.mark.parametrize(
    ("recorded", "countries", "also"),
    [
        (["1974-08-12"], {"SYR"}, ()),
        (["1974-08-12"], {"ERI"}, ("1982-04-20", "1966-12-06")),
        (["1974-08-12", "1974"], {"SYR", "ETH"}, ("1982-04-20", "1966-12-06")),
        (
            ["1353-05-21"],
            {"AFG"},
            ("1974-08-12", "1934-08-30", "1934-08-31", "1934-09-01", "1934-09-02", "1934-09-03"),
        ),
        (["1353"], {"AFG"}, ()),
        ([], {"ERI"}, ()),
    ],
)
def test_what_else_somebody_may_be_born(recorded: list[str], countries: set[str], also: tuple[str, ...]) -> None:
    assert also_born(recorded, countries) == also


@pytest.mark.parametrize(
    ("read", "held"),
    [
        ("1353-05-21", "1974-08-12"),
        ("1974-08-12", "1353-05-21"),
        ("1394-07-23", "1974-08-12"),
        ("1966-12-06", "1974-08-12"),
        ("1974-08-12", "1966-12-06"),
    ],
)
def test_one_day_in_two_calendars_is_told_and_speaks_for_the_person(read: str, held: str) -> None:
    assert compare_dates(read, (held,))[1:] == ("other-calendar", 8)


@pytest.mark.parametrize("native", [False, pytest.param(True, marks=needs_native)])
@pytest.mark.parametrize(
    ("recorded", "read", "country"),
    [
        ("1979-11-20", "1400-01-01", "SAU"),
        ("1400-01-01", "1979-11-19", "SAU"),
        ("1353-05-21", "1974-08-12", "AFG"),
        ("1974-08-12", "1353-05-21", "AFG"),
        ("1966-12-06", "1974-08-12", "ERI"),
        ("1974-08-12", "1966-12-06", "ETH"),
    ],
)
def test_somebody_is_found_by_a_date_of_another_calendar(recorded: str, read: str, country: str, native: bool) -> None:
    index = make_index(codec("protected-person", raw=True), native=native)
    row = person(documents=(), names=(name("Ali", "Mohammad"),), birth_dates=(recorded,), citizenships=(country,))
    index.upsert(str(row.person_id), encode("protected-person", row))
    seen = traveller(documents=(), names=(name("Ali", "Mohammad"),), birth_date=read, citizenships=(country,))
    found = raw("border-crossing", crossing(traveller=seen))["traveller"]
    assert index.find(found) == (0,)
    assert [slot for slot, _ in index.near(found)] == [0]
