"""Quix Streams in an environment of its own in the cache: it wants other versions than the project."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.locked import Locked, environment
from tests.benchmarks.peers.streams import VECTORS

_HERE = Path(__file__).parent
_JOB = _HERE / "quix_job.py"
LOCKED = Locked("quixstreams", _HERE / "quix.lock")


def check(python: str) -> str:
    """Let the job compare its document keys with the committed ones; what it says. Raises CalledProcessError."""
    words = [python, str(_JOB), "check", str(VECTORS)]
    return subprocess.run(words, env=environment(), stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def command(python: str, words: Sequence[str]) -> list[str]:
    """The job's command line."""
    return [python, str(_JOB), "run", *words]
