"""Which people a traveller is compared with by name: keys that two people share if enough of their names is alike.

A name's parts have codes, which spellings of one name share, with weights that tell how rare they are; so have two
neighbours written as one. A block is a set of one to three codes that together are rare enough, joined with the birth
date or with its year: the less is known of the birth, the rarer the names must be. Two people who share codes of enough
weight, and agree on the date at that scope, have a block in common; a popular name makes one with a whole date only.
Where no birth date is known there is no block, for a name alone makes nobody a possible match (`identity`).

The native core repeats `blocks` and `codes` exactly; it asks `codes` for letters of no table alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum
from functools import lru_cache
from itertools import combinations, pairwise

from matcher.calendars import ETHIOPIAN, ethiopian_dates, in_ours, is_of_ours
from matcher.names import compare
from matcher.names.parts import Part, compounds, half, rejoined
from matcher.names.pinyin import wade_giles
from matcher.names.sound import sound
from matcher.names.weights import code_of, is_known, other_codes, weight

MAX_CODES = 8
MAX_PARTS = 3


class Scope(IntEnum):
    """What of a birth date a block is joined with."""

    YEAR = 0
    DATE = 1
    JANUARY = 2


# Of 300,000 people about 10 have one birth date, 1,000 a 1 January, 4,500 one year: what is left is few to compare.
# With a whole date any one name will do, since the others may be misspelt or written as one; for a year, which is all
# that a 1 January or a wrong day leaves of a date, two names in use.
NEEDED: dict[Scope, int] = {Scope.DATE: 3, Scope.JANUARY: 7, Scope.YEAR: 8}
# What the code of two neighbours written as one weighs: more than any name's, and enough by itself, so that it is in no
# block with others.
TOGETHER = 21
Codes = tuple[tuple[str, int], ...]


@lru_cache(maxsize=1 << 16)
def codes(text: str) -> Codes:
    """Codes of the parts of half a name (a surname, or given names; any script) with their weights in bits.

    The rarest first, at most `MAX_CODES`.
    """
    found: dict[str, int] = {}
    parts = [part for part in half(text).parts if len(part.text) > 1]
    for part in parts:
        for one in (*compounds(part), part):
            found[one.code] = one.weight
            for other in _other_codes(one):
                found.setdefault(other, weight(other))
    for first, second in pairwise(parts):
        # What another office may write as one name. Of two that are known, it would be seen to be two.
        if not (is_known(first.sounds) and is_known(second.sounds)):
            both = compare.joined(first.text + second.text, first.abjad or second.abjad)
            found.setdefault(both.code, TOGETHER)
    return rarest(found.items())


def _other_codes(part: Part) -> Iterable[str]:
    if part.also:
        yield code_of(part.also, part.abjad)
    yield from other_codes(part.sounds, part.abjad)
    written = wade_giles(part.text)
    if written not in ("", part.text):
        yield code_of(sound(written), part.abjad)


def rarest(found: Iterable[tuple[str, int]]) -> Codes:
    """At most `MAX_CODES` codes, each once, the rarest first, those of neighbours behind all others, ties by code."""
    return tuple(sorted(set(found), key=lambda code: (-(code[1] % TOGETHER), code[0]))[:MAX_CODES])


def name_codes(surname: str, given_names: str) -> Codes:
    """Codes of a whole name."""
    surname, given_names = rejoined(surname, given_names)
    one, other = codes(surname), codes(given_names)
    if not (one and other):
        return one or other
    found = dict(one)
    for code, weighs in other:
        found[code] = min(weighs, found.get(code, weighs))
    return rarest(found.items())


def also_born(birth_dates: Iterable[str], countries: Collection[str]) -> tuple[str, ...]:
    """Whole dates that those recorded of a person may be in another calendar; empty for nearly everybody.

    Args:
        birth_dates: as recorded.
        countries: those of which the person is a citizen, or against which a claim was examined.
    """
    is_ethiopian = not ETHIOPIAN.isdisjoint(countries)
    found: list[str] = []
    for one in birth_dates:
        found += in_ours(one)
        if is_ethiopian:
            found += ethiopian_dates(one)
    return tuple(found)


def blocks(codes: Collection[tuple[str, int]], birth_dates: Collection[str], also: Collection[str] = ()) -> set[str]:
    """Blocks of a name with these codes and of a person with these birth dates, any precision.

    `also` are the dates that `also_born` gives of them; of these the year alone tells nothing.

    All minimal sets of 1 to `MAX_PARTS` codes whose weights add up to at least `NEEDED[scope]`, where no smaller set of
    them does, joined with the date at that scope: DATE: a whole date; JANUARY: a whole date that is a 1 January, which
    offices write for a day that nobody knows; YEAR: the year of any date.
    """
    chosen, dates = tuple(codes), tuple(birth_dates)
    return {
        f"{time}|{text}"
        for scope, times in _times((*dates, *also), dates)
        for text in joined(chosen, scope)
        for time in times
    }


@lru_cache(maxsize=1 << 14)
def wanted(birth_date: str | None) -> tuple[tuple[Scope, tuple[str, ...]], ...]:
    """For each scope the times to ask for, for a traveller of whom this birth date was read.

    The variants of a date count as whole dates only: with the year of each, three times as many would be compared, and
    hardly one more found. So would it be with all whose names are rare: whoever has a date that nothing joins with the
    one read is somebody else.
    """
    return _times(date_variants(birth_date), (birth_date,)) if birth_date is not None else _times((), ())


def _times(days: Collection[str], years: Collection[str]) -> tuple[tuple[Scope, tuple[str, ...]], ...]:
    whole = sorted({text for text in days if len(text) == 10})
    return (
        (Scope.DATE, tuple(text for text in whole if text[4:] != "-01-01")),
        (Scope.JANUARY, tuple(text for text in whole if text[4:] == "-01-01")),
        (Scope.YEAR, tuple(sorted({text[:4] for text in years}))),
    )


@lru_cache(maxsize=1 << 16)
def joined(codes: Codes, scope: Scope) -> tuple[str, ...]:
    """The minimal sets of codes of a scope, each as one text."""
    needed = NEEDED[scope]
    found = []
    for size in range(1, MAX_PARTS + 1):
        for chosen in combinations(codes, size):
            total = sum(weight for _, weight in chosen)
            # Minimal where even without its lightest it would not do.
            if total >= needed and total - min(weight for _, weight in chosen) < needed:
                found.append("+".join(sorted(code for code, _ in chosen)))
    return tuple(found)


@lru_cache(maxsize=1 << 16)
def date_variants(birth_date: str) -> tuple[str, ...]:
    """Birth dates that may be meant by the one read, itself first, at most 7.

    Day and month the other way round; another year by one, as an age or a calendar's new year makes it; a date of a
    Hijri calendar in ours.
    """
    if len(birth_date) < 4:
        return (birth_date,)
    if not is_of_ours(birth_date):
        return birth_date, *in_ours(birth_date)
    year, rest = int(birth_date[:4]), birth_date[4:]
    found = [birth_date]
    if len(rest) == 6 and rest[1:3] != rest[4:6] and int(rest[4:6]) <= 12:
        found.append(f"{birth_date[:4]}-{rest[4:6]}-{rest[1:3]}")
    found += [f"{near:04}{rest}" for near in (year - 1, year + 1)]
    return tuple(found)
