"""A simulated world: its registry, its traffic in the order of publication, and what must come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from operator import itemgetter
from random import Random
from typing import Any

from producers.simulator.desk import (
    BORDER_POINTS,
    DISCLOSURES,
    LATE_MS,
    LATE_SHARE,
    SOURCES,
    Desk,
    Event,
    examined,
)
from producers.simulator.missions import LOTS, mission_for
from producers.simulator.numbers import uuid_text
from producers.simulator.people import Biography, Person, Population, Row
from producers.simulator.plan import BULK, play_all
from producers.simulator.scenario import Scenario, SimulatedRecord, Truth
from producers.simulator.strangers import BirthDateIndex, Strangers, stranger_traveller
from producers.simulator.travellers import Key, has_key, traveller
from schemas.codec import Codec
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, TOPICS

# Where bulk travellers go to and come from: examined countries too, for they concern nobody.
_COUNTRIES = ("DEU", "DNK", "ESP", "GBR", "THA", "USA", "GRC", "ITA", "TUR", "ARE", "SYR", "IRQ", "IRN", "ETH", "LBN")
_MISSION_COUNTRIES = ("LBN", "JOR", "TUR", "ETH", "KEN", "IRN", "EGY", "SDN", "SYR", "IRQ", "AFG", "ERI", "SOM")
LIVE_RELEVANT = "relevant-live"


class World:
    """What `build` gives. Registry and traffic are generated anew each time, and are the same each time.

    Attributes:
        scenario: what it was built from.
        truth: what must come of it.
    """

    def __init__(self, scenario: Scenario, codecs: Mapping[str, Codec] | None = None) -> None:
        self.scenario = scenario
        self._codecs = codecs or {topic: Codec(TOPICS[topic].record) for topic in SOURCES}
        self._population = Population(scenario)
        index = BirthDateIndex(self._population)
        self._strangers = Strangers(index)
        desk = Desk(scenario, self._population, index, self._codecs)
        play_all(desk)
        self._planned = sorted(desk.records, key=itemgetter(0))
        planned = Counter(record.topic for _, record in self._planned)
        self._bulk = {
            BORDER_CROSSINGS.name: scenario.crossings - planned[BORDER_CROSSINGS.name],
            MISSION_OBSERVATIONS.name: scenario.observations - planned[MISSION_OBSERVATIONS.name],
        }
        for topic, count in self._bulk.items():
            if count < 0:
                raise ValueError(
                    f"{topic}: the cases of all categories need {-count} records more than the scenario has"
                )
        categories = Counter(record.category for _, record in self._planned)
        categories[BULK] = sum(self._bulk.values())
        self.truth: Truth = desk.truth(dict(sorted(categories.items())))

    @property
    def people_of_cases(self) -> frozenset[str]:
        """Ids of the people whom the cases are about."""
        return frozenset(record.person_id for _, record in self._planned if record.person_id is not None)

    def registry(self) -> Iterator[Row]:
        """Every row, as `Codec("protected-person").encode` takes it; the key is its `person_id`."""
        person = self._population.person
        for number in range(len(self._population)):
            yield person(number).row

    def events(self) -> Iterator[SimulatedRecord]:
        """All records in the order in which they are published.

        That is the order of `recorded_at` but for 2 % that come up to six hours late, resends, and the cases that are
        out of order on purpose.
        """
        for _, record in merge(self._planned, *(self._bulk_of(topic) for topic in SOURCES), key=itemgetter(0)):
            yield record

    def live_events(self, now_ms: Callable[[], int], *, relevant_share: float = 0.01) -> Iterator[SimulatedRecord]:
        """Border crossings without end, recorded at the time that `now_ms` gives as each is made.

        The caller sets the pace. A share of them are exits of active persons, known by document, to an examined
        country: category `relevant-live`, with the person's id; they are no part of the truth. People return in turn.

        Args:
            now_ms: milliseconds since 1970; not before the scenario's start.
            relevant_share: from 0 to 1.
        """
        rng = Random(self.scenario.seed + 7)
        topic = BORDER_CROSSINGS.name
        encode = self._codecs[topic].encode
        active = self._active_people()
        while True:
            now = now_ms()
            if rng.random() < relevant_share:
                person = next(active)
                event = _bulk_crossing(rng, traveller(rng, person, Key.DOCUMENT), now)
                event |= {"direction": "EXIT", "country": examined(person)[0], "country_basis": "TICKET"}
                event["stay_days"] = None
                category, person_id = LIVE_RELEVANT, person.person_id
            else:
                event = _bulk_crossing(rng, stranger_traveller(rng, self._strangers.draw(rng)), now)
                category, person_id = BULK, None
            yield SimulatedRecord(topic, event["event_id"].encode(), encode(event), category, person_id)

    def _active_people(self) -> Iterator[Person]:
        while True:
            for number in range(len(self._population)):
                person = self._population.person(number)
                if person.biography is Biography.ACTIVE and has_key(person, Key.DOCUMENT):
                    yield person

    def _bulk_of(self, topic: str) -> Iterator[tuple[int, SimulatedRecord]]:
        """The records of the topic that concern nobody, evenly spread, with the moment of each."""
        rng = Random(self.scenario.seed + 1_000_003 + SOURCES.index(topic))
        random = rng.random
        encode = self._codecs[topic].encode
        make = _bulk_crossing if topic == BORDER_CROSSINGS.name else _bulk_observation
        start, count = self.scenario.start_ms, self._bulk[topic]
        span = self.scenario.end_ms - start
        for position in range(count):
            at = start + (2 * position + 1) * span // (2 * count)
            recorded_at = at - int(random() * (LATE_MS if random() < LATE_SHARE else 2_000))
            event = make(rng, stranger_traveller(rng, self._strangers.draw(rng)), recorded_at)
            yield at, SimulatedRecord(topic, event["event_id"].encode(), encode(event), BULK, None)


def build(scenario: Scenario, codecs: Mapping[str, Codec] | None = None) -> World:
    """Build the world of a scenario: indexes its people and plans its cases.

    Args:
        scenario: what to simulate.
        codecs: by topic, where records are to be written in Confluent's framing; else single-object encoding.

    Raises ValueError where the scenario has too few records for one case of each category.
    """
    return World(scenario, codecs)


def _bulk_crossing(rng: Random, seen: dict[str, Any], recorded_at: int) -> Event:
    random = rng.random
    entry = random() < 0.5
    country = _COUNTRIES[int(random() * len(_COUNTRIES))] if random() < 0.9 else None
    disclosures = DISCLOSURES[BORDER_CROSSINGS.name]
    return {
        "event_id": uuid_text(rng),
        "revision": 1,
        "kind": "REPORTED",
        "occurred_at": recorded_at - 1000 - int(random() * 60_000),
        "occurred_precision": "SECOND",
        "recorded_at": recorded_at,
        "traveller": seen,
        "disclosure": disclosures[int(random() * len(disclosures))],
        "direction": "ENTRY" if entry else "EXIT",
        "border_point": BORDER_POINTS[int(random() * len(BORDER_POINTS))],
        "country": country,
        "country_basis": "TICKET" if country else None,
        "stay_days": 5 if entry and country and random() < 0.3 else None,
    }


def _bulk_observation(rng: Random, seen: dict[str, Any], recorded_at: int) -> Event:
    random = rng.random
    stated = random() < 0.5
    disclosures = DISCLOSURES[MISSION_OBSERVATIONS.name]
    event = {
        "event_id": uuid_text(rng),
        "revision": 1,
        "kind": "REPORTED",
        "occurred_at": (recorded_at - 60_000 - int(random() * 86_400_000)) // 3_600_000 * 3_600_000,
        "occurred_precision": "HOUR",
        "recorded_at": recorded_at,
        "traveller": seen,
        "disclosure": disclosures[int(random() * len(disclosures))],
        "observation": "STAY_STATED" if stated else "MET_IN_COUNTRY",
        "stay_days": 14 if stated else None,
    }
    drawn = int(random() * LOTS)
    country = _MISSION_COUNTRIES[int(random() * len(_MISSION_COUNTRIES))]
    return event | {"country": country, "mission": mission_for(country, drawn)}
