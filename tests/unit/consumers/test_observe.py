"""Lag as the broker tells it, where the broker does not answer at once."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import ListOffsetsResultInfo  # type: ignore[attr-defined]

from consumers.kafka import Partition
from consumers.observe import lag

TOPIC = "dead-letters"  # one partition
MOVED = KafkaException(KafkaError(KafkaError.NOT_COORDINATOR))
DENIED = KafkaException(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))


class Asker:
    """A consumer that gives one answer after the other, or raises it."""

    def __init__(self, *answers: int | KafkaException) -> None:
        self.answers = list(answers)

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        answer = self.answers.pop(0)
        if isinstance(answer, KafkaException):
            raise answer
        return [TopicPartition(place.topic, place.partition, answer) for place in places]


class Admin:
    """Every partition ends at 10; librdkafka would take seconds to say so before it knows the cluster."""

    met = False

    def list_topics(self, timeout: float) -> None:
        assert timeout > 0
        self.met = True

    def list_offsets(self, wanted: dict[TopicPartition, Any], **_options: Any) -> dict[TopicPartition, Future[Any]]:
        assert self.met
        futures: dict[TopicPartition, Future[Any]] = {place: Future() for place in wanted}
        for future in futures.values():
            future.set_result(ListOffsetsResultInfo(10, -1, 0))
        return futures


def told(asker: Asker, *, stopping: bool = False) -> dict[Partition, int]:
    return lag(asker, Admin(), (TOPIC,), lambda: stopping)  # type: ignore[arg-type]


def test_lag_is_what_was_not_committed() -> None:
    assert told(Asker(4)) == {Partition(TOPIC, 0): 6}
    assert told(Asker(-1001)) == {Partition(TOPIC, 0): 10}


def test_a_coordinator_that_moves_is_asked_again() -> None:
    assert told(Asker(MOVED, MOVED, 4)) == {Partition(TOPIC, 0): 6}


@pytest.mark.parametrize(("error", "stopping"), [(DENIED, False), (MOVED, True)])
def test_nobody_waits_for_what_waiting_does_not_mend_or_at_the_end(error: KafkaException, stopping: bool) -> None:
    asker = Asker(error, 4)
    with pytest.raises(KafkaException):
        told(asker, stopping=stopping)
    assert asker.answers == [4]
