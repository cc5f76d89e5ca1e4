"""The transport: each record's fate is told exactly once, in order, also when a producer breaks down for good."""

from __future__ import annotations

from functools import partial

import pytest
from confluent_kafka import KafkaError

from producers.kafka_config import ClientConfigError, producer_config, read_properties
from producers.transport import KafkaAway, KafkaRefusal, Transport
from tests.fake_producer import Clock, Factory


class Fates(list[tuple[int, str]]):
    """What was told of each record."""

    def hear(self, number: int, refusal: KafkaRefusal | None) -> None:
        self.append((number, "delivered" if refusal is None else refusal.code))

    def send(self, transport: Transport, numbers: range) -> None:
        for number in numbers:
            transport.send("topic", b"%d" % number, b"value", partial(self.hear, number))


def test_each_record_is_told_once_when_kafka_has_it() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(3))
    factory.newest.report(2)
    transport.poll()
    assert fates == [(0, "delivered"), (1, "delivered")]
    assert (transport.in_flight, transport.statistics.sent, transport.statistics.delivered) == (1, 3, 2)


def test_after_a_fatal_error_a_new_producer_sends_what_was_not_acknowledged_in_its_order() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(6))
    factory.newest.report(2)
    factory.newest.report(1, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
    transport.poll()
    assert len(factory.made) == 2
    assert factory.newest.keys == [b"2", b"3", b"4", b"5"]
    assert fates == [(0, "delivered"), (1, "delivered")]
    factory.newest.report(4)
    assert transport.flush(1) == 0
    assert fates == [(number, "delivered") for number in range(6)]
    assert transport.statistics.producers_replaced == 1


def test_a_fatal_error_met_while_sending_loses_no_record() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(2))
    factory.newest.refuse_with = KafkaError._FATAL
    fates.send(transport, range(2, 4))
    assert factory.newest.keys == [b"0", b"1", b"2", b"3"]


def test_a_fatal_error_told_by_the_connection_replaces_the_producer() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(2))
    factory.newest.config["error_cb"](KafkaError(KafkaError._FATAL, "", True))
    transport.poll()
    assert len(factory.made) == 2
    assert factory.newest.keys == [b"0", b"1"]


def test_an_acknowledgement_that_a_broken_producer_still_brings_is_heard() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(3))
    first = factory.newest
    first.report(1, KafkaError.INVALID_PRODUCER_EPOCH)
    # Purging asks for reports; the one of record 1 turns out to be a success.
    first.purge = lambda **_: first.report(1)  # type: ignore[method-assign]
    transport.poll()
    assert fates == [(1, "delivered")]
    assert factory.newest.keys == [b"0", b"2"]


def test_producers_are_not_replaced_for_ever() -> None:
    factory = Factory(on_poll=lambda producer: producer.report(1, KafkaError._FATAL))
    transport = Transport({}, make_producer=factory)
    transport.send("topic", b"key", b"value")
    with pytest.raises(KafkaAway) as caught:
        transport.flush(10)
    assert caught.value.code == "_FATAL"
    assert len(factory.made) == 6


def test_what_kafka_refuses_is_told_with_its_code() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(2))
    factory.newest.report(1, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    factory.newest.report(1)
    transport.poll()
    assert fates == [(0, "TOPIC_AUTHORIZATION_FAILED"), (1, "delivered")]
    assert transport.statistics.refused == 1


def test_what_the_client_itself_refuses_is_told_in_the_same_way() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    factory.newest.refuse_with = KafkaError.MSG_SIZE_TOO_LARGE
    fates.send(transport, range(1))
    assert fates == [(0, "MSG_SIZE_TOO_LARGE")]


def test_a_full_queue_is_waited_for() -> None:
    factory, fates = Factory(capacity=2, on_poll=lambda producer: producer.report(1)), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(10))
    assert transport.flush(1) == 0
    assert fates == [(number, "delivered") for number in range(10)]
    assert transport.statistics.queue_full > 0


def test_a_queue_that_stays_full_is_told_and_the_record_was_not_taken() -> None:
    factory, fates = Factory(capacity=2), Fates()
    transport = Transport({}, patience=1, make_producer=factory, clock=Clock())
    fates.send(transport, range(2))
    with pytest.raises(KafkaAway):
        fates.send(transport, range(2, 3))
    factory.newest.report(2)
    assert transport.flush(1) == 0
    assert fates == [(0, "delivered"), (1, "delivered")]


def test_flush_gives_up_in_time_and_says_how_many_are_unknown() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory, clock=Clock())
    fates.send(transport, range(3))
    assert transport.flush(1) == 3
    assert fates == []


def test_closing_tells_no_fate() -> None:
    factory, fates = Factory(), Fates()
    transport = Transport({}, make_producer=factory)
    fates.send(transport, range(3))
    transport.close()
    assert fates == []


def test_the_publisher_insists_on_what_keeps_events_safe() -> None:
    config = producer_config("host:1", {"sasl.username": "police", "linger.ms": 50}, max_bytes=65_536)
    assert config["acks"] == "all"
    assert config["enable.idempotence"] is True
    assert config["partitioner"] == "murmur2_random"
    assert config["compression.type"] == "lz4"
    assert config["message.timeout.ms"] == 0
    assert config["batch.size"] == 65_536
    assert (config["sasl.username"], config["linger.ms"]) == ("police", 50)


def test_client_properties_are_read_as_librdkafka_writes_them() -> None:
    text = "# TLS\nsecurity.protocol=SASL_SSL\n\n sasl.password = a=b#c \n! old\n"
    assert read_properties(text) == {"security.protocol": "SASL_SSL", "sasl.password": "a=b#c"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=1\nsecret", "line 2 is not of the form name=value"),
        ("acks=0", "line 1: acks is set by the publisher and cannot be changed here"),
        ("retries=secret", "line 1: retries is set by the publisher and cannot be changed here"),
    ],
)
def test_a_wrong_client_property_is_named_by_line_and_never_by_value(text: str, message: str) -> None:
    with pytest.raises(ClientConfigError) as caught:
        read_properties(text)
    assert str(caught.value) == message
