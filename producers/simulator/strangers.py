"""Travellers who are nobody in the registry, and the index of birth dates that keeps them so.

Many of them share names with protected people, as in life; but none shares any name, in any spelling, with a
protected person of the same birth date, nor a document or number with anybody.
"""

from __future__ import annotations

from array import array
from datetime import date
from random import Random
from typing import Any, NamedTuple

from producers.simulator.names import NORTHERN, Name, NamePool, draw_name
from producers.simulator.numbers import personal_number
from producers.simulator.people import ORIGINS, Person, Population

_FIRST_BORN = date(1940, 1, 1).toordinal()
_LAST_BORN = date(2012, 12, 31).toordinal()
BIRTH_DATES = tuple(date.fromordinal(day).isoformat() for day in range(_FIRST_BORN, _LAST_BORN + 1))
# After so many birth dates drawn in vain there is hardly one that is nobody's.
_TRIES = 2_000
# Countries that nobody's claim was examined against.
ELSEWHERE = ("ARE", "DEU", "DNK", "ESP", "GBR", "GRC", "ITA", "NLD", "THA", "USA")
_CITIZENSHIPS = ("D", "DNK", "ESP", "FIN", "FRA", "GBR", "ISL", "ITA", "NOR", "POL", "SYR", "TUR", "IRQ", "IRN", "USA")


class Stranger(NamedTuple):
    """An invented person with a name and a birth date."""

    name: Name
    sex: str
    birth_date: str


class BirthDateIndex:
    """For each birth date in the registry, which names and which people have it."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._names: dict[str, int] = {}
        self._people: dict[str, array[int]] = {}
        # By year, own name and surname: everybody, and those recorded on 1 January, who may have been born any day.
        self._of_year: set[int] = set()
        self._of_january: set[int] = set()
        known, people = self._names, self._people
        for number in range(len(population)):
            identity = population.identity(number)
            for born in identity.birth_dates:
                own_and_surname = _own_and_surname(born, identity.name)
                self._of_year.add(own_and_surname)
                if born.endswith("-01-01"):
                    self._of_january.add(own_and_surname)
                if born in known:
                    known[born] |= identity.name.mask
                    people[born].append(number)
                else:
                    known[born] = identity.name.mask
                    people[born] = array("I", (number,))

    def concerns_somebody(self, birth_date: str, name: Name) -> bool:
        """Whether anybody born that day, or known only to be born that year, has any of these names.

        A 1 January may stand for any day of its year: there the own name together with the surname counts.
        """
        known = self._names.get(birth_date, 0) | self._names.get(birth_date[:4], 0)
        if known & name.mask:
            return True
        alike = self._of_year if birth_date.endswith("-01-01") else self._of_january
        return _own_and_surname(birth_date, name) in alike

    def is_unmistakable(self, person: Person) -> bool:
        """Whether nobody else of the same birth dates has all the person's names, or only such."""
        mask = person.identity.name.mask
        for born in person.identity.birth_dates:
            for number in self._people[born]:
                other = self._population.identity(number).name.mask
                if number != person.number and (other & mask) in (other, mask):
                    return False
        return True


def _own_and_surname(birth_date: str, name: Name) -> int:
    """A number for year, own name and surname; the hash of numbers is the same in every process."""
    return hash((int(birth_date[:4]), name.given[0].mask, name.surname.mask))


class Strangers:
    """Draws strangers."""

    def __init__(self, index: BirthDateIndex) -> None:
        self._index = index

    def draw(self, rng: Random, pool: NamePool | None = None) -> Stranger:
        """A stranger, with names from the pool or, where None, mostly northern ones."""
        random = rng.random
        while True:
            chance = random()
            names = pool or (NORTHERN if chance < 0.75 else ORIGINS[int((chance - 0.75) * 4 * len(ORIGINS))].pool)
            sex = "M" if random() < 0.5 else "F"
            name = draw_name(rng, names, sex)
            born = BIRTH_DATES[int(random() * len(BIRTH_DATES))]
            if random() < 0.02:
                born = f"{born[:4]}-01-01"
            if not self._index.concerns_somebody(born, name):
                return Stranger(name, sex, born)

    def birth_date_for(self, rng: Random, name: Name, far_from: tuple[str, ...] = ()) -> str | None:
        """A birth date on which nobody in the registry has any of the names, years from those it is to be far from.

        A date near another may be the same person's, misread or reckoned by another calendar. None where none is found:
        in a large registry a common name may be somebody's in every year.
        """
        for _ in range(_TRIES):
            born = BIRTH_DATES[int(rng.random() * len(BIRTH_DATES))]
            near = any(abs(int(born[:4]) - int(other[:4])) <= 2 or born[4:] == other[4:] for other in far_from)
            if not near and not self._index.concerns_somebody(born, name):
                return born
        return None


def stranger_document(rng: Random, citizenship: str | None = None) -> dict[str, Any]:
    """A passport that is nobody's in the registry: other letters than any document there."""
    random = rng.random
    if citizenship is None:
        citizenship = "SWE" if random() < 0.6 else _CITIZENSHIPS[int(random() * len(_CITIZENSHIPS))]
    number = f"XA{int(random() * 10_000_000):07}" if citizenship == "SWE" else f"B{int(random() * 100_000_000):08}"
    return {"number": number, "issuing_state": citizenship, "kind": "PASSPORT", "use": "PRESENTED"}


def stranger_traveller(rng: Random, stranger: Stranger) -> dict[str, Any]:
    """The stranger as a traveller with a passport."""
    random = rng.random
    document = stranger_document(rng)
    citizenship = document["issuing_state"]
    number = None
    if citizenship == "SWE" and random() < 0.4:
        # Nobody in the registry has a number of a 31 December.
        number = personal_number(int(stranger.birth_date[:4]), 12, 31, int(random() * 1000))
    return {
        "documents": [document],
        "personal_number": number,
        "dossier_number": None,
        "names": [stranger.name.printed(), stranger.name.mrz()],
        "birth_date": stranger.birth_date,
        "citizenships": [citizenship],
        "sex": stranger.sex,
    }
