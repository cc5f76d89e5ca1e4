"""Two birth dates, whole or in part: whether they agree, how they differ, and how much that tells.

Bits are the logarithm (base 2) of how much oftener the result is seen for one person than for two, estimated from what
registers and documents do with dates: two people share a whole date once in some 16,000 pairs (14 bits), and offices
write 1 January for a day that nobody knows, which a quarter or more of the people in the registry may have. Those of
Iraq write 1 July, which so many more have than another day that it tells less, though not as little.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from matcher.calendars import are_one_day, is_of_ours
from schemas.records import FeatureResult

UNRELATED = -10


class DateResult(NamedTuple):
    """How two birth dates compare: the result, a code of how, and bits."""

    result: FeatureResult
    detail: str | None
    bits: int


_AGREE, _DISAGREE = FeatureResult.AGREE, FeatureResult.DISAGREE
NO_DATE = DateResult(FeatureResult.MISSING, None, 0)
_SAME = DateResult(_AGREE, None, 14)
_SAME_FIRST_OF_JANUARY = DateResult(_AGREE, "first-of-january", 7)
_SAME_FIRST_OF_JULY = DateResult(_AGREE, "first-of-july", 10)
_SAME_MONTH = DateResult(_AGREE, "month", 9)
_SAME_YEAR = DateResult(_AGREE, "year", 5)
_FIRST_OF_JANUARY = DateResult(_DISAGREE, "first-of-january-for-a-day", 4)
_FIRST_OF_JULY = DateResult(_DISAGREE, "first-of-july-for-a-day", 2)
_SWAPPED = DateResult(_DISAGREE, "day-and-month-swapped", 9)
_CALENDAR = DateResult(_DISAGREE, "other-calendar", 8)
_ONE_YEAR = DateResult(_DISAGREE, "one-year-apart", 4)
_ONE_DIGIT = DateResult(_DISAGREE, "one-digit", 4)
_DAYS = DateResult(_DISAGREE, "other-day-of-the-year", -2)
_OTHER = DateResult(_DISAGREE, "other", UNRELATED)

# What the native core compares by.
RESULTS: dict[str, DateResult] = {
    "missing": NO_DATE,
    "same": _SAME,
    "same_first_of_january": _SAME_FIRST_OF_JANUARY,
    "same_first_of_july": _SAME_FIRST_OF_JULY,
    "same_month": _SAME_MONTH,
    "same_year": _SAME_YEAR,
    "first_of_january": _FIRST_OF_JANUARY,
    "first_of_july": _FIRST_OF_JULY,
    "swapped": _SWAPPED,
    "calendar": _CALENDAR,
    "one_year": _ONE_YEAR,
    "one_digit": _ONE_DIGIT,
    "days": _DAYS,
    "other": _OTHER,
}


def compare_dates(seen: str | None, known: tuple[str, ...] | list[str]) -> DateResult:
    """The date read against those recorded: that which tells most for the person."""
    if seen is None or not known:
        return NO_DATE
    best = _OTHER
    for one in known:
        result = _compare(seen, one)
        if result.bits > best.bits:
            best = result
    return best


@lru_cache(maxsize=1 << 16)
def _compare(seen: str, known: str) -> DateResult:
    if seen == known:
        by_length = {10: _SAME, 7: _SAME_MONTH}.get(len(seen), _SAME_YEAR)
        return {"-01-01": _SAME_FIRST_OF_JANUARY, "-07-01": _SAME_FIRST_OF_JULY}.get(seen[4:], by_length)
    if seen.startswith(known) or known.startswith(seen):
        return _SAME_MONTH if min(len(seen), len(known)) == 7 else _SAME_YEAR
    if len(seen) < 10 or len(known) < 10:
        return _OTHER
    same_year = seen[:4] == known[:4]
    if same_year and (seen[4:] == "-01-01" or known[4:] == "-01-01"):
        return _FIRST_OF_JANUARY
    if same_year and seen[5:7] == known[8:] and seen[8:] == known[5:7]:
        return _SWAPPED
    if are_one_day(seen, known):
        return _CALENDAR
    if is_of_ours(seen) is not is_of_ours(known):
        return _OTHER
    years = int(seen[:4]), int(known[:4])
    if sum(a != b for a, b in zip(seen, known, strict=True)) == 1:
        return _ONE_DIGIT
    if abs(years[0] - years[1]) == 1 and seen[4:] == known[4:]:
        return _ONE_YEAR
    if same_year:
        return _FIRST_OF_JULY if "-07-01" in (seen[4:], known[4:]) else _DAYS
    return _OTHER
