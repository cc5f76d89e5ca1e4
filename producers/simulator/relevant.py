"""Cases that lead to a candidate."""

from __future__ import annotations

from producers.simulator.cases import (
    at_counter_or_border,
    citizenships,
    ended_on,
    event_about,
    granted_on,
    has_full_birth_date,
    held_throughout,
    relevant_event,
)
from producers.simulator.desk import Desk, examined, home_passport
from producers.simulator.names import NORTHERN
from producers.simulator.people import Biography
from producers.simulator.travellers import Key, has_key, seen_document, traveller, unknown_home_passport
from schemas.swedish_time import day_begins_ms
from schemas.topics import BORDER_CROSSINGS


def by_key(key: Key, desk: Desk, topic: str, category: str) -> bool:
    """To, from or in an examined country, known by the key."""
    person = desk.take(needs=lambda person: has_key(person, key))
    if person is None:
        return False
    event = event_about(desk, topic, person, desk.moment(), desk.rng.choice(examined(person)), key)
    desk.send(topic, event, category, person)
    desk.expect_evidence(person, event)
    return True


def by_document(desk: Desk, topic: str, category: str) -> bool:
    """See `by_key`."""
    return by_key(Key.DOCUMENT, desk, topic, category)


def by_personal_number(desk: Desk, topic: str, category: str) -> bool:
    """See `by_key`."""
    return by_key(Key.PERSONAL_NUMBER, desk, topic, category)


def by_dossier_number(desk: Desk, topic: str, category: str) -> bool:
    """See `by_key`."""
    return by_key(Key.DOSSIER_NUMBER, desk, topic, category)


def several_events(desk: Desk, topic: str, category: str) -> bool:
    """Two or three relevant events of one person."""
    person = desk.take()
    if person is None:
        return False
    for _ in range(2 if desk.chance(0.6) else 3):
        event = relevant_event(desk, topic, person)
        desk.send(topic, event, category, person)
        desk.expect_evidence(person, event)
    return True


def home_passport_used(desk: Desk, topic: str, category: str) -> bool:
    """R-a: a passport of an examined country presented or applied for by the holder of a Swedish travel document."""
    person = desk.take(needs=lambda person: bool(held_throughout(desk, person)) and "XXA" not in citizenships(person))
    if person is None:
        return False
    use = "PRESENTED" if topic == BORDER_CROSSINGS.name or desk.chance(0.5) else "APPLIED_FOR"
    known = home_passport(person)
    if known is not None and desk.chance(0.7):
        # The passport itself identifies the holder.
        seen = traveller(desk.rng, person, Key.DOSSIER_NUMBER, [seen_document(desk.rng, known, use)])
        seen["dossier_number"] = None
    else:
        passport = unknown_home_passport(desk.rng, desk.rng.choice(examined(person)), use)
        seen = traveller(desk.rng, person, Key.DOCUMENT, [passport])
    event = at_counter_or_border(desk, topic, seen, use)
    desk.send(topic, event, category, person)
    desk.expect_evidence(person, event)
    return True


def on_the_first_day(desk: Desk, topic: str, category: str) -> bool:
    """The status holds from the very first moment of its first day."""
    person = desk.take(Biography.FRESH, lambda person: granted_on(person) <= desk.last_day)
    if person is None:
        return False
    event = relevant_event(desk, topic, person, at=day_begins_ms(granted_on(person)))
    desk.send(topic, event, category, person)
    desk.expect_evidence(person, event)
    return True


def on_the_last_day(desk: Desk, topic: str, category: str) -> bool:
    """The day before the status was revoked or the person became a citizen."""
    biography = Biography.REVOKED if desk.chance(0.5) else Biography.NATURALISED
    person = desk.take(biography, lambda person: desk.first_day < ended_on(person) <= desk.last_day)
    if person is None:
        return False
    day = ended_on(person) - 1
    event = relevant_event(desk, topic, person, desk.moment(day, day))
    desk.send(topic, event, category, person)
    desk.expect_evidence(person, event)
    return True


def with_a_new_name(desk: Desk, topic: str, category: str) -> bool:
    """Identified by document although the name, or else the birth date, is another: not both contradict."""
    person = desk.take(needs=lambda person: has_key(person, Key.DOCUMENT) and has_full_birth_date(person))
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    event["traveller"] = seen = traveller(desk.rng, person, Key.DOCUMENT)
    other = desk.strangers.draw(desk.rng, NORTHERN)
    born = person.identity.birth_dates[0]
    if desk.chance(0.5) and not desk.index.concerns_somebody(born, other.name):
        seen["names"], seen["birth_date"] = [other.name.printed(), other.name.mrz()], born
    else:
        other_born = desk.strangers.birth_date_for(desk.rng, person.identity.name)
        if other_born is None:
            return False
        seen["names"], seen["birth_date"] = [person.identity.name.printed()], other_born
    desk.send(topic, event, category, person)
    desk.expect_evidence(person, event)
    return True
