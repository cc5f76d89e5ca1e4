"""The traveller from a machine readable zone, and the kind of document that it says or leaves open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from producers.mrz import Mrz, document_kind, read, to_traveller
from schemas.records import DocumentKind, DocumentUse, NameForm, Sex

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


def td3(**changes: object) -> Mrz:
    return replace(read(TD3, date(2026, 6, 12)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "state", "nationality", "kind", "certain"),
    [
        ("P", "SYR", "SYR", DocumentKind.PASSPORT, True),
        ("PS", "SYR", "SYR", DocumentKind.PASSPORT, True),  # a service passport of before the eighth edition
        ("P", "GBR", "GBD", DocumentKind.PASSPORT, True),
        ("P", "D", "D", DocumentKind.PASSPORT, True),
        ("PR", "SWE", "SYR", DocumentKind.REFUGEE_TRAVEL_DOCUMENT, True),
        ("PR", "SWE", "XXA", DocumentKind.REFUGEE_TRAVEL_DOCUMENT, True),
        ("P", "SWE", "XXB", DocumentKind.REFUGEE_TRAVEL_DOCUMENT, True),
        ("PT", "SWE", "AFG", DocumentKind.ALIENS_PASSPORT, True),
        ("PS", "SWE", "XXA", DocumentKind.STATELESS_TRAVEL_DOCUMENT, True),
        ("P", "SWE", "XXA", DocumentKind.STATELESS_TRAVEL_DOCUMENT, False),
        ("P", "SWE", "XXC", DocumentKind.ALIENS_PASSPORT, False),
        ("P", "SWE", "SYR", DocumentKind.ALIENS_PASSPORT, False),
        ("P", "SYR", "XXA", DocumentKind.STATELESS_TRAVEL_DOCUMENT, False),  # not a home passport
        ("PU", "SWE", "SYR", DocumentKind.OTHER, True),
        ("P", "UNO", "SYR", DocumentKind.OTHER, True),
        ("I", "SWE", "SWE", DocumentKind.IDENTITY_CARD, True),
        ("IR", "SWE", "ERI", DocumentKind.RESIDENCE_PERMIT_CARD, True),
        ("I", "SWE", "ERI", DocumentKind.IDENTITY_CARD, False),
        ("AC", "SWE", "SWE", DocumentKind.OTHER, True),
        ("D", "SWE", "SWE", DocumentKind.OTHER, True),
    ],
)
def test_the_kind_follows_code_state_and_nationality(
    code: str, state: str, nationality: str, kind: DocumentKind, certain: bool
) -> None:
    assert document_kind(td3(document_code=code, issuing_state=state, nationality=nationality)) == (kind, certain)


def test_a_traveller_holds_what_the_zone_holds() -> None:
    traveller = to_traveller(
        td3(issuing_state="SWE", nationality="XXB", document_code="PR", optional_data="199501022389"),
        DocumentUse.HELD,
    )
    (document,) = traveller.documents
    assert (document.number, document.issuing_state, document.use) == ("L898902C3", "SWE", DocumentUse.HELD)
    assert document.kind is DocumentKind.REFUGEE_TRAVEL_DOCUMENT
    assert traveller.personal_number == "199501022389"
    assert (traveller.names[0].surname, traveller.names[0].form) == ("ERIKSSON", NameForm.MRZ)
    assert (traveller.birth_date, traveller.citizenships, traveller.sex) == ("1974-08-12", ("XXB",), Sex.F)


def test_optional_data_of_other_states_is_no_personal_number() -> None:
    assert to_traveller(td3(optional_data="199501022389")).personal_number is None
    assert to_traveller(td3(issuing_state="SWE", optional_data="199501022380")).personal_number is None
