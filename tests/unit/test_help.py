"""`--help` of every command says in words what an option takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from deploy.cli import app


def commands(command: Any, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, *words, name)


@pytest.mark.parametrize("words", list(commands(get_command(app))), ids=lambda words: " ".join(words) or "resesignal")
def test_what_an_option_takes_is_told_in_words(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "160", "TERM": "dumb"})
    assert shown.exit_code == 0
    options = [line for line in shown.output.splitlines() if re.match(r"│[ *]*--?\w", line)]
    assert options
    assert [line for line in options if re.search(r"<[^>]*>|%", line)] == []
