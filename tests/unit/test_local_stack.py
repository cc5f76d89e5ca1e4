"""What a person is told of the local stack: before a start, where one fails, and where settings have changed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
import typer

from consumers.case_queue.errors import NotLoopback
from deploy.commands.local_stack import (
    command,
    no_stack,
    not_running,
    of_the_dead,
    starting,
    tell_other_settings,
)
from deploy.local import LocalResesignal
from deploy.local_settings import check_settings, works_with
from deploy.settings import SettingsError, read_settings
from deploy.stack import ChildProcess, LocalStack, ServiceSpec, StackError, State, Status, choose_port
from deploy.stack.kept_settings import differing, kept
from deploy.stack.server import wait_until
from matcher.rule_book import DEFAULT_RULES
from matcher.rules_faults import RuleSetError
from tests.events import crossing_lines

ROOT = Path(__file__).parents[2]
SHIPPED = DEFAULT_RULES / "2026-1.toml"
RULES = "RESESIGNAL_RULES_FILE"


def rules(folder: Path, old: str, new: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(SHIPPED.read_text("utf-8").replace(old, new), "utf-8")
    return file


# --- before a start


def test_a_start_with_broken_rules_starts_nothing(tmp_path: Path) -> None:
    broken = rules(tmp_path, "applies_from", "applies_form")
    local = LocalResesignal(tmp_path / "stack", tmp_path / "cache", environment={RULES: str(broken)})
    with pytest.raises(RuleSetError, match=r"rules\.toml, line \d+: applies_form"):
        local.up()
    assert not (tmp_path / "stack").exists()


WRONG = {
    "properties": ({"RESESIGNAL_KAFKA_CLIENT_CONFIG": "client.properties"}, SettingsError, "does not take"),
    "no text": ({"RESESIGNAL_KAFKA_CLIENT_CONFIG": "client.bytes"}, SettingsError, "cannot be read as UTF-8 text"),
    "observe host": ({"RESESIGNAL_OBSERVE_HOST": "203.0.113.1"}, SettingsError, "OBSERVE_HOST: cannot listen there"),
    "api host": ({"RESESIGNAL_API_HOST": "203.0.113.1"}, NotLoopback, "no sign-in yet"),
    "a value": ({"RESESIGNAL_NATIVE": "perhaps"}, SettingsError, "RESESIGNAL_NATIVE: "),
}


@pytest.mark.parametrize(("environment", "error", "sentence"), WRONG.values(), ids=WRONG)
def test_settings_are_checked_as_the_services_do(
    environment: dict[str, str],
    error: type[Exception],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.properties").write_text("no.such.property=1\n")
    (tmp_path / "client.bytes").write_bytes(b"ssl.ca.location=\xff\n")
    with pytest.raises(error, match=sentence):
        check_settings(environment)


def test_right_settings_pass() -> None:
    check_settings({RULES: str(SHIPPED), "RESESIGNAL_LOG_LEVEL": "debug"})


def run(state: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"RESESIGNAL_STATE": str(state), "RESESIGNAL_CACHE": str(state / "cache"), **environment}
    command = [sys.executable, "-m", "deploy", *words]
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


def test_up_checks_the_rules_before_anything_is_started(tmp_path: Path) -> None:
    done = run(tmp_path, "up", RESESIGNAL_RULES_FILE=str(rules(tmp_path, "applies_from", "applies_form")))
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean applies_from?\nNothing of this stack runs.\n" in done.stderr
    assert not (tmp_path / "stack").exists()


def test_up_tells_in_a_sentence_of_rules_that_cannot_be_read_for_their_depth(tmp_path: Path) -> None:
    (tmp_path / "deep.toml").write_text("a=" + "[" * 5000)
    done = run(tmp_path, "up", RESESIGNAL_RULES_FILE=str(tmp_path / "deep.toml"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "deep.toml: has too many brackets within brackets" in done.stderr
    assert "Traceback" not in done.stderr
    named = run(tmp_path, "up", RESESIGNAL_RULES_FILE="x" * 300)
    assert (named.returncode, named.stdout) == (2, "")
    assert "RESESIGNAL_RULES_FILE: names what cannot be read (File name too long)\n" in named.stderr


# --- settings that have changed since


def test_what_is_kept_tells_what_differs_and_holds_nothing_in_clear() -> None:
    before = kept({"A": "hemligt", "B": "1", "GONE": "x"})
    assert "hemligt" not in json.dumps(before)
    assert differing(before, {"A": "hemligt", "B": "1", "GONE": "x"}) == []
    assert differing(before, {"A": "hemligt", "B": "2", "NEW": "y"}) == ["B", "GONE", "NEW"]
    assert kept({"A": "hemligt"})["A"] != before["A"]


def test_of_a_process_that_kept_nothing_nothing_is_said() -> None:
    assert differing({}, {"A": "1"}) == []


def test_a_service_works_with_its_settings_and_what_its_rules_say(tmp_path: Path) -> None:
    same, other = rules(tmp_path, "", ""), tmp_path / "other"
    other.mkdir()
    changed = rules(other, "applies_from = 2010-01-01", "applies_from = 2011-01-01")
    shipped = works_with("matching", {RULES: str(SHIPPED)})
    assert works_with("matching", {RULES: str(same)}) == shipped
    assert works_with("matching", {RULES: str(changed)})[RULES] != shipped[RULES]
    assert RULES not in works_with("candidates", {})
    database = {"RESESIGNAL_DATABASE_URL": "postgresql://user:hemligt@127.0.0.1/queue"}
    assert "hemligt" in works_with("case-queue", database)["RESESIGNAL_DATABASE_URL"]


def test_a_running_service_with_other_settings_is_found(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path, tmp_path, die_with_parent=True)
    port = choose_port(None)
    code = "import http.server as h, sys; h.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind='127.0.0.1')"
    settings = {"LEVEL": "info", "PASSWORD": "hemligt"}
    spec = ServiceSpec(
        "web", (sys.executable, "-c", code, str(port)), {}, f"http://127.0.0.1:{port}/", settings=settings
    )
    try:
        stack.start_service(spec)
        later = LocalStack(tmp_path, tmp_path)
        assert later.differing(spec) == []
        assert later.differing(replace(spec, settings={**settings, "LEVEL": "debug"})) == ["LEVEL"]
        assert "hemligt" not in (tmp_path / "run" / "web.json").read_text()
    finally:
        stack.down()
    assert stack.differing(replace(spec, settings={})) == []


def test_other_settings_are_told_with_what_changes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    local = LocalResesignal(tmp_path / "stack", tmp_path)
    tell_other_settings({}, local, tmp_path / "stack")
    assert capsys.readouterr().err == ""
    tell_other_settings({"matching": [RULES]}, local, tmp_path / "stack")
    said = capsys.readouterr().err
    assert f"matching runs on with another {RULES} than is set now." in said
    assert "resesignal down, then " in said


# --- a start that fails or is interrupted


class HalfStarted:
    """Stands for a stack of which some processes run."""

    def __init__(self, state: Path, *names: str) -> None:
        self.state = state
        self._names = names

    def running(self) -> list[str]:
        return list(self._names)


FAILED = {
    "interrupted": (KeyboardInterrupt(), 130, "Interrupted. "),
    "failed": (StackError("server-died", "matching stopped."), 2, "matching stopped. [server-died]\n"),
}


@pytest.mark.parametrize(("error", "status", "begins"), FAILED.values(), ids=FAILED)
def test_what_runs_after_half_a_start_is_told_with_what_stops_it(
    error: BaseException, status: int, begins: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*names: str) -> str:
        local = cast(LocalResesignal, HalfStarted(tmp_path, *names))
        with pytest.raises(typer.Exit) as caught, starting(local, tmp_path):
            raise error
        assert caught.value.exit_code == status
        return capsys.readouterr().err

    said = told("kafka", "postgres")
    assert said.startswith(f"{begins}These run: kafka, postgres. To stop them: ")
    assert "resesignal down; to start the rest: " in said
    assert told() == f"{begins}Nothing of this stack runs.\n"


def test_only_lines_of_this_start_are_shown(tmp_path: Path) -> None:
    process = ChildProcess("child", tmp_path)
    process.log_file.parent.mkdir()
    process.log_file.write_text("of the start before\n")
    process.start([sys.executable, "-c", "print('of this start')"], {}, tmp_path)
    with pytest.raises(StackError) as caught:
        wait_until(lambda: False, process, 10)
    assert str(caught.value).partition("ends with:\n")[2] == "of this start [server-died]"
    # Also where it is looked at from elsewhere.
    assert ChildProcess("child", tmp_path).last_lines() == "of this start"
    process.start([sys.executable, "-c", ""], {}, tmp_path)
    with pytest.raises(StackError, match="It has logged nothing since its start"):
        wait_until(lambda: False, process, 10)


# --- stopped, died, elsewhere


def stopped_stack(folder: Path) -> Path:
    """A folder as a stack leaves it whose servers were started and stopped."""
    for server in ("kafka", "postgres"):
        (folder / server).mkdir(parents=True)
        (folder / server / "cluster.json").write_text('{"port": 9}')
    (folder / "postgres" / "password").write_text("hemligt")
    (folder / "stack.json").write_text('{"processes": {"kafka": "127.0.0.1:9"}}')
    return folder


def test_that_a_local_stack_is_stopped_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = stopped_stack(tmp_path / "stack")
    said = not_running(read_settings(state=folder, kafka_bootstrap="127.0.0.1:9"))
    assert said is not None
    assert said.startswith("This local stack is stopped. To start it: ")
    assert said.endswith("resesignal --local stack up")
    (folder / "run").mkdir()
    (folder / "run" / "kafka.json").write_text('{"pid": 1, "born": "long ago"}')
    died = not_running(read_settings(state=folder, kafka_bootstrap="127.0.0.1:9"))
    assert died is not None
    assert died.startswith("Kafka of this local stack has died.")


def test_a_command_for_a_stopped_stack_says_so_at_once(tmp_path: Path) -> None:
    folder = stopped_stack(tmp_path / "stack")
    done = run(tmp_path, "--local", str(folder), "identity", "list")
    assert done.returncode == 3
    assert done.stderr.startswith("This local stack is stopped. ")
    elsewhere = run(tmp_path, "--local", str(tmp_path), "identity", "list")
    assert elsewhere.returncode == 2
    assert f"--local {folder}" in " ".join(elsewhere.stderr.split())


def test_what_waits_for_one_stack_is_never_sent_to_another(tmp_path: Path) -> None:
    one, other = stopped_stack(tmp_path / "one"), stopped_stack(tmp_path / "other")
    events, elsewhere = tmp_path / "day.jsonl", tmp_path / "agency"
    events.write_bytes(crossing_lines(range(2)))

    def published(stack: Path, *words: str) -> tuple[int, str]:
        waiting = ("--wait", "0", "--json")
        done = run(tmp_path, "--local", str(stack), "publish", *words, *waiting, RESESIGNAL_SPOOL=str(elsewhere))
        return done.returncode, done.stdout

    status, said = published(one, "border-crossings", str(events))
    assert (status, json.loads(said)["waiting"]) == (3, 2)
    assert (one / "spool" / "border-crossings").is_dir()
    # Neither to the other stack, nor, of an agency's own spool, to a local one.
    assert published(other, "spooled") == (0, "")
    assert not elsewhere.exists()
    status, said = published(one, "spooled")
    assert (status, json.loads(said)["waiting"]) == (3, 2)


def test_status_says_what_to_do_about_a_process_that_has_died(tmp_path: Path) -> None:
    folder = stopped_stack(tmp_path / "stack")
    (folder / "run").mkdir()
    (folder / "run" / "kafka.json").write_text('{"pid": 1, "born": "long ago"}')
    done = run(tmp_path, "status")
    assert done.returncode == 1
    assert "kafka has died. To see why: " in done.stdout
    assert [row["state"] for row in json.loads(run(tmp_path, "status", "--json").stdout)] == ["died"]


def test_of_a_kafka_that_is_no_local_stacks_nothing_is_said(tmp_path: Path) -> None:
    assert not_running(read_settings(state=tmp_path)) is None
    folder = stopped_stack(tmp_path / "stack")
    assert not_running(read_settings(state=folder, kafka_bootstrap="kafka.example:9092")) is None


def test_stacks_that_lie_in_a_folder_are_named(tmp_path: Path) -> None:
    assert "start one with: resesignal up" in str(no_stack(tmp_path))
    stopped_stack(tmp_path / "stack")
    stopped_stack(tmp_path / "demo")
    assert f"give --local {tmp_path}/demo or --local {tmp_path}/stack" in str(no_stack(tmp_path))


def test_of_what_has_died_it_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    local = LocalResesignal(tmp_path / "stack", tmp_path)
    now = datetime(2026, 3, 14, tzinfo=UTC)
    rows = [Status("kafka", 7, State.RUNNING, "", now, 1), Status("matching", None, State.DIED, "", None, 0)]
    assert of_the_dead(rows[:1], local, tmp_path) == ""
    first, second = of_the_dead(rows, local, tmp_path / "stack").splitlines()
    assert first.startswith("matching has died. To see why: ")
    assert first.endswith("resesignal logs matching")
    assert second.endswith("resesignal up")
    assert command(local, None, "up").endswith("resesignal --local stack up")
