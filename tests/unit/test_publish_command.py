"""`resesignal publish` without Kafka: what it tells, and the exit status that scripts go by."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.events import crossing, crossing_lines

# Nothing listens here.
NOWHERE = "127.0.0.1:1"


def publish(*words: str, stdin: bytes = b"", limit_file_size: bool = False) -> subprocess.CompletedProcess[bytes]:
    limit = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18)); " if limit_file_size else ""
    )
    command = [sys.executable, "-c", f"{limit}from deploy.commands.publish import app; app()", *words]
    environment = {**os.environ, "RESESIGNAL_KAFKA_BOOTSTRAP": NOWHERE, "COLUMNS": "120"}
    return subprocess.run(command, input=stdin, env=environment, capture_output=True, timeout=60, check=False)


def test_a_dry_run_checks_and_writes_nothing(tmp_path: Path) -> None:
    lines = crossing_lines(range(3)) + b'{"event_id": "Inventa"}\n'
    spool = tmp_path / "spool"
    done = publish("border-crossings", "-", "--dry-run", "--json", "--spool", str(spool), stdin=lines)
    refused, summary = (json.loads(line) for line in done.stdout.splitlines())
    assert refused == {"type": "refused", "line": 4, "reason": "field-invalid", "field": "event_id"}
    assert (summary["accepted"], summary["refused"], summary["reasons"]) == (3, 1, {"field-invalid": 1})
    assert done.returncode == 1
    assert not spool.exists()
    assert b"Inventa" not in done.stdout + done.stderr


def test_with_kafka_away_everything_is_safe_in_the_spool_and_the_status_says_so(tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl"
    file.write_bytes(crossing_lines(range(20)))
    words = ("--spool", str(tmp_path / "spool"), "--wait", "0.5")
    done = publish("border-crossings", str(file), *words, "--json")
    summary = json.loads(done.stdout)
    assert done.returncode == summary["exit_status"] == 3
    assert (summary["accepted"], summary["delivered"], summary["waiting"]) == (20, 0, 20)
    assert stat.S_IMODE((tmp_path / "spool" / "border-crossings").stat().st_mode) == 0o700
    again = publish("spooled", *words)
    assert again.returncode == 3
    assert b"20 wait in the spool" in again.stderr


def test_the_refused_lines_are_kept_and_never_shown(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    lines = json.dumps({**crossing(1), "border_point": "Hemlig plats"}).encode()
    words = ("--spool", str(tmp_path / "spool"), "--rejects", str(rejects))
    done = publish("border-crossings", "-", *words, stdin=lines)
    assert done.returncode == 1
    assert b"line 1: place-invalid in border_point. The place is not a UN/LOCODE" in done.stderr
    assert b"Hemlig" not in done.stdout + done.stderr
    assert "Hemlig plats" in json.loads(rejects.read_text())["content"]


def test_a_full_disk_is_told_with_the_last_line_that_is_safe(tmp_path: Path) -> None:
    total = 3_000
    words = ("--spool", str(tmp_path / "spool"), "--wait", "0.3", "--json")
    done = publish("border-crossings", "-", *words, stdin=crossing_lines(range(total)), limit_file_size=True)
    summary = json.loads(done.stdout)
    assert done.returncode == summary["exit_status"] == 4
    assert 0 < summary["safe_through_line"] < total
    assert summary["waiting"] == summary["accepted"] == summary["safe_through_line"]
    assert "[spool-full]" in summary["problem"]


def test_a_spool_of_limited_size_is_told_in_the_same_way(tmp_path: Path) -> None:
    words = ("--spool", str(tmp_path / "spool"), "--wait", "0.3", "--json", "--spool-max-mib", "1")
    done = publish("border-crossings", "-", *words, stdin=crossing_lines(range(6_000)))
    summary = json.loads(done.stdout)
    assert done.returncode == 4
    assert 0 < summary["safe_through_line"] < 6_000


def test_a_rejects_file_that_cannot_be_written_stops_before_the_line_is_lost(tmp_path: Path) -> None:
    words = ("--spool", str(tmp_path / "spool"), "--rejects", str(tmp_path / "missing" / "rejects.jsonl"), "--json")
    done = publish("border-crossings", "-", *words, stdin=b"{}\n")
    assert done.returncode == 4
    assert json.loads(done.stdout)["safe_through_line"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_everything_safe(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", "from deploy.commands.publish import app; app()", "border-crossings", "-"]
    process = subprocess.Popen(
        [*command, "--spool", str(tmp_path / "spool"), "--bootstrap", NOWHERE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(crossing_lines(range(5)) + b"no json\n")
    process.stdin.flush()
    assert b"line 6" in process.stderr.readline()
    process.send_signal(number)
    rest = process.stderr.read()
    assert process.wait(20) == 130
    assert b"5 wait in the spool" in rest
    process.stdin.close()
    process.stdout.close() if process.stdout else None
    process.stderr.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["border-crossings", "missing.jsonl"], b"cannot be opened: No such file"),
        (["border-crossings", "."], b"cannot be read: Is a directory"),
        (["protection-statuses"], b"name a file with rows, or a list with --delete"),
        (["protection-statuses", "-", "--delete", "gone.txt"], b"--delete and --events-held-since go together"),
        (["border-crossings", "-", "--client-config", "wrong.properties"], b"line 1: acks is set by the publisher"),
        (["border-crossings", "-", "--client-config", "unknown.properties"], b"configuration cannot be used"),
    ],
)
def test_wrong_usage_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: bytes) -> None:
    # The interpreter starts in this folder, so that it needs to be told where the project lies.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent.parent))
    monkeypatch.chdir(tmp_path)
    Path("gone.txt").write_text("")
    Path("wrong.properties").write_text("acks=s3cret\n")
    Path("unknown.properties").write_text("no.such.setting=s3cret\n")
    done = publish(*words, "--spool", str(tmp_path / "spool"))
    assert done.returncode == 2
    assert said in done.stderr.replace(b"\n", b" ")
    assert b"s3cret" not in done.stdout + done.stderr
