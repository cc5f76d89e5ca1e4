"""The figures of every table of docs/bench-matching.md: which pairs, which rows, which thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from tests.benchmarks.identity import scripts
from tests.benchmarks.identity.measure import (
    Score,
    best_threshold,
    by_peer,
    figures,
    names_by_baseline,
    names_by_matcher,
    people_by_baseline,
    people_by_matcher,
)
from tests.benchmarks.identity.pairs import HELD_OUT, TUNING, Pair, by_hand, make, make_dates, make_renamed

SEED = 20_261_123
# Draws of their own, so that what other tables say stays as it is.
_SEED_DATES, _SEED_RENAMED = SEED + 2_000, SEED + 3_000
OURS, BASELINE, PEER = "matcher", "token sort", "logic-v2"
_METHODS: dict[str, tuple[Score, Score]] = {
    OURS: (names_by_matcher, people_by_matcher),
    BASELINE: (names_by_baseline, people_by_baseline),
}
Rows = dict[str, dict[str, dict[str, float]]]
Scores = dict[str, list[float]]
_KINDS = {False: "names only", True: "names and birth date"}


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by row and method.

    Attributes:
        title: of the table, and its key in the JSON file.
        how: what its pairs are.
        rows: by label, then by method.
    """

    title: str
    how: str
    rows: Rows


def scores(python: str | None, pairs: Sequence[Pair], *, dates: bool) -> Scores:
    """What each method says of each pair; without the peer where there is no Python that has it."""
    said = {name: [by[dates](pair) for pair in pairs] for name, by in _METHODS.items()}
    if python is not None:
        said[PEER] = by_peer(python, pairs, dates=dates)
    return said


def thresholds(said: Scores, pairs: Sequence[Pair]) -> dict[str, float]:
    """Each method's best."""
    return {
        name: best_threshold([(score, pair.same) for score, pair in zip(numbers, pairs, strict=True)])
        for name, numbers in said.items()
    }


def rows_of(said: Scores, pairs: Sequence[Pair], limits: Mapping[str, float], of: Sequence[Iterable[str]]) -> Rows:
    """Figures by row, in the order in which they come; `of` has the rows of each pair.

    A row without a pair of one person is left out: it has no recall.
    """
    numbers: dict[str, list[int]] = {}
    for number, labels in enumerate(of):
        for label in labels:
            numbers.setdefault(label, []).append(number)
    return {
        label: {
            name: asdict(figures([(told[n], pairs[n].same) for n in found], limits[name]))
            for name, told in said.items()
        }
        for label, found in numbers.items()
        if any(pairs[n].same for n in found)
    }


def tables(python: str | None, per_cell: int) -> list[Table]:
    """All of them, in the order of the page; `per_cell` pairs of one person for each culture and disturbance."""
    tuning, held_out = (list(make(SEED + half, half, per_cell)) for half in (TUNING, HELD_OUT))
    dated = list(make_dates(_SEED_DATES, HELD_OUT, per_cell))
    renamed = list(make_renamed(_SEED_RENAMED, HELD_OUT, per_cell))
    hand = by_hand()
    main, by_script, replaced, limits = [], [], [], {}
    for dates, kind in _KINDS.items():
        limits[dates] = thresholds(scores(python, tuning, dates=dates), tuning)
        said = scores(python, held_out, dates=dates)
        rows = rows_of(said, held_out, limits[dates], [("all",)] * len(held_out))
        rows |= rows_of(said, held_out, limits[dates], [(pair.culture,) for pair in held_out])
        rows |= rows_of(said, held_out, limits[dates], [(pair.disturbance,) for pair in held_out])
        main.append(Table(kind, "", rows))
        found = rows_of(said, held_out, limits[dates], [tuple(scripts.labels(pair)) for pair in held_out])
        ordered = {label: found[label] for label in scripts.in_order() if label in found}
        by_script.append(Table(f"scripts, {kind}", "" if dates else _HOW_SCRIPTS, ordered))
        said = scores(python, renamed, dates=dates)
        rows = rows_of(said, renamed, limits[dates], [(pair.disturbance,) for pair in renamed])
        replaced.append(Table(f"surname replaced, {kind}", "" if dates else _HOW_RENAMED, rows))
    said = scores(python, dated, dates=True)
    changed = Table(
        "changes of the birth date", _HOW_DATES, rows_of(said, dated, limits[True], [(p.date,) for p in dated])
    )
    said = scores(python, hand, dates=False)
    written = rows_of(said, hand, limits[False], [("all", pair.disturbance) for pair in hand])
    return [*main, *by_script, changed, *replaced, Table("names only, pairs written by hand", _HOW_BY_HAND, written)]


_HOW_SCRIPTS = (
    "The pairs of the two tables above, by the letters in which the two names stand. Where a second surname, a "
    "further patronymic or a `bin` is in other letters than the rest of its name, the pair has two scripts in one "
    "name. The cultures of Arabic letters are Arabic, Persian, Dari, Pashto and Kurdish; of Cyrillic ones Russian, "
    "Ukrainian and Uzbek; of Ethiopic ones Tigrinya and Amharic; of Latin ones Somali and Turkish. Few "
    "pairs have the original script on both sides: of these a row of one script tells little."
)
_HOW_DATES = (
    "Pairs of their own, names and birth date, with the thresholds from above. Of the one person one birth date is "
    "changed as the row says, and always to another one; both are written by offices of their own, and every second "
    "name is disturbed as above. Two people are made as above, but where there they have the same birth date, here "
    "the date of one is that of the other, changed as the row says. Persian dates may be of people of any culture, "
    "Ethiopian ones are of Tigrinya and Amharic names, Islamic ones (tabular, or a day off) of Arabic, Iranian, "
    "Kurdish and Somali names."
)
_HOW_RENAMED = (
    "Pairs of their own, with the thresholds from above: the same given names and birth date, but all of the surname "
    "is another one, as after a marriage or by a law on names. The registry has the former surname alone and the new "
    "one is read; or it has both, and either is read. Two people are made as above: one in five or so has the same "
    "given names and another surname too, which no name can tell from a person renamed. Where no former name is known "
    "the matcher does not find the person, on purpose: of the two people here few share a birth date, so that the date "
    "alone nearly decides, but in a registry of 300,000 ten people have it, and a thousand a 1 January."
)
_HOW_BY_HAND = (
    "`tests/benchmarks/identity/by_hand.csv`, with the thresholds from above: one half is people written in two ways,"
    " the other two people who are easily confused, siblings above all. A reviewer wrote them, most before looking at"
    " the matcher (`before`), the others to see how far a cause of misses reaches (`after`); the matcher was then "
    "mended with these in view. Two others wrote without looking at it: of `blind 1` some were looked at while "
    "version 8 was made, of `blind 2` none. A fourth wrote of more lands (`wider`: from Bangladesh to Burundi), also "
    "without looking; version 13 was made with these in view."
)
