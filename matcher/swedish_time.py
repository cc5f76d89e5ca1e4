"""Swedish time, worked out and not looked up.

What is said of an event is stored, and part of a candidate's version: with a database of time zones, which a machine
may have in another edition or not at all, its bytes would depend on the machine. Since 1996 the rule is short: one
hour ahead of UTC, and two from the last Sunday of March to that of October, both at 01:00 UTC (directives 94/21/EC and
2000/84/EC, förordning 2001:127). What is older stays in UTC, and says so. Should the rule be changed, the new one is
added here from its day on: what is older must not read otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

_RULE_SINCE = datetime(1996, 1, 1, tzinfo=UTC)
_NORMAL, _SUMMER = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))


def in_sweden(moment: datetime) -> tuple[datetime, str]:
    """The moment on a Swedish clock, and how it must be marked: with nothing, or ` UTC` from before the rule."""
    moment = moment.astimezone(UTC)
    if moment < _RULE_SINCE:
        return moment, " UTC"
    summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    return moment.astimezone(_SUMMER if summer else _NORMAL), ""


def _last_sunday(year: int, month: int) -> datetime:
    """01:00 UTC on the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)
