"""Relevance rules: what the agencies together hold to be relevant, as data that anyone can read (R4).

A rule set has a version, the days it applies to, the agencies that agreed, and rules. A rule's conditions come from
the small vocabulary of `Conditions`; all that are stated must hold. Unknown fields are refused, so that a misspelt
condition can never silently widen a rule, and so are conditions that exclude each other. `rules_file` reads a set,
`rule_book` puts several together, `rules_text` says them in Swedish.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from matcher.conditions import Circumstances, Closed, Conditions, met, outcomes_held
from matcher.look_for import LookFor
from matcher.possible import ABOUT_PERSON, OUTCOMES, Asked, excluding
from schemas.records import FiredRule, OutcomeBasis, OutcomeKind

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=300)]
Provisions = Annotated[tuple[Sentence, ...], Field(min_length=1)]


class LegalBasis(Closed):
    """What a rule rests on, by outcome that it may concern: none rests on what only another does (rule 3)."""

    REFUGEE_STATUS: Provisions = ()
    ALTERNATIVE_PROTECTION: Provisions = ()
    PERMIT: Provisions = ()
    TRAVEL_DOCUMENT: Provisions = ()

    @model_validator(mode="after")
    def _names_an_outcome(self) -> LegalBasis:
        if not self.by_outcome:
            raise fault('names no outcome; add what it may concern, such as legal_basis.PERMIT = ["UtlL 7 kap."]')
        return self

    @cached_property
    def by_outcome(self) -> dict[OutcomeKind, tuple[str, ...]]:
        """The outcomes that are named, each with its provisions; in the order of the four, not of the file."""
        return {kind: provisions for kind in OutcomeKind if (provisions := getattr(self, kind))}


class Rule(Closed):
    """One rule."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Sentence
    when: Conditions
    # Its keys are the outcomes that the rule may concern, so that each has a basis and none is there without.
    legal_basis: LegalBasis
    look_for: tuple[LookFor, ...] = ()
    favourable: tuple[Sentence, ...] = ()

    # By field, so that it is told also where another field of the rule is at fault.
    @field_validator("when")
    @classmethod
    def _can_hold(cls, when: Conditions) -> Conditions:
        _require_possible(when.stated)
        return when

    @field_validator("legal_basis")
    @classmethod
    def _may_concern_something(cls, legal_basis: LegalBasis, info: ValidationInfo) -> LegalBasis:
        if "when" in info.data:
            _require_possible({**info.data["when"].stated, OUTCOMES: tuple(legal_basis.by_outcome)})
        return legal_basis

    @property
    def outcomes(self) -> tuple[OutcomeKind, ...]:
        """What it may concern."""
        return tuple(self.legal_basis.by_outcome)

    @property
    def asked(self) -> Asked:
        """All that decides what it fires on: the conditions that are stated, and the outcomes."""
        return {**self.when.stated, OUTCOMES: self.outcomes}

    @property
    def in_favour(self) -> tuple[str, ...]:
        """Everything to look for in the person's favour, in Swedish: the vocabulary first, each once."""
        return _in_favour(self.look_for, self.favourable)


class RuleSet(Closed):
    """A version of the rules.

    Attributes:
        version: year and number; a later one goes before an earlier one.
        applies_from: first day, Swedish, whose events it applies to.
        applies_to: last such day, None for no end.
        agreed_by: the agencies that agreed.
        rule: its rules, in the order in which they are shown.
    """

    format: Literal[1]
    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{1,6}$")]
    applies_from: date
    applies_to: date | None = None
    agreed_by: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    rule: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_whole(self) -> RuleSet:
        if self.applies_to is not None and self.applies_to < self.applies_from:
            raise fault(f"applies_to {self.applies_to} is before applies_from {self.applies_from}", "applies_to")
        first: dict[str, int] = {}
        for number, rule in enumerate(self.rule):
            if rule.id in first:
                sentence = f'rules {first[rule.id]} and {number} have the same id "{rule.id}"; give each its own'
                raise fault(sentence, "rule", number, "id")
            first[rule.id] = number
        return self

    @property
    def number(self) -> tuple[int, int]:
        """The version as year and number, to compare by."""
        year, number = self.version.split("-")
        return int(year), int(number)

    def covers(self, day: date) -> bool:
        """Whether it applies to events of the day."""
        return self.applies_from <= day and (self.applies_to is None or day <= self.applies_to)


def fire(rules: RuleSet, seen: Circumstances) -> tuple[FiredRule, ...]:
    """The rules whose conditions are all met, in the order of the rule set.

    Each with the outcomes it may concern, and what it rests on for these alone.
    """
    held = outcomes_held(seen)
    fired = []
    for rule in rules.rule:
        if met(rule.when, seen):
            bases = tuple([basis for basis in rule.legal_basis.by_outcome.items() if basis[0] in held])
            if bases:
                fired.append(_fired(rule.id, rule.title, bases, rule.look_for, rule.favourable))
    return tuple(fired)


def basis_of(rule: FiredRule, outcome: OutcomeKind) -> tuple[str, ...]:
    """What a rule that fired rests on for an outcome; of an older record, which keeps all it rests on as one, all."""
    if not rule.bases:
        return rule.legal_basis if outcome in rule.outcomes else ()
    return next((basis.legal_basis for basis in rule.bases if basis.outcome is outcome), ())


@lru_cache(maxsize=1024)
def _fired(
    rule_id: str,
    title: str,
    bases: tuple[tuple[OutcomeKind, tuple[str, ...]], ...],
    look_for: tuple[LookFor, ...],
    favourable: tuple[str, ...],
) -> FiredRule:
    """There are few, and they cannot be changed: each is made once."""
    return FiredRule(
        rule_id=rule_id,
        title=title,
        legal_basis=tuple(dict.fromkeys(provision for _, provisions in bases for provision in provisions)),
        outcomes=tuple(outcome for outcome, _ in bases),
        favourable=_in_favour(look_for, favourable),
        bases=tuple(OutcomeBasis(outcome=outcome, legal_basis=provisions) for outcome, provisions in bases),
    )


def _in_favour(look_for: tuple[LookFor, ...], favourable: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(word.sentence for word in look_for), *favourable]))


def fault(sentence: str, *at: str | int) -> PydanticCustomError:
    """A fault that a validator finds, and where it lies below what the validator is of."""
    return PydanticCustomError("rule_fault", "{sentence}", {"sentence": sentence, "at": at})


def _require_possible(asked: Asked) -> None:
    """Refuse what no event and no person can meet, with the fewest words of it that suffice."""
    names = excluding(asked)
    if not names:
        return
    *most, last = (_stated(name, asked[name]) for name in names)
    whom = "person" if names[0] in {*ABOUT_PERSON, OUTCOMES} else "event"
    every = "both" if len(names) == 2 else "all"
    sentence = f"{', '.join(most)} and {last} exclude each other: no {whom} meets {every}"
    # Outcomes are named by the keys of the table that is at fault.
    raise fault(sentence, asked[OUTCOMES][0] if names[-1] == OUTCOMES else names[-1])


def _stated(name: str, value: Any) -> str:
    return f"legal_basis of {', '.join(value)}" if name == OUTCOMES else f"{name} = {_written(value)}"


def _written(value: Any) -> str:
    """As it stands in a file of rules."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value) if isinstance(value, int) else f'"{value}"'
