"""All versions of the rules together: which of them applies to the events of a day.

To an event applies the newest version whose days hold the Swedish day of the *event*, so that rules agreed later never
change what was relevant before their first day, and examining an old event again gives the same result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from matcher.rules import RuleSet
from matcher.rules_faults import Fault, RuleSetError
from matcher.rules_file import Source, read_rule_set

DEFAULT_RULES = Path(__file__).parent / "rules"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RuleBook:
    """Rule sets in the order of their versions. Raises ValueError where they do not fit together.

    Attributes:
        sets: at least one, rising by version; none begins before the one that it follows.
    """

    sets: tuple[RuleSet, ...]

    def __post_init__(self) -> None:
        wrong = _misfits(self.sets)
        if not self.sets or wrong or list(self.sets) != sorted(self.sets, key=_number):
            raise ValueError("; ".join(sentence for _, _, sentence in wrong) or "rule sets must rise by version")

    def at(self, day: date) -> RuleSet | None:
        """The rules for events of the day, None where no set covers it: then nothing is relevant."""
        for rules in reversed(self.sets):
            if rules.covers(day):
                return rules
        return None

    @property
    def version(self) -> str:
        """The newest version."""
        return self.sets[-1].version

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the sets say, hexadecimal: of their meaning, not of how their files are written."""
        text = json.dumps([_canonical(rules) for rules in self.sets], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def titles(self) -> dict[str, str]:
        """Title of every rule by its id, as the newest version that has it says."""
        return {rule.id: rule.title for rules in self.sets for rule in rules.rule}

    def as_if_always(self) -> RuleBook:
        """The newest set alone, applied to every day: what it would do before it is adopted."""
        return RuleBook((self.sets[-1].model_copy(update={"applies_from": date.min, "applies_to": None}),))


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` to `last`, both included; None for no end."""

    first: date
    last: date | None

    def __str__(self) -> str:
        return f"from {self.first} on" if self.last is None else f"{self.first} to {self.last}"


def uncovered(book: RuleBook) -> tuple[Days, ...]:
    """Days from the first set's first day on to which no set applies: on them nothing is relevant."""
    gaps = []
    next_open: date | None = None
    for rules in sorted(book.sets, key=lambda rules: rules.applies_from):
        if next_open is not None and next_open < rules.applies_from:
            gaps.append(Days(next_open, rules.applies_from - _DAY))
        if rules.applies_to is None or rules.applies_to == date.max:
            return tuple(gaps)
        next_open = max(next_open or date.min, rules.applies_to + _DAY)
    if next_open is not None:
        gaps.append(Days(next_open, None))
    return tuple(gaps)


def never_applied(book: RuleBook) -> tuple[RuleSet, ...]:
    """Sets all of whose days belong to newer ones."""
    return tuple(rules for rules in book.sets if not days_of(book, rules))


def days_of(book: RuleBook, rules: RuleSet) -> tuple[Days, ...]:
    """The days to which a set of the book applies, after newer ones have taken theirs."""
    left = [Days(rules.applies_from, rules.applies_to)]
    for newer in book.sets[book.sets.index(rules) + 1 :]:
        left = [part for days in left for part in _without(days, newer)]
    return tuple(left)


def load_rule_book(place: Path) -> RuleBook:
    """Read a folder of rule sets (`*.toml`), or one file. Raises RuleSetError with every fault of every file."""
    return book_of(read_sources(place))


def read_sources(place: Path) -> tuple[Source, ...]:
    """The sets of a folder or of one file, rising by version. Raises RuleSetError with every fault of every file."""
    try:
        files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    except OSError as error:  # a folder on the way that may not be entered, a name that is too long
        sentence = f"cannot be read ({error.strerror}); check the path {place}"
        raise RuleSetError([Fault(place.name, None, sentence)]) from error
    if not files:
        raise RuleSetError([Fault(place.name, None, "holds no rule set; put files that end in .toml into it")])
    sources: list[Source] = []
    faults: list[Fault] = []
    for file in files:
        try:
            sources.append(read_rule_set(file))
        except RuleSetError as error:
            faults += error.faults
    sources.sort(key=lambda source: _number(source.rules))
    wrong = _misfits([source.rules for source in sources])
    faults += [sources[index].fault(field, sentence) for index, field, sentence in wrong]
    if faults:
        raise RuleSetError(faults)
    return tuple(sources)


def book_of(sources: Iterable[Source]) -> RuleBook:
    """The book of sets that were read and fit together."""
    return RuleBook(tuple(source.rules for source in sources))


def _misfits(sets: Sequence[RuleSet]) -> list[tuple[int, str, str]]:
    """Where sets, rising by version, do not fit together: index of the set, its field, a sentence."""
    found = []
    for index in range(1, len(sets)):
        before, rules = sets[index - 1], sets[index]
        if rules.number == before.number:
            sentence = f"version {rules.version} is there twice; a match names its version, so give it another"
            found.append((index, "version", sentence))
        elif rules.applies_from < before.applies_from:
            sentence = (
                f"version {rules.version} begins on {rules.applies_from}, before the older version {before.version} "
                f"({before.applies_from}); versions rise with their first day"
            )
            found.append((index, "applies_from", sentence))
    return found


def _without(days: Days, newer: RuleSet) -> list[Days]:
    """What is left of the days once a newer set has taken its own."""
    last = days.last or date.max
    parts = [Days(days.first, min(last, newer.applies_from - _DAY))] if days.first < newer.applies_from else []
    if newer.applies_to is not None and newer.applies_to < last:
        parts.append(Days(max(days.first, newer.applies_to + _DAY), days.last))
    return parts


def _canonical(rules: RuleSet) -> dict[str, Any]:
    """What a set says, without what it leaves at its default: a vocabulary that grows leaves its digest as it is."""
    values = rules.model_dump(mode="json", exclude_defaults=True)
    for rule, said in zip(rules.rule, values["rule"], strict=True):
        # With the sentences themselves, because they are part of what a match says.
        said["in_favour"] = rule.in_favour
    return values


def _number(rules: RuleSet) -> tuple[int, int]:
    return rules.number
