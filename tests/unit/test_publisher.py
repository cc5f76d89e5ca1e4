"""The publisher: accepted is on disk, removed is acknowledged, and nothing between is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from confluent_kafka import KafkaError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from producers.publisher import Publisher
from producers.spool import Record, Spool, SpoolFull
from producers.transport import KafkaRefusal, Transport
from schemas.reasons import Reason, Refused
from schemas.records import BorderCrossing
from schemas.topics import BORDER_CROSSINGS
from tests.events import crossing, identity
from tests.fake_producer import Clock, Factory


def some(numbers: range) -> list[Record]:
    return [Record(b"%d" % number, b"value") for number in numbers]


@contextmanager
def opened(folder: Path, factory: Factory, *, max_bytes: int = 10**9, patience: float = 5.0) -> Iterator[Publisher]:
    clock = Clock()
    transport = Transport({}, make_producer=factory, clock=clock)
    with Publisher(
        BORDER_CROSSINGS, Spool(folder, max_bytes=max_bytes), transport, patience=patience, clock=clock
    ) as publisher:
        yield publisher


def test_what_kafka_does_not_acknowledge_waits_and_goes_first_next_time(tmp_path: Path) -> None:
    factory = Factory()
    with opened(tmp_path, factory) as publisher:
        publisher.accept_prepared(some(range(5)))
        publisher.pump()
        factory.newest.report(2)
        assert publisher.drain(1) == 3
    with opened(tmp_path, factory) as publisher:
        publisher.accept_prepared(some(range(5, 7)))
        publisher.pump()
        assert factory.newest.keys == [b"2", b"3", b"4", b"5", b"6"]
        factory.newest.report(5)
        assert publisher.drain(1) == 0
        assert (publisher.accepted, publisher.delivered, publisher.waiting) == (2, 5, 0)


def test_an_event_is_sent_once_in_a_run_however_often_it_is_pumped(tmp_path: Path) -> None:
    factory = Factory()
    with opened(tmp_path, factory) as publisher:
        publisher.accept_prepared(some(range(3)))
        for _ in range(5):
            publisher.pump()
        assert factory.newest.keys == [b"0", b"1", b"2"]


def test_typed_events_are_checked_all_or_none(tmp_path: Path) -> None:
    good = BorderCrossing.model_validate(crossing(1))
    bad = good.model_copy(update={"border_point": "Arlanda"})
    with opened(tmp_path, Factory()) as publisher:
        with pytest.raises(Refused) as caught:
            publisher.accept([good, bad])
        assert caught.value.reason is Reason.PLACE_INVALID
        assert publisher.waiting == 0
        publisher.accept([good])
        assert publisher.waiting == 1


def test_the_fate_of_each_event_is_told(tmp_path: Path) -> None:
    factory = Factory()
    fates: list[tuple[bytes, str | None]] = []
    transport = Transport({}, make_producer=factory)
    with Publisher(
        BORDER_CROSSINGS,
        Spool(tmp_path),
        transport,
        on_outcome=lambda key, refusal: fates.append((key, refusal.code if refusal else None)),
    ) as publisher:
        publisher.accept([BorderCrossing.model_validate(crossing(1))])
        publisher.pump()
        factory.newest.report(1)
        publisher.pump()
    assert fates == [(identity(1).encode(), None)]


def test_when_kafka_refuses_for_good_nothing_more_is_sent_and_everything_stays(tmp_path: Path) -> None:
    factory = Factory()
    with opened(tmp_path, factory) as publisher:
        publisher.accept_prepared(some(range(3)))
        publisher.pump()
        factory.newest.report(1, KafkaError.TOPIC_AUTHORIZATION_FAILED)
        with pytest.raises(KafkaRefusal) as caught:
            publisher.pump()
        assert caught.value.code == "TOPIC_AUTHORIZATION_FAILED"
        publisher.accept_prepared(some(range(3, 4)))
        with pytest.raises(KafkaRefusal):
            publisher.drain(1)
        assert factory.newest.keys == [b"1", b"2"]
        assert publisher.waiting == 4


def test_a_full_spool_waits_while_kafka_takes_records(tmp_path: Path) -> None:
    factory = Factory(on_poll=lambda producer: producer.report(50))
    with opened(tmp_path, factory, max_bytes=100_000) as publisher:
        for _ in range(100):
            publisher.accept_prepared([Record(b"key", b"x" * 300)] * 50)
        assert publisher.drain(5) == 0
        assert publisher.delivered == 5_000


def test_a_full_spool_is_told_when_kafka_takes_nothing_and_keeps_what_it_has(tmp_path: Path) -> None:
    with opened(tmp_path, Factory(), max_bytes=100_000) as publisher:
        batch = [Record(b"key", b"x" * 300)] * 50
        with pytest.raises(SpoolFull):  # noqa: PT012 - which of them does not fit is SQLite's affair
            for _ in range(100):
                publisher.accept_prepared(batch)
        assert publisher.waiting == publisher.accepted > 0
        assert publisher.accepted % 50 == 0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(1, 4)),
        st.tuples(st.just("acknowledge"), st.integers(1, 4)),
        st.tuples(st.just("break"), st.integers(1, 2)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=15,
)


@settings(max_examples=50, deadline=None)
@given(steps=steps)
@example(steps=[("accept", 1), *[("break", 1)] * 7])
def test_every_accepted_event_is_acknowledged_at_least_once_and_the_last_of_a_key_last(
    steps: list[tuple[str, int]],
) -> None:
    """One key, so that order matters: what Kafka holds at the end must be the value accepted last."""
    received: list[bytes | None] = []
    factory = Factory()

    def acknowledge(count: int) -> None:
        received.extend(value for _, value, _ in factory.newest.taken[:count])
        factory.newest.report(count)

    def restarted(publisher: Publisher, folder: Path) -> Publisher:
        publisher.close()
        return Publisher(BORDER_CROSSINGS, Spool(folder), Transport({}, make_producer=factory, clock=Clock()))

    accepted = 0
    with TemporaryDirectory() as name:
        spool = Spool(Path(name))
        publisher = Publisher(BORDER_CROSSINGS, spool, Transport({}, make_producer=factory, clock=Clock()))
        for step, count in [*steps, ("restart", 0)]:
            if step == "accept":
                publisher.accept_prepared([Record(b"key", b"%d" % (accepted + i)) for i in range(count)])
                accepted += count
            elif step == "acknowledge":
                acknowledge(count)
            elif step == "break":
                factory.newest.report(count, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
            else:
                publisher = restarted(publisher, Path(name))
            try:
                publisher.pump()
            except KafkaRefusal:
                # Producers were replaced in vain too often: the command ends with it, and is started again.
                publisher = restarted(publisher, Path(name))
                publisher.pump()
        while factory.newest.taken:
            acknowledge(100)
            publisher.pump()
        assert publisher.waiting == 0
        publisher.close()
    assert set(received) == {b"%d" % number for number in range(accepted)}
    assert not received or received[-1] == b"%d" % (accepted - 1)
