"""Pairs that others have labelled are read as they are meant, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.identity.measure import names_by_matcher
from tests.benchmarks.identity.pairs import read_labelled

HEAD = "schema,name1,name2,is_match"


def test_pairs_of_people_are_read(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    lines = ("Person,Inventa Åbergsson,INVENTA AABERGSSON,true", "Company,Gift AB,Gift AB,true", "Person,Åke,Siv,False")
    file.write_text("\n".join((HEAD, *lines)), "utf-8")
    pairs = read_labelled(file)
    assert [pair.same for pair in pairs] == [True, False]
    assert [names_by_matcher(pair) > 0.9 for pair in pairs] == [True, False]


@pytest.mark.parametrize("text", ["name1,is_match\nÅke,true", f"{HEAD}\nPerson,Åke,Siv,perhaps", HEAD])
def test_a_file_that_tells_nothing_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(text, "utf-8")
    with pytest.raises((KeyError, ValueError)):
        read_labelled(file)
