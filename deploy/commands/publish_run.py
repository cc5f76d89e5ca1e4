"""What `resesignal publish` does: wires input, publisher and report, and turns what happened into an exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from types import FrameType

from confluent_kafka import KafkaException

from deploy.commands.publish_report import Report
from producers.feeding import Feed, max_line_bytes
from producers.jsonl import LineReader, Rejects, RejectsUnusable
from producers.kafka_config import Setting, producer_config
from producers.preparing import Preparer
from producers.publisher import Publisher
from producers.register_feed import DeletionRefusal, Register, read_register
from producers.spool import Record as Bytes
from producers.spool import Spool, SpoolError
from producers.transport import KafkaAway, KafkaRefusal, Transport
from schemas.topics import Topic


class Exit(IntEnum):
    """Exit status, as `--help` documents it."""

    DELIVERED = 0
    REFUSED = 1
    USAGE = 2
    WAITING = 3
    SPOOL = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Route:
    """Where to and by what way. `wait` is in seconds."""

    topic: Topic
    bootstrap: str
    client_config: Mapping[str, Setting]
    spool: Path
    spool_max_bytes: int
    wait: float
    as_json: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """Whom to remove from the register, and how far back events are held."""

    people: Path
    events_held_since: date


@dataclass(frozen=True, slots=True)
class Work:
    """What to publish; with nothing, what waits in the spool. `file` may be `-`, standard input."""

    file: Path | None = None
    rejects: Rejects | None = None
    dry_run: bool = False
    full: bool = False
    deletion: Deletion | None = None


class _Interrupted(Exception):  # noqa: N818 - it reads as what happened
    """Ctrl-C or SIGTERM, heeded between two steps."""


class _Input(Exception):  # noqa: N818 - as above
    """The input cannot be read."""


@dataclass(slots=True)
class _Steps:
    """Called several times a second: shows progress, and ends the work where a signal has asked for it."""

    report: Report
    interrupted: bool = False

    def __call__(self) -> None:
        if self.interrupted:
            raise _Interrupted
        self.report.step()

    @contextmanager
    def heeding_signals(self) -> Iterator[None]:
        def note(_number: int, _frame: FrameType | None) -> None:
            self.interrupted = True

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(route: Route, work: Work) -> Exit:
    """Do it, tell about it, and give the exit status."""
    with Report(route.topic, route.spool / route.topic.name, as_json=route.as_json) as report:
        status, problem = _attempt(route, work, report)
        report.finish(status, problem)
    return status


def _attempt(route: Route, work: Work, report: Report) -> tuple[Exit, str | None]:
    try:
        _publish(route, work, report)
    except _Interrupted:
        return Exit.INTERRUPTED, "interrupted"
    except _Input as error:
        return Exit.USAGE, str(error)
    except (KafkaRefusal, KafkaAway) as error:
        return Exit.WAITING, str(error)
    except (SpoolError, RejectsUnusable) as error:
        return Exit.SPOOL, str(error)
    except KafkaException as error:
        # The client could not be built. Kafka's text is not passed on: it may quote a value, which may be a password.
        return Exit.USAGE, f"the client configuration cannot be used ({error.args[0].name()})"
    if report.publisher is not None and report.publisher.waiting:
        reason = report.publisher.connection_error
        return Exit.WAITING, f"Kafka has taken nothing for {route.wait:g} s{f' ({reason})' if reason else ''}"
    not_removed = any(report.removals[refusal] for refusal in DeletionRefusal)
    return (Exit.REFUSED if report.tally.refused or not_removed else Exit.DELIVERED), None


def _publish(route: Route, work: Work, report: Report) -> None:
    steps = _Steps(report)
    with ExitStack() as stack:
        stack.enter_context(steps.heeding_signals())
        publisher = None if work.dry_run else stack.enter_context(_publisher(route))
        report.publisher = publisher
        register = _register(route, publisher, steps) if work.full or work.deletion else None
        if work.file is not None:
            handle = stack.enter_context(_opened(work.file))
            rejects = stack.enter_context(work.rejects) if work.rejects and not work.dry_run else None
            reader = LineReader(handle, max_line_bytes(route.topic))
            report.reads(reader, handle)
            report.register = register if work.full else None
            preparer = publisher.preparer if publisher else Preparer(route.topic)
            wanted = register.differs if register and work.full else None
            feed = Feed(reader, preparer, publisher, rejects, wanted, report.refused, steps, report.tally)
            try:
                feed.run()
            except OSError as error:
                raise _Input(f"the input cannot be read: {error.strerror}") from error
        if work.deletion is not None and register is not None:
            _delete(work.deletion, register, publisher, report)
        if publisher is not None:
            publisher.drain(route.wait, steps)


def _publisher(route: Route) -> Publisher:
    spool = Spool(route.spool / route.topic.name, max_bytes=route.spool_max_bytes)
    try:
        config = producer_config(route.bootstrap, route.client_config, max_bytes=route.topic.max_bytes)
        return Publisher(route.topic, spool, Transport(config), patience=route.wait)
    except BaseException:
        spool.close()
        raise


def _register(route: Route, publisher: Publisher | None, steps: _Steps) -> Register:
    """What the topic holds, once everything that waited for it is in it."""
    if publisher is not None and publisher.drain(route.wait, steps):
        raise KafkaAway(publisher.connection_error)
    return read_register(
        route.bootstrap, route.client_config, topic=route.topic, patience=max(route.wait, 1.0), on_step=steps
    )


def _delete(deletion: Deletion, register: Register, publisher: Publisher | None, report: Report) -> None:
    try:
        listed = deletion.people.read_text("utf-8-sig").split()
    except (OSError, UnicodeDecodeError) as error:
        raise _Input("the delete list cannot be read as UTF-8 text") from error
    tombstones: list[Bytes] = []
    for person_id in dict.fromkeys(listed):
        result = register.deletion_of(person_id, deletion.events_held_since)
        if isinstance(result, Bytes):
            tombstones.append(result)
        report.removals["removed" if isinstance(result, Bytes) else str(result or "not-held")] += 1
    if publisher is not None:
        publisher.accept_prepared(tombstones)


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    if str(file) == "-":
        yield sys.stdin.fileno()
        return
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise _Input(f"the input cannot be opened: {error.strerror}") from error
    try:
        yield handle
    finally:
        os.close(handle)
