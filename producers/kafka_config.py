"""Settings of the Kafka client: what an agency may choose, and what the publisher insists on."""

from __future__ import annotations

from collections.abc import Mapping

Setting = str | int | float | bool
ClientConfig = Mapping[str, Setting]

# Safety is not the agency's choice: no event lost, none doubled by a retry, Java and librdkafka agree on partitions.
_INSISTED: dict[str, Setting] = {
    "acks": "all",
    "enable.idempotence": True,
    "partitioner": "murmur2_random",
    # Never give a record up: it waits, in its order, until Kafka takes it or the caller stops waiting. A record given
    # up and sent again later could overtake a newer one with its key.
    "message.timeout.ms": 0,
}
_PREFERRED: dict[str, Setting] = {
    "client.id": "resesignal-publisher",
    "compression.type": "lz4",
    "linger.ms": 10,
    # The transport reports what the connection says; librdkafka would also write it to stderr, over the progress bar.
    "log_level": 0,
    "reconnect.backoff.max.ms": 2_000,
}
_OWN = frozenset({"bootstrap.servers", "metadata.broker.list", "transactional.id", "request.required.acks"})
# The other names under which librdkafka takes what is insisted on, or which would weaken it.
_ALIASES = frozenset({"delivery.timeout.ms", "retries", "message.send.max.retries", "batch.size", "message.max.bytes"})
RESERVED = frozenset(_INSISTED) | _OWN | _ALIASES


class ClientConfigError(ValueError):
    """A line of a client configuration cannot be used. The text names line and setting, never a value."""


def read_properties(text: str) -> dict[str, Setting]:
    """librdkafka properties, one `name=value` on a line; blank lines and lines that begin with # or ! are left out.

    Raises ClientConfigError for a line without `=`, and for a setting that the publisher insists on.
    """
    settings: dict[str, Setting] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line[0] in "#!":
            continue
        name, separator, value = line.partition("=")
        name = name.strip()
        if not separator or not name:
            raise ClientConfigError(f"line {number} is not of the form name=value")
        if name in RESERVED:
            raise ClientConfigError(f"line {number}: {name} is set by the publisher and cannot be changed here")
        settings[name] = value.strip()
    return settings


def producer_config(bootstrap: str, extra: ClientConfig, *, max_bytes: int) -> dict[str, Setting]:
    """Settings for a producer.

    Args:
        bootstrap: host:port of one or more brokers, with commas between.
        extra: the agency's own, such as SASL and TLS; they do not override what the publisher insists on.
        max_bytes: the limit of the topic (`Topic.max_bytes`). The broker applies it to whole batches, and librdkafka
            does not split a batch that is refused, so that no batch may be larger.
    """
    return {
        **_PREFERRED,
        **extra,
        **_INSISTED,
        "bootstrap.servers": bootstrap,
        "batch.size": max_bytes,
        "message.max.bytes": max_bytes + 1_000,  # the record's exact limit is checked when it is prepared
    }


def reader_config(bootstrap: str, extra: ClientConfig) -> dict[str, Setting]:
    """Settings for reading a topic from its beginning to its end, without a consumer group and its commits."""
    connection = {name: value for name, value in extra.items() if name.startswith(("sasl.", "ssl.", "security."))}
    return {
        **connection,
        "bootstrap.servers": bootstrap,
        "client.id": "resesignal-register-feed",
        "group.id": "resesignal-register-feed",  # required by the client; nothing joins it
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "fetch.queue.backoff.ms": 10,
        "log_level": 0,
    }
