"""Each rule that a registry row must fulfil, at its bounds, with the reason and field of its refusal."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.checks import check_protected_person
from schemas.reasons import Reason
from tests.unit.test_checks import NAME, NOON, refusal

STATUS: dict[str, Any] = {
    "status_id": "5a1d3c70-27f4-4f0c-b5de-64b0a3f7c201",
    "kind": "REFUGEE",
    "countries": ["UTO"],
    "valid_from": 17_000,
    "valid_to": None,
    "end_reason": None,
    "recorded_at": NOON,
    "superseded_at": None,
}
PERSON: dict[str, Any] = {
    "person_id": "0e6b8a52-9c41-4b53-8a0c-2f4d7e9b1a10",
    "recorded_at": NOON,
    "documents": [],
    "personal_numbers": ["191212121213"],
    "dossier_numbers": ["12345678"],
    "names": [NAME],
    "birth_dates": ["1974-08-12"],
    "citizenships": ["UTO"],
    "sex": None,
    "protected_identity": False,
    "statuses": [STATUS],
    "permits": [],
    "naturalised_on": None,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"personal_numbers": ["wrong but known"], "dossier_numbers": ["12-345678"]},
        {"statuses": [STATUS | {"valid_to": 17_000}]},
        {"statuses": [STATUS | {"countries": ["UTO", "SWE"]}]},
        {"statuses": []},
        {"birth_dates": ["1974"] * 200},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_registry_row_is_taken_as_the_registry_holds_it(changes: dict[str, Any]) -> None:
    assert refusal(check_protected_person, PERSON | changes) is None


LISTS = ["documents", "names", "birth_dates", "personal_numbers", "dossier_numbers", "statuses", "permits"]


@pytest.mark.parametrize("field", LISTS)
def test_no_list_of_a_registry_row_grows_without_bound(field: str) -> None:
    assert refusal(check_protected_person, PERSON | {field: ["1974"] * 201}) == (Reason.TOO_MANY_VALUES, field)


# The first and last millisecond and day of a calendar of four-digit years, counted from 1970.
FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
PERMIT = {"permit_id": "b3c4d5e6-1f20-4a3b-8c4d-5e6f708192a3", "kind": "PERMANENT", "valid_from": 1, "valid_to": None}
KNOWN = {"number": "RD1", "issuing_state": "SWE", "kind": "OTHER", "valid_from": None, "valid_to": None}


@pytest.mark.parametrize(
    ("part", "field"),
    [("row", "recorded_at"), ("statuses", "recorded_at"), ("statuses", "superseded_at")],
)
def test_a_moment_of_a_registry_row_is_one_of_the_calendar(part: str, field: str) -> None:
    _assert_bounds(part, field, FIRST_MS, LAST_MS)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("row", "naturalised_on"),
        ("documents", "valid_from"),
        ("documents", "valid_to"),
        ("permits", "valid_from"),
        ("permits", "valid_to"),
        ("statuses", "valid_from"),
        ("statuses", "valid_to"),
    ],
)
def test_a_day_of_a_registry_row_is_one_of_the_calendar(part: str, field: str) -> None:
    _assert_bounds(part, field, FIRST_DAY, LAST_DAY)


def _assert_bounds(part: str, field: str, first: int, last: int) -> None:
    def row(value: int) -> dict[str, Any]:
        if part == "row":
            return PERSON | {field: value}
        # Both ends of a status alike, as one that ends before it begins is refused for that.
        base: dict[str, Any] = {"statuses": STATUS, "permits": PERMIT, "documents": KNOWN}[part]
        both_ends = {"valid_from": value} if (part, field) == ("statuses", "valid_to") else {}
        return PERSON | {part: [base | {field: value} | both_ends]}

    assert refusal(check_protected_person, row(first)) is None
    assert refusal(check_protected_person, row(last)) is None
    for value in (first - 1, last + 1):
        refused = refusal(check_protected_person, row(value))
        assert refused is not None
        assert refused[0] is Reason.TIME_IMPOSSIBLE
        assert refused[1] is not None
        assert refused[1].startswith("" if part == "row" else f"{part}.")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"permits": [PERMIT | {"permit_id": "none"}]}, Reason.EVENT_ID_INVALID, "permits.permit_id"),
        ({"statuses": [STATUS | {"status_id": ""}]}, Reason.EVENT_ID_INVALID, "statuses.status_id"),
        ({"person_id": "none"}, Reason.EVENT_ID_INVALID, "person_id"),
        ({"names": [NAME | {"surname": "x" * 501}]}, Reason.TEXT_TOO_LONG, "names"),
        ({"names": [NAME | {"given_names": "x" * 501}]}, Reason.TEXT_TOO_LONG, "names"),
        ({"birth_dates": ["1974", "1974-02-30"]}, Reason.BIRTH_DATE_IMPOSSIBLE, "birth_dates"),
        ({"statuses": [STATUS | {"countries": []}]}, Reason.COUNTRY_UNKNOWN, "statuses.countries"),
        ({"statuses": [STATUS, STATUS | {"countries": ["UTO", "Q"]}]}, Reason.COUNTRY_UNKNOWN, "statuses.countries"),
        ({"statuses": [STATUS | {"valid_to": 16_999}]}, Reason.TIME_IMPOSSIBLE, "statuses.valid_to"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_registry_row_that_cannot_be_compared_with_is_refused(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    assert refusal(check_protected_person, PERSON | changes) == (reason, field)
