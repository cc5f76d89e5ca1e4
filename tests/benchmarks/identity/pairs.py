"""Pairs of two writings, of one person or of two who are easily confused."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.benchmarks.identity.dates import Shift, birth_date, changes_of, dates_of
from tests.benchmarks.identity.names import CULTURES
from tests.benchmarks.identity.people import NAMES, Disturbance, Person, Pool, Written, nothing, renamed, write

TUNING, HELD_OUT = 0, 1
RENAMED = ("surname replaced", "surname replaced, both known")


@dataclass(frozen=True, slots=True)
class Pair:
    """What was read and what the registry has, and whether it is one person.

    Attributes:
        culture: naming culture.
        disturbance: what was done to the name, or how the other person is like the first.
        date: what was done to the birth date.
        more: further names that the registry has of the person.
    """

    seen: Written
    known: Written
    same: bool
    culture: str
    disturbance: str
    date: str
    more: tuple[Written, ...] = ()

    @property
    def names(self) -> tuple[Written, ...]:
        """All names that the registry has."""
        return (self.known, *self.more)


def make(seed: int, half: int, per_cell: int) -> Iterator[Pair]:
    """For each culture and disturbance as many pairs of one person, and as many of two."""
    rng = Random(seed)
    disturbances = list(NAMES.items())
    for culture in CULTURES:
        dates = dates_of(culture)
        pool = Pool(culture, half)
        for label, disturb in disturbances:
            for _ in range(per_cell):
                person = pool.person(rng)
                known, seen = write(rng, person), write(rng, person)
                date_label, shift = dates[0] if rng.random() < 0.5 else rng.choice(dates)
                seen = Written(*_texts(disturb(rng, seen, person)), shift(rng, person.born))
                yield Pair(seen, known, True, culture.key, label, date_label)
                far, known = _two_people(rng, pool, person, disturb, person.born)
                yield Pair(far, known, False, culture.key, label, "two people")


def make_dates(seed: int, half: int, per_cell: int) -> Iterator[Pair]:
    """For each culture and change of the birth date as many pairs of one person, and as many of two.

    The date is always another one than before; the name is disturbed in every second pair. Of two people, some have
    birth dates that are to each other as those of the one person are.
    """
    rng = Random(seed)
    disturbances = list(NAMES.items())
    for culture in CULTURES:
        pool = Pool(culture, half)
        for label, shift in changes_of(culture):
            for _ in range(per_cell):
                person, born = _with_another_date(rng, pool, shift)
                disturbance, disturb = rng.choice(disturbances) if rng.random() < 0.5 else disturbances[0]
                known, seen = write(rng, person), disturb(rng, write(rng, person), person)
                yield Pair(Written(*_texts(seen), born), known, True, culture.key, disturbance, label)
                far, known = _two_people(rng, pool, person, disturb, born)
                yield Pair(far, known, False, culture.key, disturbance, label)


def make_renamed(seed: int, half: int, per_cell: int) -> Iterator[Pair]:
    """For each culture as many pairs of one person whose surname was replaced, and as many of two; birth dates agree.

    Once the registry has the former name alone and the new one is read; once it has both and either is read.
    """
    rng = Random(seed)
    for culture in CULTURES:
        pool = Pool(culture, half)
        for label in RENAMED:
            for _ in range(per_cell):
                person = pool.person(rng)
                later = renamed(rng, pool, person)
                former, new = write(rng, person), write(rng, later)
                both = label == RENAMED[1]
                known, more = (new, (former,)) if both else (former, ())
                seen = write(rng, person if both and rng.random() < 0.5 else later)
                yield Pair(seen, known, True, culture.key, label, "same birth date", more)
                far, near = _two_people(rng, pool, person, nothing, person.born)
                known, more = (new, (near,)) if both else (near, ())
                yield Pair(far, known, False, culture.key, label, "two people", more)


def _two_people(
    rng: Random, pool: Pool, person: Person, disturb: Disturbance, same_date: str
) -> tuple[Written, Written]:
    """Somebody else as read, and the person as known: of one family or name; their birth dates are often alike too."""
    kind, other = pool.somebody_else(rng, person)
    descent = kind == "descent inverted"
    known = write(rng, person, descent=descent)
    far = write(rng, other, descent=descent)
    chance = rng.random()
    # Parents, children, brothers and sisters were not born the same day.
    family = kind in ("relative", "same father and surname", "descent inverted")
    born = same_date if chance < 0.15 and not family else birth_date(rng)
    if 0.15 <= chance < 0.4:
        born = person.born[:4] + born[4:]
    return Written(*_texts(far if descent else disturb(rng, far, other)), born), known


def _with_another_date(rng: Random, pool: Pool, shift: Shift) -> tuple[Person, str]:
    """Somebody whose birth date the change does change, and what becomes of it."""
    while True:
        person = pool.person(rng)
        born = shift(rng, person.born)
        if born != person.born:
            return person, born


def read_labelled(file: Path) -> list[Pair]:
    """Pairs of whole names that others have labelled. Raises ValueError, KeyError (a column is missing) and OSError."""
    pairs = []
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row.get("schema", "Person") != "Person":
                continue
            same = {"true": True, "false": False}[row["is_match"].lower()]
            pairs.append(Pair(Written("", row["name1"], ""), Written("", row["name2"], ""), same, "", "", ""))
    if not any(pair.same for pair in pairs):
        raise ValueError("no pair of one person")
    return pairs


# Of siblings too: of these pairs names are compared.
_ONE_DATE = "1984-08-12"


def by_hand() -> list[Pair]:
    """Pairs that reviewers wrote from what they know of these naming cultures; `disturbance` tells when.

    `before` they had looked at the matcher, or `after`, to find out how far a cause of misses reaches; the matcher was
    then mended with all of them in view. `blind 1` and `blind 2` are of two others who never looked at it: what was let
    through of the first was looked at in version 8, of the second nothing has been. `wider` is of a fourth, of more
    lands, and was looked at in version 13.
    """
    with (Path(__file__).parent / "by_hand.csv").open(encoding="utf-8", newline="") as lines:
        return [
            Pair(
                Written(row["seen_surname"], row["seen_given"], _ONE_DATE),
                Written(row["known_surname"], row["known_given"], _ONE_DATE),
                row["same"] == "true",
                "",
                row["written"],
                "",
            )
            for row in csv.DictReader(lines)
        ]


def _texts(written: Written) -> tuple[str, str]:
    return written.surname, written.given
