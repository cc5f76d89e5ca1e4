"""What is measured with: one simulated world, its registry and traffic on the topics, and candidates ready-made."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from deploy.traffic import publish_registry
from matcher.examine import examine
from matcher.fold import fold_candidate
from matcher.rule_book import DEFAULT_RULES, load_rule_book
from producers.kafka_config import producer_config
from producers.simulator import Scenario, SimulatedRecord, World, build
from schemas.codec import Codec
from schemas.ids import match_id
from schemas.reasons import Refused
from schemas.records import BorderCrossing, ProtectedPerson, Record
from schemas.topics import BORDER_CROSSINGS, MEMORY_OF, PROTECTION_STATUSES, REVOCATION_CANDIDATES, TOPICS


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        people: rows in the registry.
        crossings: border crossings; a fiftieth as many mission observations come on top. So many that a job is busy
            for some seconds: of one, what it waits for at the end of a topic would be a tenth.
        candidates: candidates for the sink.
        live_s: seconds of steady traffic, after `warm_s` that do not count.
        live_rate: its events per second.
        runs: how often each measurement is repeated.
    """

    people: int = 300_000
    crossings: int = 600_000
    candidates: int = 15_000
    live_s: float = 60.0
    warm_s: float = 10.0
    live_rate: int = 2_000
    runs: int = 3

    @property
    def observations(self) -> int:
        """Mission observations."""
        return self.crossings // 50


QUICK = Size(people=5_000, crossings=20_000, candidates=2_500, live_s=5.0, warm_s=2.0, runs=1)


class Workload:
    """A world of this size; its traffic is made once and kept."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.world: World = build(
            Scenario(seed=1, people=size.people, crossings=size.crossings, observations=size.observations)
        )
        self.events: list[tuple[str, bytes, bytes]] = [(e.topic, e.key, e.value) for e in self.world.events()]
        self._live = self.world.live_events(_now_ms)

    @property
    def relevant_share(self) -> float:
        """Share of the events that become evidence."""
        return sum(map(len, self.world.truth.candidates.values())) / len(self.events)

    def publish_registry(self, kafka: str, rows: Iterable[Mapping[str, Any]] | None = None) -> None:
        """Put the registry onto its topic, or as many other rows."""
        rows = self.world.registry() if rows is None else rows
        publish_registry(rows, self.size.people, kafka, lambda _done, _of: None)

    def live(self) -> Iterator[SimulatedRecord]:
        """Crossings recorded now, without end; one in a hundred is relevant, each time of another person."""
        return self._live

    def candidates(self) -> Iterator[tuple[str, bytes, bytes]]:
        """As many different people's candidates, each with one piece of evidence, as `candidates` would write them."""
        rules = load_rule_book(DEFAULT_RULES)
        crossings, codec = Codec(BORDER_CROSSINGS.record), Codec(REVOCATION_CANDIDATES.record)
        rows = Codec(PROTECTION_STATUSES.record)
        seen: dict[str, SimulatedRecord] = {}
        for sent in self.world.live_events(_now_ms, relevant_share=1.0):
            # People return once all had their turn.
            if len(seen) == self.size.candidates or sent.person_id in seen:
                break
            seen[sent.person_id or ""] = sent

        def digest(record: Record) -> str:
            return hashlib.sha256(codec.encode(record.to_avro())).hexdigest()[:32]

        for row in self.world.registry():
            met = seen.get(row["person_id"])
            if met is None:
                continue
            event = BorderCrossing.from_avro(crossings.decode(met.value))
            # Through the codec, so that the row has the very values that the service would have.
            person = ProtectedPerson.from_avro(rows.decode(rows.encode(dict(row))))
            findings = {
                match_id(event.event_id, found.person_id): found.finding
                for found in examine(met.topic, event, [person], rules).found
            }
            candidate = fold_candidate(person.person_id, findings, person, digest)
            yield REVOCATION_CANDIDATES.name, str(person.person_id).encode(), codec.encode(candidate.to_avro())


def publish(kafka: str, records: Iterable[tuple[str, bytes, bytes]], partitions: int | None = None) -> int:
    """Put records onto their topics as fast as it goes; their number, once all are acknowledged.

    With `partitions` onto the first so many only, those of one key onto the same.
    """
    count = 0
    with sending(kafka, linger_ms=20) as producer:
        for topic, key, value in records:
            while True:
                try:
                    if partitions is None:
                        producer.produce(topic, value, key)
                    else:
                        producer.produce(topic, value, key, partition=sum(key) % partitions)
                    break
                except BufferError:
                    producer.poll(0.05)
            count += 1
    return count


def without_names(events: Iterable[tuple[str, bytes, bytes]]) -> Iterator[tuple[str, bytes, bytes]]:
    """The events, their travellers without names: every key is exact or absent."""
    codecs = {topic: Codec(TOPICS[topic].record, raw=True) for topic in MEMORY_OF}
    for topic, key, value in events:
        try:
            yield topic, key, renamed(codecs[topic], value, [])
        except Refused:
            yield topic, key, value  # broken on purpose


def renamed(codec: Codec, event: bytes, names: list[dict[str, Any]]) -> bytes:
    """The event with these names of its traveller; `codec` is the raw one of its topic. Raises Refused."""
    values = codec.decode(event)
    return codec.encode({**values, "traveller": {**values["traveller"], "names": names}})


@contextmanager
def sending(kafka: str, *, linger_ms: int) -> Iterator[Producer]:
    """A producer set up as an agency's; at the end everything is acknowledged.

    By librdkafka alone: what the publisher of an agency costs besides is not what is measured here.
    """
    refused: list[str] = []

    def told(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error.name())

    least = min(topic.max_bytes for topic in TOPICS.values())
    config = producer_config(kafka, {"linger.ms": linger_ms}, max_bytes=least)
    producer = Producer(
        {**config, "message.max.bytes": 1_000_000, "on_delivery": told, "delivery.report.only.error": True}
    )
    try:
        yield producer
        left = producer.flush(120)
        assert not left, f"{left} records were not acknowledged"
        assert not refused, f"{len(refused)} records were refused: {refused[0]}"
    finally:
        producer.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
