"""Whoever shares enough of the name, for what is known of the birth, shares a block; a popular name needs a date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.blocking import (
    MAX_CODES,
    MAX_PARTS,
    NEEDED,
    TOGETHER,
    Scope,
    blocks,
    codes,
    date_variants,
    name_codes,
    rarest,
    wanted,
)
from matcher.names.weights import LEAST, MOST
from tests.builders import LAWS

# The weight follows from the code, as it does in life.
CODE = st.text(alphabet="ABCDEFGH", min_size=1, max_size=2).map(
    lambda code: (code, LEAST + sum(map(ord, code)) % (MOST - LEAST + 1))
)
CODES = st.lists(CODE, max_size=MAX_CODES, unique_by=lambda code: code[0]).map(tuple)
DATES = st.lists(st.sampled_from(["1974-08-12", "1974-08", "1974", "1974-01-01", "1980-01-01"]), max_size=3)


@LAWS
@given(CODES, CODES, CODES, DATES, DATES)
def test_two_who_share_codes_of_enough_weight_and_a_date_share_a_block(
    shared: tuple[tuple[str, int], ...],
    one: tuple[tuple[str, int], ...],
    other: tuple[tuple[str, int], ...],
    born: list[str],
    also_born: list[str],
) -> None:
    first, second = dict((*one, *shared)), dict((*other, *shared))
    common = sorted((weight for code, weight in first.items() if second.get(code) == weight), reverse=True)
    found = blocks(tuple(first.items()), born) & blocks(tuple(second.items()), also_born)
    days = set(born) & set(also_born)
    scopes = {Scope.YEAR: bool({b[:4] for b in born} & {b[:4] for b in also_born})}
    scopes[Scope.DATE] = any(len(day) == 10 and not day.endswith("-01-01") for day in days)
    scopes[Scope.JANUARY] = any(day.endswith("-01-01") for day in days)
    needed = [NEEDED[scope] for scope, agrees in scopes.items() if agrees]
    assert bool(found) is (bool(needed) and sum(common[:MAX_PARTS]) >= min(needed))


@LAWS
@given(CODES, DATES)
def test_no_block_has_a_part_too_much(held: tuple[tuple[str, int], ...], born: list[str]) -> None:
    weights = dict(held)
    for block in blocks(held, born):
        time, _, text = block.partition("|")
        parts = [weights[code] for code in text.split("+")]
        scope = {4: Scope.YEAR, 10: Scope.DATE}[len(time)]
        if time.endswith("-01-01"):
            scope = Scope.JANUARY
        assert 1 <= len(parts) <= MAX_PARTS
        assert sum(parts) - min(parts) < NEEDED[scope] <= sum(parts)


@pytest.mark.parametrize("popular", ["Mohammad", "Ali", "Ahmed", "Hussein", "Abdullah", "محمد", "Maxamed"])
def test_a_popular_name_makes_a_block_with_a_whole_date_only(popular: str) -> None:
    assert codes(popular)
    assert len(blocks(codes(popular), ["1974-08-12"])) == 1
    assert blocks(codes(popular), ["1974-01-01", "1974-08", "1974"]) == set()


@pytest.mark.parametrize(
    ("read", "read_born", "known", "known_born"),
    [
        # Only the year is left of the date.
        (("Mousavi", "Mohsen"), "1992-11-23", ("Musawi", "Mohsin"), "1992-11-13"),
        (("Darwish", "Salma"), "1976-01-01", ("Darwesh", "Salma Bilal"), "1976-09-05"),
        (("Demir", "Fatma"), "1964", ("Demir", "Fatma"), "1964-01-02"),
        # Only a name that many have is left of the name.
        (("Arslanoglo", "Ibrahim"), "1952-06-15", ("Kahraman", "Ibrahim"), "1952-06-15"),
        (("Hassan", "Khaleeladnaan"), "1977-05-17", ("Hasan", "Khalil Adnan"), "1977-05-17"),
        (("Ali", "Muhamnad"), "1952-06-15", ("Ali", "Muhammad"), "1952-06-15"),
        # German ch, Egyptian g, Somali c, and -zay in an abjad.
        (("Al-Chatib", "X"), "1982-07-10", ("Al-Khatib", "Y"), "1982-07-10"),
        (("Chalid", "Ali"), "1982-01-01", ("Khalid", "Ali"), "1982-01-01"),
        (("Al-Tameme", "X"), "1982-01-01", ("Al-Tamimi", "Y"), "1982-01-01"),
        (("X", "Malalai"), "1982-01-01", ("Y", "ملالی"), "1982-01-01"),
        (("Gaber", "X"), "1956-07-02", ("Jabir", "Y"), "1956-07-02"),
        (("Xuseen", "Maryan Cali"), "2008-01-01", ("Hussein", "Maryan Ali"), "2008-01-01"),
        (("Yousufzay", "X"), "1970-02-04", ("یوسفزی", "Y"), "1970-02-04"),
        # German and Swedish j, German ch and Ukrainian h in Slavic names.
        (("Jarobjow", "X"), "1976-02-19", ("Yarobyov", "Y"), "1976-02-19"),
        (("Mokuchin", "X"), "1984-02-26", ("Mokukhin", "Y"), "1984-02-26"),
        # Half of the own name as surname; an article with a vowel; a compound taken apart and not; Uyghur in pinyin.
        (("Qadir", "Abdul"), "1970-02-04", ("", "Abdul Qadir"), "1970-02-04"),
        (("Ullah", "Habib"), "1970-02-04", ("Stanekzai", "Habibullah"), "1970-02-04"),
        (("Alubaidi", "X"), "1970-02-04", ("العبيدي", "Y"), "1970-02-04"),
        (("Gebremedhin", "X"), "1970-02-04", ("Ghebremedin", "Y"), "1970-02-04"),
        (("Wusiman", "X"), "1970-02-04", ("Osman", "Y"), "1970-02-04"),
        (("Gnatenko", "X"), "1990-03-05", ("Hnatenko", "Y"), "1990-03-05"),
        (("Hnatjuk", "X"), "1990-03-05", ("Hnatyuk", "Y"), "1990-03-05"),
        (("Joukov", "X"), "1990-03-05", ("Жуков", "Y"), "1990-03-05"),
        (("Selimchan", "X"), "1990-03-05", ("Zelimkhan", "Y"), "1990-03-05"),
        # A cedilla left out; Kurdish j; a last i of an abjad that is none of -ay; h at the end.
        (("Ucar", "X"), "1970-02-04", ("Uchar", "Y"), "1970-02-04"),
        (("X", "Zhina"), "1970-02-04", ("Y", "Jina"), "1970-02-04"),
        (("X", "Rozhina"), "1970-02-04", ("Y", "Rojina"), "1970-02-04"),
        (("X", "Rojda"), "1970-02-04", ("Y", "رۆژدا"), "1970-02-04"),
        (("X", "Shukri"), "1970-02-04", ("Y", "شكري"), "1970-02-04"),
        (("X", "Fatih"), "1970-02-04", ("Y", "Fateh"), "1970-02-04"),
        # Mohammad, as those who are called so write it in Bangladesh and in Sorani.
        (("X", "Md"), "1970-02-04", ("Y", "Mohammad"), "1970-02-04"),
        (("X", "Hama"), "1970-02-04", ("Y", "Muhammad"), "1970-02-04"),
        # Pinyin and Wade-Giles.
        (("Zhang", "X"), "1970-02-04", ("Chang", "Y"), "1970-02-04"),
        (("X", "Xiuying"), "1970-02-04", ("Y", "Hsiuying"), "1970-02-04"),
        (("X", "Jie"), "1970-02-04", ("Y", "Chie"), "1970-02-04"),
        (("X", "Ran"), "1970-02-04", ("Y", "Jan"), "1970-02-04"),
    ],
)
def test_who_is_one_person_shares_a_block(
    read: tuple[str, str], read_born: str, known: tuple[str, str], known_born: str
) -> None:
    asked = blocks(name_codes(*read), [*date_variants(read_born)])
    assert asked & blocks(name_codes(*known), [known_born])


def test_a_name_whose_c_may_have_lost_its_cedilla_has_both_codes() -> None:
    assert {code for code, _ in codes("Carlsson")} == {"KRLSN", "SRLSN"}
    assert {code for code, _ in codes("Ucar")} >= {code for code, _ in codes("Uchar")}


@pytest.mark.parametrize("text", ["Johansson", "Karlsson", "Gustafsson", "Jalalabadi", "Yusupov", "Кузьмин"])
def test_other_names_than_slavic_ones_of_several_spellings_have_one_code(text: str) -> None:
    assert len(codes(text)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Abdurrahim", "Zmarandoost"), ("Habibullah", "Zmarandoost"), ("Shamsuddin", "Zmarandoost")],
)
def test_names_with_abd_allah_and_din_are_no_rare_ones(one: str, other: str) -> None:
    ((_, weight),), ((_, rare),) = codes(one), codes(other)
    assert weight <= 7 < rare


@LAWS
@given(st.text(max_size=60))
def test_codes_are_few_rarest_first_and_of_bounded_weight(text: str) -> None:
    found = codes(text)
    assert len(found) <= MAX_CODES
    assert found == rarest(found)
    assert all(code and (LEAST <= weight <= MOST or weight == TOGETHER) for code, weight in found)


@pytest.mark.parametrize(
    ("merged", "apart"),
    [
        (("Hassan", "Qwerzunblixtved"), ("Hassan", "Qwerzun Blixtved")),
        (("Hassan", "قورزنبلیخت"), ("Hassan", "قورزن بلیخت")),
        (("Hassan", "Sababebayonas"), ("Hassan", "Sababeba Yonas")),
        (("Hassan", "Omar Qwerzunblixtved"), ("Hassan", "Omar X Qwerzun B Blixtved")),
    ],
)
@pytest.mark.parametrize("born", ["1974-01-01", "1974-08-12"])
def test_who_wrote_two_neighbours_as_one_shares_a_block_where_the_rest_tells_too_little(
    merged: tuple[str, str], apart: tuple[str, str], born: str
) -> None:
    for read, known in ((merged, apart), (apart, merged)):
        assert blocks(name_codes(*read), ["1974-01-01"]) & blocks(name_codes(*known), [born])


@pytest.mark.parametrize(
    ("merged", "apart"),
    [
        ("Noorulhaq", "Noor ul Haq"),
        ("Ziaulhaq", "Zia ul-Haq"),
        ("Inamulhaq", "Enam ul Haq"),
        ("Nurulain", "Noor ul Ain"),
        ("Habiburrahman", "Habib ur Rahman"),
    ],
)
@pytest.mark.parametrize("born", ["1974-01-01", "1974-08-12"])
def test_who_wrote_two_names_and_the_article_between_them_as_one_shares_a_block(
    merged: str, apart: str, born: str
) -> None:
    assert blocks(name_codes("X", merged), [born]) & blocks(name_codes("Y", apart), [born])


@pytest.mark.parametrize("text", ["Abdulrahman", "Abdoulahad", "Habibullah", "Salahuddin", "Rasulzada", "Mansur"])
def test_not_every_name_with_ul_is_two(text: str) -> None:
    assert len(codes(text)) == 1


def test_what_two_neighbours_are_together_is_in_no_block_with_others_and_takes_no_place_of_theirs() -> None:
    found = name_codes("Blixtved Qwerzun", "Hjaltmork Omar")
    together = [code for code, weight in found if weight == TOGETHER]
    assert len(together) == 2
    assert [weight for _, weight in found][-2:] == [TOGETHER, TOGETHER]
    for block in blocks(found, ["1974-08-12"]):
        codes_of_block = block.partition("|")[2].split("+")
        assert len(codes_of_block) == 1 or not set(codes_of_block) & set(together)
    assert all(weight < TOGETHER for _, weight in codes("Mohammad Ali"))
    many = [f"Bl{chr(65 + n)}xtv{chr(90 - n)}d" for n in range(8)]
    assert not [weight for _, weight in name_codes(" ".join(many), "Omar Ali") if weight == TOGETHER]


def test_two_neighbours_as_one_weigh_no_more_than_the_name_that_they_are() -> None:
    """Where the other half has them written as one, their code is that of a name."""
    (code,) = (code for code, weight in name_codes("Qwerzun Blixtved", "") if weight == TOGETHER)
    assert dict(name_codes("Qwerzun Blixtved", "Qwerzunblixtved"))[code] <= MOST


def test_a_whole_name_has_the_codes_of_its_halves() -> None:
    assert set(name_codes("Al-Khatib", "Samir Omar")) == {*codes("Al-Khatib"), *codes("Samir Omar")}
    many = " ".join(f"Name{chr(65 + n)}{chr(70 + n)}" for n in range(12))
    assert len(name_codes(many, many[::-1])) == MAX_CODES


@pytest.mark.parametrize(
    ("read", "variants"),
    [
        ("1974-08-12", ("1974-08-12", "1974-12-08", "1973-08-12", "1975-08-12")),
        ("1974-08-13", ("1974-08-13", "1973-08-13", "1975-08-13")),
        ("1974-01-01", ("1974-01-01", "1973-01-01", "1975-01-01")),
        ("1900-02-29", ("1900-02-29", "1899-02-29", "1901-02-29")),
        ("1974", ("1974", "1973", "1975")),
        ("1370-02-03", ("1370-02-03", "1991-04-23", *(f"1950-11-{day}" for day in range(12, 17)))),
        ("1370-15-03", ("1370-15-03",)),
        ("", ("",)),
    ],
)
def test_variants_of_a_date(read: str, variants: tuple[str, ...]) -> None:
    assert date_variants(read) == variants


def test_a_traveller_asks_for_variants_as_whole_dates_only() -> None:
    assert dict(wanted("1974-08-12")) == {
        Scope.DATE: ("1973-08-12", "1974-08-12", "1974-12-08", "1975-08-12"),
        Scope.JANUARY: (),
        Scope.YEAR: ("1974",),
    }


def test_where_no_birth_date_is_known_a_name_finds_nobody() -> None:
    """However rare it is: it would not be a possible match."""
    assert blocks(name_codes("Blixtved", "Qwerzun Hjaltmork"), []) == set()
    assert not any(times for _, times in wanted(None))
