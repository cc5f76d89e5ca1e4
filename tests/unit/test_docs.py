"""What the pages say is there: links, commands with their options, tests, examples, the vocabulary of the rules."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from deploy.cli import app
from matcher import MATCHER_VERSION
from matcher.conditions import Conditions
from matcher.rules_file import read_rule_set
from producers.preparing import Preparer
from schemas.records import EvidenceKind, OutcomeKind
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEXTS = {str(page.relative_to(ROOT)): page.read_text("utf-8") for page in PAGES}

_fence = re.compile(r"^( *)```(\S*) ?(\S*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_test = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


def blocks(language: str) -> Iterator[tuple[str, str, str]]:
    """Page, second word and text of each fenced block in a language."""
    for page, text in TEXTS.items():
        for found in _fence.finditer(text):
            if found[2] == language:
                yield page, found[3], found[4]


def commands() -> Iterator[tuple[str, str]]:
    """Page and line of every `resesignal` that a page names, in blocks and in the text."""
    for page, text in TEXTS.items():
        lines = [line for _, _, body in _of(text, "sh") for line in body.splitlines()]
        lines += re.findall(r"`(resesignal [^`]+)`", _fence.sub("", text))
        for line in lines:
            line = line.split(" # ")[0].strip().removeprefix(".venv/bin/")
            if line.startswith("resesignal "):
                yield page, line


def _of(text: str, language: str) -> Iterator[tuple[str, str, str]]:
    return ((found[2], found[3], found[4]) for found in _fence.finditer(text) if found[2] == language)


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    links = [link for link in _link.findall(TEXTS[page]) if not link.startswith(("http://", "https://", "mailto:"))]
    targets = [(ROOT / page).parent / link for link in links]

    assert [str(target) for target in targets if not target.exists()] == []


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_every_command_named_is_one_and_has_its_options(page: str, line: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while words and not words[0].isupper():  # in capitals: something to put in
        word = words.pop(0)
        if word.startswith("-") and word != "-":
            option = next((one for one in command.params if word in one.opts), None)
            assert option is not None or word == "--help", f"{command.name} has no option {word}"
            if option is not None and not option.is_flag:
                words.pop(0)
        elif hasattr(command, "commands"):
            assert word in command.commands, f"{command.name} has no command {word}"
            command = command.commands[word]
        else:
            assert any(one.param_type_name == "argument" for one in command.params), f"{command.name} takes no {word}"


def test_commands_are_found_in_the_pages() -> None:
    found = {line for _, line in commands()}

    assert "resesignal publish spooled" in found
    assert len(found) > 30


@pytest.mark.parametrize(("page", "topic", "lines"), sorted(blocks("jsonl")))
def test_every_example_line_passes_the_publishers_checks(page: str, topic: str, lines: str) -> None:
    preparer = Preparer(TOPICS[topic])

    for line in lines.splitlines():
        assert preparer.from_json(line.encode()).value


def test_the_rule_set_shown_loads(tmp_path: Path) -> None:
    ((_, _, text),) = [block for block in blocks("toml") if block[1] == "rules"]
    file = tmp_path / "2026-2.toml"
    file.write_text(text, "utf-8")

    assert [rule.id for rule in read_rule_set(file).rules.rule] == ["long-stay-in-examined-country"]


def test_the_python_shown_runs() -> None:
    shown = {name: text for _, name, text in blocks("python")}

    assert set(shown) == {"mrz", "publisher"}
    for name, text in shown.items():
        exec(compile(text, name, "exec"), {})  # noqa: S102 - our own page


@pytest.mark.parametrize(
    "word", [*Conditions.model_fields, *(kind.value for kind in EvidenceKind), *(kind.value for kind in OutcomeKind)]
)
def test_the_page_of_rules_explains_every_word_of_the_vocabulary(word: str) -> None:
    assert f"\n| `{word}` |" in TEXTS["docs/rules.md"]


def test_every_test_named_as_a_proof_is_there() -> None:
    named = [found for text in TEXTS.values() for found in _test.findall(text)]
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text("utf-8")]

    assert len(named) > 15
    assert missing == []


def test_the_present_version_of_the_matcher_is_the_last_one_told() -> None:
    rows = [line.split("|")[1].strip() for line in TEXTS["docs/matcher-versions.md"].splitlines() if "|" in line]
    assert rows[-1] == MATCHER_VERSION
