"""`resesignal dead-letters`: records that were refused; why, and once the cause is mended, again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from consumers.case_queue.engine import make_engine
from consumers.case_queue.refusals import Refusal, read_refusals
from consumers.dead_letters import Listed, Place, PlaceError, Redrivable, select
from consumers.redriving import Fate, Redriven, Source, await_handled, fates, look_at_source, order
from consumers.redriving import read_letters as read
from deploy.commands import dead_letters_report as report
from deploy.commands.operator import NOTHING_WRITTEN, WRONG_USAGE, Operator, fail, operating, ordering
from schemas.reasons import Reason
from schemas.topics import TOPICS

_GROUP = "case-queue"
_NOT_WELL, _NOT_YET = 1, 4

app = typer.Typer(
    name="dead-letters",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Records that were refused: where they are, why, and how to let them in after all. Never their content.

A letter stands until a redrive of its record succeeds. A redrive reads the record again at its source.

[bold]Exit status[/]
\b
  0   done: listed; the source holds the record as it was refused; all redrives were answered
  1   show: there is no such letter, or its source no longer holds the record; redrive: refused again
  2   wrong usage, or redrive without --yes
  3   Kafka or the database did not answer
  4   redrive: ordered, and not handled within --wait; the orders stand
  130 interrupted; orders that were given stand
""",
)

_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]
_Reason = Annotated[str | None, typer.Option(metavar="CODE", help="Only letters with this reason code.")]


@app.command("list")
def list_command(
    reason: _Reason = None,
    topic: Annotated[str | None, typer.Option(help="Only letters of records on this topic.")] = None,
    database: Annotated[
        bool, typer.Option("--database", help="Also the records that the case queue refused, from PostgreSQL.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """List the letters that stand, and how many there are for each reason.

    Example: resesignal dead-letters list --reason handler-failed
    """
    _known_reason(reason)
    if topic is not None and topic not in TOPICS:
        raise typer.BadParameter(f"there is no topic {topic}; there are {', '.join(TOPICS)}", param_hint="--topic")
    with operating(interrupted=NOTHING_WRITTEN) as operator:
        refusals = _refusals(operator, reason, topic) if database else None
        listed = select(read(operator.scanner, operator.resolve_id), reason=reason, topic=topic)
    if as_json:
        typer.echo(report.list_json(listed, refusals))
    else:
        report.print_list(listed, refusals)


@app.command("show")
def show_command(
    place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET", help="The record's place.")],
    as_json: _Json = False,
) -> None:
    """Show all about one letter, and whether its source still holds the record.

    Example: resesignal dead-letters show border-crossings/3/1207
    """
    wanted = _place(place)
    with operating(interrupted=NOTHING_WRITTEN) as operator:
        letters = read(operator.scanner, operator.resolve_id)
        letter = letters.standing.get(wanted)
        if letter is None:
            was = "it was redriven and is answered" if wanted in letters.answered() else "no such letter stands"
            fail(f"{wanted}: {was}.", _NOT_WELL)
        source = look_at_source(operator.clients, letter)
    listed = Listed(wanted, letter, letters.attempts().get(wanted, ()))
    if as_json:
        typer.echo(report.show_json(listed, source))
    else:
        report.print_letter(listed, source)
    raise typer.Exit(0 if source is Source.SAME else _NOT_WELL)


@app.command("redrive")
def redrive_command(
    places: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC/PARTITION/OFFSET]...", help="Places of records.")
    ] = None,
    reason: _Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters that can be redriven.")] = False,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Who orders it; the user of the operating system if not told. One with a personal number is refused.",
        ),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait at most so long for what becomes of it.")
    ] = 60.0,
    yes: Annotated[
        bool, typer.Option("--yes", help="Order it; without this, only show what would be ordered.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Order that records be read again at their source, and say what became of each.

    Example: resesignal dead-letters redrive --reason authority-not-permitted --yes
    """
    if sum((bool(places), reason is not None, everything)) != 1:
        raise typer.BadParameter("name places, or --reason, or --all: one of the three")
    _known_reason(reason)
    wanted = [_place(text) for text in dict.fromkeys(places or ())]
    name = ordering(by)
    with operating(interrupted="What was ordered stands; see: resesignal dead-letters list") as operator:
        chosen = _choose(operator, wanted, reason)
        if chosen and not yes:
            report.print_plan(chosen)
            fail("Nothing was ordered; add --yes to order it.", WRONG_USAGE)
        found = _redrive(operator, chosen, name, wait) if chosen else []
    if as_json:
        typer.echo(report.redrive_json(found))
    else:
        report.print_fates(found)
    if any(one.fate is Fate.WAITING for one in found):
        raise typer.Exit(_NOT_YET)
    raise typer.Exit(_NOT_WELL if any(one.fate is Fate.REFUSED for one in found) else 0)


def _choose(operator: Operator, wanted: list[Place], reason: str | None) -> list[Listed]:
    letters = read(operator.scanner, operator.resolve_id)
    if wanted:
        missing = [str(place) for place in wanted if place not in letters.standing]
        if missing:
            fail(f"No such letter stands: {', '.join(missing)}. See: resesignal dead-letters list", WRONG_USAGE)
        chosen = [Listed(place, letters.standing[place]) for place in wanted]
        for one in chosen:
            if one.redrivable is not Redrivable.YES:
                fail(f"{one.place}: {one.redrivable.sentence}", WRONG_USAGE)
        return chosen
    listed = select(letters, reason=reason)
    chosen = [one for one in listed if one.redrivable is Redrivable.YES]
    left = len(listed) - len(chosen)
    if left:
        Console(stderr=True).print(f"{left} letters are left out: they are not of a source that can be read again.")
    return chosen


def _redrive(operator: Operator, chosen: list[Listed], by: str, wait: float) -> list[Redriven]:
    ordered = order(operator.clients, chosen, by=by, now=datetime.now(UTC))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Waiting for matching", total=len(ordered))
        handled = await_handled(operator.scanner, ordered, wait, lambda done: progress.update(task, completed=done))
    return fates(ordered, handled, read(operator.scanner, operator.resolve_id))


def _refusals(operator: Operator, reason: str | None, topic: str | None) -> list[Refusal]:
    engine = make_engine(operator.settings.require_database(), application="dead-letters")
    try:
        refusals = read_refusals(engine, _GROUP)
    finally:
        engine.dispose()
    return [one for one in refusals if reason in (None, one.reason) and topic in (None, one.topic)]


def _place(text: str) -> Place:
    try:
        return Place.parse(text)
    except PlaceError as error:
        raise typer.BadParameter(str(error)) from None


def _known_reason(reason: str | None) -> None:
    if reason is not None and reason not in {one.value for one in Reason}:
        raise typer.BadParameter(f"there is no reason {reason}", param_hint="--reason")
