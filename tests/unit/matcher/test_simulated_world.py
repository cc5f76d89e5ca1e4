"""The simulator's world through the matcher: exactly the candidates and reviews that follow from how it was made."""

from __future__ import annotations

from uuid import UUID

from matcher.identity import compare, could_be
from matcher.registry import RegistryIndex
from producers.simulator import Scenario, build
from schemas.checks import EVENT_CHECKS
from schemas.codec import Codec
from schemas.reasons import Refused
from schemas.records import RECORDS, Event, IdentityLevel
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, TOPICS
from tests.builders import codec, found


def test_strangers_of_like_names_become_nobody_and_everybody_else_what_the_truth_says() -> None:
    world = build(Scenario(seed=11, people=4_000, crossings=12_000, observations=700))
    raw, row = codec("protected-person", raw=True), codec("protected-person")
    index = RegistryIndex(raw.decode, row.decode)
    for values in world.registry():
        index.upsert(values["person_id"], row.encode(values))
    codecs = {
        topic: Codec(TOPICS[topic].record, raw=True) for topic in (BORDER_CROSSINGS.name, MISSION_OBSERVATIONS.name)
    }
    newest: dict[bytes, tuple[int, str, bytes, tuple[int, ...]]] = {}
    for record in world.events():
        try:
            seen = codecs[record.topic].decode(record.value)
            EVENT_CHECKS[TOPICS[record.topic].record](seen, TOPICS[record.topic].authorities)
        except Refused:
            continue
        if record.key.decode() == seen["event_id"] and newest.get(record.key, (0,))[0] < seen["revision"]:
            slots = index.find(seen["traveller"])
            newest[record.key] = seen["revision"], record.topic, record.value, slots
    sure: set[tuple[UUID, UUID]] = set()
    reviews: set[tuple[UUID, UUID]] = set()
    compared = 0
    for _, topic, value, slots in newest.values():
        if not slots:
            continue
        name = TOPICS[topic].record
        event = RECORDS[name].from_avro(codec(name).decode(value))
        assert isinstance(event, Event)
        people = [index.person(slot) for slot in slots]
        read = codec(name, raw=True).decode(value)["traveller"]
        for person in people:
            compared += 1
            quick = could_be(read, raw.decode(row.encode(person.to_avro())))
            assert quick is (compare(event.traveller, person) is not None)
        for one in found(event, *people):
            kept = sure if one.finding.identity is IdentityLevel.IDENTIFIED else reviews
            kept.add((event.event_id, one.person_id))
    assert reviews == world.truth.reviews
    assert sure == {(event, person) for person, events in world.truth.candidates.items() for event in events}
    assert compared > 200
