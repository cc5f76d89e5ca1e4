"""Events per second per core through `matching`, how soon it has the registry, and in how much memory."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

import psutil

from consumers.matching import Matching
from deploy.settings import PREFIX
from schemas.topics import MEMORY_OF, PROTECTION_STATUSES, STATUS_MATCHES
from tests.benchmarks.figures import Figure, Section, Target
from tests.benchmarks.ground import Ground, processor_s
from tests.benchmarks.steady import bound, decisions, publish_steadily
from tests.benchmarks.varied import Varied
from tests.benchmarks.workload import Workload, publish, without_names
from tests.servers import temporary_state

_MIB = 2**20
# What is made anew for a run of its own.
DERIVED = (STATUS_MATCHES.name, "dead-letters", *(memory.name for memory in MEMORY_OF.values()))


def measure(ground: Ground, load: Workload) -> tuple[Section, Section]:
    """Throughput; and the registry's load and memory. The sources hold all events, nothing of them is handled."""
    rates = _take_in(ground, len(load.events), load.size.runs)
    rates["again"] += _starts_from_a_snapshot(ground, load.size.runs)
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
            figure("rate", "events", "events/s per core", Target(80_000)),
            figure("processor", "processor time", "s per million events"),
            figure("usable", "events, if the core were its own", "events per s of processor time"),
        ),
    )
    registry = Section(
        "registry",
        f"A registry of {size.people:,} in `matching`",
        "Loading is from the question for the topic's end to the last row taken in, as the service logs it "
        "(registry-loaded); ready is from the start of the process to /health/ready. From a snapshot: the same of the "
        "next start, with RESESIGNAL_SNAPSHOT, all events handled and what was said of them to be read. Memory is that "
        "of the process: unique (USS) and resident (RSS), when it is ready and after all events.",
        (
            figure("load", "registry loaded", "s", Target(10, at_least=False)),
            figure("ready", "process ready", "s", Target(15, at_least=False)),
            figure("again", "process ready, from a snapshot", "s", Target(3, at_least=False)),
            figure("uss", "unique memory, ready", "MiB", Target(600, at_least=False)),
            figure("rss", "resident memory, ready", "MiB", Target(600, at_least=False)),
            figure("uss_after", "unique memory, after all events", "MiB"),
            figure("rss_after", "resident memory, after all events", "MiB"),
        ),
    )
    return through, registry


def _starts_from_a_snapshot(ground: Ground, runs: int) -> Iterator[float]:
    """Seconds that a start takes after one that has left a snapshot."""
    with temporary_state() as state:
        folder = state / "snapshot"
        folder.mkdir(mode=0o700)
        environment = {f"{PREFIX}SNAPSHOT": str(folder)}
        with ground.service("matching", environment):
            pass
        for _ in range(runs):
            started = time.monotonic()
            with ground.service("matching", environment):
                yield time.monotonic() - started
                assert ground.logged("matching", "registry-snapshot")["used"]


def _take_in(ground: Ground, events: int, runs: int) -> dict[str, list[float]]:
    """What `watch` gives of each of some runs over all that the sources hold; and how soon the process is ready."""
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(runs):
        ground.forget(["matching"])
        ground.empty(DERIVED)
        started = time.monotonic()
        with ground.service("matching") as process:
            rates["ready"].append(time.monotonic() - started)
            for name, value in watch(ground, process, events).items():
                rates[name].append(value)
            rates["load"].append(ground.logged("matching", "registry-loaded")["seconds"])
    return rates


def measure_varied(ground: Ground, load: Workload) -> Section:
    """Throughput where names are as many as people's. Puts its own registry and events on the topics."""
    ground.forget(["matching"])
    ground.empty((PROTECTION_STATUSES.name, *MEMORY_OF, *DERIVED))
    varied = Varied(load.world)
    load.publish_registry(ground.kafka, varied.registry())
    publish(ground.kafka, varied.events())
    rates = _take_in(ground, len(load.events), load.size.runs)
    return Section(
        "varied",
        "Through `matching`, with names as many as people's",
        f"The same {len(load.events):,} events, but for those of the simulator's cases all under other names: people "
        "of the registry, and a quarter of the travellers, after a dozen cultures of those whom protection is given "
        "to, with long tails of rare names; the others after some eighty northern names and as many as can be made of "
        "their halves. The process has met no traveller before. Else as above.",
        (
            Figure("events", "events/s per core", tuple(rates["rate"]), Target(80_000)),
            Figure("processor time", "s per million events", tuple(rates["processor"])),
            Figure("registry loaded", "s", tuple(rates["load"]), Target(10, at_least=False)),
            Figure("process ready", "s", tuple(rates["ready"]), Target(15, at_least=False)),
            Figure("resident memory, ready", "MiB", tuple(rates["rss"]), Target(600, at_least=False)),
            Figure("resident memory, after all events", "MiB", tuple(rates["rss_after"])),
        ),
    )


def measure_exact(ground: Ground, load: Workload) -> Section:
    """Throughput where travellers come without names: keys are exact or absent. Puts its own events on the sources."""
    ground.forget(["matching"])
    ground.empty((*MEMORY_OF, *DERIVED))
    events = list(without_names(load.events))
    publish(ground.kafka, events)
    rates = _take_in(ground, len(events), load.size.runs)
    return Section(
        "exact",
        "Through `matching`, without names",
        f"The same {len(events):,} events, with documents and numbers but no names, so that no key is a name; else as "
        "above.",
        (
            Figure("events", "events/s per core", tuple(rates["rate"]), Target(250_000)),
            Figure("processor time", "s per million events", tuple(rates["processor"])),
        ),
    )


def measure_deciding(ground: Ground, load: Workload) -> Section:
    """How long decisions take at a steady rate. Puts its own events on the sources, which it empties."""
    ground.forget(["matching"])
    ground.empty((*MEMORY_OF, *DERIVED))
    half, most, late, taken = [], [], [], []
    with ground.service("matching"):
        for _ in range(load.size.runs):
            before = decisions(ground)
            late.append(1000 * publish_steadily(ground.kafka, load)[1])
            ground.wait_until_handled("matching", Matching.topics)
            after = decisions(ground)
            half.append(1000 * bound(before, after, 0.5))
            most.append(1000 * bound(before, after, 0.99))
            taken.append(max(after.values()) - max(before.values()))
    size = load.size
    return Section(
        "deciding",
        f"Deciding in `matching` at {size.live_rate:,} events/s",
        f"{size.warm_s + size.live_s:.0f} s a run; 1% of the events are relevant. The process alone on its core, the "
        "broker and the publisher on another. From a batch being handed over until all of it is decided, by the "
        "bounds of the service's own histogram.",
        (
            Figure("half of all batches, at most", "ms", tuple(half)),
            Figure("p99 of all batches, at most", "ms", tuple(most), Target(5, at_least=False)),
            Figure("batches", "", tuple(taken)),
            Figure("publisher behind its pace, at most", "ms", tuple(late)),
        ),
    )


def watch(ground: Ground, process: psutil.Process, total: int) -> dict[str, float]:
    """Watch `matching` take in so many events; it began when it joined the group. Rates a second, memory in MiB."""
    memory = process.memory_full_info()
    begun = time.monotonic(), processor_s(process), 0
    first: tuple[float, float, int] | None = None
    while True:
        left = ground.left("matching", Matching.topics)
        now, used, done = time.monotonic(), processor_s(process), total - left
        if done and first is None:
            # With --quick all may be done at the first look.
            first = (now, used, done) if left else begun
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
