"""Events of a source as `matching` counts them: what it refuses, and which records of an event hold at the end.

For the commands that examine anew what came in, beside the service: they write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from consumers.completeness import MOST_AHEAD_MS
from consumers.decisions import Decisions
from consumers.kafka import Inbound
from consumers.registry_tail import check_registry_row, take_in
from consumers.scan import Scanner
from matcher.examine import Examined, examine
from matcher.identity import HoldNames, could_be
from matcher.memory import is_superseded
from matcher.native import Index, Near, make_codec, make_filter, make_hold_names, make_index
from matcher.rule_book import RuleBook
from schemas.checks import EVENT_CHECKS
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import Event, EventKind, EventMemory
from schemas.topics import IDENTITY_DECISIONS, PROTECTION_STATUSES, TOPICS, Topic

# What is being done, how much of it is done, and how much there is.
Report = Callable[[str, int, int], None]
_EVERY = 2000
# So many records are held against the registry at once.
_TOGETHER = 2000


def check_event(topic: Topic, record: Inbound, values: dict[str, Any]) -> None:
    """Refuse what may not be matched. Raises Refused."""
    EVENT_CHECKS[topic.record](values, topic.authorities)
    if record.key != values["event_id"].encode():
        raise Refused(Reason.KEY_MISMATCH, "event_id")
    if values["occurred_at"] > record.timestamp + MOST_AHEAD_MS:
        raise Refused(Reason.TIME_IMPOSSIBLE, "occurred_at")


def who(index: Index, hold: HoldNames, traveller: Mapping[str, Any], near: Near | None = None) -> tuple[int, ...]:
    """Slots of the people whom the traveller (raw values) may be, near misses left out.

    `near` is what the index has told of the traveller, if it was asked already.
    """
    near = index.near(traveller) if near is None else near
    return tuple(slot for slot, sure in near if sure or could_be(traveller, index.values(slot), hold))


def counted(
    take: Callable[[Inbound], None], what: str, spans: Iterable[tuple[int, int]], progress: Report
) -> Callable[[Inbound], None]:
    """The same function, which from time to time also tells how much of the spans it was handed."""
    total = sum(end - start for start, end in spans)
    read = 0

    def take_and_tell(record: Inbound) -> None:
        nonlocal read
        take(record)
        read += 1
        if read % _EVERY == 0:
            progress(what, read, total)

    return take_and_tell


def read_registry(scanner: Scanner, resolve_id: ResolveId | None, progress: Report, *, native: bool) -> Index:
    """The registry of now, in the index that the native core keeps or in plain Python. Raises KafkaAway."""
    codec = Codec(PROTECTION_STATUSES.record, raw=True, resolve_id=resolve_id)
    index = make_index(codec, native=native, resolve_id=resolve_id)
    waiting: list[Inbound] = []

    def judge(at: int) -> None:
        record = waiting[at]
        person_id = (record.key or b"").decode("ascii", "replace")
        if record.value is None:
            index.remove(person_id)
            return
        with suppress(Refused):  # the person stays as they were, as in `matching`
            index.upsert(person_id, record.value, check_registry_row(codec.decode, record))

    def take_in_waiting() -> None:
        take_in(index, [record.key for record in waiting], [record.value for record in waiting], judge)
        waiting.clear()

    def take(record: Inbound) -> None:
        waiting.append(record)
        if len(waiting) == _TOGETHER:
            take_in_waiting()

    spans = scanner.bounds([PROTECTION_STATUSES.name])
    scanner.read(spans, counted(take, "registry rows read", spans.values(), progress))
    take_in_waiting()
    return index


def read_decisions(scanner: Scanner, resolve_id: ResolveId | None, progress: Report) -> Decisions:
    """What people have decided about identities so far. Raises KafkaAway."""
    decisions = Decisions(resolve_id)

    def take(record: Inbound) -> None:
        with suppress(Refused):  # what stood before stands, as in `matching`
            decisions.take(record)

    spans = scanner.bounds([IDENTITY_DECISIONS.name])
    scanner.read(spans, counted(take, "decisions read", spans.values(), progress))
    return decisions


@dataclass(slots=True)
class Standing:
    """The highest revision of an event so far, with each content in which it came.

    Attributes:
        memory: its revision and kind.
        partition: where its records lie.
        first: offset of the event's first record that was taken in.
        last: offset of the last record of this revision.
        contents: bytes of its records.
    """

    memory: EventMemory
    partition: int
    first: int
    last: int
    contents: set[bytes] = field(default_factory=set)


class SourceEvents:
    """The events of one source that concern somebody, each with its highest revision.

    With an index of the native core its filter passes over nobodies, as in `matching`; with one in Python every record
    is read here, which takes some forty times as long and rests on nothing of the core.

    Args:
        topic: name of the source.
        index: the registry.
        decisions: what people have decided about identities.
        resolve_id: of the Schema Registry, where one is used.
        remembered: events that are kept whomever they concern.
    """

    def __init__(
        self,
        topic: str,
        index: Index,
        decisions: Decisions,
        resolve_id: ResolveId | None,
        remembered: Iterable[str] = (),
    ) -> None:
        self._topic = TOPICS[topic]
        self._index = index
        self._decisions = decisions
        self._raw = Codec(self._topic.record, raw=True, resolve_id=resolve_id)
        self._typed = Codec(self._topic.record, resolve_id=resolve_id, fast=make_codec(index, self._topic.record))
        self._look_at = make_filter(index, self._topic, self._raw)
        self._hold = make_hold_names(index)
        # Of their records none is passed over: events that are remembered, or held here.
        self._known: dict[str, bytes] = dict.fromkeys(remembered, b"")
        self._held: dict[str, Standing] = {}
        self._waiting: list[tuple[Inbound, bool]] = []
        self.read = self.refused = self.nobody = self.superseded = 0

    def take(self, record: Inbound, *, known_only: bool = False) -> None:
        """Take in one record; nothing is kept of a traveller who is nobody in the registry. After the last, `finish`.

        With `known_only`, a record counts only where an earlier one of its event was taken in.
        """
        self._waiting.append((record, known_only))
        if len(self._waiting) == _TOGETHER:
            self.finish()

    def finish(self) -> None:
        """Hold against the registry what was taken in; only then do the counts hold it."""
        if not self._waiting:
            return
        records = [record for record, _ in self._waiting]
        # The earliest of their times: what is not too late for that is not for the others.
        not_after_ms = min(record.timestamp for record in records) + MOST_AHEAD_MS
        to_look_at = dict(
            self._look_at(
                [record.value for record in records], [record.key for record in records], self._known, not_after_ms
            )
        )
        for at, (record, known_only) in enumerate(self._waiting):
            if known_only and (record.key or b"").decode("ascii", "replace") not in self._held:
                continue
            self.read += 1
            if at in to_look_at:
                self._take(record, to_look_at[at])
            else:
                self.nobody += 1
        self._waiting.clear()

    def _take(self, record: Inbound, near: Near | None) -> None:
        try:
            values = self._raw.decode(record.value)
            check_event(self._topic, record, values)
            concerns = bool(who(self._index, self._hold, values["traveller"], near))
        except Refused:
            self.refused += 1
            return
        event_id: str = values["event_id"]
        revision, kind = values["revision"], EventKind(values["kind"])
        held = self._held.get(event_id)
        if held is None:
            if not (concerns or revision != 1 or event_id in self._known):
                self.nobody += 1
                return
            self._held[event_id] = _standing(revision, kind, record, record.offset)
            self._known[event_id] = b""
            return
        self.superseded += 1
        if is_superseded(revision, kind, held.memory):
            return
        if (revision, kind) == (held.memory.revision, held.memory.kind):
            held.contents.add(record.value or b"")
            held.last = record.offset
        else:
            self._held[event_id] = _standing(revision, kind, record, held.first)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._held

    def __iter__(self) -> Iterator[tuple[str, Standing]]:
        return iter(self._held.items())

    def examine(self, held: Standing, book: RuleBook) -> list[tuple[Event, Examined]]:
        """Each content of an event, and what it shows by the rules of the book; in the order of their bytes."""
        examined = []
        for content in sorted(held.contents):
            event = self._typed.decode_record(content, Event)
            slots = who(self._index, self._hold, self._raw.decode(content)["traveller"])
            people = [self._index.person(slot) for slot in slots]
            decided = self._decisions.of(str(event.event_id))
            examined.append((event, examine(self._topic.name, event, people, book, decided, self._hold)))
        return examined


def _standing(revision: int, kind: EventKind, record: Inbound, first: int) -> Standing:
    memory = EventMemory(revision=revision, kind=kind, matches=())
    return Standing(memory, record.partition, first, record.offset, {record.value or b""})
