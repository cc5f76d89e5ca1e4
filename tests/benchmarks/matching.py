"""Events per second per core through `matching`, how soon it has the registry, and in how much memory."""

from __future__ import annotations

import time
from collections import defaultdict

import psutil

from consumers.matching import Matching
from schemas.topics import MEMORY_OF, STATUS_MATCHES
from tests.benchmarks.figures import Figure, Section, Target
from tests.benchmarks.ground import Ground, processor_s
from tests.benchmarks.workload import Workload

_MIB = 2**20
# What is made anew for a run of its own.
DERIVED = (STATUS_MATCHES.name, "dead-letters", *(memory.name for memory in MEMORY_OF.values()))


def measure(ground: Ground, load: Workload) -> tuple[Section, Section]:
    """Throughput; and the registry's load and memory. The sources hold all events, nothing of them is handled."""
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(load.size.runs):
        ground.forget(["matching"])
        ground.empty(DERIVED)
        started = time.monotonic()
        with ground.service("matching") as process:
            rates["ready"].append(time.monotonic() - started)
            for name, value in watch(ground, process, len(load.events)).items():
                rates[name].append(value)
            rates["load"].append(ground.logged("matching", "registry-loaded")["seconds"])
    size = load.size

    def figure(key: str, name: str, unit: str, target: Target | None = None) -> Figure:
        return Figure(name, unit, tuple(rates[key]), target)

    through = Section(
        "matching",
        "Through `matching`",
        f"{len(load.events):,} events of the simulator on two topics ({load.relevant_share:.1%} become evidence; with "
        f"corrections, duplicates and refused records), a registry of {size.people:,} people, names compared, exactly "
        "once. One process on one core, librdkafka's threads included; the broker on another. From the first to the "
        "last committed offset.",
        (
            figure("rate", "events", "events/s per core", Target(40_000)),
            figure("processor", "processor time", "s per million events"),
            figure("usable", "events, if the core were its own", "events per s of processor time"),
        ),
    )
    registry = Section(
        "registry",
        f"A registry of {size.people:,} in `matching`",
        "Loading is from the question for the topic's end to the last row taken in, as the service logs it "
        "(registry-loaded); ready is from the start of the process to /health/ready. Memory is that of the process: "
        "unique (USS) and resident (RSS), when it is ready and after all events.",
        (
            figure("load", "registry loaded", "s", Target(10, at_least=False)),
            figure("ready", "process ready", "s"),
            figure("uss", "unique memory, ready", "MiB", Target(600, at_least=False)),
            figure("rss", "resident memory, ready", "MiB", Target(600, at_least=False)),
            figure("uss_after", "unique memory, after all events", "MiB"),
            figure("rss_after", "resident memory, after all events", "MiB"),
        ),
    )
    return through, registry


def watch(ground: Ground, process: psutil.Process, total: int) -> dict[str, float]:
    """Watch `matching` take in so many events; it began when it joined the group. Rates a second, memory in MiB."""
    memory = process.memory_full_info()
    first: tuple[float, float, int] | None = None
    while True:
        left = ground.left("matching", Matching.topics)
        now, used, done = time.monotonic(), processor_s(process), total - left
        if done and first is None:
            first = now, used, done
        if not left:
            break
        time.sleep(0.05)
    assert first is not None
    events = total - first[2]
    after = process.memory_full_info()
    return {
        "rate": events / (now - first[0]),
        "processor": (used - first[1]) * 1e6 / events,
        "usable": events / (used - first[1]),
        "uss": memory.uss / _MIB,
        "rss": memory.rss / _MIB,
        "uss_after": after.uss / _MIB,
        "rss_after": after.rss / _MIB,
    }
