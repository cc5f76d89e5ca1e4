"""`resesignal topics`: the topics on a broker, compared with the table and brought in line with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from rich.table import Column

from deploy.acl import acls
from deploy.screen import Console, Table
from deploy.topics import Change, TopicError, apply, plan
from producers.kafka_config import ClientConfigError, read_properties
from schemas.topics import TOPICS


class Exit(IntEnum):
    """Exit status of the commands."""

    AS_THE_TABLE_SAYS = 0
    DIFFERS = 1
    NO_BROKER = 3


app = typer.Typer(
    name="topics",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Topics on the broker, compared with the table of topics.

[bold]Exit status[/]
\b
  0   as the table says
  1   something differs, or could not be changed
  2   wrong usage
  3   no broker answered
""",
)

_Bootstrap = Annotated[
    str, typer.Option(envvar="RESESIGNAL_KAFKA_BOOTSTRAP", metavar="HOST:PORT", help="Kafka brokers, commas between.")
]
_ClientConfig = Annotated[
    Path | None,
    typer.Option(
        envvar="RESESIGNAL_KAFKA_CLIENT_CONFIG",
        exists=True,
        dir_okay=False,
        help="librdkafka properties, name=value on a line: TLS and SASL.",
    ),
]
_Replication = Annotated[
    int, typer.Option("--replication-factor", min=1, help="Copies of each partition of a topic that is created.")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]

_BOOTSTRAP = "127.0.0.1:9092"


@app.command("plan")
def plan_command(
    bootstrap: _Bootstrap = _BOOTSTRAP,
    client_config: _ClientConfig = None,
    replication_factor: _Replication = 1,
    as_json: _Json = False,
) -> None:
    """Show what `apply` would change. Changes nothing.

    Example: resesignal topics plan --replication-factor 3
    """
    changes = _plan(_admin(bootstrap, client_config), replication_factor)
    _show(changes, as_json, done=False)
    raise typer.Exit(Exit.DIFFERS if changes else Exit.AS_THE_TABLE_SAYS)


@app.command("apply")
def apply_command(
    bootstrap: _Bootstrap = _BOOTSTRAP,
    client_config: _ClientConfig = None,
    replication_factor: _Replication = 1,
    as_json: _Json = False,
) -> None:
    """Create the topics that are missing and set what differs. What cannot be changed is told, with what to do.

    Example: resesignal topics apply --replication-factor 3
    """
    admin = _admin(bootstrap, client_config)
    changes = _plan(admin, replication_factor)
    try:
        left = apply(admin, changes)
    except KafkaException as error:
        _fail(f"The broker refused: {error.args[0].str()}", Exit.DIFFERS)
    _show(changes, as_json, done=True)
    raise typer.Exit(Exit.DIFFERS if left else Exit.AS_THE_TABLE_SAYS)


@app.command("check")
def check_command(
    bootstrap: _Bootstrap = _BOOTSTRAP, client_config: _ClientConfig = None, as_json: _Json = False
) -> None:
    """Say whether the topics are as the table says; for scripts and monitoring.

    Example: resesignal topics check --json || echo differs
    """
    changes = _plan(_admin(bootstrap, client_config), replication_factor=1)
    if as_json or changes:
        _show(changes, as_json, done=False)
    else:
        Console().print(f"All {len(TOPICS)} topics are as the table says.")
    raise typer.Exit(Exit.DIFFERS if changes else Exit.AS_THE_TABLE_SAYS)


@app.command("acl")
def acl_command(
    as_json: _Json = False,
    commands: Annotated[
        bool, typer.Option("--commands", help="As arguments of Kafka's kafka-acls, one on a line.")
    ] = False,
) -> None:
    """Show the rights that the table asks for. Grants nothing; the principals are placeholders.

    Example: resesignal topics acl --commands
    """
    rights = acls()
    if commands:
        typer.echo("\n".join(acl.command for acl in rights))
        return
    if as_json:
        rows = [{name: getattr(acl, name) for name in _ACL} for acl in rights]
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(title="Rights that follow from the table of topics")
    for name in _ACL:
        table.add_column(name.capitalize())
    for acl in rights:
        table.add_row(*(getattr(acl, name) for name in _ACL))
    Console().print(table)


_ACL = ("principal", "operation", "resource", "name", "pattern")


def _plan(admin: AdminClient, replication_factor: int) -> list[Change]:
    try:
        return plan(admin, replication_factor=replication_factor)
    except KafkaException as error:
        _fail(f"No broker answered ({error.args[0].name()}); is --bootstrap right, and Kafka running?", Exit.NO_BROKER)
    except TopicError as error:
        _fail(str(error), Exit.DIFFERS)


def _fail(sentence: str, status: Exit) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", soft_wrap=True)
    raise typer.Exit(status)


def _admin(bootstrap: str, client_config: Path | None) -> AdminClient:
    try:
        extra = read_properties(client_config.read_text("utf-8")) if client_config else {}
    except (ClientConfigError, OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot be used: {error}", param_hint="--client-config") from error
    # What goes wrong is told once, in a sentence; librdkafka would write every attempt to stderr.
    own: dict[str, Any] = {"bootstrap.servers": bootstrap, "error_cb": lambda _error: None, "log_level": 0}
    return AdminClient({**extra, **own})


def _show(changes: Sequence[Change], as_json: bool, *, done: bool) -> None:
    if as_json:
        document = {
            "as_the_table_says": not changes if not done else all(change.applicable for change in changes),
            "changes": [
                {
                    "topic": change.name,
                    "change": str(change),
                    "applied": done and change.applicable,
                    "kind": _kind(change),
                }
                for change in changes
            ],
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    console = Console()
    if not changes:
        console.print(f"All {len(TOPICS)} topics are as the table says.")
        return
    table = Table(
        "Topic", Column("Change", overflow="fold"), "State", title="Changes made" if done else "Changes to make"
    )
    for change in changes:
        state = "cannot be applied" if not change.applicable else "done" if done else "to do"
        table.add_row(change.name, str(change), state, style=None if change.applicable else "red")
    console.print(table)


def _kind(change: Change) -> str:
    return {"CreateTopic": "create", "SetConfig": "set-config", "WrongPartitions": "wrong-partitions"}[
        type(change).__name__
    ]
