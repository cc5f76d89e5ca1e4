"""Which changes of a registry row can change what was said of an event, and from when on events must be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.swedish_time import MOST_AHEAD_OF_UTC_MS

DAY_MS = 86_400_000
# No event can newly be concerned: only what was said before is to be looked at again.
NEVER = 2**62
# Of somebody without a status no event can say anything. But they may be whom a traveller is, and others then are not.
NO_STATUS = NEVER - 1

# What neither identity nor status nor rules look at. Everything else does, or may tomorrow.
_IMMATERIAL = frozenset({"recorded_at", "protected_identity"})


def is_material(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """Whether a row (raw values) differs from the one before in what matching looks at."""
    if before is None:
        return True
    return any(value != before[field] for field, value in after.items() if field not in _IMMATERIAL)


def concerns_from(row: Mapping[str, Any]) -> int:
    """Moment, in milliseconds since 1970, before which no event can concern the person; NO_STATUS without any.

    A Swedish day begins an hour or two before that of UTC; to ask which costs more than to look at an hour too much.
    """
    starts = (status["valid_from"] * DAY_MS - MOST_AHEAD_OF_UTC_MS for status in row["statuses"])
    return min(starts, default=NO_STATUS)
