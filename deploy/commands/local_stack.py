"""What a person is told of the local stack where it does not run as they expect, and what they can do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from consumers.case_queue.errors import NotLoopback
from deploy.screen import tell
from deploy.settings import Settings, SettingsError
from deploy.stack import StackError, State, Status
from deploy.start import INTERRUPTED
from deploy.topics import TopicError
from matcher.rules_faults import RuleSetError

# Takes long to import, and most commands do not need it.
if TYPE_CHECKING:
    from deploy.local import LocalResesignal

_MENDABLE = (SettingsError, RuleSetError, NotLoopback, StackError, TopicError)


@contextmanager
def starting(local: LocalResesignal, usual: Path) -> Iterator[None]:
    """Where a start fails (status 2) or Ctrl-C ends it (130), say what runs all the same and what stops it.

    Args:
        local: what is started.
        usual: the folder in which commands look without `--local`.
    """
    try:
        yield
    except KeyboardInterrupt:
        tell(f"Interrupted. {_what_runs(local, usual)}", "yellow")
        raise typer.Exit(INTERRUPTED) from None
    except _MENDABLE as error:
        tell(str(error), "red")
        tell(_what_runs(local, usual), "yellow")
        raise typer.Exit(2) from None


def tell_other_settings(found: Mapping[str, Sequence[str]], local: LocalResesignal, usual: Path) -> None:
    """Say on stderr which services run on with other settings than they would be started with now."""
    if not found:
        return
    lines = [f"{name} runs on with another {', '.join(settings)} than is set now." for name, settings in found.items()]
    again = f"{command(local, usual, 'down')}, then {command(local, usual, 'up')}"
    tell("\n".join([*lines, f"What runs is left as it is. To change it: {again}"]), "yellow")


def of_the_dead(rows: Sequence[Status], local: LocalResesignal, usual: Path) -> str:
    """A line for each process that has died: where to see why, and what starts it again. Empty where none has."""
    dead = [row.name for row in rows if row.state is State.DIED]
    lines = [f"{name} has died. To see why: {command(local, usual, f'logs {name}')}" for name in dead]
    return "\n".join([*lines, f"To start what does not run: {command(local, usual, 'up')}"]) if dead else ""


def no_stack(folder: Path) -> StackError:
    """That a folder holds no local stack, with those that lie in it."""
    there = sorted(file.parent for file in folder.glob("*/stack.json"))
    if not there:
        return StackError("never-started", f"There is no local stack in {folder}; start one with: resesignal up")
    names = " or ".join(f"--local {place}" for place in there)
    return StackError("never-started", f"There is no local stack in {folder} itself; give {names}")


def not_running(settings: Settings) -> str | None:
    """The sentence for a command that needs Kafka, where it is that of a local stack and does not run."""
    if not (settings.state / "stack.json").exists():
        return None
    from deploy.local import LocalResesignal

    local = LocalResesignal(settings.state, settings.cache)
    kafka = next((row for row in local.stack.status() if row.name == local.stack.kafka.name), None)
    if kafka is None or kafka.address != settings.kafka_bootstrap:
        return None
    again = command(local, None, "up")
    match kafka.state:
        case State.STOPPED:
            return f"This local stack is stopped. To start it: {again}"
        case State.DIED:
            return f"Kafka of this local stack has died. To start it again: {again}"
        case _:
            return None


def command(local: LocalResesignal, usual: Path | None, words: str) -> str:
    """How a person calls a command for this stack; `--local` is left out where it is in the usual folder."""
    from deploy.local import own_command

    where = "" if usual is not None and local.state == usual.resolve() else f" --local {os.path.relpath(local.state)}"
    return f"{own_command()}{where} {words}"


def _what_runs(local: LocalResesignal, usual: Path) -> str:
    names = local.running()
    if not names:
        return "Nothing of this stack runs."
    rest = command(local, usual, "up")
    return f"These run: {', '.join(names)}. To stop them: {command(local, usual, 'down')}; to start the rest: {rest}"
