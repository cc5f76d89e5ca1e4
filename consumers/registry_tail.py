"""The whole registry in memory, kept up to date: read from its start before the first event, then followed."""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumers.kafka import Clients, Inbound, OnError, Partition, inbound
from consumers.metrics import Metrics
from consumers.restore import Interrupted, Stopping, end_offsets, passes
from consumers.telemetry import Log
from matcher.native import Index, make_index
from schemas.checks import check_protected_person
from schemas.codec import Codec
from schemas.reasons import Reason, Refused
from schemas.topics import PROTECTION_STATUSES


class RegistryTail:
    """Feeds an index from the topic `protection-statuses`. Used from one thread.

    A row that cannot be read leaves the person as they were; the service `candidates`, which consumes the topic as a
    group, puts it on the dead letters, so here it is only counted.
    """

    def __init__(
        self, clients: Clients, codec: Codec, metrics: Metrics, log: Log, on_error: OnError, *, native: bool = False
    ) -> None:
        self.index: Index = make_index(codec, native=native)
        self._decode = codec.decode
        self._metrics = metrics
        self._log = log
        self._admin = clients.admin(on_error)
        self._consumer: Consumer = clients.reader(on_error)

    def load(self, stopping: Stopping, progress: Callable[[int], None] | None = None) -> None:
        """Read everything that is on the topic now. Raises Interrupted."""
        started = time.monotonic()
        partitions = [Partition(PROTECTION_STATUSES.name, n) for n in range(PROTECTION_STATUSES.partitions)]
        left = {p: end for p, end in end_offsets(self._admin, partitions, stopping).items() if end > 0}
        self._consumer.assign([TopicPartition(p.topic, p.number, 0) for p in partitions])
        rows = 0
        while left:
            records: list[Inbound] = []
            for message in self._consumer.consume(num_messages=2000, timeout=0.1):
                error = message.error()
                if error is None:
                    records.append(inbound(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    place = Partition(message.topic() or "", message.partition() or 0)
                    if (message.offset() or 0) >= left.get(place, 0):
                        left.pop(place, None)
                elif not passes(error):
                    raise KafkaException(error)
            self._take_all(records)
            rows += len(records)
            if progress is not None:
                progress(rows)
            if stopping():
                raise Interrupted
        seconds = round(time.monotonic() - started, 3)
        self._metrics.registry_people.set(len(self.index))
        self._log.info("registry-loaded", people=len(self.index), rows=rows, seconds=seconds)

    def follow(self) -> None:
        """Take in what has come since; does not wait."""
        records: list[Inbound] = []
        for message in self._consumer.consume(num_messages=500, timeout=0):
            error = message.error()
            if error is None:
                records.append(inbound(message))
            elif error.code() != KafkaError._PARTITION_EOF and not passes(error):
                raise KafkaException(error)
        self._take_all(records)
        self._metrics.registry_people.set(len(self.index))

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def _take_all(self, records: list[Inbound]) -> None:
        """In their order: what the index leaves to be judged is judged before it goes on."""
        keys, values = [record.key for record in records], [record.value for record in records]
        at = 0
        while (at := self.index.upsert_batch(keys, values, at)) < len(records):
            self._take(records[at])
            at += 1

    def _take(self, record: Inbound) -> None:
        person_id = (record.key or b"").decode("ascii", "replace")
        if record.value is None:
            self.index.remove(person_id)
            return
        try:
            self.index.upsert(person_id, record.value, check_registry_row(self._decode, record))
        except Refused as refusal:
            self._metrics.registry_refused.labels(refusal.reason.value).inc()


def check_registry_row(decode: Callable[[bytes | None], dict[str, object]], record: Inbound) -> dict[str, object]:
    """Raw values of a registry row that may be used. Raises Refused."""
    values = decode(record.value)
    check_protected_person(values)
    if record.key != str(values["person_id"]).encode():
        raise Refused(Reason.KEY_MISMATCH, "person_id")
    return values
