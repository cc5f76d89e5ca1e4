"""Names in one form, so that spellings of one name by one set of rules compare as equal.

This is the first, strict comparison: the same name parts after transliteration. What else two spellings of a name may
have in common (other transliterations, missing or merged parts, errors) belongs beside it, behind `name_key`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# ICAO Doc 9303 part 3 section 6.A, for the letters whose transliteration is not the letter without its marks.
_DOC_9303 = str.maketrans(
    {
        "Å": "AA",
        "Ä": "AE",
        "Æ": "AE",
        "Ö": "OE",
        "Ø": "OE",
        "Œ": "OE",
        "Ü": "UE",
        "ß": "SS",
        "ẞ": "SS",
        "Ð": "D",
        "Đ": "D",
        "Þ": "TH",
        "Ł": "L",
        "Ħ": "H",
        "İ": "I",
        "ı": "I",
        "Ŋ": "N",
        "Ŧ": "T",
    }
)
# What is written for an apostrophe, also in transliterations; left out like it (Doc 9303 part 3, 4.6).
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʻʼʽʾʿ"))
# These show that the order of the parts is descent: AHMAD BIN HASAN is not HASAN BIN AHMAD.
_DESCENT = frozenset({"BIN", "IBN", "BEN", "BINT", "BINTI", "OULD", "WALAD", "OGLU", "QIZI", "KIZI"})


def name_parts(text: str) -> tuple[str, ...]:
    """Parts of a name in their order: capitals, transliterated as in an MRZ, without marks and apostrophes."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).upper().translate(_DOC_9303).translate(_APOSTROPHES)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] not in "MC")
    text = text.upper().replace("'", "").replace("`", "")
    if not text.isalpha():
        text = "".join(c if c.isalnum() else " " for c in text)
    return tuple(text.split())


def name_key(surname: str, given_names: str) -> str | None:
    """One text that two spellings of a name share, whatever the order of surnames and of given names.

    Where a part shows descent the order of the given names is kept. None for a name without letters.
    """
    # Kept by half a name, not by whole ones: of those there are too many to meet the same one again.
    surnames, given = _surnames(surname), _given_names(given_names)
    return f"{surnames}<{given}" if surnames or given else None


@lru_cache(maxsize=1 << 16)
def _surnames(text: str) -> str:
    return " ".join(sorted(name_parts(text)))


@lru_cache(maxsize=1 << 16)
def _given_names(text: str) -> str:
    parts = name_parts(text)
    return " ".join(sorted(parts) if _DESCENT.isdisjoint(parts) else parts)
