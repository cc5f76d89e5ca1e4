"""A span examined anew: no difference to what the service said, each planted one found, and put right by an order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.completeness import Stretch
from consumers.kafka import Inbound, Partition
from consumers.loop import Held
from consumers.progress import Progress
from consumers.reconcile.positions import to_be_compared
from consumers.registry_tail import COMPARED_WITH
from consumers.replaying import Behind, Replay, State, replay, rules_noted
from matcher.memory import Outcome
from matcher.native import available
from matcher.rule_book import RuleBook
from schemas.reasons import Reason
from schemas.records import (
    Event,
    EventKind,
    EventMemory,
    IdentityVerdict,
    ProtectedPerson,
    RememberedMatch,
    StatusMatch,
)
from schemas.topics import TOPICS
from tests.builders import CROSSINGS, NOON, codec, crossing, encode, observation, person, rules, uuid
from tests.unit.consumers.completeness_model import DAY_MS, ROWS, Model, is_as, some_event
from tests.unit.consumers.matchers import BERTA, MATCHES, NOBODY, OF_BERTA, REDRIVES, Matchers
from tests.unit.consumers.memory_scanner import MemoryScanner
from tests.unit.consumers.test_completeness import holding, other_rules, people_found

MEMORY = "border-crossings-memory"


def compared(service: Matchers, start: int = 0, end: int | None = None, **more: Any) -> Replay:
    book = more.pop("book", rules())
    found = replay(MemoryScanner(service), book, start, end, **more)
    if available():
        # What the native core passes over changes nothing.
        assert replay(MemoryScanner(service), book, start, end, native=True, **more) == found
    return found


def states(found: Replay) -> dict[State, int]:
    total: dict[State, int] = {}
    for one in found.topics:
        for state, count in one.states.items():
            total[state] = total.get(state, 0) + count
    return total


def order(service: Matchers, place: Partition, stretch: Stretch, **changes: Any) -> Inbound:
    """An order of a span, in the partition of its source."""
    values = {
        "topic": place.topic,
        "partition": place.number,
        "offset": stretch.start,
        "until": stretch.end,
        "sha256": "",
        "requested_by": "operator",
        "requested_at": NOON,
        **changes,
    }
    log = service.topics.logs.setdefault(Partition(REDRIVES, place.number), [])
    record = Inbound(REDRIVES, place.number, len(log), 0, b"place", codec("redrive").encode(values))
    log.append(record)
    return record


def order_all(service: Matchers, found: Replay) -> None:
    orders = [order(service, place, stretch) for place, stretch in found.stretches.items()]
    assert service.handle(orders).outcomes == [Outcome.TAKEN_IN] * len(orders)


def put_right(service: Matchers) -> None:
    """Order all that differs; then nothing may differ, and no record may have come to be a dead letter."""
    order_all(service, compared(service))
    service.settle()
    assert compared(service).differences == 0


def remember(service: Matchers, event_id: str, memory: EventMemory | None) -> None:
    """Change a memory beneath a service, and start another that has only what stands on the topics."""
    value = encode("event-memory", memory) if memory is not None else None
    service.topics.write(MEMORY, event_id.encode(), value)
    service.restart(service.new_handler())


def remembered(service: Matchers, event_id: str) -> EventMemory:
    return EventMemory.from_avro(codec("event-memory").decode(service.topics.newest(MEMORY)[event_id.encode()]))


def test_what_was_said_is_what_should_be() -> None:
    service = Matchers()
    service.send(
        crossing(1),
        crossing(2, **NOBODY),
        crossing(3, traveller=OF_BERTA),
        crossing(3),
        crossing(4),
        crossing(4, revision=2, **NOBODY),
        crossing(5),
        crossing(5, revision=2, kind=EventKind.WITHDRAWN),
        observation(101),
        observation(102, **NOBODY),
    )
    service.handle([service.record(crossing(7), value=b"junk"), service.record(crossing(8), key=b"another")])
    found = compared(service)
    assert states(found) == {State.SAME: 4}
    crossings, observations = found.topics
    assert (crossings.read, crossings.refused, crossings.nobody, crossings.events) == (10, 2, 1, 4)
    assert (observations.read, observations.refused, observations.nobody, observations.events) == (2, 0, 1, 1)
    assert (found.people, found.differences, found.stretches) == (2, 0, {})


PLANTED: dict[State, Callable[[EventMemory], EventMemory | None]] = {
    State.MISSING: lambda _held: None,
    State.DIFFERENT: lambda held: held.model_copy(
        update={"matches": (RememberedMatch(person_id=uuid(1), digest="0" * 32),)}
    ),
    State.EXTRA: lambda held: held.model_copy(
        update={"matches": (*held.matches, RememberedMatch(person_id=uuid(2), digest="0" * 32))}
    ),
}


@pytest.mark.parametrize("state", PLANTED)
def test_a_planted_difference_is_found_named_and_put_right(state: State) -> None:
    service = Matchers()
    service.send(crossing(1), crossing(2), crossing(3, **NOBODY))
    before, right = holding(service.topics), service.topics.newest(MEMORY)
    if state is State.EXTRA:
        said = before[uuid(1), uuid(1)].model_copy(update={"person_id": uuid(2)})
        service.topics.write(MATCHES, str(uuid(2)).encode(), encode("status-match", said))
    remember(service, str(uuid(1)), PLANTED[state](remembered(service, str(uuid(1)))))
    found = compared(service, show=3)
    assert {one: count for one, count in states(found).items() if one is not State.SAME} == {state: 1}
    assert found.topics[0].shown == {state: [str(uuid(1))]}
    put_right(service)
    assert service.topics.newest(MEMORY) == right
    assert holding(service.topics) == before


def test_a_forgotten_withdrawal_is_found_and_remembered_again() -> None:
    service = Matchers()
    # The withdrawal came first, and names nobody.
    service.send(crossing(revision=2, kind=EventKind.WITHDRAWN, **NOBODY), crossing())
    right = service.topics.newest(MEMORY)
    remember(service, str(uuid(5000)), None)
    assert states(compared(service)) == {State.FORGOTTEN: 1}
    put_right(service)
    assert service.topics.newest(MEMORY) == right
    assert holding(service.topics) == {}


def test_the_digest_follows_the_framing() -> None:
    service = Matchers()
    service.send(crossing())
    assert states(compared(service, schema_ids={"status-matches": 7})) == {State.DIFFERENT: 1}
    service = Matchers()
    service.restart(service.new_handler(schema_ids={"status-matches": 7}))
    service.send(crossing())
    assert states(compared(service, schema_ids={"status-matches": 7})) == {State.SAME: 1}


def test_what_is_not_handled_yet_is_no_difference_and_is_told() -> None:
    service = Matchers()
    service.record(crossing())
    found = compared(service)
    assert (found.topics[0].read, found.differences, found.handled, found.behind) == (0, 0, 0, Behind(events=1))
    assert compared(service, service.topics.now + 1).behind == Behind()


def test_a_span_in_which_nothing_came_is_told_from_one_in_which_nothing_differs() -> None:
    service = Matchers()
    service.send(crossing())
    assert (compared(service).handled, compared(service).differences) == (1, 0)
    for span in [(service.topics.now + 1, None), (0, 1)]:
        found = compared(service, *span)
        assert (found.handled, found.behind) == (0, Behind())


def test_what_the_service_has_still_to_look_at_again_is_told_beside_the_differences() -> None:
    service = Matchers(people=[])
    service.send(crossing())
    assert compared(service).behind == Behind()
    service.register(ROWS[0])
    found = compared(service)
    assert (found.differences, found.behind, found.behind.looks_again) == (1, Behind(registry=1), True)
    service.settle()
    found = compared(service)
    assert (found.differences, found.behind) == (0, Behind())


def test_an_order_that_stands_is_told() -> None:
    service = Matchers()
    record = service.record(crossing())
    service.handle([record])
    service.handle([order(service, Partition(CROSSINGS, record.partition), Stretch(0, 1))])
    assert compared(service).behind == Behind(ordered=1)
    service.settle()
    assert compared(service).behind == Behind()


def due(service: Matchers) -> int:
    """Partitions that `reconcile` takes to be still to be looked at, by what is committed."""
    progress = {place: Progress(0, held.next_offset, note=held.note) for place, held in service.committed.items()}
    ends = {place: span.end for place, span in MemoryScanner(service).bounds(COMPARED_WITH).items()}
    return len(to_be_compared(progress, ends))


def test_what_has_not_been_compared_with_all_there_is_is_told_from_what_is_committed() -> None:
    service = Matchers(people=[])
    assert due(service) == 0
    service.send(crossing(1), *(crossing(n, **NOBODY) for n in range(2, 20)))
    places = len(service.committed)
    assert (places > 2, due(service)) == (True, 0)
    service.register(ROWS[0])
    assert due(service) == places
    service.tend()
    assert 0 < due(service) <= places
    service.settle()
    assert (due(service), people_found(service.topics)) == (0, {ROWS[0].person_id})
    service.decide(uuid(5001), ROWS[0].person_id, IdentityVerdict.NOT_SAME_PERSON)
    assert due(service) == places
    service.settle()
    assert due(service) == 0


def test_a_row_that_changes_nothing_is_noted_after_a_while_and_nothing_is_read_for_it() -> None:
    service = Matchers()
    service.send(crossing())
    service.register(person())
    assert due(service) == 1
    assert [service.tend() for _ in range(100)] == [0] * 100
    assert due(service) == 0


def test_rules_taken_up_are_told_at_the_first_turn_until_all_has_been_compared_with_them() -> None:
    service = Matchers()
    service.send(*(crossing(n) for n in range(20)))
    places = len(service.committed)
    service.restart(service.new_handler(rules=other_rules()))
    service.tend()
    assert due(service) == places - 1
    service.settle()
    assert due(service) == 0


def test_an_order_is_due_until_it_is_done_and_so_is_what_has_no_note() -> None:
    service = Matchers()
    record = service.record(crossing())
    service.handle([record])
    place = Partition(CROSSINGS, record.partition)
    service.handle([order(service, place, Stretch(0, 1))])
    assert due(service) == 1
    service.settle()
    assert due(service) == 0
    service.committed[place] = Held(1, {})
    assert due(service) == 1


def test_an_order_of_a_span_says_again_all_that_holds() -> None:
    """What matching published may have been lost behind it, where nothing here differs: a letter of `candidates`."""
    service = Matchers()
    service.send(crossing(1), crossing(2), crossing(2, revision=2, traveller=OF_BERTA), crossing(3, **NOBODY))
    said = holding(service.topics)
    before = {place: len(log) for place, log in service.topics.logs.items() if place.topic == MATCHES}
    found = compared(service)
    assert found.differences == 0
    assert sum(end - start for start, end in found.spans.values()) == found.handled == 4
    service.handle([order(service, place, span) for place, span in found.spans.items()])
    service.settle()
    again = [record for place, count in before.items() for record in service.topics.logs[place][count:]]
    told = [StatusMatch.from_avro(codec("status-match").decode(record.value)) for record in again]
    assert {(match.event_id, match.person_id): match for match in told if match.finding} == said != {}
    # And what was taken back by a correction.
    assert [(match.event_id, match.person_id) for match in told if match.retracted] == [(uuid(2), uuid(1))]


def test_only_events_of_the_span_are_compared_and_each_with_its_highest_revision() -> None:
    service = Matchers()
    start = service.topics.now
    for number in (1, 2, 3):
        service.send(crossing(number))
        service.topics.now += DAY_MS
    service.send(crossing(2, revision=2, traveller=OF_BERTA))
    found = compared(service, start + DAY_MS, start + 2 * DAY_MS, show=9)
    assert (found.topics[0].events, states(found)) == (1, {State.SAME: 1})
    remember(service, str(uuid(2)), None)
    lost = compared(service, start + DAY_MS, start + 2 * DAY_MS)
    # The order holds the later revision, or the older one would come back.
    ((place, stretch),) = lost.stretches.items()
    assert stretch.end == len(service.topics.logs[place])
    put_right(service)
    assert {match.person_id for (event, _), match in holding(service.topics).items() if event == uuid(2)} == {
        BERTA.person_id
    }


def test_what_rests_on_a_record_before_the_span_is_told_apart() -> None:
    service = Matchers()
    service.send(crossing(1), crossing(2, revision=2))
    service.topics.now += DAY_MS
    service.send(crossing(1), crossing(2))
    found = compared(service, service.topics.now)
    assert (found.topics[0].events, found.topics[0].unjudged, found.differences) == (0, 2, 0)


def test_what_is_refused_today_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Matchers()
    service.send(crossing())
    monkeypatch.setitem(TOPICS, CROSSINGS, dataclasses.replace(TOPICS[CROSSINGS], authorities=frozenset({"OTHER"})))
    found = compared(service)
    assert (found.topics[0].refused, found.topics[0].unjudged, found.differences) == (1, 1, 0)


def test_other_rules_are_compared_without_having_been_adopted() -> None:
    service = Matchers()
    service.send(crossing())
    assert states(compared(service, book=other_rules(keep=2, skip=1))) == {State.EXTRA: 1}
    assert {one.version for one in rules_noted(MemoryScanner(service))} == {rules().version}


def test_matches_that_differ_only_by_the_version_of_the_rules_are_counted_apart() -> None:
    service = Matchers()
    service.send(crossing(1), crossing(2))
    renamed = RuleBook(tuple(one.model_copy(update={"version": "2026-9"}) for one in rules().sets))
    assert states(compared(service, book=renamed)) == {State.DIFFERENT: 2}
    assert states(compared(service, book=renamed, in_use=rules())) == {State.VERSION: 2}
    held = remembered(service, str(uuid(1)))
    wrong = (held.matches[0].model_copy(update={"digest": "0" * 32}),)
    remember(service, str(uuid(1)), held.model_copy(update={"matches": wrong}))
    found = compared(service, book=renamed, in_use=rules())
    assert states(found) == {State.VERSION: 1, State.DIFFERENT: 1}
    assert found.differences == 2


# --- orders


def turns(service: Matchers, done: Callable[[], bool]) -> int:
    """Turns between batches until something has come about; the number of records looked at."""
    read = 0
    for _ in range(1000):
        read += service.tend()
        if done():
            return read
    raise AssertionError("it does not come about")


def lose_all(service: Matchers) -> None:
    for key in service.topics.newest(MEMORY):
        service.topics.write(MEMORY, key, None)
    service.restart(service.new_handler())


@pytest.mark.parametrize("new_process", [True, False])
def test_an_order_survives_a_death_before_it_is_done(new_process: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers()
    service.send(*(crossing(number) for number in range(1, 30)))
    right = service.topics.newest(MEMORY)
    lose_all(service)
    order_all(service, compared(service))
    service.restart(service.new_handler() if new_process else None)
    turns(service, lambda: bool(service.topics.newest(MEMORY)))
    service.restart(service.new_handler() if new_process else None)
    assert service.topics.newest(MEMORY) != right
    service.settle()
    assert service.topics.newest(MEMORY) == right
    assert not any("ordered" in held.note for held in service.committed.values())


def test_an_order_is_noted_in_the_commit_of_its_own_record() -> None:
    service = Matchers()
    record = service.record(crossing())
    service.handle([record])
    place = Partition(CROSSINGS, record.partition)
    service.handle([order(service, place, Stretch(0, 1))])
    assert service.committed[place].note["ordered"] == [0, 1]
    service.handle([order(service, place, Stretch(5, 9))])
    assert service.committed[place].note["ordered"] == [0, 9]
    service.settle()
    assert "ordered" not in service.committed[place].note


@pytest.mark.parametrize(
    ("first", "again"), [(slice(2), slice(-1, None)), (slice(None), slice(1))], ids=["another", "a part of the same"]
)
def test_what_is_ordered_while_an_order_is_carried_out_is_done_too(
    first: slice, again: slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what lies before the place that the first order has come to, though it is a part of it."""
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers()
    sent = [service.record(crossing(number)) for number in range(1, 60)]
    service.handle(sent)
    place = Partition(CROSSINGS, sent[0].partition)
    end = len(service.topics.logs[place])
    service.handle([order(service, place, Stretch(*first.indices(end)[:2]))])
    assert any(service.tend() for _ in range(100))
    service.handle([order(service, place, Stretch(*again.indices(end)[:2]))])
    read = turns(service, lambda: "ordered" not in service.committed[place].note)
    assert read > end  # the second order began after the first


def test_a_retraction_that_was_lost_behind_matching_is_said_again() -> None:
    """As where `candidates` has refused it: the memory alone tells whom it was about."""
    service = Matchers()
    sent = [service.record(crossing(1)), service.record(crossing(1, revision=2, kind=EventKind.WITHDRAWN))]
    service.handle(sent)
    place = Partition(CROSSINGS, sent[0].partition)
    (log,) = (log for known, log in service.topics.logs.items() if known.topic == MATCHES)
    assert [codec("status-match").decode(record.value)["retracted"] for record in log] == [None, "WITHDRAWN"]
    for times in (1, 2):
        service.handle([order(service, place, Stretch(0, len(service.topics.logs[place])))])
        service.settle()
        assert [record.value for record in log[2:]] == [log[1].value] * times


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 2), (10**15, 10**15 + 3), (-7, 10**15)])
def test_an_order_outside_of_what_was_handled_is_cut_to_it(start: int, end: int) -> None:
    service = Matchers()
    record = service.record(crossing())
    service.handle([record])
    place = Partition(CROSSINGS, record.partition)
    assert service.handle([order(service, place, Stretch(start, end))]).outcomes == [Outcome.TAKEN_IN]
    service.settle()
    assert compared(service).differences == 0
    assert "ordered" not in service.committed[place].note


def test_an_order_of_a_partition_of_which_nothing_was_handled_is_taken_in() -> None:
    service = Matchers()
    assert service.handle([order(service, Partition(CROSSINGS, 3), Stretch(0, 5))]).outcomes == [Outcome.TAKEN_IN]
    service.settle()


@pytest.mark.parametrize("changes", [{"topic": "status-matches"}, {"partition": 4}])
def test_an_order_for_another_partition_or_no_source_is_refused(changes: dict[str, Any]) -> None:
    service = Matchers()
    handled = service.handle([order(service, Partition(CROSSINGS, 3), Stretch(0, 5), **changes)])
    assert handled.refusals[0].reason is Reason.KEY_MISMATCH


def test_an_event_of_the_span_keeps_what_its_records_after_the_span_say() -> None:
    service = Matchers()
    first = service.record(crossing(1))
    others = [service.record(crossing(1, traveller=OF_BERTA)), service.record(crossing(1, traveller=OF_BERTA))]
    service.handle([first, *others])
    place = Partition(CROSSINGS, first.partition)
    service.handle([order(service, place, Stretch(0, 1))])
    service.settle()
    assert people_found(service.topics) == {uuid(1), BERTA.person_id}
    assert compared(service).differences == 0


def test_only_the_events_of_the_span_are_looked_at_anew() -> None:
    service = Matchers()
    sent = [service.record(crossing(number)) for number in range(1, 40)]
    service.handle(sent)
    place = Partition(CROSSINGS, sent[0].partition)
    lose_all(service)
    service.handle([order(service, place, Stretch(0, 1))])
    service.settle()
    assert list(service.topics.newest(MEMORY)) == [sent[0].key]


def test_a_row_that_came_with_an_order_is_found_in_all_of_the_partition() -> None:
    service = Matchers(people=[])
    sent = [service.record(crossing(number)) for number in range(1, 40)]
    service.handle(sent)
    service.register(ROWS[0])
    place = Partition(CROSSINGS, sent[0].partition)
    service.handle([order(service, place, Stretch(0, 1))])
    service.settle()
    assert len(holding(service.topics)) == len(sent)
    assert compared(service).differences == 0


# --- everything in any order

STEPS = st.lists(
    st.one_of(some_event(), st.sampled_from(ROWS), st.integers(1, 3), st.just("restart")), min_size=1, max_size=25
)


@given(steps=STEPS, lost=st.lists(st.integers(1, 105), max_size=4), after=st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_came_nothing_differs_and_what_is_lost_is_put_right(
    steps: list[Event | ProtectedPerson | int | str], lost: list[int], after: bool
) -> None:
    service, model = Matchers(people=[]), Model()
    for step in steps:
        if isinstance(step, ProtectedPerson):
            model.rows[step.person_id] = step
            service.register(step)
        elif isinstance(step, int):
            service.topics.now += step * DAY_MS
        elif isinstance(step, str):
            service.restart(service.new_handler())
        else:
            model.events.append(step)
            service.send(step)
    service.settle()
    assert compared(service).differences == 0
    kept = [(topic, key) for topic in (MEMORY, "mission-observations-memory") for key in service.topics.newest(topic)]
    right = {topic: service.topics.newest(topic) for topic, _ in kept}
    for topic, key in kept:
        if key in {str(uuid(number)).encode() for number in lost}:
            service.topics.write(topic, key, None)
    service.restart(service.new_handler())
    if after:
        service.topics.now += DAY_MS
    put_right(service)
    assert {topic: service.topics.newest(topic) for topic in right} == right
    assert is_as(holding(service.topics), model)
