"""The tables of docs/operation.md that follow from code: `python -m deploy.operation_page` renews them. Needs `dev`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.metrics_core import Metric

from consumers.metrics import Metrics
from deploy.monitoring import RULES

FILE = Path(__file__).parents[1] / "docs" / "operation.md"

_LABEL = re.compile(r"\{\{ *\$labels\.(\w+) *\}\}")
_VALUE = re.compile(r"\{\{ *\$value.*?\}\}")


def renew(page: str) -> str:
    """The page with its generated parts as code has them now. Raises ValueError where a marker is missing."""
    for name, text in (("metrics", metrics_table()), ("alerts", alerts_list())):
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = page.partition(start)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"docs/operation.md lacks the markers of its part {name}")
        page = f"{before}{start}\n{text}\n{end}{after}"
    return page


def metrics_table() -> str:
    """Every metric of the services as a Markdown table, as Prometheus names it."""
    metrics = Metrics("documentation")
    labels = _labels(metrics)
    rows = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for family in sorted(metrics.registry.collect(), key=lambda family: family.name):
        if family.name.startswith("resesignal_"):
            told = ", ".join(labels[family.name])
            rows.append(f"| `{_exposed(family)}` | {family.type} | {told} | {family.documentation} |")
    return "\n".join(rows)


def alerts_list() -> str:
    """Every alert with its severity, what it says and what to do, as Markdown."""
    parts = []
    for rule in alerts():
        told = rule["annotations"]
        summary = _VALUE.sub("*N*", _LABEL.sub(r"*\1*", told["summary"]))
        parts.append(f"**{rule['alert']}** ({rule['labels']['severity']}): {summary}\n{told['description']}")
    return "\n\n".join(parts)


def alerts() -> list[dict[str, Any]]:
    """The alerts of the rules file."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def _exposed(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(metrics: Metrics) -> dict[str, tuple[str, ...]]:
    """Names of labels, by metric; the client has no public way to ask."""
    return {held._name: held._labelnames for held in vars(metrics).values() if hasattr(held, "_labelnames")}


if __name__ == "__main__":
    FILE.write_text(renew(FILE.read_text("utf-8")), "utf-8")
