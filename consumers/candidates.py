"""The service `candidates`: a person's matches folded into one candidate, and possible ones into a list to review.

Its memory is its own output: the newest candidate and review of each person in its partitions, and the registry rows of
the same partitions, because these topics share key and number of partitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from confluent_kafka import KafkaException

from consumers.kafka import Inbound, Outbound, Partition
from consumers.loop import Handled, Held, Tended
from consumers.registry_tail import check_registry_row
from consumers.restore import Restorer
from consumers.schema_registry import RegistryError
from consumers.telemetry import Log
from matcher.fold import fold_candidate, fold_review
from matcher.memory import Outcome
from matcher.native import record_codec
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import (
    Finding,
    IdentityLevel,
    IdentityReview,
    ProtectedPerson,
    Record,
    RetractReason,
    RevocationCandidate,
    StatusMatch,
    TakenBackReason,
)
from schemas.topics import IDENTITY_REVIEWS, PROTECTION_STATUSES, REVOCATION_CANDIDATES, STATUS_MATCHES, Topic


@dataclass(slots=True)
class _People:
    """What is held of the people in one partition: records as bytes, and the offset of each registry row."""

    rows: dict[bytes, tuple[int, bytes | None]] = field(default_factory=dict)
    candidates: dict[bytes, bytes] = field(default_factory=dict)
    reviews: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Touched:
    """A person whom the batch concerns.

    Attributes:
        people: those of the partition.
        findings: what was found of the person, as it stands, by match_id.
        taken_back: matches that were evidence and are none any more, with the reason.
        records: indices of the person's records in the batch.
    """

    people: _People
    findings: dict[UUID, Finding] = field(default_factory=dict)
    taken_back: dict[UUID, TakenBackReason] = field(default_factory=dict)
    records: list[int] = field(default_factory=list)

    def put(self, match: UUID, finding: Finding | None, reason: TakenBackReason) -> bool:
        """Hold another finding of a match, or none; whether it is another. `reason` tells why it is none.

        What is taken back follows from the records of each match in their order alone: neither from how they came
        together, nor from which candidates were published between them.
        """
        before = self.findings.get(match)
        if finding == before:
            return False
        if finding is None:
            del self.findings[match]
        else:
            self.findings[match] = finding
        if finding is None or finding.identity is IdentityLevel.POSSIBLE:
            if match in self.taken_back or (before is not None and before.identity is IdentityLevel.IDENTIFIED):
                self.taken_back[match] = reason
        else:
            self.taken_back.pop(match, None)
        return True


class Candidates:
    """Handler of matches and registry rows; see `consumers.loop.Handler`."""

    topics = (STATUS_MATCHES.name, PROTECTION_STATUSES.name)

    def __init__(
        self,
        log: Log,
        *,
        resolve_id: ResolveId | None = None,
        schema_ids: Mapping[str, int] | None = None,
        native: bool = False,
    ) -> None:
        ids = schema_ids or {}
        self._log = log

        def codec(topic: Topic) -> Codec:
            fast = record_codec(topic.record) if native else None
            return Codec(topic.record, resolve_id=resolve_id, confluent_id=ids.get(topic.name), fast=fast)

        self._matches, self._rows = codec(STATUS_MATCHES), codec(PROTECTION_STATUSES)
        self._candidates, self._reviews = codec(REVOCATION_CANDIDATES), codec(IDENTITY_REVIEWS)
        self._rows_raw = Codec(PROTECTION_STATUSES.record, raw=True, resolve_id=resolve_id)
        self._people: dict[int, _People] = {}

    def take(self, held: Mapping[Partition, Held], restorer: Restorer) -> None:
        """Read candidates, reviews and registry rows of the partitions."""
        numbers = sorted({partition.number for partition in held})
        for number in numbers:
            self._people[number] = _People()

        def remember(record: Inbound) -> None:
            people = self._people[record.partition]
            key = record.key or b""
            if record.topic == PROTECTION_STATUSES.name:
                self._remember_row(people, record)
                return
            table = people.candidates if record.topic == REVOCATION_CANDIDATES.name else people.reviews
            if record.value is None:
                table.pop(key, None)
            else:
                table[key] = record.value

        state = (PROTECTION_STATUSES.name, REVOCATION_CANDIDATES.name, IDENTITY_REVIEWS.name)
        restorer.read([Partition(topic, number) for topic in state for number in numbers], remember)

    def _remember_row(self, people: _People, record: Inbound) -> None:
        """Keep a row for the folds to come; one that was refused when it came leaves the one before it in place."""
        try:
            if record.value is not None:
                check_registry_row(self._rows_raw.decode, record)
        except Refused:
            return
        people.rows[record.key or b""] = (record.offset, record.value)

    def drop(self, partitions: Sequence[Partition]) -> None:
        """Forget the partitions."""
        for partition in partitions:
            self._people.pop(partition.number, None)

    def tend(self, _position: Callable[[Partition], int]) -> Tended:
        """Nothing to do between batches."""
        return Tended()

    def note(self, _place: Partition) -> Mapping[str, Any]:
        """Nothing to note."""
        return {}

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        """Take in a batch, then fold each person it touched once."""
        handled = Handled(outcomes=[Outcome.TAKEN_IN] * len(batch))
        touched: dict[bytes, _Touched] = {}
        for index, record in enumerate(batch):
            self._take_in(handled, index, record, touched)
        for key, person in touched.items():
            if self._settle(handled, key, person) or len(person.records) == 1:
                continue
            # Not all for one: what is taken back, above all, must not be lost because something else is too much.
            for index in person.records:
                alone: dict[bytes, _Touched] = {}
                handled.refusals.pop(index)
                self._take_in(handled, index, batch[index], alone)
                if (again := alone.get(key)) is not None:
                    self._settle(handled, key, again)
        return handled

    def _take_in(self, handled: Handled, index: int, record: Inbound, touched: dict[bytes, _Touched]) -> None:
        """Take in one record, for its person to be folded."""
        take = self._take_row if record.topic == PROTECTION_STATUSES.name else self._take_match

        def do() -> None:
            handled.outcomes[index] = take(record, touched)

        self._attempt(handled, [index], do)
        if (person := touched.get(record.key or b"")) is not None:
            person.records.append(index)

    def _settle(self, handled: Handled, key: bytes, person: _Touched) -> bool:
        """Fold a person, and publish what has become of it; false where all of their records are refused."""
        return self._attempt(handled, person.records, lambda: handled.outbound.extend(self._fold(key, person)))

    def _attempt(self, handled: Handled, records: Sequence[int], do: Callable[[], None]) -> bool:
        """Do something for records; whether it could be done, else they are refused.

        A fault of this program on them must not hold up all others (property 3).
        """
        try:
            do()
        except Refused as refusal:
            _refuse(handled, records, refusal)
        except (KafkaException, RegistryError):
            raise  # no fault of the record; the loop waits, starts again, or ends
        except Exception as error:  # noqa: BLE001, RUF100 - whatever it was, it is counted
            # The text of an exception may quote the record; its type cannot.
            self._log.error("record-failed", error=type(error).__name__)
            _refuse(handled, records, Refused(Reason.HANDLER_FAILED))
        else:
            return True
        return False

    def _take_row(self, record: Inbound, touched: dict[bytes, _Touched]) -> Outcome:
        people = self._people[record.partition]
        key = record.key or b""
        if record.value is not None:
            check_registry_row(self._rows_raw.decode, record)
        if record.offset >= people.rows.get(key, (-1, None))[0]:
            people.rows[key] = (record.offset, record.value)
        if key not in people.candidates and key not in people.reviews and key not in touched:
            return Outcome.NOT_RELEVANT
        self._touch(key, people, touched)
        return Outcome.TAKEN_IN

    def _take_match(self, record: Inbound, touched: dict[bytes, _Touched]) -> Outcome:
        match = self._matches.decode_record(record.value, StatusMatch)
        key = str(match.person_id).encode()
        if record.key != key:
            raise Refused(Reason.KEY_MISMATCH, "person_id")
        person = self._touch(key, self._people[record.partition], touched)
        reason = TakenBackReason.UNCERTAIN
        if match.finding is None:
            reason = TakenBackReason(match.retracted or RetractReason.RECONSIDERED)
        return Outcome.TAKEN_IN if person.put(match.match_id, match.finding, reason) else Outcome.DUPLICATE

    def _touch(self, key: bytes, people: _People, touched: dict[bytes, _Touched]) -> _Touched:
        held = touched.get(key)
        if held is None:
            held = _Touched(people)
            if (candidate := people.candidates.get(key)) is not None:
                known = self._candidates.decode_record(candidate, RevocationCandidate)
                held.findings.update((item.match_id, item.finding) for item in known.evidence)
                held.taken_back.update((item.match_id, item.reason) for item in known.taken_back)
            if (review := people.reviews.get(key)) is not None:
                possible = self._reviews.decode_record(review, IdentityReview)
                held.findings.update((item.match_id, item.finding) for item in possible.reviews)
            # Not before all could be read: somebody of whom half is known would be folded to half.
            touched[key] = held
        return held

    def _fold(self, key: bytes, person: _Touched) -> list[Outbound]:
        """What is to be published of the person now, and remembered: nothing, where it is what it was.

        Raises Refused where all of it is more than a topic takes; then what was published before stands.
        """
        person_id = UUID(key.decode())
        people = person.people
        row = self._row(people, key)
        digest = self._digest(self._candidates)
        candidate = fold_candidate(person_id, person.findings, row, digest, person.taken_back)
        review = fold_review(person_id, person.findings, row, self._digest(self._reviews))
        changes: list[tuple[Topic, dict[bytes, bytes], bytes]] = []
        # Nobody hears of a candidate that never had evidence, or of a list that never had an entry. One that had some
        # is told of, also where it came and went at once: else it would depend on that what later versions tell.
        if candidate.evidence or candidate.taken_back or key in people.candidates:
            value = self._candidates.encode_record(candidate)
            changes.append((REVOCATION_CANDIDATES, people.candidates, value))
        if review.reviews or key in people.reviews:
            changes.append((IDENTITY_REVIEWS, people.reviews, self._reviews.encode_record(review)))
        if not all(topic.holds(key, value) for topic, _, value in changes):
            # The client would refuse it with the whole batch, in every instance that came to it.
            raise Refused(Reason.PERSON_TOO_LARGE)
        outbound = []
        for topic, table, value in changes:
            if table.get(key) != value:
                table[key] = value
                outbound.append(Outbound(topic.name, key, value))
        return outbound

    def _row(self, people: _People, key: bytes) -> ProtectedPerson | None:
        value = people.rows.get(key, (-1, None))[1]
        return None if value is None else self._rows.decode_record(value, ProtectedPerson)

    @staticmethod
    def _digest(codec: Codec) -> Callable[[Record], str]:
        return lambda record: hashlib.sha256(codec.encode_record(record)).hexdigest()[:32]


def _refuse(handled: Handled, records: Sequence[int], refusal: Refused) -> None:
    for index in records:
        handled.outcomes[index] = Outcome.DEAD
        handled.refusals[index] = refusal.alone()
