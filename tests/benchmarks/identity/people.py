"""People, how offices write them down, and what goes wrong when they are read at a border."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.benchmarks.identity.dates import birth_date
from tests.benchmarks.identity.names import Culture
from tests.benchmarks.identity.systems import FAMILIES


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, in scholarly form: given name, father's and grandfather's name, surname, birth date."""

    culture: Culture
    female: bool
    given: tuple[str, ...]
    surname: str
    born: str


@dataclass(frozen=True, slots=True)
class Written:
    """A person as an office wrote them: surname, given names, birth date."""

    surname: str
    given: str
    born: str

    @property
    def whole(self) -> str:
        """The name as one text, given names first."""
        return f"{self.given} {self.surname}".strip()


# How many people have a name that is in no list of common ones.
_RARE_GIVEN, _RARE_SURNAME = 0.3, 0.5
_VOWEL = re.compile("[aeiouāīūäêîûаеиоуыэюяіїєёö]", re.IGNORECASE)


class Pool:
    """The names of a culture that are in use: one half of each list, for tuning or held out, or all.

    Names are drawn by Zipf's law over the list, the commonest first; but some given names and almost half of the
    surnames are rare ones, made of the beginning of one name and the end of another, as lists of names have long tails.
    """

    def __init__(self, culture: Culture, half: int | None) -> None:
        def part(names: Sequence[str]) -> list[str]:
            return [name for index, name in enumerate(names) if half is None or index % 2 == half]

        self.culture = culture
        self.male, self.female, self.surnames = part(culture.male), part(culture.female), part(culture.surnames)

    def person(self, rng: Random) -> Person:
        """Somebody of this culture."""
        female = rng.random() < 0.45
        given = [self._name(rng, self.female if female else self.male, _RARE_GIVEN)]
        if rng.random() < 0.75 or self.culture.patronymic:
            given.append(self._name(rng, self.male, _RARE_GIVEN))
        if rng.random() < 0.25:
            given.append(self._name(rng, self.male, _RARE_GIVEN))
        if self.culture.family in ("russian", "ukrainian", "turkish", "uzbek", "chinese"):
            del given[1:]
        return Person(self.culture, female, tuple(given), self.surname(rng), birth_date(rng))

    def surname(self, rng: Random) -> str:
        """A surname, or what stands for one, of this culture."""
        return self._name(rng, self.surnames, _RARE_GIVEN if self.culture.patronymic else _RARE_SURNAME)

    def _name(self, rng: Random, names: Sequence[str], rare: float) -> str:
        name = _zipf(rng, names)
        if rng.random() > rare or self.culture.family == "chinese":
            return name
        one, other = rng.choice(names), rng.choice(names)
        cuts, ends = [found.end() for found in _VOWEL.finditer(one)], [found.end() for found in _VOWEL.finditer(other)]
        if "_" in one + other or "-" in other or not cuts or not ends:
            return name
        made = one[: rng.choice(cuts)] + other[min(ends) :].lower()
        return made if len(made) > 3 else name

    def somebody_else(self, rng: Random, person: Person) -> tuple[str, Person]:
        """Another person who is easily taken for this one, and the kind of likeness."""
        kinds = ["relative", "same surname", "same given names", "stranger"]
        if len(person.given) > 1:
            kinds += ["same father and surname", "descent inverted"]
        kind = rng.choice(kinds)
        other = self.person(rng)
        given, surname = other.given, other.surname
        if kind == "relative":
            # A child: where names are patronymics, they move by one.
            before = person.given[:2] if len(person.given) > 1 or self.culture.patronymic else ()
            given, surname = (other.given[0], *before), person.surname
        elif kind == "same surname":
            surname = person.surname
        elif kind == "same given names":
            given = person.given
        elif kind == "same father and surname":
            given, surname = (other.given[0], *person.given[1:]), person.surname
        elif kind == "descent inverted":
            given, surname = (person.given[1], person.given[0], *person.given[2:]), person.surname
        different = replace(other, given=given, surname=surname, female=other.female)
        if (different.given[: len(person.given)], different.surname) == (person.given, person.surname):
            return self.somebody_else(rng, person)
        return kind, different


def renamed(rng: Random, pool: Pool, person: Person) -> Person:
    """The person with another surname of the same culture, as after a marriage or by a law on names."""
    while True:
        surname = pool.surname(rng)
        if surname != person.surname:
            return replace(person, surname=surname)


def _zipf(rng: Random, names: Sequence[str]) -> str:
    # The inverse of the harmonic distribution, near enough.
    return names[min(len(names) - 1, int((len(names) + 1) ** rng.random()) - 1)]


def write(rng: Random, person: Person, system: str | None = None, *, descent: bool = False) -> Written:
    """The person as an office wrote them, all names by one system, drawn if none is told."""
    systems = FAMILIES[person.culture.family]
    name = system or rng.choice(sorted(systems))
    given = [systems[name](part, rng) for part in person.given]
    if descent and len(given) > 1 and person.culture.family in ("arabic", "persian", "somali"):
        given.insert(1, "bint" if person.female else rng.choice(("bin", "ibn")))
    return Written(systems[name](person.surname, rng), " ".join(given), person.born)


# --- what goes wrong

Disturbance = Callable[[Random, Written, Person], Written]


def nothing(_rng: Random, written: Written, _person: Person) -> Written:
    """Only the spelling differs."""
    return written


def typing_error(rng: Random, written: Written, _person: Person) -> Written:
    """One letter left out, doubled, changed or put in another place, in one of the names."""
    in_surname = rng.random() < 0.5 and len(written.surname) > 3
    text = written.surname if in_surname else written.given
    place = rng.randrange(1, max(2, len(text) - 1))
    kind = rng.randrange(4)
    if kind == 0:
        text = text[:place] + text[place + 1 :]
    elif kind == 1:
        text = text[:place] + _letter(rng, text) + text[place:]
    elif kind == 2:
        text = text[:place] + _letter(rng, text) + text[place + 1 :]
    else:
        text = text[: place - 1] + text[place - 1 : place + 1][::-1] + text[place + 1 :]
    return replace(written, surname=text) if in_surname else replace(written, given=text)


def _letter(rng: Random, text: str) -> str:
    """A letter of the same script."""
    return rng.choice("abdehiklmnorstu") if text.isascii() else rng.choice(text.replace(" ", "").lower())


def cut_by_the_mrz(_rng: Random, written: Written, _person: Person) -> Written:
    """Cut to the 39 places of a name line, or 30 of a small card, surname first (Doc 9303 part 4 and 5)."""
    surname, given = written.surname.replace("-", " "), written.given.replace("-", " ")
    room = 39 if len(surname) + len(given) > 36 else 30
    return replace(written, surname=surname[: room - 4], given=given[: max(3, room - 2 - len(surname[: room - 4]))])


def part_missing(rng: Random, written: Written, _person: Person) -> Written:
    """One given name after the first, or else nothing, is not told."""
    parts = written.given.split()
    if len(parts) > 1:
        del parts[rng.randrange(1, len(parts))]
    return replace(written, given=" ".join(parts))


def part_more(rng: Random, written: Written, person: Person) -> Written:
    """A further patronymic is told."""
    system = FAMILIES[person.culture.family]
    more = system[rng.choice(sorted(system))](rng.choice(person.culture.male), rng)
    return replace(written, given=f"{written.given} {more}")


def halves_swapped(_rng: Random, written: Written, _person: Person) -> Written:
    """Surname and given names change places."""
    return replace(written, surname=written.given, given=written.surname)


def parts_merged(rng: Random, written: Written, _person: Person) -> Written:
    """Two given names, or an article and its name, are written as one."""
    parts = written.given.split()
    if len(parts) > 1:
        place = rng.randrange(len(parts) - 1)
        parts[place : place + 2] = [parts[place] + parts[place + 1].lower()]
    surname = written.surname.replace("-", "").replace(" ", "")
    return replace(written, surname=surname, given=" ".join(parts))


def all_in_one_field(rng: Random, written: Written, _person: Person) -> Written:
    """The whole name stands in one field, surname first or last."""
    whole = f"{written.surname} {written.given}" if rng.random() < 0.4 else written.whole
    return replace(written, surname="", given=whole)


def particles(rng: Random, written: Written, person: Person) -> Written:
    """An article is left out or put in, descent is told by bin or bint."""
    if rng.random() < 0.5 and person.culture.family in ("arabic", "persian", "somali") and " " in written.given:
        first, rest = written.given.split(" ", 1)
        return replace(written, given=f"{first} {'bint' if person.female else 'bin'} {rest}")
    head, _, tail = written.surname.replace("-", " ").partition(" ")
    if tail and head.lower() in ("al", "el", "an", "as", "ar", "at", "ash", "az", "es", "en", "ad", "ed", "er", "et"):
        return replace(written, surname=tail)
    return replace(written, surname=f"Al {written.surname}") if person.culture.family == "arabic" else written


def other_surname(rng: Random, written: Written, person: Person) -> Written:
    """A second surname beside the first, as after a marriage."""
    system = FAMILIES[person.culture.family]
    more = system[rng.choice(sorted(system))](rng.choice(person.culture.surnames), rng)
    return replace(written, surname=f"{written.surname} {more}")


NAMES: dict[str, Disturbance] = {
    "spelling only": nothing,
    "typing error": typing_error,
    "MRZ truncation": cut_by_the_mrz,
    "part missing": part_missing,
    "further patronymic": part_more,
    "halves swapped": halves_swapped,
    "parts merged": parts_merged,
    "one field": all_in_one_field,
    "particles": particles,
    "second surname": other_surname,
}
