"""Each feature by itself, and what they say together: identified, possible, or nobody."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.identity import (
    STRONG,
    birth_date,
    citizenship,
    compare,
    could_be,
    document,
    dossier_number,
    personal_number,
    sex,
)
from matcher.identity import name as name_feature
from matcher.names.compare import at_most, compare_names
from schemas.records import (
    DocumentKind,
    FeatureResult,
    IdentityLevel,
    KnownDocument,
    PersonName,
    SeenDocument,
    Sex,
    Traveller,
)
from tests.builders import (
    DOSSIER,
    LAWS,
    OTHER_PERSONAL_NUMBER,
    PERSONAL_NUMBER,
    crossing,
    known,
    name,
    person,
    raw,
    seen,
    traveller,
)

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
    assert document(Traveller(documents=read), person(documents=held)).result is result


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
    assert personal_number(Traveller(personal_number=read), person(personal_numbers=held)).result is result


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
    assert dossier_number(Traveller(dossier_number=read), person(dossier_numbers=held)).result is result


@pytest.mark.parametrize(
    ("read", "held", "result"),
    [
        ((name("AABERGSSON", "INVENTA MARIA"),), (name(),), AGREE),
        # A first name that is the other's second one is another own name.
        ((name("AABERGSSON", "MARIA INVENTA"),), (name(),), DISAGREE),
        ((name("Annan", "Helt"), name()), (name("Gift", "Inventa"), name()), AGREE),
        ((name("Annan", "Helt"),), (name(),), DISAGREE),
        ((name("", ""),), (name(),), MISSING),
        ((), (name(),), MISSING),
        ((name(),), (), MISSING),
    ],
)
def test_name(read: tuple[Any, ...], held: tuple[Any, ...], result: FeatureResult) -> None:
    assert name_feature(Traveller(names=read), person(names=held)).result is result


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
        ("1974-01-01", ("1974-08-12",), DISAGREE),
        (None, ("1974-08-12",), MISSING),
        ("1974-08-12", (), MISSING),
    ],
)
def test_birth_date(read: str | None, held: tuple[str, ...], result: FeatureResult) -> None:
    assert birth_date(Traveller(birth_date=read), person(birth_dates=held)).result is result


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
    assert citizenship(Traveller(citizenships=read), person(citizenships=held)).result is result


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
    assert sex(Traveller(sex=read), person(sex=held)).result is result


OTHER_NAME = (name("Annan", "Helt"),)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, IDENTIFIED),
        ({"documents": NORWEGIAN, "personal_number": PERSONAL_NUMBER}, IDENTIFIED),
        ({"documents": NORWEGIAN, "dossier_number": DOSSIER}, IDENTIFIED),
        # One that contradicts where the other agrees is doubt that is shown: a changed name, a corrected date. Both
        # together, or one with nothing to speak for the person, mean that the document is perhaps not theirs.
        ({"names": OTHER_NAME}, IDENTIFIED),
        ({"birth_date": "1980-01-01"}, IDENTIFIED),
        ({"names": OTHER_NAME, "birth_date": "1980-01-01"}, POSSIBLE),
        ({"names": OTHER_NAME, "birth_date": None}, POSSIBLE),
        ({"names": (), "birth_date": "1980-01-01"}, POSSIBLE),
        ({"names": (), "birth_date": None, "sex": Sex.M}, POSSIBLE),
        ({"names": (), "sex": Sex.M}, IDENTIFIED),
        ({"names": (), "birth_date": None}, IDENTIFIED),
        ({"names": OTHER_NAME, "sex": Sex.M}, POSSIBLE),
        # A number that differs contradicts too, but the document still identifies.
        ({"personal_number": OTHER_PERSONAL_NUMBER}, IDENTIFIED),
        ({"documents": NORWEGIAN}, POSSIBLE),
        ({"documents": ()}, POSSIBLE),
        ({"documents": (), "birth_date": "1974"}, POSSIBLE),
        ({"documents": (), "birth_date": None}, None),
        # A rare name of three parts, and a birth date that is off by what a hand or a calendar does.
        ({"documents": (), "birth_date": "1974-08-13"}, POSSIBLE),
        ({"documents": (), "birth_date": "1974-12-08"}, POSSIBLE),
        ({"documents": (), "birth_date": "1974-01-01"}, POSSIBLE),
        ({"documents": (), "birth_date": "1975-08-12"}, POSSIBLE),
        ({"documents": (), "birth_date": "1353-05-21"}, POSSIBLE),
        ({"documents": (), "birth_date": "1981-03-02"}, None),
        ({"documents": (), "names": (name("Aabergson", "Inventa"),)}, POSSIBLE),
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
    assert [(one.name, one.result, one.detail, one.weight) for one in identity.features] == [
        ("document", AGREE, None, 20),
        ("personal-number", MISSING, None, 0),
        ("dossier-number", DISAGREE, None, -5),
        ("name", DISAGREE, "2 contradicting", -19),
        ("birth-date", AGREE, None, 14),
        ("citizenship", AGREE, None, 2),
        ("sex", MISSING, None, 0),
    ]


@pytest.mark.parametrize(
    ("surname", "given", "born", "level"),
    [
        # A common name is enough with a whole birth date, and proves little with a 1 January.
        ("Ali", "Mohammad", "1974-08-12", POSSIBLE),
        ("Ali", "Mohammad", "1974-01-01", None),
        ("Popal", "Zmarai", "1974-01-01", POSSIBLE),
    ],
)
def test_rarity_counts(surname: str, given: str, born: str, level: IdentityLevel | None) -> None:
    read = Traveller(names=(name(surname, given),), birth_date=born)
    identity = compare(read, person(names=(name(surname, given),), birth_dates=(born,)))
    assert (identity.level if identity else None) is level


def test_two_hundred_names_take_bounded_time() -> None:
    names = tuple(name(f"Ålund{chr(65 + n % 26)}{chr(65 + n // 26)}", "Inventa Maria") for n in range(200))
    started = time.process_time()
    assert compare(traveller(documents=(), names=names), person(names=names[::-1])) is not None
    assert time.process_time() - started < 5.0


def test_a_person_without_a_name_is_compared_by_the_rest() -> None:
    assert compare(traveller(documents=()), person(names=())) is None
    assert compare(traveller(), person(names=(), birth_dates=())) is not None


SURNAMES = st.sampled_from(["Åbergsson", "AABERGSSON", "Al-Hasan", "الحسن", "Popal", "", "<"])
GIVEN = st.sampled_from(
    [
        "Inventa Maria",
        "Ali",
        "علی",
        "Inventa",
        "Zmarai bin Ali",
        "Ali bin Zmarai",
        "Gebre Medhin",
        "Gebremedhin",
        "Inwntaa",
        "",
    ]
)
BORN = st.sampled_from(["1974-08-12", "1974-12-08", "1974-01-01", "1974", "1975-08-12", "1353-05-21", "1900-02-28"])
NAMES = st.lists(st.builds(name, SURNAMES, GIVEN), max_size=3).map(tuple)


@LAWS
@given(
    st.builds(
        Traveller,
        documents=st.sampled_from([(), NORWEGIAN, (seen(),)]),
        personal_number=st.sampled_from([None, PERSONAL_NUMBER, OTHER_PERSONAL_NUMBER]),
        names=NAMES,
        birth_date=st.none() | BORN,
        citizenships=st.sampled_from([(), ("UTO",), ("NOR",)]),
        sex=st.sampled_from([None, Sex.F, Sex.M]),
    ),
    NAMES,
    st.lists(BORN, max_size=2).map(tuple),
)
def test_the_quick_answer_is_that_of_the_comparison(
    read: Traveller, names: tuple[PersonName, ...], born: tuple[str, ...]
) -> None:
    row = person(names=names, birth_dates=born)
    values = raw("border-crossing", crossing(traveller=read))["traveller"]
    assert could_be(values, raw("protected-person", row)) is (compare(read, row) is not None)


@LAWS
@given(st.tuples(SURNAMES, GIVEN), st.tuples(SURNAMES, GIVEN))
def test_no_two_names_tell_more_than_the_quick_bound(one: tuple[str, str], other: tuple[str, str]) -> None:
    """By it the quick answer leaves names out."""
    assert compare_names(*one, *other).bits <= at_most(*one, *other)


def test_of_more_than_fifty_names_the_others_are_nothing_for_the_quick_answer_too() -> None:
    initials = [name(a, b) for a in "ABCDEFG" for b in "HIJKLMNP"][:53]
    row = person(documents=(), names=(*initials, name("Vontrapuli", "Belzormi")), birth_dates=("1974",))
    read = Traveller(names=(name("Vontrapuli", "Belzormi"),), birth_date="1974", citizenships=("UTO",), sex=Sex.F)
    values = raw("border-crossing", crossing(traveller=read))["traveller"]
    assert compare(read, row) is None
    assert not could_be(values, raw("protected-person", row))


@pytest.mark.parametrize("number", range(40))
def test_the_quick_answer_keeps_names_that_are_just_enough(number: int) -> None:
    """Names as common as may be for their date: where a stricter bound would leave them out."""
    surname = ["Ali", "Hasan", "Ahmadi", "Popal"][number % 4]
    called = name(surname, ["Mohammad", "Ali", "Zmarai", "Inventa"][number // 4 % 4])
    born = ["1974-08-12", "1974-01-01", "1974"][number % 3]
    row = person(names=(called,), birth_dates=(born,))
    for read_sex, citizenships in ((None, ()), (Sex.F, ("UTO",)), (Sex.M, ("NOR",))):
        read = Traveller(names=(called,), birth_date=born, sex=read_sex, citizenships=citizenships)
        values = raw("border-crossing", crossing(traveller=read))["traveller"]
        assert could_be(values, raw("protected-person", row)) is (compare(read, row) is not None)


def test_name_and_birth_date_are_no_strong_key() -> None:
    by_document, by_name = compare(traveller(), person()), compare(traveller(documents=()), person())
    assert by_document is not None
    assert by_document.has_strong_key
    assert by_name is not None
    assert not by_name.has_strong_key
    assert set(STRONG) == {"document", "personal-number", "dossier-number"}
