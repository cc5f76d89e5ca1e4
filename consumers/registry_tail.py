"""The whole registry in memory, kept up to date: read before the first event, from its start or from where a snapshot
ends, then followed.

With it, and in the same way, what people have decided about identities: both are what events are compared with, and
what comes later of either must find the events before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from consumers.batch import Batch
from consumers.completeness import Changes
from consumers.decisions import Decisions, check_decision
from consumers.kafka import Clients, Inbound, OnError, Partition, inbound
from consumers.metrics import Metrics
from consumers.reader import Reader
from consumers.registry_snapshot import RegistrySnapshot
from consumers.restore import Interrupted, Restorer, Stopping, divide, end_offsets, passes
from consumers.schema_registry import RegistryError
from consumers.stall import StallDetector
from consumers.telemetry import Log
from matcher.changes import NEVER, concerns_from, is_material
from matcher.examine import Decided
from matcher.native import Index, NativeIndex, make_index
from schemas.checks import check_protected_person
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.topics import IDENTITY_DECISIONS, PROTECTION_STATUSES, TOPICS

# What moves without an event, and what events are compared with. A position names the offsets in this order, and stands
# so in what is committed: what is new comes last.
COMPARED_WITH = (PROTECTION_STATUSES.name, IDENTITY_DECISIONS.name)
_PARTITIONS = [Partition(name, number) for name in COMPARED_WITH for number in range(TOPICS[name].partitions)]
_AT = {place: at for at, place in enumerate(_PARTITIONS)}


def has_passed(position: Sequence[int], place: Partition, offset: int) -> bool:
    """Whether a position, as it is committed, lies behind a record of one of the topics."""
    at = _AT[place]
    return at < len(position) and position[at] > offset


def records_after(position: Sequence[int], ends: Mapping[Partition, int], topic: str) -> int:
    """Offsets of one of the topics between a position, as it is committed, and its ends."""
    return sum(
        max(0, ends[place] - (position[at] if at < len(position) else 0))
        for place, at in _AT.items()
        if place.topic == topic
    )


def take_in(index: Index, keys: list[bytes | None], values: list[bytes | None], judge: Callable[[int], None]) -> None:
    """Take records of the registry into an index, in their order: what it leaves to be judged is, before it goes on."""
    at = 0
    while (at := index.upsert_batch(keys, values, at)) < len(values):
        judge(at)
        at += 1


class RegistryTail:
    """Feeds an index from `protection-statuses`, and decisions from `identity-decisions`. Used from one thread.

    A row that cannot be read leaves the person as they were; the service `candidates`, which consumes the topic as a
    group, puts it on the dead letters, so here it is only counted. So it is with a decision, and `matching`. A row at
    which this program fails leaves the person as they were too, and is counted: every instance would end at it.
    """

    def __init__(
        self,
        clients: Clients,
        codec: Codec,
        metrics: Metrics,
        log: Log,
        on_error: OnError,
        *,
        resolve_id: ResolveId | None = None,
        native: bool = False,
        snapshot: RegistrySnapshot | None = None,
    ) -> None:
        self.index: Index = make_index(codec, native=native, resolve_id=resolve_id)
        self._decisions = Decisions(resolve_id)
        self._decode = codec.decode
        self._metrics = metrics
        self._log = log
        self._admin = clients.admin(on_error)
        self._reader = Reader(clients, on_error, log)
        self._stall = StallDetector(clients.silence_s)
        self._next = [0] * len(_PARTITIONS)
        self._snapshot = snapshot
        self._has_refused = False

    @property
    def position(self) -> tuple[int, ...]:
        """Next offset of each partition of the topics; everything before is taken in."""
        return tuple(self._next)

    def decided(self, event_id: str) -> Decided:
        """What people have decided about an event."""
        return self._decisions.of(event_id)

    def load(self, stopping: Stopping, progress: Callable[[int], None] | None = None) -> None:
        """Read everything that is on the topics now. Raises Interrupted."""
        started = time.monotonic()
        ends = self._ask_ends(stopping)
        known: Sequence[int] = ()
        if self._snapshot is not None and isinstance(self.index, NativeIndex):
            known = self._snapshot.take_up(self.index, self._admin, ends)
            self._next[: len(known)] = known
        left = {place: end for place, end in ends.items() if end > self._next[_AT[place]]}
        self._reader.assign(self._places())
        rows = 0
        while left:
            batch, ends = divide(self._reader.consume(2000, 0.1))
            self._take_all(batch)
            for place, end in ends.items():
                self._pass_to(place, end)
                if end >= left.get(place, 0):
                    left.pop(place, None)
            rows += len(batch)
            if progress is not None:
                progress(rows)
            if stopping():
                raise Interrupted
            if self._reader.silent:
                self._reader.replace(self._places())
        seconds = round(time.monotonic() - started, 3)
        self._metrics.registry_people.set(len(self.index))
        self._log.info("registry-loaded", people=len(self.index), rows=rows, seconds=seconds)
        if not known:
            self.keep()

    def keep(self) -> None:
        """Keep what is in memory for the next start, if there is a snapshot and it has changed. Takes a second."""
        # Another start may be able to read what was refused, and then it must read it.
        if self._snapshot is not None and isinstance(self.index, NativeIndex) and not self._has_refused:
            self._snapshot.keep(self.index, self._next)

    def follow(self) -> Changes:
        """Take in what has come since, without waiting; whom it changes in what matching looks at, and from when on."""
        changes: dict[str, int] = {}
        messages = self._reader.consume(500, 0)
        if messages:
            self._stall.heard()
        else:
            self._stall.asked_in_vain()
            if self._stall.stalled(_PARTITIONS):
                self._reader.replace(self._places())
        for message in messages:
            error = message.error()
            if error is None:
                self._follow(inbound(message), changes)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._pass_to(Partition(message.topic() or "", message.partition() or 0), message.offset() or 0)
            elif not passes(error):
                raise KafkaException(error)
        self._metrics.registry_people.set(len(self.index))
        return changes

    def missed(
        self, positions: Mapping[Partition, tuple[int, ...]], restorer: Restorer
    ) -> tuple[dict[Partition, Changes | None], Changes]:
        """What has changed since earlier positions, one for each of some source partitions. Raises Interrupted.

        Returns the changes by source partition, None where the topic is not the one that it was a position in; and the
        changes that were taken in meanwhile: the index is then at least as new as the newest of the positions.
        """
        if not positions:
            return {}, {}
        rows: list[tuple[int, int, str, int]] = []

        def note(record: Inbound) -> None:
            try:
                person_id, since = self._concerns(record)
            except Refused:
                return
            rows.append((_AT[Partition(record.topic, record.partition)], record.offset, person_id, since))

        # A position from before there were decisions has none of their offsets: all of them are changes to it.
        full = {place: (*short, *[0] * (len(_PARTITIONS) - len(short))) for place, short in positions.items()}
        wanted = set(full.values())
        ends = restorer.read(_PARTITIONS, note, {p: min(each[at] for each in wanted) for p, at in _AT.items()})
        changes: dict[tuple[int, ...], dict[str, int] | None] = {}
        for position in wanted:
            if any(position[_AT[p]] > end for p, end in ends.items()):
                changes[position] = None
                continue
            found: dict[str, int] = {}
            for at, offset, person_id, since in rows:
                if offset >= position[at]:
                    found[person_id] = min(since, found.get(person_id, since))
            changes[position] = found
        newest = [min(ends[p], max(each[at] for each in wanted)) for p, at in _AT.items()]
        meanwhile: dict[str, int] = {}
        while any(own < end for own, end in zip(self._next, newest, strict=True)):
            _unite(meanwhile, self.follow())
            restorer.pause()
        # They may lie behind what was read above, and the index has passed them: nobody else tells of them.
        for each in changes.values():
            if each is not None:
                _unite(each, meanwhile)
        return {place: changes[position] for place, position in full.items()}, meanwhile

    def _concerns(self, record: Inbound) -> tuple[str, int]:
        """Whom a record is about, and from when on events can concern them because of it. Raises Refused."""
        if record.topic == IDENTITY_DECISIONS.name:
            return check_decision(self._decisions.decode, record)["event_id"], NEVER
        since = NEVER if record.value is None else concerns_from(check_registry_row(self._decode, record))
        return _person_id(record), since

    def close(self) -> None:
        """Close the consumer."""
        self._reader.close()

    def look(self, stopping: Stopping) -> None:
        """Ask the broker how far behind this is. The one thing here for another thread. Raises Interrupted."""
        ends = self._ask_ends(stopping)
        behind = {place: max(0, end - self._next[_AT[place]]) for place, end in ends.items()}
        self._metrics.registry_lag.set(sum(behind.values()))
        self._stall.told(behind)

    def _ask_ends(self, stopping: Stopping) -> dict[Partition, int]:
        asked_ms = 0 if self._snapshot is None else self._snapshot.now_ms()
        ends = end_offsets(self._admin, _PARTITIONS, stopping)
        if self._snapshot is not None:
            self._snapshot.told(asked_ms, ends, self._next)
        return ends

    def _places(self) -> dict[Partition, int]:
        return {place: self._next[at] for place, at in _AT.items()}

    def _take_all(self, batch: Batch) -> None:
        """In their order: what the index leaves to be judged is judged before it goes on. By columns, for the start."""
        for run in batch.runs:
            if run.partition.topic == IDENTITY_DECISIONS.name:
                for index in range(run.start, run.stop):
                    self._take_decision(batch[index], {})
            else:
                take_in(self.index, run.keys, run.values, lambda at, run=run: self._take(batch[run.start + at], None))  # type: ignore[misc]
            self._next[_AT[run.partition]] = batch[run.stop - 1].offset + 1

    def _follow(self, record: Inbound, changes: dict[str, int]) -> None:
        self._next[_AT[Partition(record.topic, record.partition)]] = record.offset + 1
        if record.topic == IDENTITY_DECISIONS.name:
            self._take_decision(record, changes)
        else:
            self._take(record, changes)

    def _take_decision(self, record: Inbound, changes: dict[str, int]) -> None:
        try:
            changes.setdefault(self._decisions.take(record), NEVER)
        except Refused:
            return  # counted where the group handles it

    def _take(self, record: Inbound, changes: dict[str, int] | None) -> None:
        person_id = _person_id(record)
        try:
            values = None if record.value is None else check_registry_row(self._decode, record)
        except Refused as refusal:
            self._metrics.registry_refused.labels(refusal.reason.value).inc()
            self._has_refused = True
            return
        try:
            if changes is not None:
                self._note_change(person_id, values, changes)
            if values is None:
                self.index.remove(person_id)
            else:
                assert record.value is not None  # noqa: S101 - it was decoded
                self.index.upsert(person_id, record.value, values)
        except (KafkaException, RegistryError, MemoryError):
            raise  # no fault of the row
        except Exception as error:  # noqa: BLE001, RUF100 - whatever it was, it is counted
            # The text of an exception may quote the row; its type cannot.
            self._log.error("registry-row-failed", error=type(error).__name__)
            self._metrics.registry_refused.labels(Reason.HANDLER_FAILED.value).inc()
            self._has_refused = True

    def _note_change(self, person_id: str, values: dict[str, Any] | None, changes: dict[str, int]) -> None:
        row = self.index.row(person_id)
        before = self._decode(row) if row is not None else None
        if values is None:
            if before is not None:
                changes.setdefault(person_id, NEVER)
        elif is_material(before, values):
            since = concerns_from(values)
            changes[person_id] = min(since, changes.get(person_id, since))

    def _pass_to(self, place: Partition, end: int) -> None:
        """Pass the markers of transactions at a partition's end."""
        self._next[_AT[place]] = max(self._next[_AT[place]], end)


def _unite(changes: dict[str, int], more: Changes) -> None:
    for person_id, since in more.items():
        changes[person_id] = min(since, changes.get(person_id, since))


def _person_id(record: Inbound) -> str:
    return (record.key or b"").decode("ascii", "replace")


def check_registry_row(decode: Callable[[bytes | None], dict[str, object]], record: Inbound) -> dict[str, object]:
    """Raw values of a registry row that may be used. Raises Refused."""
    values = decode(record.value)
    check_protected_person(values)
    if record.key != str(values["person_id"]).encode():
        raise Refused(Reason.KEY_MISMATCH, "person_id")
    return values
