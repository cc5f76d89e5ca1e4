"""`resesignal`: every command, each for one of the three users or for the developer. Mounts; the work is elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from consumers.case_queue.errors import QueueUnavailable
from consumers.completeness import RulesOlderError
from consumers.schema_registry import RegistryError
from deploy.commands import asyncapi as asyncapi_command
from deploy.commands import dead_letters, identity, local_stack, publish, reconcile, replay, rules, schemas, topics
from deploy.help_words import WordedGroup
from deploy.screen import Console, Table
from deploy.services import program_version, run_candidates, run_case_queue, run_matching
from deploy.settings import PREFIX, Settings, SettingsError, read_settings, settings_table
from deploy.stack import Report, StackError
from deploy.topics import TopicError
from matcher.rules_faults import RuleSetError

# What takes long to import, the few commands that need it import themselves: the pages, migrations, stack and demo.
if TYPE_CHECKING:
    from deploy.local import Addresses, LocalResesignal

_MANUAL = """Travel events of people with a protection status, from the border and the missions abroad to the queue of
Migrationsverket, where a person examines them. Resesignal finds and explains; a person decides.

New here? [bold]resesignal demo[/] shows all of it on this machine with invented people. Settings are environment
variables: [bold]resesignal settings[/] lists them.
"""
_HERE = "On this machine, on real servers"
_AGENCY = "For an agency"
_OPERATOR = "For the operator"
app = typer.Typer(
    name="resesignal",
    cls=WordedGroup,
    help=_MANUAL,
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
)
app.add_typer(publish.app, name="publish", rich_help_panel=_AGENCY)
app.add_typer(topics.app, name="topics", rich_help_panel=_OPERATOR)
app.add_typer(schemas.app, name="schemas", rich_help_panel=_OPERATOR)
app.add_typer(rules.app, name="rules", rich_help_panel=_OPERATOR)
app.add_typer(identity.app, name="identity", rich_help_panel=_OPERATOR)
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel=_OPERATOR)
app.command("asyncapi", rich_help_panel=_AGENCY)(asyncapi_command.asyncapi)
app.command("replay", rich_help_panel=_OPERATOR)(replay.replay_command)
app.command("reconcile", rich_help_panel=_OPERATOR)(reconcile.reconcile_command)

_Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output instead of text.")]
_LOCAL = "stack"


class Service(StrEnum):
    """What can be run."""

    MATCHING = "matching"
    CANDIDATES = "candidates"
    CASE_QUEUE = "case-queue"
    API = "api"


# Errors that a user can mend; their texts are sentences for them.
_SENTENCES = (
    SettingsError,
    RuleSetError,
    RulesOlderError,
    RegistryError,
    StackError,
    TopicError,
    FileExistsError,
)


def main() -> None:
    """Run a command; what a user can cause ends with one sentence and status 2, not with a stack trace."""
    try:
        app()
    except _SENTENCES as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        sys.exit(2)
    except QueueUnavailable as error:
        text = f"The database does not answer ({error}); check {PREFIX}DATABASE_URL and that it runs."
        Console(stderr=True, highlight=False).print(text, style="red", markup=False)
        sys.exit(3)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(program_version())
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    local: Annotated[
        Path | None,
        typer.Option(
            "--local",
            metavar="DIR",
            help="Speak to the local stack in this folder: that of `up` is .state/stack, that of `demo` .state/demo. "
            "What is published to it waits in a spool of its own there.",
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        return
    if local is not None:
        stack = _stack(local)
        # With its own spool: what waits for one stack, or for an agency's cluster, is never delivered to another.
        os.environ.update({**stack.environment(), f"{PREFIX}SPOOL": os.fspath(stack.state / "spool")})


@app.command(rich_help_panel=_OPERATOR)
def run(
    service: Annotated[
        Service,
        typer.Argument(
            help="matching: events against the registry. candidates: matches to one candidate a person. "
            "case-queue: candidates into PostgreSQL. api: the queue's pages and API."
        ),
    ],
) -> None:
    """Run one instance of a service until SIGTERM. Run several for more throughput, each with its own instance name."""
    settings = read_settings()
    match service:
        case Service.MATCHING:
            run_matching(settings)
        case Service.CANDIDATES:
            run_candidates(settings)
        case Service.CASE_QUEUE:
            run_case_queue(settings)
        case Service.API:
            from consumers.case_queue.errors import NotLoopback
            from deploy.web import run_api

            try:
                run_api(settings)
            except NotLoopback as error:
                raise SettingsError(str(error)) from None


@app.command(rich_help_panel=_OPERATOR)
def migrate() -> None:
    """Bring the case queue's tables to this version. Harmless where they are."""
    from consumers.case_queue.migrate import upgrade

    upgrade(read_settings().require_database())
    typer.echo("The tables are as this version needs them.")


@app.command(rich_help_panel=_OPERATOR)
def settings(as_json: _Json = False) -> None:
    """List the settings: environment variable, default, meaning."""
    # The table is made for a page, where `so` is code.
    rows = [tuple(text.replace("`", "") for text in row) for row in settings_table()]
    if as_json:
        typer.echo(orjson.dumps([dict(zip(("name", "default", "meaning"), row, strict=True)) for row in rows]))
        return
    table = Table("environment variable", "default", Column("meaning", overflow="fold"))
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@app.command(rich_help_panel=_HERE)
def demo(
    people: Annotated[int, typer.Option(help="People in the registry.")] = 20_000,
    crossings: Annotated[int, typer.Option(help="Border crossings.")] = 100_000,
    observations: Annotated[int, typer.Option(help="Mission observations.")] = 2_000,
    seed: Annotated[
        int, typer.Option(help="Number that all chance follows from: the same one gives the same people and travel.")
    ] = 1,
    once: Annotated[
        bool, typer.Option("--once", envvar="ONCE", help="Stop everything at the end; so too without a terminal.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Run the main job on real servers with invented people, and compare what comes of it with what is true.

    Ends with 0 where every candidate and identity review is as it must be, else with 1. Ends with 2 where another demo
    runs in the same folder, which goes on; what a former one left there is replaced.
    """
    from deploy.demo import run_demo
    from deploy.traffic import Undelivered
    from producers.simulator import Scenario, build

    chosen = read_settings()
    try:
        world = build(Scenario(seed=seed, people=people, crossings=crossings, observations=observations))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    once = once or not sys.stdout.isatty()
    try:
        status = run_demo(world, chosen.state / "demo", chosen.cache, once=once, as_json=as_json)
    except Undelivered as error:
        raise StackError("undelivered", str(error)) from None
    raise typer.Exit(status)


@app.command(rich_help_panel=_HERE)
def up(
    matching: Annotated[int, typer.Option(min=1, max=6, help="Instances of matching.")] = 1,
    candidates: Annotated[int, typer.Option(min=1, max=6, help="Instances of candidates.")] = 1,
    case_queue: Annotated[int, typer.Option(min=1, max=6, help="Instances of case-queue.")] = 1,
    as_json: _Json = False,
) -> None:
    """Start everything on this machine and leave it running; say where it is. Data are kept between `up` and `down`.

    Settings are checked before anything is started. What runs already is left as it is; where it was started with other
    settings than are set now, this says so. Ends with 2 where something does not start and 130 at Ctrl-C: what runs by
    then runs on, and is told.
    """
    instances = {"matching": matching, "candidates": candidates, "case-queue": case_queue}
    stack = _here(instances)
    with local_stack.starting(stack, _usual()):
        with _spinner(Console(stderr=True)) as report:
            addresses = stack.up(report)
        others = stack.other_settings()
    _say(addresses, others, as_json)
    local_stack.tell_other_settings(others, stack, _usual())


@app.command(rich_help_panel=_HERE)
def down() -> None:
    """Stop everything that `up` started. Data and logs stay."""
    _here().down()
    typer.echo("Everything is stopped; data and logs are kept.")


@app.command(rich_help_panel=_HERE)
def status(as_json: _Json = False) -> None:
    """Show what runs: process, address, since when, memory. Ends with 1 where something has died."""
    local = _here()
    rows = local.stack.status()
    if as_json:
        typer.echo(
            orjson.dumps(
                [
                    {
                        "name": row.name,
                        "state": row.state.value,
                        "pid": row.pid,
                        "address": row.address,
                        "since": row.since,
                        "resident_bytes": row.resident,
                    }
                    for row in rows
                ]
            )
        )
    else:
        table = Table()
        for column in ("", "state", "pid", "address", "running for", "memory"):
            table.add_column(column)
        for row in rows:
            since = str(datetime.now(UTC) - row.since.astimezone(UTC)).split(".")[0] if row.since else ""
            memory = f"{row.resident / 2**20:,.0f} MiB" if row.resident else ""
            table.add_row(row.name, row.state.value, str(row.pid or ""), row.address, since, memory)
        Console().print(table if rows else "Nothing was ever started here; see: resesignal up")
        if hint := local_stack.of_the_dead(rows, local, _usual()):
            typer.echo(hint)
    if any(row.state.value == "died" for row in rows):
        raise typer.Exit(1)


@app.command(rich_help_panel=_HERE)
def logs(
    name: Annotated[str, typer.Argument(help="Server or service, as `status` names it.")],
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="Lines from the end.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
) -> None:
    """Show the log of a server or service."""
    file = _here().stack.log_file(name)
    if not file.is_file():
        raise StackError("unknown-process", f"Nothing called {name} was started here; see: resesignal status")
    with file.open(encoding="utf-8", errors="replace") as stream:
        for line in stream.readlines()[-lines:]:
            typer.echo(line, nl=False)
        while follow:
            line = stream.readline()
            if line:
                typer.echo(line, nl=False)
            else:
                time.sleep(0.3)


def _here(instances: dict[str, int] | None = None) -> LocalResesignal:
    from deploy.local import LocalResesignal

    chosen = read_settings()
    # `--local` names a stack's own folder; without it, it is the folder of `up`.
    folder = chosen.state if (chosen.state / "stack.json").exists() else _usual()
    return LocalResesignal(folder, chosen.cache, instances=instances)


def _usual() -> Path:
    return read_settings().state / _LOCAL


def _stack(folder: Path) -> LocalResesignal:
    from deploy.local import LocalResesignal

    if not (folder / "stack.json").exists():
        raise local_stack.no_stack(folder)
    chosen: Settings = read_settings(state=folder)
    return LocalResesignal(folder, chosen.cache)


def _say(addresses: Addresses, others: Mapping[str, Sequence[str]], as_json: bool) -> None:
    from deploy.local import own_command

    shown = {"queue": addresses.queue, "kafka": addresses.kafka, "prometheus": addresses.prometheus}
    shown |= {f"{name} metrics": f"{url}/metrics" for name, url in addresses.observe.items()}
    if as_json:
        typer.echo(orjson.dumps({**shown, "other_settings": others}))
        return
    for name, address in shown.items():
        typer.echo(f"{name:<22} {address or 'not on this system (install prometheus)'}")
    typer.echo(f"\nSpeak to it with: {own_command()} --local {os.path.relpath(_here().state)} reconcile")


@contextmanager
def _spinner(console: Console) -> Iterator[Report]:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("Starting", total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=f"{what.capitalize()}" + (f" {done}/{total}" if total > 1 else ""))

        yield report
