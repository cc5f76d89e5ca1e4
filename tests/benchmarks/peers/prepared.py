"""What the peers are given beside the source topics, and what they must find there.

A table of theirs has one key, so the registry lies ready under the key of each document, reduced to what the join looks
at; and for the joins that want both sides under one key, the events lie ready once for each document, their bytes as
they are. `matching` re-keys nothing and reads the topics of the agencies: all of this favours the peers.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from matcher.registry import document_key
from schemas.checks import EVENT_CHECKS
from schemas.codec import Codec, schema_fingerprint
from schemas.reasons import Refused
from schemas.swedish_time import day_begins_ms, swedish_day
from schemas.topics import MEMORY_OF, PROTECTION_STATUSES, TOPICS
from tests.benchmarks.ground import Ground
from tests.benchmarks.workload import Workload, sending
from tests.benchmarks.workload import publish as publish_events

REGISTRY = "peers-registry"
EVENTS = "peers-events"
MATCHES = "peers-matches"
# As the sources have; topics that are joined share it.
PARTITIONS = PROTECTION_STATUSES.partitions
SCHEMAS = Path(__file__).parent
_EPOCH = date(1970, 1, 1)

Row = Mapping[str, Any]
# Event and person.
Pair = tuple[str, str]


class Keyed(NamedTuple):
    """A record for a topic of the peers; `at` is its timestamp in milliseconds, that of the source where it is None."""

    topic: str
    key: bytes
    value: bytes
    at: int


class Format:
    """Avro's single-object encoding by one of the peers' own schemas."""

    def __init__(self, name: str) -> None:
        definition = json.loads((SCHEMAS / f"{name}.avsc").read_text("utf-8"))
        self._header = b"\xc3\x01" + schema_fingerprint(definition)
        self._schema = parse_schema(definition)

    def encode(self, values: dict[str, Any]) -> bytes:
        """The record as bytes."""
        out = BytesIO(self._header)
        out.seek(len(self._header))
        schemaless_writer(out, self._schema, values)
        return out.getvalue()

    def decode(self, data: bytes) -> Any:
        """The record's values."""
        stream = BytesIO(data)
        stream.seek(len(self._header))
        return schemaless_reader(stream, self._schema, None)


def table(rows: Iterable[Row]) -> dict[str, Row]:
    """The peers' table: by document key, whom it names and the statuses held to be true, the newest first.

    A table has one row for a key: a document that names several people is left out.
    """
    found: dict[str, Row] = {}
    shared: set[str] = set()
    for row in rows:
        held = [status for status in row["statuses"] if status["superseded_at"] is None]
        held.sort(key=lambda status: (-status["valid_from"], status["status_id"]))
        reduced = {
            "person_id": row["person_id"],
            "naturalised_on": row["naturalised_on"],
            "statuses": [{name: status[name] for name in _STATUS} for status in held],
        }
        for key in {document_key(document["issuing_state"], document["number"]) for document in row["documents"]}:
            if found.setdefault(key, reduced) is not reduced:
                shared.add(key)
    return {key: row for key, row in found.items() if key not in shared}


_STATUS = ("kind", "countries", "valid_from", "valid_to")


def versions(table: Mapping[str, Row]) -> Iterator[Keyed]:
    """The table's records, in the order of time: one for each status, at the beginning of its first day."""
    encode = Format("status").encode
    records = [
        Keyed(REGISTRY, key.encode(), encode(dict(row)), day_begins_ms(status["valid_from"]))
        for key, row in table.items()
        for status in row["statuses"]
    ]
    return iter(sorted(records, key=lambda record: (record.at, record.key)))


class Events:
    """Reads events of the source topics as the peers do."""

    def __init__(self) -> None:
        self._decoders = {topic: Codec(TOPICS[topic].record, raw=True).decode for topic in MEMORY_OF}

    def read(self, topic: str, value: bytes) -> Row | None:
        """The event, None where it cannot be read."""
        try:
            return self._decoders[topic](value)
        except Refused:
            return None

    def by_document(self, topic: str, value: bytes) -> list[Keyed]:
        """The event's bytes once for each of its documents, at the time of the event."""
        event = self.read(topic, value)
        if event is None:
            return []
        return [Keyed(EVENTS, key.encode(), value, event["occurred_at"]) for key in _keys(event)]


def pairs(event: Row, table: Mapping[str, Row]) -> Iterator[Pair]:
    """What the join gives for an event: the people its documents name who held a status for its country that day.

    The peers take every event for a moment: the simulator has none of which the day alone is known.
    """
    if event["country"] is None or event["kind"] == "WITHDRAWN":
        return
    day = (swedish_day(datetime.fromtimestamp(event["occurred_at"] / 1000, UTC)) - _EPOCH).days
    for key in _keys(event):
        row = table.get(key)
        if row is None or (row["naturalised_on"] is not None and row["naturalised_on"] <= day):
            continue
        if any(_held(status, day) and event["country"] in status["countries"] for status in row["statuses"]):
            yield event["event_id"], row["person_id"]


def _keys(event: Row) -> list[str]:
    return [document_key(seen["issuing_state"], seen["number"]) for seen in event["traveller"]["documents"]]


def _held(status: Row, day: int) -> bool:
    return bool(status["valid_from"] <= day and (status["valid_to"] is None or day < status["valid_to"]))


class Expected(NamedTuple):
    """What must be found.

    Attributes:
        by_peers: by every peer, exactly.
        by_all: the part of it that `matching` must find too: events that are accepted, reported once and left as they
            are, so that neither its checks nor corrections and withdrawals, of which the peers know nothing, matter.
    """

    by_peers: frozenset[Pair]
    by_all: frozenset[Pair]


def expected(events: Iterable[tuple[str, bytes, bytes]], table: Mapping[str, Row]) -> Expected:
    """What the join gives for events, as topic, key and value."""
    reader = Events()
    found: set[Pair] = set()
    accepted: set[Pair] = set()
    seen: Counter[bytes] = Counter()
    for topic, key, value in events:
        seen[key] += 1
        event = reader.read(topic, value)
        if event is None:
            continue
        these = set(pairs(event, table))
        found |= these
        if these and _accepted(topic, event):
            accepted |= these
    return Expected(frozenset(found), frozenset(pair for pair in accepted if seen[pair[0].encode()] == 1))


def _accepted(topic: str, event: Row) -> bool:
    try:
        EVENT_CHECKS[TOPICS[topic].record](event, TOPICS[topic].authorities)
    except Refused:
        return False
    return True


def create(admin: AdminClient, *names: str) -> None:
    """Make topics of the peers. Times in them lie far back, so nothing may be cleaned away by age."""
    config = {"retention.ms": "-1", "message.timestamp.type": "CreateTime"}
    deadline = time.monotonic() + 60
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1, config=config) for name in names]).values():
        future.result()
    while not set(names) <= set(admin.list_topics(timeout=10).topics):
        assert time.monotonic() < deadline, "topics cannot be made"
        time.sleep(0.1)


def delete(admin: AdminClient, names: Sequence[str]) -> None:
    """Delete topics, and wait until they are gone."""
    for future in (admin.delete_topics(list(names)) if names else {}).values():
        future.result()
    deadline = time.monotonic() + 60
    while set(names) & set(admin.list_topics(timeout=10).topics):
        assert time.monotonic() < deadline, "topics cannot be deleted"
        time.sleep(0.1)


def publish(kafka: str, records: Iterable[Keyed]) -> int:
    """Put records onto their topics; their number, once all are acknowledged."""
    count = 0
    with sending(kafka, linger_ms=20) as producer:
        for topic, key, value, at in records:
            produce_patiently(lambda: producer.produce(topic, value, key, timestamp=at), producer.poll)  # noqa: B023
            count += 1
    return count


def produce_patiently(produce: Callable[[], None], poll: Callable[[float], int]) -> None:
    """Produce, waiting while the queue is full."""
    while True:
        try:
            produce()
            return
        except BufferError:
            poll(0.05)


class Prepared:
    """The topics of the agencies and of the peers, with their records.

    Attributes:
        events: what the agencies send, as topic, key and value.
        expected: what must be found.
        table_rows: records of the peers' table.
        keyed: events keyed by document.
    """

    def __init__(self, ground: Ground, load: Workload) -> None:
        self._ground = ground
        self._rows = table(load.world.registry())
        load.publish_registry(ground.kafka)
        create(ground.admin, REGISTRY, EVENTS, MATCHES)
        self.table_rows = publish(ground.kafka, versions(self._rows))
        self._filled: set[str] = set()
        self.take_up(load.events)

    def take_up(self, events: Sequence[tuple[str, bytes, bytes]]) -> None:
        """Fill topics with these events from now on."""
        reader = Events()
        self.events = events
        self.expected = expected(events, self._rows)
        self.keyed = [keyed for topic, _, value in events for keyed in reader.by_document(topic, value)]

    def fill(self, topics: Collection[str]) -> None:
        """See to it that the topics hold the events and nothing else; afterwards they are taken to be used up."""
        if self._filled & set(topics):
            if EVENTS in topics:
                delete(self._ground.admin, [EVENTS])
                create(self._ground.admin, EVENTS)
            else:
                self._ground.empty(topics)
        self._filled.update(topics)
        if EVENTS in topics:
            publish(self._ground.kafka, self.keyed)
        else:
            publish_events(self._ground.kafka, self.events)
