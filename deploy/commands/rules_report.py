"""What `resesignal rules` shows: Swedish text for those who agree on the rules, and documents for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.text import Text

from consumers.rules_trial import Tried
from deploy.screen import Console, Table
from matcher.possible import OUTCOMES as POSSIBLE_OUTCOMES
from matcher.possible import idle
from matcher.rule_book import RuleBook, days_of, never_applied, uncovered
from matcher.rules_diff import Change, Reach, RuleSetDiff
from matcher.rules_text import OUTCOMES, RuleText, describe_rule
from matcher.rules_trial import Effect, Line, TrialReport
from schemas.records import OutcomeKind


def coverage(book: RuleBook) -> dict[str, Any]:
    """The sets of a book and the days to which each applies."""
    return {
        "faults": [],
        "version": book.version,
        "digest": book.digest,
        "sets": [
            {
                "version": rules.version,
                "applies_from": rules.applies_from,
                "applies_to": rules.applies_to,
                "applies": [asdict(days) for days in days_of(book, rules)],
                "rules": [rule.id for rule in rules.rule],
                "agreed_by": rules.agreed_by,
            }
            for rules in book.sets
        ],
        "uncovered": [asdict(days) for days in uncovered(book)],
        "never_applied": [rules.version for rules in never_applied(book)],
        "never_met": idle_words(book),
    }


def idle_words(book: RuleBook) -> list[dict[str, str]]:
    """Alternatives that are never met together with the rest of their rule: they might as well not be there."""
    return [
        # An outcome is named by the legal basis.
        {
            "version": rules.version,
            "rule": rule.id,
            "field": "legal_basis" if field == POSSIBLE_OUTCOMES else field,
            "value": value,
        }
        for rules in book.sets
        for rule in rules.rule
        for field, value in idle(rule.asked)
    ]


def print_rule(console: Console, rule: RuleText) -> None:
    """A rule in Swedish."""
    console.print(rule.title, style="bold", markup=False)
    console.print(f"  ({rule.id})", style="dim", markup=False)
    for head, lines in (
        ("Kräver att allt detta stämmer", rule.requires),
        (
            "Kan beröra, med rättslig grund",
            [f"{one.outcome}: {'; '.join(one.legal_basis)}" for one in rule.may_concern],
        ),
        ("Att fråga om till personens fördel", rule.in_favour),
    ):
        _print_lines(console, head, lines)


def _print_lines(console: Console, head: str, lines: Iterable[str], sign: str = "-", style: str = "") -> None:
    told = list(lines)
    if told:
        console.print(f"  {head}:", markup=False)
    for line in told:
        console.print(f"    {sign} {line}", style=style, markup=False)


def print_diff(console: Console, changes: RuleSetDiff) -> None:
    """What changes, in Swedish."""
    console.print(f"Från {changes.old} till {changes.new}", style="bold")
    if changes.is_empty:
        console.print("Inget ändras.")
    for change in changes.of_the_set:
        _print_change(console, change)
    for rule in changes.added:
        console.print("\nNy regel:", style="green")
        print_rule(console, describe_rule(rule))
    for rule in changes.removed:
        console.print("\nBorttagen regel:", style="red")
        print_rule(console, describe_rule(rule))
    for changed in changes.changed:
        console.print(f"\nÄndrad regel{_told(changed.reach)}:", style="yellow")
        console.print(changed.title, style="bold", markup=False)
        console.print(f"  ({changed.id})", style="dim", markup=False)
        for change in changed.changes:
            _print_change(console, change)


def _print_change(console: Console, change: Change) -> None:
    console.print(f"  {change.what}{_told(change.reach)}:", markup=False)
    for sign, style, lines in (("−", "red", change.before), ("+", "green", change.after)):
        for line in lines:
            console.print(f"    {sign} {line}", style=style, markup=False)


def _told(reach: Reach | None) -> str:
    return f" ({reach.value})" if reach else ""


def diff_document(changes: RuleSetDiff) -> dict[str, Any]:
    """The same as a document."""
    return {
        "old": changes.old,
        "new": changes.new,
        "of_the_set": [asdict(change) for change in changes.of_the_set],
        "added": [asdict(describe_rule(rule)) for rule in changes.added],
        "removed": [asdict(describe_rule(rule)) for rule in changes.removed],
        "changed": [asdict(changed) for changed in changes.changed],
    }


_EFFECTS = {
    Effect.NEW: "blir relevant",
    Effect.GONE: "är inte längre relevant",
    Effect.OTHER: "andra regler eller utfall",
    Effect.SAME: "som nu",
}


def print_trial(console: Console, before: RuleBook, tried: RuleBook, since: datetime, result: Tried) -> None:
    """What the tried rules would do, in Swedish; names nobody."""
    report = result.report
    console.print(f"Regler {tried.version} prövade i stället för {before.version}", style="bold")
    console.print(
        f"{_many(result.read, 'meddelande', 'meddelanden')} sedan {since:%Y-%m-%d %H:%M} UTC mot "
        f"{_many(result.people, 'person', 'personer')} i registret. "
        f"Meddelanden som rör ingen: {_number(result.nobody)}, "
        f"som är ersatta eller dubbletter: {_number(result.superseded)}, som har avvisats: {_number(result.refused)}. "
        f"Händelser som har återtagits: {_number(result.withdrawn)}, som har prövats: {_number(report.events)}. "
        "Inget har skrivits.",
        soft_wrap=True,
    )
    effects = Table("Prövade händelser", "Säker identitet", "Möjlig identitet")
    for effect, words in _EFFECTS.items():
        effects.add_row(words, _number(report.evidence[effect]), _number(report.reviews[effect]))
    console.print(effects)
    titles = {**before.titles, **tried.titles}
    lines = Table("Underlag med säker identitet", "Nu", "Bort", "Nytt", "Med de nya")
    for line, name in _named(report, titles):
        lines.add_row(Text(name), *map(_number, (line.before, line.gone, line.new, line.after)))
    console.print(lines)
    for effect, events in report.shown.items():
        for event in events:
            console.print(f"{_EFFECTS[effect]}: {event}")


def _number(count: int) -> str:
    """As it is written in Swedish: a space that does not break between thousands."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def _many(count: int, one: str, more: str) -> str:
    return f"{_number(count)} {one if count == 1 else more}"


def _named(report: TrialReport, titles: dict[str, str]) -> Iterator[tuple[Line, str]]:
    yield report.people, "Personer med underlag"
    for line in report.rules:
        yield line, f"Regel: {titles.get(line.name, line.name)}"
    for line in report.outcomes:
        yield line, f"Kan beröra {OUTCOMES[OutcomeKind(line.name)]}"


def trial_document(before: RuleBook, tried: RuleBook, since: datetime, result: Tried) -> dict[str, Any]:
    """The same as a document."""
    report = result.report

    def line(of: Line) -> dict[str, Any]:
        return {**asdict(of), "after": of.after}

    return {
        "before": {"version": before.version, "digest": before.digest},
        "tried": {"version": tried.version, "digest": tried.digest},
        "since": since,
        "registry_people": result.people,
        "records": {
            "read": result.read,
            "refused": result.refused,
            "nobody": result.nobody,
            "superseded": result.superseded,
        },
        "events": {"examined": report.events, "withdrawn": result.withdrawn},
        "evidence": report.evidence,
        "reviews": report.reviews,
        "people": line(report.people),
        "rules": [line(one) for one in report.rules],
        "outcomes": [line(one) for one in report.outcomes],
        "shown": report.shown,
    }
