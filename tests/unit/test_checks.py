"""Each rule that an event must fulfil, at its bounds, with the reason and field of its refusal."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from schemas.checks import (
    check_border_crossing,
    check_mission_observation,
    valid_birth_date,
    valid_personal_number,
)
from schemas.reasons import Reason, Refused

POLICE = frozenset({"POLISMYNDIGHETEN"})
MISSIONS = frozenset({"UTLANDSMYNDIGHETERNA"})
HOUR = 60 * 60 * 1000
# 2026-03-14T09:26:53Z
NOON = 1_773_480_413_000
MIDNIGHT = NOON - NOON % (24 * HOUR)
SKEW = 5 * 60 * 1000
YEAR_1990 = 631_152_000_000

DISCLOSURE = {
    "authority": "POLISMYNDIGHETEN",
    "unit": "Gränspolissektionen",
    "legal_ground": "OSL 10:28",
    "weighing": "GP-2026-000417",
    "purpose": "Prövning av återkallelse",
}
DOCUMENT = {"number": "P0451298", "issuing_state": "UTO", "kind": "PASSPORT", "use": "PRESENTED"}
NAME = {"surname": "Åbergsson", "given_names": "Inventa", "form": "PRINTED"}
TRAVELLER: dict[str, Any] = {
    "documents": [DOCUMENT],
    "personal_number": None,
    "dossier_number": None,
    "names": [NAME],
    "birth_date": "1974-08-12",
    "citizenships": ["UTO"],
    "sex": "F",
}
NOBODY: dict[str, Any] = {
    "documents": [],
    "personal_number": None,
    "dossier_number": None,
    "names": [],
    "birth_date": None,
    "citizenships": [],
    "sex": None,
}
EVENT: dict[str, Any] = {
    "event_id": "7c2f1f5e-3d0a-4d0e-9a39-0d6f3a1c5b01",
    "revision": 1,
    "kind": "REPORTED",
    "occurred_at": NOON,
    "occurred_precision": "SECOND",
    "recorded_at": NOON + HOUR,
    "traveller": TRAVELLER,
    "disclosure": DISCLOSURE,
    "country": "UTO",
    "stay_days": 21,
}
CROSSING = EVENT | {"direction": "ENTRY", "border_point": "SEARN", "country_basis": "STAMP"}
OBSERVATION = EVENT | {
    "mission": "TRANK",
    "observation": "STAY_STATED",
    "disclosure": DISCLOSURE | {"authority": "UTLANDSMYNDIGHETERNA"},
}


def crossing(event: dict[str, Any]) -> None:
    check_border_crossing(event, POLICE)


def observation(event: dict[str, Any]) -> None:
    check_mission_observation(event, MISSIONS)


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with parts replaced; `traveller__birth_date` names a part within a part."""
    copied = copy.deepcopy(base)
    for path, value in changes.items():
        *way, last = path.split("__")
        node = copied
        for step in way:
            node = node[step]
        node[last] = value
    return copied


def refusal(check: Callable[[dict[str, Any]], None], values: dict[str, Any]) -> tuple[Reason, str | None] | None:
    try:
        check(values)
    except Refused as refused:
        return refused.reason, refused.field
    return None


both = pytest.mark.parametrize(
    ("check", "base"), [(crossing, CROSSING), (observation, OBSERVATION)], ids=["crossing", "observation"]
)


@both
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "CORRECTED", "revision": 2},
        {"kind": "WITHDRAWN", "revision": 2, "traveller": NOBODY},
        {"occurred_at": NOON + HOUR + SKEW},
        {"occurred_at": YEAR_1990},
        {"stay_days": 0},
        {"stay_days": 36_525},
        {"traveller": NOBODY | {"documents": [DOCUMENT]}},
        {"traveller": NOBODY | {"names": [NAME]}},
        {"traveller": NOBODY | {"personal_number": "191212121212"}},
        {"traveller": NOBODY | {"dossier_number": "12345678"}},
        {"traveller__documents": [DOCUMENT] * 50},
        {"traveller__documents": [DOCUMENT | {"number": "SE 00-12", "issuing_state": "D"}]},
        {"traveller__documents": [DOCUMENT | {"number": "x" * 30, "issuing_state": "XXA"}]},
        {"traveller__birth_date": None},
        {"traveller__birth_date": "1974"},
        {"occurred_precision": "DAY", "occurred_at": MIDNIGHT},
        # A Swedish day begins two hours before that of UTC, the easternmost one 14.
        {"occurred_precision": "DAY", "occurred_at": MIDNIGHT, "recorded_at": MIDNIGHT - 14 * HOUR - SKEW},
        {"occurred_precision": "HOUR", "occurred_at": MIDNIGHT - HOUR},
        {"traveller__names": [NAME | {"surname": "x" * 500}]},
        {"disclosure__purpose": "x" * 500},
    ],
    ids=str,
)
def test_what_is_within_the_rules_is_accepted(check: Any, base: dict[str, Any], changes: dict[str, Any]) -> None:
    assert refusal(check, changed(base, **changes)) is None


DISCLOSURE_PARTS = ["authority", "unit", "legal_ground", "weighing", "purpose"]


@both
@pytest.mark.parametrize("part", DISCLOSURE_PARTS)
@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0"], ids=repr)
def test_every_part_of_the_disclosure_must_be_stated(check: Any, base: dict[str, Any], part: str, text: str) -> None:
    broken = changed(base, **{f"disclosure__{part}": text})
    assert refusal(check, broken) == (Reason.DISCLOSURE_MISSING, f"disclosure.{part}")


@both
@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"event_id": "7C2F1F5E-3D0A-4D0E-9A39-0D6F3A1C5B01"}, Reason.EVENT_ID_INVALID, "event_id"),
        ({"event_id": "7c2f1f5e3d0a4d0e9a390d6f3a1c5b01"}, Reason.EVENT_ID_INVALID, "event_id"),
        ({"event_id": "7c2f1f5e-3d0a-4d0e-9a39-0d6f3a1c5b01\n"}, Reason.EVENT_ID_INVALID, "event_id"),
        ({"disclosure__unit": "x" * 501}, Reason.TEXT_TOO_LONG, "disclosure.unit"),
        ({"disclosure__authority": "SKATTEVERKET"}, Reason.AUTHORITY_NOT_PERMITTED, "disclosure.authority"),
        ({"disclosure__authority": "polismyndigheten"}, Reason.AUTHORITY_NOT_PERMITTED, "disclosure.authority"),
        ({"revision": 0}, Reason.REVISION_INVALID, "revision"),
        ({"revision": 2}, Reason.REVISION_INVALID, "revision"),
        ({"kind": "CORRECTED"}, Reason.REVISION_INVALID, "revision"),
        ({"kind": "WITHDRAWN"}, Reason.REVISION_INVALID, "revision"),
        ({"kind": "CORRECTED", "revision": 0}, Reason.REVISION_INVALID, "revision"),
        ({"occurred_at": NOON + HOUR + SKEW + 1}, Reason.TIME_IMPOSSIBLE, "occurred_at"),
        ({"occurred_at": YEAR_1990 - 1}, Reason.TIME_IMPOSSIBLE, "occurred_at"),
        ({"occurred_precision": "DAY", "occurred_at": MIDNIGHT - HOUR}, Reason.DAY_NOT_MIDNIGHT, "occurred_at"),
        ({"occurred_precision": "DAY", "occurred_at": MIDNIGHT + 1}, Reason.DAY_NOT_MIDNIGHT, "occurred_at"),
        (
            {"occurred_precision": "DAY", "occurred_at": MIDNIGHT, "recorded_at": MIDNIGHT - 14 * HOUR - SKEW - 1},
            Reason.TIME_IMPOSSIBLE,
            "occurred_at",
        ),
        ({"recorded_at": NOON - SKEW - 1}, Reason.TIME_IMPOSSIBLE, "occurred_at"),
        ({"traveller": NOBODY}, Reason.TRAVELLER_EMPTY, "traveller"),
        ({"traveller": NOBODY | {"birth_date": "1974"}}, Reason.TRAVELLER_EMPTY, "traveller"),
        ({"traveller": NOBODY, "kind": "CORRECTED", "revision": 2}, Reason.TRAVELLER_EMPTY, "traveller"),
        ({"traveller__documents": [DOCUMENT] * 51}, Reason.TOO_MANY_VALUES, "traveller"),
        ({"traveller__names": [NAME] * 51}, Reason.TOO_MANY_VALUES, "traveller"),
        ({"traveller__citizenships": ["UTO"] * 51}, Reason.TOO_MANY_VALUES, "traveller"),
        ({"traveller__personal_number": "191212121213"}, Reason.PERSONAL_NUMBER_INVALID, "traveller.personal_number"),
        ({"traveller__personal_number": ""}, Reason.PERSONAL_NUMBER_INVALID, "traveller.personal_number"),
        ({"traveller__dossier_number": "1234567"}, Reason.DOSSIER_NUMBER_INVALID, "traveller.dossier_number"),
        ({"traveller__dossier_number": "12-345678"}, Reason.DOSSIER_NUMBER_INVALID, "traveller.dossier_number"),
        ({"traveller__names": [NAME | {"surname": "x" * 501}]}, Reason.TEXT_TOO_LONG, "traveller.names"),
        ({"traveller__names": [NAME, NAME | {"given_names": "x" * 501}]}, Reason.TEXT_TOO_LONG, "traveller.names"),
        ({"traveller__birth_date": "1974-13"}, Reason.BIRTH_DATE_IMPOSSIBLE, "traveller.birth_date"),
        ({"traveller__citizenships": ["UTO", "SE"]}, Reason.COUNTRY_UNKNOWN, "traveller.citizenships"),
        ({"country": "se"}, Reason.COUNTRY_UNKNOWN, "country"),
        ({"stay_days": -1}, Reason.STAY_IMPOSSIBLE, "stay_days"),
        ({"stay_days": 36_526}, Reason.STAY_IMPOSSIBLE, "stay_days"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_of_all_events_is_refused(
    check: Any, base: dict[str, Any], changes: dict[str, Any], reason: Reason, field: str
) -> None:
    assert refusal(check, changed(base, **changes)) == (reason, field)


@both
@pytest.mark.parametrize("number", ["", " P1", "P<1", "x" * 31, "P1\n", "№1"], ids=repr)
def test_a_document_number_has_letters_digits_spaces_and_hyphens(check: Any, base: dict[str, Any], number: str) -> None:
    broken = changed(base, traveller__documents=[DOCUMENT, DOCUMENT | {"number": number}])
    assert refusal(check, broken) == (Reason.DOCUMENT_NUMBER_INVALID, "traveller.documents.number")


@both
@pytest.mark.parametrize("state", ["", "SE", "swe", "QQQ"], ids=repr)
def test_a_document_is_issued_by_a_known_state(check: Any, base: dict[str, Any], state: str) -> None:
    broken = changed(base, traveller__documents=[DOCUMENT, DOCUMENT | {"issuing_state": state}])
    assert refusal(check, broken) == (Reason.COUNTRY_UNKNOWN, "traveller.documents.issuing_state")


@pytest.mark.parametrize("place", ["", "ARN", "searn", "SEAR1", "SEARNX", "SE ARN", "SEARN\n"], ids=repr)
def test_a_place_is_a_un_locode(place: str) -> None:
    assert refusal(crossing, CROSSING | {"border_point": place}) == (Reason.PLACE_INVALID, "border_point")
    assert refusal(observation, OBSERVATION | {"mission": place}) == (Reason.PLACE_INVALID, "mission")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"country": None}, (Reason.COUNTRY_BASIS_MISSING, "country_basis")),
        ({"country_basis": None}, (Reason.COUNTRY_BASIS_MISSING, "country_basis")),
        ({"country": None, "country_basis": None}, (Reason.STAY_IMPOSSIBLE, "stay_days")),
        ({"direction": "EXIT"}, (Reason.STAY_IMPOSSIBLE, "stay_days")),
        ({"country": None, "country_basis": None, "stay_days": None}, None),
        ({"direction": "EXIT", "stay_days": None}, None),
    ],
    ids=str,
)
def test_a_crossing_tells_how_its_country_is_known_and_a_stay_only_on_entry(
    changes: dict[str, Any], expected: tuple[Reason, str] | None
) -> None:
    assert refusal(crossing, CROSSING | changes) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("STAY_STATED", (Reason.COUNTRY_MISSING, "country")),
        ("MET_IN_COUNTRY", (Reason.COUNTRY_MISSING, "country")),
        ("HOME_PASSPORT_PRESENTED", None),
        ("HOME_PASSPORT_APPLIED_FOR", None),
    ],
)
def test_a_stay_or_meeting_happened_in_a_country(kind: str, expected: tuple[Reason, str] | None) -> None:
    passports = [DOCUMENT | {"use": use} for use in ("PRESENTED", "APPLIED_FOR")]
    event = changed(OBSERVATION, traveller__documents=passports)
    assert refusal(observation, event | {"observation": kind, "country": None}) == expected


@pytest.mark.parametrize(
    ("kind", "documents", "accepted"),
    [
        ("HOME_PASSPORT_PRESENTED", [{}], True),
        ("HOME_PASSPORT_APPLIED_FOR", [{"use": "APPLIED_FOR"}], True),
        ("HOME_PASSPORT_PRESENTED", [{"kind": "VISA"}, {}], True),
        ("HOME_PASSPORT_PRESENTED", [{"use": "APPLIED_FOR"}], False),
        ("HOME_PASSPORT_PRESENTED", [{"use": "HELD"}], False),
        ("HOME_PASSPORT_APPLIED_FOR", [{}], False),
        ("HOME_PASSPORT_PRESENTED", [{"kind": "REFUGEE_TRAVEL_DOCUMENT"}], False),
        ("HOME_PASSPORT_PRESENTED", [], False),
        ("MET_IN_COUNTRY", [], True),
        ("STAY_STATED", [], True),
    ],
)
def test_an_observation_of_a_passport_comes_with_that_passport(
    kind: str, documents: list[dict[str, Any]], accepted: bool
) -> None:
    """Otherwise nobody could tell which state issued it, and the event would mean nothing."""
    event = changed(OBSERVATION, traveller__documents=[DOCUMENT | one for one in documents])
    expected = None if accepted else (Reason.PASSPORT_MISSING, "traveller.documents")
    assert refusal(observation, event | {"observation": kind}) == expected
    withdrawn = event | {"observation": kind, "kind": "WITHDRAWN", "revision": 2}
    assert refusal(observation, withdrawn) is None


@both
def test_an_event_is_recorded_within_the_calendar(check: Any, base: dict[str, Any]) -> None:
    assert refusal(check, changed(base, recorded_at=253_402_300_799_999)) is None
    assert refusal(check, changed(base, recorded_at=253_402_300_799_999 + 1)) == (Reason.TIME_IMPOSSIBLE, "occurred_at")


@given(st.text("0123456789", min_size=12, max_size=12))
def test_a_personal_number_is_valid_exactly_when_its_last_ten_digits_pass_luhn(number: str) -> None:
    assert valid_personal_number(number) is luhn.is_valid(number[2:])


@given(st.text("0123456789", min_size=11, max_size=11))
def test_exactly_one_check_digit_makes_a_personal_number_valid(number: str) -> None:
    valid = [digit for digit in "0123456789" if valid_personal_number(number + digit)]
    assert valid == [luhn.calc_check_digit(number[2:])]


@pytest.mark.parametrize("number", ["1212121212", "121212-1212", "19121212-1212", " 191212121212", "١٩١٢١٢١٢١٢١٢", ""])
def test_a_personal_number_is_twelve_ascii_digits(number: str) -> None:
    assert valid_personal_number(number) is False


@given(st.dates(date(1850, 1, 1), date(2200, 12, 31)))
def test_every_date_of_the_calendar_is_a_birth_date_in_each_precision(day: date) -> None:
    assert all(valid_birth_date(text) for text in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]))


@pytest.mark.parametrize("text", ["1200", "1353", "1353-02-31", "1394-12-30", "1499-12"])
def test_a_date_of_a_hijri_calendar_is_a_birth_date_as_it_is_read(text: str) -> None:
    assert valid_birth_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "74",
        "1849",
        "1199",
        "1500",
        "1353-13",
        "1353-02-32",
        "2201",
        "1974-00",
        "1974-13",
        "1974-02-29",
        "1900-02-29",
        "1974-1-1",
        "19740812",
        "1974-08-12 ",
        "0000",
    ],
)
def test_what_is_no_date_is_no_birth_date(text: str) -> None:
    assert valid_birth_date(text) is False


def test_every_reason_has_advice_that_fits_a_line() -> None:
    for reason in Reason:
        assert reason.advice.endswith(".")
        assert 20 < len(reason.advice) < 140
    assert len({reason.advice for reason in Reason}) == len(Reason)
