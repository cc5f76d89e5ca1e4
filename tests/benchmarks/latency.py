"""From a crossing's publication until a caseworker can see it, under steady traffic."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.benchmarks.figures import Figure, Section, Target, percentile
from tests.benchmarks.ground import Ground
from tests.benchmarks.steady import bound, decisions, publish_steadily
from tests.benchmarks.workload import Workload
from tests.servers import libpq_url

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
            before = decisions(ground)
            sent, late = publish_steadily(ground.kafka, load)
            deadline = time.monotonic() + _LATECOMERS_S
            while not sent.keys() <= heard.keys() and time.monotonic() < deadline:
                time.sleep(0.1)
            times = [(heard[event] - at) * 1000 for event, at in sent.items() if event in heard]
            for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
                percentiles[name].append(percentile(times, share))
            behind.append(late * 1000)
            missing.append(float(len(sent) - len(times)))
            count.append(float(len(times)))
            deciding.append(1000 * bound(before, decisions(ground), 0.99))
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
