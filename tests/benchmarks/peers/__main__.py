"""`make bench-peers`: measures ours and the peers in turn; prints, writes docs/bench-peers.json and .md."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from confluent_kafka.admin import AdminClient
from rich.console import Console

from deploy.stack import ensure_kafka_aot
from deploy.stack.artifacts import KAFKA_VERSION
from tests.benchmarks import machine
from tests.benchmarks.ground import Ground
from tests.benchmarks.peers import page, quix, streams
from tests.benchmarks.peers.jobs import Job, all_jobs
from tests.benchmarks.peers.measuring import Figures, measure, measure_throughput
from tests.benchmarks.peers.prepared import Prepared, delete
from tests.benchmarks.workload import QUICK, Size, Workload, without_names
from tests.servers import shared_cache, temporary_state

_DOCS = Path(__file__).parents[3] / "docs"
_SIZE = Size(live_s=20.0, warm_s=5.0)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("--runs", type=int, help="how often each measurement is repeated (3)")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it works")
    parser.add_argument("--crossings", type=int, help="border crossings; observations come on top")
    parser.add_argument("--people", type=int, help="rows in the registry")
    parser.add_argument("--only", action="append", help="only this job; may be given again")
    parser.add_argument("--write", type=Path, help="folder for the files (docs; nowhere with --quick or --only)")
    options = parser.parse_args()
    size = QUICK if options.quick else _SIZE
    given = {name: getattr(options, name) for name in ("runs", "crossings", "people") if getattr(options, name)}
    size = replace(size, **given)
    folder = options.write or (None if options.quick or options.only else _DOCS)
    console = Console(highlight=False)
    results = _measure(console, size, options.only)
    page.show(console, results)
    if folder is not None:
        page.write(folder, results)
        console.print(f"Written to {folder.name}/bench-peers.json and {folder.name}/bench-peers.md.")


def _measure(console: Console, size: Size, only: list[str] | None) -> page.Results:
    ensure_kafka_aot(shared_cache())
    with console.status("fetching, compiling and installing the peers"):
        path, python = streams.prepare(shared_cache()), quix.LOCKED.prepare(shared_cache())
        console.print(f"Java: {streams.check(path)}. Quix: {quix.check(python)}.")
    loads = [machine.load()]
    with console.status("inventing people and travel"):
        load = Workload(size)
    with temporary_state() as state:
        ground = Ground(state)
        try:
            facts = machine.describe(machine.servers(ground.database))
            ground.apart()
            with console.status("publishing"):
                prepared = Prepared(ground, load)
            jobs = [job for job in all_jobs(ground, state, path, python) if only is None or job.key in only]

            def in_turn(jobs: list[Job], take: Callable[[Job, int], Figures]) -> list[page.Measured]:
                runs: dict[str, dict[str, list[float]]] = {job.key: defaultdict(list) for job in jobs}
                for run in range(size.runs):
                    for job in jobs:
                        with console.status(f"run {run + 1} of {size.runs}: {job.key}"):
                            prepared.fill(job.inputs)
                            figures = take(job, run)
                        loads.append(machine.load())
                        console.print(f"{run + 1}/{size.runs} {page.line(job.key, figures)}")
                        for name, value in figures.items():
                            runs[job.key][name].append(value)
                        _tidy(ground.admin, job)
                return [page.Measured(job.key, job.title, job.does, job.ours, dict(runs[job.key])) for job in jobs]

            measured = in_turn(jobs, lambda job, run: measure(ground, load, job, prepared.expected, run))
            keyed, found = len(prepared.keyed), prepared.expected
            console.print("The same events without names:")
            prepared.take_up(list(without_names(load.events)))
            # As further runs: a peer begins under a name of its own in each.
            exact = in_turn(
                [job for job in jobs if job.ours or job.key.startswith("streams-")],
                lambda job, run: measure_throughput(ground, job, prepared.expected, size.runs + run),
            )
        finally:
            ground.close()
    facts |= {
        "kafka streams": f"{KAFKA_VERSION}, Avro {streams.version('avro')}, Java {streams.java_version()}",
        "quix streams": f"{quix.LOCKED.version()}, confluent-kafka {quix.LOCKED.version('confluent-kafka')}, "
        f"fastavro {quix.LOCKED.version('fastavro')}",
        "runs": str(size.runs),
        "load average": f"{min(loads)} to {max(loads)}",
    }
    return page.Results(
        facts=facts,
        people=size.people,
        events=len(load.events),
        keyed_events=keyed,
        table_rows=prepared.table_rows,
        matches=len(found.by_peers),
        common=len(found.by_all),
        live_rate=size.live_rate,
        live_s=size.live_s,
        jobs=measured,
        exact=exact,
    )


def _tidy(admin: AdminClient, job: Job) -> None:
    """Delete the topics that a peer made for itself, so that the broker has no cleaning to do while the next runs."""
    topics = admin.list_topics(timeout=10).topics
    delete(admin, [name for name in topics if not job.ours and job.group in name])


if __name__ == "__main__":
    main()
