"""Candidates per second into the queue: the sink alone, on candidates that lie ready."""

from __future__ import annotations

import time
from collections import defaultdict

import psycopg

from consumers.case_queue.sink import Sink
from deploy.settings import PREFIX
from tests.benchmarks.figures import Figure, Section, Target
from tests.benchmarks.ground import Ground, processor_s
from tests.benchmarks.workload import Workload, publish
from tests.servers import libpq_url


def measure(ground: Ground, load: Workload) -> Section:
    """Run the sink into a new database each time."""
    ground.empty(Sink.topics)
    total = publish(ground.kafka, load.candidates())
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(load.size.runs):
        ground.forget(["case-queue"])
        for name, value in _run(ground, total).items():
            rates[name].append(value)
    return Section(
        "sink",
        "Into the queue",
        f"{total:,} candidates of as many people, each with one piece of evidence, into empty tables, each batch one "
        "transaction with its offsets (fsync on). The sink on one core, Kafka and PostgreSQL on another. From the "
        "first batch that is visible to the last.",
        (
            Figure("candidates", "candidates/s", tuple(rates["rate"]), Target(2_000)),
            Figure("processor time of the sink", "s per million candidates", tuple(rates["processor"])),
        ),
    )


def _run(ground: Ground, total: int) -> dict[str, float]:
    database = ground.new_database()
    with (
        psycopg.connect(libpq_url(database), autocommit=True) as connection,
        ground.service("case-queue", {f"{PREFIX}DATABASE_URL": database}) as process,
    ):
        first: tuple[float, float, int] | None = None
        while True:
            row = connection.execute("SELECT count(*) FROM candidate").fetchone()
            now, used, done = time.monotonic(), processor_s(process), int(row[0]) if row else 0
            if done and first is None:
                first = now, used, done
            if done >= total:
                break
            time.sleep(0.05)
        assert first is not None
        written = max(1, total - first[2])
        return {"rate": written / (now - first[0] or 0.05), "processor": (used - first[1]) * 1e6 / written}
