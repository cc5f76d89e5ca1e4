"""`resesignal publish`: an agency's events, from JSON Lines to Kafka, with nothing lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.publish_run import Deletion, Exit, Route, Work, run
from producers.jsonl import Rejects
from producers.kafka_config import ClientConfigError, Setting, read_properties
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, PROTECTION_STATUSES, Topic


def _manual(text: str) -> str:
    """Text for Typer, which keeps line ends: paragraphs become one line each, indented ones stay as they are."""
    paragraphs = (part.strip("\n") for part in text.split("\n\n"))
    return "\n\n".join(part if part.startswith("  ") else part.replace("\n", " ") for part in paragraphs)


_MANUAL = _manual("""
Publish events of an agency to Kafka.

The input is JSON Lines: one JSON object on a line, UTF-8, with the fields of the topic's record (the AsyncAPI document
lists them; a time is text with its offset, such as 2026-03-14T09:26:53Z). It is a file, or [bold]-[/] for standard
input, which may stay open: each line is sent as it comes.

Each line is checked by the rules that the reader applies. What passes is [bold]accepted[/]: written to the spool, a
folder on this machine, and synced to disk. From there it goes to Kafka, and it leaves the spool when all in-sync
replicas have it. So nothing that was accepted is lost when Kafka is away, the process is killed or the power fails: run
the same command again. An event that is sent twice carries the same event_id and counts once. What an earlier run left
in the spool is sent first.

What does not pass is [bold]refused[/], with line number, reason code and field, never the value. With --rejects the
lines themselves are kept in a file of yours, readable by you alone, to be mended and published again.

[bold]Exit status[/]

  0    every line was accepted and delivered
  1    some lines were refused; all others were delivered
  2    wrong option, input or client configuration
  3    Kafka was away or refused; what was accepted is safe in the spool
  4    spool or disk full, or spool or rejects file not usable;
       it is told up to which line all is safe
  130  interrupted; what was accepted is safe in the spool

After 2, 3, 4 and 130 run the same command again once the cause is gone; [bold]spooled[/] sends only what waits.

[bold]Examples[/]

  resesignal publish border-crossings day.jsonl --rejects refused.jsonl
  gate-export --follow | resesignal publish border-crossings -
  resesignal publish border-crossings day.jsonl --dry-run --json
""")

_REGISTER_MANUAL = _manual("""
The register of people with a protection status: changed rows, or with --full all of it. For Migrationsverket.

A full load sends only rows that differ from what the topic holds, and none that was recorded before the one held.
People whom it does not name stay; how many is told.

A person is removed only by --delete, which asks for --events-held-since: the day on which the earliest event happened
that border-crossings and mission-observations still hold. Whoever had a status on that day or later is not removed
(exit status 1), because an event still held may concern them.

[bold]Examples[/]

  resesignal publish protection-statuses changes.jsonl
  resesignal publish protection-statuses register.jsonl --full
  resesignal publish protection-statuses --delete gone.txt
      --events-held-since 2025-03-01
""")

app = typer.Typer(name="publish", help=_MANUAL, no_args_is_help=True, rich_markup_mode="rich")

# Not checked by Typer, for which - would be a file that does not exist.
_Input = Annotated[Path, typer.Argument(metavar="FILE|-", help="JSON Lines; - reads standard input.")]
_Bootstrap = Annotated[
    str, typer.Option(envvar="RESESIGNAL_KAFKA_BOOTSTRAP", metavar="HOST:PORT", help="Kafka brokers, commas between.")
]
_ClientConfig = Annotated[
    Path | None,
    typer.Option(
        envvar="RESESIGNAL_KAFKA_CLIENT_CONFIG",
        exists=True,
        dir_okay=False,
        help="librdkafka properties, name=value on a line: TLS and SASL. Safety settings such as acks are not open.",
    ),
]
_Spool = Annotated[
    Path,
    typer.Option(
        envvar="RESESIGNAL_SPOOL",
        file_okay=False,
        help="Folder of the spool, on a local disk; it holds personal data. One for each Kafka cluster.",
    ),
]
_SpoolMax = Annotated[
    int, typer.Option("--spool-max-mib", min=1, help="Largest size of the spool; reading waits, then fails with 4.")
]
_Rejects = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Append refused lines to this file, with line number and code.")
]
_Wait = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Give up when Kafka has taken nothing for so long.")
]
_Json = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout for each refused line, and a summary as the last.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the lines; write and send nothing.")]

_BOOTSTRAP = "127.0.0.1:9092"
_SPOOL = Path(".state/spool")
_SPOOL_MAX_MIB = 4096


@app.command("border-crossings")
def border_crossings(
    file: _Input,
    bootstrap: _Bootstrap = _BOOTSTRAP,
    client_config: _ClientConfig = None,
    spool: _Spool = _SPOOL,
    spool_max_mib: _SpoolMax = _SPOOL_MAX_MIB,
    rejects: _Rejects = None,
    wait: _Wait = 30.0,
    as_json: _Json = False,
    dry_run: _DryRun = False,
) -> None:
    """Crossings of an external border. See `resesignal publish --help` for how it works and the exit status.

    Example: resesignal publish border-crossings crossings.jsonl --rejects refused.jsonl
    """
    route = _route(BORDER_CROSSINGS, bootstrap, client_config, spool, spool_max_mib, wait, as_json)
    raise typer.Exit(run(route, Work(file, _rejects(rejects), dry_run)))


@app.command("mission-observations")
def mission_observations(
    file: _Input,
    bootstrap: _Bootstrap = _BOOTSTRAP,
    client_config: _ClientConfig = None,
    spool: _Spool = _SPOOL,
    spool_max_mib: _SpoolMax = _SPOOL_MAX_MIB,
    rejects: _Rejects = None,
    wait: _Wait = 30.0,
    as_json: _Json = False,
    dry_run: _DryRun = False,
) -> None:
    """Observations by a Swedish mission abroad. See `resesignal publish --help`.

    Example: resesignal publish mission-observations observations.jsonl
    """
    route = _route(MISSION_OBSERVATIONS, bootstrap, client_config, spool, spool_max_mib, wait, as_json)
    raise typer.Exit(run(route, Work(file, _rejects(rejects), dry_run)))


@app.command(
    "protection-statuses",
    help=_REGISTER_MANUAL,
    short_help="The register of people with a protection status. For Migrationsverket.",
)
def protection_statuses(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE|-]", help="JSON Lines; - reads standard input."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="FILE is the whole register: read the topic first, send what differs.")
    ] = False,
    delete: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Remove these people: a file with one person_id on a line."),
    ] = None,
    events_held_since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the earliest event (occurred_at) that any source still holds."),
    ] = None,
    bootstrap: _Bootstrap = _BOOTSTRAP,
    client_config: _ClientConfig = None,
    spool: _Spool = _SPOOL,
    spool_max_mib: _SpoolMax = _SPOOL_MAX_MIB,
    rejects: _Rejects = None,
    wait: _Wait = 30.0,
    as_json: _Json = False,
    dry_run: _DryRun = False,
) -> None:
    """Rows of the register, or the whole of it."""
    if file is None and delete is None:
        raise typer.BadParameter("name a file with rows, or a list with --delete")
    if (delete is None) is not (events_held_since is None):
        raise typer.BadParameter("--delete and --events-held-since go together")
    if full and file is None:
        raise typer.BadParameter("--full needs a file with rows")
    route = _route(PROTECTION_STATUSES, bootstrap, client_config, spool, spool_max_mib, wait, as_json)
    deletion = Deletion(delete, events_held_since.date()) if delete and events_held_since else None
    raise typer.Exit(run(route, Work(file, _rejects(rejects), dry_run, full, deletion)))


@app.command("spooled")
def spooled(
    bootstrap: _Bootstrap = _BOOTSTRAP,
    client_config: _ClientConfig = None,
    spool: _Spool = _SPOOL,
    wait: _Wait = 30.0,
    as_json: _Json = False,
) -> None:
    """Send what earlier runs have left in the spool, of all topics. Exit status as of the others.

    Example: resesignal publish spooled --spool /var/spool/resesignal
    """
    topics = [topic for topic in _PUBLISHED if (spool / topic.name).is_dir()]
    routes = [_route(topic, bootstrap, client_config, spool, _SPOOL_MAX_MIB, wait, as_json) for topic in topics]
    raise typer.Exit(max((run(route, Work()) for route in routes), default=Exit.DELIVERED))


_PUBLISHED = (PROTECTION_STATUSES, BORDER_CROSSINGS, MISSION_OBSERVATIONS)


def _route(
    topic: Topic,
    bootstrap: str,
    client_config: Path | None,
    spool: Path,
    spool_max_mib: int,
    wait: float,
    as_json: bool,
) -> Route:
    return Route(topic, bootstrap, _properties(client_config), spool, spool_max_mib * 1024 * 1024, wait, as_json)


def _rejects(path: Path | None) -> Rejects | None:
    return None if path is None else Rejects(path, datetime.now(UTC))


def _properties(client_config: Path | None) -> dict[str, Setting]:
    if client_config is None:
        return {}
    try:
        return read_properties(client_config.read_text("utf-8"))
    except ClientConfigError as error:
        raise typer.BadParameter(str(error), param_hint="--client-config") from error
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter("the file cannot be read as UTF-8 text", param_hint="--client-config") from error
