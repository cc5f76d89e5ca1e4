"""In which letters the two names of a pair stand: the original script against Latin, or two Latin systems."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tests.benchmarks.identity.names import CULTURES
from tests.benchmarks.identity.pairs import Pair

ACROSS, LATIN, ORIGINAL = "original script against Latin", "Latin against Latin", "original script on both sides"
# A second surname or a further patronymic may have been written by another office than the rest.
MIXED = "two scripts in one name"
_LETTERS = {"ARABIC": "Arabic", "CYRILLIC": "Cyrillic", "ETHIOPIC": "Ethiopic", "CJK": "Han", "LATIN": "Latin"}
_OF_FAMILY = {
    "arabic": "Arabic",
    "persian": "Arabic",
    "kurdish": "Arabic",
    "russian": "Cyrillic",
    "ukrainian": "Cyrillic",
    "uzbek": "Cyrillic",
    "ethiopic": "Ethiopic",
    "chinese": "Han",
    "somali": "Latin",
    "turkish": "Latin",
}
_OF_CULTURE = {culture.key: _OF_FAMILY[culture.family] for culture in CULTURES}


def letters(text: str) -> frozenset[str]:
    """The scripts of the letters in a text; signs that belong to none, such as an ayn, are left out."""
    names = (unicodedata.name(sign).split()[0] for sign in text if sign.isalpha())
    return frozenset(_LETTERS[name] for name in names if name in _LETTERS)


def labels(pair: Pair) -> Iterator[str]:
    """The rows of a pair: over all scripts, and of its own."""
    seen, known = letters(pair.seen.whole), letters(pair.known.whole)
    if len(seen) != 1 or len(known) != 1:
        yield MIXED
        return
    (one,), (other,) = seen, known
    if one == other == "Latin":
        yield LATIN
        yield f"Latin against Latin, of names in {_OF_CULTURE[pair.culture]} letters"
    elif "Latin" in (one, other):
        yield ACROSS
        yield f"{other if one == 'Latin' else one} letters against Latin"
    else:
        yield ORIGINAL
        yield f"{one} letters on both sides"


def in_order() -> list[str]:
    """All rows, as they stand in the table."""
    own = ("Arabic", "Cyrillic", "Ethiopic", "Han")
    return [
        ACROSS,
        *(f"{script} letters against Latin" for script in own),
        LATIN,
        *(f"Latin against Latin, of names in {script} letters" for script in (*own, "Latin")),
        ORIGINAL,
        *(f"{script} letters on both sides" for script in own),
        MIXED,
    ]
