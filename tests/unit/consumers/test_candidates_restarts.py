"""The service `candidates` ends in the same state however often it restarts and however records are batched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.kafka import Inbound
from schemas.records import (
    Event,
)
from tests.builders import (
    LONG_LAWS,
    codec,
    crossing,
    person,
    traveller,
)
from tests.unit.consumers.folding import (
    CANDIDATES,
    MARRIED,
    POSSIBLE,
    PROTECTED,
    REVIEWS,
    Folding,
    bad_bytes,
)

EVENTS = st.builds(
    crossing,
    st.integers(1, 3),
    revision=st.integers(1, 2),
    traveller=st.sampled_from([traveller(), POSSIBLE]),
)
STEPS = st.one_of(
    st.tuples(st.just("match"), EVENTS, st.integers(1, 2)),
    st.tuples(st.just("match"), EVENTS, st.integers(1, 2)),
    st.tuples(st.just("retract"), EVENTS, st.integers(1, 2)),
    st.tuples(st.just("row"), st.sampled_from([person(), PROTECTED, MARRIED, person(2)]), st.none()),
    st.tuples(st.just("tombstone"), st.none(), st.none()),
    st.tuples(st.just("bad"), st.none(), st.none()),
)
CUTS = st.lists(st.sampled_from(["", "", "", "batch", "restart", "process"]), min_size=20, max_size=20)

pytestmark = pytest.mark.usefixtures("typed")


def state_after(steps: list[tuple[str, Any, Any]], cuts: list[str]) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Candidates and reviews that have entries, as bytes."""
    service = Folding()
    batch: list[Inbound] = []
    for (kind, what, number), cut in zip(steps, cuts, strict=False):
        if kind == "match":
            batch.append(service.match(what, number))
        elif kind == "retract":
            batch.append(service.retract(what, number))
        elif kind == "row":
            batch.append(service.row(what))
        elif kind == "tombstone":
            batch.append(service.tombstone())
        else:
            batch.append(bad_bytes(service))
        if cut:
            service.handle(batch)
            batch = []
        if cut == "restart":
            service.restart()
        elif cut == "process":
            service.restart(service.another())
    service.handle(batch)
    candidates = service.topics.newest(CANDIDATES)
    reviews = {
        key: value
        for key, value in service.topics.newest(REVIEWS).items()
        if codec("identity-review").decode(value)["reviews"]
    }
    return candidates, reviews


@LONG_LAWS
@given(st.lists(STEPS, min_size=1, max_size=20), CUTS)
def test_restarts_and_batches_make_no_difference(steps: list[tuple[str, Any, Any]], cuts: list[str]) -> None:
    assert state_after(steps, cuts) == state_after(steps, [""] * 20)


@LONG_LAWS
@given(st.lists(EVENTS, min_size=1, max_size=6, unique_by=lambda event: event.event_id), st.data())
def test_any_order_of_matches_and_rows_ends_in_the_same_candidate(events: list[Event], data: st.DataObject) -> None:
    steps: list[tuple[str, Any, Any]] = [("match", event, 1) for event in events]
    at = data.draw(st.integers(0, len(steps)))
    shuffled = data.draw(st.permutations(steps))
    with_row = [*shuffled[:at], ("row", PROTECTED, None), *shuffled[at:]]
    cuts = data.draw(CUTS)
    assert state_after(with_row, cuts) == state_after([("row", PROTECTED, None), *steps], [""] * 20)
