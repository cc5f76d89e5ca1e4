"""`make bench-matching`: how well identity is decided; prints tables and writes docs/bench-matching.{json,md}."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import rapidfuzz
from rich.console import Console

from deploy.stack.errors import StackError
from matcher import MATCHER_VERSION
from tests.benchmarks import machine
from tests.benchmarks.identity import page
from tests.benchmarks.identity.blocking import blocking
from tests.benchmarks.identity.measure import PEER
from tests.benchmarks.identity.pairs import read_labelled
from tests.benchmarks.identity.tables import OURS, SEED, rows_of, scores, tables, thresholds
from tests.benchmarks.locked import NotInstalledError
from tests.servers import shared_cache

_DOCS = Path(__file__).parents[3] / "docs"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.identity", description=__doc__)
    parser.add_argument("--pairs", type=int, default=40, help="pairs of one person for each culture and disturbance")
    parser.add_argument("--people", type=int, default=300_000, help="people in the registry for blocking")
    parser.add_argument("--events", type=int, default=5_000, help="events for blocking")
    parser.add_argument("--without-peer", action="store_true", help="leave out nomenklatura, which is to be installed")
    parser.add_argument("--write", type=Path, default=_DOCS, help="folder for the files (docs)")
    parser.add_argument(
        "--labelled",
        type=Path,
        help="measure on these pairs instead, names only, and write nothing: CSV with name1, name2 (whole names), "
        "is_match (true or false), and if it has a schema, Person",
    )
    options = parser.parse_args()
    console = Console(highlight=False)
    python = None if options.without_peer else _install(console)
    if options.labelled is not None:
        pairs = read_labelled(options.labelled)
        said = scores(python, pairs, dates=False)
        rows = rows_of(said, pairs, thresholds(said, pairs), [("all",)] * len(pairs))
        page.show(console, "names only, each threshold the best for these pairs", rows)
        return
    facts = _facts(python)
    measured = tables(python, options.pairs)
    for table in measured:
        page.show(console, table.title, table.rows)
    found = blocking(SEED, options.people, options.events)
    page.show_blocking(console, found)
    for sentence in page.behind(measured):
        console.print(sentence)
    pairs_of_all = int(measured[0].rows["all"][OURS]["pairs"])
    page.write(options.write, page.Results(facts, pairs_of_all, measured, found))


def _install(console: Console) -> str:
    """The Python that has the peer; ends the benchmark where there is none, for a page without it says less."""
    try:
        with console.status("installing nomenklatura"):
            return PEER.prepare(shared_cache())
    except (NotInstalledError, StackError) as error:
        sys.exit(f"{error} Or leave it out: make bench-matching OPTIONS=--without-peer")


def _facts(python: str | None) -> dict[str, str]:
    peer = f"{PEER.version()}, rigour {PEER.version('rigour')}, followthemoney {PEER.version('followthemoney')}"
    return machine.describe() | {
        "matcher": f"version {MATCHER_VERSION}",
        "rapidfuzz": rapidfuzz.__version__,
        "nomenklatura": "left out" if python is None else peer,
    }


if __name__ == "__main__":
    main()
