"""The matching contract once more, as simple and slow as can be: what should be found in a stream of records.

Written from the contract, apart from the matcher and from the simulator, to judge both.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from producers.mrz import transliterate
from schemas.checks import EVENT_CHECKS
from schemas.codec import Codec
from schemas.countries import same_state
from schemas.reasons import Reason, Refused
from schemas.swedish_time import swedish_day
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, TOPICS

Row = dict[str, Any]
Raw = dict[str, Any]


@dataclass
class Found:
    candidates: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    reviews: set[tuple[UUID, UUID]] = field(default_factory=set)
    dead_letters: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


class Oracle:
    """All that should be found in a stream of records, whatever their order."""

    def __init__(self, rows: list[Row]) -> None:
        self.strong: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        self.born: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            for document in row["documents"]:
                self.strong[document_key(document)].append(row)
            for number in row["personal_numbers"]:
                self.strong["personal", number].append(row)
            for number in row["dossier_numbers"]:
                self.strong["dossier", number].append(row)
            for born in row["birth_dates"]:
                self.born[born].append(row)

    def examine(self, records: list[tuple[str, bytes, bytes]], codecs: dict[str, Codec] | None = None) -> Found:
        found = Found()
        codecs = codecs or {topic: Codec(TOPICS[topic].record, raw=True) for topic in found_topics()}
        newest: dict[tuple[str, str], Raw] = {}
        for topic, key, value in records:
            try:
                event = codecs[topic].decode(value)
                EVENT_CHECKS[TOPICS[topic].record](event, TOPICS[topic].authorities)
                if key.decode() != event["event_id"]:
                    raise Refused(Reason.KEY_MISMATCH)
            except Refused as refusal:
                found.dead_letters[topic][refusal.reason.value] += 1
                continue
            known = newest.get((topic, event["event_id"]))
            if known is None or known["revision"] < event["revision"]:
                newest[topic, event["event_id"]] = event
        for event in newest.values():
            if event["kind"] != "WITHDRAWN":
                self._one(event, found)
        return found

    def _one(self, event: Raw, found: Found) -> None:
        seen = event["traveller"]
        keys = [document_key(document) for document in seen["documents"]]
        keys += [("personal", seen["personal_number"]), ("dossier", seen["dossier_number"])]
        hits = {row["person_id"]: row for key in keys for row in self.strong.get(key, ())}
        sure = len(hits) == 1 and not any(contradicts(seen, row) for row in hits.values())
        if not hits and seen["birth_date"] and len(seen["birth_date"]) == 10:
            namesakes = [row for row in self.born.get(seen["birth_date"], ()) if same_name(seen, row)]
            hits = {row["person_id"]: row for row in namesakes}
        for person_id, row in hits.items():
            if not fires(event, row):
                continue
            if sure:
                found.candidates[UUID(person_id)].add(UUID(event["event_id"]))
            else:
                found.reviews.add((UUID(event["event_id"]), UUID(person_id)))


def found_topics() -> tuple[str, str]:
    return BORDER_CROSSINGS.name, MISSION_OBSERVATIONS.name


def document_key(document: Raw) -> tuple[str, ...]:
    return "document", same_state(document["issuing_state"]), re.sub(r"[^A-Z0-9]", "", document["number"].upper())


def written(name: Raw) -> tuple[list[str], list[str]]:
    return sorted(transliterate(name["surname"]).split()), sorted(transliterate(name["given_names"]).split())


def same_name(seen: Raw, row: Row) -> bool:
    known = [written(name) for name in row["names"]]
    return any(written(name) in known for name in seen["names"])


def contradicts(seen: Raw, row: Row) -> bool:
    name = bool(seen["names"]) and not same_name(seen, row)
    return name and seen["birth_date"] is not None and seen["birth_date"] not in row["birth_dates"]


def day_of(event: Raw) -> int:
    """The Swedish day, since 1970, as the database of time zones has it where the machine has one."""
    moment = datetime.fromtimestamp(event["occurred_at"] / 1000, UTC)
    if event["occurred_precision"] == "DAY":
        day = moment.date()
    else:
        zone = stockholm()
        day = swedish_day(moment) if zone is None else moment.astimezone(zone).date()
    return (day - date(1970, 1, 1)).days


@cache
def stockholm() -> ZoneInfo | None:
    try:
        return ZoneInfo("Europe/Stockholm")
    except ZoneInfoNotFoundError:
        return None


def fires(event: Raw, row: Row) -> bool:
    day = day_of(event)
    if row["naturalised_on"] is not None and row["naturalised_on"] <= day:
        return False
    examined = {
        country
        for status in row["statuses"]
        if status["superseded_at"] is None
        and status["valid_from"] <= day
        and (status["valid_to"] is None or day < status["valid_to"])
        for country in status["countries"]
    }
    home_passport = any(
        document["kind"] == "PASSPORT"
        and document["issuing_state"] in examined
        and document["use"] in ("PRESENTED", "APPLIED_FOR")
        for document in event["traveller"]["documents"]
    )
    travel_document = any(
        document["issuing_state"] == "SWE"
        and document["kind"] in ("REFUGEE_TRAVEL_DOCUMENT", "STATELESS_TRAVEL_DOCUMENT", "ALIENS_PASSPORT")
        and (document["valid_from"] is None or document["valid_from"] <= day)
        and (document["valid_to"] is None or day < document["valid_to"])
        for document in row["documents"]
    )
    if home_passport and travel_document:
        return True
    if event.get("observation", "MET_IN_COUNTRY") not in ("MET_IN_COUNTRY", "STAY_STATED"):
        return False
    return event["country"] in examined
