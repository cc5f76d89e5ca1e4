"""Which protection status held at a time, as it is known now (bitemporal)."""

from __future__ import annotations

from datetime import date, datetime

from schemas.countries import STATELESS, SWEDEN
from schemas.records import DocumentKind, ProtectedPerson, ProtectionStatus

_TRAVEL_DOCUMENTS = frozenset(
    {DocumentKind.REFUGEE_TRAVEL_DOCUMENT, DocumentKind.STATELESS_TRAVEL_DOCUMENT, DocumentKind.ALIENS_PASSPORT}
)


def statuses_at(person: ProtectedPerson, day: date, known_at: datetime | None = None) -> tuple[ProtectionStatus, ...]:
    """Grants that held on `day`, the newest first; none from the day of naturalisation on.

    Args:
        person: the registry row.
        day: day of the event, UTC.
        known_at: as the registry knew it then; None for as known now. Naturalisation carries no recording time of
            its own in the row and counts as known.
    """
    if person.naturalised_on is not None and person.naturalised_on <= day:
        return ()
    held = (
        status
        for status in person.statuses
        if _known(status, known_at) and status.valid_from <= day and (status.valid_to is None or day < status.valid_to)
    )
    return tuple(sorted(held, key=lambda status: (-status.valid_from.toordinal(), status.status_id)))


def _known(status: ProtectionStatus, known_at: datetime | None) -> bool:
    if known_at is None:
        return status.superseded_at is None
    return status.recorded_at <= known_at and (status.superseded_at is None or known_at < status.superseded_at)


def holds_swedish_travel_document(person: ProtectedPerson, day: date) -> bool:
    """Whether a resedokument or främlingspass issued by Sweden was valid on `day`."""
    return any(
        document.issuing_state == SWEDEN and document.kind in _TRAVEL_DOCUMENTS and _valid(document, day)
        for document in person.documents
    )


def holds_permit(person: ProtectedPerson, day: date) -> bool:
    """Whether a residence permit was valid on `day`."""
    return any(_valid(permit, day) for permit in person.permits)


def is_stateless(person: ProtectedPerson) -> bool:
    """Whether the person has no citizenship: a stateless person cannot re-avail (UtlL 4:5 first paragraph 1)."""
    return STATELESS in person.citizenships and len(set(person.citizenships)) == 1


def _valid(item: object, day: date) -> bool:
    start: date | None = getattr(item, "valid_from", None)
    end: date | None = getattr(item, "valid_to", None)
    return (start is None or start <= day) and (end is None or day < end)
