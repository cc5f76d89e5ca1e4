"""Other rules tried on what came in the last days: reads the registry and the sources, writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from consumers.kafka import Inbound
from consumers.registry_tail import check_registry_row
from consumers.scan import Scanner
from matcher.examine import Found, examine
from matcher.memory import is_superseded
from matcher.registry import RegistryIndex
from matcher.rule_book import RuleBook
from matcher.rules_trial import Trial, TrialReport, compare_findings
from schemas.checks import EVENT_CHECKS
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS, Event, EventKind, EventMemory
from schemas.topics import MEMORY_OF, PROTECTION_STATUSES, TOPICS

# What is being done, how much of it is done, and how much there is.
Report = Callable[[str, int, int], None]
_EVERY = 2000


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    Attributes:
        people: in the registry.
        read: records of the sources; the next four and the events of the report add up to it.
        refused: records that a service would refuse.
        nobody: records of travellers who are nobody in the registry.
        superseded: records of events of which a later revision, or the same one again, was read.
        withdrawn: events that are withdrawn.
        report: what changes.
    """

    people: int
    read: int
    refused: int
    nobody: int
    superseded: int
    withdrawn: int
    report: TrialReport


def try_rules(
    scanner: Scanner,
    before: RuleBook,
    after: RuleBook,
    since_ms: int,
    *,
    show: int = 0,
    resolve_id: ResolveId | None = None,
    progress: Report = lambda _what, _done, _total: None,
) -> Tried:
    """Examine the events that came from a time on with both books. Raises KafkaAway.

    An event counts with its highest revision, as `matching` treats it. The registry is that of now.

    Args:
        scanner: reads Kafka.
        before: the rules in use.
        after: the rules tried.
        since_ms: time of the first record looked at, milliseconds since 1970.
        show: how many events of each change to name.
        resolve_id: of the Schema Registry, where one is used.
        progress: told how far it is.
    """
    index = _registry(scanner, resolve_id, progress)
    newest = {topic: _Newest(topic, index, resolve_id) for topic in sorted(MEMORY_OF)}
    spans = scanner.since(newest, since_ms)
    total = sum(span.end - span.start for span in spans.values())
    read = 0

    def take(record: Inbound) -> None:
        nonlocal read
        newest[record.topic].take(record)
        read += 1
        if read % _EVERY == 0:
            progress("events read", read, total)

    scanner.read(spans, take)
    progress("events read", total, total)
    trial = Trial(show)
    for events in newest.values():
        events.examine(before, after, trial)
    return Tried(
        people=len(index),
        read=read,
        refused=sum(events.refused for events in newest.values()),
        nobody=sum(events.nobody for events in newest.values()),
        superseded=sum(events.superseded for events in newest.values()),
        withdrawn=sum(events.withdrawn for events in newest.values()),
        report=trial.report(),
    )


def _registry(scanner: Scanner, resolve_id: ResolveId | None, progress: Report) -> RegistryIndex:
    decode = Codec(PROTECTION_STATUSES.record, raw=True, resolve_id=resolve_id).decode
    index = RegistryIndex(decode, Codec(PROTECTION_STATUSES.record, resolve_id=resolve_id).decode)
    spans = scanner.bounds([PROTECTION_STATUSES.name])
    total = sum(span.end - span.start for span in spans.values())
    read = 0

    def take(record: Inbound) -> None:
        nonlocal read
        read += 1
        if read % _EVERY == 0:
            progress("registry rows read", read, total)
        person_id = (record.key or b"").decode("ascii", "replace")
        if record.value is None:
            index.remove(person_id)
            return
        try:
            index.upsert(person_id, record.value, check_registry_row(decode, record))
        except Refused:
            return  # the person stays as they were, as in `matching`

    scanner.read(spans, take)
    return index


@dataclass(slots=True)
class _Held:
    """The highest revision of an event so far, with each content in which it came."""

    memory: EventMemory
    contents: set[bytes] = field(default_factory=set)


class _Newest:
    """The events of one source that concern somebody, each with its highest revision."""

    def __init__(self, topic: str, index: RegistryIndex, resolve_id: ResolveId | None) -> None:
        self._topic = TOPICS[topic]
        self._index = index
        self._raw = Codec(self._topic.record, raw=True, resolve_id=resolve_id)
        self._typed = Codec(self._topic.record, resolve_id=resolve_id)
        self._held: dict[str, _Held] = {}
        self.refused = self.nobody = self.superseded = self.withdrawn = 0

    def take(self, record: Inbound) -> None:
        """Take in one record; nothing is kept of a traveller who is nobody in the registry."""
        try:
            values = self._raw.decode(record.value)
            EVENT_CHECKS[self._topic.record](values, self._topic.authorities)
            event_id: str = values["event_id"]
            if record.key != event_id.encode():
                raise Refused(Reason.KEY_MISMATCH, "event_id")
            concerns = bool(self._index.find(values["traveller"]))
        except Refused:
            self.refused += 1
            return
        revision, kind = values["revision"], EventKind(values["kind"])
        held = self._held.get(event_id)
        if held is None:
            if not concerns and revision == 1:
                self.nobody += 1
                return
            self._held[event_id] = self._hold(revision, kind, record)
            return
        self.superseded += 1
        if is_superseded(revision, kind, held.memory):
            return
        if (revision, kind) == (held.memory.revision, held.memory.kind):
            held.contents.add(record.value or b"")
        else:
            self._held[event_id] = self._hold(revision, kind, record)

    def examine(self, before: RuleBook, after: RuleBook, trial: Trial) -> None:
        """Examine each event with both books."""
        for event_id, held in self._held.items():
            if held.memory.kind is EventKind.WITHDRAWN:
                self.withdrawn += 1
                continue
            found: tuple[dict[UUID, Found], dict[UUID, Found]] = ({}, {})
            for content in sorted(held.contents):
                event = RECORDS[self._topic.record].from_avro(self._typed.decode(content))
                assert isinstance(event, Event)  # noqa: S101 - both sources carry events
                slots = self._index.find(self._raw.decode(content)["traveller"])
                people = [self._index.person(slot) for slot in slots]
                for side, book in zip(found, (before, after), strict=True):
                    side.update((one.person_id, one) for one in examine(self._topic.name, event, people, book))
            trial.add(UUID(event_id), compare_findings(*(list(side.values()) for side in found)))

    def _hold(self, revision: int, kind: EventKind, record: Inbound) -> _Held:
        memory = EventMemory(revision=revision, kind=kind, matches=())
        return _Held(memory, {record.value or b""})
