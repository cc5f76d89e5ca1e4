"""What is written for people keeps its names, numbers and addresses whole, however narrow the place."""

from __future__ import annotations

import io

import pytest
from rich.table import Column

from deploy.screen import Console, Table

ADDRESS = "http://127.0.0.1:8081"
PLACE = "border-crossings/11"
SENTENCE = "Compaction or retention took records away: counted at least those that are still held."


def table() -> Table:
    made = Table("Partition", "Consumed", "Address", "Dead-lettered", Column("What", overflow="fold"), title="Books")
    made.add_row(PLACE, "1,234,567,890", ADDRESS, "12,345", SENTENCE)
    made.add_row("border-crossings/2", "0", "", "7", "[red]Nothing.[/]")
    return made


def shown(made: Table, width: int | None = None) -> str:
    out = io.StringIO()
    options = {} if width is None else {"width": width, "force_terminal": True, "color_system": None}
    Console(file=out, **options).print(made)
    return out.getvalue()


def test_without_a_terminal_the_width_is_not_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    text = shown(table())
    assert any(all(part in line for part in (PLACE, "1,234,567,890", ADDRESS, SENTENCE)) for line in text.splitlines())
    assert "…" not in text


@pytest.mark.parametrize("width", [110, 80, 60, 40])
def test_on_a_terminal_only_prose_is_wrapped(width: int) -> None:
    text = shown(table(), width)
    assert max(map(len, text.splitlines())) <= width
    for whole in ("Partition" if width == 110 else "Books", PLACE, "1,234,567,890", ADDRESS, "12,345"):
        assert whole in text
    assert "…" not in text


def test_what_does_not_fit_side_by_side_becomes_a_paragraph_a_row() -> None:
    assert [line.rstrip() for line in shown(table(), 72).splitlines()] == [
        "Books",
        "border-crossings/11",
        "  Consumed 1,234,567,890, Address http://127.0.0.1:8081",
        "  Dead-lettered 12,345",
        "  What Compaction or retention took records away: counted at least those",
        "  that are still held.",
        "border-crossings/2",
        "  Consumed 0, Dead-lettered 7",
        "  What Nothing.",
    ]


def test_a_width_that_is_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    text = shown(table())
    assert max(map(len, text.splitlines())) <= 50
    assert ADDRESS in text
