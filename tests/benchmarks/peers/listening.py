"""What comes out of a job, and when: a read_committed reader of its output in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, TopicPartition

from tests.benchmarks.floor import FETCH
from tests.benchmarks.peers.prepared import Pair


class Heard:
    """What has been heard so far.

    Attributes:
        at: when the first match of each event came, on the monotonic clock.
        pairs: events and persons.
    """

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.pairs: set[Pair] = set()

    def add(self, pair: Pair, at: float) -> None:
        """Take one in."""
        self.at.setdefault(pair[0], at)
        self.pairs.add(pair)


@contextmanager
def listening(kafka: str, topic: str, read: Callable[[bytes], Pair | None]) -> Iterator[Heard]:
    """Listen to the topic from its present end on."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "log_level": 0,
            "group.id": "peers-listener",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            **FETCH,
        }
    )
    places = [
        TopicPartition(topic, number) for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, timeout=10)[1]
    consumer.assign(places)
    heard = Heard()
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                at = time.monotonic()
                pair = read(message.value() or b"")
                if pair is not None:
                    heard.add(pair, at)

    thread = threading.Thread(target=listen, name="listener", daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join()
        consumer.close()
