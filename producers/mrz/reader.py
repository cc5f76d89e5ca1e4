"""Reads a machine readable zone: TD1 (3 x 30), TD2 (2 x 36) and TD3 (2 x 44) of ICAO Doc 9303 parts 3 to 6.

Nothing is guessed: a zone with a wrong check digit is refused, and O is never taken for 0. Visas (2 x 44 and 2 x 36
that begin with V, part 7) have another layout and are refused.
"""

from __future__ import annotations

import re
from datetime import date

from producers.mrz.fields import FILLER, SHAPES, Mrz, MrzFormat, check_digit
from schemas.reasons import Reason, Refused
from schemas.records import Sex

_allowed = re.compile(r"[0-9A-Z<]+").fullmatch
_letters_only = re.compile(r"[A-Z<]+").fullmatch
_code = re.compile(r"[A-Z]{1,2}").fullmatch
_state = re.compile(r"[A-Z]{3}|D").fullmatch
_pair = re.compile(r"[0-9]{2}|<<").fullmatch
# As documents print it; some states print X where the standard has the filler.
_SEXES = {"F": Sex.F, "M": Sex.M, FILLER: Sex.X, "X": Sex.X}
# All zones fit in this with their line ends; nothing longer is looked at.
_MAX_TEXT = 200


def read(text: str, now: date) -> Mrz:
    """Read a zone given as its lines, or as the lines run together.

    The zone has two digits for the year. A birth year is the latest with these digits that does not put the birth after
    `now`, so someone of a hundred years and more is read as a child; an expiry year is the one nearest to `now`.

    Args:
        text: the lines, upper case, parted by line ends or not at all.
        now: the day on which it is read.

    Raises Refused: MRZ_FORMAT or DOCUMENT_CHECK_DIGIT, with the name of the field and never its value.
    """
    format_, lines = _lines(text)
    if format_ is MrzFormat.TD1:
        return _read_td1(lines, now)
    return _read_td2_or_td3(format_, lines, now)


def _lines(text: str) -> tuple[MrzFormat, list[str]]:
    if len(text) > _MAX_TEXT:
        raise Refused(Reason.MRZ_FORMAT, "length")
    lines = [line for line in (line.strip(" \t\r") for line in text.split("\n")) if line]
    joined = "".join(lines)
    for format_, (count, width) in SHAPES.items():
        if len(joined) == count * width and (len(lines) == 1 or [len(line) for line in lines] == [width] * count):
            if _allowed(joined) is None:
                raise Refused(Reason.MRZ_FORMAT, "characters")
            return format_, [joined[start : start + width] for start in range(0, count * width, width)]
    raise Refused(Reason.MRZ_FORMAT, "length")


def _read_td1(lines: list[str], now: date) -> Mrz:
    first, second, third = lines
    number, optional = _document_number(first[5:14], first[14], first[15:30])
    birth_date = _birth_date(second[0:6], second[6], now)
    expiry_date = _expiry_date(second[8:14], second[14], now)
    _verify(first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29], "composite")
    surname, given_names = _names(third)
    return Mrz(
        format=MrzFormat.TD1,
        document_code=_document_code(first[0:2]),
        issuing_state=_state_code(first[2:5], "issuing_state"),
        document_number=number,
        surname=surname,
        given_names=given_names,
        nationality=_state_code(second[15:18], "nationality"),
        birth_date=birth_date,
        sex=_sex(second[7]),
        expiry_date=expiry_date,
        optional_data=optional,
        optional_data_2=second[18:29].rstrip(FILLER),
        names_may_be_truncated=third[-1] != FILLER,
    )


def _read_td2_or_td3(format_: MrzFormat, lines: list[str], now: date) -> Mrz:
    first, second = lines
    if format_ is MrzFormat.TD3:
        _verify(second[0:9], second[9], "document_number")
        number, optional = _without_fillers(second[0:9]), second[28:42].rstrip(FILLER)
        # Part 4, 4.2.2: the check digit of an empty optional field may be a filler.
        if optional or second[42] != FILLER:
            _verify(second[28:42], second[42], "optional_data")
    else:
        number, optional = _document_number(second[0:9], second[9], second[28:35])
    birth_date = _birth_date(second[13:19], second[19], now)
    expiry_date = _expiry_date(second[21:27], second[27], now)
    _verify(second[0:10] + second[13:20] + second[21:-1], second[-1], "composite")
    surname, given_names = _names(first[5:])
    return Mrz(
        format=format_,
        document_code=_document_code(first[0:2]),
        issuing_state=_state_code(first[2:5], "issuing_state"),
        document_number=number,
        surname=surname,
        given_names=given_names,
        nationality=_state_code(second[10:13], "nationality"),
        birth_date=birth_date,
        sex=_sex(second[20]),
        expiry_date=expiry_date,
        optional_data=optional,
        names_may_be_truncated=first[-1] != FILLER,
    )


def _verify(text: str, digit: str, field: str) -> None:
    if digit != check_digit(text):
        raise Refused(Reason.DOCUMENT_CHECK_DIGIT, field)


def _document_number(number: str, digit: str, optional: str) -> tuple[str, str]:
    """Number and optional data of TD1 and TD2.

    Part 5, 4.2.2 and part 6, 4.2.2: a number longer than nine characters has a filler for its check digit, and
    goes on in the optional data, where its check digit and a filler end it.
    """
    if digit != FILLER:
        _verify(number, digit, "document_number")
        return _without_fillers(number), optional.rstrip(FILLER)
    rest, _, after = optional.partition(FILLER)
    if FILLER in number or len(rest) < 2:
        raise Refused(Reason.DOCUMENT_CHECK_DIGIT, "document_number")
    whole = number + rest[:-1]
    _verify(whole, rest[-1], "document_number")
    return whole, after.rstrip(FILLER)


def _without_fillers(number: str) -> str:
    """Fillers stand for the signs of the printed number, which are not compared."""
    bare = number.replace(FILLER, "")
    if not bare:
        raise Refused(Reason.MRZ_FORMAT, "document_number")
    return bare


def _document_code(text: str) -> str:
    code = text.rstrip(FILLER)
    if _code(code) is None or code.startswith("V"):
        raise Refused(Reason.MRZ_FORMAT, "document_code")
    return code


def _state_code(text: str, field: str) -> str:
    code = text.rstrip(FILLER)
    if _state(code) is None:
        raise Refused(Reason.MRZ_FORMAT, field)
    return code


def _sex(letter: str) -> Sex:
    sex = _SEXES.get(letter)
    if sex is None:
        raise Refused(Reason.MRZ_FORMAT, "sex")
    return sex


def _names(field: str) -> tuple[str, str]:
    """Primary and secondary identifier: parted by two fillers, their words by one (part 3, 4.6)."""
    if _letters_only(field) is None:
        raise Refused(Reason.MRZ_FORMAT, "names")
    primary, _, secondary = field.partition(FILLER * 2)
    surname = " ".join(primary.replace(FILLER, " ").split())
    given_names = " ".join(secondary.replace(FILLER, " ").split())
    if not surname and not given_names:
        raise Refused(Reason.MRZ_FORMAT, "names")
    return surname, given_names


def _birth_date(text: str, digit: str, now: date) -> str | None:
    """Birth date in the precision known: unknown parts are fillers (part 3, 4.8).

    Some states print 00 for an unknown month or day, which can mean nothing else, and is taken for a filler.
    """
    _verify(text, digit, "birth_date")
    parts = (text[0:2], text[2:4], text[4:6])
    if any(_pair(part) is None for part in parts):
        raise Refused(Reason.MRZ_FORMAT, "birth_date")
    if parts[0] == FILLER * 2:
        return None
    month = 0 if parts[1] == FILLER * 2 else int(parts[1])
    day = 0 if parts[2] == FILLER * 2 or not month else int(parts[2])
    year = now.year - now.year % 100 + int(parts[0])
    if (year, month or 1, day or 1) > (now.year, now.month, now.day):
        year -= 100
    _calendar_date(year, month or 1, day or 1, "birth_date")
    if not month:
        return f"{year:04}"
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"


def _expiry_date(text: str, digit: str, now: date) -> date | None:
    _verify(text, digit, "expiry_date")
    if text == FILLER * 6:
        return None
    if not text.isdecimal():
        raise Refused(Reason.MRZ_FORMAT, "expiry_date")
    earliest = now.year - 50
    year = earliest + (int(text[0:2]) - earliest) % 100
    return _calendar_date(year, int(text[2:4]), int(text[4:6]), "expiry_date")


def _calendar_date(year: int, month: int, day: int, field: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused(Reason.MRZ_FORMAT, field) from None
