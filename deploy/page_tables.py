"""The tables of the pages that follow from the code: `python -m deploy.page_tables` writes them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from deploy.settings import settings_table
from matcher.conditions import Conditions
from matcher.look_for import LookFor
from matcher.rules_text import condition
from schemas.reasons import Reason
from schemas.records import EvidenceKind
from schemas.topics import DAY_MS, TOPICS, CleanUp, Topic

ROOT = Path(__file__).parents[1]
# By page, the tables in it; each stands between <!-- name --> and <!-- /name -->.
PAGES: dict[str, tuple[str, ...]] = {
    "README.md": ("benchmarks", "settings", "topics"),
    "docs/agency.md": ("accepts", "reasons"),
    "docs/rules.md": ("conditions", "look-for"),
}


def benchmarks() -> str:
    """The figures that have a target, as `make bench` last wrote them: measured, with those that miss it."""
    measured = json.loads((ROOT / "docs/benchmarks.json").read_text("utf-8"))
    rows = (
        (
            f"{section['title'].replace('`', '')}: {figure['name']}",
            f"{figure['median']:,.0f} {figure['unit']}",
            f"{min(figure['runs']):,.0f}–{max(figure['runs']):,.0f}",
            figure["target"],
            figure["verdict"],
        )
        for section in measured["sections"]
        for figure in section["figures"]
        if figure["target"]
    )
    return _table(("Measured", "Median", "Range", "Target", ""), rows)


def settings() -> str:
    """Every setting of the services and commands."""
    rows = ((f"`{name}`", default, meaning) for name, default, meaning in settings_table())
    return _table(("Environment variable", "Default", "Meaning"), rows)


def topics() -> str:
    """The table of topics."""
    rows = (
        (
            f"`{topic.name}`",
            topic.title,
            f"`{topic.key}`" if topic.key.endswith("_id") else "place of the record",
            str(topic.partitions),
            _kept(topic),
            topic.owner,
            ", ".join(topic.writers),
            ", ".join(topic.readers) or "nobody yet",
        )
        for topic in TOPICS.values()
    )
    return _table(("Topic", "Carries", "Key", "Partitions", "Kept", "Owner", "Written by", "Read by"), rows)


def accepts() -> str:
    """What an agency may send: topic, who, and the largest record."""
    rows = (
        (
            f"`{topic.name}`",
            ", ".join(f"`{name}`" for name in sorted(topic.authorities))
            or f"{topic.owner} (no disclosure in the record)",
            f"{topic.max_bytes:,} bytes",
        )
        for topic in TOPICS.values()
        if "agency" in topic.writers
    )
    return _table(("Topic", "`disclosure.authority`", "Largest record"), rows)


def reasons() -> str:
    """Every reason code with its advice."""
    return _table(("Code", "What is wrong, and what to do"), ((f"`{one.value}`", one.advice) for one in Reason))


def conditions() -> str:
    """The vocabulary of conditions, each with an example and what `resesignal rules explain` makes of it."""
    rows = []
    for name, field in Conditions.model_fields.items():
        (example,) = field.examples or [""]
        stated = tomllib.loads(str(example))
        # Kinds that an event of any source may show, where the example itself states none.
        evidence = {"evidence": [kind.value for kind in EvidenceKind]}
        (sentence,) = condition(Conditions.model_validate(evidence | stated), name)
        rows.append((f"`{name}`", _values(field.annotation), f"{field.description}", f"`{example}`", sentence))
    return _table(("Condition", "Values", "Holds when", "Example", "In Swedish"), rows)


def look_for() -> str:
    """The circumstances in the person's favour that a rule may name."""
    return _table(("`look_for`", "Shown to the caseworker"), ((f"`{word.value}`", word.sentence) for word in LookFor))


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks": benchmarks,
    "settings": settings,
    "topics": topics,
    "accepts": accepts,
    "reasons": reasons,
    "conditions": conditions,
    "look-for": look_for,
}


def with_tables(text: str, names: Sequence[str]) -> str:
    """The page with its tables as they must be. Raises ValueError where a place is missing or there twice."""
    for name in names:
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if len(place.findall(text)) != 1:
            raise ValueError(f"the page must have one place for the table {name}")
        table = TABLES[name]()
        text = place.sub(lambda found, table=table: f"{found[1]}{table}{found[2]}", text)  # type: ignore[misc]
    return text


def main() -> None:
    """Write the tables anew."""
    for page, names in PAGES.items():
        file = ROOT / page
        file.write_text(with_tables(file.read_text("utf-8"), names), "utf-8")


def _kept(topic: Topic) -> str:
    days = "for good" if topic.retention_ms is None else f"{topic.retention_ms // DAY_MS} days"
    match topic.clean_up:
        case CleanUp.COMPACT:
            return "newest of each key"
        case CleanUp.COMPACT_DELETE:
            return f"newest of each key, {days}"
        case CleanUp.DELETE:
            return days


def _values(annotation: Any) -> str:
    """What a condition can be, in the words of a rule file."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{word.value}`" for word in annotation)
    parts = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    if get_origin(annotation) is tuple:
        return f"list of {_values(parts[0])}"
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{word}`" for word in parts)
    if len(parts) == 1:
        return _values(parts[0])
    return {bool: "`true`, `false`", int: "number of days"}[annotation if annotation in (bool, int) else parts[0]]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
