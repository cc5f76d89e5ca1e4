"""`resesignal reconcile`: proof that nothing vanished on the way and that the queue holds what Kafka holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from consumers.reconcile import Reconciliation, await_handled, reconcile
from consumers.reconcile.result import Check, PartitionBooks
from deploy.commands.operator import NOTHING_WRITTEN, Operator, operating
from deploy.screen import Console, Table
from matcher.memory import Outcome

_DIFFERS = 1
# A screen holds no more; --json tells all.
_SHOWN = 20
# What is shown of each group's outcomes, which add up to what was consumed. Only matching discards most of what it
# reads; it takes in decisions and orders.
_COLUMNS = {"matching": ("matched", "review", "taken-in", "discarded", "dead-lettered")}
_OTHERS = ("taken-in", "discarded", "dead-lettered")


def reconcile_command(
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="First wait until all has been handled, at most so long."),
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of tables.")] = False,
) -> None:
    """Prove that every record has exactly one outcome and that the queue holds what Kafka holds. Changes nothing.

    Can be run while services run: what is on its way is told apart.

    \b
    Exit status
      0   everything has been handled and agrees
      1   something differs, has not been handled yet, or is to be looked at again
      2   wrong usage
      3   Kafka or PostgreSQL did not answer
      130 interrupted; nothing was written

    Example: resesignal reconcile --wait 60 --json
    """
    with operating(interrupted=NOTHING_WRITTEN) as operator:
        result = _reconcile(operator, wait)
    if as_json:
        typer.echo(as_document(result))
    else:
        _print(result)
    raise typer.Exit(0 if result.agrees else _DIFFERS)


def _reconcile(operator: Operator, wait: float) -> Reconciliation:
    database = operator.settings.require_database()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        if wait:
            task = progress.add_task("Waiting")
            await_handled(
                operator.clients,
                database,
                wait,
                lambda left, due: progress.update(
                    task, description=f"Waiting: {left:,} records to be handled, {due} partitions to be looked at again"
                ),
            )
            progress.remove_task(task)
        progress.add_task("Reading and comparing")
        return reconcile(operator.clients, database, resolve_id=operator.resolve_id)


def as_document(result: Reconciliation) -> str:
    """The reconciliation as JSON."""
    document: dict[str, Any] = {
        "agrees": result.agrees,
        "balanced": result.balanced,
        "lag": result.lag,
        "due": [f"{one.topic}/{one.number}" for one in result.due],
        "books": [
            {
                "group": one.group,
                "topic": one.partition.topic,
                "partition": one.partition.number,
                "first": one.first,
                "next": one.next,
                "consumed": one.consumed,
                "outcomes": dict(one.outcomes),
                "check": one.check.value,
                "lag": one.lag,
                "expired": one.expired,
            }
            for one in result.books
        ],
        "letters": [
            {
                "topic": one.partition.topic,
                "partition": one.partition.number,
                "counted": one.counted,
                "standing": one.standing,
                "answered": one.answered,
            }
            for one in result.letters
        ],
        "matches": asdict(result.matches),
        "queue": asdict(result.queue),
        "differences": [
            {"problem": one.problem.value, "where": one.where, "detail": one.detail} for one in result.differences
        ],
        "notes": list(result.notes),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _print(result: Reconciliation) -> None:
    console = Console(highlight=False)
    for group in dict.fromkeys(one.group for one in result.books):
        console.print(_books_table(group, [one for one in result.books if one.group == group]))
    used = {one.check for one in result.books if one.check is not Check.NOTHING_READ}
    for check in Check:
        if check in used:
            console.print(f"[bold]{check.value}[/] {check.sentence}")
    console.print()
    console.print(_stages_table(result))
    for note in result.notes:
        console.print(f"Note: {note}", markup=False)
    if result.differences:
        table = Table("Problem", "Where", Column("What", overflow="fold"), title="Differences", style="red")
        for one in result.differences[:_SHOWN]:
            table.add_row(one.problem.value, one.where, one.detail)
        console.print(table)
        if len(result.differences) > _SHOWN:
            console.print(f"... and {len(result.differences) - _SHOWN} more; --json tells all.")
    console.print(_verdict(result))


def _verdict(result: Reconciliation) -> str:
    if result.differences:
        return f"[bold red]It does not agree:[/] {_number(len(result.differences), 'difference')}."
    if result.lag:
        waiting = Counter({one.group: 0 for one in result.books})
        for one in result.books:
            waiting[one.group] += one.lag
        told = ", ".join(f"{group}: {count:,}" for group, count in waiting.items() if count)
        have = "record has" if result.lag == 1 else "records have"
        return (
            f"[bold yellow]Nothing differs, but {result.lag:,} {have} not been handled yet ({told}).[/] "
            "See that these services run; then wait for it with --wait SECONDS."
        )
    if result.due:
        return (
            f"[bold yellow]Nothing differs, but the events of {_number(len(result.due), 'partition')} are still to be "
            "compared with rows, decisions or rules that came after them.[/] "
            "See that matching runs; then wait for it with --wait SECONDS."
        )
    consumed = sum(one.consumed for one in result.books)
    return f"[bold green]Everything agrees.[/] {consumed:,} records, each with exactly one outcome."


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _books_table(group: str, books: Sequence[PartitionBooks]) -> Table:
    columns = _COLUMNS.get(group, _OTHERS)
    silent = sum(not (one.consumed or one.lag) for one in books)
    caption = f"{silent} partitions hold nothing." if silent else None
    table = Table(title=f"{group}: every record has one outcome", caption=caption)
    table.add_column("Partition")
    for name in ("First", "Next", "Consumed", *(column.capitalize() for column in columns), "To do"):
        table.add_column(name, justify="right")
    table.add_column("Check")
    for one in books:
        if not (one.consumed or one.lag):
            continue
        grouped = _grouped(one)
        shown = [f"{one.first:,}" if one.first >= 0 else "", f"{one.next:,}" if one.next >= 0 else ""]
        counts = [f"{grouped[name]:,}" for name in columns]
        place = f"{one.partition.topic}/{one.partition.number}"
        table.add_row(place, *shown, f"{one.consumed:,}", *counts, f"{one.lag:,}", one.check.value)
    return table


def _grouped(one: PartitionBooks) -> Counter[str]:
    known = {outcome.value: outcome.group for outcome in Outcome}
    grouped: Counter[str] = Counter()
    for name, count in one.outcomes.items():
        grouped[known.get(name, name)] += count
    return grouped


def _stages_table(result: Reconciliation) -> Table:
    letters, matches, queue = result.letters, result.matches, result.queue
    table = Table(
        "Stage", Column("Compared", overflow="fold"), Column("Left out", overflow="fold"), title="From stage to stage"
    )
    table.add_row(
        "Dead letters",
        f"{sum(one.counted for one in letters):,} counted, {sum(one.standing for one in letters):,} stand, "
        f"{sum(one.answered for one in letters):,} answered",
        "",
    )
    older = f", {matches.older:,} older ones not checked" if matches.older else ""
    table.add_row(
        "Matches = evidence",
        f"{matches.holding:,} hold, {matches.taken_back:,} taken back{older}",
        f"{matches.in_flight:,} people on their way" if matches.in_flight else "",
    )
    candidates = f"{_number(queue.candidates, 'candidate')} ({queue.open_candidates:,} open)"
    table.add_row(
        "Candidates = queue",
        f"{candidates}, {_number(queue.reviews, 'review')}",
        f"{queue.in_flight:,} people on their way" if queue.in_flight else "",
    )
    return table
