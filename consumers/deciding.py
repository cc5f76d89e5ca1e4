"""Deciding who a traveller is, from outside the services: which matches there are, and a decision about one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message
from pydantic import ValidationError

from consumers.decision_texts import check_text
from consumers.decisions import check_decision
from consumers.kafka import OPERATOR_DELIVERY_S, Clients, Inbound, Partition
from consumers.redriving import GROUP, note_of
from consumers.registry_tail import has_passed
from consumers.scan import KafkaAway, Scanner
from consumers.source_events import Report, counted
from schemas.codec import Codec, ResolveId
from schemas.reasons import Refused
from schemas.records import Finding, IdentityDecision, IdentityReview, IdentityVerdict, RevocationCandidate
from schemas.topics import IDENTITY_DECISIONS, IDENTITY_REVIEWS, MEMORY_OF, REVOCATION_CANDIDATES

# The pages show the first eight signs of an id.
SHORTEST = 8
_POLL_S = 0.2
# After Ctrl-C, for an answer that is on its way.
_GRACE_S = 2.0
_NOT_IN_TIME = (
    KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._PURGE_QUEUE,
    KafkaError._PURGE_INFLIGHT,
)


class MatchUnknown(Exception):  # noqa: N818 - it reads as what happened
    """No match, or more than one, is called so. A sentence for the user."""


class MaybeWritten(Exception):  # noqa: N818 - it reads as what happened
    """Kafka has not said whether it has taken a decision; it may have. A sentence for the user."""


@dataclass(frozen=True, slots=True)
class Written:
    """A decision that Kafka has taken, and where it lies."""

    decision: IdentityDecision
    place: Partition
    offset: int


@dataclass(frozen=True, slots=True)
class Match:
    """A match that holds or that was decided about.

    Attributes:
        match_id: its identity.
        event_id: the event.
        person_id: the person.
        revision: of the event: the one that was matched, else the one that was decided about.
        finding: what was found; None where it does not hold (any more).
        written: what was decided about it and where it lies, the newest last.
    """

    match_id: UUID
    event_id: UUID
    person_id: UUID
    revision: int
    finding: Finding | None = None
    written: tuple[Written, ...] = ()

    @property
    def decisions(self) -> tuple[IdentityDecision, ...]:
        """What was decided, the newest last."""
        return tuple(one.decision for one in self.written)

    @property
    def decision(self) -> IdentityDecision | None:
        """The decision that holds."""
        return self.written[-1].decision if self.written else None

    def standing(self, verdict: IdentityVerdict, decided_by: str) -> Written | None:
        """The decision that holds, where the same person has decided the same about the same revision."""
        newest = self.written[-1] if self.written else None
        if newest is None or newest.decision.revision != self.revision:
            return None
        same = (newest.decision.verdict, newest.decision.decided_by) == (verdict, decided_by)
        return newest if same else None


@dataclass(slots=True)
class Matches:
    """All matches that Kafka holds, by id."""

    held: dict[UUID, Match] = field(default_factory=dict)

    def named(self, text: str) -> Match:
        """The match of an id, or of how it begins. Raises MatchUnknown."""
        wanted = text.strip().lower()
        found = [match for key, match in self.held.items() if str(key).startswith(wanted)]
        if len(wanted) < SHORTEST:
            raise MatchUnknown(f"{text}: give at least the first {SHORTEST} signs of the match's id.")
        if not found:
            raise MatchUnknown(f"{text}: there is no such match (any more). See: resesignal identity list")
        if len(found) > 1:
            raise MatchUnknown(f"{text}: {len(found)} matches begin so; give more of the id.")
        return found[0]


def read_matches(
    scanner: Scanner,
    resolve_id: ResolveId | None = None,
    progress: Report = lambda _what, _done, _total: None,
) -> Matches:
    """The matches of all candidates and identity reviews, and what was decided. Raises KafkaAway."""
    reader = _MatchReader(resolve_id)
    for topic in (IDENTITY_REVIEWS, REVOCATION_CANDIDATES, IDENTITY_DECISIONS):
        spans = scanner.bounds([topic.name])
        scanner.read(spans, counted(reader.take, f"{topic.name} read", spans.values(), progress))
        if reader.open_newest():
            scanner.read(spans, reader.take_before)
    return reader.matches()


class _MatchReader:
    def __init__(self, resolve_id: ResolveId | None) -> None:
        self._reviews = Codec(IDENTITY_REVIEWS.record, resolve_id=resolve_id)
        self._candidates = Codec(REVOCATION_CANDIDATES.record, resolve_id=resolve_id)
        self._decisions = Codec(IDENTITY_DECISIONS.record, resolve_id=resolve_id)
        self._raw_decisions = Codec(IDENTITY_DECISIONS.record, raw=True, resolve_id=resolve_id)
        # By topic and person: the newest record replaces the one before. Each holds all of the person, so that of many
        # only the newest is worth reading: as it came, and as read.
        self._newest: dict[tuple[str, bytes | None], Inbound] = {}
        self._refused: set[tuple[str, bytes | None]] = set()
        self._held: dict[tuple[str, bytes | None], tuple[Match, ...]] = {}
        self._decided: dict[UUID, tuple[Written, ...]] = {}

    def take(self, record: Inbound) -> None:
        try:
            if record.topic == IDENTITY_DECISIONS.name:
                check_decision(self._raw_decisions.decode, record)
                decision = self._decisions.decode_record(record.value, IdentityDecision)
                written = Written(decision, Partition(record.topic, record.partition), record.offset)
                self._decided[decision.match_id] = (*self._decided.get(decision.match_id, ()), written)
            else:
                self._newest[record.topic, record.key] = record
        except (Refused, ValidationError):
            return  # the services refuse it too

    def open_newest(self) -> bool:
        """Read the newest record of each person; whether the services refuse one, so that one before it still holds."""
        self._refused = {whose for whose, record in self._newest.items() if not self._open(whose, record)}
        self._newest.clear()
        return bool(self._refused)

    def take_before(self, record: Inbound) -> None:
        """Take a record once more, of a person whose newest one was refused."""
        whose = record.topic, record.key
        if whose in self._refused:
            self._open(whose, record)

    def _open(self, whose: tuple[str, bytes | None], record: Inbound) -> bool:
        try:
            self._held[whose] = tuple(self._matches(record))
        except (Refused, ValidationError):
            return False
        return True

    def _matches(self, record: Inbound) -> Iterable[Match]:
        if record.value is None:
            return
        if record.topic == IDENTITY_REVIEWS.name:
            review = self._reviews.decode_record(record.value, IdentityReview)
            person_id, pieces = review.person_id, review.reviews
        else:
            candidate = self._candidates.decode_record(record.value, RevocationCandidate)
            person_id, pieces = candidate.person_id, candidate.evidence
        for piece in pieces:
            yield Match(piece.match_id, piece.finding.event_id, person_id, piece.finding.revision, piece.finding)

    def matches(self) -> Matches:
        found = {match.match_id: match for matches in self._held.values() for match in matches}
        for key, written in self._decided.items():
            newest = written[-1].decision
            match = found.get(key) or Match(key, newest.event_id, newest.person_id, newest.revision)
            found[key] = replace(match, written=written)
        return Matches(found)


def write_decision(
    clients: Clients, decision: IdentityDecision, interrupted: Callable[[], bool] = lambda: False
) -> Written:
    """Write a decision.

    Raises Refused or TextUnfit where it is unfit, KafkaException where Kafka refuses it, and MaybeWritten where Kafka
    did not say that it has taken it: not in time, or not before `interrupted` was true and a moment longer.
    """
    check_text(decision.decided_by)
    check_text(decision.reason)
    key, value = str(decision.match_id).encode(), Codec(IDENTITY_DECISIONS.record).encode_record(decision)
    check_decision(
        Codec(IDENTITY_DECISIONS.record, raw=True).decode, Inbound(IDENTITY_DECISIONS.name, 0, 0, 0, key, value)
    )
    taken: list[Written] = []
    refused: list[KafkaError] = []

    def report(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refused.append(error)
        else:
            place = Partition(message.topic() or "", message.partition() or 0)
            taken.append(Written(decision, place, message.offset() or 0))

    producer = clients.operators_producer()
    deadline, told_to_end = time.monotonic() + OPERATOR_DELIVERY_S + 5, False
    try:
        producer.produce(IDENTITY_DECISIONS.name, value, key, on_delivery=report)
        while not (taken or refused) and time.monotonic() < deadline:
            producer.poll(_POLL_S)
            if interrupted() and not told_to_end:
                deadline, told_to_end = time.monotonic() + _GRACE_S, True
    finally:
        if not (taken or refused):
            producer.purge()  # else it is waited for until its own time is out
        producer.close()
    if taken:
        return taken[0]
    if refused and refused[0].code() not in _NOT_IN_TIME:
        raise KafkaException(refused[0])
    raise MaybeWritten(
        "Kafka has not said that it has taken the decision, and may have: before you decide again, see "
        f"resesignal identity show {str(decision.match_id)[:SHORTEST]}"
    )


def await_honoured(scanner: Scanner, written: Written, seconds: float) -> bool:
    """Wait until every event has been compared with a decision, at most so long; whether it is known to be."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            committed = scanner.committed(GROUP, MEMORY_OF)
        except (KafkaAway, KafkaException):
            return False  # it is written all the same
        notes = [note_of(one) for one in committed.values() if one.next_offset >= 0]
        if notes and all(has_passed(note.get("registry", ()), written.place, written.offset) for note in notes):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
