"""Invented people and events, as few words as a test needs: what a test does not name has a plain value.

The people are refugees from Utopia (UTO), the country of specimens in ICAO Doc 9303, unless a test says otherwise.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import settings

from matcher.examine import Found, examine
from matcher.rule_book import DEFAULT_RULES, RuleBook, load_rule_book
from schemas.codec import Codec
from schemas.records import (
    RECORDS,
    BorderCrossing,
    CountryBasis,
    Direction,
    Disclosure,
    DocumentKind,
    DocumentUse,
    Event,
    EventKind,
    Finding,
    KnownDocument,
    MissionObservation,
    NameForm,
    Observation,
    Permit,
    PermitKind,
    PersonName,
    ProtectedPerson,
    ProtectionStatus,
    Record,
    SeenDocument,
    Sex,
    StatusKind,
    TimePrecision,
    Traveller,
)

FIRST_RULES = DEFAULT_RULES / "2026-1.toml"

# Laws are searched long enough to find what is easy to break, and briefly enough to run at every change.
settings.register_profile("laws", max_examples=80, deadline=None)
settings.register_profile("long-laws", max_examples=20, deadline=None)
LAWS = settings.get_profile("laws")
LONG_LAWS = settings.get_profile("long-laws")

CROSSINGS, OBSERVATIONS = "border-crossings", "mission-observations"
GRANTED = date(2019, 2, 20)
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
POLICE = Disclosure(
    authority="POLISMYNDIGHETEN",
    unit="Gränspolissektionen",
    legal_ground="OSL 10:28",
    weighing="GP-2026-000417",
    purpose="Prövning av återkallelse",
)
MISSIONS = POLICE.model_copy(update={"authority": "UTLANDSMYNDIGHETERNA", "unit": "Ambassaden"})
PERSONAL_NUMBER = "191212121212"  # a test number of Skatteverket
OTHER_PERSONAL_NUMBER = "190001010107"
DOSSIER = "12345678"


def uuid(number: int) -> UUID:
    """The same UUID for the same number."""
    return UUID(int=number, version=4)


def name(
    surname: str = "Åbergsson", given_names: str = "Inventa Maria", form: NameForm = NameForm.PRINTED
) -> PersonName:
    return PersonName(surname=surname, given_names=given_names, form=form)


def own_name(number: int) -> PersonName:
    """A name that cannot be taken for that of another number."""
    random = Random(number)

    def word() -> str:
        return "".join(random.choice("bdfgklmnprstvz") + random.choice("aeiouy") for _ in range(4)).title()

    return PersonName(surname=word(), given_names=word(), form=NameForm.PRINTED)


def seen(
    number: str = "P0451298",
    issuing_state: str = "UTO",
    kind: DocumentKind = DocumentKind.PASSPORT,
    use: DocumentUse = DocumentUse.PRESENTED,
) -> SeenDocument:
    return SeenDocument(number=number, issuing_state=issuing_state, kind=kind, use=use)


def known(
    number: str = "RD1234567",
    issuing_state: str = "SWE",
    kind: DocumentKind = DocumentKind.REFUGEE_TRAVEL_DOCUMENT,
    valid_from: date | None = date(2023, 5, 2),
    valid_to: date | None = date(2028, 5, 2),
) -> KnownDocument:
    return KnownDocument(
        number=number, issuing_state=issuing_state, kind=kind, valid_from=valid_from, valid_to=valid_to
    )


def status(number: int = 1, **changes: Any) -> ProtectionStatus:
    values: dict[str, Any] = {
        "status_id": uuid(900 + number),
        "kind": StatusKind.REFUGEE,
        "countries": ("UTO",),
        "valid_from": GRANTED,
        "recorded_at": datetime(2019, 2, 20, 13, tzinfo=UTC),
    }
    return ProtectionStatus(**{**values, **changes})


def permit(valid_from: date = date(2025, 2, 20), valid_to: date | None = date(2027, 2, 20)) -> Permit:
    return Permit(permit_id=uuid(800), kind=PermitKind.TEMPORARY, valid_from=valid_from, valid_to=valid_to)


def person(number: int = 1, **changes: Any) -> ProtectedPerson:
    """A refugee with a Swedish travel document, a known home passport and a permit."""
    values: dict[str, Any] = {
        "person_id": uuid(number),
        "recorded_at": datetime(2026, 1, 10, 8, tzinfo=UTC),
        "documents": (known(), known("P0451298", "UTO", DocumentKind.PASSPORT, None, None)),
        "personal_numbers": (PERSONAL_NUMBER,),
        "dossier_numbers": (DOSSIER,),
        "names": (name(),),
        "birth_dates": ("1974-08-12",),
        "citizenships": ("UTO",),
        "sex": Sex.F,
        "protected_identity": False,
        "statuses": (status(),),
        "permits": (permit(),),
    }
    return ProtectedPerson(**{**values, **changes})


def traveller(**changes: Any) -> Traveller:
    """The person of `person()`, read from her home passport."""
    values: dict[str, Any] = {
        "documents": (seen(),),
        "names": (name(),),
        "birth_date": "1974-08-12",
        "citizenships": ("UTO",),
        "sex": Sex.F,
    }
    return Traveller(**{**values, **changes})


STRANGER = Traveller(
    documents=(seen("X9990001", "NOR"),),
    names=(name("Nordmann", "Ingen"),),
    birth_date="1990-01-01",
    citizenships=("NOR",),
)


def _event(number: int, revision: int, kind: EventKind | None, occurred_at: datetime) -> dict[str, Any]:
    return {
        "event_id": uuid(number),
        "revision": revision,
        "kind": kind or (EventKind.REPORTED if revision == 1 else EventKind.CORRECTED),
        "occurred_at": occurred_at,
        "occurred_precision": TimePrecision.MINUTE,
        "recorded_at": occurred_at + timedelta(minutes=revision),
        "traveller": traveller(),
    }


def crossing(
    number: int = 5000, *, revision: int = 1, kind: EventKind | None = None, at: datetime = NOON, **changes: Any
) -> BorderCrossing:
    """A return from Utopia."""
    values: dict[str, Any] = {
        **_event(number, revision, kind, at),
        "disclosure": POLICE,
        "direction": Direction.ENTRY,
        "border_point": "SEARN",
        "country": "UTO",
        "country_basis": CountryBasis.DIRECT_ROUTE,
    }
    return BorderCrossing(**{**values, **changes})


def observation(
    number: int = 6000, *, revision: int = 1, kind: EventKind | None = None, at: datetime = NOON, **changes: Any
) -> MissionObservation:
    """A meeting in Utopia."""
    values: dict[str, Any] = {
        **_event(number, revision, kind, at),
        "disclosure": MISSIONS,
        "mission": "UTOPI",
        "observation": Observation.MET_IN_COUNTRY,
        "country": "UTO",
    }
    return MissionObservation(**{**values, **changes})


@cache
def rules() -> RuleBook:
    """The first shipped rule set alone: what is expected of it stays, whatever sets are shipped beside it later."""
    return load_rule_book(FIRST_RULES)


def found(event: Event, *people: ProtectedPerson, book: RuleBook | None = None) -> tuple[Found, ...]:
    source = CROSSINGS if isinstance(event, BorderCrossing) else OBSERVATIONS
    return examine(source, event, people, book or rules()).found


def finding(event: Event | None = None, row: ProtectedPerson | None = None) -> Finding:
    """What is found in an event, a return from Utopia unless told, about the person."""
    (one,) = found(event or crossing(), row or person())
    return one.finding


@cache
def codec(record: str, *, raw: bool = False) -> Codec:
    return Codec(record, raw=raw)


def encode(record: str, value: Record) -> bytes:
    return codec(record).encode(value.to_avro())


def raw(record: str, value: Record) -> dict[str, Any]:
    """The values as the hot path decodes them."""
    return codec(record, raw=True).decode(encode(record, value))


def digest(record: Record) -> str:
    """A digest as the services make it."""
    (kind,) = (name for name, model in RECORDS.items() if model is type(record))
    return hashlib.sha256(encode(kind, record)).hexdigest()[:32]
