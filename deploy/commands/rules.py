"""`resesignal rules`: for those who agree on the rules, what a set says, what changes, and what it would have done."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.text import Text

from consumers.rules_trial import try_rules
from deploy.commands.operator import NOTHING_WRITTEN, operating, reading
from deploy.commands.rules_in_use import require_rules_of_matching
from deploy.commands.rules_report import (
    coverage,
    diff_document,
    idle_words,
    print_diff,
    print_rule,
    print_trial,
    trial_document,
)
from deploy.screen import Console, Table
from deploy.services import now
from deploy.settings import read_settings
from matcher.rule_book import Days, RuleBook, book_of, days_of, never_applied, read_sources, uncovered
from matcher.rules_diff import diff
from matcher.rules_faults import RuleSetError
from matcher.rules_text import describe

_FAULTY = 1

app = typer.Typer(
    name="rules",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""The rules of relevance: what a rule set says, what changes between two, and what one would have done.

A rule set is a TOML file; a folder of them is a book, in which the newest set whose days hold the day of an event \
applies to it. Without a PATH, the rules of RESESIGNAL_RULES_FILE are meant. What the agencies read is Swedish.

[bold]How a new set is adopted[/]
\b
  rules check 2026-2.toml              is it written as it must be?
  rules explain 2026-2.toml            what does it say?
  rules diff 2026-1.toml 2026-2.toml   what changes?
  rules try 2026-2.toml --days 30      what would it have done?
  rules check FOLDER                   once it lies beside the others

[bold]Exit status[/]
\b
  0   done
  1   the rules have errors; each is told with file and line
  2   wrong usage, or rules in RESESIGNAL_RULES_FILE that matching does not run with
  3   Kafka did not answer
  130 interrupted; nothing was written
""",
)

_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text.")]
_Path = Annotated[
    Path | None, typer.Argument(metavar="[PATH]", help="A rule set, or a folder of them.", show_default=False)
]


@app.command("check")
def check_command(path: _Path = None, as_json: _Json = False) -> None:
    """Check a rule set, or a folder of them: every error at once with file and line; which days which set applies to.

    Days to which no set applies are told: on them nothing is relevant. So are alternatives of a rule for which it \
never fires, such as an evidence that its direction excludes. Both are allowed, and no error.

    Example: resesignal rules check matcher/rules
    """
    try:
        book = book_of(read_sources(_place(path)))
    except RuleSetError as error:
        if as_json:
            _write({"faults": [asdict(fault) for fault in error.faults]})
            raise typer.Exit(_FAULTY) from None
        _refuse(error)
    if as_json:
        _write(coverage(book))
        return
    console = Console(soft_wrap=True)
    table = Table(
        "Version", "Applies to events", "Rules", "Agreed by", title=f"Rules in order; digest {book.digest[:16]}"
    )
    for rules in book.sets:
        days = "\n".join(map(str, days_of(book, rules))) or "none: newer sets have all of its days"
        table.add_row(*map(Text, (rules.version, days, str(len(rules.rule)), ", ".join(rules.agreed_by))))
    console.print(table)
    for gap in uncovered(book):
        console.print(f"No set applies to events {_within(gap)}: none of them is relevant.", style="yellow")
    for rules in never_applied(book):
        console.print(f"Version {rules.version} never applies.", style="yellow")
    for one in idle_words(book):
        rule = f"{one['rule']} of version {one['version']}"
        sentence = f"{rule}: {one['field']} {one['value']} is never met with the rest; leave it out."
        console.print(sentence, style="yellow", markup=False)


@app.command("explain")
def explain_command(
    path: _Path = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The set that applies to events of this day, not the newest one."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say in Swedish what each rule requires, what it may concern, on which legal basis, and what speaks for a person.

    Example: resesignal rules explain --day 2026-05-01
    """
    book = _book(_place(path))
    rules = book.sets[-1] if day is None else book.at(day.date())
    if as_json:
        _write(asdict(describe(rules)) if rules else None)
        return
    console = Console(soft_wrap=True, highlight=False)
    if rules is None:
        console.print("Ingen regeluppsättning gäller händelser den dagen: inget är relevant.")
        return
    text = describe(rules)
    console.print(f"Regeluppsättning {text.version}", style="bold")
    console.print(f"{text.applies} Myndigheter som ska vara överens: {', '.join(text.agreed_by)}.", markup=False)
    for rule in text.rules:
        console.print()
        print_rule(console, rule)


@app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(help="A rule set; of a folder, its newest one.")],
    new: Annotated[Path, typer.Argument(help="Likewise.")],
    as_json: _Json = False,
) -> None:
    """Say in Swedish what changes between two sets, rule by rule: wider, narrower or other where that is certain.

    Example: resesignal rules diff matcher/rules/2026-1.toml 2026-2.toml
    """
    changes = diff(_book(old).sets[-1], _book(new).sets[-1])
    if as_json:
        _write(diff_document(changes))
        return
    print_diff(Console(soft_wrap=True, highlight=False), changes)


@app.command("try")
def try_command(
    new: Annotated[Path, typer.Argument(help="The rules to try: a set, as if it already applied; or a whole folder.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back from now, by when events came in.")],
    show: Annotated[int, typer.Option(min=0, help="Name so many events of each change, by event id.")] = 0,
    as_json: _Json = False,
) -> None:
    """Show what other rules would have made of the events of the last days. Writes nothing, and shows nobody.

    Each event counts with its highest revision, against the registry of now. It is examined with the rules in use and
    with the ones to try. A single set is tried on every day, whatever its days say, because it is not adopted yet; a
    folder is tried as its days say. The rules in use are those of RESESIGNAL_RULES_FILE, which must be what matching \
runs with. Rules of the newest set tried that fire on nothing are shown with 0. Needs memory for the registry, as an \
instance of matching does.

    Example: resesignal rules try 2026-2.toml --days 30 --show 5
    """
    tried = _book(new)
    since = now() - timedelta(days=days)
    with operating(interrupted=NOTHING_WRITTEN) as operator:
        before = _book(operator.settings.rules_file)
        require_rules_of_matching(operator, before)
        after = tried if new.is_dir() else tried.as_if_always()
        with reading() as report:
            result = try_rules(
                operator.scanner,
                before,
                after,
                int(since.timestamp() * 1000),
                show=show,
                resolve_id=operator.resolve_id,
                native=operator.settings.use_native(),
                progress=report,
            )
    if as_json:
        _write(trial_document(before, tried, since, result))
        return
    print_trial(Console(highlight=False), before, tried, since, result)


def _place(path: Path | None) -> Path:
    return read_settings().rules_file if path is None else path


def _book(place: Path) -> RuleBook:
    try:
        return book_of(read_sources(place))
    except RuleSetError as error:
        _refuse(error)


def _refuse(error: RuleSetError) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for fault in error.faults:
        console.print(str(fault), style="red", markup=False)
    raise typer.Exit(_FAULTY) from None


def _within(days: Days) -> str:
    return str(days) if days.last is None else f"from {days.first} to {days.last}"


def _write(document: Any) -> None:
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
