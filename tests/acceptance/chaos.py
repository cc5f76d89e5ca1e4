"""A stack with two instances of each service, and somebody who kills and freezes them at random."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from deploy.local import LocalResesignal
from deploy.stack import ChildProcess, ServiceSpec

# Short, so that the broker gives the partitions of a dead or frozen instance to the other one within the test.
SESSION_MS = 2_000
TRANSACTION_MS = 3_000
SERVICES = ("matching", "candidates", "case-queue")
_HARM = ("kill", "kill", "kill", "freeze-briefly", "freeze-for-long", "stop-in-order")


@contextmanager
def two_of_each(state: Path, cache: Path) -> Iterator[LocalResesignal]:
    """The whole stack, ready, with two instances of each service; gone at the end."""
    local = LocalResesignal(
        state,
        cache,
        instances=dict.fromkeys(SERVICES, 2),
        die_with_parent=True,
        environment={
            "RESESIGNAL_SESSION_TIMEOUT_MS": str(SESSION_MS),
            "RESESIGNAL_TRANSACTION_TIMEOUT_MS": str(TRANSACTION_MS),
            "RESESIGNAL_LOG_FORMAT": "json",
        },
    )
    try:
        local.up()
        yield local
    finally:
        local.down()


class Chaos(threading.Thread):
    """Harms one service instance after the other until told to stop, then leaves all of them running.

    Args:
        local: the stack.
        seed: the same seed gives the same sequence of harm, though not at the same instants.
    """

    def __init__(self, local: LocalResesignal, seed: int) -> None:
        super().__init__(name="chaos")
        self._local = local
        self._rng = Random(seed)
        self._enough = threading.Event()
        self._specs = [spec for spec in local.specs() if spec.name != "api"]
        self._sleepers: list[threading.Timer] = []
        self.done: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def stop(self) -> None:
        """End the harm, and wait until every instance runs again. Raises what went wrong in between."""
        self._enough.set()
        self.join()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        """Harm until stopped."""
        try:
            while True:
                # Every kind of harm in each round, in another order each time.
                for what in self._rng.sample(_HARM, k=len(_HARM)):
                    if self._enough.wait(self._rng.uniform(0.1, 1.0)):
                        return
                    awake = [spec for spec in self._specs if not self._process(spec).paused]
                    self._harm(self._rng.choice(awake or self._specs), what)
        except BaseException as error:
            self.failure = error
            raise
        finally:
            for sleeper in self._sleepers:
                sleeper.join()
            for spec in self._specs:
                self._revive(spec)

    def _harm(self, spec: ServiceSpec, what: str) -> None:
        process = self._process(spec)
        self.done[what] += 1
        match what:
            case "kill":
                process.kill()
                self._enough.wait(self._rng.uniform(0.0, 1.0))
            case "stop-in-order":
                process.stop()
            case "freeze-briefly":
                process.pause()
                self._enough.wait(self._rng.uniform(0.2, 1.0))
                process.resume()
            case "freeze-for-long":
                # Beyond the time-outs of session and transaction: it wakes as a zombie, while harm goes on elsewhere.
                process.pause()
                sleeper = threading.Timer((SESSION_MS + TRANSACTION_MS) / 1000 + 0.5, process.resume)
                sleeper.start()
                self._sleepers.append(sleeper)
                return
        self._revive(spec)

    def _revive(self, spec: ServiceSpec) -> None:
        process = self._process(spec)
        if not process.alive:
            process.start(spec.argv, {**os.environ, **spec.env}, Path.cwd())

    def _process(self, spec: ServiceSpec) -> ChildProcess:
        return self._local.stack.process(spec.name)
