"""What the author of a file of rules is told of its faults: each once, with its line, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from matcher.rules import RuleSet
from schemas.checks import LIFETIME_DAYS

_EXTRA, _MISSING, _TOO_FEW = "extra_forbidden", "missing", "too_short"
_A_TABLE = {
    "legal_basis": 'must name each outcome with a basis of its own, such as legal_basis.PERMIT = ["UtlL 7 kap."]',
    "when": 'must be conditions in braces, such as when = { evidence = ["STAYED_IN"] }',
    "rule": "must be written as tables, each below a line [[rule]]",
}
_PATTERN = {
    "version": 'must be a year and a number, such as "2026-2", of at most six figures',
    "id": 'must be small letters, figures and hyphens between them, such as "long-stay"',
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file of rules: its name, the line where it is known, and a sentence."""

    file: str
    line: int | None
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}{f', line {self.line}' if self.line else ''}: {self.sentence}"


class RuleSetError(Exception):
    """Rules cannot be used. The text has a line for each fault: file, line where it is known, and what to change.

    Faults are in the order of their files, and of the lines in each; first those of a file as a whole.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0)))
        super().__init__("\n".join(map(str, self.faults)))


def faults_of(file: str, text: str, error: ValidationError) -> list[Fault]:
    """The faults that a check of a file's text found.

    Each is told once: a misspelt field that must be there is not missing too, and a list is not empty because what
    stands in it is wrong.
    """
    items: Sequence[Any] = error.errors()
    missing = {item["loc"] for item in items if item["type"] == _MISSING}
    at_fault = {item["loc"][:length] for item in items for length in range(len(item["loc"]))}
    meant: dict[tuple[object, ...], str] = {}
    for item in items:
        if item["type"] == _EXTRA:
            table, name = item["loc"][:-1], str(item["loc"][-1])
            near = get_close_matches(name, _fields_of(table), n=1, cutoff=0.7)
            if near:
                meant[item["loc"]] = near[0]
                missing.discard((*table, near[0]))
    return [
        Fault(file, line_of(text, (*item["loc"], *item.get("ctx", {}).get("at", ()))), _told(item, meant))
        for item in items
        if (item["type"] != _MISSING or item["loc"] in missing)
        and not (item["type"] == _TOO_FEW and item["loc"] in at_fault)
    ]


def _told(item: Any, meant: dict[tuple[object, ...], str]) -> str:
    path = ".".join(str(part) for part in item["loc"])
    return f"{path}{': ' if path else ''}{_what(item, meant)}"


def _what(item: Any, meant: dict[tuple[object, ...], str]) -> str:
    name = next((part for part in reversed(item["loc"]) if isinstance(part, str)), "")
    match item["type"]:
        case "extra_forbidden":
            near = meant.get(item["loc"])
            advice = f"did you mean {near}?" if near else "remove it or correct its spelling"
            return f"is not a field of the vocabulary; {advice}"
        case "missing":
            return "is missing; add it"
        case "enum" | "literal_error":
            return _no_such_word(item, name)
        case "tuple_type" if name not in _A_TABLE:
            example = f'"{item["input"]}"' if isinstance(item["input"], str) else "..."
            return f"must be a list in brackets, such as {name} = [{example}]"
        case "tuple_type" | "model_type":
            return _A_TABLE.get(name, "must be a table")
        case "too_short":
            return "is an empty list; name at least one, or leave it out if it need not be there"
        case "bool_type" | "bool_parsing":
            return "must be true or false, without quotes"
        case "string_type":
            return "must be text in quotes"
        case "string_too_short":
            return f"must have {item['ctx']['min_length']} characters or more, blanks around them not counted"
        case "string_too_long":
            return f"has more than {item['ctx']['max_length']} characters; shorten it"
        case "string_pattern_mismatch":
            return _PATTERN[name]
        case kind if kind.startswith("int_") or kind in ("greater_than_equal", "less_than_equal"):
            return f"must be a whole number of days from 0 to {LIFETIME_DAYS}, without quotes"
        case kind if kind.startswith("date_"):
            return "must be a day without a time, such as 2026-07-01"
        case _:
            return str(item["msg"])


def _no_such_word(item: Any, name: str) -> str:
    """A value that is not of the vocabulary, with all that are, and the one that was perhaps meant."""
    words = re.findall(r"'([^']*)'", item["ctx"]["expected"])
    given = item["input"]
    if not words:
        return f"must be {item['ctx']['expected']}"
    if isinstance(given, list):
        return f'must be one word without brackets, such as {name} = "{words[0]}"'
    if not isinstance(given, str):
        return f"must be one of {', '.join(words)}, in quotes"
    alike = {word.casefold(): word for word in words}
    near = get_close_matches(given.casefold(), alike, n=1)
    advice = f"; did you mean {alike[near[0]]}?" if near else ""
    return f'"{given}" is none of {", ".join(words)}{advice}'


def _fields_of(table: Sequence[object]) -> list[str]:
    """Names of the fields of the table at a path: of the set, of a rule, of its conditions or of its basis."""
    model: Any = RuleSet
    for part in table:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = annotation.__args__[0] if hasattr(annotation, "__args__") else annotation
    return list(model.model_fields)


def line_of(text: str, where: Sequence[object]) -> int | None:
    """The line that a path into the TOML speaks of: the field's own, else its table's; None for the whole file."""
    lines = text.splitlines()
    start, end = 0, len(lines)
    keys = [str(part) for part in where if isinstance(part, str)]
    index = next((part for part in where if isinstance(part, int)), None)
    if keys and keys[0] == "rule" and isinstance(index, int):
        heads = [n for n, line in enumerate(lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        if index < len(heads):
            start = heads[index]
            end = heads[index + 1] if index + 1 < len(heads) else len(lines)
    if not keys:
        return None
    # Also where it is a table: `legal_basis.PERMIT =`, or a line `[rule.legal_basis]`.
    field = re.compile(rf"(?:^|[{{,.\s]){re.escape(keys[-1])}\s*(?:=|\.\s*\w+\s*=|\])")
    for number in range(start, end):
        if field.search(lines[number].split("#")[0]):
            return number + 1
    return start + 1 if start else None
