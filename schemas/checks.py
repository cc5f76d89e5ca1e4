"""What a record must fulfil beyond its types: checked by the publisher before it sends and by matching when it reads.

One set of rules for both sides, on raw values (times in milliseconds, as `Codec(raw=True)` decodes them), because it
runs on every event: a traveller who matches nobody still must come with a lawful disclosure (rule 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from schemas.countries import COUNTRY_CODES
from schemas.ids import match_id
from schemas.reasons import Reason, Refused

MAX_TEXT = 500
MAX_VALUES = 50
# Of a decision; more belongs in the case file.
MAX_REASON = 2000
# 1990-01-01: earlier crossings are not recorded by machine.
_EARLIEST_MS = 631_152_000_000
# Clocks of two systems differ; more than this is an error of date or time zone.
_CLOCK_SKEW_MS = 5 * 60 * 1000
# What is known by its day alone is told as 00:00 UTC of that date, but the date begins elsewhere before it does in UTC:
# two hours in Sweden, 14 in the easternmost time zone, and what happens then is recorded then.
_DAY_BEGINS_EARLY_MS = 14 * 60 * 60 * 1000
LIFETIME_DAYS = 36_525
_DAY_MS = 24 * 60 * 60 * 1000
# What a calendar of four-digit years holds, in milliseconds and days since 1970; beyond it no date can be made.
_MIN_MS, _MAX_MS = -62_135_596_800_000, 253_402_300_799_999
_MIN_DAY, _MAX_DAY = -719_162, 2_932_896

_uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_locode = re.compile(r"[A-Z]{2}[A-Z2-9]{3}").fullmatch
_document_number = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{0,29}").fullmatch
_twelve_digits = re.compile(r"[0-9]{12}").fullmatch
_eight_digits = re.compile(r"[0-9]{8}").fullmatch
_birth_date = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?").fullmatch

# What an observation of a passport says was done with it.
_PASSPORT_USE = {"HOME_PASSPORT_PRESENTED": "PRESENTED", "HOME_PASSPORT_APPLIED_FOR": "APPLIED_FOR"}

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def valid_personal_number(number: str) -> bool:
    """Whether it is 12 digits whose last ten pass the Luhn check of SKV 704 (personnummer and samordningsnummer).

    The date part is not checked: its day may be moved to a free one, or raised by 60.
    """
    if _twelve_digits(number) is None:
        return False
    a, b, c, d, e, f, g, h, i, j = map(int, number[2:])
    double = _DOUBLED
    return (double[a] + b + double[c] + d + double[e] + f + double[g] + h + double[i] + j) % 10 == 0


@lru_cache(maxsize=1 << 16)
def valid_birth_date(text: str) -> bool:
    """Whether it is YYYY, YYYY-MM or YYYY-MM-DD: of the Gregorian calendar from 1850 on, or of a Hijri one.

    A document that has no other date than a Hijri one is read as it is: the years 1200 to 1499 are of such a calendar.
    """
    parts = _birth_date(text)
    if parts is None:
        return False
    year, month, day = (int(part) if part else 1 for part in parts.groups())
    if 1200 <= year < 1500:
        # Six solar months have 31 days.
        return 1 <= month <= 12 and 1 <= day <= 31
    try:
        date(year, month, day)
    except ValueError:
        return False
    return 1850 <= year <= 2200


def check_event(event: Mapping[str, Any], authorities: frozenset[str]) -> None:
    """Check what all events share. Raises Refused with reason and field.

    Args:
        event: raw values of a BorderCrossing or MissionObservation.
        authorities: who may publish to the topic that it came by.
    """
    if _uuid(event["event_id"]) is None:
        raise Refused(Reason.EVENT_ID_INVALID, "event_id")
    disclosure = event["disclosure"]
    for field, text in disclosure.items():
        if not text or text.isspace():
            raise Refused(Reason.DISCLOSURE_MISSING, f"disclosure.{field}")
        if len(text) > MAX_TEXT:
            raise Refused(Reason.TEXT_TOO_LONG, f"disclosure.{field}")
    if disclosure["authority"] not in authorities:
        raise Refused(Reason.AUTHORITY_NOT_PERMITTED, "disclosure.authority")
    reported = event["kind"] == "REPORTED"
    if (event["revision"] == 1) is not reported or event["revision"] < 1:
        raise Refused(Reason.REVISION_INVALID, "revision")
    recorded_at, occurred_at = event["recorded_at"], event["occurred_at"]
    day_alone = event["occurred_precision"] == "DAY"
    latest = recorded_at + _CLOCK_SKEW_MS + (_DAY_BEGINS_EARLY_MS if day_alone else 0)
    if not (recorded_at <= _MAX_MS and _EARLIEST_MS <= occurred_at <= latest):
        raise Refused(Reason.TIME_IMPOSSIBLE, "occurred_at")
    if day_alone and occurred_at % _DAY_MS:
        # Midnight of a time zone would be read as the day before.
        raise Refused(Reason.DAY_NOT_MIDNIGHT, "occurred_at")
    _check_traveller(event["traveller"], may_be_empty=event["kind"] == "WITHDRAWN")
    country = event["country"]
    if country is not None and country not in COUNTRY_CODES:
        raise Refused(Reason.COUNTRY_UNKNOWN, "country")
    stay = event["stay_days"]
    if stay is not None and not 0 <= stay <= LIFETIME_DAYS:
        raise Refused(Reason.STAY_IMPOSSIBLE, "stay_days")


def check_border_crossing(event: Mapping[str, Any], authorities: frozenset[str]) -> None:
    """Check a border crossing. Raises Refused."""
    check_event(event, authorities)
    if _locode(event["border_point"]) is None:
        raise Refused(Reason.PLACE_INVALID, "border_point")
    if (event["country"] is None) is not (event["country_basis"] is None):
        raise Refused(Reason.COUNTRY_BASIS_MISSING, "country_basis")
    if event["stay_days"] is not None and (event["direction"] == "EXIT" or event["country"] is None):
        raise Refused(Reason.STAY_IMPOSSIBLE, "stay_days")


def check_mission_observation(event: Mapping[str, Any], authorities: frozenset[str]) -> None:
    """Check a mission observation. Raises Refused."""
    check_event(event, authorities)
    if _locode(event["mission"]) is None:
        raise Refused(Reason.PLACE_INVALID, "mission")
    if event["country"] is None and event["observation"] in ("MET_IN_COUNTRY", "STAY_STATED"):
        raise Refused(Reason.COUNTRY_MISSING, "country")
    # Which state issued the passport stands in the passport alone: `country` is where the person was.
    use = _PASSPORT_USE.get(event["observation"])
    if use is not None and event["kind"] != "WITHDRAWN":
        documents = event["traveller"]["documents"]
        if not any(document["kind"] == "PASSPORT" and document["use"] == use for document in documents):
            raise Refused(Reason.PASSPORT_MISSING, "traveller.documents")


EVENT_CHECKS = {
    "border-crossing": check_border_crossing,
    "mission-observation": check_mission_observation,
}


def _check_traveller(traveller: Mapping[str, Any], *, may_be_empty: bool) -> None:
    documents = traveller["documents"]
    names = traveller["names"]
    personal_number = traveller["personal_number"]
    dossier_number = traveller["dossier_number"]
    citizenships = traveller["citizenships"]
    if not (documents or names or personal_number or dossier_number or may_be_empty):
        raise Refused(Reason.TRAVELLER_EMPTY, "traveller")
    if len(documents) > MAX_VALUES or len(names) > MAX_VALUES or len(citizenships) > MAX_VALUES:
        raise Refused(Reason.TOO_MANY_VALUES, "traveller")
    for document in documents:
        if _document_number(document["number"]) is None:
            raise Refused(Reason.DOCUMENT_NUMBER_INVALID, "traveller.documents.number")
        if document["issuing_state"] not in COUNTRY_CODES:
            raise Refused(Reason.COUNTRY_UNKNOWN, "traveller.documents.issuing_state")
    if personal_number is not None and not valid_personal_number(personal_number):
        raise Refused(Reason.PERSONAL_NUMBER_INVALID, "traveller.personal_number")
    if dossier_number is not None and _eight_digits(dossier_number) is None:
        raise Refused(Reason.DOSSIER_NUMBER_INVALID, "traveller.dossier_number")
    for name in names:
        if len(name["surname"]) > MAX_TEXT or len(name["given_names"]) > MAX_TEXT:
            raise Refused(Reason.TEXT_TOO_LONG, "traveller.names")
    birth_date = traveller["birth_date"]
    if birth_date is not None and not valid_birth_date(birth_date):
        raise Refused(Reason.BIRTH_DATE_IMPOSSIBLE, "traveller.birth_date")
    for citizenship in citizenships:
        if citizenship not in COUNTRY_CODES:
            raise Refused(Reason.COUNTRY_UNKNOWN, "traveller.citizenships")


def check_protected_person(row: Mapping[str, Any]) -> None:
    """Check a registry row (raw values). Raises Refused.

    Lenient where an event is strict: a number that the registry holds with a wrong check digit is still a number
    that the person is known under.
    """
    if _uuid(row["person_id"]) is None:
        raise Refused(Reason.EVENT_ID_INVALID, "person_id")
    for field in ("documents", "names", "birth_dates", "personal_numbers", "dossier_numbers", "statuses", "permits"):
        if len(row[field]) > 4 * MAX_VALUES:
            raise Refused(Reason.TOO_MANY_VALUES, field)
    for name in row["names"]:
        if len(name["surname"]) > MAX_TEXT or len(name["given_names"]) > MAX_TEXT:
            raise Refused(Reason.TEXT_TOO_LONG, "names")
    for text in row["birth_dates"]:
        if not valid_birth_date(text):
            raise Refused(Reason.BIRTH_DATE_IMPOSSIBLE, "birth_dates")
    _check_moment(row["recorded_at"], "recorded_at")
    _check_day(row["naturalised_on"], "naturalised_on")
    for document in row["documents"]:
        _check_day(document["valid_from"], "documents.valid_from")
        _check_day(document["valid_to"], "documents.valid_to")
    for permit in row["permits"]:
        if _uuid(permit["permit_id"]) is None:
            raise Refused(Reason.EVENT_ID_INVALID, "permits.permit_id")
        _check_day(permit["valid_from"], "permits.valid_from")
        _check_day(permit["valid_to"], "permits.valid_to")
    for status in row["statuses"]:
        if _uuid(status["status_id"]) is None:
            raise Refused(Reason.EVENT_ID_INVALID, "statuses.status_id")
        _check_moment(status["recorded_at"], "statuses.recorded_at")
        _check_moment(status["superseded_at"], "statuses.superseded_at")
        _check_day(status["valid_from"], "statuses.valid_from")
        _check_day(status["valid_to"], "statuses.valid_to")
        if not status["countries"] or any(code not in COUNTRY_CODES for code in status["countries"]):
            raise Refused(Reason.COUNTRY_UNKNOWN, "statuses.countries")
        if status["valid_to"] is not None and status["valid_to"] < status["valid_from"]:
            raise Refused(Reason.TIME_IMPOSSIBLE, "statuses.valid_to")


def check_identity_decision(decision: Mapping[str, Any]) -> None:
    """Check a decision about an identity (raw values). Raises Refused."""
    for field in ("event_id", "person_id"):
        if _uuid(decision[field]) is None:
            raise Refused(Reason.EVENT_ID_INVALID, field)
    if decision["match_id"] != str(match_id(UUID(decision["event_id"]), UUID(decision["person_id"]))):
        raise Refused(Reason.EVENT_ID_INVALID, "match_id")
    if decision["revision"] < 1:
        raise Refused(Reason.REVISION_INVALID, "revision")
    for field, longest in (("decided_by", MAX_TEXT), ("reason", MAX_REASON)):
        if not decision[field].strip():
            raise Refused(Reason.DECISION_UNSIGNED, field)
        if len(decision[field]) > longest:
            raise Refused(Reason.TEXT_TOO_LONG, field)
    _check_moment(decision["decided_at"], "decided_at")


def _check_moment(millis: int | None, field: str) -> None:
    if millis is not None and not _MIN_MS <= millis <= _MAX_MS:
        raise Refused(Reason.TIME_IMPOSSIBLE, field)


def _check_day(day: int | None, field: str) -> None:
    if day is not None and not _MIN_DAY <= day <= _MAX_DAY:
        raise Refused(Reason.TIME_IMPOSSIBLE, field)


# The same numbers for the native core, which repeats these checks before it passes over a record.
LIMITS: dict[str, int] = {
    "text": MAX_TEXT,
    "values": MAX_VALUES,
    "row_values": 4 * MAX_VALUES,
    "earliest_ms": _EARLIEST_MS,
    "skew_ms": _CLOCK_SKEW_MS,
    "day_begins_early_ms": _DAY_BEGINS_EARLY_MS,
    "min_ms": _MIN_MS,
    "max_ms": _MAX_MS,
    "min_day": _MIN_DAY,
    "max_day": _MAX_DAY,
    "lifetime_days": LIFETIME_DAYS,
    "day_ms": _DAY_MS,
}
