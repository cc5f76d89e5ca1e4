"""The jobs that are measured: what each is, and how it is started and stopped. One protocol for ours and the peers'."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from deploy.settings import PREFIX
from deploy.stack import ChildProcess
from deploy.stack.java import java_environment
from schemas.codec import Codec
from schemas.topics import MEMORY_OF, STATUS_MATCHES
from tests.benchmarks import locked
from tests.benchmarks.ground import Ground
from tests.benchmarks.matching import DERIVED
from tests.benchmarks.peers import quix, streams
from tests.benchmarks.peers.prepared import EVENTS, MATCHES, REGISTRY, SCHEMAS, Format, Pair

_AVRO = Path(__file__).parents[3] / "schemas" / "avro"
_READY_S = 600.0
SOURCES = tuple(MEMORY_OF)


class Job(Protocol):
    """One way of doing the join. It is started anew from nothing by `reset`; `start` and `stop` keep its state.

    Attributes:
        key: short name.
        title: what people call it.
        does: how it does it, in sentences.
        ours: whether it is `matching`.
        inputs: topics it reads events from.
        tables: topics that it has taken in, when its group has committed them; empty where READY says so.
        output: topic it writes matches to.
    """

    key: str
    title: str
    does: str
    ours: bool
    inputs: tuple[str, ...]
    tables: tuple[str, ...]
    output: str

    @property
    def group(self) -> str:
        """Its consumer group."""

    def reset(self, run: int) -> None:
        """Forget everything."""

    def start(self) -> psutil.Process:
        """Start it on its core; its process, once it says that it is ready."""

    def launch(self) -> None:
        """Start it on its core and return at once where that can be done, for a stopwatch."""

    def stop(self) -> None:
        """Stop it in order."""

    def pair(self, value: bytes) -> Pair | None:
        """Event and person of a match, None for a retraction."""


class Matching:
    """The service, as it is."""

    key = "matching"
    title = "`matching`"
    does = (
        "The whole service on the topics of the agencies: every event checked, its documents, personal and dossier "
        "number, names and birth date looked up, features compared, relevance rules applied, explanations written, "
        "corrections, withdrawals and late registry rows followed, refused records put aside, exactly once. As the "
        "stores of others do, a snapshot of its registry stays on the disk between stop and start "
        "(`RESESIGNAL_SNAPSHOT`)."
    )
    ours = True
    inputs = SOURCES
    tables: tuple[str, ...] = ()
    output = STATUS_MATCHES.name
    group = "matching"

    def __init__(self, ground: Ground, folder: Path) -> None:
        self._ground = ground
        self._snapshot = folder / "snapshot"
        self._running = ExitStack()
        self._decode = Codec(STATUS_MATCHES.record, raw=True).decode

    def reset(self, run: int) -> None:
        """Forget what was committed and derived."""
        shutil.rmtree(self._snapshot, ignore_errors=True)
        self._snapshot.mkdir(mode=0o700)
        self._ground.forget([self.group])
        self._ground.empty(DERIVED)

    def start(self) -> psutil.Process:
        """Until it is healthy."""
        environment = {f"{PREFIX}SNAPSHOT": str(self._snapshot)}
        return self._running.enter_context(self._ground.service("matching", environment))

    def launch(self) -> None:
        """The same: its own way of starting waits until it is healthy."""
        self.start()

    def stop(self) -> None:
        """Stop the service."""
        self._running.close()

    def pair(self, value: bytes) -> Pair | None:
        """Of a record that says a match and does not take it back."""
        record = self._decode(value)
        return None if record["finding"] is None else (record["event_id"], record["person_id"])


@dataclass
class Peer:
    """A job of another framework, as a process with a log."""

    key: str
    title: str
    does: str
    inputs: tuple[str, ...]
    tables: tuple[str, ...]
    command: Callable[[Sequence[str], Path], list[str]]
    variant: str
    environment: Mapping[str, str]
    ground: Ground
    folder: Path

    ours = False
    output = MATCHES

    def __post_init__(self) -> None:
        self._process = ChildProcess(f"peer-{self.key}", self.folder, die_with_parent=True)
        self._match = Format("match")
        self._run = 0

    @property
    def group(self) -> str:
        """Another one in each run."""
        return f"peers-{self.key}-{self._run}"

    @property
    def _state(self) -> Path:
        return self.folder / "peers" / self.group

    def reset(self, run: int) -> None:
        """Begin under another name."""
        shutil.rmtree(self._state, ignore_errors=True)
        self._run = run

    def start(self) -> psutil.Process:
        """Until it says READY."""
        self.launch()
        deadline = time.monotonic() + _READY_S
        while not self._process.logged(b"READY\n"):
            assert self._process.alive, f"{self.key} died: {self._process.last_lines()}"
            assert time.monotonic() < deadline, f"{self.key} is not ready: {self._process.last_lines()}"
            time.sleep(0.05)
        pid = self._process.pid
        assert pid is not None
        return psutil.Process(pid)

    def launch(self) -> None:
        """Start the process on its core."""
        state = self._state
        (state / "tmp").mkdir(parents=True, exist_ok=True)
        words = [self.variant, self.ground.kafka, self.group, str(state / "state"), str(_AVRO), str(SCHEMAS)]
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.ground.own_core)
        try:
            self._process.start(
                self.command([*words, REGISTRY, self.output, *self.inputs], state / "tmp"), self.environment, state
            )
        finally:
            os.sched_setaffinity(0, before)

    def stop(self) -> None:
        """SIGTERM, which each job takes for a request to end in order."""
        assert self._process.alive, f"{self.key} died: {self._process.last_lines()}"
        self._process.stop(60)

    def pair(self, value: bytes) -> Pair | None:
        """Of any record."""
        match = self._match.decode(value)
        return match["event_id"], match["person_id"]


def all_jobs(ground: Ground, folder: Path, path: str, python: str) -> list[Job]:
    """All of them.

    Args:
        ground: the servers.
        folder: for state and logs.
        path: class path from `streams.prepare`.
        python: interpreter from `quix.LOCKED`.
    """

    def java(words: Sequence[str], temporary: Path) -> list[str]:
        return streams.command(path, temporary, words)

    def interpreter(words: Sequence[str], _temporary: Path) -> list[str]:
        return quix.command(python, words)

    def peer(key: str, title: str, does: str, *, keyed: bool, by_group: bool) -> Peer:
        family, variant = key.split("-", 1)
        command, environment = (
            (java, java_environment()) if family == "streams" else (interpreter, locked.environment())
        )
        return Peer(
            key=key,
            title=title,
            does=does,
            inputs=(EVENTS,) if keyed else SOURCES,
            tables=(REGISTRY,) if by_group else (),
            command=command,
            variant=variant,
            environment=environment,
            ground=ground,
            folder=folder,
        )

    return [
        Matching(ground, folder),
        peer(
            "streams-versioned",
            "Kafka Streams, versioned table",
            "KStream-KTable join on a versioned store (RocksDB), as of the event's time; events keyed by document.",
            keyed=True,
            by_group=True,
        ),
        peer(
            "streams-memory",
            "Kafka Streams, table in memory",
            "KStream-KTable join on an in-memory store, newest row only; events keyed by document.",
            keyed=True,
            by_group=True,
        ),
        peer(
            "streams-global",
            "Kafka Streams, global table",
            "KStream-GlobalKTable join on an in-memory store, newest row only; events as the agencies send them.",
            keyed=False,
            by_group=False,
        ),
        peer(
            "streams-projected",
            "Kafka Streams, global table, part of each event",
            "As the global table, but Avro decodes only the five fields that the join looks at and skips the rest.",
            keyed=False,
            by_group=False,
        ),
        peer(
            "quix-asof",
            "Quix Streams, join_asof",
            "`join_asof` on Quix's time-indexed store (RocksDB), as of the event's time; events keyed by document.",
            keyed=True,
            by_group=True,
        ),
        peer(
            "quix-lookup",
            "Quix Streams, join_lookup",
            "`join_lookup` on a dict read before the start, which sees no later row; events as the agencies send them.",
            keyed=False,
            by_group=False,
        ),
    ]
