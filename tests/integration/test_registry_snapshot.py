"""Snapshots of the registry on real Kafka: compaction, tombstones, transactions and topics made anew."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from consumers.kafka import Clients
from consumers.metrics import Metrics
from consumers.registry_snapshot import RegistrySnapshot
from consumers.registry_tail import RegistryTail
from deploy.stack import KafkaServer
from schemas.topics import IDENTITY_DECISIONS, PROTECTION_STATUSES
from tests.builders import codec, encode, known, name, person, uuid
from tests.pipeline import eventually
from tests.unit.consumers.fakes import KeptLog
from tests.unit.natively import needs_native

pytestmark = needs_native

PEOPLE = 300


class Registry:
    """The topics that the tail follows, and starts of it."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        folder.mkdir(mode=0o700)
        self.log = KeptLog()
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self.create(PROTECTION_STATUSES.name)
        self.create(IDENTITY_DECISIONS.name)

    def create(self, name: str) -> None:
        topic = PROTECTION_STATUSES if name == PROTECTION_STATUSES.name else IDENTITY_DECISIONS
        config = dict(topic.config)
        if topic is PROTECTION_STATUSES:
            # Compacted at once, so that what a cold start reads is not what the snapshot was made of.
            config |= {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
        self._admin.create_topics([NewTopic(name, topic.partitions, 1, config=config)])[name].result(20)

    def delete(self) -> None:
        self._admin.delete_topics([PROTECTION_STATUSES.name])[PROTECTION_STATUSES.name].result(20)
        eventually(lambda: PROTECTION_STATUSES.name not in self._admin.list_topics(timeout=10).topics)

    def write(self, rows: dict[int, bytes | None], *, transaction: str | None = None) -> None:
        config = {"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random", "log_level": 0}
        with closing(Producer(config | ({"transactional.id": transaction} if transaction else {}))) as producer:
            if transaction:
                producer.init_transactions(20)
                producer.begin_transaction()
            for number, value in rows.items():
                producer.produce(PROTECTION_STATUSES.name, value, str(uuid(number)))
            if transaction == "aborted":
                producer.flush(20)
                producer.abort_transaction(20)
            elif transaction:
                producer.commit_transaction(20)
            assert producer.flush(20) == 0

    def start(self, *, snapshot: bool = True) -> RegistryTail:
        clients = Clients(self.bootstrap, "matching", "s1", session_timeout_ms=6000)
        log = KeptLog()
        kept = RegistrySnapshot(self.folder, lambda: datetime.now(UTC), log) if snapshot else None
        rows = codec("protected-person", raw=True)
        tail = RegistryTail(clients, rows, Metrics("test"), log, lambda _: None, native=True, snapshot=kept)
        tail.load(lambda: False)
        if snapshot:
            self.log = log
        return tail

    def told(self, event: str) -> dict[str, object]:
        (fields,) = (fields for _, one, fields in self.log.entries if one == event)
        return fields


def row(number: int, given_names: str = "Inventa") -> bytes:
    documents = (known(f"RD{number}"),)
    return encode("protected-person", person(number, documents=documents, names=(name("Prov", given_names),)))


def same(one: RegistryTail, other: RegistryTail) -> None:
    assert len(one.index) == len(other.index)
    for number in range(1, 2 * PEOPLE):
        assert one.index.row(str(uuid(number))) == other.index.row(str(uuid(number)))
    assert one.position == other.position


def test_a_start_from_a_snapshot_ends_as_a_cold_one(kafka_server: KafkaServer, tmp_path: Path) -> None:
    registry = Registry(kafka_server.bootstrap, tmp_path / "snapshot")
    registry.write({number: row(number) for number in range(1, PEOPLE + 1)})
    registry.start().close()
    assert registry.told("registry-snapshot")["reason"] == "snapshot-absent"
    assert registry.told("registry-snapshot-written")["people"] == PEOPLE

    # Rows changed, removed, added, in a transaction and outside of one, and some in one that was aborted.
    registry.write({number: row(number, "Nytt") for number in range(1, 60)})
    registry.write(dict.fromkeys(range(40, 120)), transaction="feed")
    registry.write({number: row(number) for number in range(PEOPLE + 1, PEOPLE + 40)}, transaction="feed")
    registry.write(dict.fromkeys(range(200, 250)), transaction="aborted")
    with closing(registry.start()) as warm, closing(registry.start(snapshot=False)) as cold:
        assert registry.told("registry-snapshot")["used"] is True
        assert registry.told("registry-loaded")["rows"] == 59 + 80 + 39
        assert len(warm.index) == PEOPLE - 80 + 39
        same(warm, cold)
        registry.write({1: row(1, "Ännu ett"), 2: None})
        ends = [warm.index.row(str(uuid(2))), cold.index.row(str(uuid(2)))]
        assert None not in ends
        eventually(lambda: bool(warm.follow() or True) and warm.index.row(str(uuid(2))) is None)
        eventually(lambda: bool(cold.follow() or True) and cold.index.row(str(uuid(2))) is None)
        same(warm, cold)
        warm.keep()
    # Compacted meanwhile: the offsets noted may name records that are no longer there.
    time.sleep(1)
    registry.write({3: None})
    with closing(registry.start()) as warm, closing(registry.start(snapshot=False)) as cold:
        assert registry.told("registry-snapshot")["used"] is True
        assert registry.told("registry-loaded")["rows"] == 1
        same(warm, cold)


def test_a_topic_made_anew_is_not_taken_for_the_old_one(kafka_server: KafkaServer, tmp_path: Path) -> None:
    registry = Registry(kafka_server.bootstrap, tmp_path / "snapshot")
    registry.write({number: row(number) for number in range(1, PEOPLE + 1)})
    registry.start().close()
    registry.delete()
    registry.create(PROTECTION_STATUSES.name)
    # As many rows in as many places, of others.
    registry.write({number: row(number) for number in range(PEOPLE // 2, 2 * PEOPLE)})
    with closing(registry.start()) as tail, closing(registry.start(snapshot=False)) as cold:
        assert registry.told("registry-snapshot")["reason"] == "snapshot-of-another-topic"
        assert tail.index.row(str(uuid(1))) is None
        same(tail, cold)
    registry.start().close()
    assert registry.told("registry-snapshot")["used"] is True
