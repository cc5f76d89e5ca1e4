"""What was consumed comes as records and as runs of one partition, and both tell the same."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from consumers.batch import Batch, Run, runs
from consumers.kafka import Inbound, Partition
from consumers.restore import divide


def message(topic: str, partition: int, offset: int, value: bytes | None = b"v", error: int | None = None) -> Message:
    return Message(
        topic=topic,
        partition=partition,
        offset=offset,
        key=b"k%d" % offset,
        value=value,
        timestamp=(1, 100 + offset),
        error=None if error is None else KafkaError(error),
    )


MESSAGES = [message("a", 0, 5), message("a", 0, 7, None), message("a", 1, 3), message("b", 1, 4), message("a", 0, 8)]
RECORDS = [
    Inbound("a", 0, 5, 105, b"k5", b"v"),
    Inbound("a", 0, 7, 107, b"k7", None),
    Inbound("a", 1, 3, 103, b"k3", b"v"),
    Inbound("b", 1, 4, 104, b"k4", b"v"),
    Inbound("a", 0, 8, 108, b"k8", b"v"),
]
RUNS = [
    Run(Partition("a", 0), 0, [b"k5", b"k7"], [b"v", None]),
    Run(Partition("a", 1), 2, [b"k3"], [b"v"]),
    Run(Partition("b", 1), 3, [b"k4"], [b"v"]),
    Run(Partition("a", 0), 4, [b"k8"], [b"v"]),
]


def test_a_batch_is_its_records() -> None:
    batch = Batch(MESSAGES)
    assert list(batch) == RECORDS
    assert len(batch) == 5
    assert batch[-1] == RECORDS[-1]
    assert batch[1:3] == RECORDS[1:3]


def test_messages_and_records_have_the_same_runs() -> None:
    assert list(runs(Batch(MESSAGES))) == RUNS
    assert list(runs(RECORDS)) == RUNS
    assert [run.stop for run in RUNS] == [2, 3, 4, 5]
    assert list(runs(Batch([]))) == list(runs([])) == []


def test_ends_of_partitions_are_told_apart_from_records() -> None:
    end = message("a", 0, 9, error=KafkaError._PARTITION_EOF)
    batch, ends = divide([*MESSAGES[:2], end, *MESSAGES[2:]])
    assert list(batch) == RECORDS
    assert ends == {Partition("a", 0): 9}
    assert divide(MESSAGES)[1] == {}


def test_what_passes_is_left_out_and_what_does_not_is_raised() -> None:
    batch, ends = divide([message("a", 0, 1, error=KafkaError._TRANSPORT), MESSAGES[0]])
    assert (list(batch), ends) == (RECORDS[:1], {})
    with pytest.raises(KafkaException):
        divide([message("a", 0, 1, error=KafkaError.TOPIC_AUTHORIZATION_FAILED)])
