"""The figures of ours and the peers as tables, with what each ratio says, and where we are behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Target, shown


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a job.

    Attributes:
        key: short name.
        title: what it is, with its unit.
        more_is_better: False for times and memory.
    """

    key: str
    title: str
    more_is_better: bool = False


ROWS = (
    Row("rate", "events/s", True),
    Row("rate_late", "events/s, second half", True),
    Row("processor", "processor s per million events"),
    Row("processor_late", "processor s per million, second half"),
    Row("p50", "latency p50, ms"),
    Row("p90", "latency p90, ms"),
    Row("p99", "latency p99, ms"),
    Row("memory", "peak memory, MiB"),
    Row("ready", "table ready, s"),
    Row("restart", "restart to first match, s"),
)
_TABLES = (
    ("Throughput on one core", ("rate", "rate_late", "processor", "processor_late")),
    ("Latency, memory, starting", ("p50", "p90", "p99", "memory", "ready", "restart")),
)
# What is asked for: ahead in every row, and this far ahead of Kafka Streams' fastest.
STREAMS_TARGET = Target(1.5)


@dataclass(frozen=True, slots=True)
class Measured:
    """One job and its figures by name, each with its value in each run."""

    key: str
    title: str
    does: str
    ours: bool
    runs: Mapping[str, Sequence[float]]

    def median(self, row: str) -> float:
        """The median of the runs."""
        return median(self.runs[row])


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a reader needs.

    Attributes:
        facts: versions and machine.
        people: rows of the registry.
        events: records on the topics of the agencies.
        keyed_events: records keyed by document, for the joins that want it.
        table_rows: records of the table keyed by document.
        matches: pairs of event and person that each peer found, exactly.
        common: those of them that every job must find, and found.
        live_rate: events/s while latency is measured.
        live_s: seconds of that.
        jobs: what was measured.
        exact: the same of throughput alone, where no event has a name; of ours and Kafka Streams.
    """

    facts: Mapping[str, str]
    people: int
    events: int
    keyed_events: int
    table_rows: int
    matches: int
    common: int
    live_rate: int
    live_s: float
    jobs: Sequence[Measured]
    exact: Sequence[Measured] = ()


def ratio(row: Row, ours: Measured, peer: Measured) -> float:
    """How many times better ours is than the peer: above 1 is ahead, for times and memory too."""
    one, other = ours.median(row.key), peer.median(row.key)
    return one / other if row.more_is_better else other / one


def behind(results: Results) -> list[str]:
    """Where ours is not ahead, in sentences; empty where it is ahead everywhere, or one side was not measured."""
    ours = next((job for job in results.jobs if job.ours), None)
    peers = [job for job in results.jobs if not job.ours]
    if ours is None or not peers:
        return []
    said = []
    for row in ROWS:
        ahead_of_us = [(ratio(row, ours, peer), peer) for peer in peers]
        named = [f"{peer.title} ({shown(value)})" for value, peer in ahead_of_us if value <= 1]
        if named:
            said.append(f"{row.title}: {shown(ours.median(row.key))}, not ahead of {'; '.join(named)}.")
    told = beside_streams(results.jobs)
    if told is not None and not STREAMS_TARGET.reached(told[0]):
        said.append(f"{_times(told)}; the target is {STREAMS_TARGET}.")
    told = beside_streams(results.exact)
    if told is not None and not STREAMS_TARGET.reached(told[0]):
        said.append(f"Without names {_times(told)}; the target is {STREAMS_TARGET}.")
    return said


def beside_streams(jobs: Sequence[Measured]) -> tuple[float, Measured] | None:
    """How many times as fast ours is as Kafka Streams' fastest, and which that is; None where one was not measured."""
    ours = next((job for job in jobs if job.ours), None)
    streams = [job for job in jobs if job.key.startswith("streams-")]
    if ours is None or not streams:
        return None
    fastest = max(streams, key=lambda job: job.median("rate"))
    return ratio(ROWS[0], ours, fastest), fastest


def _times(told: tuple[float, Measured]) -> str:
    return f"{shown(told[0])} times Kafka Streams' fastest ({told[1].title}) in events/s"


def line(key: str, figures: Mapping[str, float]) -> str:
    """One run of one job in a line."""
    return f"{key:18}" + "  ".join(f"{name} {shown(value)}" for name, value in figures.items())


def show(console: Console, results: Results) -> None:
    """Print the tables."""
    for title, rows in _TABLES:
        table = Table(title=title, title_justify="left")
        for column in ("", *(row.title for row in ROWS if row.key in rows)):
            table.add_column(column, justify="right" if column else "left")
        for job in results.jobs:
            table.add_row(job.title, *(_spread(job.runs[row]) for row in rows))
        console.print(table)
    if told := beside_streams(results.exact):
        console.print(f"Without names: {_times(told)}.")
    for sentence in behind(results):
        console.print(f"Behind: {sentence}")


def write(folder: Path, results: Results) -> None:
    """Write both files."""
    folder.joinpath("bench-peers.json").write_text(json.dumps(document(results), indent=1) + "\n", "utf-8")
    folder.joinpath("bench-peers.md").write_text(markdown(results), "utf-8")


def document(results: Results) -> dict[str, object]:
    """For machines."""
    ours = next((job for job in results.jobs if job.ours), None)
    return {
        **results.facts,
        "people": results.people,
        "events": results.events,
        "keyed_events": results.keyed_events,
        "table_rows": results.table_rows,
        "matches_of_peers": results.matches,
        "matches_of_all": results.common,
        "jobs": [
            {
                "key": job.key,
                "does": job.does,
                "figures": _medians(job),
                "ours_to_it": None
                if ours is None or job.ours
                else {row.key: round(ratio(row, ours, job), 3) for row in ROWS},
            }
            for job in results.jobs
        ],
        "without_names": {job.key: _medians(job) for job in results.exact},
        "behind": behind(results),
    }


def _medians(job: Measured) -> dict[str, object]:
    return {
        name: {"median": round(median(values), 3), "runs": [round(value, 3) for value in values]}
        for name, values in job.runs.items()
    }


def markdown(results: Results) -> str:
    """For people."""
    facts = results.facts
    lines = [
        _INTRODUCTION.format(
            runs=facts["runs"],
            people=f"{results.people:,}",
            events=f"{results.events:,}",
            keyed=f"{results.keyed_events:,}",
            rows=f"{results.table_rows:,}",
            matches=f"{results.matches:,}",
            common=f"{results.common:,}",
            rate=f"{results.live_rate:,}",
            seconds=f"{results.live_s:.0f}",
        ),
        *_table(("", ""), [(name, value) for name, value in facts.items()]),
        "## What each job does",
        "",
        *_table(("job", "what it does"), [(job.title, job.does) for job in results.jobs]),
    ]
    titles = {row.key: row.title for row in ROWS}
    for title, rows in _TABLES:
        cells = [(job.title, *(_spread(job.runs[row]) for row in rows)) for job in results.jobs]
        lines += [f"## {title}", "", *_table(("", *(titles[row] for row in rows)), cells)]
    lines += _without_names(results)
    ours = next((job for job in results.jobs if job.ours), None)
    peers = [job for job in results.jobs if not job.ours]
    if ours is not None and peers:
        cells = [(job.title, *(shown(ratio(row, ours, job)) for row in ROWS)) for job in peers]
        lines += ["## How many times better `matching` is", "", "Above 1 is ahead, in times and memory too.", ""]
        lines += _table(
            ("against", *(row.title.split(",")[0] if row.key == "memory" else row.title for row in ROWS)), cells
        )
        said = behind(results)
        lines += ["## Where `matching` is behind", ""]
        lines += [f"- {sentence}" for sentence in said] or ["Nowhere in this run."]
        lines.append("")
    return "\n".join(lines)


def _without_names(results: Results) -> list[str]:
    """Where `matching` looks no more keys up than the peers do for each event, and theirs are all that counts."""
    ours = next((job for job in results.exact if job.ours), None)
    if ours is None or len(results.exact) < 2:
        return []
    rows = [row for row in ROWS if row.key in _TABLES[0][1]]
    cells = [(job.title, *(_spread(job.runs[row.key]) for row in rows)) for job in results.exact]
    ratios = [(job.title, *(shown(ratio(row, ours, job)) for row in rows)) for job in results.exact if not job.ours]
    return [
        "## Throughput where keys are exact or absent",
        "",
        "The same events, their travellers without names. Above, `matching` spends most of its time on names, which "
        "the peers leave alone; here it joins by documents as they do, and still does all else that it does.",
        "",
        *_table(("", *(row.title for row in rows)), cells),
        "How many times better `matching` is:",
        "",
        *_table(("against", *(row.title for row in rows)), ratios),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = "|".join(["---", *("---:" if len(head) > 2 else "---" for _ in head[1:])])
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def _spread(values: Sequence[float]) -> str:
    low, high = shown(min(values)), shown(max(values))
    middle = shown(median(values))
    return middle if low == high else f"{middle} ({low}-{high})"


_INTRODUCTION = """\
# The same join elsewhere

Written by `make bench-peers`; do not edit. Medians of {runs} runs, the range in brackets where they differ. Every job
is one process on the same core, one after the other in each run; the broker, the publisher and the listener share the
other. Everybody in the data is invented. Wall-clock figures depend on what else the machine is doing; the steadier
figure is processor time per million events.

The join: an event names a traveller's document, the registry says whose it is and which protection status held on the
day of the event, and where a country examined is that of the event, a match is written, exactly once. {events} events
of the simulator, the bytes that agencies send, against a registry of {people} people.

How the peers are favoured:

- Their table has one key, so the registry lies ready under the key of each document ({rows} rows), reduced to what
  the join looks at; `matching` reads the registry as Migrationsverket sends it and holds all of it.
- The joins that want both sides under one key read the events keyed by document beforehand ({keyed} records; the bytes
  are the same, and the re-keying, a second pass through Kafka, is not counted). Events that cannot be read or name no
  document are not among them.
- They do only this. `matching` also checks each event, looks up personal and dossier number, name and birth date,
  weighs contradictions, applies the rules, explains, follows corrections and withdrawals, sees a late registry row find
  earlier events, and puts refused records aside. None of the peers can do that with one table and one key.

Each peer found the same {matches} pairs of event and person, exactly those that the join in plain Python finds. All of
the {common} that rest on accepted events without corrections are among the matches of `matching`. A job that finds
anything else ends the benchmark.

How it is measured, from outside and alike for all: throughput from the first committed offset to the last; latency
from just before the producer is called until a read_committed listener has the match, at {rate} events/s for {seconds}
s, one in a hundred relevant; memory as the most that was ever resident, throughput and latency included; table ready
from the start of the process with nothing but topics until events can be joined (for `matching`: healthy); restart
from the start of the process, with the state that the last one left and events waiting, until the listener has the
first match.
"""
