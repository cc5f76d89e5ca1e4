"""Readers outside the group that fall silent: who knows that there is more has them replaced, and misses nothing."""

from __future__ import annotations

import time

import pytest

from consumers.kafka import Inbound, Partition
from consumers.metrics import Metrics
from consumers.registry_tail import RegistryTail
from consumers.restore import Restorer
from consumers.source import SourceReader
from schemas.topics import BORDER_CROSSINGS, PROTECTION_STATUSES
from tests.builders import codec, encode, person
from tests.unit.consumers.fakes import KeptLog
from tests.unit.consumers.memory_kafka import MemoryClients, MuteConsumer, Topics

MUTE = 2
REPLACED = ["reader-replaced"] * MUTE


@pytest.fixture
def topics() -> Topics:
    topics = Topics()
    for number in range(20):
        topics.write(BORDER_CROSSINGS.name, b"%d" % number, b"value %d" % number)
    return topics


def _events(log: KeptLog) -> list[str]:
    return [event for _, event, _ in log.entries if event == "reader-replaced"]


def _places(topics: Topics) -> list[Partition]:
    return sorted(place for place in topics.logs if place.topic == BORDER_CROSSINGS.name)


@pytest.mark.timeout(20)
def test_whole_partitions_are_read_each_record_once(topics: Topics) -> None:
    log, found = KeptLog(), list[Inbound]()
    Restorer(MemoryClients(topics, mute=MUTE), lambda _: None, lambda: False, log).read(_places(topics), found.append)
    assert sorted(found) == sorted(record for place in _places(topics) for record in topics.logs[place])
    assert _events(log) == REPLACED


@pytest.mark.timeout(20)
def test_a_single_record_is_read(topics: Topics) -> None:
    log = KeptLog()
    source = SourceReader(MemoryClients(topics, mute=MUTE), lambda _: None, lambda: False, log)
    wanted = topics.logs[_places(topics)[0]][-1]
    assert source.read(*wanted[:3]) == wanted
    assert _events(log) == REPLACED


@pytest.mark.timeout(20)
def test_a_span_is_read_on_from_where_it_was(topics: Topics) -> None:
    log = KeptLog()
    source = SourceReader(MemoryClients(topics, mute=MUTE), lambda _: None, lambda: False, log)
    place = max(_places(topics), key=lambda place: len(topics.logs[place]))
    source.open(place, 1)
    found: list[Inbound] = []
    while not found:
        found += source.next(1)[0]
    # Silent once more, in the middle of the span.
    reader = source._spanner()
    reader.consumer = MuteConsumer(topics)  # type: ignore[assignment]
    end = None
    while end is None:
        records, end = source.next(1)
        found += records
    assert found == topics.logs[place][1:]
    assert _events(log) == [*REPLACED, "reader-replaced"]


@pytest.mark.timeout(20)
def test_the_registry_is_loaded_and_followed(topics: Topics) -> None:
    def publish(number: int) -> str:
        row = person(number)
        key = str(row.person_id)
        topics.write(PROTECTION_STATUSES.name, key.encode(), encode("protected-person", row))
        return key

    first, log = publish(1), KeptLog()
    clients = MemoryClients(topics, mute=1)
    tail = RegistryTail(clients, codec("protected-person", raw=True), Metrics("test"), log, lambda _: None)
    tail.load(lambda: False)
    assert tail.index.row(first) is not None
    clients.mute.append(0)  # type: ignore[attr-defined]
    tail._reader.replace(tail._places())
    second = publish(2)
    while tail.index.row(second) is None:
        tail.look(lambda: False)
        tail.follow()
        time.sleep(0.002)
    assert _events(log) == ["reader-replaced"] * 3
