"""How `matching` grows: by people in the registry, by events kept, by partitions and instances; `make bench-growth`.

Prints tables; writes docs/growth.{json,md} and a plot for each curve.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console

from consumers.matching import Matching
from deploy.settings import PREFIX
from deploy.stack import ensure_kafka_aot
from deploy.stack.ports import choose_port
from schemas.codec import Codec
from schemas.topics import PROTECTION_STATUSES, TOPICS
from tests.benchmarks import machine
from tests.benchmarks.figures import shown
from tests.benchmarks.ground import Ground, processor_s
from tests.benchmarks.matching import DERIVED, watch
from tests.benchmarks.plots import Point, plot
from tests.benchmarks.workload import Size, Workload, publish
from tests.servers import shared_cache, temporary_state

_DOCS = Path(__file__).parents[2] / "docs"
# Partitions that hold events where instances are compared.
_SPREAD = 6
_DUE = "resesignal_reexamination_due_partitions"


_INTRODUCTION = """\
# How it grows

Written by `make bench-growth`; do not edit. Medians of {runs} runs. Real Kafka, real service processes; everybody in
the data is invented. By people and by events kept: one process of `matching` on one core, librdkafka's threads
included, the broker on another; what costs most is an event that concerns somebody, and few people make few of them.
By partitions and instances: everybody on every core, so that the broker takes its part of what a second instance
could use. The x axes are logarithmic.
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is measured.

    Attributes:
        people: rows in the registry.
        few: rows where their number is not what grows.
        crossings: border crossings handled in a run; a fiftieth as many mission observations come on top.
        kept: events that the sources hold when a late row comes.
        runs: how often each measurement is repeated.
    """

    people: tuple[int, ...] = (10_000, 100_000, 300_000, 1_000_000, 3_000_000)
    few: int = 100_000
    crossings: int = 300_000
    kept: tuple[int, ...] = (50_000, 100_000, 200_000, 400_000)
    runs: int = 3


_QUICK = Sizes(people=(2_000, 5_000), few=2_000, crossings=50_000, kept=(5_000, 20_000), runs=1)


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity as something grows.

    Attributes:
        key: name of the plot's file.
        title: what is shown.
        x: what grows.
        y: what is measured, with its unit.
        points: the runs at each size.
        relevant: share of the events that become evidence at each size, where it is not the same.
    """

    key: str
    title: str
    x: str
    y: str
    points: dict[int, tuple[float, ...]]
    relevant: dict[int, float] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """For a program."""
        points = {str(size): [round(value, 3) for value in runs] for size, runs in sorted(self.points.items())}
        document: dict[str, object] = {"title": self.title, "x": self.x, "y": self.y, "points": points}
        if self.relevant:
            document["relevant"] = {str(size): round(share, 5) for size, share in sorted(self.relevant.items())}
        return document

    def svg(self) -> str:
        """The curve as a plot."""
        points = [Point(x, median(runs), min(runs), max(runs)) for x, runs in sorted(self.points.items())]
        return plot(self.title, self.x, self.y, points)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth", description=__doc__)
    parser.add_argument("--runs", type=int, help="how often each measurement is repeated (3)")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it works")
    parser.add_argument("--write", type=Path, help="folder for the files (docs; nowhere with --quick)")
    options = parser.parse_args()
    sizes = _QUICK if options.quick else Sizes()
    if options.runs:
        sizes = replace(sizes, runs=options.runs)
    folder = options.write or (None if options.quick else _DOCS)
    console = Console(highlight=False)
    ensure_kafka_aot(shared_cache())
    loads = [machine.load()]
    curves: list[Curve] = []
    facts: dict[str, Any] = {}
    for measure in (_by_people, _by_instances, _by_kept):
        curves += measure(sizes, console, facts)
        loads.append(machine.load())
    facts |= {"runs": str(sizes.runs), "load average": f"{min(loads)} to {max(loads)}"}
    if folder is not None:
        folder.mkdir(exist_ok=True)
        _write(folder, facts, curves)
        console.print(f"Written to {folder.name}/growth.json, {folder.name}/growth.md and their plots.")


# --- by the size of the registry


def _by_people(sizes: Sizes, console: Console, facts: dict[str, Any]) -> list[Curve]:
    """Throughput, memory and start of one process, by the number of people; and the machine's facts."""
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    relevant: dict[int, float] = {}
    for people in sizes.people:
        with _laid_out(people, sizes.crossings, console) as (ground, load):
            relevant[people] = load.relevant_share
            facts |= machine.describe(machine.servers(ground.database)) | {"cores": str(len(ground.cores))}
            publish(ground.kafka, load.events)
            for _ in range(sizes.runs):
                ground.forget(["matching"])
                ground.empty(DERIVED)
                started = time.monotonic()
                with ground.service("matching") as process:
                    found["ready"][people].append(time.monotonic() - started)
                    for name, value in watch(ground, process, len(load.events)).items():
                        found[name][people].append(value)
        console.print(
            f"{people:,} people: {shown(median(found['rate'][people]))} events/s, "
            f"{shown(median(found['rss_after'][people]))} MiB, ready in {shown(median(found['ready'][people]))} s"
        )
    x = "people in the registry"
    return [
        replace(_curve("growth-events", "Events through one core", x, "events/s", found["rate"]), relevant=relevant),
        _curve("growth-memory", "Resident memory, after all events", x, "MiB", found["rss_after"]),
        _curve("growth-ready", "From the start of the process until it is ready, cold", x, "s", found["ready"]),
    ]


# --- by partitions and instances


def _by_instances(sizes: Sizes, console: Console, _facts: dict[str, Any]) -> list[Curve]:
    """Throughput of one instance by partitions that hold events, and of two instances; everybody on every core."""
    by_partitions: dict[int, list[float]] = defaultdict(list)
    by_instances: dict[int, list[float]] = defaultdict(list)
    with _laid_out(sizes.few, sizes.crossings, console) as (ground, load):
        ground.everywhere()
        for partitions, instances in ((1, 1), (2, 1), (_SPREAD, 1), (_SPREAD, 2)):
            for _ in range(sizes.runs):
                ground.forget(["matching"])
                ground.empty(name for name in TOPICS if name != PROTECTION_STATUSES.name)
                rate = _rate_of(ground, instances, load.events, partitions)
                if instances == 1:
                    by_partitions[partitions].append(rate)
                if partitions == _SPREAD:
                    by_instances[instances].append(rate)
            console.print(f"{partitions} partitions, {instances} instances: {shown(rate)} events/s")
    return [
        _curve("growth-partitions", "Events, by partitions that hold them", "partitions", "events/s", by_partitions),
        _curve(
            "growth-instances", "Events, by instances, broker on the same cores", "instances", "events/s", by_instances
        ),
    ]


def _rate_of(ground: Ground, instances: int, events: Sequence[tuple[str, bytes, bytes]], partitions: int) -> float:
    """Events per second of instances that begin with all of them there at once.

    They are stopped while the events are published, for less than their session lasts.
    """
    names = ["matching", *(f"matching-{number}" for number in range(2, instances + 1))]
    taken: set[int] = set()
    for name in names:
        port = choose_port(None, taken)
        taken.add(port)
        spec = ground.local.spec("matching", name, port)
        ground.local.stack.start_service(replace(spec, env={**spec.env, f"{PREFIX}SESSION_TIMEOUT_MS": "120000"}))
    try:
        # The second one's coming moved partitions; each has what it needs before anything is measured.
        time.sleep(3.0)
        for name in names:
            ground.process(name).suspend()
        publish(ground.kafka, events, partitions)
        started = time.monotonic()
        for name in names:
            ground.process(name).resume()
        while ground.left("matching", Matching.topics):
            time.sleep(0.05)
        return len(events) / (time.monotonic() - started)
    finally:
        for name in names:
            ground.local.stack.stop_service(name)


# --- by the events kept


def _by_kept(sizes: Sizes, console: Console, _facts: dict[str, Any]) -> list[Curve]:
    """What one registry row costs that concerns all that the sources hold, by how many events they hold."""
    seconds: dict[int, list[float]] = defaultdict(list)
    processor: dict[int, list[float]] = defaultdict(list)
    with _laid_out(sizes.few, sizes.kept[-1], console) as (ground, load):
        rows = _late_rows(load)
        expected = done = 0
        with ground.service("matching") as process:
            for size in sizes.kept:
                publish(ground.kafka, load.events[done:size])
                done = size
                ground.wait_until_handled("matching", Matching.topics)
                for _ in range(sizes.runs):
                    expected += size
                    began, used = time.monotonic(), processor_s(process)
                    publish(ground.kafka, [next(rows)])
                    _wait_until_compared(ground, expected)
                    seconds[size].append(time.monotonic() - began)
                    processor[size].append(processor_s(process) - used)
                console.print(f"{size:,} events kept: a late row costs {shown(median(seconds[size]))} s")
    x = "events kept by the sources"
    return [
        _curve("growth-late", "A late row that concerns all events kept", x, "s until compared", seconds),
        _curve("growth-late-processor", "A late row, processor time", x, "s", processor),
    ]


def _late_rows(load: Workload) -> Iterator[tuple[str, bytes, bytes]]:
    """People with a status from long ago whom no traveller is: all events are looked at, and nothing is found."""
    codec = Codec(PROTECTION_STATUSES.record)
    row = next(row for row in load.world.registry() if row["statuses"])
    row = {**row, "documents": [], "names": [], "personal_numbers": [], "dossier_numbers": []}
    row["statuses"] = [{**row["statuses"][0], "valid_from": date(1990, 1, 1)}]
    for number in count(1):
        person_id = f"00000000-0000-4000-8000-{number:012}"
        yield PROTECTION_STATUSES.name, person_id.encode(), codec.encode({**row, "person_id": person_id})


def _wait_until_compared(ground: Ground, expected: int) -> None:
    """Wait until so many records were read again in all, and nothing is left to be looked at."""
    url = f"{ground.local.addresses().observe['matching']}/metrics"
    deadline = time.monotonic() + 600
    while True:
        values: dict[str, float] = defaultdict(float)
        for line in httpx.get(url, timeout=30).text.splitlines():
            if line.startswith("resesignal_reexamin"):
                name, value = line.rsplit(" ", 1)
                values[name.split("{")[0]] += float(value)
        if values["resesignal_reexamined_records_total"] >= expected and not values[_DUE]:
            return
        assert time.monotonic() < deadline, "the late row is not compared"
        time.sleep(0.05)


# --- what is shared


@contextmanager
def _laid_out(people: int, crossings: int, console: Console) -> Iterator[tuple[Ground, Workload]]:
    """Servers with a registry of this size, and events to publish."""
    with console.status(f"inventing {people:,} people"):
        load = Workload(replace(Size(), people=people, crossings=crossings))
    with temporary_state() as state:
        ground = Ground(state)
        try:
            ground.apart()
            with console.status(f"publishing {people:,} people"):
                load.publish_registry(ground.kafka)
            yield ground, load
        finally:
            ground.close()


def _curve(key: str, title: str, x: str, y: str, points: dict[int, list[float]]) -> Curve:
    return Curve(key, title, x, y, {size: tuple(runs) for size, runs in points.items()})


def _write(folder: Path, facts: Mapping[str, Any], curves: Sequence[Curve]) -> None:
    document = {**facts, "curves": {curve.key: curve.document() for curve in curves}}
    folder.joinpath("growth.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    lines = [_INTRODUCTION.format(runs=facts["runs"])]
    lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), ""]
    for curve in curves:
        folder.joinpath(f"{curve.key}.svg").write_text(curve.svg(), "utf-8")
        lines += [f"## {curve.title}", "", f"![{curve.title}, {curve.y}, by {curve.x}]({curve.key}.svg)", ""]
        share = curve.relevant
        lines += [f"| {curve.x} | {curve.y}, median | range |{' become evidence |' if share else ''}"]
        lines += ["|---:|---:|---|" + ("---:|" if share else "")]
        for size, runs in sorted(curve.points.items()):
            line = f"| {size:,} | {shown(median(runs))} | {shown(min(runs))}-{shown(max(runs))} |"
            lines.append(line + (f" {share[size]:.2%} |" if share else ""))
        lines.append("")
    folder.joinpath("growth.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main()
