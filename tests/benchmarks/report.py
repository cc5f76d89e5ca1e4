"""The figures as tables for a terminal and as docs/benchmarks.json and docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figure, Section, shown

_INTRODUCTION = """\
# Benchmarks

Written by `make bench`; do not edit. Medians of {runs} runs, the range in brackets where the runs differ. Real Kafka
and PostgreSQL on one node each, real service processes; everybody in the data is invented. The wall-clock figures
depend on what else the machine is doing; the steadier figure is processor time per million events.
"""


def show(console: Console, section: Section) -> None:
    """Print a section."""
    table = Table(title=section.title, title_justify="left", caption=section.how, caption_justify="left")
    table.add_column("")
    for column in ("median", "range"):
        table.add_column(column, justify="right")
    for column in ("unit", "target", ""):
        table.add_column(column)
    for figure in section.figures:
        verdict = figure.verdict
        style = {"reached": "green", "missed": "red"}.get(verdict, "")
        target = str(figure.target) if figure.target else ""
        table.add_row(figure.name, shown(figure.median), _range(figure), figure.unit, target, verdict, style=style)
    console.print(table)


def write(folder: Path, facts: Mapping[str, Any], sections: Sequence[Section]) -> None:
    """Write both files."""
    folder.joinpath("benchmarks.json").write_text(json.dumps(_document(facts, sections), indent=1) + "\n", "utf-8")
    folder.joinpath("benchmarks.md").write_text(_markdown(facts, sections), "utf-8")


def _document(facts: Mapping[str, Any], sections: Sequence[Section]) -> dict[str, Any]:
    return {
        **facts,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "how": section.how,
                "figures": [
                    {
                        "name": figure.name,
                        "unit": figure.unit,
                        "median": round(figure.median, 3),
                        "runs": [round(value, 3) for value in figure.runs],
                        "target": None if figure.target is None else str(figure.target),
                        "verdict": figure.verdict or None,
                    }
                    for figure in section.figures
                ],
            }
            for section in sections
        ],
    }


def _markdown(facts: Mapping[str, Any], sections: Sequence[Section]) -> str:
    lines = [_INTRODUCTION.format(runs=facts["runs"])]
    lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), ""]
    for section in sections:
        lines += [
            f"## {section.title}",
            "",
            section.how,
            "",
            "| | median | unit | target | |",
            "|---|---:|---|---|---|",
        ]
        for figure in section.figures:
            spread = _range(figure)
            value = f"{shown(figure.median)} ({spread})" if spread else shown(figure.median)
            target = str(figure.target) if figure.target else ""
            lines.append(f"| {figure.name} | {value} | {figure.unit} | {target} | {figure.verdict} |")
        lines.append("")
    return "\n".join(lines)


def _range(figure: Figure) -> str:
    low, high = shown(min(figure.runs)), shown(max(figure.runs))
    return "" if low == high else f"{low}-{high}"
