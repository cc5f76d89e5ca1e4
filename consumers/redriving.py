"""Ordering redrives, of dead records and of spans, and learning what became of them; reading the letters from Kafka."""

from __future__ import annotations

import getpass
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from consumers.completeness import Stretch
from consumers.dead_letters import LetterReader, Letters, Listed, Place, place_of
from consumers.kafka import OPERATOR_DELIVERY_S, Clients, Partition
from consumers.progress import Progress
from consumers.restore import Interrupted
from consumers.scan import Committed, KafkaAway, Scanner
from consumers.source import SourceReader
from schemas.codec import Codec, ResolveId
from schemas.records import DeadLetter, Redrive
from schemas.topics import DEAD_LETTERS, REDRIVES

GROUP = "matching"
_POLL_S = 0.3


class Source(StrEnum):
    """What the source holds at a letter's place now."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class Fate(StrEnum):
    """What became of an order."""

    ANSWERED = "answered"
    REFUSED = "refused-again"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that Kafka has taken: the letter's place, and the order's own."""

    place: Place
    order: Place


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of an order; `refusal` is the new letter where it was refused again."""

    place: Place
    order: Place
    fate: Fate
    refusal: DeadLetter | None = None


def read_letters(scanner: Scanner, resolve_id: ResolveId | None = None) -> Letters:
    """All letters and orders, complete up to now. Raises KafkaAway."""
    reader = LetterReader(resolve_id)
    # The orders second: one that is answered between the two readings leaves its letter standing here.
    for topic in (DEAD_LETTERS.name, REDRIVES.name):
        scanner.read(scanner.bounds([topic]), reader.take)
    return reader.letters


def look_at_source(clients: Clients, letter: DeadLetter, *, patience_s: float = 15.0) -> Source:
    """Whether the source still holds the record, and the same one. Raises KafkaAway."""
    deadline = time.monotonic() + patience_s
    source = SourceReader(clients, lambda _error: None, lambda: time.monotonic() > deadline)
    try:
        record = source.read(letter.topic, letter.partition, letter.offset)
    except Interrupted:
        raise KafkaAway(f"{letter.topic} could not be read") from None
    finally:
        source.close()
    if record is None:
        return Source.GONE
    same = hashlib.sha256(record.value or b"").hexdigest() == letter.sha256
    return Source.SAME if same else Source.CHANGED


def operating_user() -> str:
    """Name of the user of the operating system, for `requested_by`."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        return "unknown"


def order(clients: Clients, listed: Sequence[Listed], *, by: str, now: datetime) -> list[Ordered]:
    """Write an order for each letter, in the partition of its record: there its memory is at hand.

    Raises KafkaAway where Kafka took not all of them; those it took will be carried out.
    """
    return _write(
        clients,
        [
            Redrive(
                topic=one.place.topic,
                partition=one.place.partition,
                offset=one.place.offset,
                sha256=one.letter.sha256,
                requested_by=by,
                requested_at=now,
            )
            for one in listed
        ],
    )


def order_spans(clients: Clients, spans: Mapping[Partition, Stretch], *, by: str, now: datetime) -> list[Ordered]:
    """Write an order for each span, that its events be looked at anew. Raises KafkaAway as `order` does."""
    return _write(
        clients,
        [
            Redrive(
                topic=place.topic,
                partition=place.number,
                offset=span.start,
                sha256="",
                requested_by=by,
                requested_at=now,
                until=span.end,
            )
            for place, span in sorted(spans.items())
        ],
    )


def _write(clients: Clients, redrives: Sequence[Redrive]) -> list[Ordered]:
    codec = Codec(REDRIVES.record)
    producer = clients.operators_producer()
    taken: list[Ordered] = []

    def delivered(place: Place) -> Callable[[KafkaError | None, Message], None]:
        def report(error: KafkaError | None, message: Message) -> None:
            if error is None:
                own = Place(message.topic() or "", message.partition() or 0, message.offset() or 0)
                taken.append(Ordered(place, own))

        return report

    try:
        for redrive in redrives:
            place = place_of(redrive)
            _produce(producer, place, codec.encode_record(redrive), delivered(place))
        producer.flush(OPERATOR_DELIVERY_S + 5)
    finally:
        producer.close()
    if len(taken) < len(redrives):
        raise KafkaAway(f"it took {len(taken)} of {len(redrives)} orders")
    return sorted(taken, key=lambda one: one.place)


def _produce(
    producer: Producer, place: Place, value: bytes, report: Callable[[KafkaError | None, Message], None]
) -> None:
    while True:
        try:
            producer.produce(REDRIVES.name, value, place.key, partition=place.partition, on_delivery=report)
            producer.poll(0)
            return
        except BufferError:  # the local queue is full: wait for the broker
            producer.poll(0.1)


def await_handled(
    scanner: Scanner, ordered: Sequence[Ordered], seconds: float, progress: Callable[[int], None]
) -> list[Ordered]:
    """Wait until `matching` has committed past the orders, at most so long; gives those it has. Raises KafkaAway."""
    deadline = time.monotonic() + seconds
    while True:
        committed = scanner.committed(GROUP, [REDRIVES.name])
        handled = [
            one
            for one in ordered
            if (at := committed.get(Partition(one.order.topic, one.order.partition))) is not None
            and at.next_offset > one.order.offset
        ]
        progress(len(handled))
        if len(handled) == len(ordered) or time.monotonic() > deadline:
            return handled
        time.sleep(_POLL_S)


def await_carried_out(
    scanner: Scanner, ordered: Sequence[Ordered], seconds: float, progress: Callable[[int], None]
) -> bool:
    """Wait until the spans ordered have been looked at anew, at most so long; whether they were. Raises KafkaAway."""
    deadline = time.monotonic() + seconds
    handled = await_handled(scanner, ordered, seconds, lambda _count: None)
    while True:
        committed = scanner.committed(GROUP, sorted({one.place.topic for one in ordered}))
        done = [one for one in handled if "ordered" not in note_of(committed[Partition(*one.place[:2])])]
        progress(len(done))
        if len(done) == len(ordered) or time.monotonic() > deadline:
            return len(done) == len(ordered)
        time.sleep(_POLL_S)


def note_of(committed: Committed) -> Mapping[str, Any]:
    """What `matching` noted of a partition, nothing where it has handled nothing of it."""
    return Progress.read(committed.next_offset, committed.metadata).note


def fates(ordered: Iterable[Ordered], handled: Iterable[Ordered], letters: Letters) -> list[Redriven]:
    """What became of each order, from the letters read after it was handled. Pure."""
    done = {one.order for one in handled}
    found = []
    for one in ordered:
        refusal = letters.standing.get(one.order)
        if one.order not in done:
            found.append(Redriven(one.place, one.order, Fate.WAITING))
        elif refusal is not None:
            found.append(Redriven(one.place, one.order, Fate.REFUSED, refusal))
        else:
            found.append(Redriven(one.place, one.order, Fate.ANSWERED))
    return found
