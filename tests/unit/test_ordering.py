"""`resesignal replay` and `dead-letters redrive`: what they refuse before they ask Kafka for anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consumers.scan import Scanner
from deploy.cli import app

REPLAY = ("replay", "--from", "2026-03-01")
REDRIVE = ("dead-letters", "redrive", "--all", "--yes")
INVENTED = "19121212-1212"


@pytest.fixture(autouse=True)
def _nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(_scanner: Scanner, seconds: float = 5.0) -> None:
        raise AssertionError("Kafka was asked")

    monkeypatch.setattr(Scanner, "reach", asked)


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "400", "TERM": "dumb", **environment})


@pytest.mark.parametrize("words", [(*REPLAY, "--dry-run"), REPLAY, REDRIVE], ids=["dry run", "replay", "redrive"])
def test_who_orders_it_is_not_named_by_a_personal_number(words: tuple[str, ...]) -> None:
    told = run(*words, "--by", INVENTED)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "--by: it holds what looks like a personal number" in told.stderr
    assert INVENTED not in told.stderr
    # The user of the operating system is asked for by `getpass`, which looks here first.
    assert "it holds what looks like a personal number" in run(*words, LOGNAME=INVENTED).stderr


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("time", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-10:00"])
def test_a_time_that_is_none_in_utc_is_refused_in_a_sentence(option: str, time: str) -> None:
    told = run("replay", *(() if option == "--from" else ("--from", "2026-03-01")), option, time, "--dry-run")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "in UTC it is outside of the years 1 to 9999; give a time within them" in told.stderr


@pytest.mark.parametrize("text", ["a=" + "[" * 5000, "a=" + "9" * 100_000], ids=["deep", "long number"])
def test_rules_that_cannot_be_read_for_their_size_are_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(Scanner, "reach", lambda _scanner: None)
    (tmp_path / "new.toml").write_text(text)
    told = run(*REPLAY, "--rules", str(tmp_path / "new.toml"), "--dry-run")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith("new.toml")
    assert len(told.stderr.splitlines()) == 1
