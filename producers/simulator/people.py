"""The protected people: person number `i` of a scenario follows from seed and `i` alone, so no list of them is kept.

Rows are plain values as `Codec("protected-person").encode` takes them (UUIDs as text, times in milliseconds, dates in
days since 1970): models would cost ten times as much. Whatever identifies is unique by construction: `i` is mixed by a
bijection into document and dossier numbers, and personal numbers cannot meet (see `_personal_number_day`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from random import Random
from typing import Any, NamedTuple

from producers.simulator import names
from producers.simulator.names import Name, NamePool, draw_name
from producers.simulator.numbers import mixed, personal_number, uuid_text
from producers.simulator.scenario import Scenario

Row = dict[str, Any]
DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


class Biography(StrEnum):
    """What became of the person's status."""

    ACTIVE = "active"
    FRESH = "fresh"  # granted within the scenario
    NATURALISED = "naturalised"
    REVOKED = "revoked"
    CORRECTED = "corrected"  # a grant recorded for the wrong country, then corrected
    ANNULLED = "annulled"  # a grant recorded and superseded by nothing
    OTHER_CITIZENSHIP = "other-citizenship"  # citizen of one country, examined against another


_BIOGRAPHIES = (
    (Biography.ACTIVE, 0.80),
    (Biography.FRESH, 0.04),
    (Biography.NATURALISED, 0.05),
    (Biography.REVOKED, 0.04),
    (Biography.CORRECTED, 0.025),
    (Biography.ANNULLED, 0.015),
    (Biography.OTHER_CITIZENSHIP, 0.03),
)


class Origin(NamedTuple):
    """Where people come from: citizenship, countries examined, a further one for some, names, share, 1 January."""

    citizenship: str
    country: str
    also: str
    pool: NamePool
    share: float
    first_of_january: float


ORIGINS = (
    Origin("SYR", "SYR", "LBN", names.ARABIC, 0.30, 0.25),
    Origin("AFG", "AFG", "IRN", names.PERSIAN, 0.17, 0.40),
    Origin("IRQ", "IRQ", "SYR", names.ARABIC, 0.12, 0.25),
    Origin("ERI", "ERI", "ETH", names.TIGRINYA, 0.10, 0.30),
    Origin("SOM", "SOM", "ETH", names.HORN, 0.10, 0.45),
    Origin("XXA", "SYR", "LBN", names.ARABIC, 0.07, 0.25),
    Origin("IRN", "IRN", "AFG", names.PERSIAN, 0.05, 0.10),
    Origin("ETH", "ETH", "ERI", names.TIGRINYA, 0.03, 0.20),
    Origin("YEM", "YEM", "SYR", names.ARABIC, 0.02, 0.30),
    Origin("TUR", "TUR", "IRQ", names.TURKISH, 0.02, 0.05),
    Origin("RUS", "RUS", "TUR", names.RUSSIAN, 0.02, 0.02),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the person is: what the index of birth dates needs."""

    origin: Origin
    sex: str
    name: Name
    birth_dates: tuple[str, ...]
    registration_day: date


@dataclass(frozen=True, slots=True)
class Person:
    """A protected person: identity, biography and registry row."""

    number: int
    biography: Biography
    identity: Identity
    row: Row

    @property
    def person_id(self) -> str:
        """The person's id as text."""
        text: str = self.row["person_id"]
        return text


class Population:
    """All protected people of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._seeds = (scenario.seed + 1) << 32
        # More people than (day, serial) pairs in a year need birth years that differ, see `_personal_number_day`.
        self._year_step = 1 + (scenario.people - 1) // _PAIRS_IN_A_YEAR

    def __len__(self) -> int:
        return self._scenario.people

    def identity(self, number: int) -> Identity:
        """Who person `number` is; cheaper than the whole person."""
        return self._identity(Random(self._seeds + number), number)

    def person(self, number: int) -> Person:
        """Person `number` with the registry row."""
        rng = Random(self._seeds + number)
        identity = self._identity(rng, number)
        biography = _pick(rng.random(), _BIOGRAPHIES)
        return Person(number, biography, identity, _row(self._scenario, rng, number, identity, biography))

    def _identity(self, rng: Random, number: int) -> Identity:
        random = rng.random
        chance = random()
        origin = ORIGINS[0]
        for origin in ORIGINS:
            chance -= origin.share
            if chance < 0:
                break
        # The last digit but one of a personal number is odd for men.
        sex = "M" if number % 2 else "F"
        name = draw_name(rng, origin.pool, sex)
        registration_day = _personal_number_day(number, 1940 + int(random() * 72), self._year_step)
        born = registration_day.isoformat()
        if random() < origin.first_of_january:
            born = f"{born[:4]}-01-01"
        chance = random()
        if chance < 0.015:
            return Identity(origin, sex, name, (born[:4],), registration_day)
        if chance < 0.05:
            # The birth date was once corrected: the earlier one is still known.
            return Identity(origin, sex, name, (born, f"{int(born[:4]) + 1}{born[4:8]}01"), registration_day)
        return Identity(origin, sex, name, (born,), registration_day)


_SERIALS = 1000
_DAYS_USED = 362
_PAIRS_IN_A_YEAR = _SERIALS * _DAYS_USED


def _personal_number_day(number: int, year: int, year_step: int) -> date:
    """The day in the personal number, from 2 January to 29 December; mostly the birthday, but not for those recorded on
    1 January, as in the real register. Two people of one serial number (`number` modulo 1000) get different days,
    or, where there are more people than pairs of day and serial, different years.
    """
    block = number // _SERIALS
    day = (block % _DAYS_USED * 97 + number % _SERIALS * 31) % _DAYS_USED
    year -= year % year_step - block // _DAYS_USED % year_step
    return date.fromordinal(date(year, 1, 2).toordinal() + day)


def _pick(chance: float, shares: tuple[tuple[Biography, float], ...]) -> Biography:
    for biography, share in shares:
        chance -= share
        if chance < 0:
            return biography
    return shares[0][0]


def _row(scenario: Scenario, rng: Random, number: int, identity: Identity, biography: Biography) -> Row:
    random = rng.random
    person_id = uuid_text(rng)
    statuses, naturalised_on = _statuses(scenario, rng, identity.origin, biography)
    grant = statuses[-1]
    number_text = f"{mixed(number):07}"
    citizenship = identity.origin.citizenship
    if biography is Biography.OTHER_CITIZENSHIP:
        citizenship = "PAK" if identity.origin.country == "AFG" else "JOR"
    day = identity.registration_day
    serial = number % _SERIALS
    numbers = [personal_number(day.year, day.month, day.day, serial)] if random() < 0.9 else []
    if random() < 0.1:
        numbers.append(personal_number(day.year, day.month, day.day + 60, serial))
    dossiers = [f"{10_000_000 + mixed(number)}"]
    if random() < 0.05:
        dossiers.append(f"{20_000_000 + mixed(number)}")
    name = identity.name
    known_names = [name.printed()]
    if random() < 0.7:
        known_names.append(name.mrz())
    if random() < 0.15:
        known_names.append(name.printed(spelling=1))
    original = name.original()
    if original is not None:
        known_names.append(original)
    recorded = max(scenario.start_ms - int(random() * 100 * DAY_MS), (grant["valid_from"] + 1) * DAY_MS)
    return {
        "person_id": person_id,
        "recorded_at": recorded,
        "documents": _documents(scenario, rng, number_text, citizenship, grant, naturalised_on),
        "personal_numbers": numbers,
        "dossier_numbers": dossiers,
        "names": known_names,
        "birth_dates": list(identity.birth_dates),
        "citizenships": [citizenship] if naturalised_on is None else [citizenship, "SWE"],
        "sex": identity.sex if random() < 0.98 else None,
        "protected_identity": random() < 0.03,
        "statuses": statuses,
        "permits": _permits(rng, grant),
        "naturalised_on": naturalised_on,
    }


def _statuses(
    scenario: Scenario, rng: Random, origin: Origin, biography: Biography
) -> tuple[list[dict[str, Any]], int | None]:
    """The grants, the current one last, and the day of naturalisation."""
    random = rng.random
    first, half = scenario.first_day, scenario.days // 2
    countries = [origin.country, origin.also] if random() < 0.15 else [origin.country]
    valid_from = first - 60 - int(random() * 3600)
    if biography is Biography.FRESH:
        valid_from = first + 2 + int(random() * (scenario.days - 4))
    valid_to, end_reason, naturalised_on = None, None, None
    if biography in (Biography.NATURALISED, Biography.REVOKED):
        # Half of them before the scenario, half of them in the first half of it.
        valid_from -= 800
        valid_to = first + 2 + int(random() * (half - 2)) if random() < 0.5 else first - int(random() * 600)
        end_reason = "REVOKED"
    if biography is Biography.NATURALISED:
        naturalised_on, end_reason = valid_to, "NATURALISED"
        if random() < 0.3:
            # The register has the naturalisation and the grant was never closed.
            valid_to, end_reason = None, None
    grant: dict[str, Any] = {
        "status_id": uuid_text(rng),
        "kind": "REFUGEE" if random() < 0.55 else "ALTERNATIVE",
        "countries": countries,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "end_reason": end_reason,
        "recorded_at": valid_from * DAY_MS + int(random() * 12 * 3_600_000),
        "superseded_at": None,
    }
    if biography is Biography.ANNULLED:
        return [grant | {"superseded_at": grant["recorded_at"] + 40 * DAY_MS}], None
    if biography is Biography.CORRECTED:
        superseded_at = grant["recorded_at"] + 20 * DAY_MS
        wrong = grant | {"countries": [_mistaken_for(countries)], "superseded_at": superseded_at}
        return [wrong, grant | {"recorded_at": superseded_at}], None
    return [grant], naturalised_on


def _mistaken_for(countries: list[str]) -> str:
    """A country once taken for the one of origin; never one that was examined."""
    return next(country for country in ("SDN", "UGA", "PAK") if country not in countries)


def _documents(
    scenario: Scenario, rng: Random, number: str, citizenship: str, grant: dict[str, Any], naturalised_on: int | None
) -> list[dict[str, Any]]:
    random = rng.random
    documents = []
    first, ended = scenario.first_day, grant["valid_to"] if grant["valid_to"] is not None else naturalised_on
    if grant["kind"] == "ALTERNATIVE":
        prefix, kind = "FP", "ALIENS_PASSPORT"
    elif citizenship == "XXA" and random() < 0.3:
        prefix, kind = "SD", "STATELESS_TRAVEL_DOCUMENT"
    else:
        prefix, kind = "RD", "REFUGEE_TRAVEL_DOCUMENT"
    chance = random()
    if chance < 0.9:
        expired = chance < 0.1 and grant["valid_from"] < first - 200
        issued = max(grant["valid_from"] + 1, first - (2100 if expired else 1500))
        if ended is not None:
            issued = min(issued, ended - 30)
        valid_to = min(issued + 1826, first - 1 - int(random() * 100)) if expired else issued + 1826
        valid_to = max(issued + 1, valid_to if ended is None else min(valid_to, ended))
        documents.append(_document(prefix + number, "SWE", kind, issued, valid_to))
    if random() < 0.6:
        documents.append(_document(f"UT{number}", "SWE", "RESIDENCE_PERMIT_CARD", grant["valid_from"], None))
    if citizenship != "XXA" and random() < 0.35:
        issued = grant["valid_from"] - 400 - int(random() * 1500)
        documents.append(
            _document(f"N{number}", citizenship, "PASSPORT", issued, issued + 3652)
            if random() < 0.7
            else _document(f"N{number}", citizenship, "PASSPORT", None, None)
        )
    return documents


def _document(number: str, state: str, kind: str, valid_from: int | None, valid_to: int | None) -> dict[str, Any]:
    return {"number": number, "issuing_state": state, "kind": kind, "valid_from": valid_from, "valid_to": valid_to}


def _permits(rng: Random, grant: dict[str, Any]) -> list[dict[str, Any]]:
    permanent = rng.random() < 0.4
    return [
        {
            "permit_id": uuid_text(rng),
            "kind": "PERMANENT" if permanent else "TEMPORARY",
            "valid_from": grant["valid_from"],
            "valid_to": None if permanent else grant["valid_from"] + 1096,
        }
    ]
