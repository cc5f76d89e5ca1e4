"""The one table of topics: what is on them, who may write and read them, and how they are kept.

Topics are created and checked from this table (`resesignal topics plan|apply|check`), the AsyncAPI document is
generated from it, and services look up their record types here. Sources carry the broker's time (LogAppendTime)
and belong to the agency that sends; it sets their retention. Everything is keyed by identity as lower-case text and
partitioned by murmur2, so that Java clients and librdkafka agree where a key lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 24 * 60 * 60 * 1000


class CleanUp(StrEnum):
    """Kafka's `cleanup.policy`."""

    DELETE = "delete"
    COMPACT = "compact"
    COMPACT_DELETE = "compact,delete"


# A broker holds the topic's limit against the whole batch: 61 bytes of batch header (KIP-98), at most some 20 of
# lengths and deltas for a record in it, and what a later version may add.
_OVERHEAD = 100


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    Attributes:
        name: topic name.
        record: name of the Avro record and of its schema file, such as `border-crossing`.
        key: field that is the key, as text.
        partitions: exact number; topics that are joined share it.
        clean_up: Kafka's clean-up policy.
        retention_ms: how long records are kept; None keeps them for good.
        owner: who answers for the content.
        writers: what writes it: `agency` or the name of a service.
        readers: services that read it, and `operator` where commands of the operator do.
        authorities: values of `disclosure.authority` that are accepted; empty where the record carries none.
        broker_time: True for LogAppendTime.
        tombstones_ms: how long a compacted topic keeps a tombstone at least; None leaves it to the broker.
        max_bytes: largest record, in bytes, with its framing.
        title: what it carries, one line.
    """

    name: str
    record: str
    key: str
    partitions: int
    clean_up: CleanUp
    retention_ms: int | None
    owner: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    title: str
    authorities: frozenset[str] = frozenset()
    broker_time: bool = False
    tombstones_ms: int | None = None
    max_bytes: int = 1_000_000

    def holds(self, key: bytes, value: bytes) -> bool:
        """Whether a broker takes a record of this key and value."""
        return len(key) + len(value) + _OVERHEAD <= self.max_bytes

    @property
    def config(self) -> dict[str, str]:
        """The topic's settings on the broker, all of those that this table governs."""
        config = {
            "cleanup.policy": self.clean_up.value,
            "max.message.bytes": str(self.max_bytes),
            "message.timestamp.type": "LogAppendTime" if self.broker_time else "CreateTime",
        }
        if self.clean_up is not CleanUp.COMPACT:
            config["retention.ms"] = str(-1 if self.retention_ms is None else self.retention_ms)
        if self.tombstones_ms is not None:
            config["delete.retention.ms"] = str(self.tombstones_ms)
        return config


# Sources, the memory beside them and the redrives share their number of partitions, and so do the three topics
# keyed by person: a service instance then owns the same partition of each.
_PARTITIONS = 6
# All that is known of one person travels in one record; it takes thousands of events to come near this.
_PERSON_BYTES = 8_000_000
# How long the registry tells of somebody removed; who was away for longer than half of it looks at all events again.
TOMBSTONES_MS = 7 * DAY_MS

BORDER_CROSSINGS = Topic(
    name="border-crossings",
    record="border-crossing",
    key="event_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.DELETE,
    retention_ms=365 * DAY_MS,
    owner="Polismyndigheten",
    writers=("agency",),
    readers=("matching", "operator"),
    title="Border crossings, from border control",
    authorities=frozenset({"POLISMYNDIGHETEN", "TULLVERKET", "KUSTBEVAKNINGEN"}),
    broker_time=True,
    max_bytes=65_536,
)
MISSION_OBSERVATIONS = Topic(
    name="mission-observations",
    record="mission-observation",
    key="event_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.DELETE,
    retention_ms=365 * DAY_MS,
    owner="Utrikesdepartementet",
    writers=("agency",),
    readers=("matching", "operator"),
    title="Observations by Swedish missions abroad",
    authorities=frozenset({"UTLANDSMYNDIGHETERNA"}),
    broker_time=True,
    max_bytes=65_536,
)
PROTECTION_STATUSES = Topic(
    name="protection-statuses",
    record="protected-person",
    key="person_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.COMPACT,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("agency",),
    readers=("matching", "candidates", "operator"),
    title="The registry of people who hold or held a protection status",
    broker_time=True,
    tombstones_ms=TOMBSTONES_MS,
    max_bytes=_PERSON_BYTES,
)
REDRIVES = Topic(
    name="redrives",
    record="redrive",
    key="topic",
    partitions=_PARTITIONS,
    clean_up=CleanUp.DELETE,
    retention_ms=30 * DAY_MS,
    owner="Migrationsverket",
    writers=("operator",),
    readers=("matching", "operator"),
    title="Orders to read a dead record, or a span of records, again at its source",
    max_bytes=16_384,
)
# Kept for as long as a candidate is: without it a withdrawal, a correction or a decision that comes when the source has
# let go of the event would take nothing back. It holds ids and digests, nothing of a traveller.
BORDER_CROSSINGS_MEMORY = Topic(
    name="border-crossings-memory",
    record="event-memory",
    key="event_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.COMPACT,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("matching",),
    readers=("matching", "operator"),
    title="What matching has said of border crossings",
)
MISSION_OBSERVATIONS_MEMORY = Topic(
    name="mission-observations-memory",
    record="event-memory",
    key="event_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.COMPACT,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("matching",),
    readers=("matching", "operator"),
    title="What matching has said of mission observations",
)
STATUS_MATCHES = Topic(
    name="status-matches",
    record="status-match",
    key="person_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.DELETE,
    retention_ms=30 * DAY_MS,
    owner="Migrationsverket",
    writers=("matching",),
    readers=("candidates", "operator"),
    title="Events that concern a protected person and a country examined, and their retractions",
    max_bytes=_PERSON_BYTES,
)
REVOCATION_CANDIDATES = Topic(
    name="revocation-candidates",
    record="revocation-candidate",
    key="person_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.COMPACT,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("candidates",),
    readers=("candidates", "case-queue", "operator"),
    title="One explained candidate per person",
    max_bytes=_PERSON_BYTES,
)
IDENTITY_REVIEWS = Topic(
    name="identity-reviews",
    record="identity-review",
    key="person_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.COMPACT,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("candidates",),
    readers=("candidates", "case-queue", "operator"),
    title="Possible matches for a person to review",
    max_bytes=_PERSON_BYTES,
)
IDENTITY_DECISIONS = Topic(
    name="identity-decisions",
    record="identity-decision",
    key="match_id",
    partitions=_PARTITIONS,
    # Not compacted: who decided what, and who took it back, is part of the case's history.
    clean_up=CleanUp.DELETE,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("operator",),
    readers=("matching", "operator"),
    title="What named persons decided about who a traveller is",
    max_bytes=16_384,
)
CASE_OUTCOMES = Topic(
    name="case-outcomes",
    record="case-outcome",
    key="person_id",
    partitions=_PARTITIONS,
    clean_up=CleanUp.DELETE,
    retention_ms=None,
    owner="Migrationsverket",
    writers=("case-queue",),
    readers=(),
    title="Outcomes that named persons decided",
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    record="dead-letter",
    key="topic",
    partitions=1,
    clean_up=CleanUp.COMPACT_DELETE,
    retention_ms=365 * DAY_MS,
    owner="Migrationsverket",
    writers=("matching", "candidates"),
    readers=("operator",),
    title="Records that were refused: where they are and why, without their content",
)

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        BORDER_CROSSINGS,
        MISSION_OBSERVATIONS,
        PROTECTION_STATUSES,
        REDRIVES,
        BORDER_CROSSINGS_MEMORY,
        MISSION_OBSERVATIONS_MEMORY,
        STATUS_MATCHES,
        REVOCATION_CANDIDATES,
        IDENTITY_REVIEWS,
        IDENTITY_DECISIONS,
        CASE_OUTCOMES,
        DEAD_LETTERS,
    )
}

# The sources that matching joins with the registry, each with the memory beside it.
MEMORY_OF: dict[str, Topic] = {
    BORDER_CROSSINGS.name: BORDER_CROSSINGS_MEMORY,
    MISSION_OBSERVATIONS.name: MISSION_OBSERVATIONS_MEMORY,
}


def dead_letter_key(topic: str, partition: int, offset: int) -> bytes:
    """Key of a dead letter and of the redrive that answers it: the place of the record, `topic/partition/offset`."""
    return f"{topic}/{partition}/{offset}".encode()
