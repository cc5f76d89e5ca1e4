"""Ctrl-C in a command that reads Kafka: one sentence on what stands, and 130."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from consumers.replaying import Behind, Replay, State, TopicReplay
from consumers.scan import Scanner
from deploy.cli import app
from deploy.commands import replay as command
from deploy.commands.operator import Operator
from deploy.settings import read_settings
from matcher.rule_book import DEFAULT_RULES
from tests.builders import rules

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


def test_orders_that_were_given_stand_when_replay_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def operating(*, interrupted: str) -> Iterator[Operator]:
        settings = read_settings()
        clients = settings.clients("operator")
        yield Operator(settings, clients, Scanner(clients), None)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    differing = Replay(1, (TopicReplay("border-crossings", states=Counter({State.MISSING: 1})),), 1, Behind(), {})
    monkeypatch.setattr(command, "operating", operating)
    monkeypatch.setattr(command, "_book", lambda *_: rules())
    monkeypatch.setattr(command, "replay", lambda *_, **__: differing)
    monkeypatch.setattr(command, "order_spans", lambda *_, **__: [])
    monkeypatch.setattr(command, "await_carried_out", interrupt)
    done = CliRunner().invoke(app, ["replay", "--from", "2026-03-01"])
    assert done.exit_code == 130
    assert "Interrupted. Orders that were given stand" in done.stderr
    assert "Nothing was written" not in done.stderr
