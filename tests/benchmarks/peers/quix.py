"""Quix Streams in an environment of its own in the cache: it wants other versions than the project."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.stack.files import locked
from tests.benchmarks.peers.streams import VECTORS

_HERE = Path(__file__).parent
_LOCK = _HERE / "quix.lock"
_JOB = _HERE / "quix_job.py"


def prepare(cache: Path) -> str:
    """The Python that has Quix Streams as locked, installed where it is not there yet. Raises CalledProcessError."""
    what = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache.resolve() / f"peers-quix-{what}"
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    with locked(folder.with_name("peers-quix.lockfile"), timeout=600, waiting_for="installing Quix Streams"):
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
            subprocess.run([*pip, "-r", str(_LOCK)], check=True)
            ready.touch()
    return str(python)


def version(package: str = "quixstreams") -> str:
    """The locked version of a package."""
    start = f"{package}=="
    line = next(line for line in _LOCK.read_text("ascii").splitlines() if line.startswith(start))
    return line.removeprefix(start).split()[0]


def check(python: str) -> str:
    """Let the job compare its document keys with the committed ones; what it says. Raises CalledProcessError."""
    words = [python, str(_JOB), "check", str(VECTORS)]
    return subprocess.run(words, env=environment(), stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def command(python: str, words: Sequence[str]) -> list[str]:
    """The job's command line."""
    return [python, str(_JOB), "run", *words]


def environment() -> dict[str, str]:
    """Nothing of the caller's Python."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
