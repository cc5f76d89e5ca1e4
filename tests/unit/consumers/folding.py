"""The service `candidates` driven without Kafka, and the records that its tests send it."""

from __future__ import annotations

from typing import Any

from consumers.candidates import Candidates
from consumers.kafka import Inbound
from consumers.loop import Handled
from schemas.ids import match_id
from schemas.records import (
    Event,
    Finding,
    IdentityReview,
    ProtectedPerson,
    RetractReason,
    RevocationCandidate,
    StatusMatch,
)
from tests.builders import (
    codec,
    crossing,
    encode,
    finding,
    name,
    person,
    traveller,
    uuid,
)
from tests.unit.consumers.fakes import KeptLog, Service
from tests.unit.consumers.memory_kafka import Topics

MATCHES, ROWS, CANDIDATES, REVIEWS = (
    "status-matches",
    "protection-statuses",
    "revocation-candidates",
    "identity-reviews",
)
ANNA = str(uuid(1)).encode()
POSSIBLE = traveller(documents=())
PROTECTED = person(protected_identity=True)
MARRIED = person(names=(name("Gift", "Inventa Maria"),))


class Folding(Service):
    """The service with its log."""

    # Whether the native core reads and writes its records; see the fixture `typed`.
    native = False

    def __init__(self) -> None:
        self.log = KeptLog()
        super().__init__(self.another(), Topics())

    def another(self) -> Candidates:
        """Another instance of the service."""
        return Candidates(self.log, native=self.native)

    def match(self, event: Event | None = None, number: int = 1) -> Inbound:
        """A match on the topic, as matching would write it."""
        event = event or crossing()
        row = person(number)
        return self.write_match(row, event, finding=finding(event, row))

    def retract(self, event: Event | None = None, number: int = 1) -> Inbound:
        return self.write_match(person(number), event or crossing(), retracted=RetractReason.WITHDRAWN)

    def write_match(self, row: ProtectedPerson, event: Event, **said: Any) -> Inbound:
        record = StatusMatch(
            match_id=match_id(event.event_id, row.person_id),
            person_id=row.person_id,
            event_id=event.event_id,
            revision=event.revision,
            **said,
        )
        return self.topics.write(MATCHES, str(row.person_id).encode(), encode("status-match", record))

    def row(
        self, row: ProtectedPerson | None = None, *, value: bytes | None = None, key: bytes | None = None
    ) -> Inbound:
        row = row or person()
        own = str(row.person_id).encode() if key is None else key
        data = encode("protected-person", row) if value is None else value
        return self.topics.write(ROWS, own, data)

    def tombstone(self) -> Inbound:
        return self.topics.write(ROWS, ANNA, None)

    def candidate(self, key: bytes = ANNA) -> RevocationCandidate | None:
        value = self.topics.newest(CANDIDATES).get(key)
        return RevocationCandidate.from_avro(codec("revocation-candidate").decode(value)) if value else None

    def review(self) -> IdentityReview | None:
        value = self.topics.newest(REVIEWS).get(ANNA)
        return IdentityReview.from_avro(codec("identity-review").decode(value)) if value else None


def topics_of(handled: Handled) -> list[str]:
    return [one.topic for one in handled.outbound]


def findings(*events: Event) -> dict[Any, Finding]:
    return {match_id(event.event_id, uuid(1)): finding(event) for event in events}


def bad_bytes(service: Folding) -> Inbound:
    return service.match()._replace(value=b"\xc3\x01")
