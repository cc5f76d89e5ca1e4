"""What was read beside what the registry has, in words that a caseworker reads."""

from __future__ import annotations

import re

import pytest

from consumers.case_queue import words
from consumers.case_queue.comparison import compared, detail, verdict
from matcher import birth_dates
from matcher.names.compare import compare_names
from schemas.records import Feature, FeatureResult
from tests.builders_queue import make_candidate, make_finding

FINDING = make_finding(1, 0)
PERSON = make_candidate(1).person


def test_each_feature_has_what_was_read_and_what_the_registry_has() -> None:
    rows = {row.name: row for row in compared(FINDING, PERSON, masked=False)}
    assert list(rows) == ["Handling", "Personnummer", "Namn", "Födelsedatum", "Medborgarskap"]
    assert rows["Namn"].read == ("Exempelsson, Uppdiktad Maja",)
    assert rows["Namn"].known == ("Exempelsson, Uppdiktad Maja", "Tidigare, Maja")
    assert (rows["Födelsedatum"].read, rows["Födelsedatum"].known) == (("1987-04-30",), ("1987-04-30",))
    assert (rows["Medborgarskap"].read, rows["Medborgarskap"].known) == (("Irak",), ("Syrien",))
    assert rows["Handling"].read == ("Pass A7654321, Irak",)
    # The data hold no documents and no personal numbers of the registry, and no personal number that was read.
    assert (rows["Handling"].known, rows["Personnummer"].read, rows["Personnummer"].known) == (None, None, None)
    assert [row.verdict for row in rows.values()] == ["Stämmer", "Saknas", "Stämmer", "Stämmer", "Stämmer inte"]


def test_dossier_numbers_of_the_registry_are_shown_as_they_are_written() -> None:
    dossier = Feature(name="dossier-number", result=FeatureResult.MISSING)
    (row,) = compared(FINDING.model_copy(update={"features": (dossier,)}), PERSON, masked=False)
    assert (row.read, row.known) == (None, ("12-345678",))


def test_of_a_protected_person_nothing_is_told_but_the_results() -> None:
    dated = Feature(name="birth-date", result=FeatureResult.AGREE, detail="first-of-january")
    finding = FINDING.model_copy(update={"features": (*FINDING.features, dated)})
    rows = compared(finding, PERSON, masked=True)
    assert {(row.read, row.known) for row in rows} == {(None, None)}
    assert rows[-1].detail == ""
    assert [row.verdict for row in rows] == [words.RESULTS[feature.result] for feature in finding.features]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("given 1 = given 1", "förnamn 1 stämmer med registrets förnamn 1"),
        (
            "given 1 = given 1, surname 1 ~ given 2, 2 contradicting, order of descent",
            "förnamn 1 stämmer med registrets förnamn 1; efternamn 1 liknar registrets förnamn 2; "
            "2 delar är andra namn; härstamningen står i omvänd ordning",
        ),
        ("1 contradicting", "1 del är ett annat namn"),
        ("nothing agrees", "ingen del stämmer"),
        ("a code of another version", ""),
        (None, ""),
    ],
)
def test_which_parts_of_a_name_agree_is_told_in_words(code: str | None, told: str) -> None:
    assert detail(Feature(name="name", result=FeatureResult.AGREE, detail=code), masked=False) == told


def test_every_part_of_a_code_of_the_matcher_has_words() -> None:
    for one, other in ((("Hassan", "Ali"), ("Hassan", "Aly Omar")), (("Svensson", "Maja"), ("Karlsson", "Erik"))):
        code = compare_names(*one, *other).detail
        told = detail(Feature(name="name", result=FeatureResult.AGREE, detail=code), masked=False)
        assert len(told.split("; ")) == len(code.split(", "))
        assert not re.search(r"given|surname|contradicting", told)


def test_every_way_in_which_birth_dates_compare_has_words() -> None:
    codes = {result.detail for result in birth_dates.RESULTS.values()} - {None, "other"}
    told = {
        code: detail(Feature(name="birth-date", result=FeatureResult.AGREE, detail=code), masked=False)
        for code in codes
    }
    assert [code for code, text in told.items() if not text] == []


def test_a_key_of_somebody_else_is_no_double_negative() -> None:
    other = Feature(name="other-key", result=FeatureResult.DISAGREE, detail="another-key-names-another-person")
    assert verdict(other) == "Pekar på någon annan"
    assert "inte" not in words.FEATURES["other-key"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("XXA", "statslös"),
        ("XXB", "flykting enligt"),
        ("XXC", "flykting, annan"),
        ("XXX", "okänt medborgarskap"),
        ("SYR", "Syrien"),
        ("UTO", "UTO"),
    ],
)
def test_what_stands_in_place_of_a_citizenship_is_told_in_words(code: str, told: str) -> None:
    assert words.countries([code]).startswith(told)
    assert words.country(code).startswith(told)
