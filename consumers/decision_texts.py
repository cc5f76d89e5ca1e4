"""What a person may not write into a decision, which is kept for good, nor as their name into any order.

Asked before it is written, and never of what is: whatever was written holds.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from schemas.checks import MAX_TEXT

# Control, format (direction of writing, nothing of width), surrogates, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# YYMMDD-NNNN or YYYYMMDD-NNNN, with whatever hyphen, a plus (over a hundred years old), a space, or nothing between.
_numbers = re.compile(
    r"(?<!\d)(?P<century>\d\d)?(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d) ?[-+\u2010-\u2015\u2212]? ?\d{4}(?!\d)"
)


class TextUnfit(Exception):  # noqa: N818 - it reads as what happened
    """A text may not be written. A sentence for the user, without anything of the text."""


def check_text(text: str) -> None:
    """Refuse a text that holds a personal number, or signs that nobody sees. Raises TextUnfit."""
    _check_signs(text)
    if _holds_a_number(text):
        raise TextUnfit(
            "it holds what looks like a personal number. A decision is kept for good and nothing can be taken out of "
            "it: personal data does not belong there. Write it into the case, and here only what was compared"
        )


def check_name(name: str) -> None:
    """Refuse a name of whoever orders something as `check_text` does, and one too long. Raises TextUnfit."""
    _check_signs(name)
    if len(name) > MAX_TEXT:
        raise TextUnfit(f"it has more than {MAX_TEXT} characters; give a user name")
    if _holds_a_number(name):
        raise TextUnfit("it holds what looks like a personal number, which is kept with the order; give a user name")


def _check_signs(text: str) -> None:
    if any(unicodedata.category(sign) in _UNSEEN for sign in text):
        raise TextUnfit("it holds control characters (a line break is one); it must be one line of plain text")


def _holds_a_number(text: str) -> bool:
    # Digits and hyphens of full width are digits and hyphens.
    return any(_is_a_birth(found) for found in _numbers.finditer(unicodedata.normalize("NFKC", text)))


def _is_a_birth(found: re.Match[str]) -> bool:
    """Whether it begins with a date; the day of a samordningsnummer is raised by 60."""
    day = int(found["day"])
    # 2000 had a 29 February: of a year without its century nothing is ruled out.
    year = int((found["century"] or "20") + found["year"])
    try:
        date(year, int(found["month"]), day - 60 if day > 60 else day)
    except ValueError:
        return False
    return found["century"] is None or 1850 <= year <= 2199
