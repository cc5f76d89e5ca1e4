"""The whole way: from publishing to the caseworker's queue, as fast as it goes, all services on all cores."""

from __future__ import annotations

import time

from deploy.traffic import STAGES
from tests.benchmarks.figures import Figure, Section
from tests.benchmarks.ground import Ground, processor_s
from tests.benchmarks.workload import Workload, publish

SERVICES = tuple(group for group, _ in STAGES)


def measure(ground: Ground, load: Workload) -> Section:
    """Publish the events in as many parts as there are runs; everything runs and has caught up before each."""
    share = len(load.events) // load.size.runs
    rates: list[float] = []
    used: dict[str, list[float]] = {service: [] for service in SERVICES}
    for run in range(load.size.runs):
        part = load.events[run * share : (run + 1) * share]
        before = {service: processor_s(ground.process(service)) for service in SERVICES}
        started = time.monotonic()
        publish(ground.kafka, part)
        for group, topics in STAGES:
            ground.wait_until_handled(group, topics)
        rates.append(len(part) / (time.monotonic() - started))
        for service in SERVICES:
            used[service].append((processor_s(ground.process(service)) - before[service]) * 1e6 / len(part))
    return Section(
        "whole",
        "The whole way",
        f"{share:,} events a run, {load.relevant_share:.1%} of which become evidence, from the first record handed to "
        "the producer until every stage has committed everything and it is in PostgreSQL. Kafka, PostgreSQL, one "
        "process of each service and the publisher share all cores of this machine.",
        (
            Figure("events", "events/s", tuple(rates)),
            *(Figure(f"processor time, {name}", "s per million events", tuple(used[name])) for name in SERVICES),
        ),
    )


def wait_until_quiet(ground: Ground) -> None:
    """Wait until all stages have handled what there is."""
    for group, topics in STAGES:
        ground.wait_until_handled(group, topics)
