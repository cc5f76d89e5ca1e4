"""Where a key lives: the rule in the AsyncAPI document is what a real client and broker do."""

from __future__ import annotations

import secrets

from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from deploy.asyncapi import document
from deploy.wire_example import murmur2


def test_librdkafka_puts_a_key_where_the_document_says(kafka_bootstrap: str) -> None:
    topic = f"partitioning-{secrets.token_hex(4)}"
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    for future in admin.create_topics([NewTopic(topic, 6, 1)]).values():
        future.result()
    example = document()["x-partitioning"]["example"]
    keys = [example["key"].encode(), *(f"key-{number}".encode() for number in range(50))]
    found: dict[bytes, int] = {}

    def note(_error: object, message: Message) -> None:
        key, partition = message.key(), message.partition()
        assert isinstance(key, bytes)
        assert partition is not None
        found[key] = partition

    producer = Producer({"bootstrap.servers": kafka_bootstrap, "partitioner": "murmur2_random"})
    for key in keys:
        producer.produce(topic, key=key, value=b"", on_delivery=note)
    assert producer.flush(20) == 0
    assert found == {key: (murmur2(key) & 0x7FFFFFFF) % 6 for key in keys}
    assert found[keys[0]] == example["partition"]
    for future in admin.delete_topics([topic]).values():
        future.result()
