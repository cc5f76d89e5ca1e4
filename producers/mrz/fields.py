"""What a machine readable zone holds, and the check digit that reader and writer share.

Sources: ICAO Doc 9303 part 3 section 4 (all sizes), part 4 (TD3), part 5 (TD1), part 6 (TD2), eighth edition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.records import Sex

FILLER = "<"

_VALUES = {FILLER: 0}
_VALUES |= {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_WEIGHTS = (7, 3, 1)


class MrzFormat(StrEnum):
    """Size of the document, which decides the layout."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"


# Number of lines and characters in each.
SHAPES = {MrzFormat.TD1: (3, 30), MrzFormat.TD2: (2, 36), MrzFormat.TD3: (2, 44)}


@dataclass(frozen=True, slots=True, repr=False)
class Mrz:
    """A machine readable zone that was read, or is to be written. Its repr shows nothing of the holder.

    Attributes:
        format: TD1, TD2 or TD3.
        document_code: one or two letters, such as `P`, `PR` or `I`.
        issuing_state: three-letter code, or `D`.
        document_number: letters and digits, without fillers, whole where it overflows into optional data.
        surname: primary identifier, upper-case words parted by single spaces.
        given_names: secondary identifier, likewise; empty where there is none.
        nationality: three-letter code, or `D`; XXA, XXB, XXC, XXX for those without one.
        birth_date: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; None where not even the year is known.
        sex: X where unspecified.
        expiry_date: last day of validity; None where filled with fillers.
        optional_data: first optional field, trailing fillers removed; in TD1 and TD2 without the overflown number.
        optional_data_2: second optional field, of TD1 only.
        names_may_be_truncated: the name field is full to its last position (part 4, 4.2.3: it may have been cut, or
            fit exactly: the zone does not tell).
    """

    format: MrzFormat
    document_code: str
    issuing_state: str
    document_number: str
    surname: str
    given_names: str
    nationality: str
    birth_date: str | None
    sex: Sex
    expiry_date: date | None
    optional_data: str = ""
    optional_data_2: str = ""
    names_may_be_truncated: bool = False


def check_digit(text: str) -> str:
    """The check digit of part 3, 4.9: values 0-9, A=10 to Z=35, filler 0; weights 7-3-1; modulo 10.

    The weights share no factor with 10. So of all changes of one character those are detected, and only those, that
    change its value modulo 10: 0, A, K, U and the filler stand for each other undetected, as do 1, B, L and V, ...

    Raises KeyError for a character that no zone may hold.
    """
    return str(sum(_VALUES[character] * _WEIGHTS[index % 3] for index, character in enumerate(text)) % 10)
