"""The publisher for agencies: an event is accepted when it is on disk, and leaves the disk when Kafka has it.

    with Publisher(BORDER_CROSSINGS, Spool(folder), Transport(config)) as publisher:
        publisher.accept([event, ...])  # validated and on disk, or an exception that says why not
        publisher.pump(0.1)             # call it often: sends, and hears what Kafka has acknowledged
        publisher.drain(30)             # before leaving; what is not acknowledged then waits in the spool

Killed at any moment it loses nothing that was accepted. Records that Kafka had but had not acknowledged are sent again
with the same event id, which readers count as duplicates. Records of one key reach Kafka in the order of acceptance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from producers.preparing import Preparer
from producers.spool import Record as Bytes
from producers.spool import Spool, Spooled, SpoolFull
from producers.transport import KafkaAway, KafkaRefusal, Transport
from schemas.records import Record
from schemas.topics import Topic

# Enough to keep every partition's batches full, few enough for librdkafka's queue and to be sent again after a crash.
_IN_FLIGHT = 20_000
_IN_FLIGHT_BYTES = 64 * 1024 * 1024
_READ = 1_000
# Acknowledged records are removed from the disk in groups, or at the latest when this many seconds have passed.
_REMOVE = 2_000
_REMOVE_AFTER = 0.5
_SLICE = 0.1

# What became of a record: its key, and None when Kafka has it.
OnOutcome = Callable[[bytes, KafkaRefusal | None], None]


class Publisher:
    """Publishes to one topic through a spool. It owns spool and transport and closes them.

    Args:
        topic: a topic that agencies write to.
        spool: the topic's own; what an earlier process left in it goes first.
        transport: the way to Kafka.
        preparer: validates and encodes; the topic's own unless a Schema Registry is used.
        on_outcome: told the fate of each record.
        patience: how many seconds without any acknowledgement are waited for room in a full spool.
        clock: a monotonic clock in seconds, the transport's.
    """

    def __init__(
        self,
        topic: Topic,
        spool: Spool,
        transport: Transport,
        *,
        preparer: Preparer | None = None,
        on_outcome: OnOutcome | None = None,
        patience: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.topic = topic
        self.preparer = preparer or Preparer(topic)
        self.accepted = 0
        self.delivered = 0
        self._spool = spool
        self._transport = transport
        self._on_outcome = on_outcome
        self._patience = patience
        self._clock = clock
        self._last_sent = 0  # id in the spool
        self._in_flight_bytes = 0
        self._acknowledged: list[int] = []
        self._last_removal = clock()
        self._refusal: KafkaRefusal | None = None

    @property
    def waiting(self) -> int:
        """Records accepted, now or by an earlier process, that Kafka has not acknowledged."""
        return self._spool.waiting - len(self._acknowledged)

    @property
    def moving(self) -> bool:
        """Whether Kafka has acknowledged something in the last two seconds."""
        return self._clock() - self._transport.last_progress < 2.0 and self.delivered > 0

    @property
    def connection_error(self) -> str | None:
        """What the connection to Kafka said last, as Kafka's name of the error."""
        return self._transport.statistics.last_error

    def accept(self, events: Sequence[Record]) -> None:
        """Accept typed events, all or none. Raises Refused, SpoolError."""
        self.accept_prepared([self.preparer.from_record(event) for event in events])

    def accept_prepared(self, records: Sequence[Bytes]) -> None:
        """Accept records that the preparer has made: they are on disk when it returns.

        While the spool is full and Kafka takes records, it waits for room. Raises SpoolFull when Kafka has taken
        nothing for `patience` seconds: then nothing of this call was accepted, and everything accepted before is safe.
        """
        began = self._clock()
        while True:
            try:
                self._spool.append(records)
            except SpoolFull:
                quiet_since = max(began, self._transport.last_progress)
                if self.waiting == 0 or self._refusal or self._clock() - quiet_since > self._patience:
                    raise
                self._pump(_SLICE)
                self._remove()
            else:
                self.accepted += len(records)
                return

    def pump(self, wait: float = 0.0) -> None:
        """Send what fits and hear what has been delivered, waiting up to `wait` seconds for news.

        Raises KafkaRefusal when Kafka refuses for a reason that lasts (permission, missing topic): everything is safe
        in the spool, and nothing more is sent by this publisher.
        """
        self._pump(wait)
        if self._refusal:
            raise self._refusal

    def drain(self, patience: float, on_step: Callable[[], None] | None = None) -> int:
        """Wait until Kafka has everything, or has acknowledged nothing for `patience` seconds; how many still wait.

        `on_step` is called several times a second; what it raises ends the wait. Raises KafkaRefusal.
        """
        began = self._clock()
        while self.waiting and self._clock() - max(began, self._transport.last_progress) < patience:
            self.pump(_SLICE)
            if on_step is not None:
                on_step()
        self._remove()
        return self.waiting

    def close(self) -> None:
        """Note what was delivered and let go of Kafka and the spool."""
        try:
            self._remove()
        finally:
            self._transport.close()
            self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pump(self, wait: float) -> None:
        try:
            if not self._refusal:
                self._send()
            self._transport.poll(wait)
        except KafkaAway as away:
            # Only where replacing a broken producer led nowhere: this process can do no more.
            self._refusal = KafkaRefusal(away.code or "_FATAL")
        if len(self._acknowledged) >= _REMOVE or self._clock() - self._last_removal > _REMOVE_AFTER:
            self._remove()

    def _send(self) -> None:
        while self._transport.in_flight < _IN_FLIGHT and self._in_flight_bytes < _IN_FLIGHT_BYTES:
            batch = self._spool.read(self._last_sent, _READ)
            for spooled in batch:
                record = spooled.record
                self._in_flight_bytes += _size(record)
                self._last_sent = spooled.id
                self._transport.send(self.topic.name, record.key, record.value, partial(self._report, spooled))
            if len(batch) < _READ:
                return

    def _report(self, spooled: Spooled, refusal: KafkaRefusal | None) -> None:
        self._in_flight_bytes -= _size(spooled.record)
        if refusal is None:
            self.delivered += 1
            self._acknowledged.append(spooled.id)
        elif self._refusal is None:
            self._refusal = refusal
        if self._on_outcome is not None:
            self._on_outcome(spooled.record.key, refusal)

    def _remove(self) -> None:
        self._last_removal = self._clock()
        acknowledged, self._acknowledged = self._acknowledged, []
        self._spool.remove(acknowledged)


def _size(record: Bytes) -> int:
    return len(record.key) + len(record.value or b"")
