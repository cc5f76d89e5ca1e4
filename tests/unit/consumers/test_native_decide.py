"""What the core decides by itself is, to the byte, what `examine` and `say` make of it; and it leaves few."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.examine import examine
from matcher.memory import match_digest, say
from matcher.native import Conclusion, Decide, Match, Near, make_decide, make_filter, make_index
from matcher.rule_book import RuleBook
from matcher.rules import Conditions, Rule, RuleSet
from producers.simulator import Scenario, build
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    DocumentUse,
    Event,
    EvidenceKind,
    KnownDocument,
    Observation,
    OutcomeKind,
    Permit,
    PermitKind,
    ProtectedPerson,
    ProtectionStatus,
    SeenDocument,
    Sex,
    StatusKind,
    StatusMatch,
    Traveller,
)
from schemas.topics import MEMORY_OF, TOPICS
from tests.builders import (
    CROSSINGS,
    DAY,
    LAWS,
    NOON,
    OBSERVATIONS,
    PERSONAL_NUMBER,
    codec,
    crossing,
    encode,
    name,
    observation,
    own_name,
    person,
    rules,
    uuid,
)
from tests.unit.natively import needs_native

pytestmark = needs_native

T = TypeVar("T")
COUNTRIES = ["UTO", "DEU", "D", "RKS", "XKX", "AFG", "SWE"]
CITIZENSHIPS = [*COUNTRIES, "XXA", "XXB"]
NAMES = [
    ("Åbergsson", "Inventa Maria"),
    ("ABERGSSON", "INVENTA MARIA"),
    ("Aabergson", "Inventa"),
    ("Hosseini", "Gholam Reza"),
    ("حسيني", "غلام رضا"),
    ("Bin Hasan", "Ahmad"),
    ("Nordmann", "Ingen"),
    ("", "1"),
]
BIRTH_DATES = ["1974-08-12", "1974-12-08", "1974-01-01", "1974", "1975-08-12", "1990-05-05"]
DAYS = [DAY + timedelta(days=days) for days in (-4000, -400, -1, 0, 1, 400)]
ANY_PERSON = 120


def some(random: Random, values: list[T], most: int, least: int = 0) -> tuple[T, ...]:
    return tuple(random.sample(values, random.randint(least, most)))


def period(random: Random) -> dict[str, Any]:
    if random.random() < 0.6:
        return {"valid_from": DAYS[0]}
    return dict(zip(("valid_from", "valid_to"), sorted(random.sample(DAYS, 2)), strict=True))


@cache
def any_person(number: int) -> ProtectedPerson:
    """Somebody whose row has all that a row may have; some documents and numbers are shared, as they should not be."""
    random = Random(number)
    statuses = tuple(
        ProtectionStatus(
            status_id=uuid(10 * number + n),
            kind=random.choice(list(StatusKind)),
            countries=some(random, COUNTRIES, 3, 1),
            recorded_at=NOON - timedelta(days=1000),
            superseded_at=NOON - timedelta(days=1) if random.random() < 0.1 else None,
            **period(random),
        )
        for n in range(random.choice([0, 1, 2, 2, 3]))
    )
    documents = tuple(
        KnownDocument(
            number=f"{letter}{random.choice([number] * 5 + [number // 2]):04}",
            issuing_state=random.choice(["SWE", *COUNTRIES]),
            kind=random.choice(list(DocumentKind)),
            **(period(random) if random.random() < 0.7 else {}),
        )
        for letter in some(random, list("ABÅ-"), 3, 1)
        if letter != "-"
    )
    return person(
        number,
        documents=documents,
        personal_numbers=(PERSONAL_NUMBER,) if random.random() < 0.03 else (),
        dossier_numbers=(f"{random.choice([number] * 5 + [number // 2]):08}",),
        names=(own_name(number),) if random.random() < 0.7 else tuple(name(*one) for one in some(random, NAMES, 3)),
        birth_dates=some(random, BIRTH_DATES, 2),
        citizenships=some(random, CITIZENSHIPS, 2),
        sex=random.choice([None, *Sex]),
        statuses=statuses,
        permits=tuple(
            Permit(permit_id=uuid(n), kind=random.choice(list(PermitKind)), **period(random))
            for n in range(random.randint(0, 2))
        ),
        naturalised_on=random.choice([*DAYS, *[None] * 20]),
    )


def any_rules() -> RuleBook:
    """Rules that use every condition there is, in two versions."""

    def rule(number: int, **when: Any) -> Rule:
        conditions = Conditions(**{"evidence": tuple(EvidenceKind), **when})
        return Rule(
            id=f"rule-{number}",
            title=f"Regel {number}.",
            legal_basis=("UtlL 4:5", "UtlL 4:5 b"),
            when=conditions,
            outcomes=tuple(OutcomeKind)[number % 3 :],
            favourable=("Något särskilt.",) if number % 2 else (),
        )

    conditions: list[dict[str, Any]] = [
        {},
        {"evidence": (EvidenceKind.STAYED_IN,), "stay_days_at_least": 10},
        {"evidence": (EvidenceKind.STAYED_IN,), "stay_days_at_most": 9},
        {"and_evidence": (EvidenceKind.HOME_PASSPORT_PRESENTED,)},
        {"source": "mission-observations"},
        {"direction": Direction.EXIT, "country_basis": (CountryBasis.TICKET, CountryBasis.STAMP)},
        {"status": (StatusKind.ALTERNATIVE,), "permit": (PermitKind.PERMANENT,)},
        {"holds_travel_document": True},
        {"holds_travel_document": False, "stateless": False},
        {"travel_document": ("ALIENS_PASSPORT",)},
        {"stateless": True},
        {"citizen_of_country": True},
        {"citizen_of_country": False},
    ]
    described = {field for when in conditions for field in when} | {"evidence"}
    assert described == set(Conditions.model_fields), "a condition that no rule of this test has"
    first = tuple(rule(number, **when) for number, when in enumerate(conditions))
    second = tuple(rule(number, **when) for number, when in enumerate(conditions[::3]))
    agreed: dict[str, Any] = {"format": 1, "agreed_by": ("Migrationsverket",)}
    return RuleBook(
        (
            RuleSet(version="2025-1", applies_from=DAY - timedelta(days=401), rule=first, **agreed),
            RuleSet(version="2026-1", applies_from=DAY, applies_to=DAY + timedelta(days=9), rule=second, **agreed),
        )
    )


class Ground:
    """An index of people, and both ways of deciding on an event of which nothing is remembered."""

    def __init__(self, rows: Iterable[tuple[str, bytes]], book: RuleBook) -> None:
        self.index = make_index(codec("protected-person", raw=True), native=True)
        for person_id, row in rows:
            self.index.upsert(person_id, row)
        self.book = book
        self._decide = {topic: self._make(topic) for topic in MEMORY_OF}

    def _make(self, topic: str) -> Decide:
        return make_decide(self.index, TOPICS[topic], self.book, codec("status-match"), codec(MEMORY_OF[topic].record))

    def near(self, topic: str, value: bytes) -> Near:
        near: Near = self.index.near(codec(TOPICS[topic].record, raw=True).decode(value)["traveller"])
        return near

    def natively(self, topic: str, value: bytes, near: Near, offset: int) -> Conclusion | None:
        return self._decide[topic](value, near, offset)

    def by_python(self, topic: str, value: bytes, near: Near, offset: int) -> Conclusion:
        """As `Matching` decides it."""
        event = codec(TOPICS[topic].record).decode_record(value)
        assert isinstance(event, Event)
        written: dict[StatusMatch, bytes] = {}

        def digest(match: StatusMatch) -> str:
            written[match] = codec("status-match").encode_record(match)
            return match_digest(written[match])

        examined = examine(topic, event, [self.index.person(slot) for slot, _ in near], self.book)
        said = say(event, examined, None, digest, offset=offset)
        memory = codec("event-memory").encode_record(said.memory) if said.memory is not None else None
        assert len(said.matches) <= 1, "the core takes one match at most"
        matches = [Match(one.finding.identity, str(one.person_id), written[one]) for one in said.matches if one.finding]
        return Conclusion(matches[0] if matches else None, memory)


@cache
def anybody() -> Ground:
    people = [any_person(number) for number in range(1, ANY_PERSON)]
    return Ground([(str(one.person_id), encode("protected-person", one)) for one in people], any_rules())


def any_traveller(random: Random, near: ProtectedPerson) -> Traveller:
    """Somebody who may be this person or another one too, by keys, by name, or in part."""
    other = any_person(random.randrange(1, ANY_PERSON))
    documents = random.choice([near.documents, near.documents, near.documents, other.documents])
    return Traveller(
        documents=tuple(
            SeenDocument(
                number=random.choice([document.number, document.number.lower() + " -"]),
                issuing_state=random.choice([document.issuing_state, document.issuing_state, "UTO"]),
                kind=random.choice([DocumentKind.PASSPORT, document.kind]),
                use=random.choice(list(DocumentUse)),
            )
            for document in some(random, list(documents), len(documents))
        ),
        personal_number=random.choice([None] * 30 + [PERSONAL_NUMBER]),
        dossier_number=random.choice([None, *near.dossier_numbers]),
        names=random.choice([near.names, near.names, tuple(name(*one) for one in some(random, NAMES, 2))]),
        birth_date=random.choice([None, *near.birth_dates, *near.birth_dates, *BIRTH_DATES]),
        citizenships=some(random, CITIZENSHIPS, 2),
        sex=random.choice([None, near.sex, *Sex]),
    )


def any_event(random: Random, record: str) -> Event:
    """An event about somebody of the registry, most often in a country that their claim was examined against."""
    near = any_person(random.randrange(1, ANY_PERSON))
    examined = [country for status in near.statuses for country in status.countries]
    country = random.choice([*examined, *examined, "NOR", None])
    what: dict[str, Any] = {
        "at": datetime.combine(random.choice(DAYS), NOON.timetz()),
        "traveller": any_traveller(random, near),
        "country": country,
    }
    if record == "mission-observation":
        return observation(observation=random.choice(list(Observation)), stay_days=random.choice([None, 0, 12]), **what)
    direction = random.choice(list(Direction))
    may_stay = country is not None and direction is Direction.ENTRY
    return crossing(
        direction=direction,
        country_basis=None if country is None else random.choice(list(CountryBasis)),
        stay_days=random.choice([None, 0, 9, 10]) if may_stay else None,
        **what,
    )


@pytest.mark.parametrize("record", ["border-crossing", "mission-observation"])
def test_any_event_about_anybody(record: str) -> None:
    topic = CROSSINGS if record == "border-crossing" else OBSERVATIONS
    ground = anybody()
    told = {"match": 0, "nothing": 0, "left": 0}

    @settings(LAWS, max_examples=2000)
    @given(st.integers(0, 2**32))
    def law(seed: int) -> None:
        value = encode(record, any_event(Random(seed), record))
        near = ground.near(topic, value)
        decided = ground.natively(topic, value, near, seed)
        if decided is None:
            told["left"] += 1
            return
        told["match" if decided.match else "nothing"] += 1
        assert decided == ground.by_python(topic, value, near, seed)

    law()
    assert all(count > 50 for count in told.values()), told


def test_who_else_the_traveller_could_be_is_remembered() -> None:
    double = person(2, documents=(), personal_numbers=(), dossier_numbers=())
    value = encode("border-crossing", crossing())
    for statuses, is_match in ((person().statuses, True), ((), False)):
        rows = [person(statuses=statuses), double]
        ground = Ground([(str(one.person_id), encode("protected-person", one)) for one in rows], rules())
        near = ground.near(CROSSINGS, value)
        assert sorted(sure for _, sure in near) == [False, True]
        decided = ground.natively(CROSSINGS, value, near, 7)
        assert decided is not None
        assert (decided.match is not None) is is_match
        assert decided.memory is not None
        kept = codec("event-memory").decode(decided.memory)
        assert [(one["person_id"], one["digest"] == "") for one in kept["matches"]] == [
            (uuid(1), not is_match),
            (uuid(2), True),
        ]
        assert decided == ground.by_python(CROSSINGS, value, near, 7)


def test_a_simulated_world() -> None:
    world = build(Scenario(seed=5, people=3_000, crossings=6_000, observations=400))
    rows = codec("protected-person")
    ground = Ground(((str(row["person_id"]), rows.encode(dict(row))) for row in world.registry()), rules())
    decided = matched = left = 0
    for topic in MEMORY_OF:
        sent = [event for event in world.events() if event.topic == topic]
        look_at = make_filter(ground.index, TOPICS[topic], codec(TOPICS[topic].record, raw=True))
        for position, near in look_at([one.value for one in sent], [one.key for one in sent], {}):
            if not near or not any(sure for _, sure in near):
                continue
            by_core = ground.natively(topic, sent[position].value, near, position)
            decided += 1
            if by_core is None:
                left += 1
                continue
            matched += by_core.match is not None
            assert by_core == ground.by_python(topic, sent[position].value, near, position)
    assert matched > 100
    assert left < decided / 20, (left, decided)
