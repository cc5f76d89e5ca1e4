"""`make bench`: measures everything, prints tables, writes docs/benchmarks.json and docs/benchmarks.md."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]
from rich.console import Console

from deploy.stack import ensure_kafka_aot
from schemas.topics import PROTECTION_STATUSES, TOPICS
from tests.benchmarks import bare, elsewhere, latency, machine, matching, report, sink, starting, whole
from tests.benchmarks.figures import Section
from tests.benchmarks.ground import Ground
from tests.benchmarks.workload import QUICK, Size, Workload, publish
from tests.servers import shared_cache, temporary_state

_DOCS = Path(__file__).parents[2] / "docs"
_PARTS = ("start", "matching", "peers", "whole", "latency", "sink", "varied")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, help="how often each measurement is repeated (3)")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it works")
    parser.add_argument("--only", choices=_PARTS, action="append", help="only this part; may be given again")
    parser.add_argument("--write", type=Path, help="folder for the files (docs; nowhere with --quick or --only)")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    if options.runs:
        size = replace(size, runs=options.runs)
    folder = options.write or (None if options.quick or options.only else _DOCS)
    console = Console(highlight=False)
    facts, sections = _measure(console, size, set(options.only or _PARTS))
    if folder is not None:
        report.write(folder, facts, sections)
        console.print(f"Written to {folder.name}/benchmarks.json and {folder.name}/benchmarks.md.")


def _measure(console: Console, size: Size, parts: set[str]) -> tuple[dict[str, Any], list[Section]]:
    ensure_kafka_aot(shared_cache())
    loads = [machine.load()]
    sections: list[Section] = []

    def add(*done: Section) -> None:
        loads.append(machine.load())
        sections.extend(done)
        for section in done:
            report.show(console, section)

    if "start" in parts:
        add(starting.measure(size.runs))
    with console.status("inventing people and travel"):
        load = Workload(size)
    with temporary_state() as state, _ground(state) as ground:
        facts = machine.describe(machine.servers(ground.database))
        with console.status("publishing the registry"):
            load.publish_registry(ground.kafka)
        if parts & {"matching", "peers"}:
            ground.apart()
            publish(ground.kafka, load.events)
            through, registry = matching.measure(ground, load)
            add(through, registry)
            if "peers" in parts:
                ground.admin.create_topics([NewTopic(bare.OUT, 8, 1)])[bare.OUT].result()
                add(elsewhere.measure(ground, load, through.figures[1].median))
            add(matching.measure_exact(ground, load))
            add(matching.measure_deciding(ground, load))
            ground.forget(["matching"])
            ground.empty(set(TOPICS) - {PROTECTION_STATUSES.name})
        if parts & {"whole", "latency"}:
            _all_running(ground, load, parts, add)
        if "sink" in parts:
            ground.apart()
            add(sink.measure(ground, load))
        if "varied" in parts:
            # Last, since the registry is another one behind it.
            ground.apart()
            add(matching.measure_varied(ground, load))
    facts |= {"runs": str(size.runs), "load average": f"{min(loads)} to {max(loads)}"}
    return facts, sections


def _all_running(ground: Ground, load: Workload, parts: set[str], add: Callable[[Section], None]) -> None:
    ground.everywhere()
    ground.local.up()
    whole.wait_until_quiet(ground)
    if "whole" in parts:
        add(whole.measure(ground, load))
    if "latency" in parts:
        add(latency.measure(ground, load))
    for name in ("api", *whole.SERVICES):
        ground.local.stack.stop_service(name)


@contextmanager
def _ground(state: Path) -> Iterator[Ground]:
    ground = Ground(state)
    try:
        yield ground
    finally:
        ground.close()


if __name__ == "__main__":
    main()
