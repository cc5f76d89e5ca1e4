"""The same world where names are as many as people's are.

The simulator draws all names from pools of some twenty, so that it can tell who shares a name with whom. Here
everybody whom none of its cases is about is called otherwise: people of the registry after the cultures of the identity
benchmark, in which lists have long tails, and three quarters of the travellers after northern names made alike. The
cases stay as they are, and so does what must come of them; somebody else may by chance be possible, as in life.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from producers.mrz import transliterate
from producers.simulator import BULK, World
from producers.simulator.names import NORTHERN
from producers.simulator.people import Row
from schemas.codec import Codec
from schemas.topics import MEMORY_OF, TOPICS
from tests.benchmarks.identity.names import CULTURES, Culture
from tests.benchmarks.identity.people import Person, Pool, write
from tests.benchmarks.identity.systems import FAMILIES
from tests.benchmarks.workload import renamed

_SEED = 20
_NORTHERN_SHARE = 0.75
# The first two as the simulator has it, which knows the original script of Russian names alone.
_MRZ_SHARE, _SPELLING_SHARE, _ORIGINAL_SHARE = 0.7, 0.15, 0.1
_ORIGINAL = "original"
_NAMED_AFTER: dict[str, tuple[str, ...]] = {
    "SYR": ("Arabic", "Arabic", "Arabic", "Kurdish"),
    "IRQ": ("Arabic", "Arabic", "Kurdish"),
    "AFG": ("Dari", "Dari", "Pashto", "Uzbek"),
    "IRN": ("Persian", "Persian", "Kurdish"),
    "ERI": ("Tigrinya",),
    "ETH": ("Amharic", "Amharic", "Tigrinya"),
    "SOM": ("Somali",),
    "TUR": ("Turkish", "Kurdish"),
    "RUS": ("Russian", "Ukrainian"),
}
_NORTH = Culture(
    "Northern",
    "northern",
    0.0,
    False,
    *(tuple(word.printed[0] for word in words) for words in (NORTHERN.male, NORTHERN.female, NORTHERN.surnames)),
)


class Varied:
    """Rows and events of a world, under other names. Each time the same."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pools = {culture.key: Pool(culture, None) for culture in CULTURES}
        self._north = Pool(_NORTH, None)
        self._shares = [culture.share for culture in CULTURES]

    def registry(self) -> Iterator[Row]:
        """Every row, as `Codec("protected-person").encode` takes it."""
        planned = self._world.people_of_cases
        rng = Random(_SEED)
        for row in self._world.registry():
            yield row if row["person_id"] in planned else {**row, "names": self._known(rng, row["citizenships"][0])}

    def events(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Topic, key and value of every event, in the order of publication."""
        rng = Random(_SEED + 1)
        codecs = {topic: Codec(TOPICS[topic].record, raw=True) for topic in MEMORY_OF}
        for event in self._world.events():
            value = event.value
            if event.category == BULK:
                value = renamed(codecs[event.topic], value, self._seen(rng))
            yield event.topic, event.key, value

    def _known(self, rng: Random, citizenship: str) -> list[dict[str, Any]]:
        keys = _NAMED_AFTER.get(citizenship, ("Arabic",))
        person = self._pools[rng.choice(keys)].person(rng)
        printed = _printed(rng, person)
        names = [printed]
        if rng.random() < _MRZ_SHARE:
            names.append(_in_mrz(printed))
        if rng.random() < _SPELLING_SHARE:
            names.append(_printed(rng, person))
        if rng.random() < _ORIGINAL_SHARE:
            names.append(_name(rng, person, _ORIGINAL, "ORIGINAL_SCRIPT"))
        return names

    def _seen(self, rng: Random) -> list[dict[str, Any]]:
        if rng.random() < _NORTHERN_SHARE:
            person = self._north.person(rng)
            printed = {"surname": person.surname, "given_names": " ".join(person.given), "form": "PRINTED"}
        else:
            (culture,) = rng.choices(CULTURES, self._shares)
            printed = _printed(rng, self._pools[culture.key].person(rng))
        return [printed, _in_mrz(printed)]


def _printed(rng: Random, person: Person) -> dict[str, str]:
    systems: Sequence[str] = sorted(set(FAMILIES[person.culture.family]) - {_ORIGINAL})
    return _name(rng, person, rng.choice(systems), "PRINTED")


def _name(rng: Random, person: Person, system: str, form: str) -> dict[str, str]:
    written = write(rng, person, system)
    return {"surname": written.surname, "given_names": written.given, "form": form}


def _in_mrz(printed: dict[str, str]) -> dict[str, str]:
    words = {part: transliterate(printed[part]) for part in ("surname", "given_names")}
    return {**words, "form": "MRZ"}
