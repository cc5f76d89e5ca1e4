"""`resesignal schemas`: what to do after changing one, and registering them where a Schema Registry is used."""

from __future__ import annotations

import json
import time
from typing import Annotated

import httpx
import typer

from consumers.schema_registry import RegistryAwayError, RegistryError, SchemaRegistry
from deploy.screen import Console, Table
from schemas.topics import TOPICS
from schemas.versions import unrecorded_changes

app = typer.Typer(
    name="schemas",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""The Avro schemas.

[bold]Exit status[/]
\b
  0   as it should be
  1   something is to be done, or the registry refused
  2   wrong usage
  3   the registry did not answer
""",
)

_DIFFERS, _AWAY = 1, 3


@app.command("check")
def check_command() -> None:
    """Say what to do about schemas that were changed without a version in schemas/history. For developers and CI.

    Example: resesignal schemas check
    """
    changes = unrecorded_changes()
    console = Console(soft_wrap=True)
    for change in changes:
        console.print(f"{change.step.value}: {change}", markup=False, highlight=False)
    if not changes:
        console.print("Every schema is recorded in schemas/history.")
    raise typer.Exit(_DIFFERS if changes else 0)


@app.command("register")
def register_command(
    url: Annotated[
        str,
        typer.Option(
            "--registry",
            envvar="RESESIGNAL_SCHEMA_REGISTRY_URL",
            metavar="URL",
            help="The Schema Registry; for Apicurio with /apis/ccompat/v7.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Topic and id as one JSON object on stdout.")] = False,
) -> None:
    """Register all committed versions of all topics' schemas, with compatibility BACKWARD_TRANSITIVE. Can be repeated.

    Example: resesignal schemas register --registry http://registry:8081
    """
    error_console = Console(stderr=True, soft_wrap=True)
    with httpx.Client(base_url=url, timeout=10) as client:
        registry = SchemaRegistry(client, clock=time.monotonic, wait=time.sleep)
        try:
            ids = registry.register(TOPICS.values())
        except RegistryAwayError:
            error_console.print("The Schema Registry did not answer; is --registry right, and does it run?")
            raise typer.Exit(_AWAY) from None
        except RegistryError as error:
            error_console.print(str(error), markup=False)
            raise typer.Exit(_DIFFERS) from None
    if as_json:
        typer.echo(json.dumps(ids, indent=2))
        return
    table = Table("Topic", "Id of the newest schema", title="Registered")
    for topic, number in ids.items():
        table.add_row(topic, str(number))
    Console().print(table)
