"""Who is compared with whom in a registry of many: how many are found, and how many are looked at for it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from matcher.identity import could_be
from matcher.registry import RegistryIndex
from schemas.codec import Codec
from tests.benchmarks.identity.dates import OWN_CALENDAR, birth_date, dates_of
from tests.benchmarks.identity.names import CULTURES
from tests.benchmarks.identity.pairs import HELD_OUT, RENAMED
from tests.benchmarks.identity.people import NAMES, Person, Pool, Written, renamed, write

STRANGERS = "strangers of the same cultures"


@dataclass(frozen=True, slots=True)
class Blocking:
    """Recall by kind and candidates."""

    people: int
    keys_per_person: float
    recall: dict[str, float]
    candidates: dict[str, float]
    most: int
    find_us: float
    could_be_us: float


@dataclass(frozen=True, slots=True)
class _Known:
    """One of those who are looked for: their number in the registry, who they are, and how the registry has them."""

    number: int
    person: Person
    written: Written
    citizenships: list[str]


class _Registry:
    """People by their blocks, and what was found of those looked for."""

    def __init__(self) -> None:
        self._codec = Codec("protected-person")
        self._index = RegistryIndex(Codec("protected-person", raw=True).decode, self._codec.decode)
        self.hits: dict[str, list[bool]] = defaultdict(list)
        self.candidates: dict[str, list[int]] = defaultdict(list)

    @property
    def keys(self) -> int:
        """Blocks of all people."""
        return sum(1 if isinstance(held, int) else len(held) for held in self._index._names.values())

    def put(self, number: int, citizenships: list[str], *names: Written) -> None:
        """A person, new or changed; the birth date is that of the first name."""
        self._index.upsert(str(UUID(int=number)), self._codec.encode(_row(number, names, citizenships)))

    def find(self, traveller: dict[str, Any]) -> tuple[int, ...]:
        """Places of those who are compared with a traveller, which are their numbers: they came in this order."""
        return self._index.find(traveller)

    def row(self, place: int) -> dict[str, Any]:
        """The row in a place, as `identity.could_be` takes it."""
        return self._index.values(place)

    def note(self, labels: Iterable[str], number: int, found: Collection[int]) -> None:
        """Somebody looked for was found, or not."""
        for label in labels:
            self.hits[label].append(number in found)
            self.candidates[label].append(len(found))


def blocking(seed: int, people: int, events: int) -> Blocking:
    """Put people into the index, and look for some of them as they are read at a border, and for strangers."""
    rng = Random(seed)
    registry = _Registry()
    pools = {half: [Pool(culture, half) for culture in CULTURES] for half in (HELD_OUT, None)}
    shares = [culture.share for culture in CULTURES]
    wanted: list[_Known] = []
    for number in range(people):
        watched = number < events
        pool = rng.choices(pools[HELD_OUT if watched else None], shares)[0]
        person = pool.person(rng)
        citizenships = [OWN_CALENDAR[pool.culture.key]] if pool.culture.key in OWN_CALENDAR else []
        written = write(rng, person)
        registry.put(number, citizenships, written)
        if watched:
            wanted.append(_Known(number, person, written, citizenships))
    find_us, could_be_us = _look_for(rng, registry, wanted)
    for _ in range(events):
        pool = rng.choices(pools[None], shares)[0]
        stranger = write(rng, pool.person(rng))
        found = registry.find(_traveller(Written(stranger.surname, stranger.given, birth_date(rng))))
        registry.candidates[STRANGERS].append(len(found))
    keys = registry.keys
    # Last, for it changes the registry; and by draws of its own, so that what stands above stays as it is.
    _look_for_renamed(Random(seed + 1_000), registry, wanted)
    return Blocking(
        people,
        keys / people,
        {key: sum(found) / len(found) for key, found in registry.hits.items()},
        {key: sum(counts) / len(counts) for key, counts in registry.candidates.items()},
        max(registry.candidates["all"]),
        find_us,
        could_be_us,
    )


def _look_for(rng: Random, registry: _Registry, wanted: Sequence[_Known]) -> tuple[float, float]:
    """Each of them once, disturbed; returns microseconds of finding, and of judging one who was found."""
    spent, judged, judging = 0.0, 0, 0.0
    disturbances = list(NAMES.items())
    for known in wanted:
        person = known.person
        dates = dates_of(person.culture)
        label, disturb = rng.choice(disturbances)
        date_label, shift = dates[0] if rng.random() < 0.7 else rng.choice(dates)
        read = disturb(rng, write(rng, person), person)
        traveller = _traveller(Written(read.surname, read.given, shift(rng, person.born)))
        started = time.perf_counter()
        found = registry.find(traveller)
        spent += time.perf_counter() - started
        registry.note(("all", label, date_label, person.culture.key), known.number, found)
        rows = [registry.row(place) for place in found[:50]]
        started = time.perf_counter()
        for row in rows:
            could_be(traveller, row)
        judging += time.perf_counter() - started
        judged += len(rows)
    return spent / len(wanted) * 1e6, judging / max(judged, 1) * 1e6


def _look_for_renamed(rng: Random, registry: _Registry, wanted: Sequence[_Known]) -> None:
    """Each of them with another surname, of which the registry does not know; then with either, and it has both."""
    pools = {culture.key: Pool(culture, HELD_OUT) for culture in CULTURES}
    for known in wanted:
        later = renamed(rng, pools[known.person.culture.key], known.person)
        registry.note(RENAMED[:1], known.number, registry.find(_traveller(write(rng, later))))
        registry.put(known.number, known.citizenships, write(rng, later), known.written)
        read = write(rng, rng.choice((known.person, later)))
        registry.note(RENAMED[1:], known.number, registry.find(_traveller(read)))


def _row(number: int, names: Sequence[Written], citizenships: list[str]) -> dict[str, Any]:
    return {
        "person_id": str(UUID(int=number)),
        "recorded_at": 1_700_000_000_000,
        "documents": [],
        "personal_numbers": [],
        "dossier_numbers": [],
        "names": [{"surname": name.surname, "given_names": name.given, "form": "PRINTED"} for name in names],
        "birth_dates": [names[0].born],
        "citizenships": citizenships,
        "sex": None,
        "protected_identity": False,
        "statuses": [],
        "permits": [],
        "naturalised_on": None,
    }


def _traveller(written: Written) -> dict[str, Any]:
    return {
        "documents": [],
        "personal_number": None,
        "dossier_number": None,
        "names": [{"surname": written.surname, "given_names": written.given, "form": "PRINTED"}],
        "birth_date": written.born,
        "citizenships": [],
        "sex": None,
    }
