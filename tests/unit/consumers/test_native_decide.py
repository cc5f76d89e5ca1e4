"""What the core decides is, to the byte, what `examine` and `say` make of it, whatever came before. It leaves few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.conditions import Conditions
from matcher.examine import examine
from matcher.identity import MOST_POSSIBLE, could_be
from matcher.memory import Outcome, Remembered, match_digest, say
from matcher.native import Conclusion, Decide, Index, Near, make_decide, make_filter, make_index
from matcher.rule_book import RuleBook
from matcher.rules import LegalBasis, Rule, RuleSet
from producers.simulator import Scenario, build
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    DocumentUse,
    Event,
    EventKind,
    EventMemory,
    EvidenceKind,
    KnownDocument,
    Observation,
    OutcomeKind,
    Permit,
    PermitKind,
    ProtectedPerson,
    ProtectionStatus,
    RememberedMatch,
    SeenDocument,
    Sex,
    StatusKind,
    StatusMatch,
    TimePrecision,
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
    seen,
    traveller,
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
# The days on which clocks are changed, and those after them.
DAYS += [date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25), date(2026, 10, 26)]
# At, and the moment before, what is midnight in UTC, in Sweden, or what would be with its clocks wrong by an hour.
TIMES = [timedelta(hours=12)]
TIMES += [timedelta(hours=hours, milliseconds=ms) for hours in (-3, -2, -1, 0, 21, 22, 23) for ms in (-1, 0)]
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
            when=conditions,
            # Some of it for several outcomes: together they have it once.
            legal_basis=LegalBasis.model_validate(
                {kind: ("UtlL 4:5", f"Grund {kind}", "UtlL 4:5 b") for kind in tuple(OutcomeKind)[number % 3 :]}
            ),
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
    """An index of people, and both ways of deciding on an event."""

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

    def natively(self, topic: str, value: bytes, near: Near, before: bytes | None, offset: int) -> Conclusion | None:
        return self._decide[topic](value, near, before, offset)

    def by_python(self, topic: str, value: bytes, near: Near, before: bytes | None, offset: int) -> Conclusion:
        """As `Matching` decides it."""
        event = codec(TOPICS[topic].record).decode_record(value, Event)
        memories = codec("event-memory")
        kept = memories.decode_record(before, EventMemory) if before is not None else None
        traveller = codec(TOPICS[topic].record, raw=True).decode(value)["traveller"]
        slots = [slot for slot, sure in near if sure or could_be(traveller, self.index.values(slot))]
        if not slots and event.revision == 1 and kept is None:
            return Conclusion(Outcome.NO_PERSON, [], None, changed=False)

        def digest(match: StatusMatch) -> str:
            return match_digest(codec("status-match").encode_record(match))

        examined = examine(topic, event, [self.index.person(slot) for slot in slots], self.book)
        said = say(event, examined, kept, digest, offset=offset)
        matches = [(str(one.person_id), codec("status-match").encode_record(one)) for one in said.matches]
        memory = None
        if said.memory is not None and said.changed:
            people = [str(one.person_id) for one in said.memory.matches]
            memory = Remembered(memories.encode_record(said.memory), people, said.memory.offset)
        return Conclusion(said.outcome, matches, memory, said.changed)


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
    revision, later = random.choice([1, 1, 1, 2, 3]), [EventKind.CORRECTED, EventKind.CORRECTED, EventKind.WITHDRAWN]
    what: dict[str, Any] = {
        "revision": revision,
        "kind": random.choice(later) if revision > 1 else None,
        "at": datetime.combine(random.choice(DAYS), time(), UTC) + random.choice(TIMES),
        "occurred_precision": random.choice(list(TimePrecision)),
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


def any_memory(random: Random, event: Event, near: Near, index: Index, before: bytes | None) -> bytes | None:
    """What may be remembered of an event: of this or another revision, of people met and of others."""
    if random.random() < 0.7:
        return random.choice([None, None, before])
    people = {index.person_id(slot) for slot, _ in near if random.random() < 0.7}
    people |= {str(uuid(random.randrange(1, ANY_PERSON))) for _ in range(random.choice([0, 0, 1, 2]))}
    held = codec("event-memory").decode(before)["matches"] if before is not None and random.random() < 0.5 else []
    digests = {one["person_id"]: one["digest"] for one in held}
    any_digest = ["", "0" * 32, "f" * 32, "8" + "0" * 31]
    matches = [
        RememberedMatch(person_id=UUID(person), digest=digests.get(person) or random.choice(any_digest))
        for person in sorted(people)
    ]
    revision = max(1, event.revision + random.choice([-1, 0, 0, 1]))
    kind = EventKind.REPORTED if revision == 1 else random.choice([EventKind.CORRECTED, EventKind.WITHDRAWN])
    if kind is EventKind.REPORTED and not matches:
        return None
    memory = EventMemory(revision=revision, kind=kind, matches=tuple(matches), offset=random.choice([-1, 0, 2**31]))
    return codec("event-memory").encode_record(memory)


@pytest.mark.parametrize("record", ["border-crossing", "mission-observation"])
def test_any_event_about_anybody_after_any_other(record: str) -> None:
    topic = CROSSINGS if record == "border-crossing" else OBSERVATIONS
    ground = anybody()
    outcomes: Counter[str] = Counter()

    @settings(LAWS, max_examples=8000)
    @given(st.integers(0, 2**32))
    def law(seed: int) -> None:
        random = Random(seed)
        event = any_event(random, record)
        value = encode(record, event)
        near = ground.near(topic, value)
        alone = ground.by_python(topic, value, near, None, seed // 2)
        before = any_memory(random, event, near, ground.index, alone.memory and alone.memory.value)
        decided = ground.natively(topic, value, near, before, seed)
        if decided is None:
            outcomes["left"] += 1
            return
        assert decided == ground.by_python(topic, value, near, before, seed)
        outcomes[decided.outcome] += 1
        outcomes["match" if decided.matches else "nothing"] += 1
        outcomes["several matches"] += len(decided.matches) > 1
        outcomes["changed"] += decided.changed

    law()
    expected = set(Outcome) - {Outcome.TAKEN_IN, Outcome.DEAD, Outcome.TOO_MANY} | {
        "several matches",
        "changed",
        "left",
    }
    assert all(outcomes[one] > 20 for one in expected), outcomes
    assert all(outcomes[one] > 50 for one in ("match", "nothing", "left")), outcomes


@pytest.mark.parametrize(
    ("at", "precision", "day"),
    [
        ("2026-03-03T00:30:00+01:00", TimePrecision.SECOND, date(2026, 3, 3)),
        ("2026-06-06T00:30:00+02:00", TimePrecision.MINUTE, date(2026, 6, 6)),
        ("2026-03-28T23:59:59+01:00", TimePrecision.SECOND, date(2026, 3, 28)),
        ("2026-03-30T00:00:00+02:00", TimePrecision.HOUR, date(2026, 3, 30)),
        ("2026-10-25T00:00:00+02:00", TimePrecision.HOUR, date(2026, 10, 25)),
        ("2026-10-25T23:59:59+01:00", TimePrecision.SECOND, date(2026, 10, 25)),
        ("2026-06-06T00:00:00Z", TimePrecision.DAY, date(2026, 6, 6)),
        ("2026-06-06T23:00:00Z", TimePrecision.DAY, date(2026, 6, 6)),
    ],
)
def test_the_day_of_an_event_is_the_swedish_one(at: str, precision: TimePrecision, day: date) -> None:
    value = encode("border-crossing", crossing(at=datetime.fromisoformat(at), occurred_precision=precision))
    for granted, is_match in ((day, True), (day + timedelta(days=1), False)):
        row = person(statuses=(person().statuses[0].model_copy(update={"valid_from": granted}),))
        ground = Ground([(str(row.person_id), encode("protected-person", row))], rules())
        near = ground.near(CROSSINGS, value)
        decided = ground.natively(CROSSINGS, value, near, None, 7)
        assert decided is not None
        assert bool(decided.matches) is is_match
        assert decided == ground.by_python(CROSSINGS, value, near, None, 7)


@pytest.mark.parametrize(
    ("at", "is_left"),
    [
        ("1995-12-31T23:59:59Z", True),
        ("1996-01-01T00:00:00Z", False),
        ("2099-10-25T00:59:59Z", False),
        ("2099-10-25T01:00:00Z", True),
    ],
)
def test_what_lies_outside_of_the_clock_changes_told_is_left(at: str, is_left: bool) -> None:
    value = encode("border-crossing", crossing(at=datetime.fromisoformat(at)))
    ground = Ground([(str(person().person_id), encode("protected-person", person()))], rules())
    decided = ground.natively(CROSSINGS, value, ground.near(CROSSINGS, value), None, 7)
    assert (decided is None) is is_left


def test_who_else_the_traveller_could_be_is_remembered() -> None:
    double = person(2, documents=(), personal_numbers=(), dossier_numbers=())
    value = encode("border-crossing", crossing())
    for statuses, is_match in ((person().statuses, True), ((), False)):
        rows = [person(statuses=statuses), double]
        ground = Ground([(str(one.person_id), encode("protected-person", one)) for one in rows], rules())
        near = ground.near(CROSSINGS, value)
        assert sorted(sure for _, sure in near) == [False, True]
        decided = ground.natively(CROSSINGS, value, near, None, 7)
        assert decided is not None
        assert bool(decided.matches) is is_match
        assert decided.memory is not None
        kept = codec("event-memory").decode(decided.memory.value)
        assert [(one["person_id"], one["digest"] == "") for one in kept["matches"]] == [
            (uuid(1), not is_match),
            (uuid(2), True),
        ]
        assert decided == ground.by_python(CROSSINGS, value, near, None, 7)


@pytest.mark.parametrize("many", [MOST_POSSIBLE, MOST_POSSIBLE + 1])
@pytest.mark.parametrize("presented", [(), (seen(),)], ids=["by name", "with the document of one"])
def test_people_of_one_name(many: int, presented: tuple[SeenDocument, ...]) -> None:
    double = person(2, documents=(), personal_numbers=(), dossier_numbers=())
    rows = [person(1, birth_dates=("1980-01-02",), sex=Sex.M)]
    rows += [double.model_copy(update={"person_id": uuid(number)}) for number in range(2, many + 2 - len(presented))]
    ground = Ground([(str(one.person_id), encode("protected-person", one)) for one in rows], rules())
    value = encode("border-crossing", crossing(traveller=traveller(documents=presented)))
    near = ground.near(CROSSINGS, value)
    decided = ground.natively(CROSSINGS, value, near, None, 7)
    assert decided is not None
    assert decided == ground.by_python(CROSSINGS, value, near, None, 7)
    too_many = many > MOST_POSSIBLE
    assert len(decided.matches) == (len(presented) if too_many else many)
    assert (decided.outcome is Outcome.TOO_MANY) == (too_many and not presented)


def test_a_simulated_world() -> None:
    world = build(Scenario(seed=5, people=3_000, crossings=6_000, observations=400))
    rows = codec("protected-person")
    ground = Ground(((str(row["person_id"]), rows.encode(dict(row))) for row in world.registry()), rules())
    outcomes: Counter[str] = Counter()
    for topic in MEMORY_OF:
        sent = [event for event in world.events() if event.topic == topic]
        memory: dict[str, bytes] = {}
        look_at = make_filter(ground.index, TOPICS[topic], codec(TOPICS[topic].record, raw=True))
        for position, near in look_at([one.value for one in sent], [one.key for one in sent], {}):
            if near is None:
                outcomes["not in order"] += 1
                continue
            value, event_id = sent[position].value, sent[position].key.decode()
            by_core = ground.natively(topic, value, near, memory.get(event_id), position)
            if by_core is None:
                outcomes["left"] += 1
                continue
            assert by_core == ground.by_python(topic, value, near, memory.get(event_id), position)
            outcomes[by_core.outcome] += 1
            if by_core.changed:
                memory.pop(event_id, None)
            if by_core.memory is not None:
                memory[event_id] = by_core.memory.value
    expected = set(Outcome) - {Outcome.NO_PERSON, Outcome.TOO_MANY, Outcome.TAKEN_IN, Outcome.DEAD}
    assert all(outcomes[one] for one in expected), outcomes
    assert outcomes[Outcome.MATCHED] > 100
    assert outcomes["left"] < outcomes.total() / 50, outcomes
