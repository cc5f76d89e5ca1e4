"""The service `matching`: travel events against the registry, to matches and their retractions.

Nearly all travellers concern nobody. For them a record is decoded, checked, looked up and forgotten; everything else
here is for the few others and for corrections, withdrawals and redrives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from confluent_kafka import KafkaException

from consumers.batch import Run, runs
from consumers.kafka import Inbound, Outbound, Partition
from consumers.loop import Handled
from consumers.restore import Restorer
from consumers.schema_registry import RegistryError
from consumers.telemetry import Log
from matcher.examine import examine
from matcher.memory import Outcome, say
from matcher.native import Index, make_filter
from matcher.rules import RuleSet
from schemas.checks import EVENT_CHECKS
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS, Event, EventMemory, Redrive, StatusMatch
from schemas.topics import DEAD_LETTERS, MEMORY_OF, REDRIVES, STATUS_MATCHES, TOPICS, Topic, dead_letter_key


class Source(Protocol):
    """Reads one record of a topic again."""

    def read(self, topic: str, partition: int, offset: int) -> Inbound | None:
        """The record at a place, None where the topic no longer holds it."""


class Registry(Protocol):
    """The registry, followed while the service runs."""

    @property
    def index(self) -> Index:
        """All protected people."""

    def follow(self) -> None:
        """Take in what has changed."""


class Matching:
    """Handler of the sources and of redrives; see `consumers.loop.Handler`."""

    topics = (*MEMORY_OF, REDRIVES.name)

    def __init__(
        self,
        registry: Registry,
        rules: RuleSet,
        source: Source,
        log: Log,
        *,
        resolve_id: ResolveId | None = None,
        schema_ids: Mapping[str, int] | None = None,
    ) -> None:
        ids = schema_ids or {}
        self._registry = registry
        self._rules = rules
        self._source = source
        self._log = log
        self._raw = {name: Codec(TOPICS[name].record, raw=True, resolve_id=resolve_id) for name in MEMORY_OF}
        self._typed = {name: Codec(TOPICS[name].record, resolve_id=resolve_id) for name in MEMORY_OF}
        self._matches = Codec(STATUS_MATCHES.record, confluent_id=ids.get(STATUS_MATCHES.name))
        self._redrives = Codec(REDRIVES.record, resolve_id=resolve_id)
        self._memories = {
            name: Codec(beside.record, resolve_id=resolve_id, confluent_id=ids.get(beside.name))
            for name, beside in MEMORY_OF.items()
        }
        self._filters = {name: make_filter(registry.index, TOPICS[name], codec) for name, codec in self._raw.items()}
        # By source and partition: what was said of an event, as it stands on the topic beside the source.
        self._memory: dict[Partition, dict[str, bytes]] = {}

    def take(self, partitions: Sequence[Partition], restorer: Restorer) -> None:
        """Read the memory of the partitions."""
        home: dict[Partition, dict[str, bytes]] = {}
        for partition in partitions:
            beside = MEMORY_OF.get(partition.topic)
            if beside is not None:
                home[Partition(beside.name, partition.number)] = self._memory.setdefault(partition, {})

        def remember(record: Inbound) -> None:
            memory = home[Partition(record.topic, record.partition)]
            event_id = (record.key or b"").decode()
            if record.value is None:
                memory.pop(event_id, None)
            else:
                memory[event_id] = record.value

        restorer.read(home, remember)

    def drop(self, partitions: Sequence[Partition]) -> None:
        """Forget the memory of the partitions."""
        for partition in partitions:
            self._memory.pop(partition, None)

    def idle(self) -> None:
        """Follow the registry."""
        self._registry.follow()

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        """Match a batch."""
        handled = Handled(outcomes=[Outcome.NO_PERSON] * len(batch))
        for run in runs(batch):
            if run.partition.topic == REDRIVES.name:
                for index in range(run.start, run.stop):
                    self._attempt(handled, index, lambda i=index: self._redrive(batch[i], handled.outbound))  # type: ignore[misc]
            else:
                self._match(run, batch, handled)
        return handled

    def _match(self, run: Run, batch: Sequence[Inbound], handled: Handled) -> None:
        """The hot path: most records end in the filter, with the outcome that was set before, NO_PERSON."""
        topic, memory = TOPICS[run.partition.topic], self._memory[run.partition]
        look_at = self._filters[topic.name](run.values, run.keys, memory)
        rows, refused = self._raw[topic.name].decode_batch([run.values[position] for position in look_at])
        check, authorities, find = EVENT_CHECKS[topic.record], topic.authorities, self._registry.index.find
        for row, position in enumerate(look_at):
            index = run.start + position
            values, record = rows[row], batch[index]
            if values is None:
                handled.outcomes[index] = Outcome.DEAD
                handled.refusals[index] = refused[row]
                continue
            try:
                check(values, authorities)
                event_id = values["event_id"]
                if record.key != event_id.encode():
                    raise Refused(Reason.KEY_MISMATCH, "event_id")
                slots = find(values["traveller"])
            except Refused as refusal:
                handled.outcomes[index] = Outcome.DEAD
                # Its traceback holds this frame and so the whole batch, which would live until the next collection.
                handled.refusals[index] = refusal.with_traceback(None)
                continue
            if slots or values["revision"] != 1 or event_id in memory:
                self._attempt(
                    handled,
                    index,
                    lambda r=record, s=slots: self._consider(topic, r, s, handled.outbound),  # type: ignore[misc]
                )

    def _attempt(self, handled: Handled, index: int, decide: Callable[[], Outcome]) -> None:
        """Decide on one record. A fault of this program on one record must not hold up all others (property 3)."""
        written = len(handled.outbound)
        try:
            handled.outcomes[index] = decide()
        except Refused as refusal:
            handled.outcomes[index] = Outcome.DEAD
            handled.refusals[index] = refusal.with_traceback(None)
        except (KafkaException, RegistryError):
            raise  # no fault of the record; the loop waits, starts again, or ends
        except Exception as error:  # noqa: BLE001, RUF100 - whatever it was, it is counted and can be redriven
            # The text of an exception may quote the record; its type cannot.
            self._log.error("record-failed", error=type(error).__name__)
            handled.outcomes[index] = Outcome.DEAD
            handled.refusals[index] = Refused(Reason.HANDLER_FAILED)
        if handled.outcomes[index] is Outcome.DEAD:
            del handled.outbound[written:]

    def _consider(self, topic: Topic, record: Inbound, slots: Sequence[int], outbound: list[Outbound]) -> Outcome:
        """A record that may concern somebody, or that revises what was said."""
        model = RECORDS[topic.record]
        event = model.from_avro(self._typed[topic.name].decode(record.value))
        assert isinstance(event, Event)  # noqa: S101 - both sources carry events
        memory, memories = self._memory[Partition(topic.name, record.partition)], self._memories[topic.name]
        event_id = str(event.event_id)
        held = memory.get(event_id)
        before = EventMemory.from_avro(memories.decode(held)) if held is not None else None
        people = [self._registry.index.person(slot) for slot in slots]
        encoded: dict[UUID, bytes] = {}  # what was encoded for its digest is not encoded again to be published

        def digest(match: StatusMatch) -> str:
            value = encoded[match.match_id] = self._matches.encode(match.to_avro())
            return hashlib.sha256(value).hexdigest()[:32]

        said = say(event, examine(topic.name, event, people, self._rules), before, digest)
        for match in said.matches:
            value = encoded.get(match.match_id) or self._matches.encode(match.to_avro())
            outbound.append(Outbound(STATUS_MATCHES.name, str(match.person_id).encode(), value))
        if said.changed:
            kept = memories.encode(said.memory.to_avro()) if said.memory is not None else None
            outbound.append(Outbound(MEMORY_OF[topic.name].name, event_id.encode(), kept))
            if kept is None:
                memory.pop(event_id, None)
            else:
                memory[event_id] = kept
        return said.outcome

    def _redrive(self, order: Inbound, outbound: list[Outbound]) -> Outcome:
        """Read a dead record again at its source and treat it as if it had just come."""
        redrive = Redrive.from_avro(self._redrives.decode(order.value))
        # The order lies in the partition of its record, so this instance holds the memory that goes with it.
        if redrive.topic not in MEMORY_OF or redrive.partition != order.partition:
            raise Refused(Reason.KEY_MISMATCH, "partition")
        record = self._source.read(redrive.topic, redrive.partition, redrive.offset)
        if record is None:
            raise Refused(Reason.REDRIVE_SOURCE_GONE)
        if hashlib.sha256(record.value or b"").hexdigest() != redrive.sha256:
            raise Refused(Reason.REDRIVE_SOURCE_CHANGED)
        topic = TOPICS[redrive.topic]
        values: dict[str, Any] = self._raw[topic.name].decode(record.value)
        EVENT_CHECKS[topic.record](values, topic.authorities)
        if record.key != values["event_id"].encode():
            raise Refused(Reason.KEY_MISMATCH, "event_id")
        outcome = self._consider(topic, record, self._registry.index.find(values["traveller"]), outbound)
        # The letter is answered: a tombstone takes it off the list.
        key = dead_letter_key(redrive.topic, redrive.partition, redrive.offset)
        outbound.append(Outbound(DEAD_LETTERS.name, key, None))
        return outcome
