"""One demo at a time in a folder: who starts a second one is told where the first one runs, and how to stop it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.stack import StackError
from deploy.stack.files import read_json

# Between taking the lock and writing who has it lie microseconds.
_PATIENCE_S = 1.0


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Hold the folder of a demo for this process. Raises StackError `demo-running` where another one holds it.

    The lock lies beside the folder, which is deleted at each start. The kernel gives it up when the process dies,
    however it dies; the file stays, since whoever deleted it could delete the lock of another.
    """
    state.parent.mkdir(parents=True, exist_ok=True)
    place = state.with_name(f"{state.name}.lock")
    with place.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("demo-running", _told(state, place)) from None
        file.truncate(0)
        json.dump({"pid": os.getpid()}, file)
        file.flush()
        yield
        file.truncate(0)


def _told(state: Path, place: Path) -> str:
    other = "For another one beside it, set RESESIGNAL_STATE to another folder."
    holder = _holder(place)
    if holder is None:
        return f"A demo runs in {state} already. Stop it with Ctrl-C in its terminal. {other}"
    terminal = holder.terminal()
    where = f"process {holder.pid}" + (f" in the terminal {terminal}" if terminal else ", in no terminal")
    press = "Ctrl-C there, or " if terminal else ""
    return f"A demo runs in {state} already ({where}). To stop it: {press}kill {holder.pid}. {other}"


def _holder(place: Path) -> psutil.Process | None:
    """The process that holds the lock, as it has written itself."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        pid = read_json(place).get("pid")
        try:
            if isinstance(pid, int):
                return psutil.Process(pid)
        except psutil.NoSuchProcess:  # written by one before
            pass
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)
