"""The service `matching` driven without Kafka, and what its tests send it: events good and bad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from consumers.kafka import Inbound
from consumers.loop import Handled
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.registry_tail import RegistryTail
from consumers.source import SourceReader
from matcher.examine import Examined, examine
from schemas.ids import match_id
from schemas.reasons import Reason
from schemas.records import (
    BorderCrossing,
    Event,
    IdentityDecision,
    IdentityVerdict,
    ProtectedPerson,
    StatusMatch,
    Traveller,
)
from tests.builders import (
    CROSSINGS,
    DOSSIER,
    NOON,
    OBSERVATIONS,
    POLICE,
    STRANGER,
    codec,
    crossing,
    encode,
    known,
    name,
    person,
    rules,
    uuid,
)
from tests.unit.consumers.fakes import KeptLog, Service
from tests.unit.consumers.memory_kafka import MemoryClients, Topics

MATCHES, REDRIVES, DEAD_LETTERS = "status-matches", "redrives", "dead-letters"
DECISIONS = "identity-decisions"
BERTA = person(
    2,
    documents=(known("RD0000002"),),
    personal_numbers=(),
    dossier_numbers=("00000002",),
    names=(name("Annan", "Berta"),),
    birth_dates=("1980-01-01",),
)
OF_BERTA = Traveller(dossier_number="00000002", names=BERTA.names)
NOBODY: dict[str, Any] = {"traveller": STRANGER, "country": "NOR"}
# What must never be in a log or a reason.
PERSONAL = ("bergsson", "Inventa", "Berta", "P0451298", DOSSIER, "1974-08-12", str(uuid(1)))


class Matchers(Service):
    """The service on topics in memory, with its registry, in the index that the tests run with, and its log."""

    native = False

    def __init__(self, topics: Topics | None = None, people: Iterable[ProtectedPerson] | None = None) -> None:
        topics = topics or Topics()
        self.log = KeptLog()
        for one in (person(), BERTA) if people is None else people:
            register(topics, one)
        super().__init__(self.new_handler(topics), topics)

    def new_handler(self, topics: Topics | None = None, **changes: Any) -> Matching:
        """The handler of another process: it reads the registry anew."""
        clients, metrics = MemoryClients(topics or self.topics), Metrics("matching")
        registry = RegistryTail(
            clients, codec("protected-person", raw=True), metrics, KeptLog(), lambda _: None, native=self.native
        )
        registry.load(lambda: False)
        self.registry = registry
        parts: dict[str, Any] = {
            "registry": registry,
            "rules": rules(),
            "source": SourceReader(clients, lambda _: None, lambda: False),
            "metrics": metrics,
            "log": self.log,
        }
        self.metrics = metrics
        return Matching(**{**parts, **changes})

    def settle(self) -> None:
        """Turns between batches until nothing is to be looked at again."""
        for _ in range(1000):
            records = self.tend()
            if not records and not self.metrics.registry.get_sample_value("resesignal_reexamination_due_partitions"):
                return
        raise AssertionError("looking again comes to no end")

    def register(self, *people: ProtectedPerson) -> None:
        """Write rows to the registry; the service has not seen them yet."""
        for one in people:
            register(self.topics, one)

    def decide(self, event_id: UUID, person_id: UUID, verdict: IdentityVerdict, revision: int = 1) -> Inbound:
        """Write what somebody decided; every instance will see it, and the group is to handle it."""
        return decide(self.topics, event_id, person_id, verdict, revision)

    def send(self, *events: Event) -> Handled:
        return self.handle([self.record(event) for event in events])

    def record(self, event: Event, *, value: bytes | None = None, key: bytes | None = None) -> Inbound:
        topic, record = (
            (CROSSINGS, "border-crossing")
            if isinstance(event, BorderCrossing)
            else (OBSERVATIONS, "mission-observation")
        )
        own = str(event.event_id).encode()
        data = encode(record, event) if value is None else value
        return self.topics.write(topic, own if key is None else key, data, like=own)


def register(topics: Topics, person: ProtectedPerson) -> None:
    """Write a row to the registry."""
    topics.write("protection-statuses", str(person.person_id).encode(), encode("protected-person", person))


def decide(topics: Topics, event_id: UUID, person_id: UUID, verdict: IdentityVerdict, revision: int = 1) -> Inbound:
    """Write what somebody decided about who the traveller of a revision is."""
    made = decision(event_id, person_id, verdict, revision)
    return topics.write(DECISIONS, str(made.match_id).encode(), encode("identity-decision", made))


def decision(event_id: UUID, person_id: UUID, verdict: IdentityVerdict, revision: int = 1) -> IdentityDecision:
    """What somebody decided about who the traveller of a revision is."""
    return IdentityDecision(
        match_id=match_id(event_id, person_id),
        event_id=event_id,
        person_id=person_id,
        revision=revision,
        verdict=verdict,
        decided_by="handlaggare.ett",
        reason="Invented for a test.",
        decided_at=NOON,
    )


def matches(handled: Handled) -> list[StatusMatch]:
    return [
        StatusMatch.from_avro(codec("status-match").decode(one.value))
        for one in handled.outbound
        if one.topic == MATCHES
    ]


VALID = encode("border-crossing", crossing())
FAULTS: list[tuple[bytes | None, bytes | None, Reason]] = [
    (b"", None, Reason.PAYLOAD_MISSING),
    (b'{"event_id": "x"}', None, Reason.FRAMING_UNKNOWN),
    (b"\xc3\x01" + bytes(8) + VALID[10:], None, Reason.SCHEMA_UNKNOWN),
    (b"\x00\x00\x00\x00\x07" + VALID[10:], None, Reason.SCHEMA_UNKNOWN),
    (VALID[:-1], None, Reason.PAYLOAD_TRUNCATED),
    (VALID + b"\x00", None, Reason.PAYLOAD_TRAILING),
    (VALID[:10] + b"\x01" + VALID[11:], None, Reason.PAYLOAD_CORRUPT),
    (VALID, str(uuid(1)).encode(), Reason.KEY_MISMATCH),
    (VALID, b"", Reason.KEY_MISMATCH),
]


BLANK = POLICE.model_copy(update={"legal_ground": " "})
FOREIGN = POLICE.model_copy(update={"authority": "MIGRATIONSVERKET"})


def fail_on(monkeypatch: pytest.MonkeyPatch, event_id: UUID) -> None:
    """Let the deciding on one event fail as a fault of the program would, with personal data in its text."""

    def failing_examine(source: str, event: Event, *rest: Any) -> Examined:
        if event.event_id == event_id:
            raise RuntimeError(f"cannot examine {event!r}")
        return examine(source, event, *rest)

    monkeypatch.setattr("consumers.matching.examine", failing_examine)
    leave_to_python(monkeypatch)


def leave_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the core decide on nothing by itself, as where it is at fault."""
    monkeypatch.setattr("matcher.native._NativeDecide.__call__", lambda *_: None)
