"""Each feature by itself, and what they say together: identified, possible, or nobody."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.identity import (
    STRONG,
    birth_date,
    citizenship,
    compare,
    document,
    dossier_number,
    name_equal,
    personal_number,
    sex,
)
from schemas.records import DocumentKind, FeatureResult, IdentityLevel, KnownDocument, SeenDocument, Sex, Traveller
from tests.builders import DOSSIER, OTHER_PERSONAL_NUMBER, PERSONAL_NUMBER, known, name, person, seen, traveller

AGREE, DISAGREE, MISSING = FeatureResult.AGREE, FeatureResult.DISAGREE, FeatureResult.MISSING
IDENTIFIED, POSSIBLE = IdentityLevel.IDENTIFIED, IdentityLevel.POSSIBLE
NORWEGIAN = (seen("N1", "NOR"),)


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        ((seen("P 0451-298"),), (known("P0451298", "UTO"),), AGREE),
        ((seen("X1", "NOR"), seen()), (known("P0451298", "UTO"),), AGREE),
        ((seen("C1", "D"),), (known("C1", "DEU"),), AGREE),
        ((seen(kind=DocumentKind.OTHER),), (known("P0451298", "UTO"),), AGREE),
        ((seen("P0451298", "NOR"),), (known("P0451298", "UTO"),), MISSING),
        ((seen("P0451299"),), (known("P0451298", "UTO"),), MISSING),
        ((), (known(),), MISSING),
        ((seen(),), (), MISSING),
    ],
)
def test_document(read: tuple[SeenDocument, ...], held: tuple[KnownDocument, ...], result: FeatureResult) -> None:
    assert document(Traveller(documents=read), person(documents=held)) is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        (PERSONAL_NUMBER, (OTHER_PERSONAL_NUMBER, PERSONAL_NUMBER), AGREE),
        (PERSONAL_NUMBER, (OTHER_PERSONAL_NUMBER,), DISAGREE),
        (PERSONAL_NUMBER, (), MISSING),
        (None, (PERSONAL_NUMBER,), MISSING),
    ],
)
def test_personal_number(read: str | None, held: tuple[str, ...], result: FeatureResult) -> None:
    assert personal_number(Traveller(personal_number=read), person(personal_numbers=held)) is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        (DOSSIER, ("87654321", DOSSIER), AGREE),
        (DOSSIER, ("87654321",), DISAGREE),
        (DOSSIER, (), MISSING),
        (None, (DOSSIER,), MISSING),
    ],
)
def test_dossier_number(read: str | None, held: tuple[str, ...], result: FeatureResult) -> None:
    assert dossier_number(Traveller(dossier_number=read), person(dossier_numbers=held)) is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        ((name("AABERGSSON", "MARIA INVENTA"),), (name(),), AGREE),
        ((name("Annan", "Helt"), name()), (name("Gift", "Inventa"), name()), AGREE),
        ((name("Annan", "Helt"),), (name(),), DISAGREE),
        ((name("", ""),), (name(),), MISSING),
        ((), (name(),), MISSING),
        ((name(),), (), MISSING),
    ],
)
def test_name(read: tuple[Any, ...], held: tuple[Any, ...], result: FeatureResult) -> None:
    assert name_equal(Traveller(names=read), person(names=held)) is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        ("1974-08-12", ("1974-08-12",), AGREE),
        ("1974-08-12", ("1980-01-01", "1974-08"), AGREE),
        ("1974-08", ("1974-08-12",), AGREE),
        ("1974", ("1974-08-12",), AGREE),
        ("1974-08-12", ("1974",), AGREE),
        ("1974-08-13", ("1974-08-12",), DISAGREE),
        ("1974-09", ("1974-08-12",), DISAGREE),
        ("1974-12-08", ("1974-08-12", "1975"), DISAGREE),
        (None, ("1974-08-12",), MISSING),
        ("1974-08-12", (), MISSING),
    ],
)
def test_birth_date(read: str | None, held: tuple[str, ...], result: FeatureResult) -> None:
    assert birth_date(Traveller(birth_date=read), person(birth_dates=held)) is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        (("UTO",), ("SYR", "UTO"), AGREE),
        (("D",), ("DEU",), AGREE),
        (("XXA",), ("XXA",), AGREE),
        (("XXA",), ("UTO",), DISAGREE),
        (("NOR",), ("UTO",), DISAGREE),
        # What a resedokument carries in place of a citizenship contradicts none.
        (("XXB",), ("UTO",), MISSING),
        (("XXC",), ("UTO",), MISSING),
        (("XXX",), ("UTO",), MISSING),
        (("XXB", "NOR"), ("UTO",), DISAGREE),
        (("UTO",), ("XXX",), MISSING),
        ((), ("UTO",), MISSING),
        (("UTO",), (), MISSING),
    ],
)
def test_citizenship(read: tuple[str, ...], held: tuple[str, ...], result: FeatureResult) -> None:
    assert citizenship(Traveller(citizenships=read), person(citizenships=held)) is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        (Sex.F, Sex.F, AGREE),
        (Sex.M, Sex.F, DISAGREE),
        (Sex.X, Sex.F, MISSING),
        (Sex.F, Sex.X, MISSING),
        (Sex.X, Sex.X, MISSING),
        (None, Sex.F, MISSING),
        (Sex.F, None, MISSING),
    ],
)
def test_sex(read: Sex | None, held: Sex | None, result: FeatureResult) -> None:
    assert sex(Traveller(sex=read), person(sex=held)) is result


OTHER_NAME = (name("Annan", "Helt"),)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, IDENTIFIED),
        ({"documents": NORWEGIAN, "personal_number": PERSONAL_NUMBER}, IDENTIFIED),
        ({"documents": NORWEGIAN, "dossier_number": DOSSIER}, IDENTIFIED),
        # One that contradicts is doubt that is shown; both together mean that the document is perhaps not theirs.
        ({"names": OTHER_NAME}, IDENTIFIED),
        ({"birth_date": "1980-01-01"}, IDENTIFIED),
        ({"names": OTHER_NAME, "birth_date": "1980-01-01"}, POSSIBLE),
        ({"names": OTHER_NAME, "birth_date": None}, IDENTIFIED),
        ({"names": (), "birth_date": "1980-01-01"}, IDENTIFIED),
        ({"names": (), "birth_date": None}, IDENTIFIED),
        # A number that differs contradicts too, but the document still identifies.
        ({"personal_number": OTHER_PERSONAL_NUMBER}, IDENTIFIED),
        ({"documents": NORWEGIAN}, POSSIBLE),
        ({"documents": ()}, POSSIBLE),
        ({"documents": (), "birth_date": "1974"}, POSSIBLE),
        ({"documents": (), "birth_date": None}, None),
        ({"documents": (), "birth_date": "1974-08-13"}, None),
        ({"documents": (), "names": OTHER_NAME}, None),
        ({"documents": (), "personal_number": OTHER_PERSONAL_NUMBER, "names": OTHER_NAME}, None),
    ],
)
def test_who_a_traveller_is_said_to_be(changes: dict[str, Any], level: IdentityLevel | None) -> None:
    identity = compare(traveller(**changes), person())
    assert (identity.level if identity else None) is level


def test_all_features_are_told_whatever_they_say() -> None:
    identity = compare(traveller(dossier_number="87654321", names=OTHER_NAME, sex=None), person())
    assert identity is not None
    assert [(feature.name, feature.result) for feature in identity.features] == [
        ("document", AGREE),
        ("personal-number", MISSING),
        ("dossier-number", DISAGREE),
        ("name", DISAGREE),
        ("birth-date", AGREE),
        ("citizenship", AGREE),
        ("sex", MISSING),
    ]


def test_name_and_birth_date_are_no_strong_key() -> None:
    by_document, by_name = compare(traveller(), person()), compare(traveller(documents=()), person())
    assert by_document is not None
    assert by_document.has_strong_key
    assert by_name is not None
    assert not by_name.has_strong_key
    assert set(STRONG) == {"document", "personal-number", "dossier-number"}
