"""Which spellings are one name, and which are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.names import name_key, name_parts
from producers.mrz.transliteration import transliterate
from tests.builders import LAWS


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Åbergsson", ("AABERGSSON",)),
        ("Ängel Öst Ærø", ("AENGEL", "OEST", "AEROE")),
        ("Müller-Strauß", ("MUELLER", "STRAUSS")),
        ("Łukasz Đorđević", ("LUKASZ", "DORDEVIC")),
        ("Þór Guðmundur", ("THOR", "GUDMUNDUR")),
        ("Ħal Ŧaŋa Œuvre", ("HAL", "TANA", "OEUVRE")),
        ("İbrahim Işık", ("IBRAHIM", "ISIK")),
        ("i̇brahim ışık", ("IBRAHIM", "ISIK")),
        ("José Núñez", ("JOSE", "NUNEZ")),
        ("Nguye\u0302\u0303n", ("NGUYEN",)),
        ("O'Hara D’Arc N`Golo", ("OHARA", "DARC", "NGOLO")),
        ("Saʿd Qurʾān Oʻgʻli ‘Abd", ("SAD", "QURAN", "OGLI", "ABD")),
        ("AL-HASSAN", ("AL", "HASSAN")),
        ("von  der_Ley.en,jr", ("VON", "DER", "LEY", "EN", "JR")),
        ("A\u200dli", ("ALI",)),
        ("<<", ()),
        ("", ()),
    ],
)
def test_a_name_is_taken_apart_as_it_stands_in_an_mrz(text: str, parts: tuple[str, ...]) -> None:
    assert name_parts(text) == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Åbergsson", "Inventa Maria"), ("AABERGSSON", "INVENTA MARIA")),
        (("Åbergsson", "Inventa Maria"), ("A\u030abergsson", "Maria Inventa")),
        (("Garcia Lopez", "Ana"), ("LOPEZ GARCIA", "ANA")),
        (("al-Hassan", "Ali"), ("AL HASSAN", "ALI")),
        (("", "Sukarno"), ("", "SUKARNO")),
        (("Hasan", "Ahmad Bin Said"), ("HASAN", "AHMAD BIN SAID")),
    ],
)
def test_spellings_of_one_name_share_their_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert name_key(*one) is not None
    assert name_key(*one) == name_key(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("", "Ahmad bin Hasan"), ("", "Hasan bin Ahmad")),
        (("Said", "Ahmad ibn Hasan"), ("Said", "Hasan ibn Ahmad")),
        (("Said", "Leyla Kizi Ali"), ("Said", "Ali Kizi Leyla")),
        (("Ali", "Hassan"), ("Hassan", "Ali")),
        (("Ali", "Hassan"), ("Ali Hassan", "")),
        (("Åbergsson", "Inventa"), ("Åbergsson", "Inventa Maria")),
        (("Åbergsson", "Inventa"), ("Abergsson", "Inventa")),
    ],
)
def test_names_that_differ_have_other_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert name_key(*one) != name_key(*other)


@pytest.mark.parametrize("signs", [("", ""), ("-", "<<"), ("’", "'")])
def test_a_name_without_letters_has_no_key(signs: tuple[str, str]) -> None:
    assert name_key(*signs) is None


LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖÆØŒÜßÐĐÞŁĦİŊŦÁÀÂÃÇĆČÉÈÊËÍÌÎÏÑŃÓÒÔÕŚŠÚÙÛÝŹŻŽĢĶĻŅ"
WRITTEN = st.text(alphabet=LATIN + LATIN.lower() + " -'’ʿ", max_size=12)


@LAWS
@given(WRITTEN, WRITTEN)
def test_a_latin_name_has_the_key_of_its_machine_readable_form(surname: str, given_names: str) -> None:
    assert name_key(surname, given_names) == name_key(transliterate(surname), transliterate(given_names))


@LAWS
@given(st.text(max_size=20), st.sampled_from(["NFC", "NFD"]))
def test_how_marks_are_encoded_makes_no_difference(text: str, form: str) -> None:
    assert name_parts(unicodedata.normalize(form, text)) == name_parts(unicodedata.normalize("NFC", text))  # type: ignore[arg-type]


@LAWS
@given(st.text(max_size=20))
def test_no_part_is_empty_or_holds_marks_or_apostrophes(text: str) -> None:
    for part in name_parts(text):
        assert part
        assert not set(part) & set("'’`‘ʿ -<")
