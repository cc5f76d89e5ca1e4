"""How a service is started: with no more than it needs, and told in a sentence what is wrong."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from consumers.snapshot_header import Unused
from deploy.services import _snapshot
from deploy.settings import SettingsError, read_settings, unknown_settings
from tests.unit.consumers.fakes import KeptLog

ROOT = Path(__file__).parents[2]
# What only other commands need, and takes longer to import than all that a service needs.
HEAVY = {"alembic", "fastapi", "jinja2", "psycopg", "sqlalchemy", "deploy.cli", "producers.simulator"}


def test_matching_is_started_without_what_only_other_commands_need() -> None:
    # Found out where the settings are read: all that the service imports is there by then.
    code = (
        "import sys; sys.argv[1:] = ['run', 'matching']\n"
        "import deploy.services, deploy.start\n"
        "deploy.services.run_matching = lambda settings: print(*sys.modules)\n"
        "deploy.start.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "consumers.matching" in loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize("service", ["matching", "candidates", "case-queue"])
def test_a_wrong_setting_is_told_in_a_sentence(service: str) -> None:
    command = [sys.executable, "-m", "deploy", "run", service]
    environment = {"RESESIGNAL_NATIVE": "perhaps"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("RESESIGNAL_NATIVE: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["a=" + "[" * 5000, "a=" + "9" * 100_000], ids=["deep", "long number"])
def test_a_service_tells_in_a_sentence_of_rules_that_cannot_be_read_for_their_size(tmp_path: Path, text: str) -> None:
    (tmp_path / "new.toml").write_text(text)
    command = [sys.executable, "-m", "deploy", "run", "matching"]
    environment = {"RESESIGNAL_RULES_FILE": str(tmp_path / "new.toml")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("new.toml")
    assert "Traceback" not in done.stderr


def test_every_other_command_line_goes_to_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy", "run", "nothing"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "case-queue" in done.stderr


def test_there_is_no_snapshot_unless_a_folder_is_named(tmp_path: Path) -> None:
    log = KeptLog()
    assert read_settings().snapshot is None
    assert read_settings(snapshot="").snapshot is None
    assert _snapshot(read_settings(), log, native=True) is None
    assert _snapshot(read_settings(snapshot=tmp_path / "new"), log, native=True) is not None
    assert log.entries == []
    # It is made when it is written.
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("folder", ["off", "0", "~/snapshot", "./here"])
def test_a_folder_for_snapshots_is_named_by_its_whole_path(folder: str) -> None:
    with pytest.raises(SettingsError, match="RESESIGNAL_SNAPSHOT: must be the whole path"):
        read_settings(snapshot=folder)


def test_a_file_is_no_folder_for_snapshots(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="RESESIGNAL_SNAPSHOT: names a file"):
        read_settings(snapshot=tmp_path / "file")


def test_with_the_index_in_python_the_log_says_that_there_is_no_snapshot(tmp_path: Path) -> None:
    log = KeptLog()
    assert _snapshot(read_settings(snapshot=tmp_path), log, native=False) is None
    assert log.entries == [("info", "registry-snapshot", {"used": False, "reason": "snapshot-needs-the-native-core"})]


def test_the_operator_finds_every_reason() -> None:
    text = (ROOT / "docs/operation.md").read_text("utf-8")
    assert [reason for reason in Unused if f"`{reason.value}`" not in text] == []


def test_a_setting_that_is_none_is_told_with_the_one_that_may_be_meant() -> None:
    environment = [
        "RESESIGNAL_SNAPSHOTS",
        "RESESIGNAL_NATIVE",
        "RESESIGNAL_SPOOL",
        "RESESIGNAL_TEST_KAFKA",
        "RESESIGNAL_QQQ",
        "HOME",
    ]
    assert unknown_settings(environment) == ["RESESIGNAL_QQQ", "RESESIGNAL_SNAPSHOTS (is RESESIGNAL_SNAPSHOT meant?)"]


@pytest.mark.parametrize(
    ("words", "module"), [(["rules", "check"], "pydantic"), (["run", "matching"], "confluent_kafka"), ([], "typer")]
)
def test_ctrl_c_ends_the_program_quietly_while_it_is_still_being_imported(words: list[str], module: str) -> None:
    code = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        f"sys.argv[1:] = {words!r}\n"
        "import deploy.start\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "deploy.start.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_outside_of_a_command_ends_with_130_and_no_stack_trace() -> None:
    code = (
        "import signal, deploy.cli, deploy.start\n"
        "deploy.cli.main = lambda: signal.raise_signal(signal.SIGINT)\n"
        "deploy.start.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_the_version_is_shown_without_any_command() -> None:
    command = [sys.executable, "-m", "deploy", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, version("resesignal"))


def test_what_only_some_commands_need_is_not_imported_for_all() -> None:
    code = "import deploy.cli, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"alembic", "fastapi", "jinja2", "deploy.web", "producers.simulator"} & set(done.stdout.split())
