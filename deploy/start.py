"""Where the program begins. A service starts without what only other commands need, which takes longer than its own.

What is not exactly `run` with such a service goes to `deploy.cli`, where every command is.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_LIGHT = ("matching", "candidates")
# As a shell tells it of a program that Ctrl-C ended.
INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line. Ctrl-C ends it with 130, from the first moment on, and never with a stack trace."""
    try:
        match sys.argv[1:]:
            case ["run", service] if service in _LIGHT:
                _run(service)
            case _:
                with _ending_at_once():
                    from deploy.cli import main as run_command

                run_command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Ctrl-C ends the process where it stands: nothing was begun, and what is half imported can handle no exception."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        os._exit(INTERRUPTED)

    before = signal.getsignal(signal.SIGINT)
    # Ignored in the background of a script; so it stays.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _run(service: str) -> None:
    with _ending_at_once():
        from consumers.completeness import RulesOlderError
        from consumers.schema_registry import RegistryError
        from deploy.services import run_candidates, run_matching
        from deploy.settings import SettingsError, read_settings
        from deploy.topics import TopicError
        from matcher.rules_faults import RuleSetError

    try:
        run = {"matching": run_matching, "candidates": run_candidates}[service]
        run(read_settings())
    except (SettingsError, RuleSetError, RulesOlderError, RegistryError, TopicError) as error:
        from rich.console import Console

        # As `deploy.cli.main`: what an operator can cause is one sentence.
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        sys.exit(2)
