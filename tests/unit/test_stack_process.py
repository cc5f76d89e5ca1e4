"""Supervised child processes, tried on small programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.stack.errors import StackError
from deploy.stack.process import ChildProcess, _born

ENV = {"PATH": os.environ["PATH"]}
STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
# Starts a grandchild, tells its pid, and ignores neither signal nor child.
PARENT = "import subprocess,time; p=subprocess.Popen(['sleep','60']); print(p.pid, flush=True); time.sleep(60)"


def eventually(condition: Callable[[], bool], timeout: float = 5.0) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def gone(pid: int) -> bool:
    return _born(pid) is None


@pytest.fixture
def child(tmp_path: Path) -> Iterator[ChildProcess]:
    process = ChildProcess("child", tmp_path)
    yield process
    process.kill()


def run(child: ChildProcess, tmp_path: Path, code: str) -> int:
    return child.start([sys.executable, "-c", code], ENV, tmp_path)


def test_a_process_is_found_from_another_object(child: ChildProcess, tmp_path: Path) -> None:
    pid = child.start(["sleep", "60"], ENV, tmp_path)
    other = ChildProcess("child", tmp_path)
    assert other.pid == pid
    assert other.alive
    assert other.since is not None
    assert other.resident > 0
    other.stop()
    assert gone(pid)
    assert not child.alive
    assert not child.was_started


def test_what_it_says_goes_to_its_log(child: ChildProcess, tmp_path: Path) -> None:
    run(child, tmp_path, "import sys; print('out', flush=True); print('err', file=sys.stderr)")
    assert eventually(lambda: not child.alive)
    assert child.last_lines() == "out\nerr"


def test_it_gets_the_environment_it_was_given_and_no_more(
    child: ChildProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    run(child, tmp_path, "import os; print(sorted(os.environ.keys() - {'LC_CTYPE'}))")
    assert eventually(lambda: child.last_lines() == "['PATH']")


def test_one_that_ended_by_itself_is_told_from_one_that_was_stopped(child: ChildProcess, tmp_path: Path) -> None:
    run(child, tmp_path, "pass")
    assert eventually(lambda: not child.alive)
    assert child.was_started
    child.stop()
    assert not child.was_started


def test_one_that_ignores_the_signal_is_stopped_by_force(child: ChildProcess, tmp_path: Path) -> None:
    pid = run(child, tmp_path, STUBBORN)
    assert eventually(lambda: child.last_lines() == "up")
    started = time.monotonic()
    child.stop(timeout=0.3)
    assert time.monotonic() - started >= 0.3
    assert gone(pid)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_its_children_go_with_it(child: ChildProcess, tmp_path: Path, how: str) -> None:
    run(child, tmp_path, PARENT)
    assert eventually(lambda: child.last_lines() != "")
    grandchild = int(child.last_lines())
    assert not gone(grandchild)
    getattr(child, how)()
    assert gone(grandchild)


def test_a_paused_process_is_paused_and_can_still_be_stopped(child: ChildProcess, tmp_path: Path) -> None:
    pid = child.start(["sleep", "60"], ENV, tmp_path)
    child.pause()
    assert eventually(lambda: child.paused)
    assert child.alive
    child.resume()
    assert eventually(lambda: not child.paused)
    child.pause()
    child.stop(timeout=5)
    assert gone(pid)


def test_a_reused_pid_is_never_killed(child: ChildProcess, tmp_path: Path) -> None:
    """The number in the pid file belongs to a stranger by now."""
    child.start(["true"], ENV, tmp_path)
    time.sleep(0.05)  # births are told apart by clock ticks of 10 ms; numbers are reused much later than that
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            file = tmp_path / "run" / "child.json"
            file.write_text(json.dumps(json.loads(file.read_text()) | {"pid": stranger.pid}))
            assert not child.alive
            child.kill()
            child.stop()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_program_that_is_missing_is_an_error_that_names_it(child: ChildProcess, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no-such-program") as caught:
        child.start(["no-such-program"], ENV, tmp_path)
    assert caught.value.code == "cannot-start"


def test_an_untied_process_outlives_its_parent_and_a_tied_one_does_not(tmp_path: Path) -> None:
    code = (
        "import sys,time; from pathlib import Path; from deploy.stack.process import ChildProcess\n"
        "for name, tied in (('tied', True), ('free', False)):\n"
        "    ChildProcess(name, Path(sys.argv[1]), die_with_parent=tied).start(['sleep', '60'], {}, Path('/'))\n"
        "print('up', flush=True); time.sleep(60)"
    )
    tied, free = ChildProcess("tied", tmp_path), ChildProcess("free", tmp_path)
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert tied.alive
        parent.kill()
    try:
        assert eventually(lambda: not tied.alive)
        assert free.alive
    finally:
        free.kill()


def test_a_tied_process_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """The kernel ties a child to a thread, not to a process."""
    import threading

    child = ChildProcess("tied", tmp_path, die_with_parent=True)
    starter = threading.Thread(target=lambda: child.start(["sleep", "60"], ENV, tmp_path))
    starter.start()
    starter.join()
    try:
        assert eventually(lambda: child.pid is not None and psutil.Process(child.pid).name() == "sleep")
        time.sleep(0.1)
        assert child.alive
    finally:
        child.kill()


def test_a_large_log_is_put_aside_at_the_next_start(child: ChildProcess, tmp_path: Path) -> None:
    child.log_file.parent.mkdir()
    child.log_file.write_bytes(b"x" * (9 * 1024 * 1024))
    run(child, tmp_path, "print('new')")
    assert eventually(lambda: child.last_lines() == "new")
    assert child.log_file.with_suffix(".log.1").stat().st_size == 9 * 1024 * 1024
