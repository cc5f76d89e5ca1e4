"""What the operator's commands share: clients from the settings, and one sentence where a server does not answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NoReturn

import httpx
import typer
from confluent_kafka import KafkaException
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from consumers.case_queue.errors import QueueUnavailable
from consumers.decision_texts import TextUnfit, check_name
from consumers.kafka import Clients
from consumers.redriving import operating_user
from consumers.scan import KafkaAway, Scanner
from consumers.schema_registry import RegistryAwayError, RegistryError, SchemaRegistry
from consumers.source_events import Report
from deploy.commands.local_stack import not_running
from deploy.screen import tell
from deploy.settings import PREFIX, Settings, SettingsError, read_settings
from deploy.start import INTERRUPTED
from schemas.codec import ResolveId
from schemas.topics import Topic

WRONG_USAGE = 2
AWAY = 3
# What an interrupted command says that only reads.
NOTHING_WRITTEN = "Nothing was written; run it again."


@dataclass(frozen=True, slots=True)
class Operator:
    """What a command works with."""

    settings: Settings
    clients: Clients
    scanner: Scanner
    schemas: SchemaRegistry | None

    @property
    def resolve_id(self) -> ResolveId | None:
        """Looks up schemas by their id, where a Schema Registry is used."""
        return self.schemas.resolve_id if self.schemas is not None else None

    def schema_ids(self, topics: Iterable[Topic]) -> dict[str, int]:
        """Ids under which the services write the topics; none where no Schema Registry is used."""
        return self.schemas.ids_for(topics) if self.schemas is not None else {}


@contextmanager
def operating(*, interrupted: str = "") -> Iterator[Operator]:
    """Clients for a command. Ends it with status 3 where a server does not answer, and 2 where a setting is wrong.

    Ctrl-C ends it with 130; `interrupted` is the sentence on what then stands.
    """
    with ExitStack() as stack:
        try:
            settings = read_settings()
            if (sentence := not_running(settings)) is not None:
                fail(sentence, AWAY)
            clients = settings.clients("operator")
            scanner = Scanner(clients)
            scanner.reach()
            yield Operator(settings, clients, scanner, _schemas(settings, stack))
        except SettingsError as error:
            fail(str(error), WRONG_USAGE)
        except KafkaAway as error:
            fail(f"Kafka does not answer ({error}); check {PREFIX}KAFKA_BOOTSTRAP and that it runs.", AWAY)
        except KafkaException as error:
            fail(f"Kafka refused ({error.args[0].name()}); run resesignal topics check and see its rights.", AWAY)
        except QueueUnavailable as error:
            fail(f"The database does not answer ({error}); check {PREFIX}DATABASE_URL and that it runs.", AWAY)
        except KeyboardInterrupt:
            fail(f"Interrupted. {interrupted}".rstrip(), INTERRUPTED)
        except (RegistryAwayError, RegistryError) as error:
            fail(f"Records cannot be read: {error}; check {PREFIX}SCHEMA_REGISTRY_URL.", AWAY)


@contextmanager
def reading() -> Iterator[Report]:
    """Progress on stderr while Kafka is read: told what is being done, how much of it is done, and of how much."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Reading")

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=f"{what.capitalize()}: {done:,} of {total:,}")

        yield report


def ordering(by: str | None) -> str:
    """Who orders something: the name told with `--by`, else the user of the operating system.

    Raises typer.BadParameter where it is no name that may be kept.
    """
    name = (by or "").strip() or operating_user()
    try:
        check_name(name)
    except TextUnfit as error:
        raise typer.BadParameter(f"{error}.", param_hint="--by") from None
    return name


def fail(sentence: str, status: int) -> NoReturn:
    """End with a sentence on stderr."""
    tell(sentence, "red")
    raise typer.Exit(status)


def _schemas(settings: Settings, stack: ExitStack) -> SchemaRegistry | None:
    if settings.schema_registry_url is None:
        return None
    client = stack.enter_context(httpx.Client(base_url=str(settings.schema_registry_url), timeout=10))
    return SchemaRegistry(client, clock=time.monotonic, wait=time.sleep)
