"""Files that several processes share: atomic writes, locks between processes, and where caches lie."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.stack.errors import StackError


def user_cache(environ: Mapping[str, str]) -> Path:
    """The folder for downloads that all checkouts of one user share (RESESIGNAL_CACHE, else XDG base directory)."""
    if named := environ.get("RESESIGNAL_CACHE"):
        return Path(named).expanduser().resolve()
    xdg = environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    base = Path(xdg) if xdg.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".cache"
    return base / "resesignal"


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace `path` in one step, so that a reader sees the old content or the new and never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file 0600: a password is never readable by others, not even for an instant.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, object]:
    """The JSON object in `path`; empty where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def locked(path: Path, timeout: float, waiting_for: str) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the kernel gives it up when the process dies, however it dies.

    Raises StackError `locked` when another process still holds it after `timeout` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StackError(
                        "locked", f"Another process is busy with {waiting_for} ({path}). Wait for it, then try again."
                    ) from None
                time.sleep(0.05)
        yield
