"""What the same events cost elsewhere, in the same run: reading alone, and a bare job of the same way of working."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict

import orjson

from tests.benchmarks.figures import Figure, Section
from tests.benchmarks.ground import Ground
from tests.benchmarks.workload import Workload

_JOBS = ("floor", "bare")


def measure(ground: Ground, load: Workload, matching_processor_s: float) -> Section:
    """Run each job over the events that are on the topics.

    Args:
        ground: with the events on the source topics.
        load: what they are.
        matching_processor_s: what `matching` used for a million of them.
    """
    runs: dict[str, list[float]] = defaultdict(list)
    for _ in range(load.size.runs):
        for job in _JOBS:
            result = _run(ground, job, len(load.events))
            runs[f"{job}-rate"].append(result["events"] / result["seconds"])
            runs[f"{job}-processor"].append(result["processor_s"] * 1e6 / result["events"])
    bare = tuple(runs["bare-processor"])
    return Section(
        "peers",
        "The same events elsewhere",
        "One process on the same core, in the same run. Reading alone: consume(1000) and len(value). The bare job: "
        "confluent-kafka and fastavro (plain types), each event decoded whole, its documents looked up in a dict of "
        "the same registry, a match written where the country fits, exactly once in transactions of 5,000 events. It "
        "does without names, personal and dossier numbers, checks of what is received, corrections and withdrawals, "
        "dead letters and explanations.",
        (
            Figure("reading alone", "events/s per core", tuple(runs["floor-rate"])),
            Figure("reading alone", "s per million events", tuple(runs["floor-processor"])),
            Figure("bare job", "events/s per core", tuple(runs["bare-rate"])),
            Figure("bare job", "s per million events", bare),
            Figure(
                "`matching`, to the bare job", "times its processor time", tuple(matching_processor_s / b for b in bare)
            ),
        ),
    )


def _run(ground: Ground, job: str, events: int) -> dict[str, float]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, ground.own_core)
    try:
        child = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{job}", ground.kafka, str(events)],
            stdout=subprocess.PIPE,
            check=True,
            timeout=600,
        )
    finally:
        os.sched_setaffinity(0, before)
    result: dict[str, float] = orjson.loads(child.stdout)
    return result
