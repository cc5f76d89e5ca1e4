"""The bare job: `python -m tests.benchmarks.bare BOOTSTRAP EVENTS`. Prints one JSON object.

What somebody would write in an afternoon: decode, look up the document, write a match, in transactions.
"""

from __future__ import annotations

import sys
import time
from io import BytesIO
from typing import Any

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition
from fastavro import parse_schema, schemaless_reader

from schemas.codec import schema, without_logical_types
from schemas.topics import MEMORY_OF, PROTECTION_STATUSES, TOPICS
from tests.benchmarks.floor import FETCH, result

# A topic of its own, so that nothing of Resesignal reads it.
OUT = "benchmark-matches"
_HEADER = 10  # of the single-object encoding
_EVENTS = 5_000
_SECONDS = 0.1

Table = dict[str, list[tuple[str, tuple[str, ...]]]]


def main(bootstrap: str, events: int) -> None:
    """Match that many events of the source topics."""
    table = _registry(bootstrap)
    parsed = {name: parse_schema(without_logical_types(schema(TOPICS[name].record))) for name in MEMORY_OF}
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "log_level": 0,
            "group.id": f"bare-{time.time_ns()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            **FETCH,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "transactional.id": "benchmark-bare",
        }
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    consumer.subscribe(list(MEMORY_OF))
    seen = pending = counted = 0
    started = used = last = 0.0
    while seen < events:
        messages: list[Any] = consumer.consume(1000, 0.02)
        for message in messages:
            try:
                event = _decode(message.value(), parsed[message.topic()])
            except (EOFError, IndexError, UnicodeDecodeError, ValueError, OverflowError):
                continue  # the simulator's refused records
            for document in event["traveller"]["documents"]:
                for person_id, countries in table.get(document["issuing_state"] + document["number"], ()):
                    if event["country"] in countries:
                        match = {"event_id": event["event_id"], "person_id": person_id, "country": event["country"]}
                        producer.produce(OUT, orjson.dumps(match), person_id)
        seen += len(messages)
        pending += len(messages)
        now = time.monotonic()
        if messages and not started:
            started, used, counted = now, time.process_time(), seen
        if pending and (pending >= _EVENTS or now - last >= _SECONDS or seen >= events):
            _commit(consumer, producer)
            pending, last = 0, time.monotonic()
    result(seen - counted, time.monotonic() - started, time.process_time() - used)
    producer.abort_transaction()
    consumer.close()


def _commit(consumer: Consumer, producer: Producer) -> None:
    positions = [place for place in consumer.position(consumer.assignment()) if place.offset >= 0]
    producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
    producer.commit_transaction()
    producer.begin_transaction()


def _registry(bootstrap: str) -> Table:
    """People and the countries of their statuses, by document."""
    parsed = parse_schema(without_logical_types(schema(PROTECTION_STATUSES.record)))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "log_level": 0,
            "group.id": "bare-load",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            **FETCH,
        }
    )
    consumer.assign([TopicPartition(PROTECTION_STATUSES.name, n, 0) for n in range(PROTECTION_STATUSES.partitions)])
    table: Table = {}
    ends = 0
    while ends < PROTECTION_STATUSES.partitions:
        for message in consumer.consume(1000, 1.0):
            if message.error():
                ends += 1
                continue
            row = _decode(message.value() or b"", parsed)
            countries = tuple(country for status in row["statuses"] for country in status["countries"])
            for document in row["documents"]:
                held = table.setdefault(document["issuing_state"] + document["number"], [])
                held.append((row["person_id"], countries))
    consumer.close()
    return table


def _decode(data: bytes, parsed: Any) -> Any:
    stream = BytesIO(data)
    stream.seek(_HEADER)
    return schemaless_reader(stream, parsed, None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
