"""The benchmark of identity: the pairs that its rows rest on, and what the page says of the figures."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path

import pytest

from matcher.birth_dates import compare_dates
from tests.benchmarks.identity import __main__ as command
from tests.benchmarks.identity import page, scripts
from tests.benchmarks.identity.blocking import STRANGERS, Blocking, blocking
from tests.benchmarks.identity.measure import PEER, names_by_baseline, names_by_matcher, people_by_matcher
from tests.benchmarks.identity.pairs import HELD_OUT, RENAMED, TUNING, Pair, make, make_dates, make_renamed
from tests.benchmarks.identity.people import Written
from tests.benchmarks.identity.tables import BASELINE, OURS, SEED, Table, rows_of
from tests.benchmarks.locked import Locked, NotInstalledError

BORN = "1984-08-12"


def pair(seen: str, known: str, *more: str, culture: str = "Arabic") -> Pair:
    first, *rest = (Written("", name, BORN) for name in (known, *more))
    return Pair(Written("", seen, BORN), first, True, culture, "", "", tuple(rest))


def digest(half: int) -> str:
    lines = []
    for made in make(SEED + half, half, 2):
        seen, known = made.seen, made.known
        texts = (seen.surname, seen.given, seen.born, known.surname, known.given, known.born)
        lines.append("|".join((*texts, str(made.same), made.culture, made.disturbance, made.date)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def test_the_pairs_of_the_first_tables_stay_as_they_were() -> None:
    # Figures of several versions are compared on these pairs: a draw more or less changes all that follow.
    assert (digest(TUNING), digest(HELD_OUT)) == ("40d6d45dc7ae17eb", "264b768795144aa2")


def test_a_changed_birth_date_is_another_one_and_changed_as_the_row_says() -> None:
    made = list(make_dates(1, HELD_OUT, 3))
    same = [one for one in made if one.same]
    assert all(one.seen.born != one.known.born for one in same)
    details = {
        label: {compare_dates(one.seen.born, [one.known.born]).detail for one in same if one.date == label}
        for label in (
            "1 January",
            "day and month swapped",
            "Persian calendar",
            "Islamic calendar",
            "Ethiopian calendar",
        )
    }
    calendars = {"other-calendar"}
    assert details == {
        "1 January": {"first-of-january-for-a-day"},
        "day and month swapped": {"day-and-month-swapped"},
        "Persian calendar": calendars,
        "Islamic calendar": calendars,
        "Ethiopian calendar": calendars,
    }
    wrong = [one for one in same if one.date == "any digit wrong"]
    assert {sum(a != b for a, b in zip(one.seen.born, one.known.born, strict=True)) for one in wrong} == {1}


def test_every_row_of_birth_dates_has_as_many_pairs_of_two_people() -> None:
    counts = Counter((one.date, one.same) for one in make_dates(1, HELD_OUT, 2))
    assert all(counts[label, True] == counts[label, False] > 0 for label, _ in counts)
    assert {one.culture for one in make_dates(1, HELD_OUT, 1) if one.date == "Ethiopian calendar"} == {
        "Tigrinya",
        "Amharic",
    }


def test_a_replaced_surname_is_known_to_the_registry_or_not() -> None:
    for one in make_renamed(1, HELD_OUT, 2):
        assert len(one.names) == (2 if one.disturbance == RENAMED[1] else 1)
        if one.same:
            assert one.seen.born == one.known.born


def test_the_best_of_all_names_that_the_registry_has_counts() -> None:
    one, both = pair("Karim Haddad", "Karim Nasser"), pair("Karim Haddad", "Karim Nasser", "Karim Hadad")
    for score in (names_by_matcher, people_by_matcher, names_by_baseline):
        assert score(both) > score(one)


@pytest.mark.parametrize(
    ("made", "labels"),
    [
        (pair("Samir Ali", "سمير علي"), ["original script against Latin", "Arabic letters against Latin"]),
        (pair("王 小明", "Wang Xiaoming"), ["original script against Latin", "Han letters against Latin"]),
        (
            pair("Sa\u02bfid Ali", "Said Ali"),
            ["Latin against Latin", "Latin against Latin, of names in Arabic letters"],
        ),
        (pair("Олег", "Олег"), ["original script on both sides", "Cyrillic letters on both sides"]),
        (pair("سمير bin علي", "Samir Ali"), ["two scripts in one name"]),
    ],
)
def test_a_pair_stands_in_the_rows_of_its_letters(made: Pair, labels: list[str]) -> None:
    assert list(scripts.labels(made)) == labels
    assert set(labels) <= set(scripts.in_order())


def test_every_pair_stands_in_a_row_of_the_table_of_scripts() -> None:
    found = {label for made in make(SEED, TUNING, 4) for label in scripts.labels(made)}
    assert found == set(scripts.in_order())


def test_rows_without_a_pair_of_one_person_are_left_out() -> None:
    pairs = [pair("a", "b"), Pair(Written("", "a", BORN), Written("", "b", BORN), False, "", "", "")]
    rows = rows_of({OURS: [1.0, 1.0]}, pairs, {OURS: 0.5}, [("all", "one"), ("all", "two")])
    assert {label: cells[OURS]["precision"] for label, cells in rows.items()} == {"all": 0.5, "one": 1.0}


def cell(f1: float, recall: float) -> dict[str, float]:
    return {"pairs": 10, "precision": 1.0, "recall": recall, "f1": f1, "recall_at_98": recall}


TABLES = [
    Table("names only", "", {"all": {OURS: cell(0.9, 0.8), BASELINE: cell(0.5, 0.1)}}),
    Table("others", "How.", {"one": {OURS: cell(0.9, 0.8), BASELINE: cell(0.9001, 0.1)}}),
]


def test_where_the_matcher_is_not_ahead_is_said() -> None:
    assert page.behind(TABLES[:1]) == []
    assert page.behind(TABLES) == ["others, one: F1 is 0.900, not ahead of token sort (0.900)."]


def test_the_page_says_on_what_and_with_whom_it_was_measured() -> None:
    found = Blocking(10, 1.0, {"all": 1.0}, {"all": 1.0, STRANGERS: 2.0}, 3, 0.0, 0.0)
    text = page.markdown(page.Results({"date": "today", "rapidfuzz": "3"}, 10, TABLES, found))
    assert "| date | today |\n| rapidfuzz | 3 |" in text
    assert "left out (`--without-peer`)" in text
    assert "of which there are 2. It is not in:\n\n- others, one: F1" in text
    assert "| all | matcher | 10 | 1.000 | 0.800 | 0.900 | 0.800 |" in text
    assert "so it is in all 1." in page.markdown(page.Results({}, 10, TABLES[:1], found))


def test_renamed_people_change_no_other_figure_of_blocking() -> None:
    found = blocking(SEED, 300, 100)
    *others, last, both = found.candidates
    assert (last, both) == RENAMED
    assert STRANGERS in others
    assert found.recall[RENAMED[1]] > 0.9
    # As it was before there were any.
    assert (round(found.recall["all"], 3), round(found.keys_per_person, 3)) == (0.98, 8.49)


def test_without_the_peer_the_benchmark_ends_unless_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise NotInstalledError("It needs this.")

    monkeypatch.setattr(Locked, "prepare", refuse)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--write", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"^It needs this\. Or leave it out: .*--without-peer$"):
        command.main()
    assert list(tmp_path.iterdir()) == []
    assert PEER.package == "nomenklatura"
