"""Prints a machine readable zone: the reverse of the reader, for the simulator and for proving the round trip."""

from __future__ import annotations

import re

from producers.mrz.fields import FILLER, SHAPES, Mrz, MrzFormat, check_digit
from schemas.records import Sex

_LONG_NUMBER = 9
_number = re.compile(r"[0-9A-Z]+").fullmatch
_name = re.compile(r"([A-Z]+( [A-Z]+)*)?").fullmatch
_optional = re.compile(r"([0-9A-Z<]*[0-9A-Z])?").fullmatch


def write(mrz: Mrz) -> str:
    """The lines of the zone, parted by line ends. Names too long for their field are cut as part 4, 4.2.3 says.

    Raises ValueError, naming the field, where a value does not fit the format; names must be transliterated before.
    """
    _check(mrz)
    width = SHAPES[mrz.format][1]
    head = mrz.document_code.ljust(2, FILLER) + mrz.issuing_state.ljust(3, FILLER)
    sex = FILLER if mrz.sex is Sex.X else mrz.sex.value
    nationality = mrz.nationality.ljust(3, FILLER)
    birth = _with_check_digit(_birth_date(mrz.birth_date))
    expiry = _with_check_digit(mrz.expiry_date.strftime("%y%m%d") if mrz.expiry_date else FILLER * 6)
    if mrz.format is MrzFormat.TD1:
        number = _number_and_optional(mrz, 15)
        second = mrz.optional_data_2.ljust(11, FILLER)
        composite = check_digit(number + birth + expiry + second)
        return "\n".join((head + number, birth + sex + expiry + nationality + second + composite, _names(mrz, width)))
    if mrz.format is MrzFormat.TD2:
        number = _number_and_optional(mrz, 7)
        number, optional = number[:10], number[10:]
    else:
        number = _with_check_digit(mrz.document_number.ljust(_LONG_NUMBER, FILLER))
        optional = _with_check_digit(mrz.optional_data.ljust(14, FILLER))
    composite = check_digit(number + birth + expiry + optional)
    return f"{head}{_names(mrz, width - 5)}\n{number}{nationality}{birth}{sex}{expiry}{optional}{composite}"


def _check(mrz: Mrz) -> None:
    if _number(mrz.document_number) is None or (
        mrz.format is MrzFormat.TD3 and len(mrz.document_number) > _LONG_NUMBER
    ):
        raise ValueError("document_number does not fit")
    room = {MrzFormat.TD1: 15, MrzFormat.TD2: 7, MrzFormat.TD3: 14}[mrz.format]
    if _optional(mrz.optional_data) is None or len(mrz.optional_data) > room:
        raise ValueError("optional_data does not fit")
    room_2 = 11 if mrz.format is MrzFormat.TD1 else 0
    if _optional(mrz.optional_data_2) is None or len(mrz.optional_data_2) > room_2:
        raise ValueError("optional_data_2 does not fit")
    if _name(mrz.surname) is None or _name(mrz.given_names) is None or not (mrz.surname or mrz.given_names):
        raise ValueError("names do not fit: transliterate them first")


def _with_check_digit(text: str) -> str:
    return text + check_digit(text)


def _number_and_optional(mrz: Mrz, room: int) -> str:
    """Document number, check digit and optional data of TD1 and TD2; a long number overflows into the last."""
    number = mrz.document_number
    if len(number) <= _LONG_NUMBER:
        return _with_check_digit(number.ljust(_LONG_NUMBER, FILLER)) + mrz.optional_data.ljust(room, FILLER)
    rest = number[_LONG_NUMBER:] + check_digit(number) + FILLER + mrz.optional_data
    # The filler that ends the number may fall behind the field where nothing follows it.
    if len(rest.rstrip(FILLER)) > room:
        raise ValueError("document_number and optional_data do not fit together")
    return number[:_LONG_NUMBER] + FILLER + rest[:room].ljust(room, FILLER)


def _birth_date(text: str | None) -> str:
    parts = text.split("-") if text else []
    return "".join([part[-2:] for part in parts] + [FILLER * 2] * (3 - len(parts)))


def _names(mrz: Mrz, width: int) -> str:
    """The name field. Cut names leave a part of the secondary identifier, and a letter in the last position."""
    words = [mrz.surname.split(), mrz.given_names.split()]
    field = _joined(words)
    while len(field) > width:
        too_long = bool(words[1]) and len(_joined(words[:1])) > width - 3
        if not too_long and field[width - 1] != FILLER:
            break
        # The longest word of the surname gives way; where only the cut falls badly and the surname has nothing but
        # initials, one of the given names, for without an initial the next one falls on the same place.
        by_turn = words if too_long else [part for part in words if any(len(word) > 1 for word in part)] or words
        candidates = next(part for part in by_turn if part)
        longest = max(range(len(candidates)), key=lambda index: len(candidates[index]))
        if len(candidates[longest]) > 1:
            candidates[longest] = candidates[longest][:-1]
        else:
            candidates.pop()
        field = _joined(words)
    return field[:width].ljust(width, FILLER)


def _joined(words: list[list[str]]) -> str:
    return (FILLER * 2).join(FILLER.join(part) for part in words).rstrip(FILLER)
