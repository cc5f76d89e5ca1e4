"""Birth dates of other calendars than ours, as one office writes them where another one has the Gregorian date.

Years from 1200 to 1499 are of the Persian and Afghan (solar Hijri) or the Islamic calendar (lunar Hijri), which no
living person's Gregorian year is. A year of the Ethiopian calendar looks like one of ours, seven or eight years before.

Sources: solar Hijri by the cycle of 33 years, which agrees with the equinox from 1178 to 1633; lunar Hijri by the
tabular calendar, from which the calendar in use may differ by a day or two; the Ethiopian calendar has a leap day every
fourth year (Dershowitz and Reingold, Calendrical Calculations).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from functools import lru_cache

# Years before this one are of another calendar.
FIRST_OF_OURS = 1500
# Countries whose people may have a birth date of the Ethiopian calendar.
ETHIOPIAN = frozenset({"ETH", "ERI"})
_SOLAR_LEAP_YEARS = (1, 5, 9, 13, 17, 22, 26, 30)
# Proleptic Gregorian ordinals of the days before the first year.
_SOLAR_EPOCH = date(622, 3, 21).toordinal() - 1
_LUNAR_EPOCH = date(622, 7, 19).toordinal() - 1
_ETHIOPIAN_EPOCH = date(8, 8, 27).toordinal() - 1
# Of the calendar in use from the tabular one.
_LUNAR_DAYS_OFF = 2

Parts = tuple[int, int, int]


def is_of_ours(birth_date: str) -> bool:
    """Whether a birth date (YYYY, YYYY-MM or YYYY-MM-DD) is of the Gregorian calendar, or of one that looks like it."""
    return birth_date >= str(FIRST_OF_OURS)


@lru_cache(maxsize=1 << 12)
def in_ours(birth_date: str) -> tuple[str, ...]:
    """The Gregorian dates, six at most, that a birth date of a Hijri calendar may stand for; whole dates only.

    First of the solar calendar, then of the lunar one, rising.

    >>> in_ours("1353-05-21")
    ('1974-08-12', '1934-08-30', '1934-08-31', '1934-09-01', '1934-09-02', '1934-09-03')
    """
    parts = _parts(birth_date)
    if parts is None or is_of_ours(birth_date):
        return ()
    by_sun, by_moon = solar(*parts), lunar(*parts)
    found = [] if by_sun is None else [by_sun]
    if by_moon is not None:
        found += [by_moon + timedelta(days=off) for off in range(-_LUNAR_DAYS_OFF, _LUNAR_DAYS_OFF + 1)]
    return tuple(day.isoformat() for day in found)


def solar(year: int, month: int, day: int) -> date | None:
    """A date of the solar Hijri calendar in ours; None for what is no date of it."""
    if not (1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
        return None
    cycles, rest = divmod(year - 1, 33)
    leap_days = 8 * cycles + sum(leap <= rest for leap in _SOLAR_LEAP_YEARS)
    days = 365 * (year - 1) + leap_days + (month - 1) * 31 - max(0, month - 7) + day
    return date.fromordinal(_SOLAR_EPOCH + days)


def lunar(year: int, month: int, day: int) -> date | None:
    """A date of the lunar Hijri calendar in ours, within two days; None for what is no date of it."""
    if not (1 <= month <= 12 and 1 <= day <= 30):
        return None
    days = 354 * (year - 1) + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2 + day
    return date.fromordinal(_LUNAR_EPOCH + days)


def ethiopian(year: int, month: int, day: int) -> date | None:
    """A date of the Ethiopian calendar in ours; None for what is no date of it."""
    if not (1 <= month <= 13 and 1 <= day <= 30):
        return None
    days = 365 * (year - 1) + year // 4 + 30 * (month - 1) + day
    return date.fromordinal(_ETHIOPIAN_EPOCH + days)


def to_ethiopian(ours: date) -> str:
    """A date of ours in the Ethiopian calendar."""
    days = ours.toordinal() - _ETHIOPIAN_EPOCH - 1
    cycles, rest = divmod(days, 1461)
    # The third year of four has the leap day, and ends the cycle that a fourth begins.
    years = min(rest // 365, 3) if rest != 1095 else 2
    year = 4 * cycles + years + 1
    first = ethiopian(year, 1, 1)
    assert first is not None  # noqa: S101 - the first of the first is a date
    month, day = divmod((ours - first).days, 30)
    return f"{year:04}-{month + 1:02}-{day + 1:02}"


@lru_cache(maxsize=1 << 16)
def ethiopian_dates(birth_date: str) -> tuple[str, ...]:
    """What a whole birth date stands for if it is of the Ethiopian calendar, and its date in that one if it is of ours.

    >>> ethiopian_dates("1974-08-12")
    ('1982-04-20', '1966-12-06')
    """
    parts = _parts(birth_date)
    if parts is None or not is_of_ours(birth_date):
        return ()
    meant = ethiopian(*parts)
    found = [] if meant is None else [meant.isoformat()]
    with suppress(ValueError):  # no date of ours
        found.append(to_ethiopian(date(*parts)))
    return tuple(found)


def are_one_day(one: str, other: str) -> bool:
    """Whether two whole birth dates are one day in two calendars, as far as that can be told."""
    earlier, later = sorted((one, other))
    if not is_of_ours(earlier):
        if not is_of_ours(later):
            return False
        parts = _parts(earlier)
        by_sun, by_moon = (solar(*parts), lunar(*parts)) if parts else (None, None)
        if by_sun is not None and by_sun.isoformat()[:7] == later[:7]:
            return True
        try:
            apart = None if by_moon is None else abs(by_moon - date.fromisoformat(later))
        except ValueError:
            return False
        return apart is not None and apart <= timedelta(days=_LUNAR_DAYS_OFF)
    if int(later[:4]) - int(earlier[:4]) not in (7, 8):
        return False
    parts = _parts(earlier)
    meant = ethiopian(*parts) if parts else None
    return meant is not None and meant.isoformat() == later


def _parts(birth_date: str) -> Parts | None:
    """Year, month and day of a whole date."""
    if len(birth_date) != 10:
        return None
    return int(birth_date[:4]), int(birth_date[5:7]), int(birth_date[8:])
