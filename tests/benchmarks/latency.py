"""From a crossing's publication until a caseworker can see it, under steady traffic."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

import httpx
import psycopg

from producers.simulator import LIVE_RELEVANT
from tests.benchmarks.figures import Figure, Section, Target, percentile
from tests.benchmarks.ground import Ground
from tests.benchmarks.workload import Workload, sending
from tests.servers import libpq_url

_GROUP = 10
_LATECOMERS_S = 20.0
# Told to whoever listens once the transaction that attached the evidence is committed and visible, not before.
_TELL = """
    CREATE OR REPLACE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('bench', NEW.event_id::text); RETURN NULL; END $$;
    CREATE OR REPLACE TRIGGER bench_tell AFTER INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION bench_tell();
"""


def measure(ground: Ground, load: Workload) -> Section:
    """Publish at the rate, with everything running and caught up."""
    percentiles: dict[str, list[float]] = {"p50": [], "p90": [], "p99": [], "max": []}
    behind, missing, count, deciding = [], [], [], []
    with _heard(ground.database) as heard:
        for _ in range(load.size.runs):
            heard.clear()
            before = _decisions(ground)
            sent, late = _traffic(ground.kafka, load)
            deadline = time.monotonic() + _LATECOMERS_S
            while not sent.keys() <= heard.keys() and time.monotonic() < deadline:
                time.sleep(0.1)
            times = [(heard[event] - at) * 1000 for event, at in sent.items() if event in heard]
            for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
                percentiles[name].append(percentile(times, share))
            behind.append(late * 1000)
            missing.append(float(len(sent) - len(times)))
            count.append(float(len(times)))
            deciding.append(1000 * _bound(before, _decisions(ground), 0.99))
    size = load.size
    target = Target(500, at_least=False)
    return Section(
        "latency",
        f"From publication to the queue at {size.live_rate:,} events/s",
        f"{size.live_s:.0f} s a run after {size.warm_s:.0f} s that do not count; 1% of the events are relevant, each "
        "of another person, recorded when they are made. From just before the producer is called until PostgreSQL "
        "tells a listening client that the transaction with the evidence is committed (LISTEN, by a trigger that "
        "only the benchmark adds). Kafka, PostgreSQL, one process of each service and the publisher share all cores. "
        "Deciding on a batch is the time from its being handed over until all of it is decided, by the buckets of "
        "the service's own histogram.",
        (
            *(
                Figure(name, "ms", tuple(values), target if name == "p99" else None)
                for name, values in percentiles.items()
            ),
            Figure(
                "p99 of deciding on a batch in `matching`, at most", "ms", tuple(deciding), Target(5, at_least=False)
            ),
            Figure("pieces of evidence timed", "", tuple(count)),
            Figure("missing", "", tuple(missing)),
            Figure("publisher behind its pace, at most", "ms", tuple(behind)),
        ),
    )


@contextmanager
def _heard(database: str) -> Iterator[dict[str, float]]:
    """When each event was heard of as evidence, on the monotonic clock; a thread adds to it."""
    heard: dict[str, float] = {}
    stop = threading.Event()
    with psycopg.connect(libpq_url(database), autocommit=True) as connection:
        connection.execute(_TELL)
        connection.execute("LISTEN bench")

        def listen() -> None:
            while not stop.is_set():
                for told in connection.notifies(timeout=0.5, stop_after=1):
                    heard.setdefault(told.payload, time.monotonic())

        thread = threading.Thread(target=listen, name="listener", daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            stop.set()
            thread.join()
            connection.execute("DROP TRIGGER bench_tell ON evidence; DROP FUNCTION bench_tell")


def _decisions(ground: Ground) -> dict[float, float]:
    """How many batches `matching` has decided on so far, by the bound of the time that it took, in s."""
    text = httpx.get(f"{ground.local.addresses().observe['matching']}/metrics", timeout=30).text
    found = re.findall(r'^resesignal_decision_seconds_bucket\{le="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    return {float(bound): float(count) for bound, count in found}


def _bound(before: Mapping[float, float], after: Mapping[float, float], share: float) -> float:
    """The least bound below which at least this share of the batches between lies."""
    counts = {bound: after[bound] - before[bound] for bound in sorted(after)}
    return next(bound for bound, count in counts.items() if count >= share * max(counts.values()))


def _traffic(kafka: str, load: Workload) -> tuple[dict[str, float], float]:
    """Publish at the rate; when each relevant event that counts was sent, and how far it fell behind at most, in s."""
    size = load.size
    sent: dict[str, float] = {}
    late = 0.0
    warm = int(size.warm_s * size.live_rate)
    with sending(kafka, linger_ms=0) as producer:
        started = time.monotonic()
        for number, record in enumerate(islice(load.live(), warm + int(size.live_s * size.live_rate))):
            if number % _GROUP == 0:
                producer.poll(0)
                early = started + number / size.live_rate - time.monotonic()
                if early > 0:
                    time.sleep(early)
                elif number > warm:
                    late = max(late, -early)
            if number >= warm and record.category == LIVE_RELEVANT:
                sent[record.key.decode()] = time.monotonic()
            producer.produce(record.topic, record.value, record.key)
    return sent, late
