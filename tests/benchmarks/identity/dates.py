"""Birth dates, and what offices and hands make of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

from tests.benchmarks.identity.names import Culture

Shift = Callable[[Random, str], str]
_FIRST, _LAST = date(1945, 1, 1).toordinal(), date(2010, 12, 31).toordinal()


def birth_date(rng: Random) -> str:
    """A birth date; a quarter are recorded as 1 January."""
    born = date.fromordinal(rng.randint(_FIRST, _LAST)).isoformat()
    return f"{born[:4]}-01-01" if rng.random() < 0.25 else born


def _first_of_january(_rng: Random, born: str) -> str:
    return f"{born[:4]}-01-01"


def _swapped(_rng: Random, born: str) -> str:
    return f"{born[:4]}-{born[8:]}-{born[5:7]}" if int(born[8:]) <= 12 else born


def _year_only(_rng: Random, born: str) -> str:
    return born[:4]


def _one_year(rng: Random, born: str) -> str:
    year = int(born[:4]) + rng.choice((-1, 1))
    return f"{year}{born[4:]}" if born[5:] != "02-29" else born


def _one_digit(rng: Random, born: str) -> str:
    day = int(born[8:])
    other = rng.choice([d for d in (day - 1, day + 1, day + 10, day - 10) if 1 <= d <= 28])
    return f"{born[:8]}{other:02}"


def _new_year(year: int) -> date:
    """The Persian new year in a year of ours from 1925 to 2031, as almanacs have it."""
    late, early = range(1927, 1960, 4), range(1996, 2029, 4)
    return date(year, 3, 22 if year in late else 20 if year in early else 21)


def _persian(_rng: Random, born: str) -> str:
    """The Persian date, by way of the day of the year: six months of 31 days, then of 30."""
    day = date.fromisoformat(born)
    began = _new_year(day.year) if day >= _new_year(day.year) else _new_year(day.year - 1)
    passed = (day - began).days
    month, rest = divmod(passed, 31) if passed < 186 else (6 + (passed - 186) // 30, (passed - 186) % 30)
    return f"{began.year - 621}-{month + 1:02}-{rest + 1:02}"


def _ethiopian(_rng: Random, born: str) -> str:
    """The Ethiopian date, by way of the days since a new year that is known: 1 Meskerem 1963 was 11 September 1970."""
    passed = (date.fromisoformat(born) - date(1970, 9, 11)).days
    year, length = 1963, 366
    while passed < 0 or passed >= length:
        year, passed = (year - 1, passed) if passed < 0 else (year + 1, passed - length)
        length = 366 if year % 4 == 3 else 365
        if passed < 0:
            passed += length
    return f"{year:04}-{passed // 30 + 1:02}-{passed % 30 + 1:02}"


_LEAP_YEARS = frozenset((2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29))


def _islamic(rng: Random, born: str) -> str:
    """The Islamic date by the tabular calendar of 30 years, or a day off, as months begin when the moon is seen."""
    passed = (date.fromisoformat(born) - date(622, 7, 19)).days + rng.choice((-1, 0, 0, 1))
    cycles, passed = divmod(passed, 10_631)
    year = 1
    while passed >= (length := 354 + (year in _LEAP_YEARS)):
        year, passed = year + 1, passed - length
    # Months have 30 and 29 days in turn; the last one of a leap year has 30.
    two, rest = divmod(passed, 59)
    month, day = (12, 30) if two == 6 else (2 * two + 1 + rest // 30, rest % 30 + 1)
    return f"{30 * cycles + year}-{month:02}-{day:02}"


def _mistyped(rng: Random, born: str) -> str:
    """One digit of year, month or day is another one, and the date still one of somebody alive."""
    while True:
        place, digit = rng.choice((2, 3, 5, 6, 8, 9)), rng.choice("0123456789")
        typed = born[:place] + digit + born[place + 1 :]
        try:
            lived = typed != born and date.fromisoformat(typed).toordinal() <= _LAST
        except ValueError:
            continue
        if lived:
            return typed


DATES: dict[str, Shift] = {
    "same birth date": lambda _rng, born: born,
    "1 January": _first_of_january,
    "year only": _year_only,
    "day and month swapped": _swapped,
    "a year off": _one_year,
    "a digit off": _one_digit,
    "Persian calendar": _persian,
}

# Where people of some cultures come from, of whom offices write dates of their own calendar.
OWN_CALENDAR = {"Tigrinya": "ERI", "Amharic": "ETH"}


def dates_of(culture: Culture) -> list[tuple[str, Shift]]:
    """What happens to birth dates of people of a culture."""
    own = [("Ethiopian calendar", _ethiopian)] if culture.key in OWN_CALENDAR else []
    return [*DATES.items(), *own]


# Of names in Arabic letters, and of Somalis: whose offices write dates of the Islamic calendar.
_ISLAMIC = frozenset(("arabic", "persian", "kurdish", "somali"))


def changes_of(culture: Culture) -> list[tuple[str, Shift]]:
    """What may change a birth date of people of a culture; more than `dates_of`, whose draws other rows rest on."""
    changes = [(label, shift) for label, shift in dates_of(culture) if label != "same birth date"]
    islamic = [("Islamic calendar", _islamic)] if culture.family in _ISLAMIC else []
    return [*changes, *islamic, ("any digit wrong", _mistyped)]
