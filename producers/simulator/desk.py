"""The desk at which cases are made up: takes people from the registry, sends records, notes what must come of them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

from producers.simulator.missions import LOTS, mission_for
from producers.simulator.numbers import uuid_text
from producers.simulator.people import Biography, Person, Population
from producers.simulator.scenario import Scenario, SimulatedRecord, Truth
from producers.simulator.strangers import ELSEWHERE, BirthDateIndex, Strangers
from schemas.codec import Codec
from schemas.reasons import Reason
from schemas.swedish_time import day_begins_ms
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS

Event = dict[str, Any]
SOURCES = (BORDER_CROSSINGS.name, MISSION_OBSERVATIONS.name)
SWEDISH_TRAVEL_DOCUMENTS = frozenset({"REFUGEE_TRAVEL_DOCUMENT", "STATELESS_TRAVEL_DOCUMENT", "ALIENS_PASSPORT"})
BORDER_POINTS = ("SEARN", "SEGOT", "SEMMA", "SESTO", "SEHEL", "SETRG")
# How late a record may be published after it was recorded, and which share is: the disorder of the stream.
LATE_MS = 6 * 3_600_000
LATE_SHARE = 0.02
_LOOK_AT = 40

_POLICE = {
    "authority": "POLISMYNDIGHETEN",
    "unit": "Gränspolisenheten Arlanda",
    "legal_ground": "OSL 10:28",
    "weighing": "GP-2026-0117",
    "purpose": "Underlag för prövning av skyddsstatus",
}
DISCLOSURES: Mapping[str, tuple[dict[str, str], ...]] = {
    BORDER_CROSSINGS.name: (
        _POLICE,
        _POLICE | {"unit": "Gränspolisenheten Syd", "legal_ground": "OSL 10:2", "weighing": "GP-2026-0118"},
        _POLICE | {"authority": "TULLVERKET", "unit": "Gränsskydd Öresund", "weighing": "TV-2026-0031"},
        _POLICE | {"authority": "KUSTBEVAKNINGEN", "unit": "Region Nordost", "weighing": "KB-2026-0007"},
    ),
    MISSION_OBSERVATIONS.name: (
        _POLICE | {"authority": "UTLANDSMYNDIGHETERNA", "unit": "Migrationssektionen", "weighing": "UM-2026-0009"},
        _POLICE | {"authority": "UTLANDSMYNDIGHETERNA", "unit": "Konsulära enheten", "legal_ground": "OSL 10:27"},
    ),
}


class Desk:
    """Where one scenario is planned. Everything it draws follows from the scenario's seed."""

    def __init__(
        self,
        scenario: Scenario,
        population: Population,
        index: BirthDateIndex,
        codecs: Mapping[str, Codec],
    ) -> None:
        self.scenario = scenario
        self.rng = Random(scenario.seed)
        self.index = index
        self.strangers = Strangers(index)
        self.records: list[tuple[int, SimulatedRecord]] = []
        self.first_day = scenario.first_day
        # Three days are left at the end for corrections.
        self.last_day = scenario.first_day + scenario.days - 4
        self._population = population
        self._codecs = codecs
        self._order = list(range(len(population)))
        self.rng.shuffle(self._order)
        self._waiting: dict[Biography, deque[Person]] = defaultdict(deque)
        self._candidates: dict[str, set[str]] = defaultdict(set)
        self._reviews: set[tuple[str, str]] = set()
        self._dead: dict[str, Counter[str]] = {topic: Counter() for topic in SOURCES}

    # --- people

    def take(
        self, biography: Biography = Biography.ACTIVE, needs: Callable[[Person], bool] | None = None
    ) -> Person | None:
        """A person who has not been taken yet; None where there is none left."""
        waiting = self._waiting[biography]
        # A look at a few who were passed over, then at new people, and only then at all: else it would be quadratic.
        person = _first(waiting, needs, _LOOK_AT)
        while person is None and self._order:
            drawn = self._population.person(self._order.pop())
            if drawn.biography is biography and (needs is None or needs(drawn)):
                person = drawn
            else:
                self._waiting[drawn.biography].append(drawn)
        return person or _first(waiting, needs, len(waiting))

    # --- time

    def moment(self, first_day: int | None = None, last_day: int | None = None) -> int:
        """A moment, in milliseconds, on one of the days (both included), or on any that leaves time for corrections."""
        first = self.first_day if first_day is None else first_day
        last = self.last_day if last_day is None else last_day
        begin, end = day_begins_ms(first), day_begins_ms(last + 1)
        return begin + int(self.rng.random() * (end - begin) / 1000) * 1000

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.rng.random() < share

    # --- events

    def event(self, topic: str, at: int, traveller: dict[str, Any], country: str | None) -> Event:
        """A first report: a crossing to or from the country, or a person met in it or, without one, at a counter.

        At a counter the first of the documents is the passport that the mission tells of.
        """
        rng = self.rng
        event: Event = {
            "event_id": uuid_text(rng),
            "revision": 1,
            "kind": "REPORTED",
            "occurred_at": at,
            "occurred_precision": "SECOND",
            "recorded_at": at + 5_000 + int(rng.random() * 600_000),
            "traveller": traveller,
            "disclosure": rng.choice(DISCLOSURES[topic]),
            "country": country,
            "stay_days": None,
        }
        if topic == BORDER_CROSSINGS.name:
            event["direction"] = "EXIT" if self.chance(0.5) else "ENTRY"
            event["border_point"] = rng.choice(BORDER_POINTS)
            event["country_basis"] = rng.choice(("TICKET", "STATED", "DIRECT_ROUTE", "STAMP")) if country else None
            if event["direction"] == "ENTRY" and country and self.chance(0.5):
                event["stay_days"] = 3 + int(rng.random() * 60)
        else:
            told_of = traveller["documents"][0]["issuing_state"] if country is None else country
            event["mission"] = mission_for(told_of, rng.randrange(LOTS))
            event["observation"] = "MET_IN_COUNTRY" if self.chance(0.5) else "STAY_STATED"
            if event["observation"] == "STAY_STATED":
                event["stay_days"] = 3 + int(rng.random() * 60)
        return event

    def elsewhere(self) -> str:
        """A country that nobody's claim was examined against."""
        return self.rng.choice(ELSEWHERE)

    def encode(self, topic: str, event: Event) -> bytes:
        """The event as bytes."""
        return self._codecs[topic].encode(event)

    def send(self, topic: str, event: Event, category: str, person: Person, *, at: int | None = None) -> int:
        """Publish an event: at the moment given, or soon after it was recorded, or late. Gives the moment."""
        if at is None:
            delay = LATE_MS if self.chance(LATE_SHARE) else 2_000
            at = event["recorded_at"] + int(self.rng.random() * delay)
        self.send_bytes(topic, event["event_id"].encode(), self.encode(topic, event), category, person, at)
        return at

    def send_bytes(self, topic: str, key: bytes, value: bytes, category: str, person: Person, at: int) -> None:
        """Publish a record as it stands."""
        at = min(at, self.scenario.end_ms - 1)
        self.records.append((at, SimulatedRecord(topic, key, value, category, person.person_id)))

    # --- what must come of it

    def expect_evidence(self, person: Person, event: Event) -> None:
        """The event belongs to the person's candidate."""
        self._candidates[person.person_id].add(event["event_id"])

    def expect_review(self, person: Person, event: Event) -> None:
        """The event is a possible match of the person."""
        self._reviews.add((event["event_id"], person.person_id))

    def expect_refusal(self, topic: str, reason: Reason) -> None:
        """A record of the topic is refused."""
        self._dead[topic][reason.value] += 1

    def truth(self, categories: Mapping[str, int]) -> Truth:
        """All that was expected."""
        return Truth(
            candidates={
                UUID(person): frozenset(UUID(event) for event in events)
                for person, events in sorted(self._candidates.items())
            },
            reviews=frozenset((UUID(event), UUID(person)) for event, person in self._reviews),
            dead_letters={topic: dict(sorted(reasons.items())) for topic, reasons in self._dead.items()},
            categories=categories,
        )


def _first(waiting: deque[Person], needs: Callable[[Person], bool] | None, limit: int) -> Person | None:
    """The first of those waiting who has what is needed; those passed over go to the end."""
    for _ in range(min(limit, len(waiting))):
        person = waiting.popleft()
        if needs is None or needs(person):
            return person
        waiting.append(person)
    return None


def examined(person: Person) -> list[str]:
    """The countries of the grant that is held to be true now, or was last."""
    countries: list[str] = person.row["statuses"][-1]["countries"]
    return countries


def travel_documents(person: Person, first_day: int, last_day: int) -> list[dict[str, Any]]:
    """The person's Swedish travel documents valid on every one of the days."""
    return [
        document
        for document in person.row["documents"]
        if document["kind"] in SWEDISH_TRAVEL_DOCUMENTS
        and document["valid_from"] <= first_day
        and last_day < document["valid_to"]
    ]


def home_passport(person: Person) -> dict[str, Any] | None:
    """The passport of an examined country that the registry knows of."""
    for document in person.row["documents"]:
        if document["kind"] == "PASSPORT" and document["issuing_state"] in examined(person):
            found: dict[str, Any] = document
            return found
    return None
