"""The benchmark's world under other names: whom the simulator's cases are about stays as they are."""

from __future__ import annotations

from producers.simulator import BULK, Scenario, build
from schemas.codec import Codec
from schemas.topics import MEMORY_OF, TOPICS
from tests.benchmarks.varied import Varied


def test_only_names_of_those_whom_no_case_is_about_are_others() -> None:
    world = build(Scenario(seed=4, people=1_500, crossings=5_000, observations=500))
    planned = {event.person_id for event in world.events() if event.category != BULK}
    varied = Varied(world)
    rows = list(varied.registry())
    assert rows == list(Varied(world).registry())
    others = 0
    for was, row in zip(world.registry(), rows, strict=True):
        assert {**was, "names": None} == {**row, "names": None}
        if was["person_id"] in planned:
            assert row == was
        else:
            others += row["names"] != was["names"]
    assert others > len(rows) / 3

    decode = {topic: Codec(TOPICS[topic].record, raw=True).decode for topic in MEMORY_OF}
    events = list(varied.events())
    assert events == list(Varied(world).events())
    surnames = set()
    for event, (topic, key, value) in zip(world.events(), events, strict=True):
        assert (event.topic, event.key) == (topic, key)
        if event.category != BULK:
            assert event.value == value
            continue
        before, after = decode[topic](event.value), decode[topic](value)
        surnames |= {name["surname"] for name in after["traveller"].pop("names")}
        del before["traveller"]["names"]
        assert before == after
    assert len(surnames) > 500, "the simulator has some hundred"
