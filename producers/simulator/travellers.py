"""A protected person as a traveller: by document, personal number or dossier number, as border control reads them."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import Any

from producers.simulator.people import Person


class Key(StrEnum):
    """What the traveller is known by."""

    DOCUMENT = "document"
    PERSONAL_NUMBER = "personal number"
    DOSSIER_NUMBER = "dossier number"


def swedish_document(person: Person) -> dict[str, Any] | None:
    """A Swedish document that the registry knows of, the travel document first."""
    for document in person.row["documents"]:
        if document["issuing_state"] == "SWE":
            found: dict[str, Any] = document
            return found
    return None


def has_key(person: Person, key: Key) -> bool:
    """Whether the registry knows the person by such a key."""
    if key is Key.DOCUMENT:
        return swedish_document(person) is not None
    return bool(person.row["personal_numbers" if key is Key.PERSONAL_NUMBER else "dossier_numbers"])


def traveller(rng: Random, person: Person, key: Key, documents: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The person with the key, their own name and mostly their birth date, and further documents.

    Raises KeyError where the person has no such key.
    """
    row, identity = person.row, person.identity
    seen = list(documents or ())
    if key is Key.DOCUMENT:
        document = swedish_document(person)
        if document is None:
            raise KeyError(key)
        seen.append(seen_document(rng, document, "PRESENTED" if not seen else "HELD"))
    read = rng.random()
    names = [identity.name.printed(), identity.name.mrz()]
    return {
        "documents": seen,
        "personal_number": row["personal_numbers"][-1] if key is Key.PERSONAL_NUMBER else None,
        "dossier_number": row["dossier_numbers"][-1] if key is Key.DOSSIER_NUMBER else None,
        "names": names if read < 0.7 else names[:1] if read < 0.95 else [],
        "birth_date": identity.birth_dates[0] if read < 0.9 else None,
        "citizenships": row["citizenships"][:1] if read < 0.8 else [],
        "sex": identity.sex,
    }


def seen_document(rng: Random, known: dict[str, Any], use: str) -> dict[str, Any]:
    """A document of the registry as it is read; sometimes typed in lower case with a space or hyphen."""
    number: str = known["number"]
    chance = rng.random()
    if chance < 0.05:
        number = f"{number[:2]} {number[2:]}".lower()
    elif chance < 0.1:
        number = f"{number[:2]}-{number[2:]}"
    return {"number": number, "issuing_state": known["issuing_state"], "kind": known["kind"], "use": use}


def unknown_home_passport(rng: Random, country: str, use: str) -> dict[str, Any]:
    """A passport of the country that no registry row holds."""
    number = f"U{int(rng.random() * 100_000_000):08}"
    return {"number": number, "issuing_state": country, "kind": "PASSPORT", "use": use}
