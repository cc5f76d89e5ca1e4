"""Relevance rules: what the agencies together hold to be relevant, as data that anyone can read (R4).

A rule set has a version, the days it applies to, the agencies that agreed, and rules. A rule's conditions come from
the small vocabulary of `Conditions`; all that are stated must hold. Unknown fields are refused, so that a misspelt
condition can never silently widen a rule, and so are conditions that exclude each other. `rules_file` reads a set,
`rule_book` puts several together, `rules_text` says them in Swedish.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from matcher.look_for import LookFor
from matcher.status import is_citizen_of, is_stateless
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    EvidenceKind,
    FiredRule,
    OutcomeKind,
    PermitKind,
    ProtectedPerson,
    StatusKind,
)

Word = TypeVar("Word", bound=StrEnum)


class TravelDocument(StrEnum):
    """The Swedish travel documents: of DocumentKind, those that a condition may name."""

    REFUGEE_TRAVEL_DOCUMENT = "REFUGEE_TRAVEL_DOCUMENT"
    STATELESS_TRAVEL_DOCUMENT = "STATELESS_TRAVEL_DOCUMENT"
    ALIENS_PASSPORT = "ALIENS_PASSPORT"


def _in_order(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Each once, in alphabetical order: a list of alternatives means the same whatever its order."""
    return tuple(sorted(set(words)))


Sentence = Annotated[str, Field(min_length=3, max_length=300)]
AnyOf = Annotated[tuple[Word, ...], Field(min_length=1), AfterValidator(_in_order)]
Days = Annotated[int, Field(ge=0, le=2**31 - 1)]  # as an event's stay
BORDER, MISSIONS = "border-crossings", "mission-observations"

_PASSPORT = frozenset({EvidenceKind.HOME_PASSPORT_PRESENTED, EvidenceKind.HOME_PASSPORT_APPLIED_FOR})
_ENTRY = _PASSPORT | {EvidenceKind.TRAVELLED_TO, EvidenceKind.STAYED_IN}
_EXIT = _PASSPORT | {EvidenceKind.TRAVELLED_TO, EvidenceKind.INTENDED_DESTINATION}
_MISSION = _PASSPORT | {EvidenceKind.MET_IN_COUNTRY, EvidenceKind.STAYED_IN}


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Conditions(_Closed):
    """All that are stated must hold; at least the evidence is stated. Each tells what it means and gives an example."""

    evidence: AnyOf[EvidenceKind] = Field(
        description="the event shows at least one of these kinds of evidence, about a country examined",
        examples=['evidence = ["TRAVELLED_TO", "STAYED_IN"]'],
    )
    and_evidence: AnyOf[EvidenceKind] = Field(
        default=(),
        description="the same event shows at least one of these as well",
        examples=['and_evidence = ["HOME_PASSPORT_PRESENTED"]'],
    )
    source: Literal["border-crossings", "mission-observations"] | None = Field(
        default=None, description="the event came by that topic", examples=['source = "mission-observations"']
    )
    direction: Direction | None = Field(
        default=None,
        description="the crossing went into, or out of, Sweden; never for an observation",
        examples=['direction = "ENTRY"'],
    )
    country_basis: AnyOf[CountryBasis] = Field(
        default=(),
        description="the country travelled to or from is known in one of these ways; never for an observation",
        examples=['country_basis = ["DIRECT_ROUTE", "STAMP"]'],
    )
    status: AnyOf[StatusKind] = Field(
        default=(), description="the status held then is one of them", examples=['status = ["REFUGEE"]']
    )
    permit: AnyOf[PermitKind] = Field(
        default=(),
        description="a residence permit of one of these kinds was valid that day",
        examples=['permit = ["PERMANENT"]'],
    )
    holds_travel_document: bool | None = Field(
        default=None,
        description="a Swedish resedokument or främlingspass was valid that day, or none was",
        examples=["holds_travel_document = true"],
    )
    travel_document: AnyOf[TravelDocument] = Field(
        default=(),
        description="a Swedish travel document of one of these kinds was valid that day",
        examples=['travel_document = ["ALIENS_PASSPORT"]'],
    )
    stateless: bool | None = Field(
        default=None, description="the registry has the person as stateless, or not", examples=["stateless = false"]
    )
    citizen_of_country: bool | None = Field(
        default=None,
        description="the registry has the person as a citizen of the country concerned (the one examined that was "
        "travelled to or from or stayed in, else the one whose passport was used), or only of others; neither is "
        "met where it knows of no citizenship",
        examples=["citizen_of_country = true"],
    )
    stay_days_at_least: Days | None = Field(
        default=None,
        description="a length of stay was told with the event, and is at least that; not met where none was told",
        examples=["stay_days_at_least = 90"],
    )
    stay_days_at_most: Days | None = Field(
        default=None, description="the same, as an upper bound", examples=["stay_days_at_most = 14"]
    )

    @model_validator(mode="after")
    def _can_hold(self) -> Conditions:
        if self.stay_days_at_least is not None and self.stay_days_at_most is not None:
            _require(self.stay_days_at_least <= self.stay_days_at_most, "no stay is as long and as short as it says")
        stay = self.stay_days_at_least is not None or self.stay_days_at_most is not None
        _require(not (stay and self.direction is Direction.EXIT), "an exit has no length of stay")
        _require(
            not (self.travel_document and self.holds_travel_document is False),
            "travel_document asks for a travel document and holds_travel_document = false for none",
        )
        _require(not (self.stateless and self.citizen_of_country), "a stateless person is a citizen of no country")
        crossing = self.direction is not None or bool(self.country_basis)
        _require(
            not (crossing and self.source == MISSIONS), "an observation of a mission has no direction and country_basis"
        )
        possible = self._evidence_possible()
        for name, kinds in (("evidence", self.evidence), ("and_evidence", self.and_evidence)):
            _require(not kinds or not possible.isdisjoint(kinds), f"no such event shows the {name} that it asks for")
        return self

    def _evidence_possible(self) -> frozenset[EvidenceKind]:
        """The kinds that an event of this source and direction can show."""
        crossings = {None: _ENTRY | _EXIT, Direction.ENTRY: _ENTRY, Direction.EXIT: _EXIT}[self.direction]
        if self.source == BORDER or self.direction is not None or self.country_basis:
            return crossings
        return _MISSION if self.source == MISSIONS else crossings | _MISSION


class Rule(_Closed):
    """One rule."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Sentence
    legal_basis: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    when: Conditions
    outcomes: Annotated[tuple[OutcomeKind, ...], Field(min_length=1)]
    look_for: tuple[LookFor, ...] = ()
    favourable: tuple[Sentence, ...] = ()

    @model_validator(mode="after")
    def _may_concern_something(self) -> Rule:
        statuses = self.when.status or tuple(StatusKind)
        reachable = [kind for kind in self.outcomes if _OF_STATUS.get(kind) in (None, *statuses)]
        _require(bool(reachable), "none of its outcomes can concern somebody with the status that it asks for")
        return self

    @property
    def in_favour(self) -> tuple[str, ...]:
        """Everything to look for in the person's favour, in Swedish: the vocabulary first, each once."""
        return _in_favour(self.look_for, self.favourable)


class RuleSet(_Closed):
    """A version of the rules.

    Attributes:
        version: year and number; a later one goes before an earlier one.
        applies_from: first day, UTC, whose events it applies to.
        applies_to: last such day, None for no end.
        agreed_by: the agencies that agreed.
        rule: its rules, in the order in which they are shown.
    """

    format: Literal[1]
    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]+$")]
    applies_from: date
    applies_to: date | None = None
    agreed_by: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    rule: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_whole(self) -> RuleSet:
        ids = [rule.id for rule in self.rule]
        _require(len(set(ids)) == len(ids), "two rules have the same id")
        _require(self.applies_to is None or self.applies_from <= self.applies_to, "applies_to is before applies_from")
        return self

    @property
    def number(self) -> tuple[int, int]:
        """The version as year and number, to compare by."""
        year, number = self.version.split("-")
        return int(year), int(number)

    def covers(self, day: date) -> bool:
        """Whether it applies to events of the day."""
        return self.applies_from <= day and (self.applies_to is None or day <= self.applies_to)


class Circumstances(NamedTuple):
    """What the conditions look at.

    Attributes:
        permits: kinds of residence permit that the person held that day.
        travel_documents: kinds of Swedish travel document that the person held that day.
    """

    source: str
    kinds: frozenset[EvidenceKind]
    country: str
    country_basis: CountryBasis | None
    direction: str | None
    stay_days: int | None
    status: StatusKind
    person: ProtectedPerson
    permits: frozenset[PermitKind]
    travel_documents: frozenset[DocumentKind]


def fire(rules: RuleSet, seen: Circumstances) -> tuple[FiredRule, ...]:
    """The rules whose conditions are all met, in the order of the rule set, each with the outcomes it may concern."""
    held = _outcomes_held(seen)
    fired = []
    for rule in rules.rule:
        if _met(rule.when, seen):
            outcomes = tuple([kind for kind in rule.outcomes if kind in held])
            if outcomes:
                fired.append(_fired(rule.id, rule.title, rule.legal_basis, outcomes, rule.look_for, rule.favourable))
    return tuple(fired)


@lru_cache(maxsize=1024)
def _fired(
    rule_id: str,
    title: str,
    legal_basis: tuple[str, ...],
    outcomes: tuple[OutcomeKind, ...],
    look_for: tuple[LookFor, ...],
    favourable: tuple[str, ...],
) -> FiredRule:
    """There are few, and they cannot be changed: each is made once."""
    return FiredRule(
        rule_id=rule_id,
        title=title,
        legal_basis=legal_basis,
        outcomes=outcomes,
        favourable=_in_favour(look_for, favourable),
    )


def _in_favour(look_for: tuple[LookFor, ...], favourable: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(word.sentence for word in look_for), *favourable]))


def _met(when: Conditions, seen: Circumstances) -> bool:
    stay = seen.stay_days
    return (
        not seen.kinds.isdisjoint(when.evidence)
        and (not when.and_evidence or not seen.kinds.isdisjoint(when.and_evidence))
        and (when.source is None or when.source == seen.source)
        and (when.direction is None or when.direction == seen.direction)
        and (not when.country_basis or seen.country_basis in when.country_basis)
        and (not when.status or seen.status in when.status)
        and (not when.permit or not seen.permits.isdisjoint(when.permit))
        and (when.holds_travel_document is None or when.holds_travel_document is bool(seen.travel_documents))
        and (not when.travel_document or not seen.travel_documents.isdisjoint(when.travel_document))
        and (when.stateless is None or when.stateless is is_stateless(seen.person))
        and (when.citizen_of_country is None or when.citizen_of_country is is_citizen_of(seen.person, seen.country))
        and (when.stay_days_at_least is None or (stay is not None and stay >= when.stay_days_at_least))
        and (when.stay_days_at_most is None or (stay is not None and stay <= when.stay_days_at_most))
    )


_OF_STATUS = {
    OutcomeKind.REFUGEE_STATUS: StatusKind.REFUGEE,
    OutcomeKind.ALTERNATIVE_PROTECTION: StatusKind.ALTERNATIVE,
}
_OUTCOME_OF = {status: outcome for outcome, status in _OF_STATUS.items()}
# Looking up the member of an enum costs as much as a whole condition (CPython 3.11).
_PERMIT, _TRAVEL_DOCUMENT = OutcomeKind.PERMIT, OutcomeKind.TRAVEL_DOCUMENT


def _outcomes_held(seen: Circumstances) -> set[OutcomeKind]:
    """An outcome can only concern what the person holds (rule 3)."""
    held = {_OUTCOME_OF[seen.status]}
    if seen.permits:
        held.add(_PERMIT)
    if seen.travel_documents:
        held.add(_TRAVEL_DOCUMENT)
    return held


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
