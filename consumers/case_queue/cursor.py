"""Opaque cursors of keyset pagination: the last item's place in the order, never personal data."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID


class CursorInvalid(ValueError):  # noqa: N818 - it reads as what happened
    """The cursor was not made by this list in this order."""


@dataclass(frozen=True, slots=True)
class Place:
    """After which item a page begins."""

    at: datetime
    item: UUID


def write_cursor(sort: str, place: Place) -> str:
    """The cursor for the page after `place`."""
    return base64.urlsafe_b64encode(f"{sort}|{place.at.isoformat()}|{place.item}".encode()).decode()


def read_cursor(sort: str, cursor: str) -> Place:
    """The place that a cursor names. Raises CursorInvalid."""
    try:
        written, at, item = base64.b64decode(cursor.encode("ascii"), b"-_", validate=True).decode("ascii").split("|")
        moment, place = datetime.fromisoformat(at), UUID(item)
        # What is no time in UTC is none to the database either.
        after = Place(moment.astimezone(UTC), place) if moment.tzinfo else None
    except (ValueError, OverflowError, binascii.Error):
        raise CursorInvalid("the cursor cannot be read") from None
    if written != sort or after is None:
        raise CursorInvalid("the cursor belongs to another order")
    return after
