"""Relevance rules: what the agencies together hold to be relevant, as data that anyone can read (R4).

A rule set is a TOML file with a version, the day from which it applies, the agencies that agreed, and rules. A rule's
conditions come from the small vocabulary of `Conditions`; all that are stated must hold. Unknown fields are refused,
with file and line, so that a misspelt condition can never silently widen a rule.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matcher.status import holds_permit, holds_swedish_travel_document, is_stateless
from schemas.records import (
    Direction,
    EvidenceKind,
    FiredRule,
    OutcomeKind,
    ProtectedPerson,
    StatusKind,
)

Sentence = Annotated[str, Field(min_length=3, max_length=300)]
DEFAULT_RULES = Path(__file__).parent / "rules" / "2026-1.toml"


class RuleSetError(Exception):
    """A rule set cannot be used. The text names the file, the line where it is known, and what to change."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Conditions(_Closed):
    """All that are stated must hold; at least the evidence is stated.

    Attributes:
        evidence: any of these kinds of evidence, all about a country that the claim was examined against.
        source: topic that the event came by.
        direction: direction of the border crossing.
        status: any of these kinds of status held at the time.
        holds_travel_document: whether a Swedish resedokument or främlingspass was valid at the time.
        stateless: whether the person is stateless.
        stay_days_at_least: told length of stay in days; not met where none was told.
        stay_days_at_most: the same, as an upper bound.
    """

    evidence: Annotated[tuple[EvidenceKind, ...], Field(min_length=1)]
    source: Literal["border-crossings", "mission-observations"] | None = None
    direction: Direction | None = None
    status: Annotated[tuple[StatusKind, ...], Field(min_length=1)] = ()
    holds_travel_document: bool | None = None
    stateless: bool | None = None
    stay_days_at_least: Annotated[int, Field(ge=0)] | None = None
    stay_days_at_most: Annotated[int, Field(ge=0)] | None = None


class Rule(_Closed):
    """One rule."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Sentence
    legal_basis: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    when: Conditions
    outcomes: Annotated[tuple[OutcomeKind, ...], Field(min_length=1)]
    favourable: tuple[Sentence, ...] = ()


class RuleSet(_Closed):
    """A version of the rules."""

    format: Literal[1]
    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]+$")]
    applies_from: date
    applies_to: date | None = None
    agreed_by: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    rule: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_differ(self) -> RuleSet:
        ids = [rule.id for rule in self.rule]
        if len(set(ids)) != len(ids):
            raise ValueError("two rules have the same id")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the same rules have the same digest, whatever the file looks like."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Rules by their id."""
        return {rule.id: rule for rule in self.rule}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the conditions look at."""

    source: str
    kinds: frozenset[EvidenceKind]
    direction: str | None
    stay_days: int | None
    status: StatusKind
    person: ProtectedPerson
    day: date


def load_rules(file: Path) -> RuleSet:
    """Read and check a rule set. Raises RuleSetError naming file and line."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise RuleSetError(
            f"{file.name}: cannot be read ({error.strerror}); check the setting for the rule set"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RuleSetError(f"{file.name}, line {line}: is not UTF-8; save the file in that encoding") from error
    try:
        return RuleSet.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RuleSetError(f"{file.name}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise RuleSetError("\n".join(_describe(file, text, dict(item)) for item in error.errors())) from error


def fire(rules: RuleSet, seen: Circumstances) -> tuple[FiredRule, ...]:
    """The rules whose conditions are all met, in the order of the rule set, each with the outcomes it may concern."""
    fired = []
    for rule in rules.rule:
        if _met(rule.when, seen):
            outcomes = tuple(kind for kind in rule.outcomes if _may_concern(kind, seen))
            if outcomes:
                fired.append(
                    FiredRule(
                        rule_id=rule.id,
                        title=rule.title,
                        legal_basis=rule.legal_basis,
                        outcomes=outcomes,
                        favourable=rule.favourable,
                    )
                )
    return tuple(fired)


def _met(when: Conditions, seen: Circumstances) -> bool:
    return (
        not seen.kinds.isdisjoint(when.evidence)
        and (when.source is None or when.source == seen.source)
        and (when.direction is None or when.direction == seen.direction)
        and (not when.status or seen.status in when.status)
        and (
            when.holds_travel_document is None
            or when.holds_travel_document is holds_swedish_travel_document(seen.person, seen.day)
        )
        and (when.stateless is None or when.stateless is is_stateless(seen.person))
        and (
            when.stay_days_at_least is None
            or (seen.stay_days is not None and seen.stay_days >= when.stay_days_at_least)
        )
        and (
            when.stay_days_at_most is None or (seen.stay_days is not None and seen.stay_days <= when.stay_days_at_most)
        )
    )


def _may_concern(kind: OutcomeKind, seen: Circumstances) -> bool:
    """An outcome can only concern what the person holds (rule 3)."""
    match kind:
        case OutcomeKind.REFUGEE_STATUS:
            return seen.status is StatusKind.REFUGEE
        case OutcomeKind.ALTERNATIVE_PROTECTION:
            return seen.status is StatusKind.ALTERNATIVE
        case OutcomeKind.PERMIT:
            return holds_permit(seen.person, seen.day)
        case OutcomeKind.TRAVEL_DOCUMENT:
            return holds_swedish_travel_document(seen.person, seen.day)


def _describe(file: Path, text: str, error: dict[str, object]) -> str:
    where = tuple(error["loc"]) if isinstance(error["loc"], tuple) else ()
    line = _line_of(text, where)
    path = ".".join(str(part) for part in where) or "the file"
    what = {
        "extra_forbidden": "is not a field of the vocabulary; remove it or correct its spelling",
        "missing": "is missing; add it",
    }.get(str(error["type"]), str(error["msg"]))
    return f"{file.name}{f', line {line}' if line else ''}: {path}: {what}"


def _line_of(text: str, where: tuple[object, ...]) -> int | None:
    """The line that a path into the TOML speaks of: the field's own, else its table's."""
    lines = text.splitlines()
    start, end = 0, len(lines)
    keys = [str(part) for part in where if isinstance(part, str)]
    index = next((part for part in where if isinstance(part, int)), None)
    if keys and keys[0] == "rule" and isinstance(index, int):
        heads = [n for n, line in enumerate(lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        if index < len(heads):
            start = heads[index]
            end = heads[index + 1] if index + 1 < len(heads) else len(lines)
    if not keys:
        return None
    field = re.compile(rf"(?:^|[{{,.\s]){re.escape(keys[-1])}\s*=")
    for number in range(start, end):
        if field.search(lines[number].split("#")[0]):
            return number + 1
    return start + 1 if start else None
