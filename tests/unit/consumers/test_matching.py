"""The service `matching`, without Kafka: one outcome for every record, whatever is wrong with it."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.matching import Matching
from matcher.memory import Outcome
from schemas.codec import schema
from schemas.ids import match_id
from schemas.reasons import Reason
from schemas.records import (
    Event,
    EventKind,
    EventMemory,
    RetractReason,
    StatusMatch,
    Traveller,
)
from tests.builders import (
    CROSSINGS,
    POLICE,
    codec,
    crossing,
    digest,
    finding,
    observation,
    traveller,
    uuid,
)
from tests.unit.consumers.matchers import (
    BLANK,
    FAULTS,
    FOREIGN,
    MATCHES,
    NOBODY,
    OF_BERTA,
    PERSONAL,
    VALID,
    Matchers,
    fail_on,
    leave_to_python,
    matches,
)

pytestmark = pytest.mark.usefixtures("index")


def test_who_is_nobody_leaves_no_trace() -> None:
    handled = Matchers().send(crossing(**NOBODY))
    assert handled.outcomes == [Outcome.NO_PERSON]
    assert handled.outbound == []


def test_a_match_and_its_memory_are_written_together() -> None:
    handled = Matchers().send(crossing())
    assert handled.outcomes == [Outcome.MATCHED]
    (match,) = matches(handled)
    assert match == StatusMatch(
        match_id=match_id(uuid(5000), uuid(1)),
        person_id=uuid(1),
        event_id=uuid(5000),
        revision=1,
        finding=finding(),
    )
    assert [(one.topic, one.key) for one in handled.outbound] == [
        (MATCHES, str(uuid(1)).encode()),
        ("border-crossings-memory", str(uuid(5000)).encode()),
    ]
    memory = EventMemory.from_avro(codec("event-memory").decode(handled.outbound[1].value))
    assert [(one.person_id, one.digest) for one in memory.matches] == [(uuid(1), digest(match))]


def test_an_observation_goes_to_the_memory_of_its_own_source() -> None:
    handled = Matchers().send(observation())
    assert [one.topic for one in handled.outbound] == [MATCHES, "mission-observations-memory"]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([crossing(**NOBODY)], Outcome.NO_PERSON),
        ([crossing(country="NOR", traveller=OF_BERTA)], Outcome.NOT_RELEVANT),
        ([crossing()], Outcome.MATCHED),
        ([observation()], Outcome.MATCHED),
        ([crossing(traveller=traveller(documents=()))], Outcome.REVIEW),
        ([crossing(), crossing()], Outcome.DUPLICATE),
        ([crossing(revision=2), crossing()], Outcome.SUPERSEDED),
        ([crossing(), crossing(revision=2, kind=EventKind.WITHDRAWN, traveller=Traveller())], Outcome.WITHDRAWN),
        ([crossing(revision=2, kind=EventKind.WITHDRAWN, traveller=Traveller())], Outcome.WITHDRAWN),
        ([crossing(), crossing(revision=2, **NOBODY)], Outcome.NOT_RELEVANT),
        ([crossing(revision=2, **NOBODY), crossing(**NOBODY)], Outcome.SUPERSEDED),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_outcome_of_a_record(events: list[Event], outcome: Outcome, at_once: bool) -> None:
    service = Matchers()
    handled = [service.send(*events)] if at_once else [service.send(event) for event in events]
    assert handled[-1].outcomes[-1] is outcome
    assert handled[-1].refusals == {}


def test_a_withdrawal_without_a_traveller_retracts_what_was_said() -> None:
    service = Matchers()
    service.send(crossing())
    handled = service.send(crossing(revision=2, kind=EventKind.WITHDRAWN, traveller=Traveller()))
    assert [(match.person_id, match.retracted) for match in matches(handled)] == [(uuid(1), RetractReason.WITHDRAWN)]


def test_a_correction_to_a_traveller_whom_no_key_finds_retracts_too() -> None:
    service = Matchers()
    service.send(crossing())
    handled = service.send(crossing(revision=2, **NOBODY))
    assert [match.retracted for match in matches(handled)] == [RetractReason.CORRECTED]


@pytest.mark.parametrize(("value", "key", "reason"), FAULTS, ids=[reason.value for _, _, reason in FAULTS])
def test_bytes_that_cannot_be_an_event_are_dead_with_their_reason(
    value: bytes | None, key: bytes | None, reason: Reason
) -> None:
    service = Matchers()
    handled = service.handle([service.record(crossing(), value=value, key=key)])
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is reason
    assert handled.outbound == []


def test_a_confluent_id_of_another_record_is_refused_and_its_own_is_read() -> None:
    ids = {7: schema("border-crossing"), 8: schema("status-match")}
    service = Matchers()
    service.restart(service.new_handler(resolve_id=ids.__getitem__))
    records = [service.record(crossing(), value=bytes((0, 0, 0, 0, n)) + VALID[10:]) for n in (7, 8)]
    handled = service.handle(records)
    assert handled.outcomes == [Outcome.MATCHED, Outcome.DEAD]
    assert handled.refusals[1].reason is Reason.SCHEMA_INCOMPATIBLE


def test_matches_are_written_in_the_framing_of_the_registry_where_there_is_one() -> None:
    service = Matchers()
    service.restart(service.new_handler(schema_ids={MATCHES: 9}))
    handled = service.send(crossing())
    assert (handled.outbound[0].value or b"")[:5] == bytes((0, 0, 0, 0, 9))


@pytest.mark.parametrize(
    ("event", "reason", "field"),
    [
        (crossing(disclosure=BLANK), Reason.DISCLOSURE_MISSING, "disclosure.legal_ground"),
        (crossing(disclosure=FOREIGN), Reason.AUTHORITY_NOT_PERMITTED, "disclosure.authority"),
        (observation(disclosure=POLICE), Reason.AUTHORITY_NOT_PERMITTED, "disclosure.authority"),
        (crossing(disclosure=BLANK, **NOBODY), Reason.DISCLOSURE_MISSING, "disclosure.legal_ground"),
        (crossing(kind=EventKind.CORRECTED), Reason.REVISION_INVALID, "revision"),
        (crossing(recorded_at=datetime(2026, 1, 1, tzinfo=UTC)), Reason.TIME_IMPOSSIBLE, "occurred_at"),
        (crossing(traveller=Traveller()), Reason.TRAVELLER_EMPTY, "traveller"),
        (crossing(country="XY"), Reason.COUNTRY_UNKNOWN, "country"),
        (crossing(stay_days=-1), Reason.STAY_IMPOSSIBLE, "stay_days"),
        (observation(country=None), Reason.COUNTRY_MISSING, "country"),
    ],
)
def test_an_event_that_breaks_a_rule_is_dead_whomever_it_concerns(event: Event, reason: Reason, field: str) -> None:
    handled = Matchers().send(event)
    assert handled.outcomes == [Outcome.DEAD]
    assert (handled.refusals[0].reason, handled.refusals[0].field) == (reason, field)
    assert handled.outbound == []


def test_faults_in_a_batch_leave_all_others_as_they_would_be_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_on(monkeypatch, uuid(13))
    service, alone = Matchers(), Matchers()
    good = [crossing(1), observation(2), crossing(3, traveller=OF_BERTA), crossing(4, **NOBODY)]
    batch = []
    for number, event in enumerate(good):
        value, key, _ = FAULTS[2 * number]
        batch += [
            service.record(crossing(100 + number), value=value, key=key),
            service.record(event),
            service.record(crossing(200 + number, disclosure=BLANK)),
            service.record(crossing(13)),
        ]
    handled = service.handle(batch)
    expected = [alone.send(event) for event in good]
    assert [handled.outcomes[n] for n in range(1, 16, 4)] == [one.outcomes[0] for one in expected]
    assert [handled.outcomes[n] for n in range(16) if n % 4 != 1] == [Outcome.DEAD] * 12
    assert sorted(handled.outbound) == sorted(record for one in expected for record in one.outbound)


def test_a_fault_of_the_program_is_counted_and_logged_without_personal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_on(monkeypatch, uuid(13))
    service = Matchers()
    handled = service.send(crossing(13))
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is Reason.HANDLER_FAILED
    assert handled.outbound == []
    assert service.log.entries == [("error", "record-failed", {"error": "RuntimeError"})]
    assert not [text for text in PERSONAL if text in repr((service.log.entries, handled.refusals))]


def test_a_fault_in_finding_somebody_holds_nobody_else_up(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Matchers()
    leave_to_python(monkeypatch)
    index = service.registry.index

    class Failing:
        """The index, which fails where it finds somebody."""

        def near(self, traveller: Any) -> Any:
            if index.near(traveller):
                raise RuntimeError(f"cannot compare {traveller!r}")
            return ()

    monkeypatch.setattr(service.registry, "index", Failing())
    handled = service.send(crossing(13), crossing(14, **NOBODY))
    assert handled.outcomes == [Outcome.DEAD, Outcome.NO_PERSON]
    assert handled.refusals[0].reason is Reason.HANDLER_FAILED
    assert not [text for text in PERSONAL if text in repr((service.log.entries, handled.refusals))]


def test_a_fault_after_something_was_to_be_written_takes_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Matchers()
    handler = service.handler
    assert isinstance(handler, Matching)

    def encode_memory(_memory: EventMemory) -> bytes:
        raise ValueError(repr(_memory))

    leave_to_python(monkeypatch)
    monkeypatch.setattr(handler._memories[CROSSINGS], "encode_record", encode_memory)
    handled = service.send(crossing())
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.outbound == []
    monkeypatch.undo()
    assert service.send(crossing()).outcomes == [Outcome.MATCHED]


def test_a_batch_leaves_nothing_to_the_garbage_collector() -> None:
    """An error that is kept keeps its frames, and they the whole batch, until the next collection."""
    service = Matchers()
    batch = [service.record(crossing(), value=value, key=key) for value, key, _ in FAULTS]
    batch += [service.record(event) for event in (crossing(disclosure=BLANK), crossing(), crossing(**NOBODY))]
    handle = service.handler.handle
    assert set(handle(batch).refusals) == set(range(len(FAULTS) + 1))
    gc.collect()
    gc.disable()
    try:
        handle(batch)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_refusals_tell_nothing_of_the_record() -> None:
    service = Matchers()
    batch = [service.record(crossing(), value=value, key=key) for value, key, _ in FAULTS]
    handled = service.handle([*batch, service.record(crossing(disclosure=BLANK))])
    said = repr([(str(one), one.reason, one.field) for one in handled.refusals.values()])
    assert not [text for text in PERSONAL if text in said]
    assert service.log.entries == []
