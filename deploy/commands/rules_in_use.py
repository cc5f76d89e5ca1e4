"""The rules of a command held against those that `matching` runs with."""

from __future__ import annotations

from consumers.completeness import RulesInForce
from consumers.replaying import rules_noted
from deploy.commands.operator import WRONG_USAGE, Operator, fail
from deploy.settings import PREFIX
from matcher.rule_book import RuleBook


def require_rules_of_matching(operator: Operator, book: RuleBook) -> None:
    """End the command with status 2 where `matching` has compared events with other rules. Raises KafkaAway.

    Where it has compared none yet, any rules are right.
    """
    here = RulesInForce(book.version, book.digest)
    others = rules_noted(operator.scanner) - {here}
    if others:
        told = ", ".join(sorted(map(_words, others)))
        fail(
            f"matching has compared events with rules {told}; this command has {_words(here)}. Give it the same "
            f"program and {PREFIX}RULES_FILE, or wait until matching has looked at everything with the new rules.",
            WRONG_USAGE,
        )


def _words(rules: RulesInForce) -> str:
    return f"{rules.version} (digest {rules.digest[:16]}, matcher {rules.matcher})"
