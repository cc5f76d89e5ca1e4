"""What changes between two rule sets, in Swedish: rule by rule, and wider or narrower where that is certain.

A condition is wider where everything that met it before meets it still and more besides; a rule is where each of its
changed conditions is, and what it may concern. Where one is wider and another narrower, the rule is only other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from matcher.rules import Conditions, Rule, RuleSet
from matcher.rules_text import OUTCOMES, applies, condition, describe_rule

_LEAST, _MOST = "stay_days_at_least", "stay_days_at_most"


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
    """A rule that is in both sets and changed."""

    id: str
    title: str
    changes: tuple[Change, ...]

    @property
    def reach(self) -> Reach | None:
        """What all changes together do to what the rule fires on; None where they do nothing."""
        reaches = {change.reach for change in self.changes} - {None}
        return None if not reaches else reaches.pop() if len(reaches) == 1 else Reach.OTHER


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
    changed = (RuleChange(one, after[one].title, _changes(before[one], after[one])) for one in both)
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


def _changes(old: Rule, new: Rule) -> tuple[Change, ...]:
    texts = describe_rule(old), describe_rule(new)
    return tuple(
        _present(
            _change("Rubrik", [old.title], [new.title]),
            *(
                Change("Krav", condition(old.when, name), condition(new.when, name), reach)
                for name in Conditions.model_fields
                if (reach := _reach(old.when, new.when, name)) is not None
            ),
            _outcomes(old, new),
            _change("Rättslig grund", old.legal_basis, new.legal_basis),
            _change("Till personens fördel", texts[0].in_favour, texts[1].in_favour),
        )
    )


def _reach(old: Conditions, new: Conditions, name: str) -> Reach | None:
    before, after = getattr(old, name), getattr(new, name)
    if before == after:
        return None
    if after is None or after == ():
        return Reach.WIDER
    if before is None or before == ():
        return Reach.NARROWER
    if isinstance(before, tuple):
        return _reach_of(frozenset(before), frozenset(after))
    if name in (_LEAST, _MOST):
        return Reach.WIDER if (after < before) is (name == _LEAST) else Reach.NARROWER
    return Reach.OTHER


def _reach_of(before: frozenset[object], after: frozenset[object]) -> Reach:
    return Reach.WIDER if before < after else Reach.NARROWER if after < before else Reach.OTHER


def _outcomes(old: Rule, new: Rule) -> Change | None:
    before, after = frozenset(old.outcomes), frozenset(new.outcomes)
    if before == after:
        return None
    gone, come = ([OUTCOMES[kind] for kind in OUTCOMES if kind in kinds] for kinds in (before - after, after - before))
    return Change("Kan beröra", tuple(gone), tuple(come), _reach_of(before, after))


def _change(what: str, before: Iterable[str], after: Iterable[str]) -> Change | None:
    """A change of sentences; where only their order changed, all of them are told."""
    old, new = tuple(before), tuple(after)
    if old == new:
        return None
    gone, come = tuple(text for text in old if text not in new), tuple(text for text in new if text not in old)
    return Change(what, gone, come) if gone or come else Change(what, old, new)


def _present(*changes: Change | None) -> list[Change]:
    return [change for change in changes if change is not None]
