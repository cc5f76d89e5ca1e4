"""Other rules tried on what came in the last days: reads the registry and the sources, writes nothing anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from consumers.kafka import Inbound
from consumers.scan import Scanner
from consumers.source_events import Report, SourceEvents, counted, read_decisions, read_registry
from matcher.examine import Found
from matcher.rule_book import RuleBook
from matcher.rules_trial import Trial, TrialReport, compare_findings
from schemas.codec import ResolveId
from schemas.records import EventKind
from schemas.topics import MEMORY_OF


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
    native: bool = False,
    progress: Report = lambda _what, _done, _total: None,
) -> Tried:
    """Examine the events that came from a time on with both books. Raises KafkaAway.

    An event counts with its highest revision, as `matching` treats it. The registry is that of now. Each rule of the
    newest set tried is in the report, also where it fires on nothing.

    Args:
        scanner: reads Kafka.
        before: the rules in use.
        after: the rules tried.
        since_ms: time of the first record looked at, milliseconds since 1970.
        show: how many events of each change to name.
        resolve_id: of the Schema Registry, where one is used.
        native: whether the native core passes over nobodies.
        progress: told how far it is.
    """
    index = read_registry(scanner, resolve_id, progress, native=native)
    decisions = read_decisions(scanner, resolve_id, progress)
    sources = {topic: SourceEvents(topic, index, decisions, resolve_id) for topic in sorted(MEMORY_OF)}
    spans = scanner.since(sources, since_ms)

    def take(record: Inbound) -> None:
        sources[record.topic].take(record)

    scanner.read(spans, counted(take, "events read", spans.values(), progress))
    for events in sources.values():
        events.finish()
    total = sum(span.end - span.start for span in spans.values())
    progress("events read", total, total)
    trial = Trial(show, (rule.id for rule in after.sets[-1].rule))
    withdrawn = sum(_examine(events, before, after, trial) for events in sources.values())
    return Tried(
        people=len(index),
        read=sum(events.read for events in sources.values()),
        refused=sum(events.refused for events in sources.values()),
        nobody=sum(events.nobody for events in sources.values()),
        superseded=sum(events.superseded for events in sources.values()),
        withdrawn=withdrawn,
        report=trial.report(),
    )


def _examine(events: SourceEvents, before: RuleBook, after: RuleBook, trial: Trial) -> int:
    """Examine each event with both books; gives how many are withdrawn."""
    withdrawn = 0
    for event_id, held in events:
        if held.memory.kind is EventKind.WITHDRAWN:
            withdrawn += 1
            continue
        sides: list[dict[UUID, Found]] = []
        for book in (before, after):
            examined = events.examine(held, book)
            sides.append({one.person_id: one for _event, shown in examined for one in shown.found})
        trial.add(UUID(event_id), compare_findings(*(list(side.values()) for side in sides)))
    return withdrawn
