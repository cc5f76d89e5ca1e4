"""Swedish time and Swedish days, worked out and not looked up.

The days of the registry and of the rules are Swedish, and so is the day of an event. What is said of an event is
stored, and part of a candidate's version: with a database of time zones, which a machine may have in another edition or
not at all, its bytes would depend on the machine. Since 1996 the rule is short: one hour ahead of UTC, and two from the
last Sunday of March to that of October, both at 01:00 UTC (directives 94/21/EC and 2000/84/EC, förordning 2001:127).
What is older stays in UTC, and says so. Should the rule be changed, the new one is added here from its day on: what is
older must not read otherwise.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from schemas.records import TimePrecision

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_RULE_SINCE = datetime(1996, 1, 1, tzinfo=UTC)
_AHEAD, _AHEAD_IN_SUMMER = timedelta(hours=1), timedelta(hours=2)
_NORMAL, _SUMMER = timezone(_AHEAD), timezone(_AHEAD_IN_SUMMER)
# No Swedish day begins longer than this before the same day in UTC.
MOST_AHEAD_OF_UTC_MS = _AHEAD_IN_SUMMER // _MS


def in_sweden(moment: datetime) -> tuple[datetime, str]:
    """The moment on a Swedish clock, and how it must be marked: with nothing, or ` UTC` from before the rule."""
    moment = moment.astimezone(UTC)
    if moment < _RULE_SINCE:
        return moment, " UTC"
    summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    return moment.astimezone(_SUMMER if summer else _NORMAL), ""


def swedish_day(moment: datetime, precision: TimePrecision | None = None) -> date:
    """The day on which something happened: the Swedish one.

    Of what is known by its day alone (`DAY`), it is the day as it was told, in UTC by the contract and wherever it
    happened: a time zone must not move it.
    """
    return moment.astimezone(UTC).date() if precision is TimePrecision.DAY else in_sweden(moment)[0].date()


def day_begins_ms(day: int) -> int:
    """The first moment of a Swedish day: milliseconds for days since 1970, as raw values hold both."""
    midnight = _EPOCH + timedelta(days=day)
    # Clocks change after midnight in UTC too: what holds then, held when the day began in Sweden.
    begins = midnight - (in_sweden(midnight)[0].utcoffset() or timedelta())
    # The first day of the rule begins with the rule.
    return (max(begins, min(midnight, _RULE_SINCE)) - _EPOCH) // _MS


def day_begins(day: date) -> datetime:
    """The first moment of a Swedish day, in UTC."""
    return _EPOCH + day_begins_ms((day - _EPOCH.date()).days) * _MS


def clock_changes(before_year: int = 2100) -> list[tuple[int, int]]:
    """From when on Swedish clocks are how far ahead of UTC, both in milliseconds, rising, for the native core.

    From the beginning of the rule to the last change before a year: what is earlier or later is for `in_sweden`.
    """
    changes = [(_RULE_SINCE, _AHEAD)]
    for year in range(_RULE_SINCE.year, before_year):
        changes += [(_last_sunday(year, 3), _AHEAD_IN_SUMMER), (_last_sunday(year, 10), _AHEAD)]
    return [((moment - _EPOCH) // _MS, ahead // _MS) for moment, ahead in changes]


def _last_sunday(year: int, month: int) -> datetime:
    """01:00 UTC on the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)
