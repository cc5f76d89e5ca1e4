"""STAND-IN, to be dropped on merge: the contract of the names helper's module, with codes that are whole parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum
from itertools import combinations

from matcher.names import name_parts


class Scope(IntEnum):
    """How much of a birth date goes into a block."""

    NONE = 0
    YEAR = 1
    DATE = 2
    JANUARY = 3


MAX_CODES = 8
MAX_PARTS = 3
NEEDED: dict[Scope, int] = {Scope.DATE: 6, Scope.YEAR: 15, Scope.NONE: 21, Scope.JANUARY: 8}


def codes(text: str) -> tuple[tuple[str, int], ...]:
    """Codes of half a name with their weights, rarest first."""
    found = {(part, min(15, 1 + len(part) // 2)) for part in name_parts(text)}
    return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:MAX_CODES])


def name_codes(surname: str, given_names: str) -> tuple[tuple[str, int], ...]:
    """Codes of a whole name."""
    found = {*codes(surname), *codes(given_names)}
    return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:MAX_CODES])


def blocks(
    codes: Collection[tuple[str, int]], birth_dates: Iterable[str], years: Iterable[str] | None = None
) -> set[str]:
    """All minimal sets of codes that weigh enough for a scope, joined with the date at that scope."""
    dates = list(birth_dates)
    ends = {
        Scope.DATE: {date for date in dates if len(date) == 10 and not date.endswith("-01-01")},
        Scope.JANUARY: {date for date in dates if date.endswith("-01-01")},
        Scope.YEAR: {date[:4] for date in (dates if years is None else years)},
        Scope.NONE: {""},
    }
    found = set()
    for scope, needed in NEEDED.items():
        for size in range(1, MAX_PARTS + 1):
            for some in combinations(sorted(codes), size):
                weights = [weight for _, weight in some]
                if needed <= sum(weights) < needed + min(weights):
                    text = "<".join(code for code, _ in some)
                    found |= {f"{text}<{end}" for end in ends[scope]}
    return found


def date_variants(birth_date: str) -> tuple[str, ...]:
    """The dates that a date read may stand for."""
    year, _, rest = birth_date.partition("-")
    swapped = f"{year}-{rest[3:]}-{rest[:2]}" if len(birth_date) == 10 and rest[3:] <= "12" else birth_date
    return tuple(dict.fromkeys((birth_date, swapped)))
