"""What the servers of the stack have in common, seen from whoever starts them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from deploy.stack.artifacts import Report, silent
from deploy.stack.errors import StackError
from deploy.stack.process import ChildProcess


class Server(Protocol):
    """A server that can be started, asked and stopped."""

    @property
    def name(self) -> str:
        """Its name in the stack: `kafka`, `postgres`, `prometheus`."""

    @property
    def address(self) -> str:
        """host:port, without any secret."""

    @property
    def process(self) -> ChildProcess:
        """The process behind it."""

    def start(self, report: Report = silent) -> None:
        """Start it and return at once; harmless where it runs. Raises StackError."""

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when it answers. Raises StackError `port-taken`, `server-died`, `server-not-ready`."""

    def stop(self) -> None:
        """Stop it in order; harmless where it does not run."""


def bring_up(server: Server, report: Report = silent, timeout: float = 60.0) -> None:
    """Start and wait; with another port where somebody took the chosen one before the server could bind it, and anew
    where the one found running was on its way out (killed a moment ago, and giving its memory back).
    """
    for attempt in range(3):
        found = server.process.alive
        server.start(report)
        try:
            return server.wait_ready(timeout)
        except StackError as error:
            server.stop()
            ours_to_mend = error.code == "port-taken" or (found and error.code == "server-died")
            if not ours_to_mend or attempt == 2:
                raise
    raise AssertionError("unreachable")


def wait_until(answers: Callable[[], bool], process: ChildProcess, timeout: float) -> None:
    """Ask until `answers` is true, as long as the process lives and `timeout` seconds have not passed.

    Raises StackError `port-taken`, `server-died` or `server-not-ready`, the latter two with the end of the log.
    """
    deadline = time.monotonic() + timeout
    while True:
        # Life first: what answers on the port of a server that died is somebody else's.
        if not process.alive:
            if process.logged(b"Address already in use"):
                raise StackError("port-taken", f"Another program took the port of {process.name}. Start again.")
            raise StackError(
                "server-died",
                f"{process.name} stopped while starting. {_last_words(process)}",
            )
        if answers():
            return
        if time.monotonic() > deadline:
            raise StackError(
                "server-not-ready",
                f"{process.name} did not answer within {timeout:.0f} s. {_last_words(process)}",
            )
        time.sleep(0.03)


def _last_words(process: ChildProcess) -> str:
    lines = process.last_lines()
    if not lines:
        return f"It has logged nothing since its start; its log is {process.log_file}."
    return f"Its log is {process.log_file} and ends with:\n{lines}"
