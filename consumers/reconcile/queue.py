"""The newest candidate and reviews of every person on Kafka against the rows of the queue. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from consumers.dead_letters import Place
from consumers.kafka import Inbound, Partition
from consumers.reconcile.matches import Holding, Standing, in_short
from consumers.reconcile.result import Difference, Problem, QueueBooks
from schemas.codec import Codec, ResolveId
from schemas.ids import candidate_id
from schemas.reasons import Refused
from schemas.topics import IDENTITY_REVIEWS, REVOCATION_CANDIDATES


class CandidateState(NamedTuple):
    """A candidate in short: digest, OPEN or RETRACTED, and the matches that are its evidence."""

    version: str
    state: str
    evidence: frozenset[UUID]


@dataclass(slots=True)
class QueueRows:
    """What PostgreSQL holds: candidates by candidate_id, the open reviews of each person, and refused records."""

    candidates: dict[UUID, CandidateState] = field(default_factory=dict)
    reviews: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    refused: frozenset[Place] = frozenset()


@dataclass(slots=True)
class OnTopics:
    """What `revocation-candidates` and `identity-reviews` hold: the newest of each person.

    Attributes:
        candidates: by person; absent where there is none or it was erased.
        reviews: by person, likewise.
        findings: all findings of a person in both.
        in_flight: people with records that the queue had not handled.
        last_refused: topic and person where the queue refused the newest record.
    """

    candidates: dict[UUID, CandidateState] = field(default_factory=dict)
    reviews: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    findings: dict[tuple[str, UUID], Holding] = field(default_factory=dict)
    in_flight: set[UUID] = field(default_factory=set)
    last_refused: set[tuple[str, UUID]] = field(default_factory=set)

    @property
    def refused(self) -> set[UUID]:
        """People whose newest record the queue refused."""
        return {person for _topic, person in self.last_refused}

    def holdings(self) -> dict[UUID, Holding]:
        """Findings of each person, from both topics, as `candidates` has written them."""
        held: dict[UUID, Holding] = {}
        for (_topic, person), one in self.findings.items():
            before = held.get(person)
            held[person] = Holding(one.partition, {**before.findings, **one.findings}) if before else one
        return held


class TopicReader:
    """Takes the records of both topics into `found`.

    Args:
        handled: next offset by partition, as PostgreSQL holds it.
        refused: places of records that the queue refused.
    """

    def __init__(
        self, handled: Mapping[Partition, int], refused: Collection[Place], resolve_id: ResolveId | None = None
    ) -> None:
        self.found = OnTopics()
        self._handled = handled
        self._refused = refused
        self._codecs = {
            topic.name: Codec(topic.record, resolve_id=resolve_id)
            for topic in (REVOCATION_CANDIDATES, IDENTITY_REVIEWS)
        }

    def take(self, record: Inbound) -> None:
        """Take in one record, in the order of offsets."""
        try:
            person = UUID((record.key or b"").decode("ascii"))
        except ValueError:
            return  # refused by the queue; its table tells of it
        found = self.found
        if record.offset >= self._handled.get(Partition(record.topic, record.partition), 0):
            found.in_flight.add(person)
        elif Place(record.topic, record.partition, record.offset) in self._refused:
            found.last_refused.add((record.topic, person))
        else:
            found.last_refused.discard((record.topic, person))
        try:
            values = None if record.value is None else self._codecs[record.topic].decode(record.value)
        except Refused:
            return
        if record.topic == REVOCATION_CANDIDATES.name:
            self._take_candidate(record.partition, person, values)
        else:
            self._take_reviews(record.partition, person, values)

    def _take_candidate(self, partition: int, person: UUID, values: Mapping[str, Any] | None) -> None:
        place = (REVOCATION_CANDIDATES.name, person)
        if values is None:
            self.found.candidates.pop(person, None)
            self.found.findings.pop(place, None)
            return
        findings = _findings(values["evidence"])
        self.found.findings[place] = Holding(partition, findings)
        self.found.candidates[person] = CandidateState(values["version"], values["state"], frozenset(findings))

    def _take_reviews(self, partition: int, person: UUID, values: Mapping[str, Any] | None) -> None:
        findings = _findings(values["reviews"]) if values is not None else {}
        self.found.findings[(IDENTITY_REVIEWS.name, person)] = Holding(partition, findings)
        self.found.reviews[person] = frozenset(findings)


def _findings(pieces: Collection[Mapping[str, Any]]) -> dict[UUID, Standing]:
    return {piece["match_id"]: in_short(piece["finding"]) for piece in pieces}


def check_queue(topics: OnTopics, rows: QueueRows) -> tuple[QueueBooks, list[Difference]]:
    """Compare what Kafka holds with the queue; people with records on their way are left out."""
    differences: list[Difference] = []
    skipped = {candidate_id(person) for person in topics.in_flight}
    expected = {candidate_id(person): one for person, one in topics.candidates.items()}
    refused = {candidate_id(person) for person in topics.refused}
    for key in sorted((expected.keys() | rows.candidates.keys() | refused) - skipped):
        if key in refused:
            detail = "the queue refused its newest record; see dead-letters list --database"
            differences.append(Difference(Problem.REFUSED_BY_QUEUE, f"candidate {key}", detail))
        else:
            differences.extend(_compare(key, expected.get(key), rows.candidates.get(key)))
    people = (topics.reviews.keys() | rows.reviews.keys()) - topics.in_flight - topics.refused
    wanted = {match for person in people for match in topics.reviews.get(person, ())}
    present = {match for person in people for match in rows.reviews.get(person, ())}
    for match in sorted(wanted - present):
        differences.append(Difference(Problem.NOT_IN_QUEUE, f"review {match}", "Kafka holds it, the queue does not"))
    for match in sorted(present - wanted):
        differences.append(Difference(Problem.NOT_ON_TOPIC, f"review {match}", "the queue holds it, Kafka does not"))
    books = QueueBooks(
        candidates=len(topics.candidates),
        open_candidates=sum(one.state == "OPEN" for one in topics.candidates.values()),
        reviews=sum(len(one) for one in topics.reviews.values()),
        in_flight=len(topics.in_flight),
    )
    return books, differences


def _compare(key: UUID, wanted: CandidateState | None, present: CandidateState | None) -> list[Difference]:
    where = f"candidate {key}"
    if present is None:
        return [Difference(Problem.NOT_IN_QUEUE, where, "Kafka holds it, the queue does not")] if wanted else []
    if wanted is None:
        # Erased: the row stays, empty, after the tombstone has gone.
        if present.version == "":
            return []
        return [Difference(Problem.NOT_ON_TOPIC, where, "the queue holds it, Kafka does not")]
    what = [
        name
        for name, differs in (
            ("version", wanted.version != present.version),
            ("state", wanted.state != present.state),
            ("evidence", wanted.evidence != present.evidence),
        )
        if differs
    ]
    if not what:
        return []
    return [Difference(Problem.QUEUE_DIFFERS, where, f"not the same on Kafka and in the queue: {', '.join(what)}")]
