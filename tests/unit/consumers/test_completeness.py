"""What comes late finds what it should: registry rows, corrections and rules, in any order, with restarts between.

`CompletenessMachine` holds the service against a model that knows all records at once and forgets nothing (property 1).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from confluent_kafka import Message, TopicPartition
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from consumers.completeness import MOST_AHEAD_MS, Compared, Completeness, RulesInForce, RulesOlderError
from consumers.kafka import Inbound, Partition
from consumers.loop import Held
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.restore import Restorer
from consumers.source import SourceReader
from consumers.source_events import check_event
from consumers.source_memory import SourceMemory
from matcher.blocking import codes
from matcher.changes import NEVER
from matcher.examine import Verdict
from matcher.identity import MOST_POSSIBLE, NUMBERS
from matcher.memory import Outcome
from matcher.rule_book import RuleBook
from schemas.reasons import Reason
from schemas.records import (
    Event,
    EventKind,
    IdentityLevel,
    IdentityVerdict,
    ProtectedPerson,
    ProtectionStatus,
    RetractReason,
    StatusMatch,
)
from schemas.swedish_time import day_begins_ms
from schemas.topics import MEMORY_OF, TOPICS, Topic
from tests.builders import (
    CROSSINGS,
    NOON,
    codec,
    crossing,
    encode,
    known,
    name,
    observation,
    person,
    rules,
    seen,
    status,
    traveller,
    uuid,
)
from tests.unit.consumers.completeness_model import (
    ANNA,
    DAY_MS,
    ROWS,
    UNPROTECTED,
    Model,
    holding_in,
    is_as,
    some_event,
)
from tests.unit.consumers.fakes import KeptLog
from tests.unit.consumers.matchers import (
    BERTA,
    MATCHES,
    NOBODY,
    OF_BERTA,
    PERSONAL,
    Matchers,
    fail_on,
    leave_to_python,
    matches,
)
from tests.unit.consumers.memory_kafka import MemoryClients, MemoryConsumer, Topics

pytestmark = pytest.mark.usefixtures("index")


def holding(topics: Topics) -> dict[tuple[UUID, UUID], StatusMatch]:
    """The matches that hold."""
    return holding_in(record for place, log in topics.logs.items() if place.topic == MATCHES for record in log)


def people_found(topics: Topics) -> set[UUID]:
    return {match.person_id for match in holding(topics).values()}


def levels(topics: Topics) -> dict[UUID, IdentityLevel]:
    return {match.person_id: match.finding.identity for match in holding(topics).values() if match.finding}


def other_rules(version: str = "2026-2", keep: int = 2, skip: int = 0) -> RuleBook:
    """A book of one set, with some of the shipped rules."""
    (shipped,) = rules().sets
    return RuleBook((shipped.model_copy(update={"version": version, "rule": shipped.rule[skip:keep]}),))


# --- one thing at a time


def test_a_row_that_comes_after_the_event_finds_it() -> None:
    service = Matchers(people=[BERTA])
    assert service.send(crossing()).outcomes == [Outcome.NO_PERSON]
    service.register(ANNA)
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


def test_a_late_row_finds_the_same_bytes_as_an_early_one() -> None:
    late, early = Matchers(people=[]), Matchers()
    for service in (late, early):
        service.send(crossing(), observation())
    late.register(ANNA, BERTA)
    late.settle()
    assert late.topics.newest("border-crossings-memory") == early.topics.newest("border-crossings-memory")
    assert holding(late.topics) == holding(early.topics) != {}


def test_a_row_that_loses_the_document_takes_the_match_back_with_the_reason() -> None:
    service = Matchers()
    service.send(crossing(traveller=traveller(names=(), birth_date=None)))
    service.register(ANNA.model_copy(update={"documents": (known(),)}))
    service.settle()
    assert people_found(service.topics) == set()
    (log,) = (log for place, log in service.topics.logs.items() if place.topic == MATCHES)
    assert StatusMatch.from_avro(codec("status-match").decode(log[-1].value)).retracted is RetractReason.RECONSIDERED


def test_a_status_that_turns_out_to_have_ended_before_takes_the_match_back() -> None:
    service = Matchers()
    service.send(crossing())
    service.register(ANNA.model_copy(update={"statuses": (status(valid_to=date(2025, 1, 1)),)}))
    service.settle()
    assert people_found(service.topics) == set()


def test_a_status_that_ended_before_takes_back_what_a_correction_said_too() -> None:
    """What the superseded report said is no more: the correction is the first that counts when it is looked at anew."""
    service = Matchers()
    service.send(crossing(), crossing(revision=2, kind=EventKind.CORRECTED))
    assert people_found(service.topics) == {ANNA.person_id}
    service.register(ANNA.model_copy(update={"statuses": (status(valid_to=date(2025, 1, 1)),)}))
    service.settle()
    assert people_found(service.topics) == set()


def test_naturalisation_learnt_of_late_takes_back_what_came_after_it_only() -> None:
    service = Matchers()
    before, after = crossing(1, at=NOON - timedelta(days=40)), crossing(2)
    service.send(before, after)
    service.register(ANNA.model_copy(update={"naturalised_on": date(2026, 2, 10)}))
    service.settle()
    assert {match.event_id for match in holding(service.topics).values()} == {uuid(1)}


def test_a_person_removed_is_forgotten() -> None:
    service = Matchers()
    service.send(crossing())
    service.topics.write("protection-statuses", str(ANNA.person_id).encode(), None)
    service.settle()
    assert people_found(service.topics) == set()
    assert service.topics.newest("border-crossings-memory") == {}


def test_a_row_that_came_while_no_instance_ran_is_found_at_the_next_start() -> None:
    service = Matchers(people=[BERTA])
    service.send(crossing())
    service.register(ANNA)
    service.restart(service.new_handler())
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


def test_a_person_removed_while_no_instance_ran_is_forgotten_at_the_next_start() -> None:
    service = Matchers()
    service.send(crossing())
    service.topics.write("protection-statuses", str(ANNA.person_id).encode(), None)
    service.restart(service.new_handler())
    service.settle()
    assert people_found(service.topics) == set()


def test_what_was_compared_is_not_read_again_at_the_next_start() -> None:
    service = Matchers(people=[BERTA])
    service.send(crossing(), *(crossing(n, **NOBODY) for n in range(6000, 6040)))
    service.register(ANNA)
    service.settle()
    service.restart(service.new_handler())
    assert service.tend() + service.tend() == 0


def test_a_row_written_anew_without_a_change_causes_no_reading() -> None:
    service = Matchers()
    service.send(crossing())
    service.register(ANNA.model_copy(update={"recorded_at": NOON, "protected_identity": True}))
    assert sum(service.tend() for _ in range(60)) == 0


def test_only_the_span_that_a_new_status_can_concern_is_read() -> None:
    service = Matchers(people=[])
    for number in range(600):
        service.topics.now += DAY_MS // 4
        service.send(crossing(number, at=datetime.fromtimestamp(service.topics.now / 1000, UTC), **NOBODY))
    last = crossing(9000, at=datetime.fromtimestamp(service.topics.now / 1000, UTC))
    service.send(last)
    late = ANNA.model_copy(update={"statuses": (status(valid_from=last.occurred_at.date() - timedelta(days=1)),)})
    service.register(late)
    read = sum(service.tend() for _ in range(200))
    assert people_found(service.topics) == {ANNA.person_id}
    assert 0 < read < 40


def test_a_row_whose_status_moves_to_a_later_day_still_takes_back_the_earlier_match() -> None:
    """The events that had matched may lie before all that the new row concerns."""
    service = Matchers()
    service.send(crossing())
    service.topics.now += 400 * DAY_MS
    later = ANNA.model_copy(update={"statuses": (status(valid_from=date(2027, 1, 1)),)})
    service.register(later)
    service.settle()
    assert people_found(service.topics) == set()


def test_a_newly_known_holder_of_the_same_document_makes_both_only_possible() -> None:
    service = Matchers()
    service.send(crossing())
    twin = person(3, personal_numbers=(), dossier_numbers=("00000003",), documents=(known("P0451298", "UTO"),))
    service.register(twin)
    service.settle()
    held = holding(service.topics).values()
    assert {match.person_id for match in held} == {ANNA.person_id, twin.person_id}
    assert {match.finding.identity for match in held if match.finding} == {IdentityLevel.POSSIBLE}


def test_a_document_that_turns_out_to_be_one_persons_clears_them_though_no_rule_had_fired_for_the_other() -> None:
    """Of the other nothing was ever said, and yet their row decides what is said of the first."""
    service = Matchers(people=[ANNA, BERTA.model_copy(update={"documents": (known("P0451298", "UTO"),)})])
    service.restart(service.new_handler(rules=other_rules(keep=1)))
    service.send(crossing())
    assert levels(service.topics) == {ANNA.person_id: IdentityLevel.POSSIBLE}
    service.register(BERTA)
    service.settle()
    assert levels(service.topics) == {ANNA.person_id: IdentityLevel.IDENTIFIED}


def test_a_namesake_is_found_when_the_document_turns_out_not_to_be_another_persons() -> None:
    """Whom the document named had no status, so nothing was said of the event at all."""
    holder = person(3, personal_numbers=(), dossier_numbers=("00000003",), statuses=())
    namesake = ANNA.model_copy(update={"documents": (), "personal_numbers": (), "dossier_numbers": ()})
    service = Matchers(people=[namesake, holder])
    service.send(crossing())
    assert levels(service.topics) == {}
    service.register(holder.model_copy(update={"documents": ()}))
    service.settle()
    assert levels(service.topics) == {namesake.person_id: IdentityLevel.POSSIBLE}


NAMESAKE = ANNA.model_copy(update={"documents": (), "personal_numbers": (), "dossier_numbers": ()})


def test_one_namesake_too_many_takes_all_back_and_when_one_goes_all_are_found_again() -> None:
    people = [NAMESAKE.model_copy(update={"person_id": uuid(number)}) for number in range(100, 101 + MOST_POSSIBLE)]
    service = Matchers(people=people[1:])
    service.send(crossing(traveller=traveller(documents=())))
    every = {one.person_id for one in people}
    assert people_found(service.topics) == every - {uuid(100)}
    service.register(people[0])
    service.settle()
    assert people_found(service.topics) == set()
    service.topics.write("protection-statuses", str(uuid(107)).encode(), None)
    service.settle()
    assert people_found(service.topics) == every - {uuid(107)}


@pytest.mark.parametrize("held", [(), (status(valid_from=NOON.date() + timedelta(days=20)),)], ids=["none", "later"])
def test_a_document_learnt_of_late_clears_the_namesake_though_its_holder_had_no_status_then(
    held: tuple[ProtectionStatus, ...],
) -> None:
    service = Matchers(people=[NAMESAKE])
    service.send(crossing())
    assert levels(service.topics) == {NAMESAKE.person_id: IdentityLevel.POSSIBLE}
    service.topics.now += 40 * DAY_MS
    service.register(person(3, personal_numbers=(), dossier_numbers=("00000003",), statuses=held))
    service.settle()
    assert levels(service.topics) == {}


def test_a_row_that_comes_while_an_instance_catches_up_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies behind what was read for the partitions taken up, and the index has passed it already."""
    service = Matchers(people=[BERTA])
    behind = service.new_handler()
    service.restart(service.new_handler())
    service.register(BERTA.model_copy(update={"citizenships": ("NOR",)}))
    service.settle()
    service.send(crossing())
    read = Restorer.read

    def read_and_then(self: Restorer, partitions: Iterable[Partition], *more: Any) -> dict[Partition, int]:
        wanted = list(partitions)
        ends = read(self, wanted, *more)
        if wanted[0].topic == "protection-statuses":
            service.register(ANNA)
        return ends

    monkeypatch.setattr(Restorer, "read", read_and_then)
    service.restart(behind)
    monkeypatch.undo()
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


class Prefetching(MemoryConsumer):
    """Tells the end as it was when the span was assigned, as a client does that has fetched it all by then."""

    def assign(self, places: Sequence[TopicPartition]) -> None:
        super().assign(places)
        self._ends = {place: len(self._topics.logs.get(place, [])) for place in self._next}

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        logs = self._topics.logs
        self._topics.logs = {place: logs.get(place, [])[:end] for place, end in self._ends.items()}
        try:
            return super().consume(num_messages, timeout)
        finally:
            self._topics.logs = logs


class PrefetchingClients(MemoryClients):
    def reader(self, *_settings: Any, **_more: Any) -> Any:
        return Prefetching(self.topics)  # type: ignore[attr-defined]


@pytest.mark.parametrize("clients", [MemoryClients, PrefetchingClients])
def test_a_content_that_comes_while_an_earlier_one_is_looked_at_anew_is_not_overwritten(
    clients: type[MemoryClients], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers(people=[BERTA])
    source = SourceReader(clients(service.topics), lambda _: None, lambda: False)
    service.restart(service.new_handler(source=source))
    first, others = crossing(1), [crossing(n, **NOBODY) for n in range(7000, 7200)]
    records = [service.record(event) for event in (*others, first)]
    service.handle(records)
    service.register(ANNA)
    handler, place = service.handler, Partition(*records[-1][:2])
    assert isinstance(handler, Matching)
    while handler._job is None or handler._job.place != place:
        service.tend()
    service.send(first.model_copy(update={"traveller": OF_BERTA}))
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id, BERTA.person_id}


def test_changes_without_end_do_not_keep_any_partition_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.completeness._PATIENCE", 0)
    service = Matchers(people=[])
    service.send(*(crossing(n) for n in range(7000, 7030)))
    for turn in range(200):
        service.register(ANNA.model_copy(update={"citizenships": ("NOR", "UTO") if turn % 2 else ("UTO",)}))
        service.tend()
    assert len(holding(service.topics)) == 30


def test_two_contents_of_one_revision_still_add_up_when_looked_at_anew() -> None:
    service = Matchers(people=[BERTA])
    service.send(crossing(), crossing(traveller=OF_BERTA), crossing())
    service.register(ANNA)
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id, BERTA.person_id}
    # A change of the one whose content comes second leaves what the first said.
    service.register(BERTA.model_copy(update={"names": (name("Nytt", "Berta"),)}))
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id, BERTA.person_id}


def test_a_content_before_the_span_is_read_too_where_its_event_is_looked_at_anew() -> None:
    service = Matchers(people=[BERTA])
    service.send(crossing(traveller=OF_BERTA))
    service.topics.now += 30 * DAY_MS
    late = crossing(at=NOON)
    service.send(late)
    service.register(ANNA.model_copy(update={"statuses": (status(valid_from=NOON.date()),)}))
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id, BERTA.person_id}


def test_a_superseded_revision_is_passed_by_where_the_event_is_looked_at_anew() -> None:
    service = Matchers()
    service.send(crossing(traveller=OF_BERTA), crossing(revision=2))
    service.register(ANNA.model_copy(update={"documents": (), "personal_numbers": ()}))
    service.settle()
    (match,) = holding(service.topics).values()
    assert match.finding
    assert match.finding.identity is IdentityLevel.POSSIBLE


def test_a_superseded_revision_is_not_brought_back() -> None:
    service = Matchers(people=[BERTA])
    service.send(crossing(), crossing(revision=2, **NOBODY))
    service.register(ANNA)
    service.settle()
    assert people_found(service.topics) == set()


def test_a_withdrawn_event_is_not_brought_back() -> None:
    service = Matchers(people=[BERTA])
    service.send(crossing(), crossing(revision=2, kind=EventKind.WITHDRAWN))
    service.register(ANNA)
    service.settle()
    assert people_found(service.topics) == set()


def test_a_refused_record_is_not_brought_back() -> None:
    service = Matchers(people=[BERTA])
    service.handle([service.record(crossing(), key=b"another"), service.record(crossing(7), value=b"\xff")])
    service.register(ANNA)
    service.settle()
    assert people_found(service.topics) == set()


def test_other_rules_take_back_and_find() -> None:
    service = Matchers()
    service.send(crossing())
    before = holding(service.topics)
    only_exits = other_rules(keep=2, skip=1)
    service.restart(service.new_handler(rules=only_exits))
    service.settle()
    assert people_found(service.topics) == set()
    again = other_rules("2026-3", keep=4)
    service.restart(service.new_handler(rules=again))
    service.settle()
    assert holding(service.topics).keys() == before.keys()


def test_an_instance_with_older_rules_does_not_start() -> None:
    service = Matchers()
    service.restart(service.new_handler(rules=other_rules()))
    service.send(crossing())
    with pytest.raises(RulesOlderError, match=r"2026-2.*2026-1"):
        service.restart(service.new_handler())


@pytest.mark.parametrize("changed", [True, False])
def test_an_instance_with_older_rules_does_not_start_where_newer_ones_have_begun(
    monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    """What the newer ones said of a part of a partition would stand, and nobody would look at it again."""
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers()
    service.send(*(crossing(n) for n in range(7000, 7060)))
    before = holding(service.topics)
    service.restart(service.new_handler(rules=other_rules()))
    while holding(service.topics) == before:
        service.tend()
    service.send(crossing(8000))
    if changed:
        service.register(BERTA)
        service.tend()
    with pytest.raises(RulesOlderError, match=r"2026-2.*2026-1"):
        service.restart(service.new_handler())
    service.restart(service.new_handler(rules=other_rules()))
    service.settle()
    assert {match.finding.rule_set for match in holding(service.topics).values() if match.finding} == {"2026-2"}


def test_rules_that_others_had_begun_with_are_replaced_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers()
    service.send(*(crossing(n) for n in range(7000, 7060)))
    before = holding(service.topics)
    service.restart(service.new_handler(rules=other_rules("2026-2", keep=1)))
    while holding(service.topics) == before:
        service.tend()
    service.send(crossing(8000))
    service.restart(service.new_handler(rules=other_rules("2026-3")))
    service.settle()
    assert {match.finding.rule_set for match in holding(service.topics).values() if match.finding} == {"2026-3"}


def test_a_newer_matcher_looks_at_everything_again_and_an_older_one_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_matcher(version: str) -> None:
        monkeypatch.setattr("consumers.matching.RulesInForce", partial(RulesInForce, matcher=version))

    service = Matchers()
    service.send(crossing())
    of_matcher("1000")
    service.restart(service.new_handler())
    assert sum(service.tend() for _ in range(60)) > 0
    of_matcher("999")
    with pytest.raises(RulesOlderError, match=r"1000.*999"):
        service.restart(service.new_handler())


def test_a_partition_committed_without_a_note_is_read_from_its_start() -> None:
    """As the first version of this service committed it."""
    service = Matchers(people=[BERTA])
    service.send(crossing())
    service.committed = {place: Held(held.next_offset, {}) for place, held in service.committed.items()}
    service.register(ANNA)
    service.restart(service.new_handler())
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


def test_a_partition_without_a_note_is_read_whole_though_the_first_to_take_it_up_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers(people=[BERTA])
    service.send(*(crossing(n) for n in range(7000, 7030)))
    service.committed = {place: Held(held.next_offset, {}) for place, held in service.committed.items()}
    service.register(ANNA)
    service.restart(service.new_handler())
    service.tend()
    assert len(holding(service.topics)) < 30
    service.restart(service.new_handler())
    service.settle()
    assert len(holding(service.topics)) == 30


@pytest.mark.parametrize(("days", "found"), [(3, {ANNA.person_id}), (4, set())])
def test_somebody_removed_of_whom_the_topic_tells_nothing_any_more_is_forgotten(days: int, found: set[UUID]) -> None:
    """After half of the time that a tombstone is kept for, everything is looked at again; before, it would be there."""
    service = Matchers()
    service.send(crossing())
    written_at = time.time_ns() // 10**6
    for log in (log for place, log in service.topics.logs.items() if place.topic == "protection-statuses"):
        # Compacted: her row is gone, and so is the tombstone.
        log[:] = [one._replace(key=b"", value=b"") if one.key == str(ANNA.person_id).encode() else one for one in log]
    service.restart(service.new_handler(now_ms=lambda: written_at + days * DAY_MS))
    service.settle()
    assert people_found(service.topics) == found


def test_who_takes_up_with_a_clock_that_is_behind_looks_at_nothing_again() -> None:
    service = Matchers()
    service.send(crossing())
    service.settle()
    service.restart(service.new_handler(now_ms=lambda: time.time_ns() // 10**6 - 60_000))
    assert service.tend() + service.tend() == 0


def test_a_note_is_written_anew_once_an_hour_where_nothing_comes() -> None:
    clock = [1_000_000_000_000]
    service = Matchers()
    service.restart(service.new_handler(now_ms=lambda: clock[0]))
    service.send(crossing())
    service.settle()
    noted = {held.note["at"] for place, held in service.committed.items() if "at" in held.note}
    assert noted == {clock[0]}
    clock[0] += 59 * 60_000
    for _ in range(200):
        service.tend()
    assert {held.note["at"] for held in service.committed.values() if "at" in held.note} == noted
    clock[0] += 2 * 60_000
    for _ in range(200):
        service.tend()
    assert {held.note["at"] for held in service.committed.values() if "at" in held.note} == {clock[0]}


def test_an_event_id_that_names_more_people_than_a_memory_takes_is_refused_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One id for all events: each content adds those whom it names, until the broker would refuse the transaction."""
    service = Matchers()
    service.send(crossing(1), crossing(1, traveller=OF_BERTA))
    ((key, both),) = service.topics.newest("border-crossings-memory").items()
    room = dataclasses.replace(MEMORY_OF[CROSSINGS], max_bytes=len(key) + len(both) + 99)
    monkeypatch.setitem(MEMORY_OF, CROSSINGS, room)
    handled = service.send(crossing(2), crossing(2, traveller=OF_BERTA), crossing(3))
    assert handled.outcomes == [Outcome.MATCHED, Outcome.DEAD, Outcome.MATCHED]
    assert handled.refusals[1].reason is Reason.EVENT_TOO_LARGE
    assert [match.event_id for match in matches(handled)] == [uuid(2), uuid(3)]


def test_a_registry_topic_made_anew_leads_to_everything_being_read() -> None:
    service = Matchers(people=[BERTA, *(person(n, documents=(), personal_numbers=()) for n in range(20, 60))])
    service.send(crossing())
    for place in [place for place in service.topics.logs if place.topic == "protection-statuses"]:
        del service.topics.logs[place]
    service.register(ANNA)
    service.restart(service.new_handler())
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


def test_new_events_do_not_move_the_note_past_what_is_still_to_be_read() -> None:
    service = Matchers(people=[])
    service.send(crossing())
    service.register(ANNA)
    service.tend()  # the change is known, and nothing was read again yet
    service.send(*(crossing(n, **NOBODY) for n in range(6000, 6040)))
    service.restart(service.new_handler())
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


def test_a_process_that_dies_while_it_looks_again_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.matching._PIECE", 2)
    service = Matchers(people=[])
    service.send(*(crossing(n) for n in range(7000, 7030)))
    service.register(ANNA)
    while not holding(service.topics):
        service.tend()
    service.restart(service.new_handler())
    service.settle()
    assert len(holding(service.topics)) == 30


def test_a_process_that_dies_between_two_contents_of_one_revision_comes_back_to_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first has replaced what both had said, and names nobody whom the change is about."""
    monkeypatch.setattr("consumers.matching._PIECE", 1)
    holder = person(
        3,
        personal_numbers=(),
        dossier_numbers=("00000003",),
        documents=(known("P0451298", "UTO"),),
        names=BERTA.names,
        birth_dates=BERTA.birth_dates,
    )
    service = Matchers(people=[ANNA, holder])
    service.send(crossing(country="NOR", traveller=traveller(documents=(seen("RD1234567", "SWE"),))), crossing())
    both = {ANNA.person_id, holder.person_id}
    assert people_found(service.topics) == both
    changed = {"documents": (), "names": (name("Helt", "Annan"),), "birth_dates": ("1990-02-02",)}
    service.register(ANNA.model_copy(update=changed))
    while people_found(service.topics) == both:
        service.tend()
    service.restart(service.new_handler())
    service.settle()
    assert people_found(service.topics) == {holder.person_id}
    (memory,) = service.topics.newest("border-crossings-memory").values()
    named = codec("event-memory").decode(memory)["matches"]
    assert [match["person_id"] for match in named] == [holder.person_id]


def test_an_event_dated_later_than_any_clock_is_refused() -> None:
    service = Matchers()
    ahead = datetime.fromtimestamp((service.topics.now + MOST_AHEAD_MS) / 1000, UTC)
    assert service.send(crossing(1, at=ahead)).outcomes == [Outcome.MATCHED]
    handled = service.send(crossing(2, at=ahead + timedelta(milliseconds=1)))
    assert handled.refusals[0].reason is Reason.TIME_IMPOSSIBLE


def test_an_event_dated_ahead_of_the_broker_is_found_by_a_status_of_its_day() -> None:
    service = Matchers(people=[])
    service.send(crossing(at=NOON + timedelta(days=2)))
    service.topics.now += 40 * DAY_MS
    service.register(ANNA.model_copy(update={"statuses": (status(valid_from=NOON.date() + timedelta(days=2)),)}))
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


@pytest.mark.parametrize("day", [date(2026, 3, 5), date(2026, 6, 6)], ids=["winter", "summer"])
def test_a_late_row_finds_an_event_ahead_of_the_broker_in_the_first_minutes_of_a_swedish_day(day: date) -> None:
    service = Matchers(people=[])
    midnight = day_begins_ms((day - date(1970, 1, 1)).days)
    service.topics.now = midnight - MOST_AHEAD_MS + 10 * 60_000
    service.send(crossing(at=datetime.fromtimestamp((midnight + 10 * 60_000) / 1000, UTC)))
    service.topics.now += 40 * DAY_MS
    service.register(ANNA.model_copy(update={"statuses": (status(valid_from=day),)}))
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}


def test_an_instance_that_is_behind_in_the_registry_first_catches_up() -> None:
    service = Matchers(people=[BERTA])
    behind = service.new_handler()
    service.restart(service.new_handler())
    service.send(crossing())
    service.register(ANNA)
    service.settle()
    service.restart(behind)
    handled = service.send(crossing(2))
    assert [match.person_id for match in matches(handled)] == [ANNA.person_id]


def test_new_events_are_handled_while_old_ones_are_looked_at() -> None:
    service = Matchers(people=[])
    service.send(*(crossing(n) for n in range(7000, 7030)))
    service.register(ANNA)
    for _ in range(3):
        service.tend()
    handled = service.send(crossing(8000))
    assert [match.event_id for match in matches(handled)] == [uuid(8000)]
    service.settle()
    assert len(holding(service.topics)) == 31


@pytest.mark.parametrize("late", [True, False])
def test_a_record_in_another_partition_than_its_keys_is_taken_back_after_a_restart(late: bool) -> None:
    """A sender with another partitioner: the memory lies beside the source, wherever that is."""
    service = Matchers(people=[BERTA] if late else None)
    event, withdrawn = crossing(), crossing(revision=2, kind=EventKind.WITHDRAWN)

    def misplaced(event: Event) -> Inbound:
        value, key = encode("border-crossing", event), str(event.event_id).encode()
        own = service.record(crossing(9000)).partition
        return service.topics.write(CROSSINGS, key, value, partition=(own + 1) % TOPICS[CROSSINGS].partitions)

    service.handle([misplaced(event)])
    if late:
        service.register(ANNA)
        service.settle()
    assert people_found(service.topics) == {ANNA.person_id}
    service.restart(service.new_handler())
    service.register(ANNA.model_copy(update={"documents": (known(),)}))
    service.settle()
    assert levels(service.topics) == {ANNA.person_id: IdentityLevel.POSSIBLE}
    service.restart(service.new_handler())
    service.handle([misplaced(withdrawn)])
    assert people_found(service.topics) == set()


@pytest.mark.parametrize("failing", ["near", "person"])
def test_a_fault_on_one_event_that_is_looked_at_again_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    service = Matchers()
    service.send(*(crossing(number) for number in range(1, 6)))
    leave_to_python(monkeypatch)
    fail_on(monkeypatch, uuid(3))
    if failing == "near":
        # Before anything is known of the event at all.
        monkeypatch.setattr("consumers.matching.check_event", failing_check(uuid(3)))
    service.register(ANNA.model_copy(update={"documents": (known(),)}))
    service.settle()
    held = {event: match for (event, _), match in holding(service.topics).items()}
    assert {event: match.finding.identity for event, match in held.items() if match.finding} == {
        uuid(number): IdentityLevel.IDENTIFIED if number == 3 else IdentityLevel.POSSIBLE for number in range(1, 6)
    }
    assert ("error", "record-failed", {"error": "RuntimeError"}) in service.log.entries
    assert not [text for text in PERSONAL if text in repr(service.log.entries)]


def failing_check(event_id: UUID) -> Any:
    def check(topic: Topic, record: Inbound, values: dict[str, Any]) -> None:
        if values["event_id"] == str(event_id):
            raise RuntimeError(f"cannot check {values!r}")
        check_event(topic, record, values)

    return check


def test_a_fault_on_one_row_leaves_that_person_as_they_were_and_everybody_else_is_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every instance reads every row: one that ends them all would leave nobody to match anything."""

    def fail(text: str) -> Any:
        if "กขค" in text:
            raise RuntimeError(f"cannot read {text!r}")
        return codes(text)

    monkeypatch.setattr("matcher.blocking.codes", fail)
    # Letters of no table, which the native core asks Python about.
    odd = ANNA.model_copy(update={"names": (name("กขค", "Inventa"),), "documents": ()})
    service = Matchers(people=[ANNA, odd, BERTA])
    service.send(crossing(), crossing(2, traveller=OF_BERTA))
    assert people_found(service.topics) == {ANNA.person_id, BERTA.person_id}
    service.register(odd, BERTA.model_copy(update={"statuses": ()}))
    service.settle()
    assert people_found(service.topics) == {ANNA.person_id}
    refused = service.metrics.registry.get_sample_value(
        "resesignal_registry_rows_refused_total", {"reason": "handler-failed"}
    )
    assert refused == 2


def test_changes_are_forgotten_though_one_partition_is_always_behind() -> None:
    in_force = RulesInForce("2026-1", "digest")
    completeness = Completeness(in_force, Metrics("matching"), KeptLog())
    places = [Partition(CROSSINGS, number) for number in range(2)]
    held = dict.fromkeys(places, Compared((0,), in_force))
    completeness.take(held, {place: {} for place in places}, {}, (0,))
    nothing = SourceMemory(codec("event-memory", raw=True).decode)
    spans = SourceReader(MemoryClients(Topics()), lambda _: None, lambda: False)
    for number in range(100):
        completeness.add({str(uuid(number)): NEVER})
        completeness.add({})
        job = completeness.next_job(lambda _: 1, lambda _: nothing, spans, (number,))
        assert job is not None
        assert str(uuid(number)) in (job.people or ())
        completeness.done(job)
    assert len(completeness._changes) <= len(places)


# --- everything in any order


class CompletenessMachine(RuleBasedStateMachine):
    """Events, revisions, rows, tombstones, decisions, rules, restarts and turns between batches, in any order."""

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.service = Matchers(people=[])
        self.version = 1
        self.unhandled: list[Inbound] = []

    @rule(event=some_event(), at_once=st.booleans())
    def publish(self, event: Event, at_once: bool) -> None:
        self.model.events.append(event)
        self.unhandled.append(self.service.record(event))
        if at_once:
            self.handle()

    @rule()
    def handle(self) -> None:
        if self.unhandled:
            self.service.handle(self.unhandled)
            self.unhandled = []

    @rule(row=st.sampled_from([*ROWS, *UNPROTECTED]))
    def register(self, row: ProtectedPerson) -> None:
        self.model.rows[row.person_id] = row
        self.service.register(row)

    @rule(number=st.integers(1, 3))
    def remove(self, number: int) -> None:
        self.model.rows.pop(uuid(number), None)
        self.service.topics.write("protection-statuses", str(uuid(number)).encode(), None)

    @rule(
        event=st.sampled_from([*range(1, 6), *range(101, 106)]),
        number=st.integers(1, 3),
        says=st.sampled_from(IdentityVerdict),
        revision=st.integers(1, 3),
    )
    def decide(self, event: int, number: int, says: IdentityVerdict, revision: int) -> None:
        self.model.decided.setdefault(uuid(event), {})[uuid(number)] = Verdict(says, revision)
        self.unhandled.append(self.service.decide(uuid(event), uuid(number), says, revision))

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.service.topics.now += days * DAY_MS

    @rule(keep=st.integers(1, 4))
    def adopt_rules(self, keep: int) -> None:
        self.version += 1
        self.model.rules = other_rules(f"2026-{self.version}", keep)
        self.restart()

    @rule()
    def restart(self) -> None:
        """In a new process: nothing is left but what was committed."""
        self.service.restart(self.service.new_handler(rules=self.model.rules))

    @rule()
    def abort(self) -> None:
        """In the same process: all partitions are given up and taken up again."""
        self.service.restart()

    @rule(turns=st.integers(1, 4))
    def tend(self, turns: int) -> None:
        for _ in range(turns):
            self.service.tend()

    @rule()
    def settle(self) -> None:
        self.handle()
        self.service.settle()
        assert is_as(holding(self.service.topics), self.model)

    @invariant()
    def nothing_failed(self) -> None:
        assert not [entry for entry in self.service.log.entries if entry[0] == "error"]

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.settle()


@pytest.mark.parametrize(("piece", "most"), [(2, MOST_POSSIBLE), (2000, MOST_POSSIBLE), (2000, 1)])
def test_any_interleaving_ends_as_the_model_says(piece: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces small enough that new records come while old ones are looked at, and large ones; and where two people
    of one name are too many.
    """
    monkeypatch.setattr("consumers.matching._PIECE", piece)
    monkeypatch.setattr("matcher.examine.MOST_POSSIBLE", most)
    monkeypatch.setitem(NUMBERS, "most_possible", most)
    chosen = settings(max_examples=40, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(CompletenessMachine, settings=chosen)
