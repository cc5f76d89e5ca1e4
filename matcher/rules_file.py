"""A rule set read from its TOML file: every fault at once, each with file, line and what to change."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from matcher.rules import RuleSet

_EXTRA, _MISSING = "extra_forbidden", "missing"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file of rules: its name, the line where it is known, and a sentence."""

    file: str
    line: int | None
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}{f', line {self.line}' if self.line else ''}: {self.sentence}"


class RuleSetError(Exception):
    """Rules cannot be used. The text has a line for each fault: file, line where it is known, and what to change."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class Source:
    """A rule set and the file that it was read from."""

    file: str
    text: str
    rules: RuleSet

    def fault(self, field: str, sentence: str) -> Fault:
        """A fault of a field of the file's first table."""
        return Fault(self.file, line_of(self.text, (field,)), sentence)


def read_rule_set(file: Path) -> Source:
    """Read and check one file. Raises RuleSetError with every fault."""

    def refuse(sentence: str, line: int | None = None) -> RuleSetError:
        return RuleSetError([Fault(file.name, line, sentence)])

    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror}); check the setting for the rule set") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise refuse("is not UTF-8; save the file in that encoding", line) from error
    try:
        return Source(file.name, text, RuleSet.model_validate(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise refuse(f"not valid TOML: {error}", int(found[1]) if found else None) from error
    except ValidationError as error:
        raise RuleSetError(_faults(file.name, text, error)) from error


def _faults(file: str, text: str, error: ValidationError) -> list[Fault]:
    """Each fault once: a misspelt field that must be there is told as misspelt, and not as missing too."""
    items: Sequence[Any] = error.errors()
    missing = {item["loc"] for item in items if item["type"] == _MISSING}
    meant: dict[tuple[object, ...], str] = {}
    for item in items:
        if item["type"] == _EXTRA:
            table, name = item["loc"][:-1], str(item["loc"][-1])
            near = get_close_matches(name, _fields_of(table), n=1, cutoff=0.7)
            if near:
                meant[item["loc"]] = near[0]
                missing.discard((*table, near[0]))
    return [
        Fault(file, line_of(text, item["loc"]), f"{_path(item['loc'])}{_what(item, meant)}")
        for item in items
        if item["type"] != _MISSING or item["loc"] in missing
    ]


def _what(item: Any, meant: dict[tuple[object, ...], str]) -> str:
    match item["type"]:
        case "extra_forbidden":
            near = meant.get(item["loc"])
            advice = f"did you mean {near}?" if near else "remove it or correct its spelling"
            return f"is not a field of the vocabulary; {advice}"
        case "missing":
            return "is missing; add it"
        case _:
            return str(item["msg"]).removeprefix("Value error, ")


def _path(where: Sequence[object]) -> str:
    return ".".join(str(part) for part in where) + ": " if where else ""


def _fields_of(table: Sequence[object]) -> list[str]:
    """Names of the fields of the table at a path: of the set, of a rule, or of its conditions."""
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
    field = re.compile(rf"(?:^|[{{,.\s]){re.escape(keys[-1])}\s*=")
    for number in range(start, end):
        if field.search(lines[number].split("#")[0]):
            return number + 1
    return start + 1 if start else None
