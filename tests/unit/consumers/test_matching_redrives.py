"""An order to read a dead record again: done, or refused with its reason."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumers.kafka import Inbound
from consumers.restore import Interrupted
from consumers.schema_registry import RegistryError
from matcher.memory import Outcome
from schemas.reasons import Reason
from schemas.records import (
    Event,
)
from tests.builders import (
    CROSSINGS,
    NOON,
    codec,
    crossing,
    finding,
    uuid,
)
from tests.unit.consumers.matchers import (
    BLANK,
    DEAD_LETTERS,
    MATCHES,
    NOBODY,
    REDRIVES,
    Matchers,
    fail_on,
    matches,
)

pytestmark = pytest.mark.usefixtures("index")


def order(service: Matchers, dead: Inbound, **changes: Any) -> Inbound:
    values = {
        "topic": dead.topic,
        "partition": dead.partition,
        "offset": dead.offset,
        "sha256": hashlib.sha256(dead.value or b"").hexdigest(),
        "requested_by": "operator",
        "requested_at": NOON,
        **changes,
    }
    record = service.topics.write(REDRIVES, b"place", codec("redrive").encode(values))
    return record._replace(partition=dead.partition)


def test_a_redriven_record_is_handled_as_if_it_had_just_come(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Matchers()
    fail_on(monkeypatch, uuid(5000))
    dead = service.record(crossing())
    assert service.handle([dead]).outcomes == [Outcome.DEAD]
    monkeypatch.undo()
    handled = service.handle([order(service, dead)])
    assert handled.outcomes == [Outcome.MATCHED]
    assert [match.finding for match in matches(handled)] == [finding()]
    answered = handled.outbound[-1]
    place = f"{CROSSINGS}/{dead.partition}/{dead.offset}".encode()
    assert (answered.topic, answered.key, answered.value) == (DEAD_LETTERS, place, None)
    again = service.handle([order(service, dead)])
    assert again.outcomes == [Outcome.DUPLICATE]
    assert [one.topic for one in again.outbound] == [DEAD_LETTERS]
    service.restart()
    assert service.handle([order(service, dead)]).outcomes == [Outcome.DUPLICATE]


def test_a_redriven_record_that_concerns_nobody_is_answered_too() -> None:
    service = Matchers()
    dead = service.record(crossing(**NOBODY))
    handled = service.handle([order(service, dead)])
    assert handled.outcomes == [Outcome.NOT_RELEVANT]
    assert [one.topic for one in handled.outbound] == [DEAD_LETTERS]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"offset": 99}, Reason.REDRIVE_SOURCE_GONE),
        ({"sha256": "0" * 64}, Reason.REDRIVE_SOURCE_CHANGED),
        ({"partition": 77}, Reason.KEY_MISMATCH),
        ({"topic": MATCHES}, Reason.KEY_MISMATCH),
    ],
)
def test_a_redrive_that_cannot_be_done_is_dead_with_its_reason(changes: dict[str, Any], reason: Reason) -> None:
    service = Matchers()
    handled = service.handle([order(service, service.record(crossing()), **changes)])
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is reason
    assert handled.outbound == []


@pytest.mark.parametrize(
    ("event", "key", "reason"),
    [
        (crossing(disclosure=BLANK), None, Reason.DISCLOSURE_MISSING),
        (crossing(), b"another", Reason.KEY_MISMATCH),
        (crossing(), b"", Reason.KEY_MISMATCH),
    ],
)
def test_what_was_refused_is_refused_again(event: Event, key: bytes | None, reason: Reason) -> None:
    service = Matchers()
    handled = service.handle([order(service, service.record(event, key=key))])
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is reason
    assert handled.outbound == []


def test_an_order_that_cannot_be_read_is_dead() -> None:
    service = Matchers()
    handled = service.handle([service.topics.write(REDRIVES, b"place", b"\xff")])
    assert handled.refusals[0].reason is Reason.FRAMING_UNKNOWN


@pytest.mark.parametrize(
    "passing",
    [Interrupted(), KafkaException(KafkaError(KafkaError._TRANSPORT)), RegistryError("registry-address", "Away.")],
)
def test_what_is_no_fault_of_the_record_is_left_to_the_loop(passing: BaseException) -> None:
    """A service that is stopped, or cannot reach a server, must not put the record on the dead letters."""
    service = Matchers()
    dead = service.record(crossing())

    class Away:
        def read(self, *_place: object) -> Inbound | None:
            raise passing

    service.restart(service.new_handler(source=Away()))
    with pytest.raises(type(passing)):
        service.handle([order(service, dead)])
    assert service.log.entries == []
