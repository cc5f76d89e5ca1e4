"""Letters as an operator sees them."""

from __future__ import annotations

import pytest

from consumers.dead_letters import (
    LetterReader,
    Listed,
    Place,
    PlaceError,
    Redrivable,
    advice,
    count_reasons,
    redrivable,
    select,
)
from consumers.kafka import Inbound
from consumers.redriving import Fate, Ordered, fates
from schemas.records import DeadLetter, Redrive
from schemas.topics import TOPICS
from tests.builders import NOON, codec, encode

CROSSING = Place("border-crossings", 3, 1207)
OTHER = Place("mission-observations", 0, 5)
ORDER = Place("redrives", 3, 1)


def letter(place: Place, reason: str = "handler-failed") -> Inbound:
    record = DeadLetter(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        timestamp=NOON,
        sha256="0" * 64,
        size=4,
        reason=reason,
        service="matching",
        version="0",
    )
    return Inbound("dead-letters", 0, 0, 0, place.key, encode("dead-letter", record))


def tombstone(place: Place) -> Inbound:
    return Inbound("dead-letters", 0, 0, 0, place.key, None)


def order(place: Place, own: Place) -> Inbound:
    record = Redrive(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        sha256="0" * 64,
        requested_by="an operator",
        requested_at=NOON,
    )
    return Inbound(own.topic, own.partition, own.offset, 0, place.key, encode("redrive", record))


def reader(*records: Inbound) -> LetterReader:
    made = LetterReader()
    for record in records:
        made.take(record)
    return made


@pytest.mark.parametrize(
    "text",
    ["", "a/b", "a/1/2/3", "a/-1/2", "a/1/x", "a b/1/2", "a/01/2", "a/1/2\n", "a/1/99999999999999999999", "å/1/2"],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(PlaceError):
        Place.parse(text)


def test_a_place_is_the_key_of_its_letter() -> None:
    assert Place.parse("border-crossings/3/1207") == CROSSING
    assert CROSSING.key == b"border-crossings/3/1207"
    assert str(CROSSING) == "border-crossings/3/1207"


def test_a_letter_stands_until_its_tombstone() -> None:
    letters = reader(letter(CROSSING), letter(OTHER), tombstone(CROSSING)).letters
    assert list(letters.standing) == [OTHER]
    assert letters.unreadable == 0


def test_a_tombstone_with_an_order_is_an_answer_and_one_without_is_none() -> None:
    letters = reader(letter(CROSSING), letter(OTHER), tombstone(CROSSING), tombstone(OTHER), order(CROSSING, ORDER))
    assert letters.letters.answered() == {CROSSING}


def test_a_refused_redrive_is_listed_with_its_letter_and_not_beside_it() -> None:
    letters = reader(letter(CROSSING), order(CROSSING, ORDER), letter(ORDER, "redrive-source-gone")).letters
    (listed,) = select(letters)
    assert listed.place == CROSSING
    assert [one.reason for one in listed.attempts] == ["redrive-source-gone"]
    assert [one.place for one in select(letters, topic="redrives")] == [ORDER]


def test_a_refused_redrive_is_settled_once_a_later_one_was_answered() -> None:
    letters = reader(
        letter(CROSSING), order(CROSSING, ORDER), letter(ORDER), order(CROSSING, Place("redrives", 3, 2))
    ).letters
    assert [one.place for one in select(letters)] == [CROSSING]
    letters.standing.pop(CROSSING)
    assert select(letters) == []


def test_an_order_of_a_span_answers_no_letter() -> None:
    span = order(CROSSING, ORDER)
    values = codec("redrive").decode(span.value)
    span = span._replace(value=codec("redrive").encode({**values, "until": values["offset"] + 1}))
    letters = reader(letter(OTHER), span, letter(ORDER)).letters
    assert (letters.orders, letters.answered()) == ({}, frozenset())
    # Where it was refused, its letter is listed by itself.
    assert [one.place for one in select(letters)] == [OTHER, ORDER]


def test_an_order_that_cannot_be_read_is_a_letter_of_its_own() -> None:
    letters = reader(Inbound("redrives", 3, 1, 0, b"k", b"junk"), letter(ORDER, "framing-unknown")).letters
    assert [one.place for one in select(letters)] == [ORDER]


def test_letters_are_selected_by_reason_and_topic_and_counted() -> None:
    letters = reader(
        letter(CROSSING, "time-impossible"), letter(OTHER), letter(Place("border-crossings", 0, 1))
    ).letters
    assert [one.place for one in select(letters, reason="time-impossible")] == [CROSSING]
    assert [one.place for one in select(letters, topic="mission-observations")] == [OTHER]
    assert count_reasons(select(letters)) == {"handler-failed": 2, "time-impossible": 1}


def test_what_is_no_letter_is_counted_and_stops_nothing() -> None:
    letters = reader(
        Inbound("dead-letters", 0, 0, 0, CROSSING.key, b"junk"),
        Inbound("dead-letters", 0, 1, 0, None, b""),
        letter(OTHER),
    ).letters
    assert (list(letters.standing), letters.unreadable) == ([OTHER], 2)


def test_only_records_of_a_source_can_be_redriven() -> None:
    assert {name for name in TOPICS if redrivable(name) is Redrivable.YES} == {
        "border-crossings",
        "mission-observations",
    }
    assert redrivable("protection-statuses") is Redrivable.REGISTRY_ROW
    assert redrivable("redrives") is Redrivable.ORDER
    assert redrivable("status-matches") is Redrivable.DERIVED
    assert Listed(CROSSING, reader(letter(CROSSING)).letters.standing[CROSSING]).redrivable is Redrivable.YES


def test_a_reason_of_a_newer_version_has_a_sentence_too() -> None:
    assert advice("payload-corrupt").startswith("The bytes do not decode")
    assert "not known to this version" in advice("from-the-future")


def test_an_order_is_answered_refused_again_or_waiting() -> None:
    orders = [
        Ordered(CROSSING, ORDER),
        Ordered(OTHER, Place("redrives", 0, 0)),
        Ordered(OTHER, Place("redrives", 0, 1)),
    ]
    letters = reader(letter(Place("redrives", 0, 0), "redrive-source-changed")).letters
    found = fates(orders, orders[:2], letters)
    assert [one.fate for one in found] == [Fate.ANSWERED, Fate.REFUSED, Fate.WAITING]
    assert found[1].refusal is not None
    assert found[1].refusal.reason == "redrive-source-changed"
