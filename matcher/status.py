"""Which protection status held at a time, as it is known now (bitemporal)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from schemas.countries import STATELESS, SWEDEN, same_state
from schemas.records import DocumentKind, KnownDocument, Permit, PermitKind, ProtectedPerson, ProtectionStatus

_TRAVEL_DOCUMENTS = frozenset(
    {DocumentKind.REFUGEE_TRAVEL_DOCUMENT, DocumentKind.STATELESS_TRAVEL_DOCUMENT, DocumentKind.ALIENS_PASSPORT}
)

# ICAO Doc 9303 part 3 section 5 part D: codes of persons, not of states.
_NO_CITIZENSHIP_TOLD = frozenset({"XXB", "XXC", "XXX"})


def statuses_at(person: ProtectedPerson, day: date, known_at: datetime | None = None) -> tuple[ProtectionStatus, ...]:
    """Grants that held on `day`, the newest first; none from the day of naturalisation on.

    Args:
        person: the registry row.
        day: day of the event, Swedish as those of the registry are.
        known_at: as the registry knew it then; None for as known now. Naturalisation carries no recording time of
            its own in the row and counts as known.
    """
    if person.naturalised_on is not None and person.naturalised_on <= day:
        return ()
    held = [
        status
        for status in person.statuses
        if _known(status, known_at) and status.valid_from <= day and (status.valid_to is None or day < status.valid_to)
    ]
    return tuple(sorted(held, key=_newest_first))


def _newest_first(status: ProtectionStatus) -> tuple[int, UUID]:
    return -status.valid_from.toordinal(), status.status_id


def _known(status: ProtectionStatus, known_at: datetime | None) -> bool:
    if known_at is None:
        return status.superseded_at is None
    return status.recorded_at <= known_at and (status.superseded_at is None or known_at < status.superseded_at)


def travel_document_kinds(person: ProtectedPerson, day: date) -> frozenset[DocumentKind]:
    """Kinds of resedokument and främlingspass issued by Sweden that were valid on `day`."""
    return frozenset(
        [
            document.kind
            for document in person.documents
            if document.issuing_state == SWEDEN and document.kind in _TRAVEL_DOCUMENTS and _valid(document, day)
        ]
    )


def permit_kinds(person: ProtectedPerson, day: date) -> frozenset[PermitKind]:
    """Kinds of residence permit that were valid on `day`."""
    return frozenset([permit.kind for permit in person.permits if _valid(permit, day)])


def is_stateless(person: ProtectedPerson) -> bool:
    """Whether the person has no citizenship: a stateless person cannot re-avail (UtlL 4:5 first paragraph 1)."""
    return STATELESS in person.citizenships and len(set(person.citizenships)) == 1


def is_citizen_of(person: ProtectedPerson, country: str) -> bool | None:
    """Whether the registry has the person as a citizen of the country; None where it cannot be said.

    It cannot where no citizenship is known, or only that the person is a refugee or unspecified (XXB, XXC, XXX).
    """
    held = {same_state(code) for code in person.citizenships}
    if same_state(country) in held:
        return True
    return None if not held or held & _NO_CITIZENSHIP_TOLD else False


def _valid(item: KnownDocument | Permit, day: date) -> bool:
    start, end = item.valid_from, item.valid_to
    return (start is None or start <= day) and (end is None or day < end)
