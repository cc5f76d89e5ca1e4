"""The register feed: only what differs is sent, an old export undoes nothing, and nobody is removed too early."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from producers.preparing import Preparer
from producers.register_feed import DeletionRefusal, Register
from producers.spool import Record
from schemas.codec import schema
from schemas.topics import PROTECTION_STATUSES
from tests.events import identity, person

preparer = Preparer(PROTECTION_STATUSES)


def row(number: int, **changes: Any) -> Record:
    return preparer.from_json(json.dumps({**person(number), **changes}).encode())


def register(*records: Record) -> Register:
    held = Register()
    for record in records:
        held.hold(record.key, record.value)
    return held


def status(**changes: Any) -> dict[str, Any]:
    template: dict[str, Any] = person(1)["statuses"][0]
    return {**template, "valid_from": "2016-01-01", "valid_to": None, "end_reason": None, **changes}


def test_a_row_that_the_topic_holds_is_not_sent() -> None:
    held = register(row(1))
    assert not held.differs(row(1))
    assert held.differs(row(1, citizenships=["XXA"]))
    assert held.differs(row(2))
    assert len(held) == 2


def test_a_row_held_in_the_other_framing_is_the_same_row() -> None:
    confluent = Preparer(PROTECTION_STATUSES, confluent_id=1).from_json(json.dumps(person(1)).encode()).value
    held = Register(resolve_id={1: schema("protected-person")}.__getitem__)
    held.hold(row(1).key, confluent)
    assert not held.differs(row(1))


def test_a_row_recorded_before_the_one_held_is_not_sent() -> None:
    held = register(row(1, recorded_at="2026-02-01T00:00:00Z"))
    assert not held.differs(row(1, recorded_at="2026-01-01T00:00:00Z", citizenships=["XXA"]))
    assert held.stale == 1
    assert held.differs(row(1, recorded_at="2026-03-01T00:00:00Z"))


def test_a_load_that_names_a_person_twice_ends_with_its_last_row() -> None:
    held = register(row(1))
    first, second = row(1, citizenships=["XXA"]), row(1)
    assert [held.differs(first), held.differs(second)] == [True, True]


def test_people_whom_the_load_does_not_name_are_counted() -> None:
    held = register(row(1), row(2), row(3), Record(row(3).key, None))
    held.differs(row(1))
    assert held.absent == 1


def test_a_row_of_the_topic_that_cannot_be_read_is_replaced() -> None:
    held = register(Record(row(1).key, b"\xc3\x01damaged"))
    assert held.deletion_of(identity(1), date(2026, 1, 1)) is DeletionRefusal.ROW_UNREADABLE
    assert held.differs(row(1))


@pytest.mark.parametrize(
    ("changes", "removed"),
    [
        ({"statuses": [status(valid_to="2025-03-01", end_reason="EXPIRED")]}, True),
        ({"statuses": [status(valid_to="2025-03-02", end_reason="EXPIRED")]}, False),
        ({"statuses": [status()]}, False),
        ({"statuses": [status()], "naturalised_on": "2025-03-01"}, True),
        ({"statuses": [status()], "naturalised_on": "2025-03-02"}, False),
        (
            {
                "statuses": [
                    status(superseded_at="2024-05-01T00:00:00Z"),
                    status(valid_to="2024-01-01", end_reason="REVOKED"),
                ]
            },
            True,
        ),
        ({"statuses": []}, True),
    ],
    ids=[
        "ended on the day of the earliest event",
        "ended a day later",
        "has not ended",
        "naturalised on the day",
        "naturalised a day later",
        "the grant without an end was corrected",
        "never had one",
    ],
)
def test_a_person_is_removed_only_when_no_event_held_can_concern_their_status(
    changes: dict[str, Any], removed: bool
) -> None:
    held = register(row(1, **{"naturalised_on": None, **changes}))
    result = held.deletion_of(identity(1), date(2025, 3, 1))
    assert result == (Record(identity(1).encode(), None) if removed else DeletionRefusal.STATUS_TOO_RECENT)


def test_whom_the_topic_does_not_hold_needs_no_tombstone() -> None:
    assert register().deletion_of(identity(1), date(2025, 3, 1)) is None
    assert register().deletion_of("inte ett id", date(2025, 3, 1)) is DeletionRefusal.PERSON_ID_INVALID
