"""`resesignal identity`: matches by identity, and what a person decides about who the traveller is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from consumers.deciding import MatchUnknown, await_honoured, read_matches, write_decision
from deploy.commands import identity_report as report
from deploy.commands.operator import WRONG_USAGE, fail, operating, reading
from schemas.reasons import Refused
from schemas.records import IdentityDecision, IdentityVerdict

_NOT_YET = 4

app = typer.Typer(
    name="identity",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Decide whether a traveller is the person in the registry: a human does, and matching honours it.

A possible match that is confirmed becomes evidence; any match that is rejected is taken back, and stays so
whatever comes after: corrections of the event, registry rows, rules, restarts. A decision is about one event and one
person. It can be replaced by another, or taken back; all of them are kept.

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


@app.command("decide")
def decide_command(
    match: Annotated[str, typer.Argument(metavar="MATCH", help="Id of the match, or how it begins, as on its page.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides: a person's user name.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why, in a sentence without names or numbers: it is kept for good.")
    ],
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
    with operating() as operator:
        try:
            with reading() as progress:
                known = read_matches(operator.scanner, operator.resolve_id, progress).named(match)
            decision = IdentityDecision(
                match_id=known.match_id,
                event_id=known.event_id,
                person_id=known.person_id,
                verdict=chosen[0],
                decided_by=by.strip(),
                reason=reason.strip(),
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
