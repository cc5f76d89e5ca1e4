"""A child process that can be found, asked, stopped and killed later, also from another process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from deploy.stack.errors import StackError
from deploy.stack.files import read_json, write_atomically

_MAX_LOG = 8 * 1024 * 1024
_PROC = Path("/proc/self/stat")
_SHIM = Path(__file__).with_name("die_with_parent.py")


@dataclass(frozen=True)
class Account:
    """Whom a process runs as."""

    uid: int
    gid: int


class ChildProcess:
    """A process named `name` with its pid file and log file in the folders `run` and `logs` of `state`.

    The pid file also holds when the process was born, so that a number that the system has given to another process
    since is never taken for it. With `die_with_parent` (Linux) the kernel kills the process when this one is gone;
    without, it outlives us. It runs in its own session, so that Ctrl-C in the terminal reaches only us.
    """

    def __init__(
        self,
        name: str,
        state: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        die_with_parent: bool = False,
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.log_file = state / "logs" / f"{name}.log"
        self._pid_file = state / "run" / f"{name}.json"
        self._stop_signal = stop_signal
        self._die_with_parent = die_with_parent
        self._account = account
        # In the file for whoever finds it running.
        start = read_json(self._pid_file).get("log_start")
        self._log_start = start if isinstance(start, int) else 0

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, note: Mapping[str, object] | None = None
    ) -> int:
        """Start the program with exactly this environment; the pid. Raises StackError `cannot-start`.

        `note` is kept in its pid file, for whoever finds it running; others may read that.
        """
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        if self.log_file.exists() and self.log_file.stat().st_size > _MAX_LOG:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        program = shutil.which(argv[0], path=env.get("PATH", os.defpath))
        if program is None:
            raise StackError("cannot-start", f"{self.name} cannot start: the program {argv[0]} was not found.")
        started: Future[int] = Future()
        # A thread of its own, because the kernel's "parent" is the thread that forked: one that ended early would take
        # the child with it. This one lives as long as the child and collects its exit.
        keeper = threading.Thread(
            target=self._keep,
            args=([program, *argv[1:]], dict(env), cwd, started),
            name=f"{self.name}-keeper",
            daemon=True,
        )
        keeper.start()
        try:
            pid = started.result()
        except OSError as error:
            raise StackError("cannot-start", f"{self.name} cannot start: {error.strerror}.") from error
        facts = {"pid": pid, "born": _born(pid), "at": time.time(), "log_start": self._log_start, "note": note or {}}
        write_atomically(self._pid_file, json.dumps(facts))
        return pid

    def _keep(self, argv: list[str], env: dict[str, str], cwd: Path, started: Future[int]) -> None:
        uid, gid = (self._account.uid, self._account.gid) if self._account else (-1, -1)
        tied = self._die_with_parent and sys.platform == "linux"
        if tied:
            argv = [sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), str(uid), str(gid), *argv]
        dropping = {"user": uid, "group": gid, "extra_groups": []} if self._account and not tied else {}
        try:
            with self.log_file.open("ab") as log:
                child = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=env,
                    cwd=cwd,
                    start_new_session=True,
                    **dropping,
                )
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(child.pid)
        child.wait()

    @property
    def pid(self) -> int | None:
        """The pid while the process lives, else None."""
        known = read_json(self._pid_file)
        pid = known.get("pid")
        return pid if isinstance(pid, int) and known.get("born") == (_born(pid) or "gone") else None

    @property
    def alive(self) -> bool:
        """Whether the very process that was started still lives (a zombie does not)."""
        return self.pid is not None

    @property
    def was_started(self) -> bool:
        """Whether it was started and not stopped since: with `alive` false, it died by itself."""
        return self._pid_file.exists()

    @property
    def since(self) -> datetime | None:
        """When it was started, while it lives."""
        at = read_json(self._pid_file).get("at") if self.alive else None
        return datetime.fromtimestamp(at, UTC) if isinstance(at, float) else None

    @property
    def note(self) -> Mapping[str, object]:
        """What was noted at its start, while it lives."""
        note = read_json(self._pid_file).get("note") if self.alive else None
        return note if isinstance(note, dict) else {}

    @property
    def paused(self) -> bool:
        """Whether it was stopped by `pause`."""
        process = self._process()
        return process is not None and process.status() == psutil.STATUS_STOPPED

    @property
    def resident(self) -> int:
        """Resident memory in bytes, its children's included; 0 where it does not live."""
        return sum(_resident(process) for process in self._family())

    def stop(self, timeout: float = 20.0) -> None:
        """End it in order, by force after `timeout` seconds, and its children too. Harmless where it is dead."""
        family = self._family()
        if family:
            leader = family[0]
            _send(family, signal.SIGCONT)  # a paused process would never see the signal
            _send([leader], self._stop_signal)
            if not _wait([leader], timeout):
                _send([leader], signal.SIGKILL)
            if not _wait(family, 1.0):
                _send(family, signal.SIGKILL)
                _wait(family, 5.0)
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL it and its children, as a power cut would; the pid file stays, as it would then."""
        family = self._family()
        _send(family, signal.SIGKILL)
        _wait(family, 5.0)

    def pause(self) -> None:
        """SIGSTOP it and its children: alive, and answering nothing."""
        _send(self._family(), signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        _send(self._family(), signal.SIGCONT)

    def last_lines(self, count: int = 12) -> str:
        """The end of what it has logged since it was started, for an error message."""
        try:
            with self.log_file.open("rb") as file:
                file.seek(max(self._log_start, self.log_file.stat().st_size - 16384))
                return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
        except FileNotFoundError:
            return ""

    def logged(self, pattern: bytes) -> bool:
        """Whether it has logged since its start what `pattern` finds: a regular expression, over lines, in any case."""
        if not self.log_file.exists():
            return False
        with self.log_file.open("rb") as file:
            file.seek(self._log_start)
            return re.search(pattern, file.read(), re.DOTALL | re.IGNORECASE) is not None

    def _process(self) -> psutil.Process | None:
        pid = self.pid
        try:
            return None if pid is None else psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def _family(self) -> list[psutil.Process]:
        """The process, its descendants, and whoever else is in its session (an orphan of a dead child); [] if dead."""
        leader = self._process()
        if leader is None:
            return []
        try:
            family = [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
        return family + [other for other in _session(leader.pid) if other not in family]


def _born(pid: int) -> str | None:
    """What no other process with this number has: the boot and the tick at which it started. None if gone or a zombie.

    Read from Linux itself where possible: psutil adds the boot time, which moves when the clock is set.
    """
    try:
        if _PROC.exists():
            # The name, in parentheses, may hold anything; state and start are fields 3 and 22 of proc_pid_stat(5).
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
        return None


def _session(session: int) -> list[psutil.Process]:
    members = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session:
                members.append(psutil.Process(pid))
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return members


def _send(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)  # psutil compares the start time first
        except psutil.NoSuchProcess:
            continue


def _wait(processes: Sequence[psutil.Process], timeout: float) -> bool:
    """Whether all are gone within `timeout` seconds. Polls: only the keeper may collect the exit status."""
    deadline = time.monotonic() + timeout
    while any(_born(process.pid) is not None and process.is_running() for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
