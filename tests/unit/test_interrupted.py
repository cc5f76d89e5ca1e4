"""Ctrl-C in a command that reads Kafka: one sentence on what stands, and 130."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from consumers.scan import Scanner
from deploy.cli import app
from matcher.rule_book import DEFAULT_RULES

NEWEST = str(DEFAULT_RULES / "2026-1.toml")


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        (["replay", "--from", "2026-03-01"], "Nothing was written"),
        (["reconcile"], "Nothing was written"),
        (["rules", "try", NEWEST, "--days", "1"], "Nothing was written"),
        (["dead-letters", "list"], "Nothing was written"),
        (["dead-letters", "redrive", "--all", "--yes"], "What was ordered stands"),
    ],
)
def test_an_interrupted_command_says_what_stands(
    words: list[str], stands: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_scanner: Scanner, seconds: float = 5.0) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Scanner, "reach", interrupt)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 130
    assert done.stderr.startswith(f"Interrupted. {stands}")
    assert done.stdout == ""
