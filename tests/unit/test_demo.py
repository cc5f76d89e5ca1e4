"""`resesignal demo` where there is a demo already: one that runs is left alone, and a dead one is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from deploy import demo
from deploy.demo_lock import alone
from deploy.local import LocalResesignal
from deploy.stack import LocalStack, ServiceSpec, StackError, choose_port
from producers.simulator import World

ROOT = Path(__file__).parents[2]
HOLDING = """
import sys, time
from pathlib import Path
from deploy.demo_lock import alone
from deploy.stack import StackError
try:
    with alone(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.read()
except StackError as error:
    print(error, flush=True)
"""


def holding(state: Path) -> subprocess.Popen[str]:
    """Another process that holds the folder until its standard input is closed, as a demo does."""
    command = [sys.executable, "-c", HOLDING, str(state)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said_first(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def left_by_a_demo(state: Path) -> Path:
    """The folder as a demo leaves it, with one file more."""
    state.mkdir()
    (state / "resesignal-demo").touch()
    (state / "of-the-first").touch()
    return state


def test_a_second_demo_is_refused_with_2_and_says_where_the_first_runs(tmp_path: Path) -> None:
    state = left_by_a_demo(tmp_path / "demo")
    settings = {"RESESIGNAL_STATE": str(tmp_path), "RESESIGNAL_CACHE": str(tmp_path / "cache"), "ONCE": "1"}
    size = ("--people", "100", "--crossings", "500", "--observations", "100")
    with alone(state):
        command = [sys.executable, "-m", "deploy", "demo", *size]
        second = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert (second.returncode, second.stdout) == (2, "")
    told = " ".join(second.stderr.split())
    assert f"A demo runs in {state} already (process {os.getpid()}" in told
    assert f"kill {os.getpid()}. For another one beside it, set RESESIGNAL_STATE" in told
    assert (state / "of-the-first").exists()


def test_of_two_demos_that_begin_at_the_same_moment_one_runs(tmp_path: Path) -> None:
    both = [holding(tmp_path / "demo") for _ in range(2)]
    said = [said_first(process) for process in both]
    assert sum(words == "held" for words in said) == 1
    pid = both[said.index("held")].pid
    assert [words for words in said if f"(process {pid}" in words and words.endswith("[demo-running]")]
    for process in both:
        process.communicate("", timeout=30)


def test_a_demo_that_was_killed_is_replaced(tmp_path: Path) -> None:
    state = left_by_a_demo(tmp_path / "demo")
    with holding(state) as killed:
        assert said_first(killed) == "held"
        killed.send_signal(signal.SIGKILL)
    with alone(state):
        demo._fresh(state, tmp_path / "cache")
    assert [file.name for file in state.iterdir()] == ["resesignal-demo"]


def test_a_demo_that_has_ended_holds_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        with alone(tmp_path / "demo"):
            pass


def test_what_up_has_started_in_the_folder_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_DYING_S", 0.2)
    state = left_by_a_demo(tmp_path / "demo")
    stack = LocalStack(state, tmp_path, die_with_parent=True)
    port = choose_port(None)
    code = "import http.server as h, sys; h.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind='127.0.0.1')"
    try:
        argv = (sys.executable, "-c", code, str(port))
        stack.start_service(ServiceSpec("matching", argv, {}, f"http://127.0.0.1:{port}/"))
        with pytest.raises(StackError, match=r"these run, of no demo: matching\. To stop them: .* down"):
            demo.run_demo(cast(World, None), state, tmp_path, once=True, as_json=False)
        assert stack.process("matching").alive
        assert (state / "of-the-first").exists()
    finally:
        stack.down()


def test_a_demo_ends_when_all_of_it_is_stopped_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    running = [["kafka", "matching"], ["kafka"], []]

    class Stopped:
        def running(self) -> list[str]:
            return running.pop(0)

    monkeypatch.setattr(demo, "_LOOK_S", 0.0)
    demo._wait_while_it_runs(cast(LocalResesignal, Stopped()))
    assert running == []
