"""The lexicon of names: its form, what it tells apart and what it must not, and pinyin, which needs no list."""

from __future__ import annotations

import pytest

from matcher.names import lexicon
from matcher.names.alike import LEAST, alike
from matcher.names.compare import compare_names
from matcher.names.parts import Part, half
from matcher.names.pinyin import in_wade_giles
from matcher.names.script import name_parts


def _part(text: str) -> Part:
    (part,) = half(text).parts
    return part


def _likeness(one: str, other: str) -> float:
    likeness = alike(_part(one), _part(other))
    assert likeness == alike(_part(other), _part(one))
    return likeness


@pytest.fixture(scope="module")
def lines() -> list[list[str]]:
    return [line.split(" ") for line in lexicon.FILE.read_text("utf-8").splitlines()]


def test_each_line_is_one_name_told_once(lines: list[list[str]]) -> None:
    assert len(lines) > 6_000
    heads = [words[0].upper() for words in lines]
    assert heads == sorted(set(heads))
    for words in lines:
        spellings = [word.upper() for word in words]
        assert len(set(spellings)) == len(spellings), words
        assert all(len(name_parts(word)) == 1 or word.startswith("ال") for word in words), words


def test_how_its_spellings_sound_is_as_they_are_heard_today() -> None:
    assert lexicon.HEARD.read_text("utf-8") == lexicon.hear(), "write it anew: make generated"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Imad", "Iyad"),
        ("Basim", "Basil"),
        ("Rafi", "Rafiq"),
        ("Naji", "Najib"),
        ("Faris", "Firas"),
        ("Hisham", "Hashim"),
        ("Lina", "Lana"),
        ("Khaled", "Khaldoun"),
        ("خالد", "Khaldoun"),
        ("Mehran", "Mehrdad"),
        ("Shabana", "Shabnam"),
        ("Dilan", "Dilek"),
        ("Dilnoza", "Dilfuza"),
        ("Tesfalem", "Tesfalidet"),
        ("Kibrom", "Kibreab"),
        ("Hibo", "Habibo"),
        ("Artem", "Artur"),
        ("Khalilullah", "Jalilullah"),
        ("Azizullah", "Azimullah"),
    ],
)
def test_two_names_that_sound_near_each_other_are_two(one: str, other: str) -> None:
    assert _likeness(one, other) < LEAST


@pytest.mark.parametrize(
    ("one", "other"),
    [("Rana", "Rania"), ("Majed", "Majd"), ("Ammar", "Amer"), ("Maram", "Mariam"), ("Feng", "Fang")],
)
def test_two_names_that_sound_nearly_the_same_tell_less(one: str, other: str) -> None:
    assert LEAST <= _likeness(one, other) < 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Qasim", "Ghasem"),
        ("Halima", "Xaliimo"),
        ("Jamal", "Cemal"),
        ("Wahid", "Vahit"),
        ("Hennadiy", "Gennady"),
        ("Gebremariam", "Ghebremaryam"),
        ("Amer", "Amir"),  # عامر, and a way to write أمير
        ("Samir", "سمير"),
        ("Zhang", "Cheung"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert _likeness(one, other) >= 0.8


@pytest.mark.parametrize(("one", "other"), [("Habib", "Habibullah"), ("Hadi", "Abdulhadi"), ("Rahmat", "Rahmatullah")])
def test_a_short_form_is_not_another_name(one: str, other: str) -> None:
    known = [lexicon.names_of(_part(name).sounds, False) for name in (one, other)]
    assert all(known)
    assert known[0].isdisjoint(known[1])
    assert _likeness(one, other) >= LEAST


def test_what_the_lexicon_does_not_know_is_compared_as_before() -> None:
    assert not lexicon.are_two_names(_part("Basim").sounds, False, "BaSiRZu", False)
    assert _likeness("Basim", "Basimu") > 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zhou", "Zhu"),
        ("Xu", "Xue"),
        ("Xiaoyan", "Xiaoyang"),
        ("Minghui", "Minghua"),
        ("Zhiqiang", "Zhigang"),
        ("Jiang", "Qiang"),
        ("Zhang", "Jiang"),
    ],
)
def test_two_spellings_in_pinyin_are_two_names(one: str, other: str) -> None:
    assert _likeness(one, other) < LEAST


@pytest.mark.parametrize(("one", "other"), [("Zhenhua", "Chenhua"), ("Zhang", "Chang"), ("Xiaoming", "Hsiaoming")])
def test_what_wade_giles_writes_may_be_one(one: str, other: str) -> None:
    assert _likeness(one, other) >= 0.8


def test_syllables_may_be_parted_in_several_ways() -> None:
    assert in_wade_giles("XIAN") == {"XIAN ", "XI AN "}
    assert in_wade_giles("AHMAD") == frozenset()
    assert in_wade_giles("X" * 10_000) == frozenset()


@pytest.mark.parametrize(("one", "other"), [("Houshang", "Hushang"), ("Zaynab", "Zeynab"), ("Sarema", "Zarema")])
def test_what_could_be_read_as_pinyin_is_not_taken_for_it(one: str, other: str) -> None:
    assert _likeness(one, other) >= 0.8


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        (("Sultani", "Mohammad Nasim"), ("Sultani", "Nasim"), True),
        (("Sultani", "Haji Mohammad Nasim"), ("Sultani", "Nasim"), True),
        (("", "Mohammad Nasim Sultani"), ("Sultani", "Nasim"), True),
        (("Sultani", "Ahmad Nasim"), ("Sultani", "Nasim"), False),  # a son of Nasim
        (("Sultani", "Mohammad Nasim"), ("Sultani", "Karim Nasim"), False),
        (("Khan", "Gul Mohammad"), ("Khan", "Mohammad Gul"), False),
        (("Hassan", "Mohamed Ali"), ("Hassan", "Ali"), False),  # too common to tell
    ],
)
def test_a_mohammad_before_the_name_may_be_left_out(one: tuple[str, str], other: tuple[str, str], agrees: bool) -> None:
    assert compare_names(*one, *other).agrees is agrees
    assert compare_names(*other, *one).agrees is agrees
