"""Simulated traffic onto a running stack, and whether what came of it is what is true."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from confluent_kafka.admin import AdminClient
from sqlalchemy import create_engine, select

from consumers.candidates import Candidates
from consumers.case_queue.engine import database_url
from consumers.case_queue.sink import Sink
from consumers.case_queue.tables import candidate, evidence, identity_review
from consumers.kafka import Clients, Inbound, Partition
from consumers.matching import Matching
from consumers.observe import lag
from consumers.restore import Restorer, end_offsets
from deploy.local import Addresses
from producers.kafka_config import producer_config
from producers.simulator import SimulatedRecord, Truth
from producers.transport import KafkaRefusal, Transport
from schemas.codec import Codec
from schemas.topics import BORDER_CROSSINGS, DEAD_LETTERS, PROTECTION_STATUSES

Progress = Callable[[int, int], None]

# The stages in the order in which records pass them: consumer group and what it reads.
STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("matching", tuple(Matching.topics)),
    ("candidates", tuple(Candidates.topics)),
    ("case-queue", tuple(Sink.topics)),
)


_FLUSH_S = 60.0


class Undelivered(Exception):  # noqa: N818 - it reads as what happened
    """Records were not acknowledged, or did not pass through in time. The text says how many and where."""


def publish_registry(rows: Iterable[Mapping[str, Any]], total: int, kafka: str, progress: Progress) -> int:
    """Publish rows of the registry; returns their number once all are acknowledged. Raises Undelivered."""
    codec = Codec(PROTECTION_STATUSES.record)
    records = ((PROTECTION_STATUSES.name, str(row["person_id"]).encode(), codec.encode(dict(row))) for row in rows)
    return _publish(records, total, kafka, PROTECTION_STATUSES.max_bytes, progress)


def publish_events(records: Iterable[SimulatedRecord], total: int, kafka: str, progress: Progress) -> int:
    """Publish events; returns their number once all are acknowledged. Raises Undelivered."""
    return _publish(((r.topic, r.key, r.value) for r in records), total, kafka, BORDER_CROSSINGS.max_bytes, progress)


def _publish(
    records: Iterable[tuple[str, bytes, bytes]], total: int, kafka: str, max_bytes: int, progress: Progress
) -> int:
    transport = Transport(producer_config(kafka, {}, max_bytes=max_bytes))
    failed = 0

    def delivered(refusal: KafkaRefusal | None) -> None:
        nonlocal failed
        failed += refusal is not None

    count = 0
    try:
        for topic, key, value in records:
            transport.send(topic, key, value, delivered)
            count += 1
            if count % 500 == 0:
                progress(count, total)
        failed += transport.flush(_FLUSH_S)
    finally:
        transport.close()
    progress(count, total)
    if failed:
        raise Undelivered(f"{failed} of {count} records were not acknowledged by Kafka")
    return count


def wait_for_registry(addresses: Addresses, people: int, timeout_s: float, progress: Progress) -> None:
    """Wait until every instance of `matching` holds the whole registry. Raises Undelivered."""
    instances = [url for name, url in addresses.observe.items() if name.startswith("matching")]
    deadline = time.monotonic() + timeout_s
    while True:
        held = min(_gauge(f"{url}/metrics", "resesignal_registry_people") for url in instances)
        progress(held, people)
        if held >= people:
            return
        if time.monotonic() > deadline:
            raise Undelivered(f"an instance of matching holds {held} of {people} people after {timeout_s:.0f} s")
        time.sleep(0.2)


def _gauge(url: str, name: str) -> int:
    for line in httpx.get(url, timeout=5).text.splitlines():
        if line.startswith(f"{name} "):
            return int(float(line.split()[1]))
    return 0


def wait_until_handled(kafka: str, timeout_s: float, progress: Progress, *, total: int) -> None:
    """Wait until every stage has committed all there is, one after the other. Raises Undelivered."""
    admin = AdminClient({"bootstrap.servers": kafka})
    deadline = time.monotonic() + timeout_s
    for group, topics in STAGES:
        asker = Clients(kafka, group, "check").asker(lambda _error: None)
        while left := {place: n for place, n in lag(asker, admin, topics, lambda: False).items() if n}:
            records = sum(left.values())
            if group == STAGES[0][0]:
                progress(max(0, total - records), total)
            if time.monotonic() > deadline:
                raise Undelivered(
                    f"{group} still has {records} records to handle after {timeout_s:.0f} s: {_what_waits(admin, left)}"
                )
            time.sleep(0.2)
        asker.close()
    progress(total, total)


def _what_waits(admin: AdminClient, left: Mapping[Partition, int]) -> str:
    """The partitions in which records wait, and where an open transaction holds them back, whoever reads."""
    stable = end_offsets(admin, left, lambda: False, committed=True)
    ends = end_offsets(admin, left, lambda: False)
    return ", ".join(
        f"{place.topic}[{place.number}] {records}"
        + (" (behind an open transaction)" if stable[place] < ends[place] else "")
        for place, records in sorted(left.items())
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What is there at the end.

    Attributes:
        candidates: for each person with an open candidate, the events of its evidence.
        doubled: pairs of person and event that stand in the queue more than once.
        reviews: event and person of each open identity review.
        dead_letters: by topic and reason.
    """

    candidates: Mapping[UUID, frozenset[UUID]]
    doubled: int
    reviews: frozenset[tuple[UUID, UUID]]
    dead_letters: Mapping[str, Mapping[str, int]]


def read_found(kafka: str, database: str) -> Found:
    """Read queue and dead letters."""
    engine = create_engine(database_url(database))
    with engine.connect() as connection:
        pairs = connection.execute(
            select(candidate.c.person_id, evidence.c.event_id)
            .join(evidence, evidence.c.candidate_id == candidate.c.candidate_id)
            .where(candidate.c.state == "OPEN", evidence.c.retracted_at.is_(None))
        ).all()
        empty = connection.execute(select(candidate.c.person_id).where(candidate.c.state == "OPEN")).scalars().all()
        reviews = connection.execute(
            select(identity_review.c.event_id, identity_review.c.person_id).where(identity_review.c.state == "OPEN")
        ).all()
    engine.dispose()
    events: dict[UUID, set[UUID]] = {person: set() for person in empty}
    for person, event in pairs:
        events[person].add(event)
    return Found(
        candidates={person: frozenset(found) for person, found in events.items()},
        doubled=len(pairs) - len({tuple(pair) for pair in pairs}),
        reviews=frozenset((event, person) for event, person in reviews),
        dead_letters=_dead_letters(kafka),
    )


def _dead_letters(kafka: str) -> dict[str, dict[str, int]]:
    codec = Codec(DEAD_LETTERS.record)
    letters: dict[bytes, tuple[str, str]] = {}

    def take(record: Inbound) -> None:
        key = record.key or b""
        if record.value is None:
            letters.pop(key, None)
        else:
            values = codec.decode(record.value)
            letters[key] = (values["topic"], values["reason"])

    clients = Clients(kafka, "resesignal-check", "check")
    Restorer(clients, lambda _error: None, lambda: False).read([Partition(DEAD_LETTERS.name, 0)], take)
    counts: dict[str, dict[str, int]] = {}
    for (topic, reason), count in Counter(letters.values()).items():
        counts.setdefault(topic, {})[reason] = count
    return counts


def differences(found: Found, truth: Truth) -> list[str]:
    """How what is there differs from what is true, a sentence each; empty where it is the same."""
    lines = []
    missing = [person for person in truth.candidates if person not in found.candidates]
    surplus = [person for person in found.candidates if person not in truth.candidates]
    wrong = [
        person
        for person, events in truth.candidates.items()
        if person in found.candidates and found.candidates[person] != events
    ]
    lost_reviews = truth.reviews - found.reviews
    surplus_reviews = found.reviews - truth.reviews
    for count, sentence in (
        (len(missing), "candidates are missing"),
        (len(surplus), "candidates are there that must not be"),
        (len(wrong), "candidates have other evidence than they must"),
        (found.doubled, "pieces of evidence are doubled"),
        (len(lost_reviews), "identity reviews are missing"),
        (len(surplus_reviews), "identity reviews are there that must not be"),
    ):
        if count:
            lines.append(f"{count} {sentence}")
    letters = {topic: dict(sorted(reasons.items())) for topic, reasons in truth.dead_letters.items() if reasons}
    for topic in sorted(letters.keys() | found.dead_letters.keys()):
        expected, there = letters.get(topic, {}), found.dead_letters.get(topic, {})
        for reason in sorted(expected.keys() | there.keys()):
            if expected.get(reason, 0) != there.get(reason, 0):
                lines.append(
                    f"{topic}: {there.get(reason, 0)} dead letters {reason}, expected {expected.get(reason, 0)}"
                )
    return lines
