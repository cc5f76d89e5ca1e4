"""The service `case-queue`: candidates and identity reviews from Kafka into PostgreSQL.

PostgreSQL is the arbiter. It holds the next offset of each partition beside the rows, and both change in one database
transaction by compare-and-set; what Kafka believes about offsets is committed too, but only so that lag can be seen.

Whenever the place to read from is in doubt (partitions assigned, another instance was faster, the database is away) the
partitions are paused, the offsets are asked of PostgreSQL until it answers, and reading goes on from there. Paused
partitions are still polled, so the instance keeps its membership however long the database is away.

While PostgreSQL writes one batch, in a thread of its own, the next is read and decoded; it is begun only when the one
before is known to be in. Either takes about half of the time: 1.6 times as many come into the queue as did one behind
the other.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from consumers.case_queue.errors import QueueUnavailable, RecordsUnfit, StalePosition
from consumers.case_queue.positions import Position
from consumers.case_queue.rows import QueueRecord, check_record
from consumers.case_queue.store import CandidateStore, RefusedRecord
from consumers.kafka import Clients, Inbound, Partition
from consumers.membership import Membership
from consumers.metrics import Metrics
from consumers.reachability import Reachability
from consumers.restore import divide
from consumers.stall import StallDetector
from consumers.telemetry import Log
from matcher.memory import Outcome
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.topics import IDENTITY_REVIEWS, REVOCATION_CANDIDATES

_BATCH = 1000
_WAIT_S = 0.02
# People whose newest evidence is remembered, so that its way is measured once.
_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read at once: the records as they came, those that fit, those that do not, and ends that were met."""

    batch: Sequence[Inbound]
    records: list[QueueRecord]
    refused: list[RefusedRecord]
    ends: dict[Partition, int]


@dataclass(frozen=True, slots=True)
class _Writing:
    """What is being written: where the partitions will stand, and the answer that is awaited."""

    read: _Read
    positions: Mapping[tuple[str, int], Position]
    now: datetime
    answer: Future[None]


class Sink:
    """Runs until it is told to stop."""

    topics = (REVOCATION_CANDIDATES.name, IDENTITY_REVIEWS.name)

    def __init__(
        self,
        store: CandidateStore,
        clients: Clients,
        metrics: Metrics,
        log: Log,
        stopping: Callable[[], bool],
        now: Callable[[], datetime],
        *,
        resolve_id: ResolveId | None = None,
        reach: Reachability | None = None,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._log = log
        self._stopping = stopping
        self._now = now
        self._codecs = {
            topic.name: Codec(topic.record, resolve_id=resolve_id)
            for topic in (REVOCATION_CANDIDATES, IDENTITY_REVIEWS)
        }
        self._reach = reach or Reachability(metrics, log)
        self._member = Membership(
            clients,
            self.topics,
            self._reach,
            log,
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )
        # Where each partition stands in PostgreSQL; None where it has no row yet. Empty while that is in doubt.
        self._positions: dict[tuple[str, int], Position | None] = {}
        # Where the end of each partition was last reached, markers of transactions included.
        self._ends: dict[Partition, int] = {}
        self._assigned: list[Partition] = []
        self._in_doubt = False
        self._database_away = False
        self._newest: dict[UUID, datetime] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._writing: _Writing | None = None
        metrics.database_up.set(1)

    @property
    def stall(self) -> StallDetector:
        """To be told of the group's lag."""
        return self._member.stall

    def ready(self) -> bool:
        """Whether it has joined the group and the database answers."""
        return self._reach.joined and not self._database_away

    def run(self) -> None:
        """Read and write until stopping. Raises what cannot pass."""
        self._member.join()
        try:
            while not self._stopping():
                self._step()
        finally:
            self._member.close()
            self._writer.shutdown()

    def _step(self) -> None:
        if self._in_doubt:
            self._find_place()
        elif self.stall.stalled(self._assigned):
            self._give_up()
            self._member.renew()
        messages = self._member.consumer.consume(num_messages=_BATCH, timeout=_WAIT_S)
        batch, ends = divide(messages)
        if batch:
            self.stall.heard()
        if self._in_doubt:
            return  # nothing was asked for: the partitions are paused
        if batch:
            self._metrics.batch_size.observe(len(batch))
        elif self._writing is not None and not self._writing.answer.done():
            # All that came before these ends is being written: they hold once it is in.
            self._writing.read.ends.update(ends)
            return
        else:
            self.stall.asked_in_vain()
        read = self._decode(batch, ends)
        try:
            self._finish()
            if batch:
                self._writing = self._begin(read)
            elif ends:
                self._tell_kafka(ends)
        except StalePosition as stale:
            self._log.warning("position-moved-by-another-instance", topic=stale.topic, partition=stale.partition)
            self._doubt()
        except QueueUnavailable as error:
            self._say_away(error)
            self._doubt()

    def _decode(self, batch: Sequence[Inbound], ends: dict[Partition, int]) -> _Read:
        records: list[QueueRecord] = []
        refused: list[RefusedRecord] = []
        for record in batch:
            try:
                values = None if record.value is None else self._codecs[record.topic].decode(record.value)
                decoded = QueueRecord(record.topic, record.partition, record.offset, record.key or b"", values)
                check_record(decoded)
                decoded.prepare()
                records.append(decoded)
            except Refused as refusal:
                refused.append(_refused(record, refusal))
        return _Read(batch, records, refused, ends)

    def _begin(self, read: _Read) -> _Writing:
        """Have what was read written. Nothing else is being written."""
        dead = {(r.topic, r.partition, r.offset) for r in read.refused}
        counts: dict[Partition, Counter[str]] = {}
        first: dict[Partition, int] = {}
        last: dict[Partition, int] = {}
        for record in read.batch:
            place = Partition(record.topic, record.partition)
            counts.setdefault(place, Counter())
            outcome = Outcome.DEAD if record[:3] in dead else Outcome.TAKEN_IN
            counts[place][outcome.value] += 1
            counts[place]["consumed"] += 1
            first.setdefault(place, record.offset)
            last[place] = record.offset
        expected: dict[tuple[str, int], int | None] = {place: self._offset(place) for place in counts}
        new: dict[tuple[str, int], Position] = {}
        for place, added in counts.items():
            before = self._positions.get(place)
            held = Counter(before.counts) if before is not None else Counter({"first": first[place]})
            new[place] = Position(last[place] + 1, dict(held + added) | {"first": held["first"]})
        now = self._now()
        return _Writing(read, new, now, self._writer.submit(self._apply, read, expected, new, now))

    def _apply(
        self,
        read: _Read,
        expected: Mapping[tuple[str, int], int | None],
        new: Mapping[tuple[str, int], Position],
        now: datetime,
    ) -> None:
        """One transaction, in the writer's thread."""
        started = time.monotonic()
        self._store.apply(read.records, expected, new, now, read.refused)
        self._metrics.transaction_seconds.observe(time.monotonic() - started)
        self._metrics.transaction_records.observe(len(read.batch))

    def _finish(self) -> None:
        """Wait for what is being written, whatever it holds. Raises StalePosition and QueueUnavailable."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            self._take_answer(writing)
        except RecordsUnfit:
            self._write_one_by_one(writing.read)

    def _take_answer(self, writing: _Writing) -> None:
        """Go on from behind what is being written, once it is in. Raises also RecordsUnfit."""
        writing.answer.result()
        self._positions.update(writing.positions)
        for taken in writing.read.records:
            self._metrics.records.labels(taken.topic, Outcome.TAKEN_IN.value, "").inc()
            self._observe(taken, writing.now)
        for refusal in writing.read.refused:
            self._metrics.records.labels(refusal.topic, Outcome.DEAD.value, refusal.reason.value).inc()
        self._metrics.last_progress.set_to_current_time()
        self._tell_kafka(writing.read.ends)

    def _write_one_by_one(self, read: _Read) -> None:
        """Find the one that the database will not take: everything else must not wait for it."""
        for record in read.batch:
            fit = [r for r in read.records if (r.topic, r.partition, r.offset) == record[:3]]
            unfit = [r for r in read.refused if (r.topic, r.partition, r.offset) == record[:3]]
            ends = read.ends if record is read.batch[-1] else {}
            try:
                self._take_answer(self._begin(_Read([record], fit, unfit, ends)))
            except RecordsUnfit:
                unfit = [_refused(record, Refused(Reason.FIELD_INVALID))]
                self._take_answer(self._begin(_Read([record], [], unfit, ends)))

    def _settle(self) -> None:
        """Wait for what is being written; how it ended, PostgreSQL tells whoever reads on."""
        try:
            self._finish()
        except StalePosition:
            pass
        except QueueUnavailable as error:
            self._say_away(error)

    def _observe(self, record: QueueRecord, now: datetime) -> None:
        """Measure the way of new evidence; a candidate rewritten for another reason has none."""
        values = record.record or {}
        recorded_at = values.get("last_recorded_at")
        if recorded_at is None or self._newest.get(values["person_id"]) == recorded_at:
            return
        if len(self._newest) >= _REMEMBERED:
            self._newest.clear()
        self._newest[values["person_id"]] = recorded_at
        self._metrics.end_to_end_seconds.observe(max(0.0, (now - recorded_at).total_seconds()))

    def _offset(self, place: Partition) -> int | None:
        position = self._positions.get(place)
        return position.next_offset if position is not None else None

    def _tell_kafka(self, ends: Mapping[Partition, int]) -> None:
        """Commit to Kafka what PostgreSQL already holds, so that lag can be seen from the broker's side.

        Where the end was reached that is the end: markers of transactions lie before it, and no record.
        """
        self._ends.update(ends)
        offsets = [
            TopicPartition(*place, max(position.next_offset, self._ends.get(Partition(*place), 0)))
            for place, position in self._positions.items()
            if position is not None
        ]
        if not offsets:
            return
        try:
            self._member.consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            self._log.warning("offsets-not-told", error=error.args[0].name())

    # --- the place to read from

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._metrics.rebalances.labels("assigned").inc()
        self._assigned = [Partition(tp.topic, tp.partition) for tp in partitions]
        self._metrics.assigned.set(len(partitions))
        self._member.consumer.assign(partitions)
        self._reach.joined = True
        self._doubt()

    def _on_revoke(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._metrics.rebalances.labels("revoked").inc()
        self._give_up()

    def _give_up(self) -> None:
        # The next owner begins where the database stands: once what is being written is in, or is not.
        self._settle()
        self._assigned = []
        self._positions.clear()
        self._ends.clear()
        self._in_doubt = False
        self._metrics.assigned.set(0)

    def _doubt(self) -> None:
        self._positions.clear()
        self._ends.clear()
        self._in_doubt = True
        if self._assigned:
            self._member.consumer.pause([TopicPartition(p.topic, p.number) for p in self._assigned])

    def _find_place(self) -> None:
        try:
            held = self._store.positions(self._assigned)
        except QueueUnavailable as error:
            self._say_away(error)
            time.sleep(0.3)
            return
        if self._database_away:
            self._database_away = False
            self._metrics.database_up.set(1)
            self._log.info("database-reachable-again")
        self._positions = {place: held.get(place) for place in self._assigned}
        self._member.consumer.assign(
            [
                TopicPartition(*place, position.next_offset if position else OFFSET_BEGINNING)
                for place, position in self._positions.items()
            ]
        )
        self._member.consumer.resume([TopicPartition(p.topic, p.number) for p in self._assigned])
        self._in_doubt = False

    def _say_away(self, error: QueueUnavailable) -> None:
        if not self._database_away:
            self._database_away = True
            self._metrics.database_up.set(0)
            self._log.warning("database-unreachable", error=str(error), advice="waiting; nothing is lost")


def _refused(record: Inbound, refusal: Refused) -> RefusedRecord:
    value = record.value or b""
    return RefusedRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=refusal.reason,
        field=refusal.field,
        sha256=hashlib.sha256(value).hexdigest(),
        size=len(value),
    )
