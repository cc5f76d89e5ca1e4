"""What other rules would have made of events: per event and person, and added up by rule and outcome.

No figure is of one person and nothing here says who they are, so that it can be shown to those who agree on the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from matcher.examine import Found
from schemas.records import Finding, IdentityLevel, OutcomeKind


class Effect(StrEnum):
    """What other rules make of an event about a person."""

    NEW = "new"
    GONE = "gone"
    OTHER = "other"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Compared:
    """One event about one person under two rule books; at least one of them found something."""

    person_id: UUID
    before: Finding | None
    after: Finding | None

    @property
    def effect(self) -> Effect:
        """OTHER where other rules fire, or for other outcomes; their wording is not compared."""
        if self.before is None:
            return Effect.NEW
        if self.after is None:
            return Effect.GONE
        return Effect.SAME if _fired(self.before) == _fired(self.after) else Effect.OTHER

    @property
    def identity(self) -> IdentityLevel:
        """How sure it is that it was the person; no rule changes it."""
        return next(finding.identity for finding in (self.before, self.after) if finding is not None)


def compare_findings(before: Sequence[Found], after: Sequence[Found]) -> tuple[Compared, ...]:
    """What changes of one event, by person.

    Args:
        before: what `examine` gives with the rules in use.
        after: what it gives for the same event and people with others.
    """
    old, new = ({one.person_id: one.finding for one in found} for found in (before, after))
    return tuple(Compared(person, old.get(person), new.get(person)) for person in sorted(old.keys() | new.keys()))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report. `after` is `before` without `gone` and with `new`."""

    name: str
    before: int
    gone: int
    new: int

    @property
    def after(self) -> int:
        """How many there are under the other rules."""
        return self.before - self.gone + self.new


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What the other rules would do.

    Attributes:
        events: events that were examined.
        evidence: pieces of evidence, that is events about an identified person, by effect.
        reviews: events about somebody who is only possibly the person, by effect.
        people: people with any evidence.
        rules: by rule, the evidence on which it fires; also those asked for that fire on none.
        outcomes: by outcome, the evidence on which a rule says that it may be concerned.
        shown: the first events of each effect but SAME, by event id.
    """

    events: int
    evidence: dict[Effect, int]
    reviews: dict[Effect, int]
    people: Line
    rules: tuple[Line, ...]
    outcomes: tuple[Line, ...]
    shown: dict[Effect, tuple[UUID, ...]]


class Trial:
    """Adds up what changes, event by event.

    Args:
        show: how many events of each effect to remember.
        rules: ids of rules that have a line also where they fire on nothing.
    """

    def __init__(self, show: int = 0, rules: Iterable[str] = ()) -> None:
        self._show = show
        self._told = frozenset(rules)
        self._events = 0
        self._effects: dict[IdentityLevel, Counter[Effect]] = {level: Counter() for level in IdentityLevel}
        self._people: tuple[set[UUID], set[UUID]] = (set(), set())
        self._rules = _Sides()
        self._outcomes = _Sides()
        self._shown: dict[Effect, set[UUID]] = {effect: set() for effect in Effect if effect is not Effect.SAME}

    def add(self, event_id: UUID, compared: Iterable[Compared]) -> None:
        """Add one event, once."""
        self._events += 1
        for one in compared:
            self._effects[one.identity][one.effect] += 1
            if one.effect is not Effect.SAME:
                self._remember(one.effect, event_id)
            if one.identity is IdentityLevel.IDENTIFIED:
                for people, finding in zip(self._people, (one.before, one.after), strict=True):
                    if finding is not None:
                        people.add(one.person_id)
                self._rules.add(_rule_ids(one.before), _rule_ids(one.after))
                self._outcomes.add(_outcomes(one.before), _outcomes(one.after))

    def report(self) -> TrialReport:
        """What has been added so far."""
        before, after = self._people
        return TrialReport(
            events=self._events,
            evidence=_each(self._effects[IdentityLevel.IDENTIFIED]),
            reviews=_each(self._effects[IdentityLevel.POSSIBLE]),
            people=Line("people", len(before), len(before - after), len(after - before)),
            rules=self._rules.lines(sorted(self._told | self._rules.names)),
            outcomes=self._outcomes.lines([kind.value for kind in OutcomeKind]),
            shown={effect: tuple(sorted(events)) for effect, events in self._shown.items()},
        )

    def _remember(self, effect: Effect, event_id: UUID) -> None:
        """Keep the lowest ids, so that the order of the events does not matter."""
        events = self._shown[effect]
        events.add(event_id)
        if len(events) > self._show:
            events.remove(max(events))


class _Sides:
    """Names on either side of each comparison, counted."""

    def __init__(self) -> None:
        self._before: Counter[str] = Counter()
        self._gone: Counter[str] = Counter()
        self._new: Counter[str] = Counter()

    @property
    def names(self) -> set[str]:
        return self._before.keys() | self._new.keys()

    def add(self, before: frozenset[str], after: frozenset[str]) -> None:
        self._before.update(before)
        self._gone.update(before - after)
        self._new.update(after - before)

    def lines(self, names: Iterable[str]) -> tuple[Line, ...]:
        return tuple(Line(name, self._before[name], self._gone[name], self._new[name]) for name in names)


def _fired(finding: Finding) -> frozenset[tuple[str, frozenset[OutcomeKind]]]:
    return frozenset((rule.rule_id, frozenset(rule.outcomes)) for rule in finding.rules)


def _rule_ids(finding: Finding | None) -> frozenset[str]:
    return frozenset(rule.rule_id for rule in finding.rules) if finding else frozenset()


def _outcomes(finding: Finding | None) -> frozenset[str]:
    return frozenset(kind.value for rule in finding.rules for kind in rule.outcomes) if finding else frozenset()


def _each(effects: Counter[Effect]) -> dict[Effect, int]:
    return {effect: effects[effect] for effect in Effect}
