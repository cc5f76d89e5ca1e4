"""Invented candidates and identity reviews, as the matcher would publish them, and a sink that feeds them in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Engine

from consumers.case_queue.engine import make_engine
from consumers.case_queue.migrate import upgrade
from consumers.case_queue.positions import Position, TopicPartition
from consumers.case_queue.rows import QueueRecord
from consumers.case_queue.store import ApplyResult, CandidateStore
from matcher.fold import WHY_TAKEN_BACK
from matcher.rules import basis_of
from schemas.ids import candidate_id, match_id
from schemas.records import (
    CandidateState,
    CountryBasis,
    Disclosure,
    DocumentKind,
    DocumentUse,
    Evidence,
    EvidenceKind,
    Feature,
    FeatureResult,
    Finding,
    FiredRule,
    IdentityLevel,
    IdentityReview,
    NameForm,
    OutcomeBasis,
    OutcomeConcerned,
    OutcomeKind,
    Outcomes,
    PersonName,
    RevocationCandidate,
    SeenDocument,
    StatusAtEvent,
    StatusKind,
    Stay,
    Subject,
    TakenBack,
    TakenBackReason,
    TimePrecision,
)

START = datetime(2026, 3, 2, 6, 40, tzinfo=UTC)
POLICE = Disclosure(
    authority="POLISMYNDIGHETEN",
    unit="Gränspolisenheten Arlanda",
    legal_ground="OSL 10:28",
    weighing="Uppgiften behövs för prövning av skyddsstatus; intresset av utlämnande väger över. Dnr G-2026-17.",
    purpose="Prövning av återkallelse av skyddsstatus",
)
MISSION = Disclosure(
    authority="UTLANDSMYNDIGHETERNA",
    unit="Sveriges ambassad i Bagdad",
    legal_ground="OSL 10:2",
    weighing="Nödvändigt för den egna verksamheten; inga uppgifter om tredje man.",
    purpose="Prövning av återkallelse av skyddsstatus",
)
HOME_PASSPORT = FiredRule(
    rule_id="home-passport-with-travel-document",
    title="Hemlandspass visat trots svenskt resedokument",
    legal_basis=("UtlL 4:5 första stycket 1", "Förordning (EU) 2024/1347 art. 14.1", "UtlF 2:1 c"),
    bases=(
        OutcomeBasis(
            outcome=OutcomeKind.REFUGEE_STATUS,
            legal_basis=("UtlL 4:5 första stycket 1", "Förordning (EU) 2024/1347 art. 14.1"),
        ),
        OutcomeBasis(outcome=OutcomeKind.TRAVEL_DOCUMENT, legal_basis=("UtlF 2:1 c",)),
    ),
    outcomes=(OutcomeKind.REFUGEE_STATUS, OutcomeKind.TRAVEL_DOCUMENT),
    favourable=("Passet kan ha visats av tvång eller för att kunna lämna landet.",),
)
TRAVELLED = FiredRule(
    rule_id="travelled-to-examined-country",
    title="Rest till ett land som skyddsbehovet har prövats mot",
    legal_basis=("UtlL 4:5 första stycket 4", "UtlL 7:3"),
    bases=(
        OutcomeBasis(outcome=OutcomeKind.REFUGEE_STATUS, legal_basis=("UtlL 4:5 första stycket 4",)),
        OutcomeBasis(outcome=OutcomeKind.PERMIT, legal_basis=("UtlL 7:3",)),
    ),
    outcomes=(OutcomeKind.REFUGEE_STATUS, OutcomeKind.PERMIT),
    favourable=("En kort resa innebär inte bosättning.", "Resan kan ha haft tvingande familjeskäl."),
)
FEATURES = (
    Feature(name="document", result=FeatureResult.AGREE, detail="issued-travel-document"),
    Feature(name="personal-number", result=FeatureResult.MISSING),
    Feature(name="name", result=FeatureResult.AGREE, detail="token-order"),
    Feature(name="birth-date", result=FeatureResult.AGREE),
    Feature(name="citizenship", result=FeatureResult.DISAGREE, detail="stated-differs"),
)


def person_id(number: int) -> UUID:
    """A person, the same for the same number."""
    return uuid5(NAMESPACE_OID, f"person {number}")


def make_finding(
    person: int,
    index: int,
    *,
    occurred_at: datetime = START,
    identity: IdentityLevel = IdentityLevel.IDENTIFIED,
    country: str = "IRQ",
    surname: str = "Exempelsson",
    given_names: str = "Uppdiktad Maja",
    number: str = "A7654321",
    revision: int = 1,
) -> Finding:
    """One finding: an exit with the home passport."""
    return Finding(
        source="border-crossings",
        event_id=uuid5(NAMESPACE_OID, f"event {person} {index}"),
        revision=revision,
        identity=identity,
        kinds=(EvidenceKind.HOME_PASSPORT_PRESENTED, EvidenceKind.TRAVELLED_TO),
        occurred_at=occurred_at,
        occurred_precision=TimePrecision.MINUTE,
        recorded_at=occurred_at + timedelta(minutes=2),
        country=country,
        country_basis=CountryBasis.TICKET,
        direction="EXIT",
        place="SEARN",
        documents=(
            SeenDocument(number=number, issuing_state=country, kind=DocumentKind.PASSPORT, use=DocumentUse.PRESENTED),
        ),
        names=(PersonName(surname=surname, given_names=given_names, form=NameForm.PRINTED),),
        birth_date="1987-04-30",
        citizenships=("IRQ",),
        disclosure=POLICE,
        features=FEATURES,
        status=StatusAtEvent(
            status_id=uuid5(NAMESPACE_OID, f"status {person}"),
            kind=StatusKind.REFUGEE,
            countries=(country,),
            valid_from=date(2019, 5, 14),
            row_recorded_at=datetime(2025, 11, 1, tzinfo=UTC),
        ),
        rules=(HOME_PASSPORT, TRAVELLED),
        rule_set="2026.1",
        matcher="1.0.0",
    )


def make_evidence(person: int, index: int, **changes: Any) -> Evidence:
    """One piece of evidence, a week after the one before it."""
    finding = make_finding(person, index, **({"occurred_at": START + timedelta(days=7 * index)} | changes))
    return Evidence(match_id=match_id(finding.event_id, person_id(person)), finding=finding)


def make_candidate(
    person: int = 1,
    *,
    pieces: int = 1,
    protected_identity: bool = False,
    known: bool = True,
    surname: str = "Exempelsson",
    given_names: str = "Uppdiktad Maja",
    country: str = "IRQ",
    start: datetime = START,
    taken_back: Mapping[int, TakenBackReason] = MappingProxyType({}),
) -> RevocationCandidate:
    """A candidate with so many pieces of evidence; none makes it retracted. `taken_back` are such as it had before."""
    evidence = tuple(
        make_evidence(
            person,
            index,
            surname=surname,
            given_names=given_names,
            country=country,
            occurred_at=start + timedelta(days=7 * index),
        )
        for index in range(pieces)
    )
    rules = (HOME_PASSPORT, TRAVELLED) if pieces else ()

    def concerned(outcome: OutcomeKind) -> OutcomeConcerned:
        fired = [rule for rule in rules if outcome in rule.outcomes]
        return OutcomeConcerned(
            concerned=bool(fired),
            rules=tuple(sorted(rule.rule_id for rule in fired)),
            legal_basis=tuple(sorted({basis for rule in fired for basis in basis_of(rule, outcome)})),
        )

    person_uuid = person_id(person)
    seed = f"{person} {pieces} {protected_identity} {known} {surname} {given_names} {country} {start} {taken_back}"
    return RevocationCandidate(
        candidate_id=candidate_id(person_uuid),
        person_id=person_uuid,
        version=hashlib.sha256(seed.encode()).hexdigest(),
        state=CandidateState.OPEN if pieces else CandidateState.RETRACTED,
        retract_reason=None if pieces else WHY_TAKEN_BACK[TakenBackReason.WITHDRAWN],
        person=make_subject(surname, given_names, protected_identity=protected_identity) if known else None,
        outcomes=Outcomes(
            refugee_status=concerned(OutcomeKind.REFUGEE_STATUS),
            alternative_protection=concerned(OutcomeKind.ALTERNATIVE_PROTECTION),
            permit=concerned(OutcomeKind.PERMIT),
            travel_document=concerned(OutcomeKind.TRAVEL_DOCUMENT),
        ),
        favourable=(
            "En kort resa innebär inte bosättning.",
            "Passet kan ha visats av tvång eller för att kunna lämna landet.",
            "Resan kan ha haft tvingande familjeskäl.",
        )
        if pieces
        else (),
        explanation=(
            f"{given_names} {surname} visade pass A7654321 vid Arlanda (SEARN) den 2 mars 2026.",
            "Skyddsbehovet har prövats mot landet som resan gick till.",
        )
        if pieces
        else ("Inga uppgifter återstår sedan händelsen togs tillbaka.",),
        stays=(
            Stay(country=country, left_sweden_at=start, returned_at=start + timedelta(days=12), days=12, told=False),
            Stay(country=country, left_sweden_at=start + timedelta(days=40), told=False),
        )
        if pieces
        else (),
        evidence=evidence,
        first_occurred_at=evidence[0].finding.occurred_at if evidence else None,
        last_occurred_at=evidence[-1].finding.occurred_at if evidence else None,
        last_recorded_at=evidence[-1].finding.recorded_at if evidence else None,
        taken_back=tuple(
            TakenBack(match_id=make_evidence(person, index).match_id, reason=reason)
            for index, reason in taken_back.items()
        ),
    )


def make_subject(
    surname: str = "Exempelsson", given_names: str = "Uppdiktad Maja", *, protected_identity: bool = False
) -> Subject:
    """The person as in the registry."""
    return Subject(
        recorded_at=datetime(2025, 11, 1, tzinfo=UTC),
        names=(
            PersonName(surname=surname, given_names=given_names, form=NameForm.PRINTED),
            PersonName(surname="Tidigare", given_names="Maja", form=NameForm.PRINTED),
        ),
        birth_dates=("1987-04-30",),
        citizenships=("SYR",),
        dossier_numbers=("12345678",),
        protected_identity=protected_identity,
    )


def make_review(person: int = 1, *, events: tuple[int, ...] = (0,), **changes: Any) -> IdentityReview:
    """Possible matches of one person with so many events; none takes the earlier ones back."""
    reviews = tuple(
        make_evidence(person, index, **({"identity": IdentityLevel.POSSIBLE} | changes)) for index in events
    )
    return IdentityReview(
        person_id=person_id(person),
        version=hashlib.sha256(f"{person} {events} {changes}".encode()).hexdigest(),
        reviews=reviews,
        person=make_subject() if reviews else None,
    )


def queue_engine(url: str, **options: Any) -> Engine:
    """An engine on a database that is brought to the newest tables first."""
    upgrade(url)
    return make_engine(url, application="tests", **options)


class Feed:
    """Plays the sink: gives records their offsets, keeps the positions, and applies batches in order."""

    def __init__(self, engine: Engine, group: str = "case-queue") -> None:
        self.store = CandidateStore(engine, group)
        self._next: dict[TopicPartition, int] = {}

    def apply(
        self, *records: RevocationCandidate | IdentityReview, now: datetime = START, partition: int = 0
    ) -> ApplyResult:
        """Apply records as one batch."""
        return self._apply([(type(record), record.person_id, record) for record in records], now, partition)

    def erase(self, model: type[RevocationCandidate | IdentityReview], person: UUID) -> ApplyResult:
        """Apply a tombstone."""
        return self._apply([(model, person, None)], START, 0)

    def _apply(
        self,
        items: list[tuple[type[Any], UUID, RevocationCandidate | IdentityReview | None]],
        now: datetime,
        partition: int,
    ) -> ApplyResult:
        after = dict(self._next)
        batch = []
        for model, person, record in items:
            topic = "identity-reviews" if model is IdentityReview else "revocation-candidates"
            offset = after.get((topic, partition), 0)
            after[topic, partition] = offset + 1
            batch.append(QueueRecord(topic, partition, offset, str(person), record.to_avro() if record else None))
        moved = {place: offset for place, offset in after.items() if self._next.get(place) != offset}
        new = {place: Position(offset, {"consumed": offset}) for place, offset in moved.items()}
        result = self.store.apply(batch, dict(self._next), new, now)
        self._next = after
        return result
