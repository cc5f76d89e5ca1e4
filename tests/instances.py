"""Instances of `matching`: one in a thread of the test, and a fleet of processes that come, go, die and freeze."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from consumers.kafka import Clients
from consumers.loop import TransactionalLoop
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.registry_tail import RegistryTail
from consumers.restore import Interrupted
from consumers.source import SourceReader
from deploy.stack import die_with_parent
from matcher.native import available
from tests.builders import codec, rules
from tests.pipeline import Pipeline, eventually
from tests.unit.consumers.fakes import KeptLog

ROOT = Path(__file__).parents[1]
# Short, so that the others take over from a dead or frozen one within the test.
SESSION_MS, TRANSACTION_MS = 1_500, 2_000
# After so long the others work on what a frozen one owned, and the broker has ended its transaction.
FROZEN_S = (SESSION_MS + TRANSACTION_MS) / 1000 + 0.3
# How an instance ends that meets what newer rules have begun with, and what it says then.
_RULES_OLDER, _SAYS_OLDER = 2, "events have been examined by rules"
_PATIENCE_S = 30.0


class Instance:
    """An instance of `matching` in a thread, from its making to `stop`."""

    def __init__(self, way: Pipeline, number: int) -> None:
        self._clients = Clients(way.bootstrap, "matching", f"m{number}", session_timeout_ms=6000)
        self.metrics = Metrics("matching")
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        clients, stopping, log = self._clients, self._stop.is_set, KeptLog()
        rows = codec("protected-person", raw=True)
        registry = RegistryTail(clients, rows, self.metrics, log, lambda _: None, native=available())
        source = SourceReader(clients, lambda _: None, stopping)
        try:
            registry.load(stopping)
            handler = Matching(registry, rules(), source, self.metrics, log)
            TransactionalLoop(handler, clients, self.metrics, log, stopping, version="test").run()
        except Interrupted:
            pass  # stopped before it was ready
        except BaseException as error:
            self._failure = error
        finally:
            source.close()
            registry.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert self._failure is None

    def looks_again(self) -> bool:
        return bool(self.metrics.registry.get_sample_value("resesignal_reexamination_due_partitions"))


@dataclass(frozen=True, slots=True)
class _Process:
    """A process of the fleet.

    Attributes:
        popen: the process.
        log: what it says.
        frozen_at: since when it is frozen, on the monotonic clock; None while it runs.
        may_be_outdated: whether newer rules than it has read are to be in use.
    """

    popen: subprocess.Popen[bytes]
    log: Path
    frozen_at: float | None = None
    may_be_outdated: bool = False

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def is_outdated(self, status: int | None) -> bool:
        """Whether it ended because newer rules have begun with a partition."""
        said = " ".join(self.said().split()) if status == _RULES_OLDER and self.may_be_outdated else ""
        return _SAYS_OLDER in said

    def end(self) -> str:
        """The last that it said, for a failure."""
        return "\n".join(self.said().splitlines()[-30:])


class Fleet:
    """Processes of `matching` on the broker of a pipeline, as an operator starts them; all gone when the context ends.

    An instance that ends though nobody stopped or killed it fails the test, with the last that it said: at the next
    call of any method.

    Args:
        way: the pipeline.
        folder: where each process has a file with what it says.
        rules: the folder of rule sets that is read by those that start.
    """

    def __init__(self, way: Pipeline, folder: Path, rules: Path) -> None:
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RESESIGNAL_")},
            **way.environment(),
            "RESESIGNAL_RULES_FILE": str(rules),
            "RESESIGNAL_SESSION_TIMEOUT_MS": str(SESSION_MS),
            "RESESIGNAL_TRANSACTION_TIMEOUT_MS": str(TRANSACTION_MS),
            "RESESIGNAL_LOG_FORMAT": "json",
        }
        self._running: dict[str, _Process] = {}
        self._started = 0

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            for process in self._running.values():
                process.popen.kill()
                process.popen.wait()

    @property
    def names(self) -> tuple[str, ...]:
        """Of those that run, the frozen ones among them."""
        return tuple(sorted(self._running))

    @property
    def awake(self) -> tuple[str, ...]:
        """Of those that run and are not frozen."""
        return tuple(name for name in self.names if self._running[name].frozen_at is None)

    @property
    def size(self) -> int:
        return len(self._running)

    def start(self) -> str:
        """Start one more; gives its name, which one that is gone may have had before."""
        self.check()
        name = next(name for number in range(1, self.size + 2) if (name := f"m{number}") not in self._running)
        self._started += 1
        log = self._folder / f"{self._started:02}-{name}.log"
        command = [sys.executable, "-m", "deploy", "run", "matching"]
        if sys.platform == "linux":  # else none would outlive a test run that is killed
            command = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()), "-1", "-1", *command]
        with log.open("wb") as file:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**self._environment, "RESESIGNAL_INSTANCE": name},
                cwd=ROOT,
                start_new_session=True,
            )
        self._running[name] = _Process(popen, log)
        return name

    def await_ready(self) -> None:
        """Wait until each that is awake has taken up what was assigned to it."""

        def have_taken_up() -> bool:
            self.check()
            return all('"partitions-taken-up"' in self._running[name].said() for name in self.awake)

        eventually(have_taken_up, _PATIENCE_S)

    def rules_are_newer(self) -> None:
        """Those that run now may end by themselves from here on: with 2, at what newer rules have begun with."""
        self._running = {name: replace(process, may_be_outdated=True) for name, process in self._running.items()}

    def stop(self, name: str) -> None:
        """End one in order, a frozen one too: it ends with 0."""
        self._send(self._running[name], signal.SIGCONT)
        # Before it says something it does not listen to signals.
        eventually(lambda: self._has_begun(name), _PATIENCE_S)
        process = self._running.pop(name)
        self._send(process, signal.SIGTERM)
        try:
            status = process.popen.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.popen.kill()
            process.popen.wait()
            raise AssertionError(f"{name} does not end\n{process.end()}") from None
        told = f"{name} was stopped and ended with {status}\n{process.end()}"
        assert status == 0 or process.is_outdated(status), told

    def kill(self, name: str) -> None:
        """End one where it stands, as a power cut does."""
        self.check()
        process = self._running.pop(name)
        process.popen.kill()
        process.popen.wait()

    def freeze(self, name: str) -> None:
        """Let one stand still, alive and answering nothing."""
        self.check()
        process = self._running[name]
        self._send(process, signal.SIGSTOP)
        self._running[name] = replace(process, frozen_at=time.monotonic())

    def thaw(self) -> tuple[str, ...]:
        """Let the frozen go on, once the others have taken over from them; gives their names."""
        self.check()
        frozen = tuple(name for name in self.names if name not in self.awake)
        for name in frozen:
            process = self._running[name]
            assert process.frozen_at is not None
            time.sleep(max(0.0, process.frozen_at + FROZEN_S - time.monotonic()))
            self._send(process, signal.SIGCONT)
            self._running[name] = replace(process, frozen_at=None)
        return frozen

    def check(self) -> None:
        """Fail where one has ended by itself."""
        for name, process in self._running.items():
            status = process.popen.poll()
            assert status is None or process.is_outdated(status), (
                f"{name} ended by itself with {status}\n{process.end()}"
            )

    def errors(self) -> list[str]:
        """Lines of level error that any of them has logged."""
        lines = [line for log in sorted(self._folder.glob("*.log")) for line in log.read_text("utf-8").splitlines()]
        return [line for line in lines if line.startswith("{") and json.loads(line).get("level") == "error"]

    def _has_begun(self, name: str) -> bool:
        process = self._running[name]
        return bool(process.said()) or process.popen.poll() is not None

    @staticmethod
    def _send(process: _Process, number: signal.Signals) -> None:
        if process.popen.poll() is None:
            process.popen.send_signal(number)
