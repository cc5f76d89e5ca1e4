"""What cases are made of: events of a person, and what is asked of a person to play a part.

A case plays one person's part at the desk, on one topic, and gives False where the registry has nobody left for it.
What must come of it is noted as it is made up. The rules that fire: R-a home passport used while a Swedish travel
document is held, R-b exit to and R-c entry from an examined country, R-d met in it or a stay in it stated.
"""

from __future__ import annotations

from typing import Any

from producers.simulator.desk import Desk, Event, examined, travel_documents
from producers.simulator.people import Person
from producers.simulator.travellers import Key, has_key, traveller
from schemas.topics import BORDER_CROSSINGS


def event_about(desk: Desk, topic: str, person: Person, at: int, country: str | None, key: Key | None = None) -> Event:
    """An event of the person, by the key or any that they have, with the country."""
    keys = [key] if key else [other for other in Key if has_key(person, other)]
    return desk.event(topic, at, traveller(desk.rng, person, desk.rng.choice(keys)), country)


def relevant_event(desk: Desk, topic: str, person: Person, at: int | None = None) -> Event:
    """An event to which R-b, R-c or R-d applies, if the person's status holds then."""
    return event_about(desk, topic, person, desk.moment() if at is None else at, desk.rng.choice(examined(person)))


def at_counter_or_border(desk: Desk, topic: str, seen: dict[str, Any], use: str) -> Event:
    """A home passport on a journey elsewhere, or at a mission's counter."""
    if topic == BORDER_CROSSINGS.name:
        return desk.event(topic, desk.moment(), seen, desk.elsewhere())
    event = desk.event(topic, desk.moment(), seen, None)
    event["observation"] = f"HOME_PASSPORT_{use}"
    event["stay_days"] = None
    return event


def held_throughout(desk: Desk, person: Person) -> list[dict[str, Any]]:
    return travel_documents(person, desk.first_day, desk.last_day)


def ever_held(desk: Desk, person: Person) -> bool:
    days = range(desk.first_day, desk.last_day + 1)
    return any(travel_documents(person, day, day) for day in days)


def citizenships(person: Person) -> list[str]:
    citizenships: list[str] = person.row["citizenships"]
    return citizenships


def has_full_birth_date(person: Person) -> bool:
    return len(person.identity.birth_dates[0]) == 10


def granted_on(person: Person) -> int:
    day: int = person.row["statuses"][-1]["valid_from"]
    return day


def ended_on(person: Person) -> int:
    """The first day without status; for a citizen, of citizenship."""
    naturalised: int | None = person.row["naturalised_on"]
    day: int = person.row["statuses"][-1]["valid_to"] if naturalised is None else naturalised
    return day
