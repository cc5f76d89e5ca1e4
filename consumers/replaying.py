"""What is there against what should be there: the events of a span examined anew, and compared byte for byte.

What is there are the digests of matches in the memories beside the sources. What should be there follows from the
sources, the registry of now and the rules, by the very code that `matching` runs. Writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from consumers.completeness import Compared, RulesInForce, Stretch
from consumers.kafka import Inbound, Partition
from consumers.redriving import GROUP, note_of
from consumers.registry_tail import COMPARED_WITH, records_after
from consumers.scan import Committed, Scanner, Span
from consumers.source_events import Report, SourceEvents, Standing, counted, read_decisions, read_registry
from matcher.memory import is_superseded, match_digest, say
from matcher.rule_book import RuleBook
from schemas.codec import Codec, ResolveId
from schemas.records import EventKind, EventMemory, StatusMatch
from schemas.topics import IDENTITY_DECISIONS, MEMORY_OF, PROTECTION_STATUSES, STATUS_MATCHES


class State(StrEnum):
    """How what is there of an event and a person stands to what should be."""

    SAME = "same"
    # Only where other rules than those in use are compared.
    VERSION = "version"
    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    # Of an event: nobody is matched wrongly, but its revision is not remembered, so that an older one could come back,
    # or not who else its traveller could be, so that their change would not find it.
    FORGOTTEN = "forgotten"


@dataclass(slots=True)
class TopicReplay:
    """What came of one source.

    Attributes:
        topic: its name.
        read: records of the span, and later ones of its events.
        refused: records that the service refuses.
        nobody: records of travellers who are nobody in the registry.
        events: events that were compared.
        unjudged: events that were not, because what is there rests on a record outside the span, or on a refused one.
        states: number of matches by state, an event and a person each; FORGOTTEN counts events.
        shown: ids of some events with a difference, by state.
        stretches: the span that holds all records of events with a difference, by partition.
    """

    topic: str
    read: int = 0
    refused: int = 0
    nobody: int = 0
    events: int = 0
    unjudged: int = 0
    states: Counter[State] = field(default_factory=Counter)
    shown: dict[State, list[str]] = field(default_factory=dict)
    stretches: dict[Partition, Stretch] = field(default_factory=dict)

    @property
    def differences(self) -> int:
        """Number of matches, and of forgotten revisions, that are not as they should be."""
        return sum(count for state, count in self.states.items() if state is not State.SAME)


@dataclass(frozen=True, slots=True)
class Behind:
    """What `matching` has still to do for the span, as far as it is committed.

    Attributes:
        events: records of the span that it has not handled; they are left out.
        decisions: decisions on identities with which it has not compared all events that it has handled.
        registry: the same of records of the registry, at most: those that change nothing for it are noted only
            after a while.
        ordered: partitions of which a stretch was ordered to be looked at anew, and was not yet.
    """

    events: int = 0
    decisions: int = 0
    registry: int = 0
    ordered: int = 0

    @property
    def looks_again(self) -> bool:
        """Whether events that were handled may have to be looked at again, so that a difference may go by itself."""
        return bool(self.decisions or self.registry or self.ordered)


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of all sources.

    Attributes:
        people: number of those in the registry.
        topics: each source.
        handled: records that came in the span and that `matching` has handled. Without any, nothing was compared.
        behind: what it has still to do.
        spans: where these records lie, by partition.
    """

    people: int
    topics: tuple[TopicReplay, ...]
    handled: int
    behind: Behind
    spans: Mapping[Partition, Stretch]

    @property
    def differences(self) -> int:
        """Of all sources."""
        return sum(one.differences for one in self.topics)

    @property
    def stretches(self) -> dict[Partition, Stretch]:
        """Of all sources."""
        return {place: stretch for one in self.topics for place, stretch in one.stretches.items()}


def rules_noted(scanner: Scanner) -> set[RulesInForce]:
    """The rules with which `matching` has compared its partitions; several while it takes up new ones."""
    committed = scanner.committed(GROUP, MEMORY_OF)
    noted = (Compared.read(note_of(one)) for one in committed.values())
    return {compared.rules for compared in noted if compared is not None}


def replay(
    scanner: Scanner,
    book: RuleBook,
    from_ms: int,
    to_ms: int | None,
    *,
    in_use: RuleBook | None = None,
    show: int = 0,
    resolve_id: ResolveId | None = None,
    schema_ids: Mapping[str, int] | None = None,
    native: bool = False,
    progress: Report = lambda _what, _done, _total: None,
) -> Replay:
    """Compare the events that came between two times. Raises KafkaAway.

    An event belongs to the span by its first record within; it counts with its highest revision, also where that came
    later. What `matching` has not handled yet is left out, and counted.

    Args:
        scanner: reads Kafka.
        book: the rules.
        from_ms: broker's time of the first record, milliseconds since 1970.
        to_ms: time before which the records came; None for no end.
        in_use: the rules that `matching` runs with, where `book` is another: so is told which matches differ by no more
            than the version that they name.
        show: how many events of each state to name.
        resolve_id: of the Schema Registry, where one is used.
        schema_ids: by topic, of what is published; as `matching` has them.
        native: whether the native core passes over nobodies. What is said of all others is Python's either way.
        progress: told how far it is.
    """
    # Before they are read: what comes meanwhile is nothing that `matching` has left undone.
    compared_with = scanner.bounds(COMPARED_WITH)
    index = read_registry(scanner, resolve_id, progress, native=native)
    # The offsets first: the memories read after them are at least as new.
    committed = scanner.committed(GROUP, MEMORY_OF)
    spans, left = _spans(scanner, committed, from_ms, to_ms)
    memories = {topic: _Memory(scanner, topic, resolve_id, progress) for topic in sorted(MEMORY_OF)}
    decisions = read_decisions(scanner, resolve_id, progress)
    sources = {
        topic: SourceEvents(topic, index, decisions, resolve_id, memory.events) for topic, memory in memories.items()
    }

    def take(record: Inbound) -> None:
        _, within = spans[Partition(record.topic, record.partition)]
        sources[record.topic].take(record, known_only=record.offset >= within.end)

    read = {place: span for place, (span, _) in spans.items()}
    scanner.read(read, counted(take, "events read", read.values(), progress))
    for events in sources.values():
        events.finish()
    matches = Codec(STATUS_MATCHES.record, confluent_id=(schema_ids or {}).get(STATUS_MATCHES.name))
    versions = {rules.version for rules in in_use.sets} if in_use is not None else set()
    replays = tuple(
        _compare(events, memories[topic], _Expected(events, book, matches, versions), spans, show)
        for topic, events in sources.items()
    )
    handled = {place: Stretch(*within) for place, (_, within) in spans.items() if within.end > within.start}
    ends = {place: span.end for place, span in compared_with.items()}
    behind = _behind(left, {place: note_of(committed[place]) for place in handled}, ends)
    return Replay(len(index), replays, sum(end - start for start, end in handled.values()), behind, handled)


class _Memory:
    """What is remembered of the events of one source."""

    def __init__(self, scanner: Scanner, topic: str, resolve_id: ResolveId | None, progress: Report) -> None:
        self.topic = topic
        self._decode = Codec(MEMORY_OF[topic].record, resolve_id=resolve_id).decode
        self._held: dict[str, tuple[int, bytes]] = {}
        spans = scanner.bounds([MEMORY_OF[topic].name])
        scanner.read(spans, counted(self._take, "memories read", spans.values(), progress))

    def _take(self, record: Inbound) -> None:
        event_id = (record.key or b"").decode("ascii", "replace")
        if record.value is None:
            self._held.pop(event_id, None)
        else:
            self._held[event_id] = (record.partition, record.value)

    @property
    def events(self) -> Collection[str]:
        """The events of which something is remembered."""
        return self._held.keys()

    def get(self, event_id: str) -> EventMemory | None:
        """The memory of an event."""
        held = self._held.get(event_id)
        return None if held is None else EventMemory.from_avro(self._decode(held[1]))

    def __iter__(self) -> Iterator[tuple[str, Partition, int]]:
        """Events, with the partition and the offset on which each memory rests."""
        for event_id, (number, value) in self._held.items():
            yield event_id, Partition(self.topic, number), self._decode(value)["offset"]


def _spans(
    scanner: Scanner, committed: Mapping[Partition, Committed], from_ms: int, to_ms: int | None
) -> tuple[dict[Partition, tuple[Span, Span]], int]:
    """By partition: what is to be read, to the last record handled; and the part of it whose events are compared.

    And how many records came in the span but were not handled.
    """
    starts = scanner.since(MEMORY_OF, from_ms)
    ends = None if to_ms is None else {place: span.start for place, span in scanner.since(MEMORY_OF, to_ms).items()}
    spans, left = {}, 0
    for place, (start, end) in starts.items():
        handled = min(end, max(0, committed[place].next_offset))
        last = end if ends is None else min(end, ends[place])
        within = Span(start, max(start, min(handled, last)))
        spans[place] = (Span(start, handled if within.end > start else start), within)
        left += max(0, last - within.end)
    return spans, left


def _behind(left: int, notes: Mapping[Partition, Mapping[str, Any]], ends: Mapping[Partition, int]) -> Behind:
    """From the notes of the partitions that hold events of the span."""
    positions = [compared.registry for compared in map(Compared.read, notes.values()) if compared is not None]

    def most(topic: str) -> int:
        return max((records_after(position, ends, topic) for position in positions), default=0)

    return Behind(
        events=left,
        decisions=most(IDENTITY_DECISIONS.name),
        registry=most(PROTECTION_STATUSES.name),
        ordered=sum("ordered" in note for note in notes.values()),
    )


def _compare(
    events: SourceEvents,
    memory: _Memory,
    expected: _Expected,
    spans: Mapping[Partition, tuple[Span, Span]],
    show: int,
) -> TopicReplay:
    found = TopicReplay(memory.topic, events.read, events.refused, events.nobody)
    for event_id, held in events:
        kept = memory.get(event_id)
        place = Partition(memory.topic, held.partition)
        if kept is not None and _rests_elsewhere(kept, held, spans[place][0]):
            found.unjudged += 1
            continue
        found.events += 1
        states = _states(kept, expected.memory(held), expected.but_for_version)
        found.states.update(states)
        for state in sorted(set(states) - {State.SAME}):
            stretch = Stretch(held.first, held.last + 1)
            found.stretches[place] = found.stretches.get(place, stretch).united(stretch)
            shown = found.shown.setdefault(state, [])
            if len(shown) < show:
                shown.append(event_id)
    # Their records are refused today, and so are not looked at anew either.
    found.unjudged += sum(
        event_id not in events and spans[place][1].start <= offset < spans[place][1].end
        for event_id, place, offset in memory
    )
    return found


def _rests_elsewhere(kept: EventMemory, held: Standing, read: Span) -> bool:
    """Whether a memory rests on a record that was not read: a higher revision, or the same one elsewhere."""
    if is_superseded(held.memory.revision, held.memory.kind, kept):
        return True
    same = (kept.revision, kept.kind) == (held.memory.revision, held.memory.kind)
    # Of memories of an earlier version the offset is not known: -1, so anywhere.
    return same and not read.start <= max(0, kept.offset) < read.end


class _Expected:
    """What should be there of the events of a source.

    Args:
        events: the events.
        book: the rules.
        codec: of matches.
        versions: of the rules in use, where the book is another.
    """

    def __init__(self, events: SourceEvents, book: RuleBook, codec: Codec, versions: Collection[str]) -> None:
        self._events = events
        self._book = book
        self._codec = codec
        self._versions = versions
        # By digest, those of the event at hand.
        self._matches: dict[str, StatusMatch] = {}

    def memory(self, held: Standing) -> EventMemory | None:
        """What would be remembered of an event had its records come now."""
        self._matches.clear()
        memory: EventMemory | None = None
        for event, examined in self._events.examine(held, self._book):
            memory = say(event, examined, memory, self._keep).memory
        return memory

    def but_for_version(self, digest: str, other: str) -> bool:
        """Whether a match that is expected would have the other digest, did it name a version in use."""
        match = self._matches.get(digest)
        if match is None or match.finding is None:
            return False
        findings = (match.finding.model_copy(update={"rule_set": version}) for version in self._versions)
        return any(self._digest(match.model_copy(update={"finding": finding})) == other for finding in findings)

    def _keep(self, match: StatusMatch) -> str:
        digest = self._digest(match)
        self._matches[digest] = match
        return digest

    def _digest(self, match: StatusMatch) -> str:
        return match_digest(self._codec.encode_record(match))


def _states(
    kept: EventMemory | None, should: EventMemory | None, but_for_version: Callable[[str, str], bool]
) -> list[State]:
    """The state of each person of an event of whom something is said, or should be."""
    said, due = _said(kept), _said(should)
    states = []
    for person in said.keys() | due.keys():
        if person not in said:
            states.append(State.MISSING)
        elif person not in due:
            states.append(State.EXTRA)
        elif said[person] == due[person]:
            states.append(State.SAME)
        else:
            states.append(State.VERSION if but_for_version(due[person], said[person]) else State.DIFFERENT)
    if not _remembers(kept, should) and not set(states) - {State.SAME}:
        states.append(State.FORGOTTEN)
    return states


def _said(memory: EventMemory | None) -> dict[UUID, str]:
    return {match.person_id: match.digest for match in memory.matches if match.digest} if memory else {}


def _remembers(kept: EventMemory | None, should: EventMemory | None) -> bool:
    """Whether what is remembered beside what was said is right: the revision, and who else the traveller could be.

    Of an event that was revised it may name others too, of whom an earlier revision said something.
    """
    if kept is None or should is None:
        return kept is should
    if (kept.revision, kept.kind) != (should.revision, should.kind):
        return False
    named, due = ({match.person_id for match in one.matches if not match.digest} for one in (kept, should))
    return named == due if kept.kind is EventKind.REPORTED else named >= due
