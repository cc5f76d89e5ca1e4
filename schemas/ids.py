"""Identities that follow from their causes: UUIDv5 (RFC 9562), so that the same input gives the same ids for ever."""

from __future__ import annotations

from uuid import UUID, uuid5

# Drawn once at random; changing it would change every id ever given.
NAMESPACE = UUID("5b1f0a1c-6f0e-4f0b-9a53-9d1f2c7f0e11")


def match_id(event_id: UUID, person_id: UUID) -> UUID:
    """Identity of the match of an event with a person."""
    return uuid5(NAMESPACE, f"match/{event_id}/{person_id}")


def candidate_id(person_id: UUID) -> UUID:
    """Identity of a person's candidate: there is one per person."""
    return uuid5(NAMESPACE, f"candidate/{person_id}")
