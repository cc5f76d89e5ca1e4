"""A rule set in plain Swedish, made from the vocabulary alone, so that what is read is what is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.conditions import BORDER, MISSIONS, Conditions, TravelDocument
from matcher.rules import Rule, RuleSet
from schemas.records import CountryBasis, Direction, EvidenceKind, OutcomeKind, PermitKind, StatusKind

EVIDENCE: Mapping[EvidenceKind, str] = {
    EvidenceKind.HOME_PASSPORT_PRESENTED: "att pass utfärdat av landet har visats",
    EvidenceKind.HOME_PASSPORT_APPLIED_FOR: "att pass utfärdat av landet har sökts eller hämtats",
    EvidenceKind.INTENDED_DESTINATION: "att landet har uppgetts som resmål",
    EvidenceKind.TRAVELLED_TO: "att personen har rest till eller från landet",
    EvidenceKind.STAYED_IN: "att personen enligt uppgift har vistats i landet",
    EvidenceKind.MET_IN_COUNTRY: "att en utlandsmyndighet har mött personen i landet",
}
OUTCOMES: Mapping[OutcomeKind, str] = {
    OutcomeKind.REFUGEE_STATUS: "flyktingstatus",
    OutcomeKind.ALTERNATIVE_PROTECTION: "alternativ skyddsstatus",
    OutcomeKind.PERMIT: "uppehållstillstånd",
    OutcomeKind.TRAVEL_DOCUMENT: "resedokument eller främlingspass",
}
_STATUS = {StatusKind.REFUGEE: "flyktingstatus", StatusKind.ALTERNATIVE: "alternativ skyddsstatus"}
_PERMIT = {PermitKind.PERMANENT: "permanent", PermitKind.TEMPORARY: "tidsbegränsat"}
_DOCUMENT = {
    TravelDocument.REFUGEE_TRAVEL_DOCUMENT: "resedokument för flykting",
    TravelDocument.STATELESS_TRAVEL_DOCUMENT: "resedokument för statslös",
    TravelDocument.ALIENS_PASSPORT: "främlingspass",
}
_BASIS = {
    CountryBasis.STATED: "resenärens egen uppgift",
    CountryBasis.TICKET: "biljett eller bokning",
    CountryBasis.DIRECT_ROUTE: "direkt förbindelse",
    CountryBasis.STAMP: "stämpel eller visering",
    CountryBasis.OBSERVED: "myndighetens egen iakttagelse",
}
_SOURCE = {BORDER: "Uppgiften kommer från gränskontrollen.", MISSIONS: "Uppgiften kommer från en utlandsmyndighet."}
_DIRECTION = {
    Direction.ENTRY: "Det gäller en inresa till Sverige.",
    Direction.EXIT: "Det gäller en utresa från Sverige.",
}


def either(words: Iterable[str]) -> str:
    """Alternatives: `a, b eller c`."""
    *most, last = words
    return f"{', '.join(most)} eller {last}" if most else last


def days(count: int) -> str:
    """A number of days in words."""
    return f"{count} {'dag' if count == 1 else 'dagar'}"


def _evidence(kinds: Sequence[EvidenceKind]) -> str:
    shown = either(EVIDENCE[kind] for kind in kinds)
    return f"Händelsen visar, om ett land som skyddsskälen har prövats mot, {shown}."


# One sentence for each condition; a test holds them against the fields of Conditions.
CONDITIONS: Mapping[str, Callable[[Any], str]] = {
    "evidence": _evidence,
    "and_evidence": lambda kinds: f"Samma händelse visar också {either(EVIDENCE[kind] for kind in kinds)}.",
    "source": lambda topic: _SOURCE[topic],
    "direction": lambda direction: _DIRECTION[direction],
    "country_basis": lambda ways: (
        f"Landet som resan gick till eller från är känt genom {either(_BASIS[w] for w in ways)}."
    ),
    "status": lambda kinds: f"Personen hade då {either(_STATUS[kind] for kind in kinds)}.",
    "permit": lambda kinds: f"Personen hade då {either(_PERMIT[kind] for kind in kinds)} uppehållstillstånd.",
    "holds_travel_document": lambda held: (
        f"Personen hade då {'ett' if held else 'inte något'} giltigt svenskt resedokument eller främlingspass."
    ),
    "travel_document": lambda kinds: (
        f"Personen hade då ett giltigt svenskt {either(_DOCUMENT[kind] for kind in kinds)}."
    ),
    "stateless": lambda is_so: f"Personen är {'' if is_so else 'inte '}statslös enligt registret.",
    "citizen_of_country": lambda is_so: (
        f"Personen är enligt registret {'medborgare i' if is_so else 'medborgare endast i andra länder än'} landet."
    ),
    "stay_days_at_least": lambda count: f"En vistelse om minst {days(count)} har uppgetts.",
    "stay_days_at_most": lambda count: f"En vistelse om högst {days(count)} har uppgetts.",
}


@dataclass(frozen=True, slots=True)
class ConcernText:
    """An outcome in Swedish, and what a rule rests on for it."""

    outcome: str
    legal_basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule in Swedish: what it requires, which outcomes it may concern, what to look for in the person's favour."""

    id: str
    title: str
    requires: tuple[str, ...]
    may_concern: tuple[ConcernText, ...]
    in_favour: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSetText:
    """A rule set in Swedish."""

    version: str
    applies: str
    agreed_by: tuple[str, ...]
    rules: tuple[RuleText, ...]


def describe(rules: RuleSet) -> RuleSetText:
    """The rule set in Swedish."""
    return RuleSetText(
        version=rules.version,
        applies=applies(rules),
        agreed_by=rules.agreed_by,
        rules=tuple(describe_rule(rule) for rule in rules.rule),
    )


def describe_rule(rule: Rule) -> RuleText:
    """One rule in Swedish."""
    return RuleText(
        id=rule.id,
        title=rule.title,
        requires=tuple(sentence for name in Conditions.model_fields for sentence in condition(rule.when, name)),
        may_concern=tuple(
            ConcernText(OUTCOMES[kind], provisions) for kind, provisions in rule.legal_basis.by_outcome.items()
        ),
        in_favour=rule.in_favour,
    )


def condition(when: Conditions, name: str) -> tuple[str, ...]:
    """The sentence of one condition; none where it is not stated."""
    value = getattr(when, name)
    return () if value is None or value == () else (CONDITIONS[name](value),)


def applies(rules: RuleSet) -> str:
    """The events that the set applies to, by their day."""
    until = f" till och med {rules.applies_to}" if rules.applies_to else " och tills vidare"
    return f"Gäller händelser från och med {rules.applies_from}{until}."
