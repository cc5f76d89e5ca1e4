"""How two birth dates compare, and how much each result tells."""

from __future__ import annotations

import pytest

from matcher.birth_dates import UNRELATED, compare_dates
from schemas.records import FeatureResult

AGREE, DISAGREE, MISSING = FeatureResult.AGREE, FeatureResult.DISAGREE, FeatureResult.MISSING


@pytest.mark.parametrize(
    ("read", "held", "result", "detail", "bits"),
    [
        ("1974-08-12", ("1974-08-12",), AGREE, None, 14),
        ("1974-01-01", ("1974-01-01",), AGREE, "first-of-january", 7),
        ("1974-07-01", ("1974-07-01",), AGREE, "first-of-july", 10),
        ("1974-07-01", ("1974-03-22",), DISAGREE, "first-of-july-for-a-day", 2),
        ("1974-03-22", ("1974-07-01",), DISAGREE, "first-of-july-for-a-day", 2),
        ("1974-07-01", ("1974-01-01",), DISAGREE, "first-of-january-for-a-day", 4),
        ("1974-07-01", ("1974-07-11",), DISAGREE, "one-digit", 4),
        ("1974-07-01", ("1975-07-01",), DISAGREE, "one-digit", 4),
        ("1974-01-07", ("1974-07-01",), DISAGREE, "day-and-month-swapped", 9),
        ("1974-08", ("1974-08-12",), AGREE, "month", 9),
        ("1974", ("1974-08-12",), AGREE, "year", 5),
        ("1974", ("1974",), AGREE, "year", 5),
        ("1974-01-01", ("1974-08-12",), DISAGREE, "first-of-january-for-a-day", 4),
        ("1974-08-12", ("1974-12-08",), DISAGREE, "day-and-month-swapped", 9),
        ("1353-05-21", ("1974-08-12",), DISAGREE, "other-calendar", 8),
        ("1975-08-12", ("1974-08-12",), DISAGREE, "one-digit", 4),
        ("1980-08-12", ("1979-08-12",), DISAGREE, "one-year-apart", 4),
        ("1974-08-13", ("1974-08-12",), DISAGREE, "one-digit", 4),
        ("1974-03-30", ("1974-08-12",), DISAGREE, "other-day-of-the-year", -2),
        ("1981-03-30", ("1974-08-12",), DISAGREE, "other", UNRELATED),
        ("1981", ("1974-08-12",), DISAGREE, "other", UNRELATED),
        ("1900-02-29", ("1900-02-28",), DISAGREE, "one-digit", 4),
        ("1974-08-12", ("1990-01-01", "1974-12-08", "1974-08-12"), AGREE, None, 14),
        (None, ("1974-08-12",), MISSING, None, 0),
        ("1974-08-12", (), MISSING, None, 0),
    ],
)
def test_two_birth_dates(
    read: str | None, held: tuple[str, ...], result: FeatureResult, detail: str | None, bits: int
) -> None:
    assert compare_dates(read, held) == (result, detail, bits)
