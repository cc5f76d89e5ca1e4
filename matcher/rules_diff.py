"""What changes between two rule sets, in Swedish: rule by rule, and wider or narrower where that is certain.

A rule is wider where it fires on everything that it fired on before and on more besides, of all that there can be
(`possible`); a condition is where it is so by itself, unless with the others of its rule it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from matcher.conditions import Conditions
from matcher.possible import Asked, fires_on
from matcher.rules import Rule, RuleSet
from matcher.rules_text import OUTCOMES, applies, condition, describe_rule


class Reach(StrEnum):
    """What a change does to what a rule fires on."""

    WIDER = "vidare"
    NARROWER = "snävare"
    OTHER = "annan"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed.

    Attributes:
        what: the thing, in Swedish.
        before: sentences that no longer hold.
        after: sentences that came instead.
        reach: what it does to what the rule fires on; None where it does nothing to it.
    """

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that is in both sets and changed.

    Attributes:
        id: its id.
        title: its title in the new set.
        changes: each thing that changed.
        reach: what all changes together do to what the rule fires on; None where they do nothing.
    """

    id: str
    title: str
    changes: tuple[Change, ...]
    reach: Reach | None


@dataclass(frozen=True, slots=True)
class RuleSetDiff:
    """The difference of two rule sets."""

    old: str
    new: str
    of_the_set: tuple[Change, ...]
    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    changed: tuple[RuleChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same, but for their version."""
        return not (self.of_the_set or self.added or self.removed or self.changed)


def diff(old: RuleSet, new: RuleSet) -> RuleSetDiff:
    """What changes from one set to the other; rules are the same by their id."""
    before, after = ({rule.id: rule for rule in rules.rule} for rules in (old, new))
    both = [rule_id for rule_id in after if rule_id in before]
    order = [rule_id for rule_id in before if rule_id in after]
    changed = (_rule_change(before[one], after[one]) for one in both)
    return RuleSetDiff(
        old=old.version,
        new=new.version,
        of_the_set=tuple(
            _present(
                _change("Giltighet", [applies(old)], [applies(new)]),
                _change("Överenskommet mellan", old.agreed_by, new.agreed_by),
                _change("Ordning mellan reglerna", order, both),
            )
        ),
        added=tuple(rule for rule in new.rule if rule.id not in before),
        removed=tuple(rule for rule in old.rule if rule.id not in after),
        changed=tuple(one for one in changed if one.changes),
    )


def _rule_change(old: Rule, new: Rule) -> RuleChange:
    return RuleChange(old.id, new.title, _changes(old, new), _reach(old.asked, new.asked))


def _changes(old: Rule, new: Rule) -> tuple[Change, ...]:
    texts = describe_rule(old), describe_rule(new)
    bases = old.legal_basis.by_outcome, new.legal_basis.by_outcome
    return tuple(
        _present(
            _change("Rubrik", [old.title], [new.title]),
            *(
                Change("Krav", condition(old.when, name), condition(new.when, name), _reach_of(old, new, name))
                for name in Conditions.model_fields
                if getattr(old.when, name) != getattr(new.when, name)
            ),
            _outcomes(old, new),
            *(
                _change(f"Rättslig grund för {words}", bases[0].get(kind, ()), bases[1].get(kind, ()))
                for kind, words in OUTCOMES.items()
            ),
            _change("Till personens fördel", texts[0].in_favour, texts[1].in_favour),
        )
    )


def _reach_of(old: Rule, new: Rule, name: str) -> Reach | None:
    """What one changed condition, or the changed outcomes, does: by itself, but nothing where with the rest it does."""
    before, after = ({name: rule.asked[name]} if name in rule.asked else {} for rule in (old, new))
    in_its_rule = (
        _reach({**_without(rule.asked, name), **before}, {**_without(rule.asked, name), **after}) for rule in (old, new)
    )
    return _reach(before, after) if any(in_its_rule) else None


def _without(asked: Asked, name: str) -> Asked:
    return {other: value for other, value in asked.items() if other != name}


def _reach(before: Asked, after: Asked) -> Reach | None:
    """What is certain of a change, by all that there can be."""
    old, new = fires_on(before, after), fires_on(after, before)
    if old == new or (old.nothing and new.nothing):
        return None
    return Reach.WIDER if old.within(new) else Reach.NARROWER if new.within(old) else Reach.OTHER


def _outcomes(old: Rule, new: Rule) -> Change | None:
    before, after = frozenset(old.outcomes), frozenset(new.outcomes)
    if before == after:
        return None
    gone, come = ([OUTCOMES[kind] for kind in OUTCOMES if kind in kinds] for kinds in (before - after, after - before))
    return Change("Kan beröra", tuple(gone), tuple(come), _reach_of(old, new, "outcomes"))


def _change(what: str, before: Iterable[str], after: Iterable[str]) -> Change | None:
    """A change of sentences; where only their order changed, all of them are told."""
    old, new = tuple(before), tuple(after)
    if old == new:
        return None
    gone, come = tuple(text for text in old if text not in new), tuple(text for text in new if text not in old)
    return Change(what, gone, come) if gone or come else Change(what, old, new)


def _present(*changes: Change | None) -> list[Change]:
    return [change for change in changes if change is not None]
