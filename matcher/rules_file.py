"""A rule set read from its TOML file: every fault at once, each with file, line and what to change."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from matcher.rules import RuleSet
from matcher.rules_faults import Fault, RuleSetError, faults_of, line_of


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
        # Some editors put a byte order mark before the text.
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror}); check the path {file}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise refuse("is not UTF-8; save the file in that encoding", line) from error
    try:
        return Source(file.name, text, RuleSet.model_validate(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise refuse(f"not valid TOML: {error}", int(found[1]) if found else None) from error
    except ValidationError as error:
        raise RuleSetError(faults_of(file.name, text, error)) from error
