"""The service `matching` ends in the same state however often it restarts and however records are batched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.memory import Outcome
from schemas.records import (
    BorderCrossing,
    Event,
    EventKind,
    EventMemory,
    StatusMatch,
)
from tests.builders import (
    LONG_LAWS,
    codec,
    crossing,
    observation,
    traveller,
    uuid,
)
from tests.unit.consumers.matchers import (
    FAULTS,
    MATCHES,
    NOBODY,
    OF_BERTA,
    Matchers,
)

pytestmark = pytest.mark.usefixtures("index")


def test_a_forgotten_partition_knows_nothing_and_one_taken_up_knows_all() -> None:
    service = Matchers()
    service.send(crossing(), crossing(7, revision=2, kind=EventKind.WITHDRAWN))
    service.restart()
    assert service.send(crossing(), crossing(7)).outcomes == [Outcome.DUPLICATE, Outcome.SUPERSEDED]


def test_a_memory_that_was_taken_back_stays_so_after_a_restart() -> None:
    """A tombstone on the memory's topic, as retention or a later version may write."""
    service = Matchers()
    service.send(crossing())
    service.topics.write("border-crossings-memory", str(uuid(5000)).encode(), None)
    service.restart()
    assert service.send(crossing()).outcomes == [Outcome.MATCHED]


@st.composite
def some_events(draw: st.DrawFn) -> Event:
    make: Any = draw(st.sampled_from([crossing, crossing, observation]))
    number = draw(st.integers(1, 4)) + (100 if make is observation else 0)
    revision = draw(st.integers(1, 3))
    withdrawn = revision > 1 and draw(st.booleans())
    changes: dict[str, Any] = draw(
        st.sampled_from([{}, NOBODY, {"traveller": OF_BERTA}, {"traveller": traveller(documents=())}])
    )
    event: Event = make(number, revision=revision, kind=EventKind.WITHDRAWN if withdrawn else None, **changes)
    return event


RECORDS = st.tuples(some_events(), st.sampled_from([None, None, None, None, *FAULTS]))
# Where a batch ends, and what comes before the next: nothing, a restart, another process.
CUTS = st.lists(st.sampled_from(["", "", "", "batch", "restart", "process"]), min_size=24, max_size=24)


def state_after(
    records: list[Any], cuts: list[str]
) -> tuple[list[Outcome], dict[str, dict[bytes, bytes]], list[bytes]]:
    """Outcomes by record, what the compacted topic holds, and what a consumer of matches holds."""
    service, outcomes, batch = Matchers(), [], []
    for (event, fault), cut in zip(records, cuts, strict=False):
        is_crossing = isinstance(event, BorderCrossing)
        value, key = (fault[0], fault[1]) if fault and is_crossing else (None, None)
        batch.append(service.record(event, value=value, key=key))
        if cut:
            outcomes += service.handle(batch).outcomes
            batch = []
        if cut == "restart":
            service.restart()
        elif cut == "process":
            service.restart(service.new_handler())
    outcomes += service.handle(batch).outcomes
    memories = {
        topic: service.topics.newest(topic) for topic in ("border-crossings-memory", "mission-observations-memory")
    }
    holding: dict[UUID, bytes] = {}
    for partition, log in service.topics.logs.items():
        for record in log if partition.topic == MATCHES else ():
            match = StatusMatch.from_avro(codec("status-match").decode(record.value))
            if match.finding is None:
                holding.pop(match.match_id, None)
            else:
                holding[match.match_id] = record.value or b""
    return outcomes, memories, sorted(holding.values())


@LONG_LAWS
@given(st.lists(RECORDS, min_size=1, max_size=24), CUTS)
def test_restarts_and_batches_make_no_difference(records: list[Any], cuts: list[str]) -> None:
    assert state_after(records, cuts) == state_after(records, [""] * 24)


@LONG_LAWS
@given(st.lists(some_events(), min_size=1, max_size=12, unique_by=repr), st.randoms(use_true_random=False))
def test_any_order_of_the_events_ends_in_the_same_matches(events: list[Event], random: Any) -> None:
    shuffled = random.sample(events, len(events))
    one, other = (state_after([(event, None) for event in each], [""] * 24) for each in (events, shuffled))
    # The memories differ in two things: where the events lie, and of whom something was said before a correction.
    assert one[2] == other[2]
    assert [{key: what_was_said(value) for key, value in held.items()} for held in one[1].values()] == [
        {key: what_was_said(value) for key, value in held.items()} for held in other[1].values()
    ]


def what_was_said(memory: bytes) -> EventMemory:
    read = EventMemory.from_avro(codec("event-memory").decode(memory))
    revised = read.kind is not EventKind.REPORTED
    matches = tuple(match for match in read.matches if match.digest or not revised)
    return read.model_copy(update={"offset": -1, "matches": matches})
