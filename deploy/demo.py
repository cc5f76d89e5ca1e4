"""`resesignal demo`: the main job, on real servers, with invented people and a known truth to compare with."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.commands.local_stack import command
from deploy.demo_lock import alone
from deploy.local import Addresses, LocalResesignal, own_command
from deploy.screen import Console, Table
from deploy.stack import StackError
from deploy.start import INTERRUPTED
from deploy.traffic import (
    Found,
    differences,
    publish_events,
    publish_registry,
    read_found,
    wait_for_registry,
    wait_until_handled,
)
from producers.simulator import World

# The demo's state is thrown away at each start; this file marks a folder as the demo's own.
_MARK = "resesignal-demo"
_TIMEOUT_S = 600.0
# Until the kernel has taken down what a killed demo had started.
_DYING_S = 10.0
_LOOK_S = 2.0


def run_demo(world: World, state: Path, cache: Path, *, once: bool, as_json: bool) -> int:
    """Run the demo; 0 where everything that came of it is true, 1 where not.

    Args:
        world: what is simulated.
        state: the demo's folder; what a former demo left in it is deleted.
        cache: folder for downloaded servers.
        once: stop everything at the end; otherwise keep running until Ctrl-C.
        as_json: print one JSON document on standard output instead of tables.

    Raises StackError `demo-running` where another one runs in the folder, and `stack-running` where other processes do.
    """
    console = Console(stderr=as_json, highlight=False)
    with alone(state):
        return _run(world, _fresh(state, cache), state, console, once=once, as_json=as_json)


def _run(world: World, local: LocalResesignal, state: Path, console: Console, *, once: bool, as_json: bool) -> int:
    with _stopping():
        try:
            started = time.monotonic()
            with _progress(console) as progress:
                addresses, found, published = _work(local, world, progress)
            wrong = differences(found, world.truth)
            seconds = time.monotonic() - started
            if as_json:
                sys.stdout.write(json.dumps(_summary(found, world, published, wrong, seconds)) + "\n")
            else:
                _show(console, found, world, published, wrong, seconds)
            if not once:
                _tell_where(console, addresses, state)
                _wait_while_it_runs(local)
                console.print("All of it was stopped from elsewhere.")
        except KeyboardInterrupt:
            console.print("Stopped.")
            return INTERRUPTED
        finally:
            console.print("Stopping everything …")
            local.down()
    return 1 if wrong else 0


def _fresh(state: Path, cache: Path) -> LocalResesignal:
    if state.exists():
        if any(state.iterdir()) and not (state / _MARK).exists():
            raise FileExistsError(
                f"{state} holds something else than a demo; give another folder with RESESIGNAL_STATE"
            )
        former = LocalResesignal(state, cache)
        _require_dead(former, state)
        former.down()
        former.stack.postgres.discard()
        shutil.rmtree(state)
    state.mkdir(parents=True)
    (state / _MARK).touch()
    return LocalResesignal(state, cache, die_with_parent=True)


def _require_dead(former: LocalResesignal, state: Path) -> None:
    """Refuse to replace what runs and is no demo's: a killed one's processes die with it, those of `up` do not."""
    deadline = time.monotonic() + _DYING_S
    while names := former.running():
        if time.monotonic() > deadline:
            stop = command(former, None, "down")
            raise StackError(
                "stack-running", f"In {state} these run, of no demo: {', '.join(names)}. To stop them: {stop}"
            )
        time.sleep(0.1)


def _wait_while_it_runs(local: LocalResesignal) -> None:
    """Until Ctrl-C, or until nothing runs any more, as after `resesignal down` in another terminal."""
    while local.running():
        time.sleep(_LOOK_S)


def _work(local: LocalResesignal, world: World, progress: Progress) -> tuple[Addresses, Found, dict[str, int]]:
    starting = progress.add_task("Starting", total=None)
    lock = threading.Lock()

    def report(what: str, done: int, total: int) -> None:
        with lock:
            progress.update(starting, description=what.capitalize(), completed=done, total=total or None)

    addresses = local.up(report)
    progress.update(starting, description="Servers and services are ready", total=1, completed=1)

    def bar(title: str, total: int) -> Callable[[int, int], None]:
        task = progress.add_task(title, total=total)
        return lambda done, of: progress.update(task, completed=done, total=of)

    scenario = world.scenario
    total = scenario.crossings + scenario.observations
    published: dict[str, int] = {}
    published["people"] = publish_registry(
        world.registry(), scenario.people, addresses.kafka, bar("Loading the registry", scenario.people)
    )
    held = bar("Every instance has the registry", scenario.people)
    wait_for_registry(addresses, scenario.people, _TIMEOUT_S, held)
    published["events"] = publish_events(world.events(), total, addresses.kafka, bar("Publishing events", total))
    wait_until_handled(addresses.kafka, _TIMEOUT_S, bar("Handling events", total), total=total)
    return addresses, read_found(addresses.kafka, addresses.database), published


def _summary(
    found: Found, world: World, published: dict[str, int], wrong: list[str], seconds: float
) -> dict[str, object]:
    truth = world.truth
    return {
        "published": published,
        "candidates": {"found": len(found.candidates), "true": len(truth.candidates)},
        "evidence": {
            "found": sum(map(len, found.candidates.values())),
            "true": sum(map(len, truth.candidates.values())),
        },
        "identity_reviews": {"found": len(found.reviews), "true": len(truth.reviews)},
        "dead_letters": {
            "found": sum(sum(r.values()) for r in found.dead_letters.values()),
            "true": sum(sum(r.values()) for r in truth.dead_letters.values()),
        },
        "categories": dict(truth.categories),
        "seconds": round(seconds, 1),
        "differences": wrong,
    }


def _show(
    console: Console, found: Found, world: World, published: dict[str, int], wrong: list[str], seconds: float
) -> None:
    summary = _summary(found, world, published, wrong, seconds)
    travel = Table(title="What was published", title_justify="left")
    travel.add_column("category")
    travel.add_column("records", justify="right")
    for category, count in world.truth.categories.items():
        travel.add_row(category, f"{count:,}")
    travel.add_row("all events", f"{published['events']:,}", style="bold")
    travel.add_row("people in the registry", f"{published['people']:,}")
    console.print(travel)
    result = Table(title="What came of it", title_justify="left")
    for column in ("", "found", "true"):
        result.add_column(column, justify="left" if not column else "right")
    for title, key in (
        ("candidates in the queue", "candidates"),
        ("pieces of evidence", "evidence"),
        ("identity reviews", "identity_reviews"),
        ("dead letters", "dead_letters"),
    ):
        pair = summary[key]
        assert isinstance(pair, dict)  # noqa: S101 - built above
        result.add_row(title, f"{pair['found']:,}", f"{pair['true']:,}")
    console.print(result)
    if wrong:
        console.print("[bold red]Not what is true:[/]")
        for line in wrong:
            console.print(f"  {line}")
    else:
        console.print(
            f"[bold green]Every candidate and identity review is as it must be: none missing, doubled or wrong "
            f"({seconds:.0f} s).[/]"
        )


def _tell_where(console: Console, addresses: Addresses, state: Path) -> None:
    console.print(f"\nThe queue        {addresses.queue}")
    console.print(f"Its API          {addresses.queue}api/v1/candidates")
    for name, url in addresses.observe.items():
        console.print(f"{name:<16} {url}/metrics")
    if addresses.prometheus:
        console.print(f"Prometheus       {addresses.prometheus}")
    # The address of the database holds a password: it stays in the stack's own folder.
    console.print("\nLook further, in another terminal:")
    for words in ("status", "logs matching", "dead-letters list", "reconcile"):
        console.print(f"  {own_command()} --local {state} {words}", soft_wrap=True)
    console.print("\nCtrl-C stops everything.")


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        yield progress


@contextmanager
def _stopping() -> Iterator[None]:
    """SIGTERM as Ctrl-C: everything is stopped in order."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
