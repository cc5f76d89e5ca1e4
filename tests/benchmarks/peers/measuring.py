"""One job measured once: table, throughput, latency, restart."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psutil

from producers.simulator import LIVE_RELEVANT, SimulatedRecord
from tests.benchmarks.figures import percentile
from tests.benchmarks.ground import Ground, processor_s
from tests.benchmarks.peers.jobs import SOURCES, Job
from tests.benchmarks.peers.listening import Heard, listening
from tests.benchmarks.peers.offsets import Group
from tests.benchmarks.peers.prepared import Events, Expected, Pair, produce_patiently
from tests.benchmarks.workload import Workload, sending

_LATECOMERS_S = 20.0
_GROUP = 10  # records between two looks at the clock
_AT_RESTART = 2_000
Figures = dict[str, float]


def measure(ground: Ground, load: Workload, job: Job, expected: Expected, run: int) -> Figures:
    """All figures of one run, by name. AssertionError where the job does not find what it must."""
    with _caught_up(ground, job, expected, run) as (heard, process, figures):
        figures |= _latency(ground.kafka, load, job, heard)
        figures["memory"] = _peak_mib(process.pid)
        job.stop()
        figures["restart"] = _restart(ground.kafka, load, job, heard)
        job.stop()
    return figures


def measure_throughput(ground: Ground, job: Job, expected: Expected, run: int) -> Figures:
    """Those of throughput alone."""
    with _caught_up(ground, job, expected, run) as (_, _, figures):
        job.stop()
    return figures


@contextmanager
def _caught_up(
    ground: Ground, job: Job, expected: Expected, run: int
) -> Iterator[tuple[Heard, psutil.Process, Figures]]:
    """A job that has taken in its table and all events, and what that took."""
    job.reset(run)
    events = Group(ground.kafka, ground.admin, job.group, job.inputs)
    tables = Group(ground.kafka, ground.admin, job.group, job.tables) if job.tables else None
    with listening(ground.kafka, job.output, job.pair) as heard:
        if not job.ours:
            # The table first, without events: else a join would meet events before their row is there.
            events.place(at_end=True)
        started = time.monotonic()
        process = job.start()
        if tables is not None:
            tables.wait()
        figures = {"ready": time.monotonic() - started}
        if not job.ours:
            job.stop()
            events.place(at_end=False)
            process = job.start()
        figures |= _throughput(events, process)
        figures |= _found(job, heard, expected)
        yield heard, process, figures
    events.close()
    if tables is not None:
        tables.close()


class _Seen(NamedTuple):
    at: float
    used: float
    done: int


def _throughput(events: Group, process: psutil.Process) -> Figures:
    """From the first committed record to the last; and for the second half of it, when a JVM has warmed up."""
    seen: list[_Seen] = []
    while not seen or seen[-1].done < events.records:
        assert process.is_running(), "it died"
        done = events.done()
        if done:
            seen.append(_Seen(time.monotonic(), processor_s(process), done))
        time.sleep(0.02)
    first, last = seen[0], seen[-1]
    middle = max(first, next(one for one in seen if one.done >= events.records // 2))
    if middle is last:
        middle = first
    whole = last.done - first.done or 1
    half = last.done - middle.done or 1
    # With --quick all may be done at the first look: no figure then is one to believe, but each is one.
    used, used_late = last.used - first.used or 0.01, last.used - middle.used or 0.01
    return {
        "rate": whole / (last.at - first.at or 0.02),
        "processor": used * 1e6 / whole,
        "rate_late": half / (last.at - middle.at or 0.02),
        "processor_late": used_late * 1e6 / half,
        "core": used / (last.at - first.at or 0.02),
    }


def _found(job: Job, heard: Heard, expected: Expected) -> Figures:
    """Whether it found what it must: a peer everything that a join finds and nothing else."""
    must: frozenset[Pair] = expected.by_all if job.ours else expected.by_peers
    deadline = time.monotonic() + _LATECOMERS_S
    while not must <= heard.pairs and time.monotonic() < deadline:
        time.sleep(0.1)
    pairs = set(heard.pairs)
    missing = len(must - pairs)
    assert not missing, f"{job.key} misses {missing} of {len(must)} matches"
    more = len(pairs - must)
    assert job.ours or not more, f"{job.key} finds {more} matches that are none"
    return {"matches": len(pairs)}


def _latency(kafka: str, load: Workload, job: Job, heard: Heard) -> Figures:
    """At the steady rate, from just before the producer is called until a match can be read."""
    size = load.size
    warm, count = int(size.warm_s * size.live_rate), int((size.warm_s + size.live_s) * size.live_rate)
    # Made beforehand: making them costs this process more than sending them.
    records = list(_for(job, islice(load.live(), count)))
    sent: dict[str, float] = {}
    late = 0.0
    with sending(kafka, linger_ms=0) as producer:
        started = time.monotonic()
        for number, (topic, key, value, at, event) in enumerate(records):
            if number % _GROUP == 0:
                producer.poll(0)
                early = started + number / size.live_rate - time.monotonic()
                if early > 0:
                    time.sleep(early)
                elif number > warm:
                    late = max(late, -early)
            if number >= warm and event is not None:
                sent[event] = time.monotonic()
            producer.produce(topic, value, key, timestamp=at)
    _wait_for(sent, heard)
    times = [(heard.at[event] - at) * 1000 for event, at in sent.items() if event in heard.at]
    assert len(times) == len(sent), f"{job.key} misses {len(sent) - len(times)} of {len(sent)} live matches"
    return {
        "p50": percentile(times, 0.5),
        "p90": percentile(times, 0.9),
        "p99": percentile(times, 0.99),
        "late": late * 1000,
    }


def _restart(kafka: str, load: Workload, job: Job, heard: Heard) -> float:
    """Seconds from the start of the process, with its state there and a few events waiting, to the first match."""
    waiting: set[str] = set()
    with sending(kafka, linger_ms=5) as producer:
        for topic, key, value, at, event in _for(job, islice(load.live(), _AT_RESTART)):
            if event is not None:
                waiting.add(event)
            produce_patiently(lambda: producer.produce(topic, value, key, timestamp=at), producer.poll)  # noqa: B023
    started = time.monotonic()
    job.launch()
    deadline = started + 600
    while not waiting & heard.at.keys():
        assert time.monotonic() < deadline, f"{job.key} does not come back"
        time.sleep(0.01)
    first = min(heard.at[event] for event in waiting & heard.at.keys())
    # All of them, so that nothing is open when it is stopped.
    _wait_for(dict.fromkeys(waiting, 0.0), heard)
    return first - started


def _wait_for(events: dict[str, float], heard: Heard) -> None:
    deadline = time.monotonic() + _LATECOMERS_S
    while not events.keys() <= heard.at.keys() and time.monotonic() < deadline:
        time.sleep(0.05)


_Outgoing = tuple[str, bytes, bytes, int, str | None]


def _for(job: Job, records: Iterable[SimulatedRecord]) -> Iterator[_Outgoing]:
    """Live records as the job takes them: topic, key, value, timestamp, and the event's id where a match must come."""
    events = Events()
    for record in records:
        relevant = record.key.decode() if record.category == LIVE_RELEVANT else None
        if job.inputs == SOURCES:
            yield record.topic, record.key, record.value, 0, relevant
        else:
            for keyed in events.by_document(record.topic, record.value):
                yield keyed.topic, keyed.key, keyed.value, keyed.at, relevant


def _peak_mib(pid: int) -> float:
    """The most memory the process ever had resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
