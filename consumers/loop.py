"""The transactional loop: read, decide, write, commit, written once for every service from Kafka to Kafka.

What a batch leads to, its dead letters, and the offsets behind it are one transaction, so each record has exactly one
effect however often processes die (KIP-98, KIP-447). The order of steps, and why:

1. `consume` a batch. Rebalances are served in here: what is open is committed or aborted before partitions go.
2. `handle` it. The handler changes its own memory and returns what to write; it never touches Kafka.
3. `produce`, and count each record's outcome in the progress of its partition.
4. When enough is gathered or time is up: send the offsets, with the progress as metadata, and commit.

When anything fails the transaction is aborted. The consumer's position and the handler's memory are then ahead of what
is committed, so both are thrown away and taken up again from what the broker holds: the same path as for partitions
newly assigned. A producer that was fenced or fell ill is replaced. What cannot pass (wrong settings, no right to write)
ends the process.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

from consumers.batch import runs
from consumers.bounded import Overdue, bounded
from consumers.kafka import Clients, Inbound, Outbound, Partition, meet
from consumers.membership import Membership
from consumers.metrics import Metrics
from consumers.portion import Portion
from consumers.progress import Progress
from consumers.reachability import Reachability
from consumers.restore import Interrupted, Restorer, committed_offsets, divide, passes, patiently
from consumers.stall import StallDetector
from consumers.telemetry import Log
from matcher.memory import Outcome
from schemas.codec import Codec
from schemas.reasons import Refused
from schemas.records import DeadLetter
from schemas.topics import DEAD_LETTERS, dead_letter_key


@dataclass(slots=True)
class Handled:
    """What became of a batch.

    Attributes:
        outcomes: one for each record, in the order of the batch.
        refusals: for each record whose outcome is DEAD, why: by index in the batch.
        outbound: records to write, in order.
        touched: partitions, beside those of the batch, of which the note is to be committed anew.
    """

    outcomes: list[Outcome]
    refusals: dict[int, Refused] = field(default_factory=dict)
    outbound: list[Outbound] = field(default_factory=list)
    touched: set[Partition] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Held:
    """What is committed of a partition: offset of the next record, -1 before the first; and the handler's note."""

    next_offset: int
    note: Mapping[str, Any]


@dataclass(slots=True)
class Tended:
    """What became of something done between batches.

    Attributes:
        records: number of records looked at; they count towards the size of the transaction.
        outbound: records to write, in order.
        touched: partitions of which the note is to be committed anew.
    """

    records: int = 0
    outbound: list[Outbound] = field(default_factory=list)
    touched: set[Partition] = field(default_factory=set)


class Handler(Protocol):
    """A service's deciding. Called from one thread only."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it reads."""

    def take(self, held: Mapping[Partition, Held], restorer: Restorer) -> None:
        """Take up the memory of partitions, as committed, before their first record is handled."""

    def drop(self, partitions: Sequence[Partition]) -> None:
        """Forget all about partitions."""

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        """Decide on a batch; records of one partition are in their order."""

    def tend(self, position: Callable[[Partition], int]) -> Tended:
        """Called between batches, at least some times a second; `position` tells the next offset of a partition."""

    def note(self, place: Partition) -> Mapping[str, Any]:
        """What is to be committed with the offset of a partition, plain values of at most 1 KB."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is gathered.

    Attributes:
        batch: most records handed to the handler at once; fewer where they take long.
        wait_s: how long a batch is waited for; with `commit_s` it bounds the latency.
        commit_s: a transaction is committed this long after its first record when the end of the topic was reached,
        backlog_commit_s: and this long after it while there is a backlog, where throughput counts.
        records: a transaction never holds more records.
    """

    batch: int = 2000
    wait_s: float = 0.02
    commit_s: float = 0.02
    backlog_commit_s: float = 0.5
    records: int = 100_000


class TransactionalLoop:
    """Runs a handler until it is told to stop. See the module for the order of steps."""

    def __init__(
        self,
        handler: Handler,
        clients: Clients,
        metrics: Metrics,
        log: Log,
        stopping: Callable[[], bool],
        *,
        version: str,
        pace: Pace | None = None,
        schema_ids: Mapping[str, int] | None = None,
        reach: Reachability | None = None,
    ) -> None:
        self._handler = handler
        self._clients = clients
        self._metrics = metrics
        self._log = log
        self._stopping = stopping
        self._version = version
        self._pace = pace or Pace()
        self._reach = reach or Reachability(metrics, log)
        self._restorer = Restorer(clients, self._reach.on_error, stopping, log)
        self._dead_letters = Codec(DEAD_LETTERS.record, confluent_id=(schema_ids or {}).get(DEAD_LETTERS.name))
        self._member = Membership(
            clients,
            handler.topics,
            self._reach,
            log,
            on_assign=self._assigned,
            on_revoke=self._revoked,
            on_lost=self._lost,
        )
        self._producer: Producer | None = None
        self._progress: dict[Partition, Progress] = {}
        self._open = _Open()
        self._must_rewind = False
        self._tending = False
        # What is tended to and handled comes into one transaction, with what was open before.
        self._portion = Portion(self._pace.batch, clients.transaction_timeout_ms / 1000 / 10)

    @property
    def stall(self) -> StallDetector:
        """To be told of the group's lag."""
        return self._member.stall

    def ready(self) -> bool:
        """Whether partitions were assigned and their memory taken up, or all went to other instances."""
        return self._reach.joined

    def run(self) -> None:
        """Read, decide, write until stopping. Raises what cannot pass."""
        try:
            self._renew_producer()
            self._member.join()
            while not self._stopping():
                self._step()
            self._commit_or_abort()
        except Interrupted:
            self._abort()
        except BaseException:
            self._abort()
            raise
        finally:
            self._member.close()
            if self._producer is not None:
                self._producer.close()

    def _step(self) -> None:
        if self._must_rewind:
            self._rewind()
        if self.stall.stalled(self._progress):
            self._commit_or_abort()
            self._forget(list(self._progress))
            self._member.renew()
        # While the handler has something else to do, new records are taken as they come and not waited for.
        wait_s = 0.0 if self._tending else self._pace.wait_s
        wanted = self._portion.size
        messages = self._member.consumer.consume(num_messages=wanted, timeout=wait_s)
        batch, ends = divide(messages)
        if batch:
            self.stall.heard()
        else:
            self.stall.asked_in_vain()
        self._tending = False
        if not self._must_rewind:
            self._attempt(self._tend)
        if batch and not self._must_rewind:
            self._attempt(lambda: self._process(batch))
        if ends and not self._must_rewind:
            self._attempt(lambda: self._pass_markers(ends))
        if self._due(caught_up=len(messages) < wanted):
            self._commit_or_abort()

    def _tend(self) -> None:
        try:
            tended = self._handler.tend(lambda place: self._progress[place].next_offset)
        except KafkaException:
            self._must_rewind = True  # the handler's memory may be ahead of what is written, also outside a transaction
            raise
        self._tending = tended.records > 0
        touched = self._committable(tended.touched)
        if tended.outbound or touched:
            producer = self._begin()
            for outbound in tended.outbound:
                self._produce(producer, outbound)
            self._open.records += tended.records
            self._open.touched |= touched

    def _process(self, batch: Sequence[Inbound]) -> None:
        producer = self._begin()
        started = time.monotonic()
        handled = self._handler.handle(batch)
        took = time.monotonic() - started
        self._metrics.decision_seconds.observe(took)
        self._portion.took(len(batch), took)
        self._count(batch, handled)
        for index, refusal in handled.refusals.items():
            self._produce(producer, self._dead_letter(batch[index], refusal))
        for outbound in handled.outbound:
            self._produce(producer, outbound)
        self._open.touched |= self._committable(handled.touched)
        self._open.records += len(batch)
        self._metrics.batch_size.observe(len(batch))

    def _count(self, batch: Sequence[Inbound], handled: Handled) -> None:
        """Exactly one outcome for each record; by runs, since one by one costs as much as looking a person up."""
        for run in runs(batch):
            partition = run.partition
            counts = Counter(handled.outcomes[run.start : run.stop])
            for outcome, count in counts.items():
                if outcome is not Outcome.DEAD:
                    self._open.count(partition.topic, outcome, "", count)
            first, last = batch[run.start].offset, batch[run.stop - 1].offset
            self._progress[partition].advance_all(first, last, {one.value: count for one, count in counts.items()})
            self._open.touched.add(partition)
        for index, refusal in handled.refusals.items():
            self._open.count(batch[index].topic, Outcome.DEAD, refusal.reason.value)

    def _committable(self, places: Iterable[Partition]) -> set[Partition]:
        """Those of which something was handled: others have no offset to commit."""
        return {place for place in places if self._progress[place].next_offset >= 0}

    def _pass_markers(self, ends: dict[Partition, int]) -> None:
        for partition, offset in ends.items():
            progress = self._progress.get(partition)
            if progress is not None and progress.pass_to(offset):
                self._begin()
                self._open.touched.add(partition)

    def _begin(self) -> Producer:
        if self._producer is None:
            self._renew_producer()
        producer = self._producer
        assert producer is not None  # noqa: S101 - _renew_producer sets it or raises
        if not self._open.begun:
            producer.begin_transaction()
            self._open.begun = True
            self._open.since = time.monotonic()
        return producer

    def _produce(self, producer: Producer, record: Outbound) -> None:
        while True:
            try:
                producer.produce(record.topic, record.value, record.key, record.partition)
                break
            except BufferError:  # the local queue is full: wait for the broker
                producer.poll(0.05)
        self._open.produced[record.topic] = self._open.produced.get(record.topic, 0) + 1

    def _dead_letter(self, record: Inbound, refusal: Refused) -> Outbound:
        value = record.value or b""
        letter = DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp=datetime.fromtimestamp(record.timestamp / 1000, UTC),
            sha256=hashlib.sha256(value).hexdigest(),
            size=len(value),
            reason=refusal.reason.value,
            field=refusal.field,
            service=self._clients.group,
            version=self._version,
        )
        key = dead_letter_key(record.topic, record.partition, record.offset)
        return Outbound(DEAD_LETTERS.name, key, self._dead_letters.encode_record(letter))

    # --- committing

    def _due(self, *, caught_up: bool) -> bool:
        if not self._open.begun:
            return False
        age = time.monotonic() - self._open.since
        limit = self._pace.commit_s if caught_up else self._pace.backlog_commit_s
        return age >= limit or self._open.records >= self._pace.records

    def _commit_or_abort(self) -> None:
        if self._open.begun:
            self._attempt(self._commit)

    def _commit(self) -> None:
        producer = self._begin()
        started = time.monotonic()
        for place in self._open.touched:
            self._progress[place].note = self._handler.note(place)
        offsets = [
            TopicPartition(p.topic, p.number, self._progress[p].next_offset, metadata=self._progress[p].metadata())
            for p in sorted(self._open.touched)
        ]
        # Asked for at every commit: it carries the generation, by which the broker refuses an owner of yesterday.
        group = self._member.consumer.consumer_group_metadata()
        # librdkafka does not keep to the time-out here when the coordinator went away and came back (its issue 5456).
        self._insist(lambda: bounded(lambda: producer.send_offsets_to_transaction(offsets, group, 5.0), 6.0))
        self._insist(lambda: producer.commit_transaction(10.0))
        self._metrics.transaction_seconds.observe(time.monotonic() - started)
        self._metrics.transaction_records.observe(self._open.records)
        self._open.report(self._metrics)
        self._open = _Open()

    def _insist(self, operation: Callable[[], None]) -> None:
        """Repeat an operation of the transaction while the broker says that it may be repeated."""
        while True:
            try:
                operation()
                return
            except KafkaException as error:
                cause: KafkaError = error.args[0]
                if not cause.retriable() or cause.fatal() or cause.txn_requires_abort() or self._stopping():
                    raise
                time.sleep(0.1)

    def _attempt(self, step: Callable[[], None]) -> None:
        """Do a step of the transaction; where it fails for a reason that passes, abort and start again from there."""
        try:
            step()
        except KafkaException as error:
            cause: KafkaError = error.args[0]
            if not (cause.txn_requires_abort() or cause.fatal() or passes(cause) or cause.code() in _OUTLIVED):
                raise
            self._log.warning("transaction-aborted", error=cause.name(), records=self._open.records)
            if cause.fatal():
                self._discard_producer()
            self._abort()
        except Overdue:
            self._log.warning("transaction-aborted", error="overdue", records=self._open.records)
            self._producer = None  # left to the call that still uses it; its successor fences it
            self._abort()

    def _abort(self) -> None:
        """Give up what is open. Everything in it is read again."""
        if not self._open.begun:
            return
        self._metrics.transactions_aborted.inc()
        self._open = _Open()
        self._must_rewind = True
        if self._producer is not None:
            try:
                self._producer.abort_transaction(10.0)
            except KafkaException:
                # Then the broker aborts it: at once when a new producer announces itself, or at its time-out.
                self._discard_producer()

    def _renew_producer(self) -> None:
        def announce() -> None:
            # A producer whose announcement failed cannot announce itself again: a new one each time.
            self._discard_producer()
            self._producer = self._clients.producer(self._reach.on_error)
            meet(self._producer)
            self._producer.init_transactions(10.0)

        patiently(announce, self._stopping)

    def _discard_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaException):
                producer.purge()
            with suppress(KafkaException):
                producer.close()

    # --- assignment

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._metrics.rebalances.labels("assigned").inc()
        self._take_up(consumer, _places(partitions))
        self._must_rewind = False
        self._reach.joined = True

    def _revoked(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._metrics.rebalances.labels("revoked").inc()
        # The partitions are still ours: what was handled can be committed, and the next owner need not repeat it.
        self._commit_or_abort()
        self._forget(_places(partitions))

    def _lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._metrics.rebalances.labels("lost").inc()
        # Somebody else owns them already; a commit would be refused.
        self._abort()
        self._forget(_places(partitions))

    def _forget(self, gone: Sequence[Partition]) -> None:
        self._handler.drop(gone)
        for partition in gone:
            self._progress.pop(partition, None)
        self._metrics.assigned.set(len(self._progress))

    def _rewind(self) -> None:
        """Take up what is assigned once more, from what is committed."""
        owned = sorted(self._progress)
        self._handler.drop(owned)
        self._progress.clear()
        self._must_rewind = False
        if owned:
            self._take_up(self._member.consumer, owned)

    def _take_up(self, consumer: Consumer, partitions: Sequence[Partition]) -> None:
        started = time.monotonic()
        if self._producer is None:
            # Ends the transaction that its predecessor left open; until then nobody can read past it.
            self._renew_producer()
        places = [TopicPartition(p.topic, p.number) for p in partitions]
        # First the offsets: the state read after them is at least as new, and later than them nothing was committed,
        # since this instance is the owner now.
        committed = patiently(lambda: committed_offsets(consumer, places, 10.0), self._stopping) if places else []
        for tp in committed:
            self._progress[Partition(tp.topic, tp.partition)] = Progress.read(tp.offset, tp.metadata)
        held = {place: Held(self._progress[place].next_offset, self._progress[place].note) for place in partitions}
        self._handler.take(held, self._restorer)
        consumer.assign(
            [
                TopicPartition(tp.topic, tp.partition, tp.offset if tp.offset >= 0 else OFFSET_BEGINNING)
                for tp in committed
            ]
        )
        self._metrics.assigned.set(len(self._progress))
        self._metrics.restore_seconds.observe(time.monotonic() - started)
        self._log.info("partitions-taken-up", count=len(places), seconds=round(time.monotonic() - started, 3))


def _places(partitions: Iterable[TopicPartition]) -> list[Partition]:
    return [Partition(tp.topic, tp.partition) for tp in partitions]


# What the broker says to one who is no longer a member, or whose transaction it has ended.
_OUTLIVED = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.INVALID_TXN_STATE,
        KafkaError._FENCED,
        KafkaError._FATAL,  # what `produce` says on a producer that was fenced
        KafkaError._STATE,
    }
)


@dataclass(slots=True)
class _Open:
    """What the open transaction holds."""

    begun: bool = False
    since: float = 0.0
    records: int = 0
    touched: set[Partition] = field(default_factory=set)
    produced: dict[str, int] = field(default_factory=dict)
    outcomes: dict[tuple[str, Outcome, str], int] = field(default_factory=dict)

    def count(self, topic: str, outcome: Outcome, reason: str, records: int = 1) -> None:
        key = (topic, outcome, reason)
        self.outcomes[key] = self.outcomes.get(key, 0) + records

    def report(self, metrics: Metrics) -> None:
        """Count what was committed; what was aborted is never counted."""
        for (topic, outcome, reason), count in self.outcomes.items():
            metrics.records.labels(topic, outcome.value, reason).inc(count)
        for topic, count in self.produced.items():
            metrics.produced.labels(topic).inc(count)
        metrics.last_progress.set_to_current_time()
