"""Reading alone: `python -m tests.benchmarks.floor BOOTSTRAP EVENTS`. Prints one JSON object."""

from __future__ import annotations

import sys
import time
from typing import Any

import orjson
from confluent_kafka import Consumer

from schemas.topics import MEMORY_OF

# As the services have them: librdkafka's default stalls a fast reader for a second whenever its queue is full.
FETCH = {"fetch.queue.backoff.ms": 10, "fetch.wait.max.ms": 50}


def main(bootstrap: str, events: int) -> None:
    """Read that many events from the source topics."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "log_level": 0,
            "group.id": f"floor-{time.time_ns()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            **FETCH,
        }
    )
    consumer.subscribe(list(MEMORY_OF))
    seen = size = counted = 0
    started = used = 0.0
    while seen < events:
        messages: list[Any] = consumer.consume(1000, 1.0)
        for message in messages:
            size += len(message.value() or b"")
        seen += len(messages)
        if messages and not started:
            started, used, counted = time.monotonic(), time.process_time(), seen
    result(seen - counted, time.monotonic() - started, time.process_time() - used)
    consumer.close()


def result(events: int, seconds: float, processor_s: float) -> None:
    """Tell the caller."""
    told = {"events": events, "seconds": seconds, "processor_s": processor_s}
    sys.stdout.buffer.write(orjson.dumps(told))
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
