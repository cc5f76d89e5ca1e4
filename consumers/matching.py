"""The service `matching`: travel events against the registry, to matches and their retractions.

Nearly all travellers concern nobody. For them a record is decoded, checked, looked up and forgotten; everything else
here is for the few others, for corrections, withdrawals and redrives, and for what has to be looked at again because
the registry or the rules have changed since (`consumers.completeness`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

from confluent_kafka import KafkaException

from consumers.batch import Run, runs
from consumers.completeness import (
    MOST_AHEAD_MS,
    Changes,
    Compared,
    Completeness,
    Job,
    RulesInForce,
    Spans,
    Stretch,
    unix_ms,
)
from consumers.decisions import check_decision
from consumers.kafka import Inbound, Outbound, Partition
from consumers.loop import Handled, Held, Tended
from consumers.metrics import Metrics
from consumers.portion import Portion
from consumers.restore import Restorer
from consumers.schema_registry import RegistryError
from consumers.source_events import check_event, who
from consumers.source_memory import SourceMemory
from consumers.telemetry import Log
from matcher.examine import Decided, examine
from matcher.memory import Outcome, Remembered, is_superseded, match_digest, say, take_back, without
from matcher.native import Index, Near, make_codec, make_decide, make_filter, make_hold_names
from matcher.rule_book import RuleBook
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import Event, EventKind, EventMemory, Redrive, StatusMatch
from schemas.topics import (
    DEAD_LETTERS,
    IDENTITY_DECISIONS,
    MEMORY_OF,
    REDRIVES,
    STATUS_MATCHES,
    TOPICS,
    Topic,
    dead_letter_key,
)

# So many records are read again between two batches of new ones, fewer where they take longer than so many seconds.
_PIECE, _PIECE_S = 2000, 1.0


class Source(Spans, Protocol):
    """Reads records of a topic again; see `consumers.source.SourceReader`."""

    def read(self, topic: str, partition: int, offset: int) -> Inbound | None:
        """The record at a place, None where the topic no longer holds it."""

    def open(self, place: Partition, start: int) -> None:
        """Begin to read a span."""

    def next(self, most: int) -> tuple[Sequence[Inbound], int | None]:
        """The next records of the span, and the end of the partition where it was reached."""

    def end(self) -> None:
        """Read the span no further."""


class Registry(Protocol):
    """What events are compared with, followed while the service runs; see `consumers.registry_tail.RegistryTail`."""

    @property
    def index(self) -> Index:
        """All protected people."""

    @property
    def position(self) -> tuple[int, ...]:
        """How far its topics have been taken in, by partition."""

    def decided(self, event_id: str) -> Decided:
        """What people have decided about an event."""

    def follow(self) -> Changes:
        """Take in what has changed."""

    def missed(
        self, positions: Mapping[Partition, tuple[int, ...]], restorer: Restorer
    ) -> tuple[dict[Partition, Changes | None], Changes]:
        """What has changed since earlier positions, and what was taken in meanwhile."""


class Matching:
    """Handler of the sources, of redrives and of decisions about identities; see `consumers.loop.Handler`."""

    topics = (*MEMORY_OF, REDRIVES.name, IDENTITY_DECISIONS.name)

    def __init__(
        self,
        registry: Registry,
        rules: RuleBook,
        source: Source,
        metrics: Metrics,
        log: Log,
        *,
        resolve_id: ResolveId | None = None,
        schema_ids: Mapping[str, int] | None = None,
        now_ms: Callable[[], int] = unix_ms,
    ) -> None:
        ids = schema_ids or {}
        self._registry = registry
        self._rules = rules
        self._source = source
        self._metrics = metrics
        self._log = log
        self._raw = {name: Codec(TOPICS[name].record, raw=True, resolve_id=resolve_id) for name in MEMORY_OF}
        index = registry.index
        self._typed = {
            name: Codec(record, resolve_id=resolve_id, fast=make_codec(index, record))
            for name in MEMORY_OF
            for record in [TOPICS[name].record]
        }
        self._matches = Codec(
            STATUS_MATCHES.record,
            confluent_id=ids.get(STATUS_MATCHES.name),
            fast=make_codec(index, STATUS_MATCHES.record),
        )
        self._redrives = Codec(REDRIVES.record, resolve_id=resolve_id)
        self._decisions = Codec(IDENTITY_DECISIONS.record, raw=True, resolve_id=resolve_id)
        self._memories = {
            name: Codec(
                beside.record,
                resolve_id=resolve_id,
                confluent_id=ids.get(beside.name),
                fast=make_codec(index, beside.record),
            )
            for name, beside in MEMORY_OF.items()
        }
        self._raw_memory = Codec("event-memory", raw=True, resolve_id=resolve_id).decode
        self._filters = {name: make_filter(index, TOPICS[name], codec) for name, codec in self._raw.items()}
        self._decide = {
            name: make_decide(index, TOPICS[name], rules, self._matches, memories)
            for name, memories in self._memories.items()
        }
        self._hold = make_hold_names(index)
        # By source and partition.
        self._memory: dict[Partition, SourceMemory] = {}
        self._completeness = Completeness(RulesInForce(rules.version, rules.digest), metrics, log, now_ms)
        self._job: Job | None = None
        self._piece = Portion(_PIECE, _PIECE_S)

    def take(self, held: Mapping[Partition, Held], restorer: Restorer) -> None:
        """Read the memory of the partitions, and find what has changed since they were last compared."""
        home: dict[Partition, SourceMemory] = {}
        for place in held:
            beside = MEMORY_OF.get(place.topic)
            if beside is not None:
                memory = self._memory[place] = SourceMemory(self._raw_memory)
                home[Partition(beside.name, place.number)] = memory

        def remember(record: Inbound) -> None:
            memory = home[Partition(record.topic, record.partition)]
            memory.put((record.key or b"").decode(), None if record.value is None else memory.read(record.value))

        restorer.read(home, remember)
        compared = {place: Compared.read(one.note) for place, one in held.items() if place.topic in MEMORY_OF}
        known = {
            place: one.registry
            for place, one in compared.items()
            if one is not None and self._completeness.has_seen_all(one)
        }
        missed, meanwhile = self._registry.missed(known, restorer)
        self._completeness.add(meanwhile)
        for place in compared.keys() - known.keys():
            # Nothing was handled yet; or it was, by a version that took no note of what it compared with, or long ago.
            missed[place] = {} if held[place].next_offset < 0 else None
        ordered = {place: Stretch(*held[place].note["ordered"]) for place in compared if "ordered" in held[place].note}
        self._completeness.take(compared, missed, ordered, self._registry.position)

    def drop(self, partitions: Sequence[Partition]) -> None:
        """Forget the partitions."""
        for partition in partitions:
            self._memory.pop(partition, None)
        if self._job is not None and self._job.place in partitions:
            self._source.end()
            self._job = None
        self._completeness.drop(partitions)

    def note(self, place: Partition) -> Mapping[str, Any]:
        """What the partition's events have been compared with, and whether some are to be looked at again."""
        return self._completeness.note(place, self._registry.position) if place.topic in MEMORY_OF else {}

    def tend(self, position: Callable[[Partition], int]) -> Tended:
        """Follow the registry, and look again at a piece of what it, or new rules, may concern."""
        self._completeness.add(self._registry.follow())
        to_tell = self._completeness.to_tell(self._registry.position)
        if self._job is None:
            self._job = self._completeness.next_job(
                position, self._memory.__getitem__, self._source, self._registry.position
            )
            if self._job is None:
                return Tended(touched=to_tell)
            if self._job.start < self._job.end:
                self._source.open(self._job.place, self._job.start)
        started = time.monotonic()
        tended = self._look_again(self._job)
        self._piece.took(tended.records, time.monotonic() - started)
        tended.touched |= to_tell
        return tended

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        """Match a batch."""
        handled = Handled(outcomes=[Outcome.NO_PERSON] * len(batch))
        for run in runs(batch):
            if run.partition.topic in MEMORY_OF:
                self._match(run, batch, handled)
                continue
            take = self._redrive if run.partition.topic == REDRIVES.name else self._acknowledge
            for index in range(run.start, run.stop):
                self._attempt(handled, index, lambda i=index: take(batch[i], handled))  # type: ignore[misc] # noqa: B023
        return handled

    def _match(self, run: Run, batch: Sequence[Inbound], handled: Handled) -> None:
        """The hot path: most records end in the filter, with the outcome that was set before, NO_PERSON."""
        topic, memory = TOPICS[run.partition.topic], self._memory[run.partition]
        # The broker's time rises within a partition: what is not too late for the first record is not for the others.
        not_after_ms = batch[run.start].timestamp + MOST_AHEAD_MS
        look_at = self._filters[topic.name](run.values, run.keys, memory.held, not_after_ms)
        for position, near in look_at:
            index, record = run.start + position, batch[run.start + position]
            # Where a sender's clock dates the records, one may be dated before the first.
            in_order = near is not None and record.timestamp + MOST_AHEAD_MS >= not_after_ms
            decide = self._take_up if in_order else self._judge
            self._attempt(
                handled,
                index,
                lambda decide=decide, r=record, n=near: decide(topic, r, n, memory, handled.outbound),  # type: ignore[misc]
            )

    def _take_up(
        self, topic: Topic, record: Inbound, near: Near, memory: SourceMemory, outbound: list[Outbound]
    ) -> Outcome:
        """A record in order, as the filter has told. Raises Refused."""
        assert record.key is not None  # noqa: S101 - in order is what has the key of its event
        assert record.value is not None  # noqa: S101
        event_id = record.key.decode()
        said = None
        if not self._registry.decided(event_id):
            said = self._decide[topic.name](record.value, near, memory.get(event_id), record.offset)
        if said is None:
            return self._judge(topic, record, near, memory, outbound)
        for person_id, match in said.matches:
            outbound.append(Outbound(STATUS_MATCHES.name, person_id.encode(), match))
        if said.changed:
            _remember(Partition(topic.name, record.partition), memory, event_id, said.memory, outbound)
        if event_id in memory:
            self._read_after(topic, record)
        return said.outcome

    def _judge(
        self, topic: Topic, record: Inbound, near: Near | None, memory: SourceMemory, outbound: list[Outbound]
    ) -> Outcome:
        """Any other record of a source that the filter did not pass over. Raises Refused."""
        values: dict[str, Any] = self._raw[topic.name].decode(record.value)
        check_event(topic, record, values)
        slots = self._find(values["traveller"], near)
        if not slots and values["revision"] == 1 and values["event_id"] not in memory:
            return Outcome.NO_PERSON
        return self._consider(topic, record, slots, outbound)

    def _find(self, traveller: Mapping[str, Any], near: Near | None = None) -> tuple[int, ...]:
        """As `who`, of the registry as it stands."""
        return who(self._registry.index, self._hold, traveller, near)

    def _attempt(self, handled: Handled, index: int, decide: Callable[[], Outcome]) -> None:
        """Decide on one record. A fault of this program on one record must not hold up all others (property 3)."""
        written = len(handled.outbound)
        try:
            handled.outcomes[index] = decide()
        except Refused as refusal:
            handled.outcomes[index] = Outcome.DEAD
            handled.refusals[index] = refusal.alone()
        except (KafkaException, RegistryError):
            raise  # no fault of the record; the loop waits, starts again, or ends
        except Exception as error:  # noqa: BLE001, RUF100 - whatever it was, it is counted and can be redriven
            # The text of an exception may quote the record; its type cannot.
            self._log.error("record-failed", error=type(error).__name__)
            handled.outcomes[index] = Outcome.DEAD
            handled.refusals[index] = Refused(Reason.HANDLER_FAILED)
        if handled.outcomes[index] is Outcome.DEAD:
            del handled.outbound[written:]

    def _consider(
        self,
        topic: Topic,
        record: Inbound,
        slots: Sequence[int],
        outbound: list[Outbound],
        *,
        anew: bool = False,
        again: bool = False,
    ) -> Outcome:
        """A record that may concern somebody, or that revises what was said; the rest as in `matcher.memory.say`."""
        event = self._typed[topic.name].decode_record(record.value, Event)
        place = Partition(topic.name, record.partition)
        memory, memories = self._memory[place], self._memories[topic.name]
        event_id = str(event.event_id)
        held = memory.get(event_id)
        before = memories.decode_record(held, EventMemory) if held is not None else None
        # Of these nothing will be said, whoever the traveller is.
        is_void = event.kind is EventKind.WITHDRAWN or (
            before is not None and is_superseded(event.revision, event.kind, before)
        )
        people = [] if is_void else [self._registry.index.person(slot) for slot in slots]
        encoded: dict[UUID, bytes] = {}  # what was encoded for its digest is not encoded again to be published

        def digest(match: StatusMatch) -> str:
            value = encoded[match.match_id] = self._matches.encode_record(match)
            return match_digest(value)

        examined = examine(topic.name, event, people, self._rules, self._registry.decided(event_id), self._hold)
        said = say(event, examined, before, digest, offset=record.offset, anew=anew, again=again)
        for match in said.matches:
            value = encoded.get(match.match_id) or self._matches.encode_record(match)
            outbound.append(Outbound(STATUS_MATCHES.name, str(match.person_id).encode(), value))
        if said.changed:
            kept = None
            if said.memory is not None:
                kept = Remembered.of(said.memory, memories.encode_record(said.memory))
            _remember(place, memory, event_id, kept, outbound)
        # Of a revised event they stay: an earlier revision, which is not looked at again, may have named them.
        if event.kind is EventKind.REPORTED and said.outcome is not Outcome.SUPERSEDED:
            self._note_former(event_id, before, said.named, memory.get(event_id), anew=anew)
        if said.memory is not None and not anew:
            self._read_after(topic, record)
        return said.outcome

    def _note_former(
        self, event_id: str, before: EventMemory | None, named: Set[UUID], held: bytes | None, *, anew: bool
    ) -> None:
        """Note whom the memory of an event that is looked at anew names, and what was read of it so far does not."""
        job = self._job
        if job is None or (not anew and event_id not in job.former):
            return
        former = {match.person_id for match in before.matches} if anew and before else set()
        if not anew:
            former, _ = job.former[event_id]
        former = former - named
        if former and held is not None:
            job.former[event_id] = former, held
        else:
            job.former.pop(event_id, None)

    def _forget_former(self, job: Job, outbound: list[Outbound]) -> None:
        """Forget whom none of the contents of an event named: all have been looked at."""
        memory, memories = self._memory[job.place], self._memories[job.place.topic]
        for event_id, (former, held) in sorted(job.former.items()):
            if memory.get(event_id) != held:
                continue  # a later record has said who is named now
            kept = without(memories.decode_record(held, EventMemory), former)
            anew = None if kept is None else Remembered.of(kept, memories.encode_record(kept))
            _remember(job.place, memory, event_id, anew, outbound)

    def _read_after(self, topic: Topic, record: Inbound) -> None:
        """The job may replace what this content said by what an earlier one says: it must read this one after it."""
        job = self._job
        if job is not None and job.place == (topic.name, record.partition):
            job.end = max(job.end, record.offset + 1)

    # --- looking again

    def _look_again(self, job: Job) -> Tended:
        """Read a piece of the job's span, and look anew at the records that it is about."""
        batch, end = self._source.next(self._piece.size) if job.start < job.end else ([], job.end)
        records = [record for record in batch if record.offset < job.end]
        tended = Tended(records=len(records))
        topic = TOPICS[job.place.topic]
        look_at = self._filters[topic.name](
            [record.value for record in records], [record.key for record in records], self._memory[job.place].held
        )
        concerned = [records[position] for position, _ in look_at]
        rows, _refused = self._raw[topic.name].decode_batch([record.value for record in concerned])
        for record, values, (_, near) in zip(concerned, rows, look_at, strict=True):
            if values is None:
                continue  # refused when it came, and counted then
            earlier: int | None = None
            with self._attempt_again(tended.outbound):
                earlier = self._look_again_at(topic, job, record, values, near, tended.outbound)
            if earlier is not None:
                self._source.open(job.place, earlier)
                return tended
        self._metrics.reexamined.labels(topic.name).inc(len(records))
        if end is not None and job.told_end < end < job.end:
            # The client had seen the end before the last record came that the job must read.
            job.told_end = end
            self._source.open(job.place, end)
            return tended
        # The span ends at its last record, at a later one, or where only markers of transactions follow.
        if end is not None or len(records) < len(batch) or (records and records[-1].offset == job.end - 1):
            self._take_back(job, tended.outbound)
            self._forget_former(job, tended.outbound)
            self._source.end()
            self._completeness.done(job)
            self._job = None
            tended.touched.add(job.place)
        return tended

    def _look_again_at(
        self,
        topic: Topic,
        job: Job,
        record: Inbound,
        values: dict[str, Any],
        near: Near | None,
        outbound: list[Outbound],
    ) -> int | None:
        """Look at one record anew if the job is about it.

        Gives an offset where a duplicate of the event that said something was passed by: from there on it is to be read
        again, for what holds is what all of them say together.
        """
        check_event(topic, record, values)
        event_id = values["event_id"]
        slots = self._find(values["traveller"], near)
        memory = self._memory[job.place]
        # The first record of an event replaces what was said of it; its duplicates can only add, as when they came.
        anew = event_id not in job.looked_at
        if anew:
            if job.people is None:
                concerned = record.offset < job.until and (bool(slots) or values["revision"] != 1 or event_id in memory)
            else:
                person_id = self._registry.index.person_id
                concerned = event_id in job.events or any(person_id(slot) in job.people for slot in slots)
            if not concerned:
                return None
            first = memory.offset(event_id)
            if first is not None and first < record.offset and event_id not in job.events:
                job.events.add(event_id)
                return max(0, first)
        again = job.ordered is not None
        if self._consider(topic, record, slots, outbound, anew=anew, again=again) is not Outcome.SUPERSEDED:
            job.looked_at.add(event_id)
        return None

    @contextmanager
    def _attempt_again(self, outbound: list[Outbound]) -> Iterator[None]:
        """Look anew at one event. What is refused was counted when it came; after a fault, as in `_attempt`, what was
        said before stays: the source holds the record for a year, and every instance would end at it.
        """
        written = len(outbound)
        try:
            yield
        except Refused:
            del outbound[written:]
        except (KafkaException, RegistryError):
            raise
        except Exception as error:  # noqa: BLE001, RUF100 - as in `_attempt`
            self._log.error("record-failed", error=type(error).__name__)
            del outbound[written:]

    def _take_back(self, job: Job, outbound: list[Outbound]) -> None:
        """Take back what people have decided against of events that the job did not come across.

        The source holds them no longer, or they are refused today. To take back needs ids only, which are remembered.
        """
        memory, memories = self._memory[job.place], self._memories[job.place.topic]
        concerned = memory.held.keys() if job.people is None else job.events
        for event_id in sorted(concerned - job.looked_at):
            decided, held = self._registry.decided(event_id), memory.get(event_id)
            if not decided or held is None:
                continue
            with self._attempt_again(outbound):
                matches, kept = take_back(UUID(event_id), memories.decode_record(held, EventMemory), decided)
                for match in matches:
                    value = self._matches.encode_record(match)
                    outbound.append(Outbound(STATUS_MATCHES.name, str(match.person_id).encode(), value))
                if matches:
                    anew = Remembered.of(kept, memories.encode_record(kept))
                    _remember(job.place, memory, event_id, anew, outbound)

    def _acknowledge(self, decision: Inbound, _handled: Handled) -> Outcome:
        """Count a decision, or refuse it. Every instance follows them all; what they change is looked at in `tend`."""
        check_decision(self._decisions.decode, decision)
        return Outcome.TAKEN_IN

    def _redrive(self, order: Inbound, handled: Handled) -> Outcome:
        """Read a dead record again at its source and treat it as if it had just come; or take in an order of a span."""
        redrive = self._redrives.decode_record(order.value, Redrive)
        # The order lies in the partition of its record, so this instance holds the memory that goes with it.
        if redrive.topic not in MEMORY_OF or redrive.partition != order.partition:
            raise Refused(Reason.KEY_MISMATCH, "partition")
        if redrive.until >= 0:
            place = Partition(redrive.topic, redrive.partition)
            self._completeness.order(place, Stretch(max(0, redrive.offset), redrive.until))
            handled.touched.add(place)  # the order is committed with its note, or not at all
            return Outcome.TAKEN_IN
        record = self._source.read(redrive.topic, redrive.partition, redrive.offset)
        if record is None:
            raise Refused(Reason.REDRIVE_SOURCE_GONE)
        if hashlib.sha256(record.value or b"").hexdigest() != redrive.sha256:
            raise Refused(Reason.REDRIVE_SOURCE_CHANGED)
        topic = TOPICS[redrive.topic]
        values: dict[str, Any] = self._raw[topic.name].decode(record.value)
        check_event(topic, record, values)
        outcome = self._consider(topic, record, self._find(values["traveller"]), handled.outbound)
        # The letter is answered: a tombstone takes it off the list.
        key = dead_letter_key(redrive.topic, redrive.partition, redrive.offset)
        handled.outbound.append(Outbound(DEAD_LETTERS.name, key, None))
        return outcome


def _remember(
    place: Partition, memory: SourceMemory, event_id: str, kept: Remembered | None, outbound: list[Outbound]
) -> None:
    """Hold another memory of an event, or none, here and on the topic beside the source.

    In the partition of the source, whichever the sender chose: who takes up the one takes up the other. Raises Refused
    where it names more people than the topic takes, as the id of one event that is given to all: the broker would
    refuse the whole transaction, in every instance that came to it.
    """
    topic, key, value = MEMORY_OF[place.topic], event_id.encode(), None if kept is None else kept.value
    if value is not None and not topic.holds(key, value):
        raise Refused(Reason.EVENT_TOO_LARGE)
    outbound.append(Outbound(topic.name, key, value, place.number))
    memory.put(event_id, kept)
