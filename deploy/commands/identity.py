"""`resesignal identity`: matches by identity, and what a person decides about who the traveller is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from consumers.deciding import MatchUnknown, await_honoured, read_matches, write_decision
from deploy.commands import identity_report as report
from deploy.commands.operator import WRONG_USAGE, fail, operating, reading
from schemas.checks import MAX_REASON
from schemas.reasons import Refused
from schemas.records import IdentityDecision, IdentityVerdict

_NOT_YET = 4

app = typer.Typer(
    name="identity",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Decide whether a traveller is the person in the registry: a human does, and matching honours it.

A possible match that is confirmed becomes evidence; any match that is rejected is taken back. Both hold whatever comes
after: registry rows, rules, restarts; but a corrected event must be confirmed again. A decision is about one event and
one person. It can be replaced by another, or taken back; all of them are kept.

[bold]Exit status[/]
\b
  0   done
  2   wrong usage, or there is no such match
  3   Kafka did not answer
  4   decide: written, and not yet honoured within --wait; it will be, once matching runs
""",
)

_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]


@app.command("list")
def list_command(
    decided: Annotated[bool, typer.Option("--decided", help="Matches that somebody has decided about.")] = False,
    as_json: _Json = False,
) -> None:
    """List possible matches that wait for a decision, or those decided about. Shows ids and no personal data.

    Example: resesignal identity list --decided
    """
    with operating() as operator, reading() as progress:
        matches = read_matches(operator.scanner, operator.resolve_id, progress)
    chosen = report.decided(matches) if decided else report.waiting(matches)
    if as_json:
        typer.echo(report.list_json(chosen))
    else:
        report.print_list(chosen, decided=decided)


@app.command("show")
def show_command(
    match: Annotated[str, typer.Argument(metavar="MATCH", help="Id of the match, or how it begins, as on its page.")],
    as_json: _Json = False,
) -> None:
    """Show one match and everything that was decided about it: what, by whom, when and why.

    Example: resesignal identity show 1f0c9a3e
    """
    with operating() as operator:
        try:
            with reading() as progress:
                known = read_matches(operator.scanner, operator.resolve_id, progress).named(match)
        except MatchUnknown as error:
            fail(str(error), WRONG_USAGE)
    if as_json:
        typer.echo(report.show_json(known))
    else:
        report.print_match(known)


@app.command("decide")
def decide_command(
    match: Annotated[str, typer.Argument(metavar="MATCH", help="Id of the match, or how it begins, as on its page.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides: a person's user name.")],
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Why, in a sentence without names or numbers: it is kept for good. Without this option it is asked "
            "for; with - it is read from standard input, and stands in no list of processes.",
        ),
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="Revision of the event that was examined, as its page shows; refused where another is matched now.",
        ),
    ] = None,
    same: Annotated[bool, typer.Option("--same", help="The traveller is the person.")] = False,
    not_same: Annotated[bool, typer.Option("--not-same", help="The traveller is not the person.")] = False,
    undecided: Annotated[bool, typer.Option("--undecided", help="Take back what was decided before.")] = False,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait at most so long until matching honours it.")
    ] = 30.0,
    as_json: _Json = False,
) -> None:
    """Decide about one match, in the name of a person who has examined it.

    Example: resesignal identity decide 1f0c9a3e --not-same --by handlaggare.ett --reason "Another date of birth"
    """
    verdicts = {
        IdentityVerdict.SAME_PERSON: same,
        IdentityVerdict.NOT_SAME_PERSON: not_same,
        IdentityVerdict.UNDECIDED: undecided,
    }
    chosen = [verdict for verdict, told in verdicts.items() if told]
    if len(chosen) != 1:
        raise typer.BadParameter("say --same, --not-same or --undecided: one of the three")
    why = _reason(reason)
    with operating() as operator:
        try:
            with reading() as progress:
                known = read_matches(operator.scanner, operator.resolve_id, progress).named(match)
            if revision not in (None, known.revision):
                fail(
                    f"The match is of revision {known.revision} of the event now: examine that one first.", WRONG_USAGE
                )
            decision = IdentityDecision(
                match_id=known.match_id,
                event_id=known.event_id,
                person_id=known.person_id,
                revision=known.revision,
                verdict=chosen[0],
                decided_by=by.strip(),
                reason=why,
                decided_at=datetime.now(UTC),
            )
            written = write_decision(operator.clients, decision)
        except MatchUnknown as error:
            fail(str(error), WRONG_USAGE)
        except Refused as refusal:
            fail(f"{refusal.field}: {refusal.reason.advice}", WRONG_USAGE)
        with Console(stderr=True).status("Waiting for matching"):
            honoured = await_honoured(operator.scanner, written, wait)
    if as_json:
        typer.echo(report.decided_json(written, honoured=honoured))
    else:
        report.print_decided(written, honoured=honoured)
    raise typer.Exit(0 if honoured else _NOT_YET)


def _reason(told: str | None) -> str:
    """The reason as it was given, asked for or piped in."""
    if told is None:
        if not sys.stdin.isatty():
            raise typer.BadParameter("say why: --reason TEXT, or --reason - to read it from standard input")
        told = str(typer.prompt("Why", err=True))
    elif told == "-":
        told = sys.stdin.read(2 * MAX_REASON)
    return told.strip()
