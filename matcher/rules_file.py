"""A rule set read from its TOML file: every fault at once, each with file, line and what to change."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from matcher.rules import RuleSet
from matcher.rules_faults import Fault, RuleSetError, faults_of, line_of

# The sets of a decade have some ten thousand bytes each; what is larger is another file, named by mistake.
MAX_KIB = 1024
# Python reads no decimal number of more digits.
_too_long_a_number = re.compile(r"(?<![0-9_])(?:[0-9]_?){4301,}")


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
        text = _content(file).decode("utf-8-sig")
    except _NotRules as error:
        raise refuse(str(error)) from None
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror}); check the path {file}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise refuse("is not UTF-8; save the file in that encoding", line) from error
    try:
        # As text is read: whatever ends a line there is one line feed here.
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return Source(file.name, text, RuleSet.model_validate(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise refuse(f"not valid TOML: {error}", int(found[1]) if found else None) from error
    except RecursionError:
        raise refuse("has too many brackets within brackets; rules need at most three, see docs/rules.md") from None
    except ValidationError as error:
        raise RuleSetError(faults_of(file.name, text, error)) from error
    except ValueError as error:
        # tomllib lets through what Python says of such a number, and nothing else.
        number = _too_long_a_number.search(text)
        if number is None:
            raise
        line = text.count("\n", 0, number.start()) + 1
        raise refuse("holds a number that is too long to be read; shorten it", line) from error


class _NotRules(Exception):  # noqa: N818 - it reads as what it is
    """It cannot be a file of rules, whatever is in it."""


def _content(file: Path) -> bytes:
    """All of a file. Raises OSError and _NotRules; never waits for a pipe, and reads no more than is allowed."""
    # Without O_NONBLOCK, opening a pipe would wait for whoever writes into it.
    with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise _NotRules("is no regular file; save the rules in a file, and name that")
        content = opened.read(MAX_KIB * 1024 + 1)
    if len(content) > MAX_KIB * 1024:
        raise _NotRules(f"is larger than {MAX_KIB} KiB, so it is no rule set; check the path {file}")
    return content
